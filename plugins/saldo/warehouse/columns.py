"""Lists of columns as SQL."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from psycopg import sql


@cache
def quoted(name: str) -> str:
    """A name as SQL writes it: `"name"`."""
    return sql.Identifier(name).as_string()


def columns_in(names: Iterable[str], *of: str) -> sql.SQL:
    """`a, b` of nothing, `r.a, r.b` of an alias, `(w.was).a, (w.was).b` of a row in a column.

    One piece of text: a refresh names some thousand columns, and psycopg turns every object into bytes by itself.
    """
    source = ".".join(map(quoted, of))
    prefix = ("", f"{source}.", f"({source}).")[len(of)]
    return sql.SQL(", ".join(prefix + quoted(name) for name in names))
