"""What the vendor changes without a word is found: settled, moved, renumbered, deleted, re-opened."""

from __future__ import annotations

from csv import DictReader
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from saldo.errors import AuthError, DataRejected, RateLimited
from saldo.run_request import RunRequest
from saldo.staging.table import Staging
from saldo.vendors.economic.client import EconomicClient
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded
from tests.support import (
    ENTITIES,
    Company,
    Night,
    Sandbox,
    agreement,
    assert_true,
    change_log,
    land,
    night,
)


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company(
        "silent", entries=3_000, customers=60, suppliers=20, currencies=["EUR"], deletions=True,
        renumbers=True, reopens_on=3,
    )  # fmt: skip


def test_eight_days_of_silent_changes_are_the_truth(dsn: str, company: Company) -> None:
    """Deleted vouchers, renumbered customers, moved departments, a year re-opened and closed again."""
    assert night(dsn, company).errors == {}
    for _ in range(8):
        company.next_day()
        assert night(dsn, company).errors == {}
        assert_true(dsn, company)


@pytest.mark.parametrize(
    "chosen",
    [("self", "invoices", "invoice_lines", "orders", "order_lines"), ("self", "order_lines")],
)
def test_what_landed_before_what_it_names(
    dsn: str, sandbox: Sandbox, chosen: tuple[str, ...]
) -> None:
    """A first run of chosen entities; what vanishes before the others land for the first time, nobody has seen."""
    company = sandbox.company(
        "any", entries=600, customers=40, suppliers=20, currencies=["EUR"], deletions=True,
        renumbers=True, department_moves=0, cursor_page=150,
    )  # fmt: skip
    assert night(dsn, company, run_request=RunRequest(entities=chosen)).errors == {}
    company.next_day(days=3)
    assert night(dsn, company).errors == {}
    assert_true(dsn, company)


# --- how each is found, and what it costs --------------------------------------------------------


@dataclass(frozen=True)
class Cost:
    """What ops.sync_run tells of one entity's last try."""

    requests: int
    read: int
    inserted: int
    updated: int
    deleted: int


def cost(connection: Connection, company: Company, entity: str) -> Cost:
    row = connection.execute(
        "select requests, rows_read, rows_inserted, rows_updated, rows_deleted from ops.sync_run "
        "where agreement_id = %s and entity = %s order by sync_run_id desc limit 1",
        [company.id, entity],
    ).fetchone()
    assert row
    return Cost(*row)


def rows(connection: Connection, query: str, company: Company) -> list[tuple[Any, ...]]:
    return connection.execute(query, {"id": company.id}).fetchall()


def entries_of(company: Company) -> list[dict[str, str]]:
    return list(DictReader(company.truth_of("entries").decode().splitlines()))


def small(sandbox: Sandbox, name: str, **more: Any) -> Company:
    shape = {"entries": 1_500, "customers": 60, "suppliers": 20, "is_ledger_only": True, **more}
    return sandbox.company(name, **shape)


def clean(dsn: str, company: Company, run_request: RunRequest | None = None) -> Night:
    done = night(dsn, company, run_request=run_request)
    assert done.errors == {}
    return done


def test_a_deleted_old_voucher_is_found_the_same_night_by_counting_halves(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "gone", entries=4_000, deletions=True)
    clean(dsn, company)
    before = {line["entry_number"] for line in entries_of(company)}
    company.next_day(days=2)
    gone = before - {line["entry_number"] for line in entries_of(company)}
    assert gone
    clean(dsn, company)
    spent = cost(warehouse, company, "entries")
    assert spent.deleted == len(gone)
    assert spent.requests < 40  # ten halvings of a thousand parts, and the part itself
    assert spent.read < 400  # open items, two days, one part: not the 4,000 entries
    numbers = {"id": company.id, "gone": sorted(gone)}
    for table, condition in (
        ("staging.economic_entries", "source_key = any(%(gone)s) and deleted_at is not null"),
        ("staging.history", "source_key = any(%(gone)s) and entity = 'entries' and is_deletion"),
    ):
        kept = warehouse.execute(
            f"select count(*) from {table} where agreement_id = %(id)s and {condition}", numbers
        ).fetchone()
        assert kept == (len(gone),), table
    shown = warehouse.execute(
        "select count(*) from mart.fact_journal_entries where agreement_id = %(id)s "
        "and entry_number = any(%(gone)s)",
        numbers,
    ).fetchone()
    assert shown == (0,)
    assert_true(dsn, company)


