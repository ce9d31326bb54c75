"""Nights of a company on Moneybird, from its first load to what it looks like after days of edits, deletions and changes of
kind: the facts are what the sandbox's books say, and what a rebuild makes."""

from __future__ import annotations

from collections import defaultdict
from csv import DictReader
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from saldo.errors import NotProven
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.validation import validate
from saldo.warehouse.connection import connect
from sandbox.books.calendar import add_months
from tests.moneybird import MoneybirdCompany, moneybird_company
from tests.support import IS_WHOLE_SUITE, Sandbox, assert_same, night, proven

DAYS = 12 if IS_WHOLE_SUITE else 4

_KEY = "(select k.source_key from core.key_map as k where k.key = {key} and {key} > 0)"
_POSTINGS = f"""
select f.date, {_KEY.format(key="f.account_key")} as ledger_account_id, f.amount_base as amount
from mart.fact_journal_entries as f
where f.agreement_id = %(id)s
"""
_LINES = f"""
select
    f.document_number as document_id, f.line_id as id, f.line_number as row_order, f.description,
    c.quantity_text as amount, f.quantity, f.unit_price as price, {_KEY.format(key="f.vat_key")} as tax_rate_id,
    coalesce(f.vat_rate_percent, 0) as percentage, {_KEY.format(key="f.account_key")} as ledger_account_id,
    {_KEY.format(key="f.project_key")} as project_id, c.period_text as period, f.net_amount as net,
    f.net_amount_base as net_base
from mart.fact_purchase_documents as f
inner join core.purchase_document_line as c
    on c.agreement_id = f.agreement_id
    and c.document_number = f.document_number
    and c.line_id = f.line_id
    -- A period that is written is one of days.
    and (c.period_text is null) = (f.period_start is null or f.period_end is null)
where f.agreement_id = %(id)s
"""


def truth(company: MoneybirdCompany) -> dict[str, Any]:
    url = f"{company.sandbox.url}/sandbox/companies/{company.id}/truth/moneybird"
    found: dict[str, Any] = requests.get(url, timeout=120).json()
    return found


def rows(dsn: str, company: MoneybirdCompany, query: str) -> list[tuple[Any, ...]]:
    with connect(dsn) as connection:
        return connection.execute(query, {"id": company.id}).fetchall()


def assert_facts_are_true(dsn: str, company: MoneybirdCompany) -> None:
    """Postings by account and month, what is owed and due, and every line of a purchase document."""
    told = truth(company)
    ledger: defaultdict[str, dict[str, Decimal]] = defaultdict(dict)
    for account, month, amount in rows(
        dsn,
        company,
        f"select {_KEY.format(key='f.account_key')}, to_char(f.date, 'YYYY-MM'), sum(f.amount_base) "
        "from mart.fact_journal_entries as f where f.agreement_id = %(id)s group by 1, 2 having sum(f.amount_base) <> 0",
    ):
        ledger[account][month] = amount
    assert ledger == {
        account: {month: Decimal(value) for month, value in months.items()}
        for account, months in told["ledger"].items()
    }
    assert_parties_are_true(dsn, company, told)
    assert_documents_are_true(dsn, company)


def assert_parties_are_true(dsn: str, company: MoneybirdCompany, told: dict[str, Any]) -> None:
    for name, party, sign in (("receivables", "customer", 1), ("payables", "supplier", -1)):
        found = rows(
            dsn,
            company,
            f"select {_KEY.format(key=f'f.{party}_key')}, sum(f.amount_base), sum(f.remainder_base) "
            f"from mart.fact_{name} as f where f.agreement_id = %(id)s group by 1",
        )
        theirs = {contact: Decimal(value) for contact, value in told[name].items() if contact}
        assert {contact: sign * amount for contact, amount, _ in found if amount} == theirs, name


def assert_documents_are_true(dsn: str, company: MoneybirdCompany) -> None:
    """Lines, and what their documents say: of those that have lines, and no others."""
    assert_same(dsn, company, "moneybird-lines", _LINES)
    found = rows(
        dsn,
        company,
        f"select f.document_number, f.kind, f.state, f.date, f.due_date, f.paid_on, {_KEY.format(key='f.supplier_key')}, "
        "f.reference, f.currency, f.is_paid, sum(f.gross_amount), sum(f.gross_amount_base), sum(f.tax_amount), "
        "f.created_at, f.updated_at from mart.fact_purchase_documents as f where f.agreement_id = %(id)s "
        "group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, f.created_at, f.updated_at",
    )
    documents = {
        row["id"]: row
        for row in DictReader(company.truth_of("moneybird-documents").decode().splitlines())
    }
    told = {
        (
            id, row["kind"], row["state"], *(_day(row[name]) for name in ("date", "due_date", "paid_at")),
            row["contact_id"] or None, row["reference"] or None, row["currency"], row["state"] == "paid",
            Decimal(row["gross"]), Decimal(row["gross_base"]), Decimal(row["gross"]) - lines_net[id],
            _moment(row["created_at"]), _moment(row["updated_at"]),
        )
        for lines_net in [nets(company)]
        for id, row in documents.items()
        if id in lines_net
    }  # fmt: skip
    assert set(found) ^ told == set()


