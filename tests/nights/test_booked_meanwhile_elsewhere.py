"""Books of Xledger and Moneybird that go on while a run reads them: what is booked meanwhile is wholly in the facts, or
wholly left to the next run, and no difference."""

from __future__ import annotations

import re
from typing import Any

import pytest

from saldo.validation import validate
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, connect
from tests.moneybird import ENTITIES as OF_MONEYBIRD
from tests.moneybird import MoneybirdCompany, moneybird_company
from tests.support import IS_WHOLE_SUITE, Company, Sandbox, night, proven
from tests.xledger import ENTITIES as OF_XLEDGER
from tests.xledger import XledgerCompany, xledger_company

from .test_moneybird import assert_facts_are_true as assert_moneybird
from .test_xledger import assert_facts_are_true as assert_xledger

#: What is booked, and what it names.
X = (
    {"timesheets", "transactions", "ar_transactions", "ap_transactions"},
    {
        *("accounts", "object_kinds", "object_values", "tax_rules", "currencies", "periods"),
        *("projects", "employees", "customers", "suppliers"),
    },
)
M = (
    {
        *("financial_mutations", "purchase_invoices", "receipts", "general_journal_documents"),
        "sales_invoices",
    },
    {"contacts", "projects", "tax_rates", "ledger_accounts", "financial_accounts"},
)
_TORN = {
    "entries of unknown members": """
        select f.entry_number, f.account_key, f.customer_key, f.supplier_key, f.department_key, f.project_key, f.vat_key
        from mart.fact_journal_entries as f
        where f.agreement_id = %(id)s
            and -1 in (f.account_key, f.customer_key, f.supplier_key, f.department_key, f.project_key, f.vat_key)
    """,
    "vouchers that do not balance": """
        select f.voucher_key, sum(f.amount_base) from mart.fact_journal_entries as f
        where f.agreement_id = %(id)s
        group by f.voucher_key having sum(f.amount_base) <> 0
    """,
    "open items of nobody": """
        select f.entry_number from mart.fact_receivables as f
        where f.agreement_id = %(id)s and -1 in (f.customer_key, f.account_key)
        union all
        select f.entry_number from mart.fact_payables as f
        where f.agreement_id = %(id)s and -1 in (f.supplier_key, f.account_key)
    """,
    "hours of nobody": """
        select f.timesheet_number, f.employee_key, f.project_key from mart.fact_timesheets as f
        where f.agreement_id = %(id)s and -1 in (f.employee_key, f.project_key)
    """,
    "documents of nobody": """
        select f.document_number, f.supplier_key, f.account_key from mart.fact_purchase_documents as f
        where f.agreement_id = %(id)s and -1 in (f.supplier_key, f.account_key, f.vat_key)
    """,
}


def torn(connection: Connection, id: str) -> dict[str, list[Any]]:
    found = {
        name: connection.execute(query.encode(), {"id": id}).fetchall()
        for name, query in _TORN.items()
    }
    return {name: list(rows) for name, rows in found.items() if rows}


def a_day_is_booked_before(step: str, dsn: str, company: Company) -> None:
    """A night in the middle of which a day goes by."""
    booked: list[str] = []

    def before(reached: str) -> None:
        if reached == step and not booked:
            booked.append(step)
            company.next_day()

    assert night(dsn, company, before=before).errors == {}
    assert booked
    with connect(dsn) as connection:
        assert torn(connection, company.id) == {}
        outcome = validate(connection, dsn, company.agreement, run_id=company.run_id)
    assert [str(found) for found in outcome.broken] == []


@pytest.fixture(scope="module")
def fjord(dsn: str, sandbox: Sandbox) -> XledgerCompany:
    # Of so few customers, one that is new has invoices the same day.
    company = xledger_company(sandbox, "xmean", entries=60, customers=1, deletions=True)
    assert night(dsn, company).errors == {}
    return company


@pytest.fixture(scope="module")
def polder(dsn: str, sandbox: Sandbox) -> MoneybirdCompany:
    company = moneybird_company(sandbox, "mmean", entries=60, customers=1)
    assert night(dsn, company).errors == {}
    return company


@pytest.mark.parametrize("step", tuple(OF_XLEDGER)[1:] if IS_WHOLE_SUITE else ["transactions"])
def test_xledger(step: str, dsn: str, fjord: XledgerCompany) -> None:
    known = customers_with_items(dsn, fjord)
    a_day_is_booked_before(step, dsn, fjord)
    assert IS_WHOLE_SUITE or customers_with_items(dsn, fjord) - known
    assert proven(dsn, fjord).bad == []
    fjord.next_day()
    proof = proven(dsn, fjord)
    assert proof.bad == []
    if not IS_WHOLE_SUITE:  # the second day, and lines are deleted every other
        assert proof.is_held_back
        assert "lines were changed or deleted at the vendor; the next run" in str(proof.notes)
    assert night(dsn, fjord).errors == {}
    assert_xledger(dsn, fjord)
    assert not proven(dsn, fjord).is_held_back


def customers_with_items(dsn: str, company: Company) -> set[str]:
    with connect(dsn) as connection:
        rows = connection.execute(
            "select distinct customer_number from mart.fact_receivables where agreement_id = %s",
            [company.id],
        )
        return {number for (number,) in rows}


@pytest.mark.parametrize("step", tuple(OF_MONEYBIRD)[1:] if IS_WHOLE_SUITE else ["sales_invoices"])
def test_moneybird(step: str, dsn: str, polder: MoneybirdCompany) -> None:
    a_day_is_booked_before(step, dsn, polder)
    polder.next_day()
    proof = proven(dsn, polder)
    assert proof.bad == []
    assert proof.is_held_back
    assert re.search(
        r"the ledger was not compared: since it was read, .*[0-9]+ of sales_invoices.* were made, "
        "changed or deleted at the vendor; the next run compares it",
        str(proof.notes),
    )
    assert night(dsn, polder).errors == {}
    assert_moneybird(dsn, polder)
    assert not proven(dsn, polder).is_held_back


@pytest.mark.parametrize(("vendor", "booked", "members"), [("xledger", *X), ("moneybird", *M)])
def test_what_is_named_lands_after_what_names_it(
    vendor: str, booked: set[str], members: set[str]
) -> None:
    entities = VENDORS[vendor].entities
    order = [entity.name for entity in entities]
    for entity in entities:
        assert all(order.index(other) < order.index(entity.name) for other in entity.lands_after)
        if entity.name in members:
            assert {*entity.lands_after} >= booked, entity.name