def test_a_night_without_deletions_spends_one_count_on_them(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "quietcount")
    clean(dsn, company)
    clean(dsn, company)
    # The tokens' owner, what is new, its count, the open items, all that is counted.
    assert cost(warehouse, company, "entries").requests <= 6
    assert cost(warehouse, company, "entry_dimensions").requests <= 6


def test_a_renumbered_customer_shows_on_old_settled_lines_the_same_night(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "renumbered", renumbers=True)
    company.next_day(days=2)
    clean(dsn, company)
    company.next_day()
    renumbered = [e for e in entries_of(company) if e["customer_number"] == "50001"]
    assert any(e["remainder"] in ("0", "0.00", "0E-2") for e in renumbered)
    clean(dsn, company)
    shown = rows(
        warehouse,
        "select f.entry_number from mart.fact_journal_entries as f inner join mart.dim_customer as c "
        "using (customer_key) where f.agreement_id = %(id)s and c.customer_number = '50001'",
        company,
    )
    assert {row[0] for row in shown} == {e["entry_number"] for e in renumbered}
    # Its own lines by number, the open items, a day: not the 1,500 entries.
    assert cost(warehouse, company, "entries").read < 250 + len(renumbered)
    assert_true(dsn, company)


def test_the_deleted_customer_is_found_by_a_count_and_then_the_keys(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "deletedcustomer")
    clean(dsn, company)
    clean(dsn, company)
    assert (
        cost(warehouse, company, "customers").requests == 1
    )  # what changed; how many there are is told beside it
    company.next_day()
    clean(dsn, company)
    spent = cost(warehouse, company, "customers")
    assert (spent.requests, spent.deleted) == (3, 1)  # the count, since it differs, and all keys
    assert rows(
        warehouse,
        "select count(*) from mart.dim_customer as d inner join mart.dim_agreement as a "
        "using (agreement_key) where a.agreement_id = %(id)s and d.is_deleted",
        company,
    ) == [(1,)]


def test_moved_departments_are_read_again_by_the_keys_of_the_log(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "moved")
    company.next_day()
    clean(dsn, company)
    company.next_day()
    clean(dsn, company)
    spent = cost(warehouse, company, "entry_dimensions")
    assert spent.deleted == 1  # one entry loses its department every day
    assert 2 <= spent.updated <= 4
    assert spent.read < 100  # two days of the log and the new entries, not the 700 placings
    assert spent.requests < 10
    assert_true(dsn, company)


def test_what_moves_after_a_first_load_by_a_full_run_is_found(dsn: str, sandbox: Sandbox) -> None:
    """However the first load came about, the log is followed from its beginning on."""
    company = small(sandbox, "byfull")
    clean(dsn, company, RunRequest("full"))
    company.next_day(days=2)
    clean(dsn, company)
    assert_true(dsn, company)


