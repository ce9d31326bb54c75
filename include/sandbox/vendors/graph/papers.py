"""The budgets of a company as files: the plain one that people edit, and one of each style."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from zlib import crc32

from sandbox.books.chart import REVENUE
from sandbox.books.company import COMPANIES, NORWEGIAN, Company

from .budgets import NEW_YEAR, Lines, Part, facts, lines_of
from .merging import merged
from .styles import STYLES, Style
from .tables import Labelled, Table
from .workbooks import Paper, Sheet, text_file, workbook

_PLAIN = Style("budget", heading=lambda language, month, n: f"{month.year}-{month:%m}", totals=True)
#: Who writes a budget for the other, too, where several companies are in one file.
_PARTNERS = {"nordlys": NORWEGIAN[3], "lofoten": COMPANIES[0]}
_UNREADABLE = "ca. 50.000"


@lru_cache(maxsize=64)
def budget(
    company: Company, version: int, *, departments: tuple[str, ...] | None = None, is_wrong: bool = False
) -> Paper:  # fmt: skip
    """The plain one, of 2026. is_wrong: somebody has typed a text where the first line's March belongs."""
    lines = lines_of(company, version, departments=departments)
    part = Part("budget", company.id, NEW_YEAR, lines)
    sheet = Table(_PLAIN, [Labelled(part)]).sheet("Budget 2026")
    if is_wrong:
        first = [*sheet.cells[1][:4], _UNREADABLE, *sheet.cells[1][5:]]
        sheet = replace(sheet, cells=[sheet.cells[0], first, *sheet.cells[2:]])
    held = None if is_wrong else facts([part])
    return Paper.of(workbook(sheet), held, _PLAIN.configuration())


def styled(company: Company) -> Iterator[tuple[str, Paper]]:
    """Where each style's file lies, from the folder of styles on, and the file."""
    for style in STYLES:
        yield f"{style.name}/{style.file}", _styled(company, style.name)


@lru_cache(maxsize=256)
def _styled(company: Company, name: str) -> Paper:
    style = next(one for one in STYLES if one.name == name)
    parts = list(_parts(company, style))
    says = style.configuration()
    whole = [one.part for one in parts]
    held = facts(whole, per=style.per)
    if style.is_ledger:
        parts = [
            replace(one, part=replace(one.part, lines=_turned(one.part.lines))) for one in parts
        ]
    if style.csv:
        return Paper.of(text_file(Table(style, parts).cells(), **_csv(style)), held, says)
    return Paper.of(workbook(*_sheets(style, parts)), held, says)


def _csv(style: Style) -> dict[str, str]:
    return dict(style.csv)


def _parts(company: Company, style: Style) -> Iterator[Labelled]:
    """What is in the file; no two files of a company share a scenario."""

    def part(of: Company, scenario: str, first: date, more: int = 0) -> Part:
        key = crc32(style.name.encode()) % 10_000 + more
        return Part(scenario, of.id, first, lines_of(of, key, unit=style.unit // 100))

    if style.column == "scenario":
        for more, label in enumerate(("lav", "høj")):
            yield Labelled(part(company, label, style.first, more), label)
    elif style.sheets:
        for more, label in enumerate(("Budget forsigtig", "Budget modig")):
            yield Labelled(part(company, label, style.first, more), label)
    elif style.column == "company":
        yield Labelled(part(company, style.name, style.first), company.id)
        if partner := _PARTNERS.get(company.id):
            yield Labelled(part(partner, style.name, style.first), partner.name)
    elif style.column == "year":
        for year in (2025, 2026):
            yield Labelled(part(company, style.name, date(year, 1, 1), year), year)
    else:
        yield Labelled(part(company, style.name, style.first))


def _sheets(style: Style, parts: list[Labelled]) -> Iterator[Sheet]:
    if style.sheets:
        for one in parts:
            yield Table(style, [one]).sheet(str(one.label))
        yield Sheet("Noter", [["Spørg Kari, hvis noget er uklart"]])
        return
    sheet = Table(style, parts).sheet("Ark1")
    yield merged(sheet, above_months=f"Budget {style.first.year}") if style.merged else sheet
    if style.hidden:
        old = [
            replace(one, part=replace(one.part, lines=_doubled(one.part.lines))) for one in parts
        ]
        yield replace(Table(style, old).sheet("Gammel"), is_hidden=True)


def _turned(lines: Lines) -> Lines:
    """As the ledger has it: debit is positive."""
    return {
        key: tuple(-a if a is not None and key[0] in REVENUE else a for a in amounts)
        for key, amounts in lines.items()
    }


def _doubled(lines: Lines) -> Lines:
    return {
        key: tuple(a * Decimal(2) if a is not None else None for a in amounts)
        for key, amounts in lines.items()
    }
