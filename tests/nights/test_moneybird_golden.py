"""Books of Moneybird whose balances were computed by hand: what its documents post, and what the facts show of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from saldo.warehouse.connection import Connection, connect
from tests.moneybird_books import Books, account, detail, golden, purchase

BALANCES = {
    "1100": "5080.05", "16011": "-141.32", "16221.04": "31.04", "4500": "143.50", "a4600": "275.05", "84601": "1.68",
    "10510.05": "-113.00", "13011": "710.00", "16221.03": "-210.00", "8000": "-1000.00", "0500": "-5000.00",
    "10510.04": "-77.00", "16221.01": "300.00",
}  # fmt: skip


@pytest.fixture(scope="module")
def books(dsn: str) -> Iterator[Books]:
    with connect(dsn) as connection:
        found = golden(connection, "anker")
        found.night()
        yield found


def rows(books: Books, query: str) -> list[tuple[Any, ...]]:
    return books.connection.execute(query, {"id": books.id}).fetchall()


def test_balances_are_those_computed_by_hand(books: Books) -> None:
    found = rows(
        books,
        "select account_number, sum(amount_base) from mart.fact_journal_entries where agreement_id = %(id)s "
        "group by 1 having sum(amount_base) <> 0",
    )
    assert dict(found) == {account: Decimal(value) for account, value in BALANCES.items()}


def test_every_voucher_sums_to_zero(books: Books) -> None:
    found = rows(
        books,
        "select voucher_number, sum(amount_base) from mart.fact_journal_entries where agreement_id = %(id)s group by 1",
    )
    assert len(found) == 4 + 1 + 1 + 2 + 3 + 4
    assert {total for _, total in found} == {0}


def test_a_payment_in_dollars_and_what_it_leaves(books: Books) -> None:
    found = rows(
        books,
        "select voucher_number, date, account_number, amount_base from mart.fact_journal_entries "
        "where agreement_id = %(id)s and (voucher_number like 'P2%%' or voucher_number = 'Y2') order by 1, 4",
    )
    day = date(2026, 3, 5)
    assert found == [
        ("P2", date(2026, 2, 27), "16011", Decimal("-111.32")),
        ("P2", date(2026, 2, 27), "16221.04", Decimal("19.32")),
        ("P2", date(2026, 2, 27), "4500", Decimal("92.00")),
        ("P2|exchange", day, "16011", Decimal("-1.68")),
        ("P2|exchange", day, "84601", Decimal("1.68")),
        ("Y2", day, "10510.05", Decimal("-113.00")),
        ("Y2", day, "16011", Decimal("113.00")),
    ]


def test_what_is_owed_and_due(books: Books) -> None:
    owed = rows(
        books,
        "select supplier_number, supplier_name, sum(remainder_base), sum(amount_base) from mart.fact_payables "
        "where agreement_id = %(id)s group by 1, 2 order by 1",
    )
    assert owed == [
        ("K-1", "Bakker BV", Decimal("58.68"), Decimal("58.68")),
        ("K-2", "Saïda de Vries", Decimal("-200.00"), Decimal("-200.00")),
    ]
    due = rows(
        books,
        "select customer_number, sum(remainder_base), sum(amount_base) from mart.fact_receivables "
        "where agreement_id = %(id)s group by 1",
    )
    assert due == [("K-1", Decimal("710.00"), Decimal("710.00"))]


def test_tax_of_lines_is_the_documents(books: Books) -> None:
    found = rows(
        books,
        "select document_number, line_id, vat_rate_percent, net_amount_base, tax_amount_base, gross_amount_base, "
        "tax_amount from mart.fact_purchase_documents where agreement_id = %(id)s order by line_id",
    )
    assert [(line, net, tax, gross) for _, line, _, net, tax, gross, _ in found] == [
        (line, *(Decimal(x) for x in amounts))
        for line, *amounts in (
            ("P1a", "100", "21", "121"), ("P1b", "10.05", "0.90", "10.95"), ("P2a", "92", "19.32", "111.32"),
            ("P3a", "0.50", "0.10", "0.60"), ("P3b", "0.50", "0.11", "0.61"), ("P3c", "0.50", "0.11", "0.61"),
            ("P4a", "10", "2.10", "12.10"), ("P5a", "-50", "-10.50", "-60.50"),
        )
    ]  # fmt: skip
    assert [tax for _, line, *_, tax in found if line == "P2a"] == [Decimal("21")]


def test_what_a_line_shows(books: Books) -> None:
    [found] = rows(
        books,
        "select kind, state, supplier_number, supplier_name, account_number, account_name, quantity, unit_price, "
        "currency, exchange_rate, net_amount, is_paid, paid_on, paid_amount_base, created_at, is_exported, "
        "exported_file, document_key from mart.fact_purchase_documents where agreement_id = %(id)s and line_id = 'P2a'",
    )
    assert found == (
        "receipt", "paid", "K-2", "Saïda de Vries", "4500", "Verkoopkosten", Decimal(2), Decimal("60.5"), "USD",
        Decimal("0.92"), Decimal(100), True, date(2026, 3, 5), Decimal(113), datetime(2026, 2, 27, 23, 30),  # noqa: DTZ001 (the mart has UTC without a zone)
        False, None,
        -3,
    )  # fmt: skip
    periods = rows(
        books,
        "select line_id, period_start, period_end from mart.fact_purchase_documents where agreement_id = %(id)s "
        "and period_start is not null order by 1",
    )
    assert periods == [
        ("P1a", date(2026, 2, 1), date(2026, 2, 28)),
        ("P5a", date(2026, 3, 1), date(2026, 4, 30)),
    ]


def test_years_are_calendar_years_and_closed_where_locked(books: Books) -> None:
    found = rows(
        books,
        "select p.accounting_year, p.period, p.end_date, p.is_closed from mart.dim_period as p "
        "inner join mart.dim_agreement as a on a.agreement_key = p.agreement_key where a.agreement_id = %(id)s "
        "order by p.period",
    )
    assert len(found) == 12
    assert found[:2] == [
        ("2026", 1, date(2026, 1, 31), True),
        ("2026", 2, date(2026, 2, 28), False),
    ]


def test_an_account_of_a_number_of_others_is_shown_by_its_id(books: Books) -> None:
    found = rows(
        books,
        "select d.account_number, d.name from mart.dim_account as d inner join mart.dim_agreement as a "
        "on a.agreement_key = d.agreement_key where a.agreement_id = %(id)s and d.account_number like 'a%%' order by 1",
    )
    assert found == [
        ("a4600", "Kantoorkosten"),
        ("a4600old", "Kantoorkosten (oud)"),
        ("anone", "Vraagposten"),
    ]


def test_invoices_and_drafts(books: Books) -> None:
    found = rows(
        books,
        "select invoice_number, is_draft, customer_number, account_number, net_amount_base, invoice_remainder_base, "
        "payment_status from mart.fact_invoice_lines where agreement_id = %(id)s order by 2",
    )
    assert found == [
        ("2026-0001", False, "K-1", "8000", Decimal(1000), Decimal(710), "open"),
        ("S2", True, "K-1", None, Decimal(10), Decimal(0), "draft"),
    ]


# --- what changes reach --------------------------------------------------------------------------


def slices(connection: Connection, id: str) -> dict[str, list[Any]]:
    found = {}
    for table in ("fact_journal_entries", "fact_purchase_documents", "fact_invoice_lines", "fact_receivables",
                  "fact_payables", "fact_account_balance_month"):  # fmt: skip
        found[table] = connection.execute(
            f"select f.* from mart.{table} as f where agreement_id = %s order by f::text", [id]
        ).fetchall()
    return found


def assert_as_rebuilt(books: Books) -> None:
    grown = slices(books.connection, books.id)
    changes = books.refresh("full")
    assert {name: c for name, c in changes.items() if c.total} == {}
    assert slices(books.connection, books.id) == grown


def test_a_document_that_changes_its_kind_is_one(warehouse: Connection) -> None:
    books = golden(warehouse, "kinds")
    books.night()
    before = slices(warehouse, "kinds")
    for source, target in (("receipts", "purchase_invoices"), ("purchase_invoices", "receipts")):
        record = books.remove(source, "P2")
        books.add(target, record)
        for entity in ("purchase_invoices", "receipts"):
            books.land(entity)
            books.refresh()
            [(kinds, live)] = rows(
                books,
                "select array_agg(d.kind), count(*) filter (where not d.is_deleted) from core.purchase_document as d "
                "where d.agreement_id = %(id)s and d.document_number = 'P2'",
            )
            assert len(kinds) == 1
        assert (kinds, live) == ([target.removesuffix("s")], 1)
        assert_as_rebuilt(books)
    assert slices(warehouse, "kinds") == before


def test_changes_end_as_a_rebuild(warehouse: Connection) -> None:
    books = golden(warehouse, "change")
    books.night()
    # A line goes, another comes; the payment is taken back.
    books.change(
        "purchase_invoices", "P1", details=[
            books.records["purchase_invoices"]["P1"]["details"][0],
        ],
        payments=[], state="open", paid_at=None, total_price_excl_tax="100.0", total_price_excl_tax_base="100.0",
        total_price_incl_tax="121.0", total_price_incl_tax_base="121.0",
    )  # fmt: skip
    books.records["purchase_invoices"]["P1"]["details"][0]["tax_rate_id"] = "tgone"
    books.change("financial_mutations", "M1", payments=[], amount_open="-131.95")
    books.remove("purchase_invoices", "P5")
    books.change(
        "sales_invoices", "S2", invoice_id="2026-0002", state="open", invoice_date="2027-01-02"
    )
    books.change("ledger_accounts", "a4500", account_id="4501")
    books.change("contacts", "c1", customer_id="K-1b", company_name="Bakkerij")
    books.night()
    assert rows(
        books,
        "select account_number, sum(amount_base) from mart.fact_journal_entries where agreement_id = %(id)s "
        "and account_number in ('10510.04', '1100', '16011') group by 1 order by 1",
    ) == [
        ("10510.04", Decimal("54.95")),
        ("1100", Decimal("5080.05")),
        ("16011", Decimal("-322.82")),
    ]
    assert rows(
        books,
        "select vat_rate_percent, tax_amount_base, vat_key, account_number, supplier_number "
        "from mart.fact_purchase_documents where agreement_id = %(id)s and line_id = 'P1a'",
    ) == [(None, Decimal("21"), -1, "4501", "K-1b")]
    years = rows(
        books,
        "select accounting_year, is_deleted from core.accounting_year where agreement_id = %(id)s order by 1",
    )
    assert years == [("2026", False), ("2027", False)]
    assert_as_rebuilt(books)


def test_an_account_that_takes_over_moves_its_postings(warehouse: Connection) -> None:
    books = golden(warehouse, "role")
    books.night()
    books.change("ledger_accounts", "a16011", taxonomy_item=None, name="Oud")
    books.add("ledger_accounts", {**books.records["ledger_accounts"]["a13011"], "id": "a1602", "account_id": "1602",
                                  "name": "Crediteuren", "taxonomy_item": {"code": "BSchCreHac"}})  # fmt: skip
    books.night()
    found = dict(
        rows(
            books,
            "select account_number, sum(amount_base) from mart.fact_journal_entries "
            "where agreement_id = %(id)s and account_number in ('1602', '16011') group by 1",
        )
    )
    # What a voucher says stays where it says.
    assert found == {"1602": Decimal("58.68"), "16011": Decimal("-200.00")}
    assert_as_rebuilt(books)


def test_what_is_private_is_on_the_private_account(warehouse: Connection) -> None:
    """As the specification's own example has it: 100.00 with 21 %, 30 % of it private."""
    books = golden(warehouse, "private")
    books.add("ledger_accounts", account("a0510", "0510", "Privé", "equity"))
    share = {
        "id": "F1",
        "private_ledger_account_id": "a0510",
        "ledger_account_id": "a4500",
        "percentage": "30.0",
    }
    books.add("purchase_invoices", purchase(
        "P6", "2026-03-04", "106.3", "121.0", [detail("P6a", "a4500", "70.0", price="100.0")],
        fiscal_allocations=[{**share, "price": "36.3", "price_base": "36.3"}],
    ))  # fmt: skip
    # One that has not been worked into the lines yet.
    books.add("receipts", purchase(
        "P7", "2026-03-04", "300.0", "363.0", [detail("P7a", "a4500", "300.0")],
        fiscal_allocations=[{**share, "id": "F2", "price": "90.75", "price_base": "90.75"}],
    ))  # fmt: skip
    books.night()
    found = rows(
        books,
        "select voucher_number, account_number, amount_base from mart.fact_journal_entries "
        "where agreement_id = %(id)s and voucher_number in ('P6', 'P7') order by 1, 3",
    )
    assert found == [
        ("P6", "16011", Decimal("-121.00")),
        ("P6", "16221.04", Decimal("14.70")),
        ("P6", "0510", Decimal("36.30")),
        ("P6", "4500", Decimal("70.00")),
        ("P7", "16011", Decimal("-363.00")),
        ("P7", "16221.04", Decimal("63.00")),
        ("P7", "4500", Decimal("300.00")),
    ]
    assert rows(
        books,
        "select line_id, tax_amount_base, gross_amount_base from mart.fact_purchase_documents "
        "where agreement_id = %(id)s and document_number in ('P6', 'P7') order by 1",
    ) == [
        ("P6a", Decimal("14.70"), Decimal("84.70")),
        ("P7a", Decimal("63.00"), Decimal("363.00")),
    ]
    assert_as_rebuilt(books)


