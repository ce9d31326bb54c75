"""What a missing entity means for the mart, as the SQL has it."""

from __future__ import annotations

import pytest

from saldo.transform.facts import MART
from saldo.transform.lineage import Reach, reach, tables_read
from saldo.vendors import SOURCES


@pytest.mark.parametrize(
    ("entity", "rows", "columns"),
    [
        (
            "vat_accounts",
            ("dim_vat",),
            ("dim_account", "fact_journal_entries", "fact_invoice_lines"),
        ),
        ("customer_groups", (), ("dim_customer",)),
        ("draft_entries", ("fact_draft_entries",), ("dim_project",)),
        ("products", ("dim_product",), ("fact_invoice_lines", "fact_order_lines")),
        ("currencies", (), ()),
    ],
)
def test_what_an_entity_reaches(
    entity: str, rows: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    assert reach("economic", entity) == Reach(rows, columns)


def test_rows_are_followed_through_facts_and_views() -> None:
    found = reach("economic", "entries").rows
    for table in ("fact_journal_entries", "fact_receivables", "fact_payables", "fact_accounting"):
        assert table in found
    assert "fact_account_balance_month" in found


def test_what_shows_only_how_data_came_is_not_shown() -> None:
    everything = [reach("economic", entity.name) for entity in SOURCES["economic"].entities]
    assert not any("sync_status" in found.rows + found.columns for found in everything)


def test_every_table_of_the_mart_has_an_entity() -> None:
    reached = {
        table
        for vendor, says in SOURCES.items()
        for entity in says.entities
        for found in [reach(vendor, entity.name)]
        for table in found.rows + found.columns
    }
    assert set(MART) <= reached


def test_a_name_that_is_no_entity_reaches_nothing() -> None:
    assert reach("economic", "nothing") == Reach()


def test_what_is_made_of_documents_is_reached_from_them() -> None:
    """A posting follows from any of them, and from the accounts it is made on."""
    for entity in (
        "purchase_invoices",
        "receipts",
        "sales_invoices",
        "financial_mutations",
        "general_journal_documents",
    ):
        found = reach("moneybird", entity).rows
        assert {"fact_journal_entries", "fact_account_balance_month", "dim_period"} <= set(found), (
            entity
        )
    assert "fact_purchase_documents" in reach("moneybird", "receipts").rows
    assert "fact_purchase_documents" not in reach("economic", "vat_accounts").columns
    read = tables_read(SOURCES["moneybird"])
    assert "core.bank_transaction" in read["core.ledger_entry"]
    assert "core.ledger_entry" in read["core.accounting_year"]
    assert "core.ledger_entry" not in tables_read(SOURCES["economic"])
