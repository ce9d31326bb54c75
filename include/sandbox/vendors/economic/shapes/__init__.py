"""How e-conomic writes what the books hold."""
