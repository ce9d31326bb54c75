"""A budget as the cells of a table, in somebody's style."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox.books import chart, registers

from .budgets import Part, added
from .styles import WORDS, Style
from .workbooks import Sheet, letter

_NAMES = {account.number: account.name for account in chart.CHART}
_DEPARTMENTS = {str(one.number): one.name for one in registers.departments(0)}


@dataclass(frozen=True)
class Labelled:
    """A part, and what stands for it in the column that tells it from others."""

    part: Part
    label: object = None


class Table:
    """What is written of some parts in one table."""

    def __init__(self, style: Style, parts: Iterable[Labelled]) -> None:
        self._style, self._parts = style, list(parts)
        self._words = WORDS[style.language]

    def sheet(self, name: str) -> Sheet:
        above: list[list[object]] = [[self._style.title], []] if self._style.title else []
        merged: tuple[str, ...] = ()
        if self._style.years_above:
            first = len(self._leading()) + 1
            line = len(above) + 1
            above.append([*([None] * (first - 1)), self._first.year])
            merged = (f"{letter(first)}{line}:{letter(first + 11)}{line}",)
        # What is hidden is budgeted all the same: a line, and March.
        is_hidden = self._style.hidden
        return Sheet(
            name, [*above, *self.cells()], merged,
            hidden_rows=(len(above) + 3,) if is_hidden else (),
            hidden_columns=(letter(len(self._leading()) + 3),) if is_hidden else (),
        )  # fmt: skip

    def cells(self) -> list[list[object]]:
        """Headings and lines."""
        lines = list(self._long() if self._style.is_long else self._wide())
        return lines if self._style.has_header else lines[1:]

    @property
    def _first(self) -> date:
        return self._parts[0].part.first

    # --- leading columns -------------------------------------------------------------------------

    def _leading(self) -> list[object]:
        words, style = self._words, self._style
        own = {
            "": [],
            "scenario": [words.scenario],
            "company": [words.company],
            "year": [words.year],
        }
        names = [words.name] if style.names else []
        return [*own[style.column], words.account, *names, words.department]

    def _row(self, one: Labelled, account: int, department: str) -> list[object]:
        style = self._style
        shown: object = department or None
        if style.by_name and department:
            shown = _DEPARTMENTS[department]
        return [
            *([one.label] if style.column else []), account,
            *([_NAMES[account]] if style.names else []), shown,
        ]  # fmt: skip

    # --- months as columns -----------------------------------------------------------------------

    def _wide(self) -> Iterator[list[object]]:
        yield [*self._leading(), *self._headings()]
        for one in self._parts:
            yield from self._lines(one)

    def _headings(self) -> Iterator[object]:
        style = self._style
        part = self._parts[0].part
        for place, month in enumerate(part.months()):
            if place % style.per == 0:
                yield style.heading(style.language, month, place // style.per + 1)
            if style.quarter_totals and place % 3 == 2:
                yield f"Q{place // 3 + 1}"
        if style.year_total:
            yield self._words.total

    def _lines(self, one: Labelled) -> Iterator[list[object]]:
        style, words, lines = self._style, self._words, one.part.lines
        revenue = {key: amounts for key, amounts in lines.items() if key[0] in chart.REVENUE}
        costs = {key: amounts for key, amounts in lines.items() if key not in revenue}
        for name, section in ((words.revenue, revenue), (words.costs, costs)):
            if style.sections:
                yield [name]
            for key, amounts in section.items():
                yield [*self._row(one, *key), *self._figures(amounts)]
            if style.sections:
                yield self._total(f"{name} {words.total.lower()}", section.values())
                yield []
        if style.sections:
            turned = [tuple(-a if a is not None else None for a in some) for some in costs.values()]
            yield self._total(words.result, [*revenue.values(), *turned])
        elif style.totals:
            yield self._total(words.total, lines.values())

    def _total(self, label: str, lines: Iterable[tuple[Decimal | None, ...]]) -> list[object]:
        sums = tuple(added(month) for month in zip(*lines, strict=True))
        empty = [None] * (len(self._leading()) - 1)
        return [label, *empty, *self._figures(sums)]

    def _figures(self, amounts: tuple[Decimal | None, ...]) -> Iterator[object]:
        style = self._style
        for place, amount in enumerate(amounts):
            if place % style.per == 0:
                some = amounts[place : place + style.per]
                yield self._figure(amount if style.per == 1 else added(some))
            if style.quarter_totals and place % 3 == 2:
                yield self._figure(added(amounts[place - 2 : place + 1]))
        if style.year_total:
            yield self._figure(added(amounts))

    def _figure(self, amount: Decimal | None) -> object:
        if amount is None:
            return self._style.nothing
        return self._style.figure(amount / self._style.unit)

    # --- months as lines -------------------------------------------------------------------------

    def _long(self) -> Iterator[list[object]]:
        style = self._style
        yield [*self._leading(), self._words.month, self._words.amount]
        for one in self._parts:
            for key, amounts in one.part.lines.items():
                for place, (month, amount) in enumerate(
                    zip(one.part.months(), amounts, strict=True)
                ):
                    heading = style.heading(style.language, month, place + 1)
                    yield [*self._row(one, *key), heading, self._figure(amount)]
