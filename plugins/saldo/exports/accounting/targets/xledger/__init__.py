"""Xledger as a target of expenses."""
