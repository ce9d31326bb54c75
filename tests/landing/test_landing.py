"""What landing promises: the truth after quiet nights and bad ones, nothing lost, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from saldo.agreements.agreement import Guard
from saldo.errors import (
    AuthError,
    BadResponse,
    Busy,
    ConfigError,
    DataRejected,
    NotLicensed,
    RateLimited,
    Unavailable,
)
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import Connection, connect, exclusive
from saldo.ways.append_only import Beyond
from saldo.ways.open_amounts import OpenItems
from saldo.ways.plan import ReadChanges, ReadEverything
from tests.recorded import Recorded
from tests.support import (
    ENTITIES,
    IS_WHOLE_SUITE,
    Company,
    Night,
    Sandbox,
    agreement,
    assert_true,
    land,
    night,
)


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("land", is_ledger_only=True, entries=2_500, currencies=["EUR", "USD"])


def staged(connection: Connection, company: Company, entity: str = "entries") -> int:
    row = connection.execute(
        f"select count(*) from staging.economic_{entity} where agreement_id = %s and deleted_at is null",
        [company.id],
    ).fetchone()
    return int(row[0]) if row else 0


def last_run(connection: Connection, company: Company, entity: str) -> tuple[Any, ...]:
    row = connection.execute(
        "select status, error_family, error_message, note from ops.sync_run "
        "where agreement_id = %s and entity = %s order by sync_run_id desc limit 1",
        [company.id, entity],
    ).fetchone()
    assert row
    return row


def assert_clean(done: Night) -> None:
    assert done.errors == {}


# --- quiet nights --------------------------------------------------------------------------------


def test_first_load_and_three_days_are_the_truth(dsn: str, company: Company) -> None:
    assert_clean(night(dsn, company))
    assert_true(dsn, company)
    for _ in range(3):
        company.next_day()
        assert_clean(night(dsn, company))
        assert_true(dsn, company)


def test_a_night_without_changes_writes_nothing(dsn: str, company: Company) -> None:
    night(dsn, company)
    again = night(dsn, company)
    assert {name: counts.changed for name, counts in again.counts.items()} == dict.fromkeys(
        company.entities, 0
    )
    assert sum(table.total for table in again.facts.values()) == 0


def test_a_quiet_night_is_cheap(dsn: str, warehouse: Connection, company: Company) -> None:
    night(dsn, company)
    night(dsn, company, run_id="quiet")
    row = warehouse.execute(
        "select sum(requests), sum(rows_read) filter (where entity = 'entries') from ops.sync_run "
        "where agreement_id = %s and run_id = 'quiet'",
        [company.id],
    ).fetchone()
    assert row
    assert row[0] < 80
    assert row[1] < 200  # the open items, not the 3,500 entries


def test_a_module_that_is_not_bought_is_skipped_with_a_note(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = sandbox.company("nodept", is_ledger_only=True, entries=800, departments=False)
    assert_clean(night(dsn, company))
    status, _, _, note = last_run(warehouse, company, "departments")
    assert status == "skipped"
    assert "not bought" in note
    assert_true(dsn, company)


def test_july_to_june_years(dsn: str, sandbox: Sandbox, warehouse: Connection) -> None:
    company = sandbox.company("july", entries=1_500, year_starts_in=7, first_year=2023)
    night(dsn, company)
    assert_true(dsn, company)
    row = warehouse.execute(
        "select distinct accounting_year, period from mart.fact_journal_entries "
        "where agreement_id = %s and date between '2025-07-01' and '2025-07-31'",
        [company.id],
    ).fetchall()
    assert row == [("2025/2026", 1)]


def test_old_payloads_go_to_history(dsn: str, warehouse: Connection, company: Company) -> None:
    night(dsn, company)
    company.next_day()
    done = night(dsn, company)
    row = warehouse.execute(
        "select count(*) filter (where not is_deletion), count(*) filter (where is_deletion) "
        "from staging.history where agreement_id = %s",
        [company.id],
    ).fetchone()
    updated = sum(counts.updated for counts in done.counts.values())
    deleted = sum(counts.deleted for counts in done.counts.values())
    assert row == (updated, deleted)
    assert updated > 0
    assert deleted > 0


def test_a_number_used_again_is_the_same_member(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    keys = set()
    for _ in range(4):
        night(dsn, company)
        row = warehouse.execute(
            "select d.customer_key from mart.dim_customer as d inner join mart.dim_agreement as a "
            "on a.agreement_key = d.agreement_key where a.agreement_id = %s "
            "and customer_number = '90000'",
            [company.id],
        ).fetchone()
        keys.add(row)
        company.next_day()
    assert len(keys) == 1


# --- credentials ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [{"grant": "no-such-grant"}, {"secret": "no-such-secret"}],
)
def test_wrong_tokens_fail_at_once(
    dsn: str, warehouse: Connection, company: Company, wrong: dict[str, str]
) -> None:
    client = company.client(**wrong)
    with pytest.raises(AuthError, match=f"connection 'economic_{company.id}'"):
        land(warehouse, dsn, client, company.agreement, "accounts")
    assert client.usage.requests == 1
    status, family, message, _ = last_run(warehouse, company, "accounts")
    assert (status, family) == ("failed", "AuthError")
    assert all(token not in message for token in wrong.values())


def test_tokens_of_another_company_land_nothing(
    dsn: str, warehouse: Connection, company: Company, sandbox: Sandbox
) -> None:
    night(dsn, company, entities=["self", "accounts"])
    before = staged(warehouse, company, "accounts")
    other = sandbox.company("other", is_ledger_only=True, entries=800)
    thief = company.client(grant=f"sandbox-grant-{other.id}")
    with pytest.raises(ConfigError, match=f"economic_{company.id}.*{other.agreement_number}"):
        land(warehouse, dsn, thief, company.agreement, "accounts", run_id="another")
    assert staged(warehouse, company, "accounts") == before


def test_the_agreement_number_of_the_connection_is_checked_first(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    with pytest.raises(ConfigError, match="1234567"):
        land(warehouse, dsn, company.client(number="1234567"), company.agreement, "self")
    assert last_run(warehouse, company, "self")[0] == "failed"


# --- faults in the middle of paging --------------------------------------------------------------

#: Each by itself is tried in test_transport.py and test_under_fire.py; by default some go through a whole night.
PASSING: list[dict[str, Any]] = [
    {"kind": "429"},
    {"kind": "429", "retry_after": 0},
    {"kind": "429", "retry_after": "date"},
    {"kind": "500"},
    {"kind": "503"},
    {"kind": "timeout", "seconds": 4},
    {"kind": "drop"},
    {"kind": "truncate"},
    {"kind": "html"},
]
LASTING: list[tuple[dict[str, Any], type[Exception]]] = [
    ({"kind": "429", "retry_after": 0}, RateLimited),
    ({"kind": "429"}, RateLimited),
    ({"kind": "500"}, Unavailable),
    ({"kind": "drop"}, Unavailable),
    ({"kind": "truncate"}, Unavailable),
    ({"kind": "html"}, Unavailable),
    ({"kind": "401"}, AuthError),
]


def fault_name(value: object) -> str | None:
    if isinstance(value, dict):
        return f"{value['kind']}-{value.get('retry_after', 'plain')}"
    return None


@pytest.mark.parametrize("fault", PASSING if IS_WHOLE_SUITE else PASSING[2::3], ids=fault_name)
def test_a_passing_fault_is_waited_out(
    dsn: str, warehouse: Connection, company: Company, fault: dict[str, Any]
) -> None:
    company.fault(match="v7.0.0/booked-entries?", after=1, **fault)
    assert_clean(night(dsn, company))
    assert_true(dsn, company)
    row = warehouse.execute(
        "select retries from ops.sync_run where agreement_id = %s and entity = 'entries'",
        [company.id],
    ).fetchone()
    assert row == (1,)


@pytest.mark.parametrize(
    ("fault", "error"), LASTING if IS_WHOLE_SUITE else LASTING[2::4], ids=fault_name
)
def test_a_lasting_fault_fails_one_entity_and_the_next_run_repairs(
    dsn: str, warehouse: Connection, company: Company, fault: dict[str, Any], error: type[Exception]
) -> None:
    company.fault(match="v7.0.0/booked-entries?", after=2, times=99, **fault)
    done = night(dsn, company)
    assert {name: type(e) for name, e in done.errors.items()} == {"entries": error}
    status, family, message, _ = last_run(warehouse, company, "entries")
    assert (status, family) == ("failed", error.__name__)
    assert company.id in message
    assert staged(warehouse, company, "customers") > 0
    # The set is not whole: no fact may show a part of it.
    facts = "select count(*) from mart.fact_journal_entries where agreement_id = %s"
    assert warehouse.execute(facts, [company.id]).fetchone() == (0,)
    company.sandbox.clear_faults()
    assert_clean(night(dsn, company))
    assert_true(dsn, company)


# --- records that are not as declared ------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "put", "says"),
    [
        (r'"entryNumber":\d+,', "", "entryNumber"),
        (r'"amount":[-0-9.]+', '"amount":"much"', "amount"),
        (r'"amountInBaseCurrency":[-0-9.]+,', "", "amountInBaseCurrency"),
        (r'"date":"[^"]+"', '"date":"2025-02-30"', "date"),
        (r'"date":"[^"]+"', '"date":7', "date"),
        (r'"type":\d+', '"type":"77"', "type"),
    ],
)
def test_a_record_that_is_not_as_declared_is_named(
    dsn: str, warehouse: Connection, company: Company, find: str, put: str, says: str
) -> None:
    company.fault("replace", match="v7.0.0/booked-entries?", find=find, put=put, times=9)
    done = night(dsn, company)
    error = done.errors.pop("entries")
    assert isinstance(error, BadResponse)
    assert "entity entries" in str(error)
    assert says in str(error)
    assert done.errors == {}
    assert staged(warehouse, company) == 0
    company.sandbox.clear_faults()
    assert_clean(night(dsn, company))
    assert_true(dsn, company)


def test_a_new_field_is_kept_and_reported_once(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    company.fault(
        "replace", match="rest/suppliers", find=r'\{"supplierNumber"', count=0, times=2,
        put=r'{"taxRegion": "north", "supplierNumber"',
    )  # fmt: skip
    for _ in range(2):
        assert_clean(night(dsn, company))
    rows = warehouse.execute(
        "select entity, field from ops.drift where agreement_id = %s", [company.id]
    ).fetchall()
    assert rows == [("suppliers", "taxRegion")]
    row = warehouse.execute(
        "select count(*) from staging.economic_suppliers where agreement_id = %s "
        "and payload ->> 'taxRegion' = 'north'",
        [company.id],
    ).fetchone()
    assert row == (company.truth()["counts"]["suppliers"],)


def test_text_postgres_cannot_store_is_replaced_and_long_text_kept(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    odd = r"\\u0000x\\ud800y\\ud83d\\udce6" + "z" * 10_000
    company.fault("replace", match="v7.0.0/booked-entries?", find="Primo", put=odd, times=2)
    assert_clean(night(dsn, company))
    row = warehouse.execute(
        "select text from mart.fact_journal_entries where agreement_id = %s and entry_number = '1'",
        [company.id],
    ).fetchone()
    assert row == ("\ufffdx\ufffdy\U0001f4e6" + "z" * 10_000,)


def test_amounts_of_fifteen_digits_are_exact(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    company.fault(
        "replace",
        match="v7.0.0/booked-entries?",
        find=r'"amount":[-0-9.]+',
        put='"amount":123456789012345.6789',
        times=2,  # how far entries go is asked first
    )
    assert_clean(night(dsn, company))
    row = warehouse.execute(
        "select amount::text from mart.fact_journal_entries where agreement_id = %s "
        "and entry_number = '1'",
        [company.id],
    ).fetchone()
    assert row == ("123456789012345.6789",)


# --- the guard -----------------------------------------------------------------------------------


def test_a_suddenly_empty_snapshot_deletes_nothing_unless_confirmed(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    night(dsn, company)
    before = staged(warehouse, company, "suppliers")
    company.fault("empty", match="rest/suppliers", times=2)
    done = night(dsn, company)
    assert isinstance(done.errors["suppliers"], DataRejected)
    assert f"{before} of {before}" in str(done.errors["suppliers"])
    assert staged(warehouse, company, "suppliers") == before
    night(dsn, company, run_request=RunRequest(confirm_deletes=True), entities=["suppliers"])
    assert staged(warehouse, company, "suppliers") == 0
    row = warehouse.execute(
        "select count(*), bool_and(is_deleted) from mart.dim_supplier as d "
        "inner join mart.dim_agreement as a on a.agreement_key = d.agreement_key "
        "where a.agreement_id = %s",
        [company.id],
    ).fetchone()
    assert row == (before, True)  # they stay, for the entries that point to them
    assert_clean(night(dsn, company))
    assert_true(dsn, company)


def test_the_guard_counts_shares_and_rows(dsn: str, warehouse: Connection) -> None:
    source = Recorded(
        {"suppliers": [{"supplierNumber": n, "name": f"S{n}"} for n in range(1, 201)]}
    )
    of = agreement("guarded")
    land(warehouse, dsn, source, of, "suppliers")
    source.records["suppliers"] = source.records["suppliers"][:160]
    _, counts = land(warehouse, dsn, source, of, "suppliers")
    assert counts.deleted == 40  # 20 % and fewer than 51 rows: allowed
    source.records["suppliers"] = source.records["suppliers"][:100]
    with pytest.raises(DataRejected, match="60 of 160"):
        land(warehouse, dsn, source, of, "suppliers")
    lenient = agreement("guarded", guard=Guard(max_delete_share=0.5))
    _, counts = land(warehouse, dsn, source, lenient, "suppliers")
    assert counts.deleted == 60


# --- windows, full reads, cadence ----------------------------------------------------------------


def test_a_window_repairs_what_was_damaged_and_moves_no_marker(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    night(dsn, company)
    before = warehouse.execute(
        "select cursor from ops.watermark where agreement_id = %s and entity = 'entries'",
        [company.id],
    ).fetchone()
    for statement in (
        "update staging.economic_entries set payload_hash = '', payload = payload || '{\"amount\": 1}' "
        "where agreement_id = %s and left(payload ->> 'date', 7) = '2025-03'",
        "update core.ledger_entry set amount_base = 7 where agreement_id = %s "
        "and date between '2025-03-01' and '2025-03-31'",
        "delete from mart.fact_journal_entries where agreement_id = %s "
        "and date between '2025-03-10' and '2025-03-31'",
    ):
        warehouse.execute(statement, [company.id])
    march = RunRequest("window", (date(2025, 3, 1), date(2025, 3, 31)))
    done = night(dsn, company, run_request=march)
    assert_clean(done)
    assert done.counts["accounts"].read == 0
    assert_true(dsn, company)
    after = warehouse.execute(
        "select cursor from ops.watermark where agreement_id = %s and entity = 'entries'",
        [company.id],
    ).fetchone()
    assert after == before


def test_a_window_repairs_core_and_is_no_change_of_what_did_not_change(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    """Whoever follows change_seq of staging sees what changed at the vendor, and no more."""
    night(dsn, company)
    query = "select source_key, change_seq from staging.economic_entries where agreement_id = %s"
    before = dict(warehouse.execute(query, [company.id]).fetchall())
    warehouse.execute(
        "update core.ledger_entry set amount_base = 7 where agreement_id = %s "
        "and date between '2025-03-01' and '2025-03-31'",
        [company.id],
    )
    march = RunRequest("window", (date(2025, 3, 1), date(2025, 3, 31)))
    done = night(dsn, company, run_request=march)
    assert_clean(done)
    assert done.counts["entries"].changed == 0
    assert dict(warehouse.execute(query, [company.id]).fetchall()) == before
    assert_true(dsn, company)


def test_a_window_before_the_first_night_is_no_obstacle(dsn: str, company: Company) -> None:
    night(dsn, company, run_request=RunRequest("window", (date(2026, 1, 1), date(2026, 2, 1))))
    assert_clean(night(dsn, company))
    assert_true(dsn, company)


def test_a_row_that_left_the_window_is_gone(
    dsn: str, warehouse: Connection, company: Company
) -> None:
    night(dsn, company)
    warehouse.execute(
        "insert into staging.economic_entries (agreement_id, source_key, payload, payload_hash, "
        "landed_at, run_id, change_seq) select agreement_id, '999999999', payload, payload_hash, "
        "landed_at, run_id, nextval('staging.change_seq') from staging.economic_entries "
        "where agreement_id = %s and left(payload ->> 'date', 7) = '2025-03' limit 1",
        [company.id],
    )
    done = night(
        dsn, company, run_request=RunRequest("window", (date(2025, 3, 1), date(2025, 3, 31)))
    )
    assert done.counts["entries"].deleted == 1
    assert_true(dsn, company)


def test_full_rebuilds_everything(dsn: str, warehouse: Connection, company: Company) -> None:
    night(dsn, company)
    for statement in (
        "update core.account set name = 'wrong' where agreement_id = %s",
        "update core.ledger_entry set amount_base = amount_base + 1 where agreement_id = %s",
        "delete from staging.economic_entries where agreement_id = %s and source_key < '2'",
        "update mart.fact_journal_entries set account_key = -1 where agreement_id = %s",
    ):
        warehouse.execute(statement, [company.id])
    assert_clean(night(dsn, company, run_request=RunRequest("full")))
    assert_true(dsn, company)


def test_everything_is_read_again_after_a_week(dsn: str, company: Company) -> None:
    night(dsn, company)
    in_six_days = datetime.now(UTC) + timedelta(days=6)
    assert isinstance(night(dsn, company, now=in_six_days).reads["entries"], ReadChanges)
    in_a_week = datetime.now(UTC) + timedelta(days=7)
    assert night(dsn, company, now=in_a_week).reads["entries"] == ReadEverything()
    assert_true(dsn, company)


def test_only_chosen_entities_are_landed(dsn: str, warehouse: Connection, company: Company) -> None:
    night(dsn, company, run_request=RunRequest(entities=("self", "accounts")))
    assert last_run(warehouse, company, "accounts")[0] == "success"
    assert last_run(warehouse, company, "entries")[0] == "skipped"


# --- several at once -----------------------------------------------------------------------------


def test_a_second_run_of_one_entity_is_busy(
    dsn: str, warehouse: Connection, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.warehouse.connection.LOCK_WAIT_S", 0.2)
    with connect(dsn) as other, exclusive(other, company.id, "accounts"):
        with pytest.raises(Busy, match="accounts"):
            land(warehouse, dsn, company.client(), company.agreement, "accounts")
        land(warehouse, dsn, company.client(), company.agreement, "suppliers")
    land(warehouse, dsn, company.client(), company.agreement, "accounts")


def test_not_licensed_is_never_raised_to_the_task(sandbox: Sandbox, dsn: str) -> None:
    company = sandbox.company("nomod", is_ledger_only=True, entries=800, departments=False)
    with connect(dsn) as connection:
        try:
            land(connection, dsn, company.client(), company.agreement, "departments")
        except NotLicensed:
            pytest.fail("a module that is not bought must not fail the night")


# --- half sets and half vouchers -----------------------------------------------------------------


def voucher(number: int, first: int, *, day: str = "2026-04-01") -> list[dict[str, Any]]:
    """A sale of two lines, the first of them open."""
    base = {"voucherNumber": number, "date": day, "type": 1, "text": "Sale", "currencyCode": "DKK"}
    return [
        {**base, "entryNumber": first, "accountNumber": 5600, "amount": 100.0,
         "amountInBaseCurrency": 100.0, "remainder": 100.0},
        {**base, "entryNumber": first + 1, "accountNumber": 1010, "amount": -100.0,
         "amountInBaseCurrency": -100.0},
    ]  # fmt: skip


@pytest.fixture
def growing(
    dsn: str, warehouse: Connection, request: pytest.FixtureRequest
) -> tuple[Any, Recorded]:
    """The golden ledger as another agreement, landed once."""
    of = agreement(f"h_{abs(hash(request.node.name)) % 10**8}")
    source = Recorded.golden()
    for entity in ENTITIES:
        land(warehouse, dsn, source, of, entity)
    refresh(warehouse, of, RunRequest())
    return of, source


def unbalanced(connection: Connection, id: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        "select accounting_year, voucher_number from mart.fact_journal_entries "
        "where agreement_id = %s group by 1, 2 having sum(amount_base) <> 0",
        [id],
    ).fetchall()


def test_a_half_landed_night_does_not_reach_the_facts_by_a_window(
    dsn: str, warehouse: Connection, growing: tuple[Any, Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    of, source = growing
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)
    source._page_size = 1
    source.records["entries"] += voucher(901, 35)
    pages = source.pages

    def broken(entity: Any, request: Any, *, resume: Any = None) -> Any:
        for number, page in enumerate(pages(entity, request, resume=resume)):
            if number == 1 and isinstance(request, Beyond):
                raise Unavailable("cut off")
            yield page

    monkeypatch.setattr(source, "pages", broken)
    with pytest.raises(Unavailable):
        land(warehouse, dsn, source, of, "entries")
    march = RunRequest("window", (date(2026, 3, 1), date(2026, 3, 31)))
    land(warehouse, dsn, source, of, "entries", run_request=march)
    refresh(warehouse, of, march)
    assert unbalanced(warehouse, of.id) == []
    monkeypatch.setattr(source, "pages", pages)
    land(warehouse, dsn, source, of, "entries")
    refresh(warehouse, of, RunRequest())
    assert unbalanced(warehouse, of.id) == []


def test_a_voucher_booked_between_two_reads_waits_for_the_next_night(
    dsn: str, warehouse: Connection, growing: tuple[Any, Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    of, source = growing
    pages = source.pages

    def late(entity: Any, request: Any, *, resume: Any = None) -> Any:
        if isinstance(request, OpenItems):
            source.records["entries"] += voucher(902, 35)
        return pages(entity, request, resume=resume)

    monkeypatch.setattr(source, "pages", late)
    land(warehouse, dsn, source, of, "entries")
    refresh(warehouse, of, RunRequest())
    assert unbalanced(warehouse, of.id) == []
    monkeypatch.setattr(source, "pages", pages)
    _, counts = land(warehouse, dsn, source, of, "entries")
    assert counts.inserted == 2


def test_a_window_leaves_what_lies_beyond_the_marker_to_the_night(
    dsn: str, warehouse: Connection, growing: tuple[Any, Recorded]
) -> None:
    of, source = growing
    first, second = voucher(903, 35, day="2026-04-30")
    source.records["entries"] += [first, {**second, "date": "2026-05-01"}]
    april = RunRequest("window", (date(2026, 4, 1), date(2026, 4, 30)))
    _, counts = land(warehouse, dsn, source, of, "entries", run_request=april)
    refresh(warehouse, of, april)
    assert counts.inserted == 0
    assert unbalanced(warehouse, of.id) == []


# --- markers of time -----------------------------------------------------------------------------


def test_a_change_marker_that_is_no_instant_is_named(
    dsn: str, warehouse: Connection, growing: tuple[Any, Recorded]
) -> None:
    of, source = growing
    source.records["customers"][0]["lastUpdated"] = "yesterday"
    with pytest.raises(BadResponse, match="customerNumber=7"):
        land(warehouse, dsn, source, of, "customers", run_request=RunRequest("full"))


def test_a_stamp_from_the_future_hides_nothing(
    dsn: str, warehouse: Connection, growing: tuple[Any, Recorded]
) -> None:
    of, source = growing
    source.records["customers"][0]["lastUpdated"] = "2099-01-01T00:00:00Z"
    land(warehouse, dsn, source, of, "customers", run_request=RunRequest("full"))
    row = warehouse.execute(
        "select cursor ->> 'marker' < '2098' from ops.watermark "
        "where agreement_id = %s and entity = 'customers'",
        [of.id],
    ).fetchone()
    assert row == (True,)


# --- the guard and the limits of core ------------------------------------------------------------


def test_the_guard_takes_its_share_of_the_whole_entity(
    dsn: str, warehouse: Connection, growing: tuple[Any, Recorded]
) -> None:
    of, source = growing
    source.records["entries"] += [
        line
        for n in range(300)
        for line in voucher(1000 + n, 35 + 2 * n, day=f"2026-0{5 + n // 240}-01")
    ]
    land(warehouse, dsn, source, of, "entries")
    source.records["entries"] = [
        r for r in source.records["entries"] if not r["date"].startswith("2026-06")
    ]
    june = RunRequest("window", (date(2026, 6, 1), date(2026, 6, 30)))
    _, counts = land(warehouse, dsn, source, of, "entries", run_request=june)
    assert counts.deleted == 120  # of 634


def test_an_amount_core_cannot_hold_is_set_aside(
    dsn: str, warehouse: Connection, growing: tuple[Any, Recorded]
) -> None:
    of, source = growing
    source.records["entries"] += [{**r, "amount": 1e30} for r in voucher(904, 35)]
    land(warehouse, dsn, source, of, "entries")
    found = warehouse.execute(
        "select source_key, field, reason from ops.set_aside where agreement_id = %s order by 1",
        [of.id],
    ).fetchall()
    assert len(found) == 2
    assert {row[1:] for row in found} == {("amount", "is too large for numeric(19,4)")}


def test_the_books_of_a_company_are_held_by_one_agreement(
    dsn: str, warehouse: Connection, sandbox: Sandbox
) -> None:
    company = sandbox.company("twin", entries=600)
    assert night(dsn, company).errors == {}
    grant = f"sandbox-grant-{company.id}"
    copy = replace(company, id="twin_copy")

    def lands(who: Company) -> None:
        land(warehouse, dsn, who.client(grant=grant), who.agreement, "self")

    with pytest.raises(ConfigError, match=rf"whose books agreement '{company.id}' holds.*twice"):
        lands(copy)
    lands(company)  # the first one goes on
    lands(replace(copy, replaces=company.id))
    # Who comes after the one that took over names that one.
    refresh(warehouse, copy.agreement, RunRequest())
    third = replace(company, id="twin_third")
    with pytest.raises(ConfigError, match="whose books agreement 'twin_copy' holds"):
        lands(third)
    lands(replace(third, replaces="twin_copy"))
