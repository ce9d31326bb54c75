"""Texts of core: an empty one, or one of spaces alone, is none, whatever the vendor writes for it.

A file's SELECT gives texts as they are. Where it chooses among several (a name, else a code) it passes over those that say
nothing itself: `coalesce(nullif(btrim(c.payload ->> 'description'), ''), c.payload ->> 'code')`.
"""

from __future__ import annotations

from collections.abc import Iterable

from saldo.warehouse.columns import quoted
from saldo.warehouse.upsert import Output


def without_empty(select: str, outputs: Iterable[Output]) -> str:
    """What a SELECT gives, with NULL for each text that is empty or blank.

    outputs: its columns. What is compared as bpchar is compared without blanks at its end, and nothing is copied; with an
    offset Postgres works out each value once.
    """
    columns = ", ".join(
        f"case when g.{name}::bpchar <> '' then g.{name} end as {name}" if is_text else f"g.{name}"
        for name, is_text in ((quoted(output.name), output.is_text) for output in outputs)
    )
    return f"select {columns} from (\n{select}\noffset 0) as g"
