"""The fiscal year of a table: what its headings, its sheet, its titles, its file and the configuration say of it,
none of which may contradict another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from saldo.workbooks import fiscal
from saldo.workbooks.fiscal import Fiscal
from saldo.workbooks.header import Table
from saldo.workbooks.layout import Layout
from saldo.workbooks.periods import Month
from saldo.workbooks.problems import Problem

_DATES = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]20\d\d|20\d\d-\d\d-\d\d")
#: Titles that say what year the table is of; others may tell when it was made.
_BUDGET = re.compile(
    r"budget|budsjett|begroting|forecast|prognose|(?:år|jaar|year|jahr)\b|^20\d\d$", re.IGNORECASE
)


@dataclass(frozen=True)
class Witness:
    """A place that names years: `the file's name`, `the configuration`, `the title in A1`."""

    where: str
    years: tuple[Fiscal, ...]


def witnesses(table: Table, layout: Layout, file_name: str) -> list[Witness]:
    """In the order in which they are believed; those that say nothing are left out."""
    own = fiscal.configured(layout.fiscal_year)
    found = [Witness("the configuration (fiscal_year)", (own,))] if own else []
    found.append(_witness("the sheet's name", table.sheet.name))
    found += [
        _witness(f"the title in {table.sheet.place(line, column)}", text)
        for line, column, text in table.above
        if _BUDGET.search(text)
    ]
    if layout.fiscal_year == "file_name":
        found.append(_witness("the file's name", file_name.rpartition(".")[0]))
    return [one for one in found if one.years]


def _witness(where: str, text: str) -> Witness:
    return Witness(where, tuple(fiscal.named(_DATES.sub(" ", text))))


def year_of(table: Table, layout: Layout, file_name: str) -> Fiscal | None:
    """The year for headings that have none: the first that one place says alone."""
    if layout.fiscal_year == "column":
        return None
    for witness in witnesses(table, layout, file_name):
        if len(witness.years) == 1:
            return witness.years[0]
    return None


def contradiction(
    table: Table, layout: Layout, file_name: str, months: list[Month]
) -> Problem | None:
    """A place that names only years that these months are not in."""
    for witness in witnesses(table, layout, file_name):
        if not any(year.holds(months) for year in witness.years):
            first, last = months[0], months[-1]
            return Problem(
                table.sheet.name,
                table.sheet.place(table.line, min(table.periods, default=0)),
                f"months from {first[0]}-{first[1]:02} to {last[0]}-{last[1]:02}",
                f"the year {witness.years[0]}, as {witness.where} says",
                "Correct the one that is wrong; a copied sheet often keeps last year's headings",
            )
    return None
