"""Under fire: every fault of the sandbox at each kind of answer that Moneybird gives; what must hold is in fire.py."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from saldo.declarations.source import EVERYTHING, Keys
from saldo.errors import AuthError, BadResponse, SaldoError
from saldo.run_request import RunRequest
from saldo.staging.records import Decoder
from saldo.transport import Policy
from saldo.warehouse.connection import Connection, connect
from saldo.ways.versions import Versions
from tests.landing import fire
from tests.landing.fire import COMMON, POLICY, RUNS, Found, Mode, Trouble
from tests.moneybird import ENTITIES, MoneybirdCompany, moneybird_company
from tests.support import Sandbox, land, night

#: Records of a slice, and of a page.
SLICE = 15
WINDOW = (date(2026, 1, 1), date(2026, 12, 31))

#: An id is digits, in a text or as a number.
_OTHERWISE: dict[str, type[SaldoError] | None] = {"retyped-key": None}
TROUBLES = [
    *(replace(one, error=_OTHERWISE.get(one.name, one.error)) for one in COMMON),
    Trouble("expired", {"kind": "expired"}, AuthError),
    Trouble("scope", {"kind": "module"}, AuthError),
    Trouble("foreign-link", {"kind": "foreign_link"}),
    Trouble("count-one-more", {"kind": "wrong_count", "by": 1}),
    Trouble("half", {"kind": "half"}, has_records=True),
    Trouble("half-once", {"kind": "half", "times": 1}, has_records=True),
]

# --- what is asked -------------------------------------------------------------------------------

DAMAGE = (
    "update {t} set payload_hash = '', payload = payload || '{{\"version\": 1, \"damaged\": true}}' "
    "where agreement_id = %(id)s"
)
DAMAGE_IN_WINDOW = DAMAGE + " and (payload ->> %(dated)s)::date between %(first)s and %(last)s"
ACCOUNT = {"key": "id", "value": "name"}
RATE = {"key": "id", "value": "tax_rate_type"}
LISTED = {"key": "id", "value": "version"}
DOCUMENT = {"key": "id", "value": "state", "moment": "date"}
PERSON = {"key": "id", "value": "version"}

#: Of a list, versions may be texts.
VERSIONS = (BadResponse,)
INVOICES, RECEIPTS = "documents/purchase_invoices/sync", "documents/receipts/sync"
MODES = [
    Mode("set", "ledger_accounts", "GET ledger_accounts", ACCOUNT, before=(DAMAGE,)),
    Mode("set-pages", "tax_rates", "GET tax_rates", RATE, before=(DAMAGE,)),
    Mode("report", "general_ledger", "GET reports/general_ledger", before=(DAMAGE,)),
    Mode("first-list", "receipts", f"GET {RECEIPTS}", LISTED, is_first=True, forgives=VERSIONS),
    Mode("first-slice", "receipts", f"POST {RECEIPTS}", DOCUMENT, is_first=True),
    Mode("list", "purchase_invoices", f"GET {INVOICES}", LISTED, before=(DAMAGE,), forgives=VERSIONS),
    Mode("slice", "purchase_invoices", f"POST {INVOICES}", DOCUMENT, before=(DAMAGE,)),
    Mode("slice-2", "contacts", "POST contacts/sync", PERSON, before=(DAMAGE,), after=1),
    Mode("window-list", "purchase_invoices", f"GET {INVOICES}", LISTED, before=(DAMAGE_IN_WINDOW,), is_window=True, forgives=VERSIONS),
    Mode("window-slice", "purchase_invoices", f"POST {INVOICES}", DOCUMENT, before=(DAMAGE_IN_WINDOW,), is_window=True),
]  # fmt: skip
KINDS = (
    ("set", "set-pages", "report"),
    ("first-list", "list", "window-list"),
    ("first-slice", "slice", "slice-2", "window-slice"),
)
LEFT_OUT = ("missing", "missing-once", "half", "half-once")
UNNOTICED: dict[tuple[str, str], Found] = {
    # A register without a count: what it leaves out is taken for deleted until it shows it again.
    **{("set", trouble): Found.NEXT_NIGHT for trouble in (*LEFT_OUT, "retyped-key")},
    ("set-pages", "retyped-key"): Found.NEXT_NIGHT,
    # What a list of versions leaves out is not deleted; but what has not landed yet is not missed.
    **{("first-list", trouble): Found.NEXT_NIGHT for trouble in (*LEFT_OUT, "empty")},
    # An id that is written otherwise is no other record.
    **{(mode, "retyped-key"): Found.WEEKLY for mode in ("first-slice", "slice", "slice-2", "window-slice")},
}  # fmt: skip


def test_every_mode_is_of_a_kind() -> None:
    assert sorted(itertools.chain(*KINDS)) == sorted(mode.name for mode in MODES)


# --- the scene -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as found:
        yield found


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saldo.vendors.moneybird.filters.MOST", SLICE)
    monkeypatch.setattr("saldo.landing.chunks.PAGES_PER_CHUNK", 1)


class Scene:
    """See fire.Scene."""

    def __init__(self, dsn: str, sandbox: Sandbox) -> None:
        self.dsn = dsn
        self.books = moneybird_company(
            sandbox, "mbfire", entries=250, customers=25, suppliers=20, currencies=["USD"]
        )
        self.books.next_day(4)
        assert night(dsn, self.books).errors == {}

    @cache  # noqa: B019
    def vendor(self, where: str, entity: str) -> dict[str, Any]:
        client, of = self.books.client(), ENTITIES[entity]
        request: Any = EVERYTHING
        if isinstance(of.reads, Versions):
            request = Keys(tuple(key for part in client.versions(of) for key, _ in part))
        decoder = Decoder(of, "")
        rows = (row for page in client.pages(of, request) for row in decoder.rows(page))
        return {row.source_key: json.loads(row.payload) for row in rows}

    def company(self, where: str) -> MoneybirdCompany:
        return self.books

    def agreement(self, mode: Mode) -> MoneybirdCompany:
        if not mode.is_first:
            return self.books
        more = {"replaces": self.books.id}
        token = self.books.own_token
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
        is_window = mode.is_window and after is None
        try:
            land(
                connection,
                self.dsn,
                who.client(policy=policy),
                who.agreement,
                mode.entity,
                run_request=RunRequest("window", WINDOW) if is_window else RunRequest(),
                now=datetime.now(UTC) + (after or timedelta(0)),
                run_id=f"night {next(RUNS)}",
            )
        except SaldoError as error:
            return error
        return None

    def take_back(self, connection: Connection, mode: Mode, who: Any) -> None:
        values = {"id": who.id, "dated": "date", "first": WINDOW[0], "last": WINDOW[1]}
        for statement in mode.before:
            connection.execute(statement.format(t=f"staging.moneybird_{mode.entity}"), values)


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
