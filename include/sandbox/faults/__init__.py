"""Trouble on demand, for any vendor."""
