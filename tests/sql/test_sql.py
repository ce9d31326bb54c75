"""Rules every SQL file keeps, and what the catalogue must say."""

from __future__ import annotations

import re

import pytest

from saldo.paths import SQL_DIR
from saldo.transform.facts import MART, all_files
from saldo.transform.headers import HEADER
from saldo.transform.mart.parsing import declared
from saldo.warehouse.connection import Connection

TRANSFORMS = sorted(
    [
        *SQL_DIR.glob("core/*/*.sql"),
        *SQL_DIR.glob("core/*/derived/*.sql"),
        *SQL_DIR.glob("mart/*.sql"),
    ]
)


@pytest.mark.parametrize("path", sorted(SQL_DIR.glob("proof/*.sql")), ids=lambda p: p.name)
def test_proof_only_reads_and_keeps_the_rules(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text()
    lines = text.splitlines()
    assert tuple(x[: len(h)] for x, h in zip(lines, HEADER, strict=False)) == HEADER
    body = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    assert not re.search(r"\bnow\(\)|current_(date|timestamp)|clock_timestamp", body)
    assert not re.search(r"\b(float|real|double precision)\b|select\s+\*", body)
    assert not re.search(r"\b(insert|update|delete|SELECT|FROM|WHERE|JOIN)\b", body)
    assert "%(agreement_id)s" in body or "%(agreement_key)s" in body or "from proof_sum" in body


@pytest.mark.parametrize("path", TRANSFORMS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_transform_keeps_the_rules(path) -> None:  # type: ignore[no-untyped-def]
    text = path.read_text()
    assert (
        tuple(line[: len(h)] for line, h in zip(text.splitlines(), HEADER, strict=False)) == HEADER
    )
    body = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    assert not re.search(r"\bnow\(\)|current_(date|timestamp)|clock_timestamp", body)
    assert not re.search(r"select\s+\*", body)
    assert not re.search(r"\b(float|real|double precision)\b", body)
    assert "{{" not in body
    keywords = re.findall(r"\b(SELECT|FROM|WHERE|JOIN|INSERT|UPDATE)\b", body)
    assert keywords == []


@pytest.mark.parametrize("path", sorted(SQL_DIR.glob("rates/*.sql")), ids=lambda p: p.name)
def test_a_file_of_rates_only_reads_and_keeps_the_rules(path) -> None:  # type: ignore[no-untyped-def]
    lines = path.read_text().splitlines()
    assert tuple(x[: len(h)] for x, h in zip(lines, HEADER, strict=False)) == HEADER
    body = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    assert not re.search(r"\bnow\(\)|current_(date|timestamp)|clock_timestamp", body)
    assert not re.search(r"\b(float|real|double precision)\b|select\s+\*", body)
    assert not re.search(r"\b(insert|update|delete|SELECT|FROM|WHERE|JOIN)\b", body)
    assert "%(source)s" in body


@pytest.mark.parametrize("name", all_files())
def test_a_file_of_the_mart_says_what_it_writes(name: str) -> None:
    file = declared(name)
    assert "%(agreement_id)s" in file.transform.body or "%(agreement_key)s" in file.transform.body
    makes_keys = bool(file.key_order or file.new_keys)
    table = name.partition(".")[0]
    expected = ("core.key_map",) * makes_keys + (f"{'mart' if table in MART else 'core'}.{table}",)
    assert file.transform.writes == expected


def test_money_is_never_a_float(warehouse: Connection) -> None:
    rows = warehouse.execute(
        "select table_schema, table_name, column_name, data_type, numeric_precision, numeric_scale "
        "from information_schema.columns where table_schema in ('core', 'mart', 'ops', 'staging') "
        "and data_type in ('real', 'double precision', 'numeric')"
    ).fetchall()
    assert rows
    found: dict[tuple[str, int, int], set[str]] = {}
    for *_, column, kind, precision, scale in rows:
        found.setdefault((kind, precision, scale), set()).add(column)
    as_given = found.pop(("numeric", None, None)) | found.pop(("numeric", 24, 10))
    assert found.pop(("numeric", 18, 8)) == {"share"}  # of minutes, in ops.uptime
    assert set(found) == {("numeric", 19, 4)}
    assert as_given == {
        "discount_percent", "exchange_rate", "rate_percent", "share", "vat_rate_percent", "quantity",
        "unit_net_price", "unit_cost_price", "unit_price", "percent", "sales_price", "cost_price", "recommended_price",
        "rate", "unit", "hours", "invoice_hours", "hourly_revenue", "hourly_cost",
        "published_rate", "average_rate", "closing_rate",
        # Sums of core.account_month, each of amounts that fit.
        "opening_base", "transferred_base", "movement_base",
    }  # fmt: skip


def test_keys_of_facts_are_never_null(warehouse: Connection) -> None:
    rows = warehouse.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'mart' "
        "and table_name like 'fact%%' and column_name like '%%_key' and is_nullable = 'YES' "
        "and table_name not in (select table_name from information_schema.views)"
    ).fetchall()
    assert rows == []


def test_every_dimension_has_its_members(warehouse: Connection) -> None:
    tables = warehouse.execute(
        "select table_name from information_schema.tables where table_schema = 'mart' "
        "and table_name like 'dim%%' and table_name <> 'dim_date'"
    ).fetchall()
    assert tables
    for (table,) in tables:
        key = table.removeprefix("dim_") + "_key"
        rows = warehouse.execute(
            f"select {key} from mart.{table} where {key} < 0 order by 1"
        ).fetchall()
        assert rows == [(-3,), (-2,), (-1,)], table


def test_dim_date_is_whole_years_without_a_gap(warehouse: Connection) -> None:
    row = warehouse.execute(
        "select count(*) = max(date) - min(date) + 1, min(date)::text, max(date)::text, "
        "bool_and(date_key = to_char(date, 'yyyymmdd')::integer), "
        "count(*) filter (where is_month_end) from mart.dim_date where date_key > 0"
    ).fetchone()
    assert row == (True, "1990-01-01", "2069-12-31", True, 80 * 12)
    unknown = warehouse.execute(
        "select date_key, date::text from mart.dim_date where date < '1990-01-01'"
    )
    assert unknown.fetchall() == [(-1, "1989-12-31")]  # no gap for Power BI here, either


def test_tables_and_columns_of_the_mart_are_commented(warehouse: Connection) -> None:
    rows = warehouse.execute(
        "select c.relname, a.attname from pg_class as c "
        "inner join pg_attribute as a on a.attrelid = c.oid and a.attnum >= 0 and not a.attisdropped "
        "where c.relnamespace = 'mart'::regnamespace and c.relkind in ('r', 'v') "
        "and (col_description(c.oid, a.attnum) is null or obj_description(c.oid) is null)"
    ).fetchall()
    assert rows == []


def test_the_contracts_columns_are_there(warehouse: Connection) -> None:
    contract = {
        "fact_journal_entries": "journal_entry_key agreement_key agreement_id entry_number voucher_key "
        "voucher_number journal_number entry_type event_type date date_key accounting_year period "
        "period_key account_key account_number account_name department_key department_number "
        "project_key customer_key supplier_key vat_key vat_code text currency amount base_currency "
        "amount_base due_date remainder remainder_base invoice_number is_opening document_key has_pdf",
        "fact_accounting": "accounting_key agreement_key agreement_id vendor event_type source_entity "
        "source_key date date_key accounting_year period account_key account_number department_key "
        "project_key customer_key supplier_key employee_key voucher_number invoice_number text "
        "currency amount base_currency amount_base is_opening document_key has_pdf",
        "dim_agreement": "agreement_key agreement_id name company vendor base_currency country",
        "dim_date": "date_key date year quarter month month_name week weekday is_month_end",
        "dim_account": "account_key agreement_key account_number name account_type is_balance_sheet "
        "section sort_order group_account_number group_account_name report_line is_deleted",
        "dim_period": "period_key agreement_key accounting_year period start_date end_date is_closed",
        "dim_customer": "customer_key agreement_key customer_number name is_deleted",
        "dim_supplier": "supplier_key agreement_key supplier_number name is_deleted",
        "dim_department": "department_key agreement_key department_number name is_deleted",
        "dim_product": "product_key agreement_key product_number name is_deleted",
        "dim_project": "project_key agreement_key project_number name is_deleted",
        "dim_document": "document_key agreement_key kind accounting_year document_number has_pdf "
        "page_count note pdf_url",
        "fact_invoice_lines": "invoice_line_key agreement_key agreement_id invoice_number line_number "
        "is_draft is_credit_note invoice_date date_key due_date customer_key customer_number "
        "customer_name product_key product_number product_name department_key department_number "
        "department_name description quantity unit unit_net_price discount_percent currency "
        "exchange_rate net_amount net_amount_base cost_base margin_base invoice_remainder_base "
        "payment_status document_key has_pdf",
        "fact_order_lines": "order_line_key agreement_key agreement_id kind status order_number",
    }
    for table, columns in contract.items():
        rows = warehouse.execute(
            "select column_name from information_schema.columns "
            "where table_schema = 'mart' and table_name = %s",
            [table],
        )
        assert set(columns.split()) <= {name for (name,) in rows}, table
