"""Microsoft Graph, played."""
