"""The rows of a file beside documents in core: one a line, tax that adds up to the documents' own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saldo.exports.rows import FIELDS, count_rows, purchase_rows
from saldo.warehouse.connection import Connection

from .papers import ADMINISTRATION, Books


def rows_of(books: Books, *numbers: str) -> list[dict[str, Any]]:
    found = [dict(row) for row in purchase_rows(books.warehouse, books.id, numbers)]
    assert count_rows(books.warehouse, books.id, numbers) == len(found)
    return found


def taxes(books: Books, *lines: dict[str, Any], **values: Any) -> list[Any]:
    number = books.document(*lines, **values)
    return [row["tax_amount_base"] for row in rows_of(books, number)]


def test_a_row_says_what_the_document_says(warehouse: Connection) -> None:
    books = Books(warehouse)
    number = books.document(
        {
            "net_amount": "100.0", "net_amount_base": "92.0", "quantity_text": "2 x", "quantity": "2.0",
            "period_text": "202505..202506", "period_start": date(2025, 5, 1), "period_end": date(2025, 6, 30),
        },
        supplier_number="K2", currency="USD", exchange_rate="0.92", gross_amount="121.0",
        net_amount_base="92.0", gross_amount_base="111.32", reference="000123", due_date=date(2026, 3, 27),
    )  # fmt: skip
    [row] = rows_of(books, number)
    assert set(row) == set(FIELDS)
    expected = {
        "agreement_number": ADMINISTRATION, "document_number": number, "reference": "000123", "state": "open",
        "date": date(2026, 2, 27), "due_date": date(2026, 3, 27), "supplier_name": "Saïda de Vries",
        "supplier_code": "K-017", "currency": "USD", "exchange_rate": Decimal("0.92"), "quantity_text": "2 x",
        "account_name": "Reiskosten", "account_code": "4000", "account_shown": "4000", "vat_name": "21% btw", "vat_percent": Decimal("21"), "net_amount": Decimal(100),
        "tax_amount": Decimal(21), "gross_amount": Decimal(121), "net_amount_base": Decimal(92),
        "tax_amount_base": Decimal("19.32"), "gross_amount_base": Decimal("111.32"), "year": 2026, "month": 2,
        "period_start": date(2025, 5, 1), "period_end": date(2025, 6, 30), "created_on": date(2026, 2, 27),
        "updated_on": date(2026, 3, 1), "has_no_lines": False, "has_unknown_tax_rate": False, "has_other_tax": False,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected


def test_what_a_document_does_not_have_is_empty(warehouse: Connection) -> None:
    """Contact and dates may be missing, and what is named may not be there."""
    books = Books(warehouse)
    number = books.document(
        {"net_amount": None, "account_number": "gone", "vat_code": None, "description": None},
        supplier_number=None, created_at=None, updated_at=None, date=None, net_amount=None,
    )  # fmt: skip
    other = books.document({"net_amount": "1", "vat_code": "gone"}, supplier_number="gone")
    late, early = rows_of(books, number, other)[::-1]
    assert [late["document_number"], early["document_number"]] == [number, other]
    empty = "supplier_name supplier_code created_on updated_on date account_name vat_name tax_amount gross_amount"
    assert {late[name] for name in empty.split()} == {None}
    assert early["supplier_name"] is None
    assert early["supplier_code"] == "gone"


def test_an_account_without_a_code_is_shown_by_its_id(warehouse: Connection) -> None:
    books = Books(warehouse)
    lines = [{"net_amount": "1", "account_number": number} for number in ("A2", "A3", "gone")]
    found = rows_of(books, books.document(*lines))
    assert [(row["account_code"], row["account_shown"]) for row in found] == [
        ("04010", "04010"), (None, "A3"), (None, "gone"),
    ]  # fmt: skip


def test_a_document_without_lines_has_a_row_with_its_own_amounts(warehouse: Connection) -> None:
    books = Books(warehouse)
    number = books.document(net_amount="100", gross_amount="121")
    books.warehouse.execute(
        "insert into core.purchase_document_line (agreement_id, document_number, line_id, is_deleted, change_seq) "
        "values (%s, %s, 'gone', true, 1)",
        [books.id, number],
    )
    [row] = rows_of(books, number)
    assert row["has_no_lines"]
    assert row["line_id"] is None
    assert [row["net_amount"], row["tax_amount"], row["gross_amount"]] == [100, 21, 121]


def test_rows_come_by_date_document_and_line(warehouse: Connection) -> None:
    books = Books(warehouse)
    second = books.document({"net_amount": "1"}, {"net_amount": "2"}, number="20")
    third = books.document({"net_amount": "3"}, number="3")
    first = books.document({"net_amount": "4"}, number="4", date=date(2025, 12, 31))
    found = rows_of(books, third, second, first, second)
    assert [(row["document_number"], row["line_number"]) for row in found] == [
        ("4", 0), ("20", 0), ("20", 1), ("3", 0),
    ]  # fmt: skip


def test_other_agreements_and_deleted_documents_have_no_rows(warehouse: Connection) -> None:
    books, others = Books(warehouse), Books(warehouse)
    number = books.document({"net_amount": "1"}, number="77")
    others.document({"net_amount": "9"}, number="77")
    deleted = books.document({"net_amount": "1"}, is_deleted=True)
    assert [row["net_amount"] for row in rows_of(books, number, deleted, "unknown")] == [1]


def test_tax_is_to_the_cent_and_half_away_from_zero(warehouse: Connection) -> None:
    books = Books(warehouse)
    lines = [{"net_amount": net} for net in ("0.50", "-0.50", "2.50", "-2.50", "0")]
    # 0.105, -0.105, 0.525, -0.525: half cents, of which the old files had -0.10 and -0.52.
    assert taxes(books, *lines) == [Decimal(n) for n in ("0.11", "-0.11", "0.53", "-0.53", "0.00")]


def test_what_lacks_of_the_documents_tax_is_on_the_line_with_most(warehouse: Connection) -> None:
    books = Books(warehouse)
    lines = [{"net_amount": "10.03"}, {"net_amount": "10.03"}, {"net_amount": "30.03"}]
    assert taxes(books, *lines, gross_amount="60.62") == [
        Decimal("2.11"),
        Decimal("2.11"),
        Decimal("6.31"),
    ]
    assert taxes(books, *lines, gross_amount="60.61")[2] == Decimal("6.30")
    assert taxes(books, *lines[:2], gross_amount="24.28") == [Decimal("2.11")] * 2
    assert taxes(books, *lines[:2], gross_amount="24.27") == [Decimal("2.10"), Decimal("2.11")]


@pytest.mark.parametrize(
    ("gross", "expected"),
    [
        # One unknown rate: what the others leave.
        ("134.00", ["21.00", "13.00"]),
        (None, ["21.00", None]),
    ],
)
def test_a_single_unknown_rate_has_what_the_others_leave(
    warehouse: Connection, gross: str | None, expected: list[str | None]
) -> None:
    books = Books(warehouse)
    lines = [{"net_amount": "100"}, {"net_amount": "0", "vat_code": "gone"}]
    found = taxes(books, *lines, gross_amount=gross)
    assert found == [None if tax is None else Decimal(tax) for tax in expected]


def test_several_unknown_rates_are_known_only_when_nothing_is_left(warehouse: Connection) -> None:
    books = Books(warehouse)
    lines = [
        {"net_amount": "100"},
        *({"net_amount": "50", "vat_code": c} for c in ("gone", "too")),
    ]
    assert taxes(books, *lines, gross_amount="221") == [21, 0, 0]
    number = books.document(*lines, gross_amount="231")
    found = rows_of(books, number)
    assert [row["tax_amount"] for row in found] == [21, None, None]
    assert [row["gross_amount"] for row in found] == [121, None, None]
    assert [row["has_unknown_tax_rate"] for row in found] == [False, True, True]


def test_a_rate_that_names_no_percentage_or_is_not_charged_makes_no_tax(
    warehouse: Connection,
) -> None:
    books = Books(warehouse)
    lines = [{"net_amount": "100", "vat_code": code} for code in ("V21", "V21R", "Vnull", None)]
    number = books.document(*lines, gross_amount="421")
    found = rows_of(books, number)
    assert [row["tax_amount"] for row in found] == [21, 0, 0, 0]
    assert [row["vat_percent"] for row in found] == [21, 21, None, None]
    assert not any(row["has_unknown_tax_rate"] or row["has_other_tax"] for row in found)


def test_the_files_total_is_that_of_the_documents(warehouse: Connection) -> None:
    """Where prices include tax the lines' net amounts are rounded, and need not come to the document's own."""
    books = Books(warehouse)
    lines = [{"net_amount": "0.83"}, {"net_amount": "0.83"}, {"net_amount": "0.83"}]
    number = books.document(*lines, net_amount="2.48", gross_amount="3.00")
    found = rows_of(books, number)
    assert [row["tax_amount"] for row in found] == [Decimal("0.17")] * 3
    number = books.document(*lines, net_amount="2.48", gross_amount="3.01")
    found = rows_of(books, number)
    assert sum(row["gross_amount"] for row in found) == Decimal("3.01")
    assert not any(row["has_other_tax"] for row in found)


def test_what_the_vendor_did_not_convert_is_converted_at_its_rate(warehouse: Connection) -> None:
    books = Books(warehouse)
    number = books.document(
        {"net_amount": "100"}, currency="USD", exchange_rate="0.91555", gross_amount="121"
    )
    [row] = rows_of(books, number)
    found = [row[f"{name}_amount_base"] for name in ("net", "tax", "gross")]
    assert found == [Decimal("91.56"), Decimal("19.22"), Decimal("110.78")]


def test_of_lines_that_are_not_all_converted_no_sum_is_taken(warehouse: Connection) -> None:
    books = Books(warehouse)
    lines = [{"net_amount": "100", "net_amount_base": "90"}, {"net_amount": "100"}]
    number = books.document(
        *lines, currency="USD", exchange_rate=None, gross_amount="242", gross_amount_base="217.80"
    )
    found = rows_of(books, number)
    assert [row["tax_amount"] for row in found] == [21, 21]
    assert [row["tax_amount_base"] for row in found] == [Decimal("18.90"), None]


def test_a_tax_that_rounding_does_not_explain_is_told_once(warehouse: Connection) -> None:
    books = Books(warehouse)
    lines = [{"net_amount": "100"}, {"net_amount": "50"}]
    number = books.document(*lines, gross_amount="150")
    found = rows_of(books, number)
    assert [row["has_other_tax"] for row in found] == [True, False]
    assert sum(row["tax_amount"] for row in found) == 0
    number = books.document(*lines, gross_amount="181.52")
    assert not any(row["has_other_tax"] for row in rows_of(books, number))


_cents = st.decimals("-1000000", "1000000", places=2)


@given(
    st.lists(st.tuples(_cents, st.sampled_from(["V21", "V9", "V0", None])), min_size=1, max_size=8),
    st.decimals("-2", "2", places=2),
)
@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_taxes_always_add_up_to_the_documents_own(
    warehouse: Connection, lines: list[tuple[Decimal, str | None]], beside: Decimal
) -> None:
    net = sum((amount for amount, _ in lines), Decimal(0))
    tax = beside + net * Decimal("0.21").quantize(Decimal("0.01"))
    with warehouse.transaction(force_rollback=True):
        books = Books(warehouse)
        number = books.document(
            *({"net_amount": amount, "vat_code": code} for amount, code in lines),
            gross_amount=net + round(tax, 2),
        )
        found = rows_of(books, number)
    assert sum(row["tax_amount"] for row in found) == round(tax, 2)
    assert all(row["gross_amount"] == row["net_amount"] + row["tax_amount"] for row in found)
    assert all(row["tax_amount"] == round(row["tax_amount"], 2) for row in found)
