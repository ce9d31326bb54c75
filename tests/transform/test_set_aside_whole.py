"""A record that one table cannot hold is as it was before in all tables of its entity, or in none of them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from psycopg import sql

from saldo.transform.core import to_core
from saldo.transform.headers import core_files
from saldo.vendors import entity_of
from saldo.warehouse.connection import Connection
from tests.moneybird_books import Books, Record, detail, golden, mutation, payment, sale
from tests.recorded import Recorded
from tests.support import agreement, land
from tests.transform.test_set_aside import Unasked

_VOUCHER = (
    "select account_number, amount_base from mart.fact_journal_entries where agreement_id = %s "
    "and voucher_number = %s order by 1, 2"
)
_HUGE = "1000000000000000.0"


def voucher(books: Books, number: str) -> list[tuple[Any, ...]]:
    return books.connection.execute(_VOUCHER.encode(), [books.id, number]).fetchall()


def aside(books: Books) -> list[tuple[Any, ...]]:
    return books.connection.execute(
        "select entity, source_key, field, value, reason from ops.set_aside where agreement_id = %s order by 1, 2",
        [books.id],
    ).fetchall()


def tables(connection: Connection, vendor: str, entity: str, id: str) -> dict[str, Any]:
    """All rows of an agreement in the tables that an entity fills, but for when they changed."""
    targets = {file.target for file in core_files(vendor, entity)}
    query = "select to_jsonb(t) - 'change_seq' from {} as t where agreement_id = %s order by 1"
    return {
        target: connection.execute(
            sql.SQL(query).format(sql.Identifier(*target.split("."))), [id]
        ).fetchall()
        for target in sorted(targets)
    }


def p3(**odd: Any) -> Record:
    """P3, which cost 1.50 and 1.82 with tax, of three lines, as an edit leaves it: 2.50 and 3.03."""
    lines = [detail(f"P3{x}", "a4500", "1.0", row_order=n) for n, x in enumerate("ab")]
    more = {"total_price_excl_tax": "2.5", "total_price_excl_tax_base": "2.5", "total_price_incl_tax": "3.03",
            "total_price_incl_tax_base": "3.03"}  # fmt: skip
    paid = payment("Y9", "3.03", "2026-03-20") | odd.pop("payment", {})
    file = {"id": "F1", "filename": "a.pdf", "content_type": None, "size": 5} | odd.pop("file", {})
    last = detail("P3d", "a4500", "0.5", row_order=2) | odd.pop("line", {})
    return {**more, "details": [*lines, last], "payments": [paid], "attachments": [file], **odd}


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"line": {"row_order": 3_000_000_000}}, id="line"),
        pytest.param({"line": {"total_price_excl_tax_with_discount": _HUGE}}, id="line-and-header"),
        pytest.param({"payment": {"payment_date": None}}, id="payment"),
        pytest.param({"file": {"size": 10**20}}, id="file"),
        pytest.param({"total_price_incl_tax": _HUGE}, id="header"),
    ],
)
def test_a_document_is_never_half_new(warehouse: Connection, odd: dict[str, Any]) -> None:
    [(place, value)] = odd.items()
    id = f"whole{place}{''.join(value) if isinstance(value, dict) else ''}"[:40]
    books = golden(warehouse, id)
    books.night()
    posted = voucher(books, "P3")
    held = tables(warehouse, "moneybird", "purchase_invoices", id)
    books.change("purchase_invoices", "P3", **p3(**odd))
    books.change("purchase_invoices", "P5", reference="another")
    books.night()
    assert [row[:2] for row in aside(books)] == [("purchase_invoices", "P3")]
    assert voucher(books, "P3") == posted
    now = tables(warehouse, "moneybird", "purchase_invoices", id)

    def of(rows: dict[str, Any], number: str) -> list[Any]:
        return [r for found in rows.values() for (r,) in found if r["document_number"] == number]

    assert of(now, "P3") == of(held, "P3")
    assert {row.get("reference") for row in of(now, "P5")} >= {"another"}
    books.change("purchase_invoices", "P3", **p3())
    books.night()
    assert aside(books) == []
    assert voucher(books, "P3") != posted
    assert sum(amount for _, amount in voucher(books, "P3")) == 0
    assert dict(voucher(books, "P3"))["16221.04"] == Decimal("0.53")


def test_a_transaction_with_a_booking_that_cannot_be_stored_is_not_posted_without_it(
    warehouse: Connection,
) -> None:
    books = golden(warehouse, "wholebooking")
    booking = {"ledger_account_id": "a4600", "description": "Kosten"}
    books.add(
        "financial_mutations",
        mutation(
            "M8", "2026-03-13", "-30.0",
            ledger_account_bookings=[{**booking, "id": "K8", "price": "-10.0"}, {**booking, "id": "K9", "price": _HUGE}],
        ),
    )  # fmt: skip
    books.night()
    assert [row[:2] for row in aside(books)] == [("financial_mutations", "M8")]
    assert voucher(books, "M8") == []
    for table in ("bank_transaction", "bank_booking"):
        [(count,)] = warehouse.execute(
            f"select count(*) from core.{table} where agreement_id = %s and transaction_number = 'M8'".encode(),
            [books.id],
        ).fetchall()
        assert count == 0, table


def test_a_draft_that_is_sent_with_a_line_that_cannot_be_stored_stays_a_draft(
    warehouse: Connection,
) -> None:
    books = golden(warehouse, "wholedraft")
    books.night()
    held = tables(warehouse, "moneybird", "sales_invoices", books.id)
    line = detail("S2a", "a8000", "10.0", row_order=3_000_000_000)
    books.add(
        "sales_invoices",
        sale("S2", "2026-0002", "2026-03-20", "10.0", "12.1", [line], unpaid="12.1"),
    )
    books.night()
    assert [row[:2] for row in aside(books)] == [("sales_invoices", "S2")]
    assert tables(warehouse, "moneybird", "sales_invoices", books.id) == held


def test_all_that_is_odd_about_a_record_is_told_whichever_of_its_tables_cannot_hold_it(
    warehouse: Connection,
) -> None:
    books = golden(warehouse, "wholetold")
    books.night()
    books.change("purchase_invoices", "P3", total_price_incl_tax=_HUGE)
    books.records["purchase_invoices"]["P3"]["details"][1]["row_order"] = 3_000_000_000
    books.night()
    assert aside(books) == [
        (
            "purchase_invoices", "P3", "total_price_incl_tax, details[id P3b].row_order", f"{_HUGE}, 3000000000",
            "is too large for numeric(19,4), is too large for integer",
        )
    ]  # fmt: skip


def test_a_line_of_xledger_keeps_its_dimensions_with_its_amount(
    warehouse: Connection, dsn: str
) -> None:
    golden, of = Recorded.golden("xledger").records, agreement("wholeline", vendor="xledger")
    [first, *others] = golden["transactions"]

    def night(line: Any) -> dict[str, Any]:
        records = {**golden, "transactions": [line, *others]}
        land(warehouse, dsn, Unasked(records), of, "transactions")
        return tables(warehouse, "xledger", "transactions", of.id)

    held = night(first)
    changed = {name: "987654" for name in first if name.startswith("glObject")}
    assert changed
    assert night({**first, **changed, "amount": f"1{'0' * 30}.00"}) == held
    assert night({**first, **changed}) != held


def test_a_period_that_no_calendar_has_is_none(warehouse: Connection) -> None:
    books = golden(warehouse, "noperiod")
    told = {
        "20260201..20260228": ("2026-02-01", "2026-02-28"), "202602..202603": ("2026-02-01", "2026-03-31"),
        "202512": ("2025-12-01", "2025-12-31"), "202613": (None, None), "202602..202613": ("2026-02-01", None),
        "20260230..20260399": (None, None), "00000101..20260331": (None, "2026-03-31"), "000001": (None, None),
        "20261301..20260400": (None, None), "99991201..99991231": ("9999-12-01", "9999-12-31"), "next year": (None, None),
    }  # fmt: skip
    lines = [detail(f"P3{n}", "a4500", "0.5", period=text) for n, text in enumerate(told)]
    books.change("purchase_invoices", "P3", details=lines)
    books.land()
    assert aside(books) == []
    rows = warehouse.execute(
        "select period_text, period_start::text, period_end::text from core.purchase_document_line "
        "where agreement_id = %s and document_number = 'P3' and not is_deleted",
        [books.id],
    ).fetchall()
    assert {text: tuple(days) for text, *days in rows} == told


def test_where_nothing_is_odd_nobody_looks_for_it(warehouse: Connection, tmp_path: Path) -> None:
    """One savepoint for all files of an entity, and no second look at any record."""
    books = golden(warehouse, "wholecheap")
    books._stage("purchase_invoices")
    entity = entity_of("moneybird", "purchase_invoices")
    with (tmp_path / "trace").open("w+") as trace:
        warehouse.pgconn.trace(trace.fileno())
        to_core(warehouse, "moneybird", entity, books.id, everything=False)
        warehouse.pgconn.untrace()
        trace.seek(0)
        said = trace.read()
    assert "core.purchase_document_line" in said
    assert len(re.findall(r'"(?:SAVEPOINT|savepoint) ', said)) == 1
    assert "suspect" not in said


def test_a_full_run_leaves_what_is_set_aside_as_it_was_and_mends_the_rest(
    warehouse: Connection,
) -> None:
    """What no record gives any more is deleted then: nothing of a record whose new state cannot be read is."""
    books = golden(warehouse, "wholefull")
    books.night()
    held = tables(warehouse, "moneybird", "financial_mutations", books.id)
    for number in ("gone", "M3"):
        warehouse.execute(
            "insert into core.bank_booking (agreement_id, transaction_number, booking_id, account_number, amount_base, "
            "is_deleted, change_seq) values (%s, %s, 'K0', 'a4600', 1, false, 0)",
            [books.id, number],
        )
    booking = {"id": "K3", "ledger_account_id": "a4600", "price": _HUGE, "description": "Kosten"}
    books.change("financial_mutations", "M3", ledger_account_bookings=[booking], amount="-30.0")
    books._stage("financial_mutations")
    entity = entity_of("moneybird", "financial_mutations")
    to_core(warehouse, "moneybird", entity, books.id, everything=True, is_repair=True)
    assert [row[:2] for row in aside(books)] == [("financial_mutations", "M3")]
    bookings = warehouse.execute(
        "select transaction_number, is_deleted from core.bank_booking where agreement_id = %s and booking_id = 'K0' "
        "order by 1",
        [books.id],
    ).fetchall()
    assert bookings == [("M3", False), ("gone", True)]
    warehouse.execute("delete from core.bank_booking where booking_id = 'K0'")
    assert tables(warehouse, "moneybird", "financial_mutations", books.id) == held
