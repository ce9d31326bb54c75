"""e-conomic (Visma, Denmark): classic REST and OpenAPI services."""
