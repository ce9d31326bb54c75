"""Azure Key Vault, played."""
