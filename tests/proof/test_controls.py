"""Vendors that tell less than e-conomic does: what they offer is compared, and the rest is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from saldo.declarations.controls import BooksYear, Marker, Offer, Totals
from saldo.errors import NotProven
from saldo.run_request import RunRequest
from saldo.vendors import VENDORS
from saldo.vendors.economic.controls import EconomicControls
from saldo.vendors.rows import remember
from saldo.warehouse.connection import Connection, connect
from tests.support import Company, Sandbox, night, proven

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
EVERYTHING = RunRequest("full")


class Nothing:
    """A vendor that says whose books they are, and no more."""

    def __init__(self, company: Company) -> None:
        self._economic = EconomicControls(company.client())
        self.usage, self.daily_calls = self._economic.usage, self._economic.daily_calls

    def check_identity(self, known: str | None) -> str:
        return self._economic.check_identity(known)


class Counts(Nothing):
    def entry_count(self, *, upto: Marker, days: tuple[date, date] | None = None) -> int:
        return self._economic.entry_count(upto=upto, days=days)


class AccountTotals(Nothing):
    """It does not say what was booked since the ledger was read."""

    def years(self) -> list[BooksYear]:
        return self._economic.years()

    def year_totals(self, year: str) -> Totals:
        return self._economic.year_totals(year)

    def period_totals(self, year: str, period: str) -> Totals:
        return self._economic.period_totals(year, period)


class Moving(AccountTotals):
    """It has always changed something, and does not say in what."""

    def moved_since(self, landed: Any) -> str:
        return "3 lines were changed or deleted at the vendor"

    def entries_beyond(self, marker: Marker) -> list[Any]:
        return list(self._economic.entries_beyond(marker))

    def is_still(self, marker: Marker) -> bool:
        return self._economic.is_still(marker)


class Invoices(Nothing):
    def invoices(self) -> Any:
        return self._economic.invoices()

    def invoices_beyond(self, marker: Marker | None, *, upto: Marker | None = None) -> Any:
        return self._economic.invoices_beyond(marker, upto=upto)


@pytest.fixture(scope="module")
def company(dsn: str, sandbox: Sandbox) -> Company:
    found = sandbox.company("offer", entries=900, customers=60, suppliers=20)
    night(dsn, found)
    return found


def last_try(dsn: str, company: Company) -> tuple[str, str | None, bool]:
    """(status, note, whether the books count as proven)"""
    with connect(dsn) as connection:
        row = connection.execute(
            "select r.status, r.note, s.last_proven is not null from ops.sync_run as r "
            "inner join mart.sync_status as s on s.agreement_id = r.agreement_id "
            "where r.agreement_id = %s and r.entity = 'prove' order by r.sync_run_id desc limit 1",
            [company.id],
        ).fetchone()
    assert row
    return row


def test_economic_offers_every_control(company: Company) -> None:
    offer = Offer.of(EconomicControls(company.client()))
    assert offer.is_provable
    assert offer.missing == []
    assert offer.entries is not None


def test_a_vendor_that_tells_nothing_is_not_proven(dsn: str, sandbox: Sandbox) -> None:
    company = sandbox.company("untold", entries=500)
    night(dsn, company)
    nothing = Nothing(company)
    proof = proven(dsn, company, controls=nothing, now=NOW)
    assert proof.comparisons == []
    assert proof.is_held_back
    assert nothing.usage.requests == 0
    status, note, is_proven = last_try(dsn, company)
    assert (status, is_proven) == ("skipped", False)
    assert note == (
        "not provable, because e-conomic does not tell what its books come to: totals of accounts, "
        "counts of entries, totals of invoices, balances of customers"
    )


@pytest.mark.parametrize(
    ("offering", "compared", "missing"),
    [
        (Counts, {"entry_count"}, "totals of accounts, totals of invoices, balances of customers"),
        (
            AccountTotals,
            {"account_year_totals", "account_period_totals", "month_balances"},
            "counts of entries, totals of invoices, balances of customers",
        ),
        (
            Invoices,
            {"invoice_net_amount", "invoice_count", "unpaid_remainder"},
            "totals of accounts, counts of entries, balances of customers",
        ),
    ],
)
def test_what_is_offered_is_compared_and_the_rest_is_said(
    dsn: str, company: Company, offering: type[Nothing], compared: set[str], missing: str
) -> None:
    proof = proven(dsn, company, run_request=EVERYTHING, controls=offering(company), now=NOW)
    assert {c.control for c in proof.comparisons} == compared
    assert all(c.ok for c in proof.comparisons)
    note = f"not compared, because e-conomic does not tell them: {missing}"
    assert proof.notes == [note]
    assert last_try(dsn, company) == ("success", note, True)


@pytest.mark.parametrize(
    ("offering", "control"), [(Counts, "entry_count"), (AccountTotals, "account_period_totals")]
)
def test_one_control_alone_finds_damage(
    dsn: str, company: Company, offering: type[Nothing], control: str
) -> None:
    with connect(dsn) as connection:
        done = connection.execute(
            "delete from mart.fact_journal_entries where agreement_id = %s and entry_number = "
            "(select min(entry_number) from mart.fact_journal_entries where agreement_id = %s "
            "and date >= '2026-10-01' and amount_base > 1)",
            [company.id, company.id],
        )
    assert done.rowcount == 1
    with pytest.raises(NotProven, match=f"- {control}"):
        proven(dsn, company, run_request=EVERYTHING, controls=offering(company), now=NOW)
    night(dsn, company, run_request=EVERYTHING, run_id="repair")
    proven(dsn, company, run_request=EVERYTHING, run_id="repair", now=NOW)


def test_books_that_move_hold_a_difference_back_for_two_nights_and_no_longer(
    dsn: str, sandbox: Sandbox
) -> None:
    company = sandbox.company("moving", entries=500)
    night(dsn, company)
    moving = Moving(company)
    night_of = {n: NOW + timedelta(days=n) for n in range(6)}
    assert proven(dsn, company, controls=moving, now=night_of[0]).bad == []
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 1 where journal_entry_key = "
            "(select max(journal_entry_key) from mart.fact_journal_entries where agreement_id = %s)",
            [company.id],
        )
    company.next_day()  # and something is booked, too
    for n in (1, 1, 2):
        proof = proven(dsn, company, controls=moving, now=night_of[n])
        assert proof.is_held_back
        assert "the ledger was not compared: since it was read, 3 lines were" in str(proof.notes)
        assert "totals were compared up to" not in str(proof.notes)
    for n in (3, 4):
        with pytest.raises(NotProven, match=r"since the ledger was read, 3 lines were .* told all"):
            proven(dsn, company, controls=moving, now=night_of[n])
    night(dsn, company, run_request=EVERYTHING)
    assert proven(dsn, company, controls=moving, now=night_of[5]).bad == []
    with connect(dsn) as connection:
        row = connection.execute(
            "select cursor -> 'moved_on' from ops.watermark where agreement_id = %s and entity = 'prove'",
            [company.id],
        ).fetchone()
    assert row == ([],)


def test_how_fresh_facts_are_does_not_depend_on_an_entitys_name(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    query = "select data_as_of from mart.sync_status where agreement_id = %s"
    vendor = VENDORS["economic"]
    assert warehouse.execute("select * from ops.vendor").fetchall() == [("economic", "entries")]
    [(before,)] = warehouse.execute(query, [company.id]).fetchall()
    assert before is not None
    with warehouse.transaction(force_rollback=True):
        warehouse.execute("update ops.vendor set ledger_entity = 'transactions'")
        assert warehouse.execute(query, [company.id]).fetchall() == [(None,)]
        warehouse.execute(
            "update ops.sync_run set entity = 'transactions' where entity = 'entries'"
        )
        assert warehouse.execute(query, [company.id]).fetchall() == [(before,)]
        remember(warehouse, vendor)
        assert warehouse.execute("select * from ops.vendor").fetchall() == [("economic", "entries")]


def test_amounts_are_summed_from_their_digits(company: Company) -> None:
    totals = EconomicControls(company.client()).year_totals("2026")
    assert totals
    assert all(isinstance(amount, Decimal) for amount in totals.values())
