"""Dynamics 365 Business Central as a target of expenses."""
