"""Whether a reader has chosen something of a dimension."""

from __future__ import annotations


def is_chosen(dimension: str) -> str:
    """DAX. Rows are counted so that roles, which hide rows of dimensions from readers and which ALL leaves alone, are no choice."""
    table = f"'{dimension}'"
    return f"( ISFILTERED ( {table} ) && COUNTROWS ( {table} ) < CALCULATE ( COUNTROWS ( {table} ), ALL ( {table} ) ) )"