def test_an_export_shows_on_the_lines_of_its_documents(warehouse: Connection) -> None:
    books = golden(warehouse, "exported")
    books.night()
    warehouse.execute(
        "insert into ops.export_file (file_id, agreement_id, name, layout, is_logged, is_again, status, documents, rows, "
        "bytes, sha256, path, created_by, created_at, registered_at) values (7, 'exported', 'purchase-export-7.xlsx', "
        "'moblybird', true, false, 'registered', 1, 2, 9, 'x', 'p', 'anna', '2026-04-01', '2026-04-01')"
    )
    warehouse.execute(
        "insert into ops.export_file_document (file_id, agreement_id, document_number, version, snapshot) "
        "select 7, 'exported', s.document_number, s.version, s.snapshot "
        "from ops.purchase_snapshots('exported', '{P1}') as s"
    )
    warehouse.execute("select ops.renew_purchase_exports('exported', '{P1}', true)")
    changes = books.refresh()
    assert {name: c.total for name, c in changes.items() if c.total} == {
        "fact_purchase_documents": 2
    }
    query = (
        "select line_id, exported_file, is_changed_since_export from mart.fact_purchase_documents "
        "where agreement_id = %(id)s and is_exported order by 1"
    )
    name = "purchase-export-7.xlsx"
    assert rows(books, query) == [("P1a", name, False), ("P1b", name, False)]
    books.change("purchase_invoices", "P1", state="open")
    books.night()
    assert rows(books, query) == [("P1a", name, True), ("P1b", name, True)]
    assert_as_rebuilt(books)


def test_a_quiet_night_writes_nothing(warehouse: Connection) -> None:
    books = golden(warehouse, "quiet")
    books.night()
    assert {name: c for name, c in books.night().items() if c.total} == {}
    [(reached,)] = rows(
        books, "select max(change_seq) from core.ledger_entry where agreement_id = %(id)s"
    )
    books.refresh("full")
    [(after,)] = rows(
        books, "select max(change_seq) from core.ledger_entry where agreement_id = %(id)s"
    )
    assert after == reached


def test_a_damaged_posting_is_made_again(warehouse: Connection) -> None:
    books = golden(warehouse, "damage")
    books.night()
    before = slices(warehouse, "damage")
    warehouse.execute(
        "update core.ledger_entry set amount_base = amount_base + 1 where agreement_id = 'damage' "
        "and entry_number = 'P1|creditors'"
    )
    warehouse.execute(
        "delete from core.ledger_entry where agreement_id = 'damage' and entry_number = 'P1|tax'"
    )
    books.refresh("full")
    assert slices(warehouse, "damage") == before