def nets(company: MoneybirdCompany) -> dict[str, Decimal]:
    """Document -> what its lines come to."""
    found: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in DictReader(company.truth_of("moneybird-lines").decode().splitlines()):
        found[row["document_id"]] += Decimal(row["net"])
    return dict(found)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(text: str) -> datetime:
    """As the mart has it: UTC without a zone."""
    return datetime.fromisoformat(text).replace(tzinfo=None)


def kinds_of(company: MoneybirdCompany) -> dict[str, str]:
    documents = DictReader(company.truth_of("moneybird-documents").decode().splitlines())
    return {row["id"]: row["kind"] for row in documents}


@pytest.fixture(scope="module")
def haven(sandbox: Sandbox, dsn: str) -> MoneybirdCompany:
    company = moneybird_company(sandbox, "mhaven", entries=900, currencies=["USD", "SEK"])
    assert night(dsn, company).errors == {}
    return company


def test_a_first_night_is_true_valid_and_proven(haven: MoneybirdCompany, dsn: str) -> None:
    assert_facts_are_true(dsn, haven)
    proof = proven(dsn, haven)
    assert len(proof.comparisons) > 100
    assert proof.bad == []
    with connect(dsn) as connection:
        outcome = validate(connection, dsn, haven.agreement, run_id="first")
    found = [*outcome.broken, *outcome.warned]
    assert [(f.rule.table, f.rule.name, f.examples[:2]) for f in found] == []


def test_days_end_in_the_truth_and_as_rebuilt(haven: MoneybirdCompany, dsn: str) -> None:
    kinds, deleted = kinds_of(haven), set(truth(haven)["deleted"])
    for _ in range(DAYS):
        haven.next_day()
        assert night(dsn, haven).errors == {}
        assert_facts_are_true(dsn, haven)
    now = kinds_of(haven)
    assert {kind for id, kind in now.items() if kinds.get(id, kind) != kind} == {
        "purchase_invoice",
        "receipt",
    }
    assert set(truth(haven)["deleted"]) - deleted
    assert not proven(dsn, haven).bad
    with connect(dsn) as connection:
        changes = refresh(connection, haven.agreement, RunRequest("full"))
    assert {name: found for name, found in changes.items() if found.total} == {}


def test_damage_is_found_by_account_and_month_and_a_window_repairs_it(
    haven: MoneybirdCompany, dsn: str
) -> None:
    with connect(dsn) as connection:
        [(account, day)] = connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 0.01 where journal_entry_key = "
            "(select min(journal_entry_key) from mart.fact_journal_entries where agreement_id = %s "
            "and entry_type = 'receipt' and date > '2025-01-01') returning account_number, date",
            [haven.id],
        ).fetchall()
    first = day.replace(day=1)
    last = add_months(first, 1) - timedelta(days=1)
    with pytest.raises(NotProven) as told:
        proven(dsn, haven)
    assert told.value.differences == 3
    text = str(told.value)
    assert f"account_period_totals, account {account} " in text
    assert f"mode=window from={first} to={last}" in text
    done = night(dsn, haven, run_request=RunRequest("window", (first, last)))
    assert done.errors == {}
    assert proven(dsn, haven).bad == []


def test_what_is_posted_without_its_account_is_critical(sandbox: Sandbox, dsn: str) -> None:
    """No account of suppliers in the chart: postings name one that is not there, and nobody can miss it."""
    company = moneybird_company(sandbox, "mnone", entries=60)
    night(dsn, company)
    with connect(dsn) as connection:
        connection.execute(
            "update core.account set role = null where agreement_id = %s and role = 'creditors'",
            [company.id],
        )
        refresh(connection, company.agreement, RunRequest("full"))
        outcome = validate(connection, dsn, company.agreement, run_id="first")
    assert {(f.rule.table, f.rule.name, f.rule.columns) for f in outcome.broken} >= {
        ("fact_journal_entries", "known", ("account_key",))
    }
