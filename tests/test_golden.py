"""A ledger of 34 lines whose balances were computed by hand (fixtures/economic)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from saldo.facts import refresh
from saldo.plan import Wish
from saldo.warehouse import Connection
from tests.support import ENTITIES, Recorded, agreement, land

#: Movements (no opening entries) per accounting year and account, in base currency.
MOVEMENTS = {
    ("2025", "1010"): "-1000", ("2025", "6902"): "-250", ("2025", "5600"): "0",
    ("2025", "6800"): "0", ("2025", "1310"): "400", ("2025", "6903"): "100",
    ("2025", "5820"): "-2450", ("2025", "2210"): "3000", ("2025", "3410"): "200",
    ("2026", "5600"): "3009.49", ("2026", "1030"): "-7461.23", ("2026", "1010"): "50",
    ("2026", "6902"): "25", ("2026", "5820"): "4480.05", ("2026", "3680"): "-3.31",
    ("2026", "1050"): "-100",
}  # fmt: skip


@pytest.fixture(scope="module")
def golden(dsn: str) -> Connection:
    from saldo.warehouse import connect

    connection = connect(dsn)
    source, of = Recorded.golden(), agreement("hjoernet", company="DK12345678")
    for entity in ENTITIES:
        land(connection, dsn, source, of, entity)
    refresh(connection, of, Wish())
    return connection


def one(connection: Connection, query: str) -> tuple[object, ...]:
    rows = connection.execute(query).fetchall()
    assert len(rows) == 1, rows
    return rows[0]


def test_movements_per_year_and_account(golden: Connection) -> None:
    rows = golden.execute(
        "select accounting_year, account_number, sum(amount_base) from mart.fact_journal_entries "
        "where not is_opening group by 1, 2"
    )
    found = {(year, account): total for year, account, total in rows}
    assert found == {key: Decimal(value) for key, value in MOVEMENTS.items()}


def test_every_voucher_sums_to_zero(golden: Connection) -> None:
    rows = golden.execute(
        "select voucher_key from mart.fact_journal_entries group by 1 having sum(amount_base) <> 0"
    ).fetchall()
    assert rows == []


def test_vouchers_restart_every_year(golden: Connection) -> None:
    count = "select count(distinct voucher_key) from mart.fact_journal_entries where voucher_number = '2'"
    assert one(golden, count) == (2,)


def test_bank_balance_is_last_opening_plus_movements(golden: Connection) -> None:
    total = one(
        golden,
        "select sum(amount_base) from mart.fact_journal_entries "
        "where accounting_year = '2026' and account_number = '5820'",
    )
    assert total == (Decimal("12230.05"),)  # 7750 + 4480.10 - 0.05


def test_open_amount_in_base_currency_is_rounded_once(golden: Connection) -> None:
    found = one(
        golden,
        "select currency, remainder, remainder_base, base_currency, due_date, invoice_number "
        "from mart.fact_journal_entries where entry_number = '19'",
    )
    # 400 x 7461.23 / 1000 = 2984.492
    expected = (
        "EUR", Decimal("400"), Decimal("2984.49"), "DKK", date(2026, 3, 3), "1002",
    )  # fmt: skip
    assert found == expected


def test_settled_is_zero_and_unmatchable_is_null(golden: Connection) -> None:
    rows = golden.execute(
        "select entry_number, remainder_base from mart.fact_journal_entries "
        "where entry_number in ('3', '4') order by 1"
    ).fetchall()
    assert rows == [("3", Decimal(0)), ("4", None)]


def test_absent_currency_is_base_currency(golden: Connection) -> None:
    assert one(
        golden, "select currency from mart.fact_journal_entries where entry_number = '13'"
    ) == ("DKK",)


def test_a_late_voucher_lands_in_the_period_of_its_date(golden: Connection) -> None:
    found = one(
        golden,
        "select f.accounting_year, f.period, p.is_closed from mart.fact_journal_entries as f "
        "inner join mart.dim_period as p on p.period_key = f.period_key where entry_number = '31'",
    )
    assert found == ("2025", 11, True)


def test_event_and_entry_types(golden: Connection) -> None:
    rows = golden.execute(
        "select distinct entry_type, event_type from mart.fact_journal_entries order by 1"
    ).fetchall()
    assert rows == [
        ("customer_invoice", "sales_invoice"),
        ("customer_payment", "payment"),
        ("finance_voucher", "journal_entry"),
        ("manual_debtor_invoice", "sales_invoice"),
        ("opening_entry", "opening_balance"),
        ("reminder", "reminder"),
        ("supplier_invoice", "supplier_invoice"),
        ("supplier_payment", "payment"),
        ("system_entry", "system"),
        ("transferred_opening_entry", "opening_balance"),
    ]


def test_leading_zeros_of_a_supplier_invoice_are_kept(golden: Connection) -> None:
    assert one(
        golden, "select invoice_number from mart.fact_journal_entries where entry_number = '6'"
    ) == ("0042",)


def test_members_that_are_not_there(golden: Connection) -> None:
    rows = golden.execute(
        "select entry_number, customer_key, vat_key, project_key, department_key, document_key "
        "from mart.fact_journal_entries where entry_number in ('4', '33') order by 1"
    ).fetchall()
    # Entry 33 has customer 99, whom nobody knows (-1); entry 4 a VAT code; neither has the others (-3).
    assert rows == [("33", -1, -3, -3, -3, -3), ("4", -3, -1, -3, -3, -3)]


def test_sections_follow_the_headings(golden: Connection) -> None:
    rows = golden.execute(
        "select account_number, section, is_balance_sheet, sort_order from mart.dim_account "
        "where account_number in ('1000', '1010', '1310', '5820') order by sort_order"
    ).fetchall()
    assert rows == [
        ("1000", "Resultat", None, 1),
        ("1010", "Omsætning", False, 3),
        ("1310", "Omkostninger", False, 8),
        ("5820", "Balance", True, 14),
    ]


def test_agreement_and_empty_text(golden: Connection) -> None:
    assert one(
        golden,
        "select agreement_id, name, company, vendor, base_currency, country "
        "from mart.dim_agreement where agreement_key > 0",
    ) == ("hjoernet", "Hjørnet ApS", "DK12345678", "economic", "DKK", "DK")
    assert one(
        golden, "select address, is_barred from mart.dim_customer where customer_number = '8'"
    ) == (None, True)


def test_fact_accounting_shows_every_posting_once(golden: Connection) -> None:
    assert one(
        golden, "select count(*), sum(amount_base), min(vendor) from mart.fact_accounting"
    ) == (34, Decimal(0), "economic")
