"""Budgets of any size, as people's programs write them: an account, a department and a month a line, no two lines alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

_HEAD = ("Konto", "Afdeling", "Måned", "Beløb")
#: A prime, so that amounts follow no pattern; cents below it.
_STEP, _CENTS = 7_919_993, 10_000_019


def _cents(line: int, every: int) -> int:
    """every: each so-manieth amount is another one."""
    return (line + 1) * _STEP % _CENTS + (1 if every and line % every == 0 else 0)


def _lines(
    rows: int, accounts: Sequence[str], every: int
) -> Iterator[tuple[str, str, int, Decimal]]:
    for line in range(rows):
        rest, month = divmod(line, 12)
        department, account = divmod(rest, len(accounts))
        yield (
            accounts[account],
            str(department + 1),
            month + 1,
            Decimal(_cents(line, every)).scaleb(-2),
        )


def total(rows: int, *, every: int = 0) -> Decimal:
    """Of all amounts."""
    return Decimal(sum(_cents(line, every) for line in range(rows))).scaleb(-2)


def write(path: Path, rows: int, accounts: Sequence[str], *, every: int = 0) -> None:
    """Write the file, of the kind that its name says."""
    if path.suffix == ".csv":
        _write_csv(path, rows, accounts, every)
    else:
        _write_workbook(path, rows, accounts, every)


def _write_csv(path: Path, rows: int, accounts: Sequence[str], every: int) -> None:
    """As Excel saves it in Denmark."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(";".join(_HEAD) + "\r\n")
        for account, department, month, amount in _lines(rows, accounts, every):
            text = f"{amount:.2f}".replace(".", ",")
            file.write(f"{account};{department};2026-{month:02};{text}\r\n")


def _write_workbook(path: Path, rows: int, accounts: Sequence[str], every: int) -> None:
    """Typed cells: numbers, and dates that are shown as months."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Budget")
    sheet.append(_HEAD)
    month = WriteOnlyCell(sheet)
    for account, department, number, amount in _lines(rows, accounts, every):
        month.value, month.number_format = date(2026, number, 1), "mmm yyyy"
        sheet.append((int(account), int(department), month, float(amount)))
    book.save(path)
