"""Nights on a small source: landed as a task lands, with a witness where core would take over."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.declarations.source import EVERYTHING, Page
from saldo.errors import SaldoError
from saldo.landing import Landing
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Counts, Run, SyncRun, recorded
from saldo.staging.records import Decoder
from saldo.warehouse.connection import Connection
from tests.support import agreement

from .scenes import World
from .small_source import SmallSource, Trouble, raw
from .small_vendor import SmallVendor

Rows = dict[str, bytes]
_runs = itertools.count(1)
WEEK = timedelta(days=7)


class Killed(BaseException):
    """The process ends here: nothing more reaches the warehouse."""


@contextmanager
def killed_at(statement: int) -> Iterator[None]:
    """From the n-th statement on none reaches the warehouse. What is open is rolled back by leaving it."""
    execute, copy, made = psycopg.Cursor.execute, psycopg.Cursor.copy, itertools.count(1)

    def count() -> None:
        if next(made) >= statement:
            raise Killed

    def deadly_execute(self: Any, *args: Any, **more: Any) -> Any:
        count()
        return execute(self, *args, **more)

    def deadly_copy(self: Any, *args: Any, **more: Any) -> Any:
        count()
        return copy(self, *args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", deadly_execute)
        patch.setattr(psycopg.Cursor, "copy", deadly_copy)
        yield


@dataclass
class Books:
    """What one agreement has of a world. shown: rows of the entity under test each time core took over;
    unbalanced: vouchers of which it saw a half.

    counts: of the last night, of the entity under test.
    """

    connection: Connection
    dsn: str
    world: World
    vendor: SmallVendor
    id: str
    shown: list[Rows] = field(default_factory=list)
    unbalanced: list[int] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    source: SmallSource = field(init=False)

    def __post_init__(self) -> None:
        self.source = self.new_source()

    @property
    def agreement(self) -> Agreement:
        return agreement(self.id)

    @property
    def entity(self) -> Entity:
        return self.world.entity

    def new_source(self, trouble: Trouble | None = None, place: int = 0) -> SmallSource:
        """A client of a new task."""
        self.vendor.hidden.clear()
        return SmallSource(self.vendor, self.entity.name, trouble, place)

    def night(
        self,
        run_request: RunRequest | None = None,
        *,
        trouble: Trouble | None = None,
        place: int = 0,
        after: timedelta = timedelta(0),
        run_id: str = "",
    ) -> SaldoError | None:
        """Land all entities in order; returns the error of the first that fails. after: later than now.
        run_id: that of an earlier night, for a retry."""
        self.source = self.new_source(trouble, place)
        run_id = run_id or new_run_id()
        now, run_request = datetime.now(UTC) + after, run_request or RunRequest()
        for entity in self.world.entities:
            try:
                self._land(entity, run_request, now, run_id)
            except SaldoError as error:
                return error
        return None

    def _land(self, entity: Entity, run_request: RunRequest, now: datetime, run_id: str) -> None:
        run = Run("dag", run_id, 1, run_request.mode)
        with recorded(self.connection, self.dsn, self.agreement.key, entity.name, run) as sync_run:
            self.counts = sync_run.counts
            self._landing(entity, run_request, sync_run).run(now=now)

    def _landing(self, entity: Entity, run_request: RunRequest, sync_run: SyncRun) -> Landing:
        return Landing(
            self.connection, self.source, self.agreement, entity,
            run_request=run_request, sync_run=sync_run,
        )  # fmt: skip

    # --- what is there ---------------------------------------------------------------------------

    def take_over(self, entity: Entity) -> None:
        """Core follows staging here."""
        if entity is not self.entity:
            return
        self.shown.append(self.rows())
        rows = self.connection.execute(
            f"select (payload ->> 'voucher')::int from staging.economic_{entity.name} "
            "where agreement_id = %s and deleted_at is null "
            "group by 1 having sum((payload ->> 'amount')::numeric) <> 0",
            [self.id],
        )
        self.unbalanced += [voucher for (voucher,) in rows]

    def rows(self, *, gone: bool = False) -> Rows:
        """Hashes of the bytes received, by key."""
        found = self.connection.execute(
            f"select source_key, payload_hash from staging.economic_{self.entity.name} "
            "where agreement_id = %s and (deleted_at is not null) = %s",
            [self.id, gone],
        ).fetchall()
        return dict(found)

    def is_full_read_unfinished(self) -> bool:
        row = self.connection.execute(
            "select resume ->> 'read' = 'everything' from ops.watermark "
            "where agreement_id = %s and entity = %s",
            [self.id, self.entity.name],
        ).fetchone()
        return bool(row and row[0])

    def is_distrusted(self) -> bool:
        row = self.connection.execute(
            "select cursor ? 'distrusted' from ops.watermark where agreement_id = %s and entity = %s",
            [self.id, self.entity.name],
        ).fetchone()
        return bool(row and row[0])

    def truth(self) -> Rows:
        """The same of what the vendor holds."""
        self.vendor.hidden.clear()
        records = raw(self.vendor.found(self.entity, EVERYTHING))
        rows = Decoder(self.entity, "").rows(Page(records, None))
        return {row.source_key: row.payload_hash for row in rows}


def new_run_id() -> str:
    return f"night {next(_runs)}"
