"""Under fire: every fault of the sandbox at each kind of answer that Xledger gives; what must hold is in fire.py."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from saldo.declarations.source import EVERYTHING
from saldo.errors import AuthError, BadResponse, RateLimited, SaldoError, Unavailable
from saldo.run_request import RunRequest
from saldo.staging.records import Decoder
from saldo.transport import Policy
from saldo.warehouse.connection import Connection, connect
from tests.landing import fire
from tests.landing.fire import COMMON, POLICY, RUNS, Found, Mode, Trouble
from tests.support import Sandbox, land, night, proven, snapshot_of_mart
from tests.xledger import ENTITIES, XledgerCompany, assert_facts_are_true, xledger_company

#: Rows of a page.
PAGE = 40
#: Days of several pages.
WINDOW = (date(2026, 3, 1), date(2026, 6, 30))

#: Errors come with 400, too, and one that nobody has documented may pass; ids are numbers in one answer and texts in
#: another.
_OTHERWISE: dict[str, type[SaldoError] | None] = {"400": Unavailable, "retyped-key": None}
TROUBLES = [
    # Pages are asked for by the cursor of a row: none shifts.
    *(
        replace(one, error=_OTHERWISE.get(one.name, one.error))
        for one in COMMON
        if one.fault["kind"] != "shift"
    ),
    Trouble("expired", {"kind": "expired"}, AuthError),
    Trouble("scope", {"kind": "scope"}, AuthError),
    Trouble("graphql-error", {"kind": "graphql_error"}, Unavailable),
    Trouble("partial", {"kind": "partial"}, Unavailable, has_records=True),
    Trouble("query-timeout", {"kind": "query_timeout"}, Unavailable),
    Trouble("burst", {"kind": "burst"}, RateLimited),
    Trouble("concurrency", {"kind": "concurrency"}, RateLimited),
    Trouble("credits", {"kind": "credits"}, RateLimited),
    Trouble("unknown-field", {"kind": "unknown_field"}, BadResponse),
    Trouble("repeated", {"kind": "repeated", "count": 3}, has_records=True),
    Trouble("shuffled", {"kind": "shuffled"}, has_records=True),
]

# --- what is asked -------------------------------------------------------------------------------

POSTING = {"key": "node.dbId", "value": "node.amount", "moment": "node.header.postedDate"}
PARTY = {"key": "node.dbId", "value": "node.description"}
HOURS = {"key": "node.dbId", "value": "node.workingHours", "moment": "node.assignmentDate"}
RATE = {"key": "node.dbId", "value": "node.currencyFromCode", "moment": "node.fromDate"}
DAMAGE = (
    "update {t} set payload_hash = '', payload = payload || '{{\"damaged\": true}}' "
    "where agreement_id = %(id)s"
)
DAMAGE_IN_WINDOW = DAMAGE + " and (payload #>> %(dated)s)::date between %(first)s and %(last)s"
#: The stream is read again from where it stood four days ago, and what it tells has gone or was never there.
FOUR_DAYS_AGO = (
    "update ops.watermark set resume = null, cursor = cursor || jsonb_build_object('cursor', %(was)s::text, "
    "'told_at', cursor -> 'since') where agreement_id = %(id)s and entity = %(entity)s"
)
UNTOLD = "delete from {t} where agreement_id = %(id)s and source_key = any(%(told)s)"
#: So that what is left out of the stream is in no fact either.
UNPUBLISHED = (
    "delete from core.ledger_entry where agreement_id = %(id)s and entry_number = any(%(told)s)",
    "delete from mart.fact_journal_entries where agreement_id = %(id)s and entry_number = any(%(told)s)",
)

MODES = [
    Mode("set", "accounts", "accounts", {"key": "node.dbId", "value": "node.description"}, before=(DAMAGE,)),
    Mode("set-dated", "exchange_rates", "exchangeRates", RATE, before=(DAMAGE,)),
    Mode("first", "transactions", "transactions", POSTING, is_first=True),
    Mode("first-register", "customers", "customers", PARTY, is_first=True),
    Mode("first-cursor", "suppliers", "supplier_deltas", is_first=True),
    Mode("changes", "transactions", "transaction_deltas", POSTING, before=(UNTOLD, *UNPUBLISHED, FOUR_DAYS_AGO)),
    Mode("changes-register", "customers", "customer_deltas", PARTY, before=(UNTOLD, FOUR_DAYS_AGO)),
    Mode("window", "transactions", "transactions", POSTING, before=(DAMAGE_IN_WINDOW,), is_window=True),
    Mode("window-hours", "timesheets", "timesheets", HOURS, before=(DAMAGE_IN_WINDOW,), is_window=True),
]  # fmt: skip
KINDS = (
    ("set", "set-dated"),
    ("first", "first-register"),
    ("changes", "changes-register"),
    ("first-cursor", "window", "window-hours"),
)

#: What cannot be told from the truth the same night, since Xledger counts nothing.
LEFT_OUT = ("missing", "missing-once")
UNNOTICED = {
    # A row that a set leaves out is taken for deleted until the set shows it again.
    **{(mode, trouble): Found.NEXT_NIGHT for mode in ("set", "set-dated") for trouble in (*LEFT_OUT, "empty", "retyped-key")},
    # An empty set is read once more, and an empty stream from the same place.
    **{(mode, "empty"): Found.NEXT_NIGHT for mode in ("first", "first-register", "changes", "changes-register")},
    # Of the ledger, the sums tell.
    **{(mode, trouble): Found.PROOF for mode in ("first", "changes") for trouble in LEFT_OUT},
    # A line of 0.00 moves no sum.
    ("first", "missing-once"): Found.WEEKLY,
    # Of a register, nothing does.
    **{(mode, trouble): Found.WEEKLY for mode in ("first-register", "changes-register") for trouble in LEFT_OUT},
    # What a window leaves out is asked for by id: only where that is left out, too, it is taken for deleted.
    **{("window", trouble): Found.PROOF for trouble in ("missing", "empty")},
    **{("window-hours", trouble): Found.WEEKLY for trouble in ("missing", "empty")},
    # An id that is written otherwise is no other record.
    **{(mode.name, "retyped-key"): Found.WEEKLY for mode in MODES if not mode.name.startswith("set")},
}  # fmt: skip


def test_every_mode_is_of_a_kind() -> None:
    assert sorted(itertools.chain(*KINDS)) == sorted(mode.name for mode in MODES)


# --- the scene -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as found:
        yield found


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saldo.vendors.xledger.page_size.SMALLEST", 20)
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)


class Scene:
    """See fire.Scene."""

    def __init__(self, dsn: str, sandbox: Sandbox) -> None:
        self.dsn = dsn
        self.books = xledger_company(
            sandbox,
            "xfire",
            rows=PAGE,
            entries=700,
            customers=90,
            suppliers=90,
            currencies=["EUR"],
            xledger_retention_days=30,
        )
        assert night(dsn, self.books).errors == {}
        with connect(dsn) as connection:
            found = connection.execute(
                "select entity, cursor ->> 'cursor' from ops.watermark where agreement_id = %s",
                [self.books.id],
            ).fetchall()
        self.was: dict[str, str] = dict(found)
        self.books.next_day(4)
        assert night(dsn, self.books).errors == {}
        self.told = {
            name: [
                str(edge.change.db_id)
                for edge in self.books.client().changes(ENTITIES[name], self.was[name])
                if edge.change
            ]
            for name in ("transactions", "customers")
        }
        assert all(self.told.values())

    @cache  # noqa: B019
    def vendor(self, where: str, entity: str) -> dict[str, Any]:
        pages = self.books.client().pages(ENTITIES[entity], EVERYTHING)
        decoder = Decoder(ENTITIES[entity], "")
        rows = (row for page in pages for row in decoder.rows(page))
        return {row.source_key: json.loads(row.payload) for row in rows}

    def company(self, where: str) -> XledgerCompany:
        return self.books

    def agreement(self, mode: Mode) -> XledgerCompany:
        if not mode.is_first:
            return self.books
        token = f"sandbox-xledger-token-{self.books.id}"
        more = {"replaces": self.books.id}
        return replace(self.books, id=f"{self.books.id}_{next(RUNS)}", token=token, more=more)

    def land(
        self,
        connection: Connection,
        mode: Mode,
        who: Any,
        policy: Policy = POLICY,
        *,
        after: timedelta | None = None,
    ) -> SaldoError | None:
        run_id, now = f"night {next(RUNS)}", datetime.now(UTC) + (after or timedelta(0))
        is_window = mode.is_window and after is None
        run_request = RunRequest("window", WINDOW) if is_window else RunRequest()
        try:
            client = who.client(policy=policy)
            land(
                connection,
                self.dsn,
                client,
                who.agreement,
                mode.entity,
                run_request=run_request,
                now=now,
                run_id=run_id,
            )
        except SaldoError as error:
            return error
        return None

    def take_back(self, connection: Connection, mode: Mode, who: Any) -> None:
        values = {
            "id": who.id,
            "entity": mode.entity,
            "was": self.was.get(mode.entity),
            "told": self.told.get(mode.entity, []),
            "dated": str(ENTITIES[mode.entity].window).split("."),
            "first": WINDOW[0],
            "last": WINDOW[1],
        }
        for statement in mode.before:
            connection.execute(statement.format(t=f"staging.xledger_{mode.entity}"), values)


@pytest.fixture(scope="module")
def scene(dsn: str, sandbox: Sandbox) -> Scene:
    return Scene(dsn, sandbox)


# --- the matrix ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "trouble"), fire.cases(MODES, KINDS, TROUBLES))
def test_nothing_half_while_it_lasts_and_the_truth_after(
    connection: Connection, scene: Scene, mode: Mode, trouble: Trouble
) -> None:
    fire.assert_nothing_half_while_it_lasts_and_the_truth_after(
        connection, scene, mode, trouble, unnoticed=UNNOTICED
    )


@pytest.mark.parametrize("entity", ["accounts", "employees", "transactions", "ar_transactions"])
def test_the_trouble_of_one_entity_is_nobody_else_s(
    dsn: str, connection: Connection, scene: Scene, entity: str
) -> None:
    """A whole night: the others land, the facts stay as they are."""
    assert night(dsn, scene.books).errors == {}
    before = snapshot_of_mart(connection, scene.books.id)
    root = ENTITIES[entity].path
    scene.books.fault(
        "drop", match=root if entity == "accounts" else f"{root[:-1]}_deltas", times=999
    )
    done = night(dsn, scene.books)
    assert set(done.errors) == {entity}
    assert set(done.counts) == set(ENTITIES) - {entity}
    assert snapshot_of_mart(connection, scene.books.id) == before
    scene.books.sandbox.clear_faults()


def test_after_all_of_it_the_facts_are_true(dsn: str, scene: Scene) -> None:
    assert night(dsn, scene.books).errors == {}
    assert_facts_are_true(dsn, scene.books)
    assert not proven(dsn, scene.books).bad
