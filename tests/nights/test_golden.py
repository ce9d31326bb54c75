"""A ledger of 34 lines whose balances were computed by hand (fixtures/economic)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded
from tests.support import ENTITIES, agreement, land

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
    from saldo.warehouse.connection import connect

    connection = connect(dsn)
    source, of = Recorded.golden(), agreement("hjoernet", company="DK12345678")
    for entity in ENTITIES:
        land(connection, dsn, source, of, entity)
    refresh(connection, of, RunRequest())
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
        "from mart.fact_journal_entries where entry_number in ('22', '33') order by 1"
    ).fetchall()
    # Entry 33 has customer 99 and entry 22 department 9, whom nobody knows (-1); what is not given is -3.
    assert [row[:2] + row[3:] for row in rows if row[0] == "33"] == [("33", -1, -3, -3, -3)]
    assert [(row[0], row[4]) for row in rows if row[0] == "22"] == [("22", -1)]


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


# --- departments, VAT, terms ---------------------------------------------------------------------


def test_departments_and_distributions_of_lines(golden: Connection) -> None:
    rows = golden.execute(
        "select f.entry_number, f.department_number, d.name, d.is_distribution "
        "from mart.fact_journal_entries as f "
        "inner join mart.dim_department as d on d.department_key = f.department_key "
        "where f.department_key <> -3 order by f.entry_number::bigint"
    ).fetchall()
    # Dimension 2 (entries 13 and 31) is no department.
    assert rows == [
        ("4", "1", "Butik", False),
        ("7", "2", "Værksted", False),
        ("13", "D|11", "Butik/Værksted", True),
        ("20", "1", "Butik", False),
        ("22", "9", "Unknown", False),
    ]


def test_a_distribution_is_split_in_the_bridge_only(golden: Connection) -> None:
    rows = golden.execute(
        "select d.department_number, p.department_number, b.share from mart.bridge_department as b "
        "inner join mart.dim_department as d on d.department_key = b.department_key "
        "inner join mart.dim_department as p on p.department_key = b.part_department_key "
        "where b.agreement_key > 0 order by 1, 2"
    ).fetchall()
    assert rows == [
        ("1", "1", Decimal(1)),
        ("2", "2", Decimal(1)),
        ("D|11", "1", Decimal("0.6")),
        ("D|11", "2", Decimal("0.4")),
    ]


def test_vat_terms_groups_and_zones(golden: Connection) -> None:
    assert one(
        golden,
        "select v.name, v.rate_percent, v.vat_type, v.account_number, v.is_barred "
        "from mart.fact_journal_entries as f inner join mart.dim_vat as v on v.vat_key = f.vat_key "
        "where f.entry_number = '7'",
    ) == ("Købsmoms 25 %", Decimal(25), "Købsmoms", "6903", True)
    assert one(
        golden,
        "select c.group_name, c.payment_terms_name, t.days_of_credit, c.vat_zone_name "
        "from mart.dim_customer as c "
        "inner join mart.dim_payment_terms as t on t.payment_terms_key = c.payment_terms_key "
        "where c.customer_number = '7'",
    ) == ("Danske kunder", "Netto 14 dage", 14, "Indland")
    types = golden.execute(
        "select payment_terms_type, days_of_credit from mart.dim_payment_terms "
        "where agreement_key > 0 order by payment_terms_number"
    ).fetchall()
    assert types == [("net", 14), ("paid_in_cash", None), ("invoice_week_starting_monday", 8)]
    assert one(
        golden, "select name, is_barred from mart.dim_employee where employee_number = '2'"
    ) == ("Bo", True)


# --- receivables and payables --------------------------------------------------------------------


def test_receivables_are_the_lines_of_the_debtors(golden: Connection) -> None:
    rows = golden.execute(
        "select entry_number, customer_number, customer_name, amount_base, remainder_base, is_settled "
        "from mart.fact_receivables order by entry_number::bigint"
    ).fetchall()
    bageri, mueller = "Ærø Bageri ApS", "Müller & Söhne <GmbH>"
    assert rows == [
        ("3", "7", bageri, Decimal(1250), Decimal(0), True),
        ("10", "7", bageri, Decimal(-1250), Decimal(0), True),
        ("19", "8", mueller, Decimal("7461.23"), Decimal("2984.49"), False),
        ("21", "7", bageri, Decimal(-125), Decimal(-125), False),
        ("24", "8", mueller, Decimal("-4476.74"), Decimal(0), True),
        ("27", "8", mueller, Decimal(100), Decimal(100), False),
        ("33", "99", None, Decimal(50), Decimal(50), False),
    ]


def test_payables_are_the_lines_of_the_creditors(golden: Connection) -> None:
    rows = golden.execute(
        "select entry_number, supplier_number, supplier_name, invoice_number, amount_base, is_settled "
        "from mart.fact_payables order by entry_number::bigint"
    ).fetchall()
    assert rows == [
        ("6", "1", "Grossisten A/S", "0042", Decimal(-500), True),
        ("11", "1", "Grossisten A/S", "0042", Decimal(500), True),
    ]


def test_ageing_is_asked_for_a_day(golden: Connection) -> None:
    query = (
        "select customer_number, days_overdue, bucket, remainder_base "
        "from mart.receivables_ageing(%s) order by date"
    )
    assert golden.execute(query, [date(2026, 3, 31)]).fetchall() == [
        ("8", 28, "1-30", Decimal("2984.49")),
        ("7", 49, "31-60", Decimal(-125)),
        ("8", 30, "1-30", Decimal(100)),
        ("99", 11, "1-30", Decimal(50)),
    ]
    # The payment of a part came later.
    assert golden.execute(query, [date(2026, 2, 15)]).fetchall() == [
        ("8", 0, "not due", Decimal("7461.23")),
        ("7", 5, "1-30", Decimal(-125)),
    ]
    assert golden.execute("select * from mart.payables_ageing('2026-03-31')").fetchall() == []


# --- balances ------------------------------------------------------------------------------------


def balances(
    golden: Connection, account: str, department: str | None
) -> dict[str, tuple[str, ...]]:
    rows = golden.execute(
        "select to_char(month, 'yyyy-mm'), opening_base, movement_base, closing_base "
        "from mart.fact_account_balance_month "
        "where account_number = %s and department_number is not distinct from %s",
        [account, department],
    ).fetchall()
    return {month: tuple(f"{value:.2f}" for value in values) for month, *values in rows}


def test_the_bank_is_carried_forward_and_restated_by_the_opening(golden: Connection) -> None:
    found = balances(golden, "5820", None)
    assert len(found) == 15  # every month from 2025-01 to 2026-03
    assert found["2025-01"] == ("10000.00", "0.00", "10000.00")
    assert found["2025-02"] == ("10000.00", "0.00", "10000.00")
    assert found["2025-04"] == ("10000.00", "750.00", "10750.00")
    assert found["2025-11"] == ("10750.00", "-200.00", "10550.00")
    assert found["2025-12"] == ("10550.00", "-3000.00", "7550.00")
    # The opening was made before the late voucher of 200: so the vendor has it.
    assert found["2026-01"] == ("7750.00", "0.00", "7750.00")
    assert found["2026-02"] == ("7750.00", "4480.10", "12230.10")
    assert found["2026-03"] == ("12230.10", "-0.05", "12230.05")


def test_equity_takes_the_result_with_the_opening(golden: Connection) -> None:
    found = balances(golden, "6110", None)
    assert found["2025-12"] == ("-10000.00", "0.00", "-10000.00")
    assert found["2026-01"] == ("-7600.00", "0.00", "-7600.00")


def test_profit_and_loss_starts_every_year_at_zero(golden: Connection) -> None:
    sales = balances(golden, "1010", "1")
    assert min(sales) == "2025-03"
    assert sales["2025-03"] == ("0.00", "-1000.00", "-1000.00")
    assert sales["2025-12"] == ("-1000.00", "0.00", "-1000.00")
    assert sales["2026-01"] == ("0.00", "0.00", "0.00")
    salaries = balances(golden, "2210", "D|11")
    assert salaries == {
        "2025-12": ("0.00", "3000.00", "3000.00"),
        "2026-01": ("0.00", "0.00", "0.00"),
        "2026-02": ("0.00", "0.00", "0.00"),
        "2026-03": ("0.00", "0.00", "0.00"),
    }


def test_the_balance_sheet_balances_with_the_result(golden: Connection) -> None:
    rows = golden.execute(
        "select month, sum(closing_base) from mart.fact_account_balance_month "
        "group by month having sum(closing_base) <> 0"
    ).fetchall()
    assert rows == []


# --- drafts --------------------------------------------------------------------------------------


def test_drafts_are_apart_from_the_ledger(golden: Connection) -> None:
    rows = golden.execute(
        "select draft_number, journal_name, event_type, account_name, contra_account_number, "
        "amount, currency, amount_base, invoice_number, supplier_key > 0, customer_key, vat_key "
        "from mart.fact_draft_entries order by draft_number"
    ).fetchall()
    assert rows == [
        ("501", "Daglig", "journal_entry", "Husleje", "5820", Decimal("4200.5"), "DKK",
         Decimal("4200.5"), None, False, -3, -3),
        # 100.05 x 7.46123456 = 746.4965…
        ("502", "Daglig", "supplier_invoice", "Kreditorer", None, Decimal("-100.05"), "EUR",
         Decimal("-746.5"), "00077", True, -3, -3),
        ("503", None, "sales_invoice", "Debitorer", None, Decimal(50), "USD", None, None, False,
         -1, -1),
    ]  # fmt: skip


# --- invoices, orders, documents -----------------------------------------------------------------


def test_lines_sum_to_their_headers_by_a_line_of_rounding(golden: Connection) -> None:
    rows = golden.execute(
        "select invoice_number, line_number, line_kind, net_amount, net_amount_base "
        "from mart.fact_invoice_lines where not is_draft order by 1, line_kind = 'rounding', 2"
    ).fetchall()
    assert [(a, b, c, str(d.normalize()), str(e.normalize())) for a, b, c, d, e in rows] == [
        ("1001", 1, "product", "6E+2", "6E+2"),
        ("1001", 2, "text", "0", "0"),
        ("1001", 3, "product", "400.01", "400.01"),
        ("1001", 0, "rounding", "-0.01", "-0.01"),
        # 250 EUR at 746.123 are 1865.3075, four times rounded up: an øre more than the header.
        ("1002", 1, "product", "2.5E+2", "1865.31"),
        ("1002", 2, "product", "2.5E+2", "1865.31"),
        ("1002", 3, "product", "2.5E+2", "1865.31"),
        ("1002", 4, "product", "2.5E+2", "1865.31"),
        ("1002", 0, "rounding", "0", "-0.01"),
        ("1003", 1, "product", "-1E+2", "-1E+2"),
    ]


def test_payment_remainder_and_credit_notes_of_invoices(golden: Connection) -> None:
    rows = golden.execute(
        "select invoice_number, is_draft, is_credit_note, payment_status, count(*), "
        "sum(invoice_remainder_base), max(invoice_remainder_base) filter (where line_number = 1) "
        "from mart.fact_invoice_lines group by 1, 2, 3, 4 order by 2, 1"
    ).fetchall()
    assert rows == [
        ("1001", False, False, "paid", 4, Decimal(0), Decimal(0)),
        ("1002", False, False, "open", 5, Decimal("2984.49"), Decimal("2984.49")),
        ("1003", False, True, "open", 1, Decimal(-125), Decimal(-125)),
        # A draft may have the number of a booked invoice.
        ("1001", True, False, "draft", 1, Decimal(0), Decimal(0)),
        ("30", True, False, "draft", 1, Decimal(0), Decimal(0)),
    ]


def test_cost_margin_and_discount_of_lines(golden: Connection) -> None:
    rows = golden.execute(
        "select line_id, quantity, unit, discount_percent, cost_base, margin_base, exchange_rate "
        "from mart.fact_invoice_lines where line_id in ('2', '12', '14', '501') order by line_id::int"
    ).fetchall()
    assert rows == [
        # 20 x 5 EUR x 7.46123 = 746.123
        ("2", Decimal(20), "stk.", Decimal(0), Decimal("746.12"), Decimal("1119.19"),
         Decimal("746.123")),
        ("12", Decimal(50), "stk.", Decimal(0), Decimal("362.5"), Decimal("237.5"), Decimal(100)),
        ("14", Decimal("2.22228"), "timer", Decimal(10), Decimal(0), Decimal("400.01"), Decimal(100)),
        ("501", Decimal(10), "stk.", Decimal(0), Decimal("372.5"), Decimal("372.5"), Decimal(745)),
    ]  # fmt: skip


def test_members_of_lines_that_are_not_there(golden: Connection) -> None:
    assert one(
        golden,
        "select product_key, product_name, department_key, department_name, document_key > 0 "
        "from mart.fact_invoice_lines where invoice_number = '1003'",
    ) == (-1, None, -1, None, True)
    assert one(
        golden,
        "select customer_key, product_key, department_key, document_key, has_pdf, net_amount "
        "from mart.fact_invoice_lines where is_draft and invoice_number = '1001'",
    ) == (-1, -3, -3, -3, False, Decimal(0))


def test_products_keep_their_leading_zeros(golden: Connection) -> None:
    rows = golden.execute(
        "select product_number, name, description, group_name, unit_name, bar_code, cost_price, "
        "is_barred from mart.dim_product where product_key > 0 order by 1"
    ).fetchall()
    assert rows == [
        ("0005", "Kørsel", None, "Ydelser", "timer", None, None, False),
        ("5", "Bolt <M8>", None, "Varer m/moms", "stk.", "0570000000001", Decimal("7.25"), True),
        ("V-0012", "Møtrik", None, None, None, None, None, False),
    ]


def test_orders_and_quotes_by_kind_and_status(golden: Connection) -> None:
    rows = golden.execute(
        "select kind, order_number, status, line_kind, net_amount_base, cost_base, delivery_date "
        "from mart.fact_order_lines order by 1, 2, 4"
    ).fetchall()
    assert rows == [
        ("order", "1", "archived", "product", Decimal(250), Decimal(0), None),
        # 100 EUR at 746.123 are 746.12: its header says an øre more.
        ("order", "2", "sent", "product", Decimal("746.12"), Decimal(0), date(2026, 4, 1)),
        ("order", "2", "sent", "rounding", Decimal("0.01"), Decimal(0), date(2026, 4, 1)),
        ("order", "3", "draft", "product", Decimal(500), Decimal(200), None),
        ("quote", "300", "archived", "product", Decimal(40), Decimal(0), None),
        ("quote", "301", "sent", "product", Decimal(80), Decimal(0), None),
    ]


def test_a_line_shows_its_voucher_s_document_else_its_invoice_s(golden: Connection) -> None:
    rows = golden.execute(
        "select f.entry_number, m.kind, m.accounting_year, m.document_number, m.page_count, m.pdf_url "
        "from mart.fact_journal_entries as f inner join mart.dim_document as m "
        "on m.document_key = f.document_key where f.has_pdf order by f.entry_number::int"
    ).fetchall()
    voucher, invoice = (
        f"/saldo/api/v1/documents/hjoernet/{kind}" for kind in ("voucher", "invoice")
    )
    assert rows == [
        ("3", "invoice", None, "1001", None, f"{invoice}/1001.pdf"),
        # Voucher 3 of 2025, not that of 2026; voucher 2 of 2026 though its line is of an invoice too.
        *((n, "voucher", "2025", "3", 2, f"{voucher}/901.pdf") for n in ("6", "7", "8")),
        *((n, "voucher", "2026", "2", None, f"{voucher}/902.pdf") for n in ("19", "20")),
        ("21", "invoice", None, "1003", None, f"{invoice}/1003.pdf"),
    ]
    assert one(
        golden, "select count(*) from mart.fact_accounting where has_pdf and document_key > 0"
    ) == (7,)


def test_what_is_overdue_is_asked_for_a_day(golden: Connection) -> None:
    query = (
        "select invoice_number, customer_number, days_overdue, bucket, remainder_base "
        "from mart.invoices_ageing(%s) order by 1"
    )
    assert golden.execute(query, [date(2026, 3, 31)]).fetchall() == [
        ("1002", "8", 28, "1-30", Decimal("2984.49")),
        ("1003", "7", 35, "31-60", Decimal(-125)),
    ]
    assert golden.execute(query, [date(2026, 2, 9)]).fetchall() == [
        ("1002", "8", 0, "not due", Decimal("2984.49"))
    ]
