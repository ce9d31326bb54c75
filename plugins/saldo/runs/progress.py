"""What is under way, how far it has come and how long it takes: ops.sync_run, as people ask for it.

Reading is one statement over the rows that are on `running`, by an index that holds no others.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from saldo.paths import SQL_DIR
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, read_sql, translated

from .words import duration, left, words

_SQL = SQL_DIR / "runs" / "under_way.sql"
#: Seconds without a step after which a task counts as standing still: longer than vendors take for a page.
STALE_S = 60.0
#: Units that are alike: others take as long as they take, and no time left follows from their number.
_ALIKE = ("records", "rows", "documents", "claims")

#: Units of what is in one transaction, or one file: of an interrupted try nothing is kept.
_ANEW = ("rows", "tables", "documents")


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What include/sql/runs/under_way.sql says of a task, in its order; rate_per_s: when it last moved."""

    subject_kind: str
    subject_id: str
    entity: str
    dag_id: str
    run_id: str
    try_number: int
    done: int | None
    total: int | None
    is_estimate: bool
    unit: str
    step: str | None
    rate_per_s: float | None
    started_at: datetime
    updated_at: datetime
    age_s: float
    is_dead: bool


class Progress(_Read, frozen=True, kw_only=True):
    """One task of one subject that is under way.

    subject_kind: agreement, file, export or rates. entity: what is landed, or the task. done, total: in `unit`; done None
    where nothing is measured, total None where nobody knows it. rate_per_s: over the last half minute; None once it stands still.
    seconds_left: from now; None where it cannot be said. updated_at: when it last said how far it is (UTC). is_dead: its process is
    gone, and a later try goes on from there. is_stale: dead, or without a step for a minute.
    """

    seconds_left: float | None
    is_stale: bool

    @property
    def fraction(self) -> float | None:
        """0 to 1; None where it cannot be said, or was estimated too low."""
        if self.done is None or not self.total or self.done > self.total:
            return None
        return self.done / self.total

    def words(self) -> str:
        """In a line, such as "412,000 of about 1,000,000 records, 38,000/s, 15 s left"."""
        said = words(
            done=self.done, total=self.total, is_estimate=self.is_estimate, unit=self.unit, step=self.step,
            rate_per_s=self.rate_per_s, seconds_left=self.seconds_left,
        )  # fmt: skip
        if self.is_dead:
            then = (
                "begins anew" if self.done is None or self.unit in _ANEW else "goes on from there"
            )
            return ", ".join(filter(None, (said, f"interrupted: the next try {then}")))
        if self.is_stale:
            return ", ".join(filter(None, (said, f"nothing new for {duration(self.age_s)}")))
        return said or f"running for {duration(self.age_s)}"


def progress_of(
    connection: Connection,
    agreement_id: str | None = None,
    *,
    subject: SubjectKey | None = None,
    run_id: str | None = None,
) -> list[Progress]:
    """What is under way of an agreement, or of another subject, or of all; in the order in which it began. run_id: of this run
    only. Empty where nothing is. Raises WarehouseUnavailable."""
    if agreement_id is not None:
        subject = SubjectKey("agreement", agreement_id)
    kind, id = subject or (None, None)
    with translated():
        rows = connection.execute(
            read_sql(_SQL).encode(), {"subject_kind": kind, "subject_id": id, "run_id": run_id}
        ).fetchall()
    return [_progress(row) for row in rows]


def _progress(row: tuple[object, ...]) -> Progress:
    read = msgspec.convert(dict(zip(_Read.__struct_fields__, row, strict=True)), _Read)
    is_counted = read.done is not None and read.unit in _ALIKE and not read.step
    is_stale = read.is_dead or (is_counted and read.age_s > STALE_S)
    rate = read.rate_per_s if is_counted and not is_stale else None
    seconds = left(read.done, read.total, rate)
    return Progress(
        **msgspec.structs.asdict(msgspec.structs.replace(read, rate_per_s=rate)),
        seconds_left=None if seconds is None else max(0.0, seconds - read.age_s),
        is_stale=is_stale,
    )
