"""Xledger, played."""
