"""How far a run reads entries and invoices: noted with the identity, and kept to by that run alone."""

from __future__ import annotations

from datetime import date

import pytest

from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from tests.support import Company, Sandbox, assert_true, land, night

#: Where only what is noted, and what is landed by it, is looked at.
PART = ("self", "unpaid_invoices", "entries", "invoices")


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("cutoff", entries=150, customers=8, suppliers=4)


def noted(warehouse: Connection, company: Company) -> dict[str, int]:
    rows = warehouse.execute(
        "select entity, highest from ops.cutoff where agreement_id = %s and run_id = %s",
        [company.id, company.run_id],
    ).fetchall()
    return dict(rows)


def landed(warehouse: Connection, company: Company, entity: str) -> int:
    row = warehouse.execute(
        f"select max(source_key::bigint) from staging.economic_{entity} where agreement_id = %s",
        [company.id],
    ).fetchone()
    return int(row[0]) if row and row[0] else 0


def test_a_run_reads_as_far_as_it_noted(dsn: str, warehouse: Connection, company: Company) -> None:
    night(dsn, company, before=lambda step: company.next_day() if step == "accounts" else None)
    first = noted(warehouse, company)
    assert set(first) == {"entries", "invoices"}
    assert {name: landed(warehouse, company, name) for name in first} == first
    night(dsn, company)
    second = noted(warehouse, company)
    assert all(second[name] > first[name] for name in first)
    assert_true(dsn, company)


def test_where_nothing_is_new_nothing_more_is_asked(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    night(dsn, company, entities=PART)
    assert night(dsn, company, entities=PART).errors == {}
    rows = dict(
        warehouse.execute(
            "select entity, requests from ops.sync_run where agreement_id = %s and run_id = %s",
            [company.id, company.run_id],
        ).fetchall()
    )
    assert rows["self"] == 3  # whose tokens, and how far entries and invoices go
    assert rows["invoices"] == 1  # the count that finds deletions


def test_another_run_is_not_bound_by_it(dsn: str, warehouse: Connection, company: Company) -> None:
    night(dsn, company, entities=PART)
    before = landed(warehouse, company, "entries")
    company.next_day()
    land(warehouse, dsn, company.client(), company.agreement, "entries")
    assert landed(warehouse, company, "entries") > before


def test_one_that_is_too_old_binds_nobody(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    night(dsn, company, entities=PART)
    before = landed(warehouse, company, "entries")
    company.next_day()
    warehouse.execute(
        "update ops.cutoff set noted_at = noted_at - interval '21 hours' where agreement_id = %s",
        [company.id],
    )
    land(warehouse, dsn, company.client(), company.agreement, "entries", run_id=company.run_id)
    assert landed(warehouse, company, "entries") > before


def test_a_first_load_of_many_pages_is_cut_off_as_well(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = sandbox.company("cutoffs", entries=900, customers=8, suppliers=4, cursor_page=100)
    night(dsn, company, before=lambda step: company.next_day() if step == "accounts" else None)
    first = noted(warehouse, company)
    assert first["entries"] == landed(warehouse, company, "entries")
    night(dsn, company)
    assert_true(dsn, company)


def test_what_contradicts_itself_is_no_cutoff(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    """A vendor that does not sort as asked would name any number as its highest: entries would be missing for ever."""
    company = sandbox.company(
        "unsortable", entries=900, customers=8, suppliers=4, cursor_page=100, ignores_sort=True
    )
    assert night(dsn, company).errors == {}
    assert "entries" not in noted(warehouse, company)
    assert_true(dsn, company)


@pytest.mark.parametrize("match", ["booked-entries?", "invoices/booked?"])
def test_a_vendor_that_does_not_answer_stops_no_identity(
    dsn: str, warehouse: Connection, company: Company, match: str
) -> None:
    company.fault("500", match=match, times=3)
    assert "self" in night(dsn, company, entities=PART).counts
    assert len(noted(warehouse, company)) == 1
    assert night(dsn, company, entities=PART).errors == {}


def test_windows_note_none(dsn: str, warehouse: Connection, company: Company) -> None:
    night(dsn, company, entities=PART)
    request = RunRequest("window", (date(2025, 1, 1), date(2025, 1, 31)))
    assert night(dsn, company, run_request=request, entities=PART).errors == {}
    assert noted(warehouse, company) == {}


def test_a_run_that_is_older_deletes_nothing_that_another_has_landed(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    """A failed task that is cleared the next morning: its cutoff is behind what was landed since."""
    night(dsn, company, entities=("self", "entries", "invoices"))
    run_id, before = company.run_id, landed(warehouse, company, "entries")
    company.next_day()
    land(warehouse, dsn, company.client(), company.agreement, "entries")
    after = landed(warehouse, company, "entries")
    assert after > before
    for mode in ("auto", "full"):
        land(
            warehouse, dsn, company.client(), company.agreement, "entries",
            run_request=RunRequest(mode), run_id=run_id,
        )  # fmt: skip
        row = warehouse.execute(
            "select count(*) filter (where deleted_at is not null) from staging.economic_entries where agreement_id = %s",
            [company.id],
        ).fetchone()
        assert row == (0,)
    assert landed(warehouse, company, "entries") == after


def test_a_run_of_chosen_entities_notes_them(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    night(dsn, company, entities=PART)
    request = RunRequest("full", entities=("invoices", "invoice_lines"))
    assert night(dsn, company, run_request=request).errors == {}
    assert set(noted(warehouse, company)) == {"invoices"}


def test_a_first_full_run_of_a_company_that_has_booked_nothing(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    """What is booked after it began is left out of its counts, too."""
    night(dsn, company, entities=("self",))
    warehouse.execute("update ops.cutoff set highest = 0 where agreement_id = %s", [company.id])
    land(
        warehouse, dsn, company.client(), company.agreement, "entries",
        run_request=RunRequest("full"), run_id=company.run_id,
    )  # fmt: skip
    assert landed(warehouse, company, "entries") == 0


@pytest.mark.parametrize("odd", ["1e999999", r'"\\ud800"', "null", '"x"', "[]"])
def test_a_record_without_a_number_stops_no_identity(
    dsn: str, warehouse: Connection, company: Company, odd: str
) -> None:
    company.fault(
        "replace",
        match="booked-entries?",
        find=r'"entryNumber":\d+',
        put=f'"entryNumber":{odd}',
        times=1,
    )
    done = night(dsn, company, entities=PART)
    assert "self" in done.counts
    assert "entries" not in noted(warehouse, company)
    assert done.errors == {}  # it was so once
