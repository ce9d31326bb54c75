"""Targets of accounting exports."""
