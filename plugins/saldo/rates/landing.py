"""The rates of a bank into the warehouse: what is new each night, the last days again, and everything once a week.

Rates, months and how far was read are written in one transaction: a run that is killed has changed nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from psycopg.types.json import Jsonb

from saldo.banks import Bank
from saldo.banks.ecb import ECB
from saldo.banks.rate import Rate
from saldo.errors import DataRejected, Unavailable
from saldo.runs.sync_run import Counts
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection

from . import arrived
from .months import lock, rebuild, refresh

#: The entity in ops.watermark and ops.sync_run.
ENTITY = "rates"
#: Read again each night: banks correct a rate within days.
_AGAIN = timedelta(days=14)
#: Everything is read again so often: a later correction is seen then.
_WHOLE = timedelta(days=7)
#: More than this share of known rates missing is no correction: the answer is short.
_MISSING_SHARE = 0.2


class Source(Protocol):
    """What gives the rates; saldo.banks.client.RatesClient."""

    bank: Bank

    def rates(self, first: date, *, today: date) -> Iterator[Rate]:
        """The rates from a day on."""


@dataclass(frozen=True)
class Landed:
    """is_whole: whether everything was read. counts: of rates. months: rows of mart.fact_exchange_rate written."""

    first: date
    is_whole: bool
    counts: Counts
    months: int


def subject(bank: str) -> SubjectKey:
    """The rates of a bank as a subject of runs and alerts."""
    return SubjectKey("rates", bank)


def land(
    connection: Connection, source: Source, *, since: date, now: datetime, is_whole: bool = False
) -> Landed:
    """Read a bank's rates and bring them and their months into the warehouse.

    since: the first day rates are wanted of. now: aware. is_whole: everything is read now, whatever was read when, and every
    month is worked out anew.
    Run again, it changes nothing.
    Raises what the source raises; Unavailable for an answer that lacks what the bank published before, or a first one
    that is empty; DataRejected for a rate far from the ECB's of that day, as one for 100 units in place of one.
    """
    name, today = source.bank.name, now.date()
    cursor = _load(connection, name)
    first, reads_all = (since, True) if is_whole else _plan(cursor, since, today)
    read = arrived.copy(connection, _rows(source.rates(first, today=today)))
    with connection.transaction():
        lock(connection, name)
        _check(connection, source.bank, first, read)
        written = arrived.write(connection, name)
        months = (
            rebuild(connection, name) if is_whole else refresh(connection, name, written.months)
        )
        _save(connection, name, since=since, whole_at=today if reads_all else None)
    changed = written.inserted + written.updated
    counts = Counts(
        pages=1, read=read, inserted=written.inserted, updated=written.updated,
        unchanged=max(0, read - changed),
    )  # fmt: skip
    return Landed(first, reads_all, counts, months)


def _plan(cursor: dict[str, Any], since: date, today: date) -> tuple[date, bool]:
    """The first day to ask for, and whether that is everything."""
    reached, whole_at = (
        date.fromisoformat(cursor.get(key) or "0001-01-01") for key in ("reached", "whole_at")
    )
    is_wider = date.fromisoformat(cursor.get("since") or "9999-12-31") > since
    if is_wider or today - whole_at >= _WHOLE:
        return since, True
    return max(since, reached - _AGAIN), False


def _rows(rates: Iterator[Rate]) -> Iterator[arrived.Arrived]:
    for one in rates:
        yield arrived.Arrived(
            "day", one.base, one.quote, one.day, one.rate, one.published, one.unit
        )


def _check(connection: Connection, bank: Bank, first: date, read: int) -> None:
    known, missing = arrived.missing(connection, bank.name, first)
    if known == 0 and read == 0:
        raise Unavailable(
            f"{bank.title}: there are no rates at all since {first}; it is tried again by itself. If it stays so, "
            f"compare the address of the Airflow connection saldo_rates_{bank.name} with docs/exchange-rates.md"
        )
    if missing > known * _MISSING_SHARE:
        raise Unavailable(
            f"{bank.title}: the answer lacks {missing} of the {known} rates since {first} that it published before; "
            "nothing was changed, and it is tried again by itself"
        )
    if bank is not ECB and (found := arrived.unlike_the_ecb(connection)):
        base, quote, day, rate, other = found
        raise DataRejected(
            f"{bank.title}: one {base} would be {rate} {quote} on {day}, and is {other} at the European Central Bank: the bank "
            "seems to give it for another number of units than before. Nothing was changed; compare the day with the "
            "bank's own page, and tell who maintains Saldo"
        )


def _load(connection: Connection, name: str) -> dict[str, Any]:
    row = connection.execute(
        "select cursor from ops.watermark where subject_kind = %s and subject_id = %s and entity = %s",
        [*subject(name), ENTITY],
    ).fetchone()
    return row[0] if row else {}


def _save(connection: Connection, name: str, *, since: date, whole_at: date | None) -> None:
    """reached: the last day with a rate; since: from which day on there is everything."""
    row = connection.execute(
        "select max(rate_date) from core.published_rate where source = %s", [name]
    ).fetchone()
    fields = {"reached": str(row[0]) if row and row[0] else None}
    if whole_at:
        fields |= {"since": str(since), "whole_at": str(whole_at)}
    connection.execute(
        "insert into ops.watermark as w (subject_kind, subject_id, entity, cursor, updated_at) "
        "values (%s, %s, %s, %s, statement_timestamp()) on conflict (subject_kind, subject_id, entity) do update "
        "set cursor = w.cursor || excluded.cursor, updated_at = excluded.updated_at",
        [*subject(name), ENTITY, Jsonb(fields)],
    )
