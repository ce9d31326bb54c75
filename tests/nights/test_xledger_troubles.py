"""What goes wrong at Xledger, and what a company's nights make of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from saldo.errors import AuthError, BadResponse, ConfigError, NotProven
from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection, connect
from saldo.ways.plan import ReadChanges, ReadEverything
from tests.nights.test_xledger import (
    STREAMS,
    assert_as_rebuilt,
    assert_landed,
    at_the_vendor,
)
from tests.recorded import Uncounted
from tests.support import IS_WHOLE_SUITE, Sandbox, agreement, land, night, proven
from tests.xledger import ENTITIES, XledgerCompany, assert_facts_are_true, xledger_company

SMALL: dict[str, Any] = {"entries": 700, "customers": 30, "suppliers": 12}
#: Kinds of fault -> what more they say, and whether a night gets over them by itself.
FAULTS: dict[str, tuple[dict[str, Any], bool]] = {
    "graphql_error": ({}, True),
    "partial": ({}, True),
    "query_timeout": ({}, True),
    "burst": ({}, False),
    "concurrency": ({}, True),
    "credits": ({"retry_after": 1}, True),
    "unknown_field": ({}, False),
    "repeated": ({}, True),
    "500": ({}, True),
    "drop": ({}, True),
    "truncate": ({}, True),
    "html": ({}, True),
}


def note_of(dsn: str, company: XledgerCompany, entity: str) -> str:
    with connect(dsn) as connection:
        row = connection.execute(
            "select coalesce(note, '') || coalesce(error_message, '') from ops.sync_run where agreement_id = %s "
            "and entity = %s order by sync_run_id desc limit 1",
            [company.id, entity],
        ).fetchone()
    assert row
    return str(row[0])


def assert_true(dsn: str, company: XledgerCompany) -> None:
    assert_landed(dsn, company)
    assert_facts_are_true(dsn, company)
    assert not proven(dsn, company).bad
    assert_as_rebuilt(dsn, company)


# --- streams -------------------------------------------------------------------------------------


def test_a_gap_of_four_days_is_read_in_full_and_says_so(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xgap", **SMALL)
    night(dsn, company)
    company.next_day(4)
    done = night(dsn, company, now=datetime.now(UTC) + timedelta(days=4))
    assert not done.errors
    assert {name: type(done.reads[name]) for name in STREAMS} == dict.fromkeys(
        STREAMS, ReadEverything
    )
    assert "older than 60 hours" in note_of(dsn, company, "transactions")
    assert_true(dsn, company)


def test_a_hole_in_the_stream_is_found_by_the_balances_and_read_in_full(
    sandbox: Sandbox, dsn: str
) -> None:
    company = xledger_company(sandbox, "xhole", **SMALL)
    night(dsn, company)
    company.next_day(6)
    # As if nobody had noticed: the vendor has forgotten the first of these days, and does not say so.
    assert not night(dsn, company).errors
    with pytest.raises(
        NotProven, match=r"the next run reads all of .*transactions.* again by itself"
    ):
        proven(dsn, company)
    done = night(dsn, company)
    assert all(isinstance(done.reads[name], ReadEverything) for name in STREAMS)
    assert "did not come to the vendor's own totals" in note_of(dsn, company, "transactions")
    assert_true(dsn, company)
    company.next_day()
    assert isinstance(night(dsn, company).reads["transactions"], ReadChanges)


def test_postings_of_customers_that_the_ledger_does_not_have_are_named_and_read_again(
    sandbox: Sandbox, dsn: str
) -> None:
    company = xledger_company(sandbox, "xsubledger", **SMALL)
    night(dsn, company)
    company.next_day()
    company.fault("empty", match="arTransaction_deltas", times=10)
    assert not night(dsn, company).errors
    sandbox.clear_faults()
    with pytest.raises(NotProven) as told:
        proven(dsn, company)
    assert "subledger_accounts, account 5600" in str(told.value)
    assert "mode=full entities=ar_transactions" in str(told.value)
    assert "the next run reads all of ar_transactions again by itself" in str(told.value)
    done = night(dsn, company)
    assert {name for name in STREAMS if isinstance(done.reads[name], ReadEverything)} == {
        "ar_transactions"
    }
    assert "those of the ledger on the same accounts" in note_of(dsn, company, "ar_transactions")
    assert_true(dsn, company)


def test_what_is_booked_before_a_subledger_lands_is_no_difference(
    sandbox: Sandbox, dsn: str
) -> None:
    company = xledger_company(sandbox, "xmeanwhile", **SMALL)
    night(dsn, company)

    def book(step: str) -> None:
        if step == "ap_transactions":
            company.next_day()

    night(dsn, company, before=book)
    proof = proven(dsn, company)
    assert "fact_payables not compared: entries were booked meanwhile" in proof.notes
    assert not proof.bad
    assert "fact_receivables" in {c.entity for c in proof.comparisons}
    night(dsn, company)
    assert_true(dsn, company)


@pytest.mark.parametrize(
    ("entity", "fact", "other"),
    [
        ("ar_transactions", "fact_receivables", "fact_payables"),
        ("ap_transactions", "fact_payables", "fact_receivables"),
    ],
)
def test_a_subledger_that_is_left_out_after_it_landed_is_not_compared(
    sandbox: Sandbox, dsn: str, entity: str, fact: str, other: str
) -> None:
    company = xledger_company(sandbox, f"xwithout{entity[:2]}", **SMALL)
    night(dsn, company)
    company.without, company.more = (entity,), {"exclude": (entity,)}
    company.next_day(2)
    assert not night(dsn, company).errors
    proof = proven(dsn, company)
    assert f"{fact} was not compared: the agreement leaves {entity} out" in proof.notes
    assert {c.entity for c in proof.comparisons if c.control == "subledger_accounts"} == {other}
    assert not proof.is_held_back
    company.without, company.more = (), {}
    assert not night(dsn, company).errors
    assert fact in {c.entity for c in proven(dsn, company).comparisons}
    assert_true(dsn, company)


def test_a_ledger_that_is_left_out_after_it_landed_is_not_proven(
    sandbox: Sandbox, dsn: str
) -> None:
    company = xledger_company(sandbox, "xwithoutledger", **SMALL)
    night(dsn, company)
    company.without, company.more = ("transactions",), {"exclude": ("transactions",)}
    company.next_day(2)
    assert not night(dsn, company).errors
    proof = proven(dsn, company)
    assert "the ledger was not compared: the agreement leaves transactions out" in proof.notes
    assert (proof.comparisons, proof.is_held_back) == ([], True)


def test_what_is_left_out_is_in_no_promise_of_the_next_run(sandbox: Sandbox, dsn: str) -> None:
    """Which is made although a line is set aside: the stream may have lost others."""
    company = xledger_company(sandbox, "xwithoutpromise", **SMALL)
    night(dsn, company)
    company.without, company.more = ("timesheets",), {"exclude": ("timesheets",)}
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_journal_entries set amount_base = amount_base + 1 where agreement_id = %s",
            [company.id],
        )
        connection.execute(
            "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, "
            "change_seq) values (%s, 'transactions', '1', 'amount', '1e30', 'is too large', now(), 0)",
            [company.id],
        )
    with pytest.raises(NotProven, match=r"the next run reads all of .* again") as told:
        proven(dsn, company)
    assert "timesheets" not in str(told.value)


def test_one_damaged_payable_is_found_and_named(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xpayable", **SMALL)
    night(dsn, company)
    with connect(dsn) as connection:
        connection.execute(
            "update mart.fact_payables set amount_base = amount_base + 0.01 where agreement_id = %s "
            "and entry_number = (select min(entry_number) from mart.fact_payables where agreement_id = %s)",
            [company.id, company.id],
        )
    with pytest.raises(
        NotProven, match=r"account 6800 .*the ledger's postings say .* difference 0.01 NOK"
    ):
        proven(dsn, company)


def test_a_quiet_night_asks_little(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xquiet", **SMALL)
    night(dsn, company)
    proven(dsn, company)
    done = night(dsn, company)
    assert sum(counts.changed for counts in done.counts.values()) == 0
    proven(dsn, company)
    with connect(dsn) as connection:
        rows = connection.execute(
            "select entity, requests from ops.sync_run where agreement_id = %s and run_id = %s",
            [company.id, company.run_id],
        ).fetchall()
    spent = dict(rows)
    # Small sets share a client, whose requests are counted with the set that made them.
    assert sum(spent.values()) <= 25, spent


@pytest.mark.parametrize("kind", FAULTS if IS_WHOLE_SUITE else list(FAULTS)[::3])
def test_trouble_in_a_first_load_and_in_changes(sandbox: Sandbox, dsn: str, kind: str) -> None:
    more, passes = FAULTS[kind]
    company = xledger_company(sandbox, f"x{kind}", **SMALL)
    company.fault(kind, match="transactions", **more)
    assert (set(night(dsn, company).errors) == set()) == passes
    assert not night(dsn, company).errors
    company.next_day()
    company.fault(kind, match="transaction_deltas", **more)
    assert (set(night(dsn, company).errors) == set()) == passes
    sandbox.clear_faults()
    assert not night(dsn, company).errors
    assert_true(dsn, company)


def test_pages_that_time_out_become_smaller(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xpages", xledger_page=300, **SMALL)
    assert not night(dsn, company).errors
    assert_true(dsn, company)


# --- who may read what ---------------------------------------------------------------------------


def test_a_scope_that_is_missing_fails_its_entity_alone_and_is_named(
    sandbox: Sandbox, dsn: str
) -> None:
    company = xledger_company(sandbox, "xscope", **SMALL)
    company.fault("scope", match="employees", times=10)
    company.fault("scope", match="employee_deltas", times=10)
    done = night(dsn, company)
    assert set(done.errors) == {"employees"}
    assert isinstance(done.errors["employees"], AuthError)
    assert "may not read employees; make one at Xledger with the read scope" in str(
        done.errors["employees"]
    )
    sandbox.clear_faults()
    assert not night(dsn, company).errors
    assert_true(dsn, company)


def test_a_field_the_schema_has_not_is_named_with_its_entity(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xfield", **SMALL)
    company.fault("unknown_field", match="projects")
    done = night(dsn, company)
    assert set(done.errors) == {"projects"}
    assert isinstance(done.errors["projects"], BadResponse)
    assert "which entity projects asks for; `make check AGREEMENT=" in str(done.errors["projects"])


def test_a_balance_that_comes_twice_counts_once(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xltwice", **SMALL)
    assert not night(dsn, company).errors
    company.fault("repeated", match="accountBalances", count=20, times=99)
    assert not proven(dsn, company).bad
    sandbox.clear_faults()


#: What a schema may lack, and entity -> fields that its records are without.
LACKS: tuple[tuple[tuple[str, ...], dict[str, str]], ...] = (
    (
        ("Period.periodStatus", "Period.description"),
        {"periods": "description, periodStatus"},
    ),
    (
        ("SubledgerFields.address", "Customer.address", "Customer_Delta.address", "Company.companyNumber"),
        {"customers": "company.companyNumber, address", "suppliers": "company.companyNumber"},
    ),
    (
        tuple(f"Query.{root}.objectStatus" for root in ("entities", "exchangeRates", "transactions", "transaction_deltas")),
        {},
    ),
)  # fmt: skip


@pytest.mark.parametrize(("lacks", "left_out"), LACKS, ids=["status", "address", "arguments"])
def test_what_a_record_may_be_without_is_not_asked_for_where_the_schema_has_it_not(
    sandbox: Sandbox, dsn: str, lacks: tuple[str, ...], left_out: dict[str, str]
) -> None:
    company = xledger_company(sandbox, "xlacks", xledger_lacks=lacks, **SMALL)
    for _ in range(2):
        done = night(dsn, company)
        assert not done.errors
        for entity in ("accounts", *left_out):
            note = note_of(dsn, company, entity)
            assert (f"schema has no {left_out.get(entity)}: empty in what was read" in note) == (
                entity in left_out
            )
        assert_true(dsn, company)
        company.next_day()


def test_an_entity_below_is_landed_by_the_token_above_without_the_others(
    sandbox: Sandbox, dsn: str
) -> None:
    above = xledger_company(sandbox, "xabove", xledger_db_id=2_001, **SMALL)
    company = xledger_company(
        sandbox, "xbelow", xledger_db_id=2_002, xledger_above=above.id, **SMALL
    )
    xledger_company(sandbox, "xbeside", xledger_db_id=2_003, xledger_above=above.id, **SMALL)
    company.token, company.owner = f"sandbox-xledger-token-{above.id}", "2002"
    for _ in range(2):
        done = night(dsn, company)
        assert not done.errors
        assert_true(dsn, company)
        company.next_day()
    with connect(dsn) as connection:
        owners = connection.execute(
            "select distinct payload ->> 'ownerDbId' from staging.xledger_transactions where agreement_id = %s",
            [company.id],
        ).fetchall()
        customers = connection.execute(
            "select distinct payload ->> 'ownerDbId' from staging.xledger_customers where agreement_id = %s",
            [company.id],
        ).fetchall()
        shared = connection.execute(
            "select distinct payload ->> 'ownerDbId' from staging.xledger_tax_rules where agreement_id = %s",
            [company.id],
        ).fetchall()
    assert {owner for (owner,) in owners} == {"2002"}
    # What the entity above has made is for all below it; what one beside it has made is not.
    assert {owner for (owner,) in customers} == {"2001", "2002"}
    assert shared == [("2001",)]
    # A first look sees rows, too, where those of the entity above come first.
    for name in ("periods", "account_balances"):
        assert company.client().sample(ENTITIES[name]).records


def test_a_token_of_another_owner_lands_nothing(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xowner", **SMALL)
    company.owner = "14321"
    done = night(dsn, company)
    assert isinstance(done.errors["entities"], ConfigError)
    assert "does not reach entity 14321" in str(done.errors["entities"])
    company.owner = None
    assert not night(dsn, company).errors
    other = xledger_company(sandbox, "xother", **SMALL)
    company.token = f"sandbox-xledger-token-{other.id}"
    done = night(dsn, company)
    assert "but earlier runs landed" in str(done.errors["entities"])


# --- what is odd ---------------------------------------------------------------------------------


def test_two_customers_with_one_code_are_two(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xcodes", **SMALL)
    night(dsn, company)
    codes = [record["code"] for record in at_the_vendor(company, "customers").values()]
    doubled = {code for code in codes if codes.count(code) > 1}
    assert doubled
    with connect(dsn) as connection:
        rows = connection.execute(
            "select d.customer_number, count(*), count(distinct d.customer_key) from mart.dim_customer as d inner join mart.dim_agreement as a "
            "on a.agreement_key = d.agreement_key where a.agreement_id = %s group by 1 having count(*) > 1",
            [company.id],
        ).fetchall()
    assert {(number, count, keys) for number, count, keys in rows} == {
        (code, codes.count(code), codes.count(code)) for code in doubled
    }


def test_a_window_repairs_what_is_dated_in_it(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xwindow", **SMALL)
    night(dsn, company)
    with connect(dsn) as connection:
        row = connection.execute(
            "update staging.xledger_transactions set payload = jsonb_set(payload, '{amount}', '\"1.00\"') "
            "where agreement_id = %s and source_key = (select max(source_key) from staging.xledger_transactions "
            "where agreement_id = %s) returning payload -> 'header' ->> 'postedDate'",
            [company.id, company.id],
        ).fetchone()
    assert row
    day = date.fromisoformat(row[0])
    done = night(dsn, company, run_request=RunRequest("window", (day, day)))
    assert not done.errors
    assert_true(dsn, company)


def test_a_window_finds_what_the_vendor_does_not_have_and_what_core_has_otherwise(
    sandbox: Sandbox, dsn: str
) -> None:
    """Dates of transactions are in their header."""
    company = xledger_company(sandbox, "xphantom", **SMALL)
    night(dsn, company)
    with connect(dsn) as connection:
        row = connection.execute(
            "insert into staging.xledger_transactions (agreement_id, source_key, payload, payload_hash, landed_at, "
            "run_id, change_seq) select agreement_id, '99', payload || '{\"dbId\": \"99\"}', '', landed_at, run_id, "
            "nextval('staging.change_seq') from staging.xledger_transactions where agreement_id = %s "
            "order by source_key desc limit 1 returning payload -> 'header' ->> 'postedDate'",
            [company.id],
        ).fetchone()
        connection.execute(
            "update core.ledger_entry set amount_base = amount_base + 1 where agreement_id = %s and entry_number = "
            "(select max(entry_number) from core.ledger_entry where agreement_id = %s)",
            [company.id, company.id],
        )
    assert row
    day = date.fromisoformat(row[0])
    assert not night(dsn, company, run_request=RunRequest("window", (day, day))).errors
    assert_true(dsn, company)


def test_norwegian_time_in_the_hours_that_come_twice_or_not_at_all(
    dsn: str, warehouse: Connection
) -> None:
    of = agreement("xhours", vendor="xledger")
    [record, *_] = Uncounted.golden("xledger").records["timesheets"]
    times = {
        "1": "2026-10-25T02:30:00", "2": "2026-03-29T02:30:00", "3": "2026-07-01T12:00:00", "4": None,
    }  # fmt: skip
    records = [{**record, "dbId": key, "approvedAt": time} for key, time in times.items()]
    land(warehouse, dsn, Uncounted({"timesheets": records}), of, "timesheets")
    rows = warehouse.execute(
        "select timesheet_number, to_char(approved_at at time zone 'UTC', 'MM-DD HH24:MI') from core.timesheet "
        "where agreement_id = %s",
        [of.id],
    ).fetchall()
    assert dict(rows) == {"1": "10-25 01:30", "2": "03-29 01:30", "3": "07-01 10:00", "4": None}


@pytest.mark.parametrize(
    "saturday", [date(2026, 10, 24), *([date(2026, 3, 28)] if IS_WHOLE_SUITE else [])]
)
def test_nights_over_a_change_of_the_clock_read_what_changed(
    sandbox: Sandbox, dsn: str, monkeypatch: pytest.MonkeyPatch, saturday: date
) -> None:
    """At three in Oslo, on days of 25 and of 23 hours; one night is missed, and its changes are not."""
    company = xledger_company(sandbox, "xclock", **SMALL)
    for day in (0, 1, 3):
        at_three = datetime.combine(
            saturday + timedelta(days=day), time(3), ZoneInfo("Europe/Oslo")
        )
        moment = at_three.astimezone(UTC)
        for module in ("delta", "full_read"):
            monkeypatch.setattr(f"saldo.ways.{module}.now", lambda moment=moment: moment)
        if day:
            company.next_day(1 if day == 1 else 2)
        done = night(dsn, company, now=moment)
        assert not done.errors
        if day:
            assert {
                name for name in STREAMS if not isinstance(done.reads[name], ReadChanges)
            } == set()
        assert_true(dsn, company)


# --- what core makes of records that depend on each other ----------------------------------------


@pytest.fixture
def core(dsn: str, warehouse: Connection) -> Iterator[Core]:
    return Core(warehouse, dsn, f"xcore{next(_numbers)}")


_numbers = itertools.count(1)


class Core:
    """Recorded records of an agreement, landed one entity at a time."""

    def __init__(self, warehouse: Connection, dsn: str, id: str) -> None:
        self.warehouse, self.dsn = warehouse, dsn
        self.agreement = agreement(id, vendor="xledger")
        self.source = Uncounted.golden("xledger")

    def land(self, entity: str, *records: dict[str, Any]) -> None:
        """These fields in place of those of the first recorded record, each a record of its own."""
        [first, *_] = self.source.records[entity]
        self.source.records[entity] = [{**first, **fields} for fields in records]
        request = RunRequest(confirm_deletes=True)
        land(self.warehouse, self.dsn, self.source, self.agreement, entity, run_request=request)
        self.source.records[entity] = [first]

    def rows(self, select: str) -> list[tuple[Any, ...]]:
        return self.warehouse.execute(
            f"select {select.format(where='agreement_id = %s')}".encode(), [self.agreement.id]
        ).fetchall()


def test_a_code_that_changes_does_not_leave_its_old_row(core: Core) -> None:
    accounts = "account_number, is_deleted from core.account where {where} order by 1"
    core.land("accounts", {"dbId": 1, "code": "3000"}, {"dbId": 2, "code": "4000"})
    core.land("accounts", {"dbId": 1, "code": "3001"}, {"dbId": 2, "code": "4000"})
    assert core.rows(accounts) == [("3000", True), ("3001", False), ("4000", False)]
    core.land("accounts", {"dbId": 1, "code": "3001"}, {"dbId": 2, "code": "3000"})
    assert core.rows(accounts) == [("3000", False), ("3001", False), ("4000", True)]
    core.land("currencies", {"dbId": 1, "code": "NOK"}, {"dbId": 2, "code": "EUR"})
    core.land("currencies", {"dbId": 1, "code": "NOK"}, {"dbId": 2, "code": "SEK"})
    assert core.rows("code from core.currency where {where} and not is_deleted order by 1") == [
        ("NOK",), ("SEK",),
    ]  # fmt: skip
    rule = {"description": "MVA"}
    core.land("tax_rules", {"dbId": 1, "objectValue": {**rule, "code": "3"}})
    core.land("tax_rules", {"dbId": 1, "objectValue": {**rule, "code": "33"}})
    assert core.rows("vat_code, is_deleted from core.vat where {where} order by 1") == [
        ("3", True), ("33", False),
    ]  # fmt: skip


def test_what_says_no_kind_is_other_without_a_word_behind_it(core: Core) -> None:
    """In the ledger as among the postings of customers and suppliers."""
    [line, *_] = core.source.records["transactions"]
    sources: list[dict[str, Any] | None] = [None, {"code": None}, {"code": ""}, {"code": "POS"}]
    core.land(
        "transactions",
        *(
            {"dbId": str(n), "header": {**line["header"], "transactionSource": source}}
            for n, source in enumerate(sources)
        ),
    )
    kinds = [("other",), ("other",), ("other",), ("other_POS",)]
    typed = "entry_type from core.{} where {} order by entry_number"
    assert core.rows(typed.format("ledger_entry", "{where}")) == kinds
    for entity, table in (("ar_transactions", "receivable"), ("ap_transactions", "payable")):
        types: list[dict[str, Any] | None] = [None, {"name": None}, {"name": ""}, {"name": "POS"}]
        core.land(entity, *({"dbId": n, "slTransactionType": one} for n, one in enumerate(types)))
        assert core.rows(typed.format(table, "{where}")) == kinds, table


def _period(key: int, number: int, first: str, last: str, year: int = 2026) -> dict[str, Any]:
    return {
        "dbId": key, "fiscalYear": year, "fiscalPeriod": number, "fromDate": first, "toDate": last,
    }  # fmt: skip


def test_which_periods_are_for_closing_entries(core: Core) -> None:
    adjustments = (
        "source_key from core.period where {where} and is_adjustment and not is_deleted order by 1"
    )
    january, december = ("2026-01-01", "2026-01-31"), ("2026-12-01", "2026-12-31")
    core.land(
        "periods",
        _period(10, 0, *january), _period(11, 1, *january), _period(999, 12, *december),
        _period(1000, 13, *december), _period(1001, 14, "2026-12-31", "2026-12-31"),
    )  # fmt: skip
    assert core.rows(adjustments) == [("10",), ("1000",), ("1001",)]
    # The month it lay in is gone: it is looked at again though it has not changed.
    core.land("periods", _period(10, 0, *january), _period(999, 12, *december))
    assert core.rows(adjustments) == []


def test_a_closing_period_of_the_whole_year_makes_no_month_one(core: Core) -> None:
    adjustments = (
        "source_key from core.period where {where} and is_adjustment and not is_deleted order by 1"
    )
    january, february = ("2026-01-01", "2026-01-31"), ("2026-02-01", "2026-02-28")
    core.land(
        "periods",
        _period(1, 1, *january), _period(2, 2, *february), _period(13, 13, "2026-01-01", "2026-12-31"),
    )  # fmt: skip
    assert core.rows(adjustments) == [("13",)]
    # Thirteen periods of four weeks are none.
    core.land("periods", _period(1, 1, *january), _period(13, 13, *february))
    assert core.rows(adjustments) == []


def test_a_month_that_leaves_its_year_takes_no_closing_period_with_it(core: Core) -> None:
    adjustments = (
        "source_key from core.period where {where} and is_adjustment and not is_deleted order by 1"
    )
    december, day = ("2026-12-01", "2026-12-31"), ("2026-12-31", "2026-12-31")
    core.land("periods", _period(12, 12, *december), _period(13, 13, *day))
    assert core.rows(adjustments) == [("13",)]
    core.land("periods", _period(12, 12, *december, 2025), _period(13, 13, *day))
    assert core.rows(adjustments) == []


def test_a_period_that_comes_to_another_year_takes_its_days_with_it(core: Core) -> None:
    years = "accounting_year, start_date::text, end_date::text, is_deleted from core.accounting_year where {where} order by 1"
    core.land(
        "periods",
        _period(1, 1, "2026-01-01", "2026-01-31"),
        _period(2, 2, "2026-02-01", "2026-02-28"),
    )
    core.land(
        "periods",
        _period(1, 1, "2026-01-01", "2026-01-31"),
        _period(2, 1, "2026-02-01", "2026-02-28", 2027),
    )
    assert core.rows(years) == [
        ("2026", "2026-01-01", "2026-01-31", False), ("2027", "2026-02-01", "2026-02-28", False),
    ]  # fmt: skip


def test_what_a_dimension_holds_follows_the_set_up(core: Core) -> None:
    def slots(*names: str) -> dict[str, Any]:
        return {
            "glSetupEntries": [
                {"fieldObject": {"objectKind": {"dbId": str(place), "name": name}}}
                for place, name in enumerate(names)
            ]
        }

    live = "dimension_number, name, is_project from core.dimension_slot where {where} and not is_deleted order by 1"
    core.land("entities", slots("Avdeling", "Kostnadsbærer", "Prosjekt"))
    assert core.rows(live) == [
        (1, "Avdeling", False),
        (2, "Kostnadsbærer", False),
        (3, "Prosjekt", True),
        (6, "XGL", False),
    ]
    core.land("entities", slots("Avdeling", "B", "C", "D", "E", "Prosjekt"))
    assert [number for number, *_ in core.rows(live)] == [1, 2, 3, 4, 5, 6]
    core.land("entities", slots("Avdeling", "Prosjekt"))
    assert core.rows(live) == [(1, "Avdeling", False), (2, "Prosjekt", True), (6, "XGL", False)]


def test_a_period_that_lands_late_is_shown_on_the_lines_that_state_it(
    sandbox: Sandbox, dsn: str
) -> None:
    company = xledger_company(sandbox, "xlate", **SMALL)
    company.fault("500", match="periods", times=3)
    night(dsn, company)
    assert not night(dsn, company).errors
    assert_true(dsn, company)
    # Again, where a period was known and went: its lines are those of their day, and then its own again.
    with connect(dsn) as connection:
        connection.execute(
            "update core.period set is_deleted = true, change_seq = nextval('core.change_seq') "
            "where agreement_id = %s and is_adjustment",
            [company.id],
        )
    night(dsn, company)
    with connect(dsn) as connection:
        connection.execute(
            "update core.period set is_deleted = false, change_seq = nextval('core.change_seq') "
            "where agreement_id = %s and is_adjustment",
            [company.id],
        )
    assert not night(dsn, company).errors
    assert_true(dsn, company)


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_project_that_only_a_line_names_is_one(sandbox: Sandbox, dsn: str, is_gone: bool) -> None:
    """Its register may land later, or never."""
    company = xledger_company(sandbox, "xlateproject", **SMALL)
    company.fault("500", match="projects", times=99)
    night(dsn, company)
    with connect(dsn) as connection:
        rows = connection.execute(
            "select count(*), count(*) filter (where project_key > 0), count(*) filter (where project_key = -1) "
            "from mart.fact_journal_entries where agreement_id = %s",
            [company.id],
        ).fetchone()
    assert rows
    assert rows[1] > 0
    assert rows[2] == 0
    if not is_gone:
        sandbox.clear_faults()
        assert not night(dsn, company).errors
        assert_true(dsn, company)
    assert_as_rebuilt(dsn, company)


def test_projects_follow_the_dimension_that_holds_them(sandbox: Sandbox, dsn: str) -> None:
    company = xledger_company(sandbox, "xslots", **SMALL)
    night(dsn, company)
    flip = (
        "update core.dimension_slot set is_project = not is_project, change_seq = nextval('core.change_seq') "
        "where agreement_id = %s and name = 'Prosjekt'"
    )
    for is_shown in (False, True):
        with connect(dsn) as connection:
            connection.execute(flip, [company.id])
        night(dsn, company)
        with connect(dsn) as connection:
            row = connection.execute(
                "select count(*) > 0 from mart.fact_journal_entries where agreement_id = %s and project_key > 0",
                [company.id],
            ).fetchone()
        assert row == (is_shown,)
        assert_as_rebuilt(dsn, company)
    assert_true(dsn, company)
