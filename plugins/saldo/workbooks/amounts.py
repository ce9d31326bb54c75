"""The amounts of one file: one decimal rule, one scale, one currency; what is wrong becomes a problem."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal

from saldo.workbooks import currencies, numbers
from saldo.workbooks.layout import Layout
from saldo.workbooks.numbers import NoAmount, Point
from saldo.workbooks.problems import Problem, Problems
from saldo.workbooks.sheets import InCurrency, InThousands, Odd, Sheet, shown

_POINTS = {"1.234,56": Point.COMMA, "1,234.56": Point.POINT}
#: What is wrong with a cell whose value cannot be trusted: (found, remedy).
ODD = {
    "error": ("the error {}", "Correct the formula in Excel and save the workbook"),
    "uncalculated": (
        "the formula {} without a result",
        "Open the workbook in Excel, let it calculate, and save it",
    ),
    "elsewhere": (
        "the formula {}, which takes its value from another workbook",
        "Copy the cell and paste it as a value: the other workbook may have changed since",
    ),
    "percent": ("the percentage {}", "Write the amount itself"),
}
_WHOLE = (
    "an amount that is itself in thousands, as amounts_in says",
    "Format the cells without the last comma and write thousands, or say amounts_in: 1",
)
_SINGLE = (
    "an amount in a cell of its own",
    "Unmerge the cells, and write into each what belongs there",
)
_NO_TEXT = "Write a number, or leave the cell empty"


class Amounts:
    """evidence: looks through the whole file for a text that tells what separates decimals."""

    def __init__(
        self, layout: Layout, problems: Problems, evidence: Callable[[], Point | None]
    ) -> None:
        self._scale = layout.amounts_in
        self._problems = problems
        self._evidence = evidence
        self._point = _POINTS.get(layout.number_format)
        self._is_settled = self._point is not None
        self._is_auto = self._point is None
        self._is_shared = layout.company_column is not None or layout.kind == "expenses"
        self._currency = self._title = self._of_line = ""

    @property
    def currency(self) -> str:
        """The mark of a currency that the line says, else its table's title; empty: neither."""
        return currencies.exact(self._of_line, self._title)

    def begin_table(self, title: str) -> None:
        """title: the mark that its titles say, or empty."""
        self._title = title

    def begin_line(self) -> None:
        """Lines of several companies may each have a currency of their own."""
        self._of_line = ""
        if self._is_shared:
            self._currency = ""

    def read(self, value: object, sheet: Sheet, line: int, column: int) -> Decimal | None:
        """The amount of a cell; None where there is none, or a problem."""
        if value is None or value == "":
            return None
        if sheet.is_merged(line, column):
            found, expected, remedy = f"{shown(value)}, merged with other cells", *_SINGLE
            self._problems.add(
                Problem(sheet.name, sheet.place(line, column), found, expected, remedy)
            )
            return None
        try:
            if isinstance(value, str):
                return self._spoken(value)
            if isinstance(value, InThousands) and self._scale != 1:
                found, expected, remedy = (
                    f"{float(value)!r}, which its format shows in thousands",
                    *_WHOLE,
                )
            elif isinstance(value, int | float) and not isinstance(value, bool):
                if value and isinstance(value, InCurrency) and value.currency:
                    self._check_currency(value.currency)
                return numbers.typed(value, self._scale)
            else:
                found, expected, remedy = _oddity(value)
        except NoAmount as error:
            found, expected, remedy = shown(value), str(error), _remedy(str(error))
            if isinstance(value, InCurrency) and value.currency:
                found += f", which its format shows in {value.currency}"
        self._problems.add(Problem(sheet.name, sheet.place(line, column), found, expected, remedy))
        return None

    def _spoken(self, text: str) -> Decimal | None:
        if not self._is_settled and ("," in text or "." in text):
            self._point = numbers.evidence(text) or self._evidence()
            self._is_settled = True
        if self._is_auto and self._point and numbers.is_doubtful(text, self._point):
            raise NoAmount("an amount that can be read in one way only")
        amount = numbers.spoken(text, self._point, self._scale)
        has_marks = not (text[0].isdecimal() and text[-1].isdecimal())
        if amount and has_marks and (mark := numbers.currency_of(text)):
            self._check_currency(currencies.mark_of(mark))
        return amount

    def _check_currency(self, mark: str) -> None:
        for other in (self._title, self._currency):
            if other and not currencies.fit(mark, other):
                raise NoAmount(f"amounts in one currency, {other}")
        self._currency = currencies.exact(self._currency, mark)
        self._of_line = self._currency


def _oddity(value: object) -> tuple[str, str, str]:
    if isinstance(value, Odd):
        found, remedy = ODD[value.what]
        return found.format(value.shown[:60]), "an amount", remedy
    if isinstance(value, date | time | timedelta):
        return (
            f"the date {value:%Y-%m-%d}" if isinstance(value, date) else f"the time {value}",
            "an amount",
            "Format the cell as a number and write the amount again",
        )
    return shown(value), "an amount", _NO_TEXT


def _remedy(expected: str) -> str:
    if "one way only" in expected:
        return "Write two decimals, such as 1.234,00, or say number_format in the configuration"
    if "decimal" in expected:
        return "Write all amounts of the file in the same way, or say number_format in the configuration"
    if "currency" in expected:
        return "Convert the amounts, or put each currency into a file of its own"
    return _NO_TEXT
