"""The golden books with something odd in them: what people report of systems of this kind, with the right values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.validation import describe, validate
from saldo.warehouse.connection import Connection, connect
from tests.recorded import Recorded, Records
from tests.support import ENTITIES, agreement, land


class Books:
    """Recorded books that tests change, landed night by night as an agreement of their own."""

    _count = 0

    def __init__(self, connection: Connection, dsn: str) -> None:
        Books._count += 1
        self._connection, self._dsn = connection, dsn
        self._source = Recorded.golden()
        self.agreement = agreement(f"odd{Books._count}")

    @property
    def records(self) -> Records:
        return self._source.records

    def record(self, entity: str, **key: Any) -> dict[str, Any]:
        [found] = [r for r in self.records[entity] if key.items() <= r.items()]
        return found  # type: ignore[no-any-return]

    def night(self, run_request: RunRequest | None = None) -> None:
        for entity in ENTITIES:
            land(
                self._connection,
                self._dsn,
                self._source,
                self.agreement,
                entity,
                run_request=run_request,
            )
        refresh(self._connection, self.agreement, run_request or RunRequest())

    def shown(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query with `{own}` in the place of the agreement."""
        own = f"agreement_id = '{self.agreement.id}'"
        return self._connection.execute(query.format(own=own).encode()).fetchall()


@pytest.fixture
def books(dsn: str) -> Iterator[Books]:
    with connect(dsn) as connection:
        yield Books(connection, dsn)


# --- countries ---------------------------------------------------------------------------------


def test_countries_are_codes_beside_the_vendors_words(books: Books) -> None:
    said = {"Danmark": "DK", " dk. ": "DK", "Nederland": "NL", "Atlantis": None}
    for entity in ("customers", "suppliers"):
        for record, word in zip(books.records[entity], said, strict=False):
            record["country"] = word
    books.night()
    for kind in ("customer", "supplier"):
        shown = dict(
            books.shown(
                f"select d.country, d.country_code from mart.dim_{kind} as d inner join mart.dim_agreement as a "
                "using (agreement_key) where a.{own} and d.country is not null"
            )
        )
        assert shown.items() <= said.items()
        assert {"Danmark", "Nederland"} & {*shown}


# --- decimals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "unit_cost", "cost"),
    [
        (10_000, 0.12345, "1234.50"),
        (0.00004, 1_000_000, "40.00"),
        (3, 0.0000333333, "0.00"),
        (333_333, 0.0000333333, "11.11"),
    ],
)
def test_amounts_are_rounded_once_at_their_end(
    books: Books, quantity: float, unit_cost: float, cost: str
) -> None:
    line = books.record("invoice_lines", number=12)
    line.update(quantity=quantity, unitCostPrice=unit_cost)
    books.night()
    [(shown, base, margin, net)] = books.shown(
        "select quantity, cost_base, margin_base, net_amount_base from mart.fact_invoice_lines "
        "where {own} and invoice_number = '1001' and line_id = '12'"
    )
    assert shown == Decimal(str(quantity))
    assert base == Decimal(cost)
    assert margin == net - base


@pytest.mark.parametrize("price", ["0.12345", "0.0000000001", "99999999999.9999999999"])
def test_prices_keep_the_vendors_decimals(books: Books, price: str) -> None:
    product = books.records["products"][0]
    product["salesPrice"] = float(price) if len(price) < 15 else 99999999999.5
    books.night()
    [(shown,)] = books.shown(
        "select sales_price from mart.dim_product as p inner join mart.dim_agreement as a "
        "on a.agreement_key = p.agreement_key "
        f"where a.{{own}} and p.product_number = '{product['productNumber']}'"
    )
    assert shown == Decimal(repr(product["salesPrice"]))


# --- a rate of 0 is no rate ----------------------------------------------------------------------


def test_a_rate_of_0_on_an_invoice_is_no_rate(books: Books) -> None:
    invoice = books.record("invoices", bookedInvoiceNumber=1002)
    invoice["exchangeRate"] = 0
    invoice.pop("remainderInBaseCurrency", None)
    books.night()
    lines = books.shown(
        "select line_kind, net_amount_base, invoice_remainder_base from mart.fact_invoice_lines "
        "where {own} and invoice_number = '1002' and not is_draft order by line_number"
    )
    # The header's own amounts are a rate: 746.123.
    assert {amount for kind, amount, _ in lines if kind != "rounding"} == {Decimal("1865.31")}
    assert [amount for kind, amount, _ in lines if kind == "rounding"] == [Decimal("-0.01")]
    assert sum(remainder for _, _, remainder in lines) == Decimal("2984.49")


def test_a_rate_of_0_on_a_draft_is_no_rate(books: Books) -> None:
    books.record("draft_entries", entryNumber=502)["exchangeRate"] = 0
    books.night()
    [row] = books.shown(
        "select currency, amount_base from mart.fact_draft_entries where {own} and draft_number = '502'"
    )
    assert row == ("EUR", None)


