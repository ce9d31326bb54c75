"""e-conomic, played."""
