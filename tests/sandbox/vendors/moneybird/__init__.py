"""Moneybird, played."""
