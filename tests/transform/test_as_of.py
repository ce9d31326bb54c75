"""The ledger as it was: of every night what the facts were when it had ended, for each vendor, and what changed since."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from saldo.transform.replay import COLUMNS
from saldo.warehouse.connection import Connection, connect
from tests.moneybird import moneybird_company
from tests.support import Sandbox, night
from tests.xledger import xledger_company

NIGHTS = 4
#: Keys of members that came later lead to them.
_KEYS = [
    name
    for name in COLUMNS
    if name.endswith("_key") and name not in ("journal_entry_key", "agreement_key", "voucher_key")
]
_SAID = [name for name in COLUMNS if name not in _KEYS]

#: A difference in one of these is a change.
_COMPARED = (
    "voucher_number", "date", "text", "currency", "amount", "amount_base", "vat_code", "invoice_number", "due_date",
)  # fmt: skip
Row = dict[str, Any]


def facts(connection: Connection, of: str, source: str) -> dict[str, Row]:
    rows = connection.execute(
        f"select {', '.join(COLUMNS)} from {source} as f where f.agreement_id = %s", [of]
    ).fetchall()
    found = {row[3]: dict(zip(COLUMNS, row, strict=True)) for row in rows}
    assert len(found) == len(rows)
    return found


def now(connection: Connection) -> datetime:
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row
    return row[0].astimezone(UTC).replace(tzinfo=None)  # type: ignore[no-any-return]


def assert_equal(then: dict[str, Row], kept: dict[str, Row]) -> None:
    assert then.keys() == kept.keys()
    differing = {
        (key, name): (then[key][name], row[name])
        for key, row in kept.items()
        for name in COLUMNS
        if then[key][name] != row[name] and not (name in _KEYS and row[name] == -1)
    }
    assert not differing, (len(differing), list(differing.items())[:5])


COMPANIES = {
    "economic": lambda sandbox: sandbox.company(
        "asof", entries=600, renumbers=True, deletions=True, reopens_on=1
    ),
    "xledger": lambda sandbox: xledger_company(sandbox, "asofx", entries=600, deletions=True),
    "moneybird": lambda sandbox: moneybird_company(
        sandbox, "asofm", entries=400, currencies=["USD"]
    ),
}


@pytest.mark.parametrize("vendor", COMPANIES)
def test_as_of_each_night_is_what_the_facts_were(vendor: str, sandbox: Sandbox, dsn: str) -> None:
    company = COMPANIES[vendor](sandbox)
    kept: list[tuple[datetime, dict[str, Row]]] = []
    with connect(dsn) as connection:
        for _ in range(NIGHTS):
            assert not night(dsn, company).errors
            kept.append(
                (now(connection), facts(connection, company.id, "mart.fact_journal_entries"))
            )
            company.next_day()
        assert len({str(rows) for _, rows in kept}) > 1
        for moment, rows in kept:
            source = f"mart.journal_entries_as_of(timestamp '{moment}', '{company.id}')"
            assert_equal(facts(connection, company.id, source), rows)
            changed = connection.execute(
                "select entry_number, change, amount_base, old_amount_base, changed_at, run_id "
                "from mart.journal_entries_changed_since(%s, %s)", [moment, company.id],
            ).fetchall()  # fmt: skip
            last = kept[-1][1]
            named = {row[0]: row[1] for row in changed}
            assert {
                key for key, what in named.items() if what == "added"
            } == last.keys() - rows.keys()
            assert {
                key for key, what in named.items() if what == "removed"
            } == rows.keys() - last.keys()
            for key, _, amount, old, at, run_id in changed:
                assert amount == (last[key]["amount_base"] if key in last else None)
                assert old == (rows[key]["amount_base"] if key in rows else None)
                # A posting that follows from other documents than its own says nothing of when.
                assert (at is None and vendor == "moneybird") or (at > moment and run_id)
            same = rows.keys() & last.keys() - named.keys()
            for name in _COMPARED:
                assert all(rows[key][name] == last[key][name] for key in same)
        before = "mart.journal_entries_as_of(timestamp '2001-01-01', %s)"
        assert connection.execute(f"select count(*) from {before}", [company.id]).fetchone() == (0,)


def test_what_is_not_kept_any_more_is_said(warehouse: Connection) -> None:
    warehouse.execute(
        "insert into ops.removal values ('r', 'staging.history', '2024-01-01 00:00+00', 5, null, '2027-01-01')"
    )
    for function in ("journal_entries_as_of", "journal_entries_changed_since"):
        with pytest.raises(
            psycopg.DataError,
            match=r"what the books were at 2023-12-31 23:00:00 is not known any more: .* since 2024-01-01",
        ):
            warehouse.execute(f"select * from mart.{function}('2023-12-31 23:00')".encode())
        assert (
            warehouse.execute(
                f"select * from mart.{function}('2024-01-02', 'nobody')".encode()
            ).fetchall()
            == []
        )
        with pytest.raises(psycopg.Error, match="say of which moment"):
            warehouse.execute(f"select * from mart.{function}(null)".encode())
