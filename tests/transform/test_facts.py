"""The mart: any sequence of increments equals a rebuild, bit for bit; readers see no half of it."""

from __future__ import annotations

import os
import threading
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from saldo.run_request import RunRequest
from saldo.transform.facts import FILES, all_files, followed, refresh
from saldo.transform.mart.parsing import declared
from saldo.warehouse.connection import Connection, connect
from tests.conftest import Cluster
from tests.recorded import Recorded
from tests.support import (
    ENTITIES,
    IS_WHOLE_SUITE,
    Company,
    Sandbox,
    agreement,
    assert_true,
    land,
    night,
    snapshot_of_mart,
)

EXAMPLES = int(os.environ.get("SALDO_TEST_EXAMPLES", "20" if IS_WHOLE_SUITE else "5"))


def facts_of(connection: Connection, id: str, columns: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        f"select {columns} from mart.fact_journal_entries where agreement_id = %s "
        "order by entry_number::bigint",
        [id],
    ).fetchall()


# --- the property --------------------------------------------------------------------------------

FAULTS: list[dict[str, Any]] = [
    *({"kind": kind} for kind in ("500", "drop", "truncate", "html", "empty", "missing", "shift")),
    *({"kind": kind} for kind in ("revoked", "foreign_link", "new_field", "wrong_count")),
    *({"kind": "429", "retry_after": wait} for wait in (0, "date", 3600)),
    *({"kind": "duplicate", "where": where} for where in ("page", "next")),
    *({"kind": "endless", "where": where} for where in ("same", "new")),
    {"kind": "wrong_count", "by": -1},
    {"kind": "retyped", "field": "entryNumber"},
    {"kind": "missing_field", "field": "date"},
    {"kind": "missing_field", "field": "documentId"},
]
#: Where what is sent is compared with a count, or is read again the next night.
MATCHES = [
    "v7.0.0/booked-entries?", "v7.0.0/booked-entries/count", "v7.0.0/booked-entries/paged",
    "remainder", "%24in", "dimension-data/booked-entries?", "dimension-data/booked-entries/count",
    "rest/customers", "rest/accounts?", "Periods", "draft-entries", "suppliersapi", "/economic/",
    "invoices/booked?", "invoices/booked/lines", "invoices/unpaid", "rest/orders", "orders/sent/lines",
    "AttachedDocuments", "rest/products",
]  # fmt: skip
#: What a company may do in silence.
SHAPE = st.fixed_dictionaries(
    {
        "deletions": st.booleans(),
        "renumbers": st.booleans(),
        "reopens_on": st.sampled_from([None, 1, 3]),
        "first_year_months": st.sampled_from([12, 8, 18]),
        "year_starts_on": st.sampled_from([1, 1, 16]),
        "founded_on": st.sampled_from([None, 15]),
        "departments": st.sampled_from([True, True, False]),
        "department_moves": st.sampled_from([0, 5, 20]),
        "cursor_page": st.sampled_from([150, 1_000]),
    }
)
STEP = st.one_of(
    st.builds(lambda days: ("days", days), st.integers(1, 3)),
    st.just(("night", None)),
    st.builds(lambda names: ("some", tuple(names)), st.sets(st.sampled_from(sorted(ENTITIES)))),
    st.builds(
        lambda fault, match, after, times: (
            "fault",
            {**fault, "match": match, "after": after, "times": times},
        ),
        st.sampled_from(FAULTS),
        st.sampled_from(MATCHES),
        st.integers(0, 3),
        st.sampled_from([1, 4, 40]),
    ),
    st.just(("full", None)),
    st.just(("window", None)),
    st.just(("facts", None)),
)


