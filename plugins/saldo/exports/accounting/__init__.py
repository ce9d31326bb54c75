"""Approved expense claims and honoraria as documents of an organisation's own accounting system."""
