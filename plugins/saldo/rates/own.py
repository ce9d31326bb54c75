"""Own rates, by file: those of a configuration are exactly what its files say now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from saldo.warehouse.connection import Connection

from . import arrived
from .months import FILE, lock, refresh


class OwnRate(NamedTuple):
    """`published` of quote are `unit` (1, 10, 100, …) of base.

    kind: day, or the average or closing rate of the whole month that `day` is in.
    """

    base: str
    quote: str
    day: date
    published: Decimal
    unit: int = 1
    kind: Literal["day", "average", "closing"] = "day"


def land_own_rates(
    connection: Connection, config_id: str, rows: Iterable[OwnRate]
) -> arrived.Written:
    """Make the own rates of a file configuration what its files say, and its months in mart.fact_exchange_rate.

    connection: with the caller's transaction open; nothing is kept without its commit. rows: of all files of the
    configuration together, since what is not among them is gone; of rows about the same day and pair the last counts.
    Run again with the same rows, it writes nothing. Under the source file:<config_id>.
    """
    source = f"{FILE}{config_id}"
    lock(connection, source)
    arrived.copy(connection, _rows(rows))
    written = arrived.write(connection, source, is_everything=True)
    refresh(connection, source, written.months)
    return written


def _rows(rows: Iterable[OwnRate]) -> Iterator[arrived.Arrived]:
    for one in rows:
        day = one.day if one.kind == "day" else _month_end(one.day)
        rate = one.published.scaleb(1 - len(str(one.unit)))
        yield arrived.Arrived(one.kind, one.base, one.quote, day, rate, one.published, one.unit)


def _month_end(day: date) -> date:
    following = day.month % 12 + 1
    first = date(day.year + (following == 1), following, 1)
    return date.fromordinal(first.toordinal() - 1)