@given(shape=SHAPE, steps=st.lists(STEP, min_size=2, max_size=5))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_interleaving_ends_in_the_truth_and_equals_a_rebuild(
    dsn: str, sandbox: Sandbox, shape: dict[str, Any], steps: list[tuple[str, Any]]
) -> None:
    company = sandbox.company(
        "any", entries=600, customers=40, suppliers=20, currencies=["EUR"], **shape
    )
    for what, detail in steps:
        if what == "days":
            company.next_day(days=detail)
        elif what == "some":
            night(dsn, company, run_request=RunRequest(entities=detail))
        elif what == "fault":
            company.fault(**detail)
            night(dsn, company)
            sandbox.clear_faults()
        elif what == "window":
            night(
                dsn,
                company,
                run_request=RunRequest("window", (date(2025, 2, 1), date(2025, 4, 30))),
            )
        elif what == "facts":
            night(dsn, company, entities=())
        else:
            night(dsn, company, run_request=RunRequest("full" if what == "full" else "auto"))
        assert_no_half_vouchers(dsn, company)
    assert night(dsn, company).errors == {}
    assert_true(dsn, company)
    with connect(dsn) as connection:
        grown = snapshot_of_mart(connection, company.id)
        refresh(connection, company.agreement, RunRequest("full"))
        assert snapshot_of_mart(connection, company.id) == grown
        for table in ("fact_journal_entries", "dim_customer", "dim_account", "dim_supplier",
                      "fact_invoice_lines", "fact_order_lines", "dim_document"):  # fmt: skip
            connection.execute(
                f"delete from mart.{table} where agreement_key = (select agreement_key "
                "from mart.dim_agreement where agreement_id = %s)",
                [company.id],
            )
        refresh(connection, company.agreement, RunRequest("full"))
        assert snapshot_of_mart(connection, company.id) == grown


def assert_no_half_vouchers(dsn: str, company: Company) -> None:
    with connect(dsn) as connection:
        rows = connection.execute(
            "select accounting_year, voucher_number, sum(amount_base) from mart.fact_journal_entries "
            "where agreement_id = %s group by 1, 2 having sum(amount_base) <> 0",
            [company.id],
        ).fetchall()
    assert rows == []


# --- what a change reaches -----------------------------------------------------------------------


@pytest.fixture
def golden(dsn: str, warehouse: Connection, request: pytest.FixtureRequest) -> tuple[str, Recorded]:
    id = "g_" + request.node.name.removeprefix("test_")[:30]
    source = Recorded.golden()
    for entity in ENTITIES:
        land(warehouse, dsn, source, agreement(id), entity)
    refresh(warehouse, agreement(id), RunRequest())
    return id, source


def record(source: Recorded, entity: str, **key: object) -> dict[str, Any]:
    (name, value), = key.items()  # fmt: skip
    found: dict[str, Any] = next(r for r in source.records[entity] if r[name] == value)
    return found


def test_a_renamed_account_reaches_its_facts_only(
    dsn: str, warehouse: Connection, golden: tuple[str, Recorded]
) -> None:
    id, source = golden
    record(source, "accounts", accountNumber=5820)["name"] = "Andelskassen"
    land(warehouse, dsn, source, agreement(id), "accounts")
    changes = refresh(warehouse, agreement(id), RunRequest())
    names = {(a, n) for a, n in facts_of(warehouse, id, "account_number, account_name")}
    assert ("5820", "Andelskassen") in names
    assert ("5820", "Bank") not in names
    bank = [row for row in facts_of(warehouse, id, "account_number") if row == ("5820",)]
    assert changes["fact_journal_entries"].total == len(bank)


def test_a_late_customer_repairs_the_unknown_member(
    dsn: str, warehouse: Connection, golden: tuple[str, Recorded]
) -> None:
    id, source = golden
    key = "customer_key"
    assert facts_of(warehouse, id, key)[32] == (-1,)
    late = {**source.records["customers"][0], "customerNumber": 99}
    source.records["customers"].append({**late, "lastUpdated": "2026-03-21T00:00:00Z"})
    land(warehouse, dsn, source, agreement(id), "customers")
    changes = refresh(warehouse, agreement(id), RunRequest())
    assert facts_of(warehouse, id, key)[32][0] > 0
    assert changes["fact_journal_entries"].total == 1


