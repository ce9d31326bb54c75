"""One scrape: the groups of gauges, read from the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from shutil import disk_usage
from time import perf_counter
from typing import Any

import psycopg
from prometheus_client.core import GaugeMetricFamily
from psycopg.rows import dict_row

from saldo.errors import SaldoError
from saldo.paths import SQL_DIR
from saldo.vendors import SOURCES
from saldo.warehouse.connection import Connection, connect, read_sql

from .gauges import DISK_FREE, DISK_SIZE, GROUP_UP, GROUPS, SECONDS, UP, Gauge, Group

log = logging.getLogger(__name__)
_SQL = SQL_DIR / "metrics"
#: Of one group, and of all together: Prometheus gives up after ten seconds unless told otherwise.
PATIENCE_S, ALTOGETHER_S = 4, 8
#: For the warehouse to answer at all: that it does not must be told before then, too.
CONNECT_S = 3
#: Tasks of a night that leave no watermark.
TASKS = ("report", "facts", "validate", "prove")

Rows = Sequence[dict[str, Any]]


class Collector:
    """The gauges of one scrape, for a registry of prometheus_client.

    dsn: gives the libpq connection string of the warehouse; raises SaldoError. folders: what people call it -> a folder whose
    disk must not fill up. Nothing is raised by a scrape: what cannot be read is left out, and `saldo_warehouse_up` or
    `saldo_group_up` says so.
    """

    def __init__(self, dsn: Callable[[], str], folders: Mapping[str, Path] | None = None) -> None:
        self._dsn, self._folders = dsn, folders or {}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families of all that could be read."""
        yield from _disks(self._folders)
        up = _family(UP)
        try:
            connection = connect(self._dsn(), wait_s=CONNECT_S)
        except SaldoError as error:
            log.warning("no metrics: %s", error)
            up.add_metric((), 0)
            yield up
            return
        up.add_metric((), 1)
        yield up
        with closing(connection):
            yield from _groups(connection)


def _disks(folders: Mapping[str, Path]) -> Iterator[GaugeMetricFamily]:
    free, size = _family(DISK_FREE), _family(DISK_SIZE)
    for name, folder in folders.items():
        try:
            usage = disk_usage(folder)
        except OSError as error:
            log.warning("metrics: the disk of %s: %s", name, error)
            continue
        free.add_metric((name,), usage.free)
        size.add_metric((name,), usage.total)
    yield free
    yield size


def _groups(connection: Connection) -> Iterator[GaugeMetricFamily]:
    ups, seconds = _family(GROUP_UP), _family(SECONDS)
    began, parameters = perf_counter(), _parameters(datetime.now(UTC))
    for group in GROUPS:
        at = perf_counter()
        rows = _read(connection, group, parameters, left_s=ALTOGETHER_S - (at - began))
        ups.add_metric((group.name,), 0 if rows is None else 1)
        seconds.add_metric((group.name,), round(perf_counter() - at, 6))
        yield from _families(group, rows or ())
    yield ups
    yield seconds


def _parameters(now: datetime) -> dict[str, object]:
    limits = {name: one.daily_calls for name, one in SOURCES.items() if one.daily_calls}
    return {
        "now": now,
        "tasks": list(TASKS),
        "vendors": list(limits),
        "daily_calls": list(limits.values()),
    }


def _read(
    connection: Connection, group: Group, parameters: dict[str, object], *, left_s: float
) -> Rows | None:
    """None where the group cannot be read: its tables are not there yet, it takes too long, the warehouse went away."""
    if left_s <= 0:
        log.warning("metrics: no time is left for %s", group.name)
        return None
    patience_ms = int(min(PATIENCE_S, left_s) * 1000)
    try:
        with connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                "select set_config('statement_timeout', %s, false), "
                "set_config('default_transaction_read_only', 'on', false)",
                [str(patience_ms)],
            )
            return cursor.execute(
                read_sql(_SQL / f"{group.name}.sql").encode(), parameters
            ).fetchall()
    except psycopg.Error as error:
        said = str(error).strip().partition("\n")[0]
        log.warning("metrics: %s: %s: %s", group.name, type(error).__name__, said)
        return None


def _families(group: Group, rows: Rows) -> Iterator[GaugeMetricFamily]:
    for gauge in group.gauges:
        family = _family(gauge)
        for row in rows:
            if (value := row[gauge.column]) is not None:
                family.add_metric([str(row[label]) for label in gauge.labels], value)
        yield family


def _family(gauge: Gauge) -> GaugeMetricFamily:
    return GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
