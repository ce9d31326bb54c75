"""The row of ops.sync_run that every try of every task writes, and what it counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from saldo.declarations.source import RequestBudget, Usage
from saldo.errors import NotLicensed, SaldoError
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, connect, translated

from .beside import Beside
from .meter import Meter, Tell

#: The reason of a task that failed without one.
UNTOLD = "see the log of the task"


@dataclass(frozen=True)
class Run:
    """One try of one task of one DAG run. actor: the person who started it; None where no person did."""

    dag_id: str
    run_id: str
    try_number: int = 1
    mode: str = "auto"
    actor: str | None = None


@dataclass
class Counts:
    """Records of one try; `unchanged` were read and found to be as they were."""

    pages: int = 0
    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0

    @property
    def changed(self) -> int:
        """Rows that were written."""
        return self.inserted + self.updated + self.deleted


class SyncRun:
    """Counts what a try does. `save` is called in the transaction that holds the rows it counts."""

    def __init__(
        self, connection: Connection, subject: SubjectKey, entity: str, run: Run, dsn: str = ""
    ) -> None:
        """dsn: where `tell` writes beside the run's own connection; empty: it writes nothing."""
        self.counts = Counts()
        self.meter = Meter(f"{subject} {entity}")
        self.run = run
        self._connection = connection
        self._beside = Beside(dsn)
        self._subject = subject
        self._usage, self._before = Usage(), Usage().snapshot()
        self.note: str | None = None
        self.is_skipped = False
        row = connection.execute(
            "insert into ops.sync_run (subject_kind, subject_id, entity, dag_id, run_id, try_number, mode, "
            "started_at, status) values (%s, %s, %s, %s, %s, %s, %s, clock_timestamp(), 'running') "
            "returning sync_run_id",
            [*subject, entity, run.dag_id, run.run_id, run.try_number, run.mode],
        ).fetchone()
        self._id = row[0] if row else None

    @property
    def spent(self) -> tuple[int, int, int, int]:
        """requests, retries, throttled, bytes_in of this try."""
        requests, retries, throttled, bytes_in = (
            now - then for now, then in zip(self._usage.snapshot(), self._before, strict=True)
        )
        return requests, retries, throttled, bytes_in

    def watch(self, source: RequestBudget) -> None:
        """Count what a client spends, and let it spend no more than a day of the subject may."""
        # What this client spent for another entity before is in a row of its own.
        self._usage, self._before = source.usage, source.usage.snapshot()
        if source.daily_calls is None:
            return
        row = self._connection.execute(
            "select coalesce(sum(requests), 0) from ops.sync_run where subject_kind = %s "
            "and subject_id = %s and started_at > clock_timestamp() - interval '24 hours' "
            "and sync_run_id <> %s",
            [*self._subject, self._id],
        ).fetchone()
        spent = int(row[0]) if row else 0
        self._usage.allowed = max(0, source.daily_calls - spent) + self._usage.requests

    def has_succeeded(self, entity: str) -> bool:
        """Whether another entity has landed in this very run, not long ago."""
        row = self._connection.execute(
            "select exists (select from ops.sync_run where subject_kind = %s and subject_id = %s "
            "and entity = %s and dag_id = %s and run_id = %s and status = 'success' "
            "and finished_at > clock_timestamp() - interval '6 hours')",
            [*self._subject, entity, self.run.dag_id, self.run.run_id],
        ).fetchone()
        return bool(row and row[0])

    def skip(self, note: str) -> None:
        """End as skipped; note: why."""
        self.is_skipped, self.note = True, note

    def save(self, connection: Connection | None = None) -> None:
        """Write the counters; connection: another one than the run's own."""
        counts, meter = self.counts, self.meter
        rate, is_measured = meter.measured(), meter.done is not None
        requests, retries, throttled, bytes_in = self.spent
        (connection or self._connection).execute(
            "update ops.sync_run set requests = %s, retries = %s, throttled = %s, pages = %s, "
            "bytes_in = %s, rows_read = %s, rows_inserted = %s, rows_updated = %s, "
            "rows_unchanged = %s, rows_deleted = %s, note = %s, done = %s, total = %s, is_estimate = %s, "
            "unit = %s, step = %s, rate_per_s = %s, "
            "moved_at = case when %s then clock_timestamp() end where sync_run_id = %s",
            [
                requests, retries, throttled, counts.pages, bytes_in,
                counts.read, counts.inserted, counts.updated, counts.unchanged, counts.deleted,
                self.note, meter.done, meter.total, meter.is_estimate, meter.unit if is_measured else None,
                meter.step, rate, is_measured, self._id,
            ],
        )  # fmt: skip

    def tell(self, done: int, total: int | None, unit: str, *, step: str | None = None) -> None:
        """Say how far the work is that no `save` tells of; called as often as one likes, written every few seconds by a
        connection of its own: what is under way may hold a transaction, or the run's connection, for as long as it takes."""
        self.meter.tell(done, total, unit, step)
        self._beside.write(self.save)

    def telling(self, unit: str) -> Tell:
        """`tell` for work that has steps, which are told before they begin."""

        def tell(done: int, total: int, step: str) -> None:
            self.tell(done, total, unit, step=step or None)

        return tell

    def finish(self, status: str, error: BaseException | None, connection: Connection) -> None:
        """Write the counters, the end and the error."""
        self._beside.close()
        self.meter.end(is_whole=status == "success")
        self.save(connection)
        family = error.family if isinstance(error, SaldoError) else type(error).__name__
        connection.execute(
            "update ops.sync_run set finished_at = clock_timestamp(), status = %s, "
            "error_family = %s, error_message = %s where sync_run_id = %s",
            [status, family if error else None, str(error)[:4000] if error else None, self._id],
        )


