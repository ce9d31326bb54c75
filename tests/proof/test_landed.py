"""Proof looks first at the totals that its run has landed, and asks for all that differs from the facts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from saldo.declarations.controls import InvoiceTotals, Totals
from saldo.errors import NotProven
from saldo.proof import Proof
from saldo.run_request import RunRequest
from saldo.vendors.economic.controls import EconomicControls
from saldo.warehouse.connection import Connection
from tests.support import Company, Sandbox, night, proven


class Asked(EconomicControls):
    """The vendor's own, and what of it was asked for."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.asked: list[str] = []

    def check_identity(self, known: str | None) -> str:
        self.asked.append("identity")
        return super().check_identity(known)

    def year_totals(self, year: str) -> Totals:
        self.asked.append(year)
        return super().year_totals(year)

    def invoices(self) -> InvoiceTotals:
        self.asked.append("invoices")
        return super().invoices()


@pytest.fixture
def company(dsn: str, sandbox: Sandbox) -> Company:
    """Proven once, which asks for everything, and a night later."""
    found = sandbox.company("landed", entries=900, customers=30, suppliers=10)
    assert night(dsn, found).errors == {}
    proven(dsn, found)
    found.next_day()
    assert night(dsn, found).errors == {}
    return found


def look(dsn: str, company: Company, **more: Any) -> tuple[Proof, list[str]]:
    controls = Asked(company.client())
    return proven(dsn, company, controls=controls, **more), controls.asked


def test_a_night_that_agrees_asks_for_no_totals_again(dsn: str, company: Company) -> None:
    proof, asked = look(dsn, company)
    assert asked == []
    assert proof.notes == []
    controls = {c.control for c in proof.comparisons}
    assert {
        "account_year_totals",
        "entry_count",
        "invoice_net_amount",
        "unpaid_remainder",
    } <= controls
    assert all(c.vendor for c in proof.comparisons if c.control == "invoice_net_amount")


def test_what_differs_is_asked_for_before_it_is_told(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    warehouse.execute(
        "update mart.fact_journal_entries set amount_base = amount_base + 0.01 where agreement_id = %s "
        "and entry_number::bigint = (select max(entry_number::bigint) from mart.fact_journal_entries "
        "where agreement_id = %s)",
        [company.id, company.id],
    )
    controls = Asked(company.client())
    with pytest.raises(NotProven, match=r"0\.01"):
        proven(dsn, company, controls=controls)
    years = [one for one in controls.asked if one != "invoices"]
    assert len(years) == 1
    # What differed is asked for the next time, whatever has landed by then.
    assert night(dsn, company, run_request=RunRequest("full")).errors == {}
    assert night(dsn, company).errors == {}
    _, asked = look(dsn, company)
    assert asked == years
    assert look(dsn, company)[1] == []


def _wrong_total(warehouse: Connection, company: Company) -> None:
    warehouse.execute(
        "update core.account_total as t set total_base = total_base + 1 where agreement_id = %s "
        "and exists (select from core.accounting_year as y where y.agreement_id = t.agreement_id "
        "and y.start_date = t.start_date and y.end_date = t.end_date and not y.is_closed)",
        [company.id],
    )


def _wrong_invoices(warehouse: Connection, company: Company) -> None:
    warehouse.execute(
        "update core.invoice_total set invoice_count = invoice_count - 1 where agreement_id = %s",
        [company.id],
    )


def _no_cutoff(warehouse: Connection, company: Company) -> None:
    warehouse.execute("delete from ops.cutoff where agreement_id = %s", [company.id])


def _not_tonight(warehouse: Connection, company: Company) -> None:
    warehouse.execute(
        "update ops.sync_run set status = 'failed' where agreement_id = %s and run_id = %s "
        "and entity in ('account_totals', 'invoice_totals')",
        [company.id, company.run_id],
    )


def _long_ago(warehouse: Connection, company: Company) -> None:
    warehouse.execute(
        "update ops.sync_run set finished_at = finished_at - interval '7 hours' where agreement_id = %s",
        [company.id],
    )


@pytest.mark.parametrize(
    ("change", "asks"),
    [
        (_wrong_total, {"years"}),
        (_wrong_invoices, {"invoices"}),
        (_no_cutoff, {"years", "invoices"}),
        (_not_tonight, {"years", "invoices"}),
        (_long_ago, {"years", "invoices", "identity"}),
    ],
)
def test_totals_that_cannot_be_relied_on_are_asked_for(
    dsn: str,
    warehouse: Connection,
    company: Company,
    change: Callable[[Connection, Company], None],
    asks: set[str],
) -> None:
    change(warehouse, company)
    proof, asked = look(dsn, company)
    assert {one if one in ("invoices", "identity") else "years" for one in asked} == asks
    assert proof.bad == []


def test_another_run_and_a_full_one_ask_for_themselves(dsn: str, company: Company) -> None:
    _, asked = look(dsn, company, run_id="another")
    assert {"identity", "invoices"} < set(asked)
    _, asked = look(dsn, company, run_request=RunRequest("full"))
    assert {"identity", "invoices"} & set(asked) == {"invoices"}
    assert len(asked) > 2  # every year


@pytest.mark.parametrize("step", ["accounting_years", "account_totals", "facts"])
def test_what_is_booked_while_the_run_goes_on_is_no_difference(
    dsn: str, company: Company, step: str
) -> None:
    """Before the totals are landed they hold more than the facts, and are asked for with what was booked since."""
    done = night(dsn, company, before=lambda one: company.next_day() if one == step else None)
    assert done.errors == {}
    proof, asked = look(dsn, company)
    assert proof.bad == []
    assert bool(asked) == (step != "facts")
    if asked:
        assert any("booked since the ledger was read" in note for note in proof.notes)


def test_a_total_of_an_account_that_has_none_any_more_is_not_believed(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    """An account that the vendor's answer lacks is in no total: what stood there last night proves nothing."""
    warehouse.execute(
        "insert into staging.economic_account_totals (agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq) "
        "select agreement_id, '4711|' || split_part(source_key, '|', 2) || '|' || split_part(source_key, '|', 3), "
        "jsonb_set(payload, '{account,accountNumber}', '4711'), payload_hash, landed_at, run_id, change_seq "
        "from staging.economic_account_totals where agreement_id = %s and source_key like '1010|%%'",
        [company.id],
    )
    assert night(dsn, company).errors == {}
    left = warehouse.execute(
        "select count(*) from staging.economic_account_totals as t where agreement_id = %s and deleted_at is null "
        "and source_key like '4711|%%' and exists (select from core.accounting_year as y "
        "where y.agreement_id = t.agreement_id and not y.is_closed and y.start_date::text = t.payload ->> 'fromDate' "
        "and y.end_date::text = t.payload ->> 'toDate')",
        [company.id],
    ).fetchone()
    assert left == (0,)
    assert (
        sum(
            (c.vendor for c in look(dsn, company)[0].comparisons if c.account == "4711"),
            Decimal(0),
        )
        == 0
    )
