"""Saldo: the books of many companies, proven, in one warehouse."""

__version__ = "0.1.0"
