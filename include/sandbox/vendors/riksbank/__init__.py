"""SWEA of Sveriges Riksbank, played."""
