"""Microsoft's identity platform, played."""
