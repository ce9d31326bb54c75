"""Core from staging, and the mart from core: one SELECT per file, written by shared code."""