def test_a_log_longer_than_it_tells_makes_the_whole_set_be_read(
    dsn: str, warehouse: Connection, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`/paged` gives nothing past its end and says nothing: a log that fills it may have gone on."""
    monkeypatch.setattr("saldo.vendors.economic.client.LOG_PAGE", 2)
    monkeypatch.setattr("saldo.vendors.economic.client.LOG_END", 6)
    company = small(sandbox, "longlog", department_moves=8)
    clean(dsn, company)
    company.next_day()
    clean(dsn, company)
    held = company.truth()["counts"]["entry_dimensions"]
    assert cost(warehouse, company, "entry_dimensions").read >= held
    assert_true(dsn, company)


def test_a_settled_invoice_is_read_once_more_and_never_again(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "settled", department_moves=0)
    clean(dsn, company)
    was_open = {e["entry_number"] for e in entries_of(company) if float(e["remainder"] or 0)}
    company.next_day()
    now_open = {e["entry_number"] for e in entries_of(company) if float(e["remainder"] or 0)}
    settled = was_open - now_open
    assert settled
    clean(dsn, company)
    assert cost(warehouse, company, "entries").updated >= len(settled)
    assert_true(dsn, company)
    clean(dsn, company)
    spent = cost(warehouse, company, "entries")
    assert (spent.read, spent.updated) == (len(now_open), 0)


def test_back_dated_vouchers_are_new_numbers_with_old_dates(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "backdated")
    clean(dsn, company)
    before = {e["entry_number"] for e in entries_of(company)}
    company.next_day(days=10)
    new = [e for e in entries_of(company) if e["entry_number"] not in before]
    late = [e for e in new if e["date"] <= "2026-10-30"]
    assert late, "no back-dated voucher in ten days"
    clean(dsn, company)
    assert cost(warehouse, company, "entries").inserted == len(new)
    assert_true(dsn, company)


def test_a_year_that_is_opened_again_is_new_entries_dated_back(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "reopened", reopens_on=2)
    clean(dsn, company)
    for _ in range(6):
        company.next_day()
        clean(dsn, company)
        assert cost(warehouse, company, "entries").read < 400
        assert_true(dsn, company)
    openings = rows(
        warehouse,
        "select date::text, count(*) from mart.fact_journal_entries where agreement_id = %(id)s "
        "and is_opening and date >= '2026-01-01' group by 1",
        company,
    )
    day, count = openings[0]
    assert (len(openings), day) == (1, "2026-01-01")
    assert count % 3 == 0  # opened, taken back, opened anew


@pytest.mark.parametrize(("months", "periods"), [(18, 18), (8, 8), (6, 6)])
def test_a_short_or_long_first_year(
    dsn: str, warehouse: Connection, sandbox: Sandbox, months: int, periods: int
) -> None:
    company = small(sandbox, "firstyear", first_year_months=months)
    clean(dsn, company)
    assert rows(
        warehouse,
        "select count(*) from mart.dim_period as p inner join mart.dim_agreement as a "
        "using (agreement_key) where a.agreement_id = %(id)s group by p.accounting_year "
        "order by min(p.start_date) limit 1",
        company,
    ) == [(periods,)]
    assert_true(dsn, company)


# --- the budget, modules, counts, clocks ---------------------------------------------------------


def test_a_spent_daily_budget_keeps_what_was_landed_and_goes_on_the_next_day(
    dsn: str, warehouse: Connection, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = small(sandbox, "budget", cursor_page=50, page_size=50)
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    names = [name for name in ENTITIES if name not in ("entries", "entry_dimensions")]
    assert night(dsn, company, entities=names).errors == {}
    spent = rows(
        warehouse, "select sum(requests) from ops.sync_run where agreement_id = %(id)s", company
    )[0][0]
    monkeypatch.setattr(EconomicClient, "daily_calls", spent + 15)
    done = night(dsn, company, entities=["entries"])
    error = done.errors["entries"]
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 3600
    assert "fair-use" in str(error)
    assert "what was landed stays" in str(error)
    live = "select count(*) from staging.economic_entries where agreement_id = %(id)s"
    kept = rows(warehouse, live, company)[0][0]
    assert 0 < kept < company.truth()["counts"]["entries"]
    total = rows(
        warehouse, "select sum(requests) from ops.sync_run where agreement_id = %(id)s", company
    )[0][0]
    assert total <= spent + 15 + 4  # what was in flight
    warehouse.execute(
        "update ops.sync_run set started_at = started_at - interval '25 hours' "
        "where agreement_id = %s",
        [company.id],
    )
    monkeypatch.setattr(EconomicClient, "daily_calls", 500)
    done = clean(dsn, company)
    assert done.counts["entries"].inserted == company.truth()["counts"]["entries"] - kept
    assert_true(dsn, company)


def test_a_module_that_was_there_yesterday_is_a_right_that_was_lost(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "lost")
    clean(dsn, company)
    company.fault("module", match="dimensionsapi", times=99)
    done = night(dsn, company)
    assert set(done.errors) == {"entry_dimensions"}
    assert isinstance(done.errors["entry_dimensions"], AuthError)
    assert "`exclude` in the agreement's file" in str(done.errors["entry_dimensions"])
    sandbox.clear_faults()
    clean(dsn, company)
    assert_true(dsn, company)


def test_a_module_that_was_never_there_is_skipped_with_a_note(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "never", departments=False)
    clean(dsn, company)
    assert rows(
        warehouse,
        "select entity, status, note like '%%not bought%%' from ops.sync_run "
        "where agreement_id = %(id)s and status <> 'success' order by 1",
        company,
    ) == [
        ("departmental_distributions", "skipped", True),
        ("departments", "skipped", True),
        ("entry_dimensions", "skipped", True),
    ]


def test_what_is_booked_while_all_of_it_is_read_is_no_false_alarm(
    dsn: str, warehouse: Connection, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    company = small(sandbox, "growing", cursor_page=100, page_size=100, department_moves=0)
    merge = Staging.merge

    def late(self: Staging, found: list[Any]) -> Any:
        company.next_day()
        return merge(self, found)

    monkeypatch.setattr(Staging, "merge", late)
    for run_request in (RunRequest(), RunRequest("full")):
        done = night(
            dsn, company, run_request=run_request, entities=["self", "entries", "entry_dimensions"]
        )
        assert done.errors == {}
        assert unbalanced(warehouse, company) == []
    monkeypatch.undo()
    clean(dsn, company)
    assert_true(dsn, company)


def test_a_vendor_clock_set_back_by_hours_hides_no_move(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    """Stamps are read with an overlap of a day."""
    company = small(sandbox, "setback")
    company.next_day()
    clean(dsn, company)
    company.next_day()
    stamp = company.client().newest(change_log("entry_dimensions"))
    assert stamp
    ahead = (datetime.fromisoformat(stamp) + timedelta(hours=12)).strftime("%Y-%m-%dT%H:%M:%SZ")
    warehouse.execute(
        "update ops.watermark set cursor = cursor || jsonb_build_object('log', %s::text) "
        "where agreement_id = %s and entity = 'entry_dimensions'",
        [ahead, company.id],
    )
    warehouse.execute(
        "update ops.watermark set cursor = cursor || jsonb_build_object('marker', %s::text, 'read_at', %s::text) "
        "where agreement_id = %s and entity = 'customers'",
        [ahead, ahead, company.id],  # it was read when the clock said so
    )
    clean(dsn, company)
    assert_true(dsn, company)


# --- how values are written ----------------------------------------------------------------------


def test_leading_zeros_of_text_numbers_are_kept(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = small(sandbox, "zeros")
    company.fault(
        "replace", match="v7.0.0/booked-entries?", find='"supplierInvoiceNumber":"', count=0,
        put='"supplierInvoiceNumber":"000', times=99,
    )  # fmt: skip
    company.fault(
        "replace", match="rest/suppliers", find='"zip": "', put='"zip": "0', count=0, times=9
    )
    clean(dsn, company)
    written = {f"000{e['invoice_number']}" for e in entries_of(company) if e["supplier_number"]}
    shown = rows(
        warehouse,
        "select distinct invoice_number from mart.fact_payables where agreement_id = %(id)s",
        company,
    )
    assert {number for (number,) in shown if number} == written - {"000"}


def test_what_is_absent_or_empty_is_null(dsn: str, warehouse: Connection, sandbox: Sandbox) -> None:
    company = small(sandbox, "absent")
    numbers = ["2", "3", "4"]
    for find, put in (
        (r'("entryNumber":2,.*?)"text":"[^"]*",', r"\1"),
        (r'("entryNumber":3,.*?)"text":"[^"]*"', r'\1"text":null'),
        (r'("entryNumber":4,.*?)"text":"[^"]*"', r'\1"text":""'),
    ):
        company.fault("replace", match="v7.0.0/booked-entries?", find=find, put=put, times=2)
        clean(dsn, company, RunRequest("full"))
    shown = warehouse.execute(
        "select entry_number, text, due_date, invoice_number from mart.fact_journal_entries "
        "where agreement_id = %s and entry_number = any(%s) order by 1",
        [company.id, numbers],
    ).fetchall()
    assert shown[-1] == ("4", None, None, None)
    assert all("" not in row for row in shown)


def unbalanced(connection: Connection, company: Company) -> list[tuple[Any, ...]]:
    return rows(
        connection,
        "select accounting_year, voucher_number from mart.fact_journal_entries "
        "where agreement_id = %(id)s group by 1, 2 having sum(amount_base) <> 0",
        company,
    )


def test_deletions_found_by_counting_pass_the_guard_together(
    dsn: str, warehouse: Connection
) -> None:
    """Part by part a mass deletion would look small: they are judged as one."""
    of, source = agreement("guarded"), Recorded.golden()
    land(warehouse, dsn, source, of, "entries")
    source.records["entries"] = []
    with pytest.raises(DataRejected, match="30 of 30"):  # four were open, and asked for by key
        land(warehouse, dsn, source, of, "entries")
    _, counts = land(
        warehouse, dsn, source, of, "entries", run_request=RunRequest(confirm_deletes=True)
    )
    assert counts.deleted == 30


def test_drafts_that_are_booked_ask_nobody(dsn: str, warehouse: Connection) -> None:
    of, source = agreement("drained"), Recorded.golden()
    land(warehouse, dsn, source, of, "draft_entries")
    source.records["draft_entries"] = []
    _, counts = land(warehouse, dsn, source, of, "draft_entries")
    assert counts.deleted == 3