def test_a_cost_without_a_rate_is_not_known(books: Books) -> None:
    for entity, key in (
        ("draft_invoices", {"draftInvoiceNumber": 30}),
        ("orders", {"orderNumber": 3}),
    ):
        books.record(entity, **key).update(
            currency="EUR", exchangeRate=0, netAmountInBaseCurrency=0
        )
    books.night()
    nothing = [(None, None, None)]
    base = "select distinct net_amount_base, cost_base, margin_base from mart"
    assert (
        books.shown(f"{base}.fact_invoice_lines where {{own}} and invoice_number = '30'") == nothing
    )
    assert (
        books.shown(
            f"{base}.fact_order_lines where {{own}} and order_number = '3' and kind = 'order'"
        )
        == nothing
    )


# --- another number ------------------------------------------------------------------------------


def test_an_account_with_another_number_shows_on_old_lines_the_same_night(books: Books) -> None:
    books.night()
    books.record("accounts", accountNumber=1310)["accountNumber"] = 1311
    for entry in books.records["entries"]:
        if entry["accountNumber"] == 1310:
            entry["accountNumber"] = 1311
    books.night()
    rows = books.shown(
        "select f.account_number, a.is_deleted, sum(f.amount_base) from mart.fact_journal_entries as f "
        "inner join mart.dim_account as a on a.account_key = f.account_key "
        "where f.{own} and f.account_number in ('1310', '1311') group by 1, 2"
    )
    assert rows == [("1311", False, Decimal(400))]


# --- years inside months -------------------------------------------------------------------------


def years_of(books: Books, *bounds: tuple[str, str, str]) -> None:
    """Let the books have these years (label, first and last day), with the months between them as periods."""
    books.records["accounting_years"] = [
        {"year": label, "fromDate": first, "toDate": last} for label, first, last in bounds
    ]
    periods = books.records["periods"] = []
    for label, first, last in bounds:
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            end = min(following - timedelta(days=1), date.fromisoformat(last))
            number = len(periods) + 1
            periods.append(
                {
                    "periodNumber": number, "year": label,
                    "dateFrom": day.isoformat(), "dateTo": end.isoformat(),
                }
            )  # fmt: skip
            day = following


def test_a_year_that_begins_inside_a_month(books: Books) -> None:
    years_of(books, ("2025", "2025-03-15", "2025-12-31"), ("2026", "2026-01-01", "2026-12-31"))
    for entry in books.records["entries"]:
        entry["date"] = max(entry["date"], "2025-03-15T00:00:00")
    books.night()
    rows = books.shown(
        "select month, first_day, last_day, opening_base + movement_base - closing_base "
        "from mart.fact_account_balance_month where {own} and month = '2025-03-01'"
    )
    march = (date(2025, 3, 1), date(2025, 3, 15), date(2025, 3, 31), 0)
    assert rows
    assert set(rows) == {march}


def test_two_years_that_meet_inside_a_month(books: Books) -> None:
    years_of(
        books,
        ("2024/2025", "2024-06-16", "2025-06-15"),
        ("2025/2026", "2025-06-16", "2026-06-15"),
    )
    for entry in books.records["entries"]:
        entry["date"] = max(entry["date"], "2025-06-01T00:00:00")
    books.night()
    june = books.shown(
        "select accounting_year, first_day, last_day, count(*) from mart.fact_account_balance_month "
        "where {own} and month = '2025-06-01' group by 1, 2, 3 order by 2"
    )
    assert [row[:3] for row in june] == [
        ("2024/2025", date(2025, 6, 1), date(2025, 6, 15)),
        ("2025/2026", date(2025, 6, 16), date(2025, 6, 30)),
    ]
    # The days after the last year are no row of their own.
    assert books.shown(
        "select count(*) from mart.fact_account_balance_month where {own} and accounting_year is null"
    ) == [(0,)]
    # Profit and loss begins anew with the year, inside the month.
    started = books.shown(
        "select distinct b.opening_base from mart.fact_account_balance_month as b "
        "inner join mart.dim_account as a on a.account_key = b.account_key and not a.is_balance_sheet "
        "where b.{own} and b.first_day = '2025-06-16'"
    )
    assert started == [(Decimal(0),)]
    moved = books.shown(
        "select sum(movement_base) from mart.fact_account_balance_month where {own} "
        "union all select sum(amount_base) from mart.fact_journal_entries where {own} and not is_opening"
    )
    assert moved[0] == moved[1]


# --- impossible dates ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day", ["0001-01-01", "0206-03-30", "1753-01-01", "1989-12-31", "2070-01-01", "3026-03-30"]
)
def test_a_date_that_cannot_be_right_is_shown_and_told(books: Books, dsn: str, day: str) -> None:
    books.record("draft_invoices", draftInvoiceNumber=30)["date"] = day
    books.record("draft_entries", entryNumber=501)["date"] = day
    books.night()
    rows = books.shown(
        "select invoice_date::text, date_key from mart.fact_invoice_lines where {own} and invoice_number = '30' "
        "union select date::text, date_key from mart.fact_draft_entries where {own} and draft_number = '501'"
    )
    assert rows == [(day, -1)]
    with connect(dsn) as connection:
        found = validate(connection, dsn, books.agreement, run_id="odd", everything=True)
    told = {b.rule.table: describe(b) for b in found.warned if b.rule.columns == ("date_key",)}
    assert set(told) == {"fact_invoice_lines", "fact_draft_entries"}
    assert all("was typed wrong: correct it at the vendor" in words for words in told.values())
    assert not [b for b in found.broken if b.rule.name == "references"]