@contextmanager
def recorded(
    connection: Connection, dsn: str, subject: SubjectKey, entity: str, run: Run
) -> Iterator[SyncRun]:
    """Record a try from start to end. NotLicensed ends it as skipped, with a note, and goes no further;
    any other error is recorded and raised."""
    with translated():
        _close_killed(connection, subject, entity, run)
        sync_run = SyncRun(connection, subject, entity, run, dsn)
        try:
            with translated():  # here too, so that what is recorded is of the right family
                yield sync_run
        except NotLicensed as error:
            sync_run.skip(str(error))
            # With its family: unlike other skips, it shows that the vendor answers.
            sync_run.finish("skipped", error, connection)
        except BaseException as error:
            _finish_failed(sync_run, error, connection, dsn)
            raise
        else:
            sync_run.finish("skipped" if sync_run.is_skipped else "success", None, connection)


def unfinished(
    connection: Connection,
    subject: SubjectKey,
    entities: Sequence[str],
    run: Run,
    *,
    wholes: Mapping[str, str | None],
) -> list[str]:
    """Those of the entities that the last tries of this run left undone; all of them when none did.

    wholes: entity -> the one it is a part of. A part whose whole has changed or failed since it landed is undone, too.
    """
    with translated():
        rows = connection.execute(
            "select entity, sync_run_id, status in ('success', 'skipped'), "
            "rows_inserted + rows_updated + rows_deleted > 0 from ops.sync_run where subject_kind = %s "
            "and subject_id = %s and dag_id = %s and run_id = %s and entity = any(%s) order by sync_run_id",
            [*subject, run.dag_id, run.run_id, [*entities, *filter(None, wholes.values())]],
        ).fetchall()
    done = {entity: id for entity, id, is_done, _ in rows if is_done}
    moved = {entity: id for entity, id, is_done, is_changed in rows if is_changed or not is_done}
    left = {entity for entity, id in moved.items() if id > done.get(entity, 0)}
    left |= {entity for entity in entities if entity not in done}
    left |= {
        entity
        for entity in done
        if (whole := wholes.get(entity)) and moved.get(whole, 0) > done[entity]
    }
    return [entity for entity in entities if entity in left] or list(entities)


def _close_killed(connection: Connection, subject: SubjectKey, entity: str, run: Run) -> None:
    """Close earlier tries of this very task that have no end: they were killed."""
    connection.execute(
        "update ops.sync_run set status = 'failed', finished_at = clock_timestamp(), "
        "error_family = 'Killed', error_message = 'the task was killed; a later try found this row' "
        "where subject_kind = %s and subject_id = %s and entity = %s and dag_id = %s and run_id = %s "
        "and status = 'running'",
        [*subject, entity, run.dag_id, run.run_id],
    )


def _finish_failed(
    sync_run: SyncRun, error: BaseException, connection: Connection, dsn: str
) -> None:
    """The failure may have taken the connection with it: then it is recorded over another one, if
    possible."""
    try:
        if connection.broken or connection.closed:
            with connect(dsn) as fresh:
                sync_run.finish("failed", error, fresh)
        else:
            sync_run.finish("failed", error, connection)
    except (psycopg.Error, SaldoError):
        # The warehouse is away: the row stays on `running` and the next try closes it.
        return


def record_unrecorded(
    connection: Connection, subject: SubjectKey, run: Run, states: Mapping[str, str]
) -> None:
    """Rows for what this run did without one, so that every task's end is in ops.sync_run: a task that
    was killed, or fell before Saldo had a word.

    states: entity or task -> success or failed, as Airflow saw its last try.
    """
    with translated():
        rows = connection.execute(
            "select distinct on (entity) entity, status from ops.sync_run where subject_kind = %s "
            "and subject_id = %s and dag_id = %s and run_id = %s order by entity, sync_run_id desc",
            [*subject, run.dag_id, run.run_id],
        ).fetchall()
        recorded_as: dict[str, str] = dict(rows)
        for entity, state in states.items():
            known = recorded_as.get(entity)
            if known == "running":
                _close_killed(connection, subject, entity, run)
            elif known is None:
                connection.execute(
                    "insert into ops.sync_run (subject_kind, subject_id, entity, dag_id, run_id, "
                    "try_number, mode, started_at, finished_at, status, error_family, error_message) "
                    "values (%s, %s, %s, %s, %s, 0, %s, clock_timestamp(), clock_timestamp(), %s, %s, %s)",
                    [
                        *subject, entity, run.dag_id, run.run_id, run.mode, state,
                        *(("Untold", UNTOLD) if state == "failed" else (None, None)),
                    ],
                )  # fmt: skip