def test_a_deleted_entry_leaves_the_facts(
    dsn: str, warehouse: Connection, golden: tuple[str, Recorded]
) -> None:
    id, source = golden
    del source.records["entries"][32:]
    land(warehouse, dsn, source, agreement(id), "entries", run_request=RunRequest("full"))
    changes = refresh(warehouse, agreement(id), RunRequest())
    assert changes["fact_journal_entries"].deleted == 2
    assert len(facts_of(warehouse, id, "1")) == 32


def test_a_year_that_is_split_moves_its_entries(
    dsn: str, warehouse: Connection, golden: tuple[str, Recorded]
) -> None:
    id, source = golden
    record(source, "accounting_years", year="2026")["fromDate"] = "2026-03-01"
    land(warehouse, dsn, source, agreement(id), "accounting_years")
    refresh(warehouse, agreement(id), RunRequest())
    rows = facts_of(warehouse, id, "date::text, accounting_year, period_key")
    assert [year for day, year, _ in rows if day == "2026-02-01"] == [None, None]
    assert {key for day, _, key in rows if day == "2026-02-01"} == {-1}


def test_agreements_do_not_touch_each_other(
    dsn: str, warehouse: Connection, golden: tuple[str, Recorded]
) -> None:
    id, source = golden
    before = snapshot_of_mart(warehouse, id)
    other = agreement("another")
    source.records["accounts"][3]["name"] = "Something else"
    for entity in ENTITIES:
        land(warehouse, dsn, source, other, entity)
    refresh(warehouse, other, RunRequest("full"))
    assert snapshot_of_mart(warehouse, id) == before


def test_nothing_is_shown_before_the_company_is_known(dsn: str, warehouse: Connection) -> None:
    of = agreement("unknown_company")
    land(warehouse, dsn, Recorded.golden(), of, "entries")
    assert refresh(warehouse, of, RunRequest()) == {}
    assert facts_of(warehouse, of.id, "1") == []


def test_a_window_between_the_entries_of_a_month_leaves_its_balances(
    dsn: str, sandbox: Sandbox
) -> None:
    """The month has entries, the window's days have none: nothing there has vanished."""
    company = sandbox.company("gap", entries=800, customers=20, suppliers=10)
    assert night(dsn, company).errors == {}
    lines = company.truth_of("entries").decode().splitlines()
    dates = {line.split(",")[3] for line in lines[1:]}
    days = (date(2025, 1, 1) + timedelta(days=n) for n in range(365))
    gap = next(
        day for day in days
        if day.isoformat() not in dates and any(d.startswith(f"{day:%Y-%m}") for d in dates)
    )  # fmt: skip
    assert night(dsn, company, run_request=RunRequest("window", (gap, gap))).errors == {}
    assert_true(dsn, company)


# --- readers -------------------------------------------------------------------------------------


def test_readers_see_a_whole_table_at_any_time(dsn: str, sandbox: Sandbox) -> None:
    company = sandbox.company("read", entries=3_000)
    night(dsn, company)
    seen: set[tuple[Any, ...]] = set()
    is_over = threading.Event()

    def read() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not is_over.is_set():
                row = connection.execute(
                    "select count(*), sum(amount_base) from mart.fact_journal_entries "
                    "where agreement_id = %s",
                    [company.id],
                ).fetchone()
                seen.add(row or ())

    reader = threading.Thread(target=read)
    reader.start()
    counts = {company.truth()["counts"]["entries"]}
    for run_request in (RunRequest("full"), RunRequest(), RunRequest("full")):
        company.next_day()
        night(dsn, company, run_request=run_request)
        counts.add(company.truth()["counts"]["entries"])
    is_over.set()
    reader.join()
    assert {count for count, _ in seen} <= counts
    assert {total for _, total in seen} == {0}
    assert_true(dsn, company)


