"""Accounting years of Moneybird, which has none of its own: what somebody typed holds nothing back, and no year is left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import requests

from saldo.declarations.controls import BooksYear, Totals
from saldo.declarations.source import Usage
from saldo.errors import NotProven
from saldo.proof import prove
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Run, recorded
from saldo.vendors.moneybird.controls import MoneybirdControls
from saldo.warehouse.connection import Connection, connect
from sandbox.books.calendar import HISTORY_ENDS
from tests.moneybird import MoneybirdCompany, moneybird_company
from tests.moneybird_books import Books as HandMade
from tests.moneybird_books import account, moneybird_agreement
from tests.support import Sandbox, night, proven

#: The year of the sandbox's days.
NOW = HISTORY_ENDS.year
LATER = NOW + 5
#: A price of which no amount can be stored, however little is bought.
HUGE = "1" + "0" * 20


@pytest.fixture(autouse=True)
def _in_that_year(monkeypatch: pytest.MonkeyPatch) -> None:
    today_is_in(monkeypatch, NOW)


def today_is_in(monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    monkeypatch.setattr("saldo.vendors.moneybird.controls.this_year", lambda: year)


def small(sandbox: Sandbox, name: str, **more: Any) -> MoneybirdCompany:
    return moneybird_company(sandbox, name, entries=100, customers=8, suppliers=6, **more)


def unpaid(company: MoneybirdCompany) -> str:
    """A purchase document that nobody has paid."""
    url = f"{company.sandbox.url}/moneybird/api/v2/{company.administration_id}/documents/purchase_invoices.json"
    asked = {"filter": "state:open|late", "per_page": "100"}
    bearer = {"Authorization": f"Bearer {company.own_token}"}
    found = requests.get(url, params=asked, headers=bearer, timeout=30).json()
    id: str = min(one["id"] for one in found if not one["payments"])
    return id


def years_in(proof: Any) -> dict[str, bool]:
    """Year -> whether all accounts of it agree."""
    found: dict[str, bool] = {}
    for c in proof.comparisons:
        if c.control == "account_year_totals":
            found[c.period] = found.get(c.period, True) and c.ok
    return found


@pytest.mark.parametrize("start", ["0206-01-01", "1985-01-01", "3026-01-01"])
def test_a_first_day_that_was_typed_wrong_holds_no_proof_back(
    sandbox: Sandbox, dsn: str, start: str
) -> None:
    company = small(sandbox, f"mbstart{start[:4]}", moneybird_starts_on=start)
    assert night(dsn, company).errors == {}
    proof = proven(dsn, company)
    assert (proof.is_held_back, proof.bad) == (False, [])
    assert str(NOW) in years_in(proof)


@pytest.mark.parametrize("day", ["0206-03-10", "3026-03-10"])
def test_a_date_that_was_typed_wrong_is_named_and_costs_no_report_of_every_year(
    sandbox: Sandbox, dsn: str, day: str
) -> None:
    company = small(sandbox, f"mbdated{day[:4]}")
    document = unpaid(company)
    company.do("edit", document=document, date=day)
    assert night(dsn, company).errors == {}
    controls = MoneybirdControls(company.client())
    proof = proven(dsn, company, controls=controls)
    assert (proof.is_held_back, proof.bad) == (False, [])
    assert years_in(proof)[str(NOW)]
    [note] = [note for note in proof.notes if "in no accounting year" in note]
    assert f"postings dated {day} are in no accounting year and were not compared" in note
    assert document in note
    years = len(controls.years())
    assert years < 5
    assert controls.usage.requests < 20 + 12 * years


def test_a_year_of_the_vendors_alone_is_compared_and_what_is_set_aside_of_it_told(
    sandbox: Sandbox, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Next January: all that is posted is a document that the warehouse cannot hold."""
    company = small(sandbox, "mbjanuary")
    document = unpaid(company)
    company.do("edit", document=document, date=f"{LATER}-01-10", price=HUGE)
    today_is_in(monkeypatch, LATER)
    assert night(dsn, company).errors == {}
    with pytest.raises(NotProven) as told:
        proven(dsn, company)
    assert document in str(told.value)
    assert "set_aside" in str(told.value)
    with connect(dsn) as connection:
        rows = connection.execute(
            "select period, bool_and(ok) from ops.proof where agreement_id = %s and control = 'account_year_totals' "
            "group by 1",
            [company.id],
        ).fetchall()
    assert dict(rows)[str(NOW)]
    assert not dict(rows)[str(LATER)]


