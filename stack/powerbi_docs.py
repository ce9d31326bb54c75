"""docs/power-bi-measures.md: what can be shown, in words and in SQL, and which fact has which dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from saldo.powerbi.columns import Loaded, loaded
from saldo.powerbi.measures import MEASURES
from saldo.powerbi.relationships import relationships
from saldo.warehouse.catalogue import Table

_HEAD = """# The measures of the Power BI model

Written by `make powerbi`; a test says when it is out of date, others that each measure in SQL is what the vendor's own totals
come to. How the model is opened and refreshed: [Power BI](power-bi.md).

## Measures

The SQL is of the rows that the file in `include/sql/powerbi/` gives for one agreement, `r`, and the days from the first to the last
one chosen; `%(balance_day)s` and `%(comparison_day)s` in it are the measures Balance day and Comparison day of these ([which day](power-bi.md#the-model)).
`saldo.powerbi.twins.values` asks the warehouse for it.
"""
_STAR = """## Facts and their dimensions

● an active relationship, ○ one that a measure has to ask for (`USERELATIONSHIP`): a day of another kind, or the account on the
other side. Every one is of many rows to one, by a whole number, and filters in one direction.
"""


def measures_page(mart: Mapping[str, Table]) -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *_measures(), _STAR, *_star(loaded(mart))]).rstrip() + "\n"


def _measures() -> Iterator[str]:
    ordered = sorted(MEASURES, key=lambda measure: measure.folder)
    for folder, found in groupby(ordered, key=lambda measure: measure.folder):
        yield f"### {folder}\n"
        yield "| Measure | What it is | Rows | SQL |\n|---|---|---|---|"
        for measure in found:
            sql = " ".join(measure.sql.split()).replace("|", r"\|")
            rows = f"[{measure.rows}](../include/sql/powerbi/{measure.rows}.sql)"
            yield f"| {measure.name} | {measure.comment} | {rows} | `{sql}` |"
        yield ""


def _star(tables: Sequence[Loaded]) -> Iterator[str]:
    dimensions = [of.table.name for of in tables if not of.table.is_fact]
    found = relationships(tables)
    marks = {(one.fact, one.dimension): "○" for one in found if not one.is_active}
    marks |= {(one.fact, one.dimension): "●" for one in found if one.is_active}
    twice = {
        (one.fact, one.dimension) for one in found if not one.is_active
    } & {(one.fact, one.dimension) for one in found if one.is_active}  # fmt: skip
    yield f"| | {' | '.join(dimensions)} |\n|---|{'---|' * len(dimensions)}"
    for fact in dict.fromkeys(one.fact for one in found):
        cells = (
            "●○" if (fact, name) in twice else marks.get((fact, name), "") for name in dimensions
        )
        yield f"| {fact} | {' | '.join(cells)} |"
