"""Months as lines: the rows of one table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from saldo.workbooks.fiscal import Fiscal, UnclearYear, months_of
from saldo.workbooks.known_keys import KnownKeys
from saldo.workbooks.lines import BudgetRow, LineReader
from saldo.workbooks.periods import Month, Span, said
from saldo.workbooks.sheets import Line, shown
from saldo.workbooks.totals import Sums

#: A typed number that Excel means as a day when it is formatted as one: 1982 to 2118.
_SERIALS = range(30_000, 80_000)
#: Values of periods that are remembered.
_KNOWN = 4096


class LongReader(LineReader):
    """Reads one table once."""

    def rows(self) -> Iterator[BudgetRow]:
        """See `Book.rows`."""
        self._known: dict[tuple[type, object], Sequence[Month]] = {}
        column, sheet = self._columns["amount"], self._table.sheet
        sums, keys = Sums(1), KnownKeys(self._columns, is_text=self._is_text)
        for line in self._lines():
            key = keys.of(line)
            if key is None and self._is_header_again(line):
                continue
            value = self._cell(line, column)
            if value is None or value == "" or (key is None and self._is_note(line, [value])):
                continue
            amount = self._amounts.read(value, sheet, line.number, column)
            if key is None or self._amounts.currency:
                found = self._account(line, [amount], sums)
                if found is None:
                    continue
                months = self._months(line)
                key = self._key(line, *found)
                if not (self._problems or self._amounts.currency):
                    keys.keep(line, key)
            else:
                months = self._months(line)
            if amount is None or months is None:
                continue
            sums.add([amount])
            for month in months:
                self._duplicates.add(
                    (key.account, key.department, key.company, key.scenario, month),
                    self._number,
                    line.number,
                )
            if len(months) == 1:
                place = sheet.place(line.number, column)
                yield BudgetRow(sheet.name, place, *key, months[0], amount, line.number)
            else:
                yield from self._spread(line, column, key, months, amount)

    def _months(self, line: Line) -> Sequence[Month] | None:
        value = self._value(line, "period")
        if "year" in self._columns:
            return self._months_said(line, value)
        # The same few values stand in all lines. Their kind counts, too: 1 is a month, and true is none.
        known = (type(value), value)
        months = self._known.get(known)
        if months is None:
            months = self._months_said(line, value)
            if months is not None and len(self._known) < _KNOWN:
                self._known[known] = months
        return months

    def _months_said(self, line: Line, value: object) -> Sequence[Month] | None:
        span = said(value)
        why = "a month such as 2026-01 or Jan 2026"
        if isinstance(span, Span):
            try:
                months = _months_in(span, self._year_of(line, span))
            except UnclearYear as error:
                why = f"{why}; {error}"
            else:
                if self._is_in_year(months):
                    return months
                why = f"a month of the year {self._year}"
        elif type(value) in (int, float) and int(value) in _SERIALS:  # type: ignore[call-overload]
            why += "; this looks like a date without the format of a date"
        self._problem(
            line.number, self._columns["period"], shown(value), why,
            "Write month and year, or format the cell as a date",
        )  # fmt: skip
        return None

    def _year_of(self, line: Line, span: Span) -> Fiscal | None:
        if "year" not in self._columns or span.year is not None:
            return self._year
        value = said(self._value(line, "year"))
        if isinstance(value, Span) and value.months == 12 and value.year:
            return Fiscal(value.year)
        raise UnclearYear(f"the year beside it is {shown(self._value(line, 'year'))}")

    def _is_in_year(self, months: Sequence[Month]) -> bool:
        return self._year is None or all(self._year.may_hold(month) for month in months)


@lru_cache(maxsize=4096)
def _months_in(span: Span, fiscal: Fiscal | None) -> tuple[Month, ...]:
    return tuple(months_of(span, fiscal))