def test_powerbi_reads_the_mart_and_nothing_else(
    dsn: str, cluster: Cluster, company: Company
) -> None:
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute("alter role powerbi login password 'for-this-test'")
    try:
        theirs = make_conninfo(
            **{**conninfo_to_dict(dsn), "user": "powerbi", "password": "for-this-test"}
        )
        with psycopg.connect(theirs, autocommit=True) as connection:
            assert connection.execute("select count(*) from fact_accounting").fetchone()
            assert connection.execute("select count(*) from mart.sync_status").fetchone()
            assert connection.execute("show statement_timeout").fetchone() == ("15min",)
            for forbidden in (
                "select 1 from staging.history",
                "select 1 from core.account",
                "select 1 from ops.sync_run",
                "delete from mart.dim_account",
                "create table mart.mine (n integer)",
            ):
                with pytest.raises(psycopg.Error):
                    connection.execute(forbidden)
    finally:
        with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
            admin.execute("alter role powerbi nologin")


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("facts", entries=800)


def test_sync_status_says_how_fresh_the_facts_are(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    night(dsn, company)
    row = warehouse.execute(
        "select agreement, data_as_of > now() at time zone 'utc' - interval '1 minute', "
        "last_proven, difference from mart.sync_status where agreement_id = %s",
        [company.id],
    ).fetchone()
    assert row == ("facts ApS", True, None, None)


def analyses(warehouse: Connection) -> int:
    """How often the statistics of entries were renewed, but for autovacuum."""
    [(found,)] = warehouse.execute(
        "select analyze_count from pg_stat_user_tables where relid = 'core.ledger_entry'::regclass"
    ).fetchall()
    return int(found)


def test_statistics_are_renewed_where_much_is_new(
    dsn: str, warehouse: Connection, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Much beside what is known, or much by itself: a sample costs the same whatever is new."""
    for share, many, renewed in ((0, 10**9, 1), (1_000, 10**9, 0), (1_000, 1_001, 1)):
        monkeypatch.setattr("saldo.transform.facts._SHARE", share)
        monkeypatch.setattr("saldo.transform.facts._MANY", many)
        before = analyses(warehouse)
        company = sandbox.company("statistics", entries=800)
        night(dsn, company)
        night(dsn, company)
        assert analyses(warehouse) == before + renewed, (share, many)


def test_every_mart_file_is_run_and_every_input_followed(warehouse: Connection) -> None:
    from saldo.paths import SQL_DIR

    assert {path.stem for path in (SQL_DIR / "mart").glob("*.sql")} == set(all_files())
    rows = warehouse.execute(
        "select table_name from information_schema.columns "
        "where table_schema = 'core' and column_name = 'change_seq'"
    )
    assert set(followed()) <= {table for (table,) in rows}
    for name in all_files():
        file = declared(name)
        place = FILES.index(name.partition(".")[0])
        before = {f"mart.{other}" for other in FILES[:place]}
        assert {table for table in file.follows if table.startswith("mart.")} <= before, name
        assert file.asks_for <= {*FILES[:place]}, name


# --- what the facts are made of ------------------------------------------------------------------


def test_facts_that_are_new_are_filled_from_lines_that_are_not(
    dsn: str, warehouse: Connection, golden: tuple[str, Recorded]
) -> None:
    """An upgrade adds facts to a warehouse whose lines are all as they should be."""
    id, _ = golden
    before = snapshot_of_mart(warehouse, id)
    for table in ("mart.fact_receivables", "mart.fact_payables", "core.account_month",
                  "mart.fact_account_balance_month"):  # fmt: skip
        warehouse.execute(f"delete from {table} where agreement_id = %s", [id])
    warehouse.execute(
        "delete from ops.progress where consumer = 'mart' and agreement_id = %s", [id]
    )
    refresh(warehouse, agreement(id), RunRequest())
    assert snapshot_of_mart(warehouse, id) == before


def test_balances_need_no_accounting_year(
    dsn: str, warehouse: Connection, golden: tuple[str, Recorded]
) -> None:
    """A year that lands late, or never: openings still restate, and months still follow each other."""
    id, source = golden
    query = (
        "select month::text, closing_base from mart.fact_account_balance_month "
        "where agreement_id = %s and account_number = '5820' order by 1"
    )
    with_years = warehouse.execute(query, [id]).fetchall()
    source.records["accounting_years"].pop()
    land(warehouse, dsn, source, agreement(id), "accounting_years")
    refresh(warehouse, agreement(id), RunRequest())
    assert warehouse.execute(query, [id]).fetchall() == with_years