def test_what_is_set_aside_fails_proof_also_where_the_ledger_cannot_be_compared(
    sandbox: Sandbox, dsn: str
) -> None:
    company = small(sandbox, "mbaside")
    document = unpaid(company)
    company.do("edit", document=document, price=HUGE)
    assert night(dsn, company).errors == {}
    company.fault("500", match="GET sales_invoices/sync", times=100)
    assert {*night(dsn, company).errors} == {"sales_invoices"}
    company.sandbox.clear_faults()
    with pytest.raises(NotProven, match="the ledger was not compared") as told:
        proven(dsn, company)
    assert document in str(told.value)


def test_a_year_after_this_one_in_which_something_is_posted_is_compared(
    sandbox: Sandbox, dsn: str
) -> None:
    company = small(sandbox, "mblater")
    document = unpaid(company)
    company.do("edit", document=document, date=f"{LATER}-01-10")
    assert night(dsn, company).errors == {}
    found = years_in(proven(dsn, company))
    assert found[str(LATER)]
    assert str(LATER - 1) not in found
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 1 where agreement_id = %s "
            "and voucher_number = %s",
            [company.id, document],
        )
    with pytest.raises(NotProven) as told:
        proven(dsn, company)
    assert f"{LATER} P01 ({LATER}-01-01 to {LATER}-01-31): vendor" in str(told.value)


# --- nothing posted ------------------------------------------------------------------------------


class Empty:
    """Books in which nothing is posted: Moneybird's controls say this year, and no totals."""

    daily_calls = None

    def __init__(self) -> None:
        self.usage = Usage()

    def check_identity(self, known: str | None) -> str:
        return known or "1"

    def years(self) -> list[BooksYear]:
        return [
            BooksYear(
                str(NOW),
                *(HISTORY_ENDS.replace(month=m, day=d) for m, d in ((1, 1), (12, 31))),
                False,
            )
        ]

    def year_totals(self, year: str) -> Totals:
        return {}

    def period_totals(self, year: str, period: str) -> Totals:
        return {}


@pytest.fixture
def nothing_posted(warehouse: Connection) -> Iterator[HandMade]:
    books = HandMade(warehouse, "mbempty")
    books.add(
        "administrations", {"id": "1", "name": "Nieuw BV", "currency": "EUR", "country": "NL"}
    )
    books.add("ledger_accounts", account("a1", "1", "Bank", "current_assets"))
    for name in ("financial_mutations", "purchase_invoices", "receipts"):
        books.records[name] = {}
    books.records["general_journal_documents"] = books.records["sales_invoices"] = {}
    books.night()
    return books


def test_a_company_that_has_posted_nothing_yet_is_proven(
    nothing_posted: HandMade, dsn: str
) -> None:
    books, run = nothing_posted, Run("dag", "empty", 1, "auto")
    agreement = moneybird_agreement(books.id)
    with recorded(books.connection, dsn, agreement.key, "prove", run) as sync_run:
        proof = prove(
            books.connection, Empty(), agreement, run_request=RunRequest(), sync_run=sync_run, now=datetime.now(UTC),
        )  # fmt: skip
    assert not proof.is_held_back
    assert proof.notes[-1] == f"nothing is posted in {NOW}, neither at Moneybird nor in the facts"
    assert Decimal(0) == sum((c.difference for c in proof.comparisons), Decimal(0))
