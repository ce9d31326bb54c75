"""Posted documents whose year was typed wrong: they cost a month of balances each, not thousands."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from saldo.validation.checks import CHECKS_DIR
from saldo.warehouse.connection import Connection
from tests.moneybird_books import Books, detail, golden, purchase
from tests.support import snapshot_of_mart

_PARTS = (
    "select distinct first_day, accounting_year from mart.fact_account_balance_month "
    "where agreement_id = %(id)s order by 1"
)


def rows(books: Books, query: str) -> list[tuple[Any, ...]]:
    return books.connection.execute(query, {"id": books.id}).fetchall()


def typed(books: Books, id: str, day: str) -> None:
    books.add(
        "purchase_invoices", purchase(id, day, "1.0", "1.21", [detail(f"{id}a", "a4500", "1.0")])
    )


def assert_sound(books: Books) -> None:
    """Increments made what a rebuild makes, and the rule of balances finds nothing."""
    check = (CHECKS_DIR / "balances_add_up.sql").read_text()
    assert books.connection.execute(check.encode(), {"agreement_id": books.id}).fetchall() == []
    before = snapshot_of_mart(books.connection, books.id)
    books.refresh("full")
    assert snapshot_of_mart(books.connection, books.id) == before


@pytest.mark.parametrize("day", ["0206-03-30", "3026-03-30"])
def test_a_posting_of_a_year_that_cannot_be_is_one_month(warehouse: Connection, day: str) -> None:
    books = golden(warehouse, f"typed{day[:4]}")
    books.night()
    months = rows(books, _PARTS)
    typed(books, "P9", day)
    books.night()
    assert rows(books, _PARTS) == sorted([*months, (date.fromisoformat(day[:8] + "01"), None)])
    assert_sound(books)


def test_books_go_on_and_back_beside_a_year_that_cannot_be(warehouse: Connection) -> None:
    books = golden(warehouse, "beside")
    typed(books, "P9", "3026-03-30")
    typed(books, "P8", "0206-03-30")
    books.night()
    # Another month, which most accounts have no posting of; the first day of a year that cannot be, which moves.
    typed(books, "P7", "2026-05-30")
    books.night()
    found = rows(books, _PARTS)
    assert [day for day, _ in found] == [
        date(206, 3, 1), *(date(2026, month, 1) for month in range(1, 6)), date(3026, 3, 1)
    ]  # fmt: skip
    assert_sound(books)
    books.change("purchase_invoices", "P9", date="3026-07-01")
    books.remove("purchase_invoices", "P8")
    books.night()
    assert [day for day, _ in rows(books, _PARTS)][-2:] == [date(2026, 5, 1), date(3026, 7, 1)]
    assert_sound(books)
    books.change("purchase_invoices", "P9", date="2026-06-01")
    books.night()
    assert [day for day, _ in rows(books, _PARTS)][-1] == date(2026, 6, 1)
    assert_sound(books)


@pytest.mark.parametrize("start", ["0206-01-01", "3026-01-01"])
def test_books_that_begin_in_a_year_that_cannot_be(warehouse: Connection, start: str) -> None:
    books = golden(warehouse, f"begun{start[:4]}")
    [administration] = books.records["administrations"].values()
    administration["period_start_date"] = start
    books.night()
    years = "select accounting_year from core.accounting_year where agreement_id = %(id)s"
    assert rows(books, years) == [("2026",)]
