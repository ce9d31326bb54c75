"""Exports of claims to accounting systems: what waits for a person, why, and what is done about it."""
