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

from .airflow import AIRFLOW, AirflowNumbers
from .airflow import GROUP as AIRFLOW_GROUP
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
    disk must not fill up. airflow: reads Airflow's own database; None: not told. Nothing is raised by a scrape: what cannot be read is left out, and `saldo_warehouse_up` or
    `saldo_group_up` says so.
    """

    def __init__(
        self,
        dsn: Callable[[], str],
        folders: Mapping[str, Path] | None = None,
        airflow: Callable[[], AirflowNumbers] | None = None,
    ) -> None:
        self._dsn, self._folders, self._airflow = dsn, folders or {}, airflow

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The families of all that could be read."""
        yield from _disks(self._folders)
        read = _Read()
        if self._airflow:
            yield from _of_airflow(self._airflow, read)
        up = _family(UP)
        try:
            connection = connect(self._dsn(), wait_s=CONNECT_S)
        except SaldoError as error:
            log.warning("no metrics: %s", error)
            up.add_metric((), 0)
            yield up
            yield from read.families()
            return
        up.add_metric((), 1)
        yield up
        with closing(connection):
            yield from _groups(connection, read)
        yield from read.families()


class _Read:
    """Which groups could be read, and how long it took."""

    def __init__(self) -> None:
        self._up, self._seconds = _family(GROUP_UP), _family(SECONDS)

    def add(self, group: str, since: float, *, is_read: bool) -> None:
        """since: the moment of perf_counter at which reading began."""
        self._up.add_metric((group,), 1 if is_read else 0)
        self._seconds.add_metric((group,), round(perf_counter() - since, 6))

    def families(self) -> Iterator[GaugeMetricFamily]:
        yield self._up
        yield self._seconds


def _of_airflow(airflow: Callable[[], AirflowNumbers], read: _Read) -> Iterator[GaugeMetricFamily]:
    at, families = perf_counter(), {gauge: _family(gauge) for gauge in AIRFLOW}
    try:
        for gauge, labels, value in airflow().samples():
            families[gauge].add_metric(labels, value)
    except Exception as error:
        # Airflow's insides are no stable public API, and its database is its own: the rest is told all the same.
        log.warning("metrics: %s: %s", AIRFLOW_GROUP, type(error).__name__, exc_info=True)
        read.add(AIRFLOW_GROUP, at, is_read=False)
        return
    read.add(AIRFLOW_GROUP, at, is_read=True)
    yield from families.values()


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


def _groups(connection: Connection, read: _Read) -> Iterator[GaugeMetricFamily]:
    began, parameters = perf_counter(), _parameters(datetime.now(UTC))
    for group in GROUPS:
        at = perf_counter()
        rows = _read(connection, group, parameters, left_s=ALTOGETHER_S - (at - began))
        read.add(group.name, at, is_read=rows is not None)
        yield from _families(group, rows or ())


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
