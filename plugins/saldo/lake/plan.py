"""Which file comes next: one pure function, tested as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from saldo.agreements.agreement import Agreement
from saldo.run_request import RunRequest
from saldo.ways.plan import Planned

from .manifest import FileKind, LakeFile

#: What differs is said after it.
OTHER_COLUMNS = "the columns are not those of the files before it"
_FOREIGN = (
    "files are in the lake that this warehouse did not write, or has forgotten: it was restored, or shares its lake "
    "with another"
)
_FIRST = "the first file of the entity in this lake"


@dataclass(frozen=True)
class Standing:
    """How far an entity has come: to_seq, the last change of a whole read; full_at, when all of it was last read, None
    where that is not what to_seq stands for."""

    to_seq: int
    full_at: datetime | None


@dataclass(frozen=True)
class NextFile:
    """note: why a new set begins, for ops.lake_file."""

    kind: FileKind
    from_seq: int
    note: str | None = None


def next_file(
    files: Sequence[LakeFile],
    standing: Standing,
    schema_hash: str,
    agreement: Agreement,
    run_request: RunRequest,
    *,
    kept_since: datetime | None,
    now: datetime,
    foreign: datetime | None = None,
) -> NextFile | None:
    """The file that is owed beside those there are, None where they hold everything.

    files: of the entity, none of them owed. kept_since: what was replaced in staging is kept since then.
    foreign: the time in the name of the newest file there is that the manifest does not know.
    """
    full = next((file for file in reversed(files) if file.kind == "full_sync"), None)
    if not full:
        return NextFile("full_sync", 0, _FIRST)
    if foreign and foreign > full.stamp:
        return NextFile("full_sync", 0, _FOREIGN)
    since, last = files[files.index(full) :], files[-1]
    if any(after.from_seq != before.to_seq for before, after in pairwise(since)):
        return NextFile("full_sync", 0, "a file before it is lost, and cannot be made again")
    if last.schema_hash != schema_hash:
        return NextFile("full_sync", 0, OTHER_COLUMNS)
    if kept_since and last.planned_at < kept_since:
        return NextFile(
            "full_sync", 0, "what was replaced since the file before it is not kept any more"
        )
    if standing.full_at and standing.full_at != full.full_at:
        planned = Planned(run_request, agreement.full_refresh, now)
        # A clock that was ahead has left a time that is still to come.
        last_full = full.full_at if full.full_at and full.full_at <= now else None
        if run_request.mode == "full" or planned.is_due(last_full):
            return NextFile("full_sync", 0, "everything was read again")
    if standing.to_seq > last.to_seq:
        return NextFile("sync_changes", last.to_seq)
    return None
