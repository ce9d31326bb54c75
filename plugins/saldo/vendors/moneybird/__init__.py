"""Moneybird (Netherlands): REST API v2."""
