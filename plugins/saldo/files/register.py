"""ops.file: what was read of which file, and which version of it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from psycopg.types.json import Jsonb

from saldo.warehouse.connection import Connection
from saldo.workbooks.problems import Problem

from . import state
from .configuration import FileConfiguration
from .places.source import File

#: What files are judged by, in core.
_JUDGES = (
    "agreement",
    "account",
    "department",
    "dimension_slot",
    "dimension_member",
    "account_mapping",
)

#: Among the watermarks of a configuration: source_id -> agreements that the refused file names.
_ABOUT = "refused"

Status = Literal["accepted", "rejected", "unchanged", "gone"]


@dataclass(frozen=True)
class Reading:
    """One look at a file: the version it gets, and the one before that counts; None where none does.

    was_rejected: whether the look before refused it; problems_then: what was wrong; content_then: see File.version;
    saved_then: see File.modified_at.
    """

    file_id: int
    version: int
    in_force: int | None = None
    was_rejected: bool = False
    problems_then: Sequence[Problem] = ()
    content_then: str | None = None
    saved_then: datetime | None = None

    def as_saved(self, file: File) -> File:
        """With the moment at which its content was saved: a place may tell of a new name, or of a look at it, as if it were one."""
        if self.content_then != file.version:
            return file
        return replace(file, modified_at=self.saved_then)

    @property
    def versions(self) -> list[tuple[int, int]]:
        """(file_id, version) of it and of the one that counts."""
        known = [self.version] if self.in_force is None else [self.version, self.in_force]
        return [(self.file_id, version) for version in known]

    def is_still(self, file: File, problems: Sequence[Problem]) -> bool:
        """Whether the look before refused the same content for the same reasons."""
        return (
            self.was_rejected
            and self.content_then == file.version
            and list(self.problems_then) == list(problems)
        )

    def has_new(self, problems: Sequence[Problem]) -> bool:
        """Whether there is one that the look before did not tell, wherever its line stands now."""
        return bool(_counted(problems) - _counted(self.problems_then))


def begin(connection: Connection, configuration: FileConfiguration, file: File) -> Reading:
    """The look that is made now; nothing is written yet. The caller holds the configuration's lock."""
    if (reading := known(connection, configuration, file)) is not None:
        return reading
    [(number,)] = connection.execute("select nextval('ops.file_number')").fetchall()
    return Reading(number, 1)


def known(connection: Connection, configuration: FileConfiguration, file: File) -> Reading | None:
    """The same; None for a file that nobody has looked at."""
    row = connection.execute(
        "select f.file_id, f.version + 1, f.status = 'rejected', f.problems, f.content, f.modified_at, "
        "(select i.version from ops.file as i where i.file_id = f.file_id and i.is_in_force) "
        "from ops.file as f where f.config_id = %s and f.source_id = %s order by f.version desc limit 1",
        [configuration.id, file.id],
    ).fetchone()
    if row is None:
        return None
    file_id, version, was_rejected, problems, content, saved, in_force = row
    then = tuple(Problem(**values) for values in problems or ()) if was_rejected else ()
    return Reading(file_id, version, in_force, was_rejected, then, content, saved)


@dataclass(frozen=True)
class Reached:
    """How far what files are judged by had come. names: of what companies are called (Companies.fingerprint)."""

    by_agreement: Mapping[str, int]
    names: int

    def of(self, agreements: Iterable[str] | None) -> int:
        """Another number whenever something of these agreements has changed; of any, where it is not known which."""
        ids = self.by_agreement if agreements is None else set(agreements)
        return sum(self.by_agreement.get(id, 0) for id in ids) + self.names


def reached(connection: Connection, configuration: FileConfiguration, names: int) -> Reached:
    """Of the agreement that the configuration is about, or of all. By sums: in whatever order changes are committed, the
    greatest alone would hide an earlier one that came later."""
    about = "" if configuration.agreement is None else "where agreement_id = %(id)s "
    changes = " union all ".join(
        f"select agreement_id, max(change_seq) as change_seq from core.{table} {about}group by agreement_id"
        for table in _JUDGES
    )
    rows = connection.execute(
        f"select c.agreement_id, sum(c.change_seq)::bigint from ({changes}) as c group by c.agreement_id".encode(),
        {"id": configuration.agreement},
    )
    return Reached(dict(rows.fetchall()), names)


def to_judge_again(
    connection: Connection, configuration: FileConfiguration, now_reached: Reached
) -> list[str]:
    """source_id of files that were refused for what core said of their agreements, which has changed since."""
    about = _about(connection, configuration)
    fixed = None if configuration.agreement is None else [configuration.agreement]
    refused = _misfits(connection, configuration).items()
    return [id for id, judged in refused if judged != now_reached.of(about.get(id, fixed))]


def misfits(connection: Connection, configuration: FileConfiguration) -> list[str]:
    """source_id of files that are refused for what core said, or another file."""
    return [*_misfits(connection, configuration)]


def _misfits(connection: Connection, configuration: FileConfiguration) -> dict[str, int]:
    rows = connection.execute(
        "select f.source_id, f.judged_seq from (select distinct on (source_id) * from ops.file where config_id = %s "
        "order by source_id, file_id desc, version desc) as f where f.status = 'rejected' and f.judged_seq is not null",
        [configuration.id],
    )
    return dict(rows.fetchall())


def keep_about(
    connection: Connection, configuration: FileConfiguration, file: File, agreements: Iterable[str]
) -> None:
    """Which agreements a refused file names: none of its rows are kept to tell."""
    if configuration.agreement is None:
        refused = misfits(connection, configuration)
        about = {id: ids for id, ids in _about(connection, configuration).items() if id in refused}
        about[file.id] = sorted(agreements)
        state.keep(connection, configuration.id, _ABOUT, about)


def _about(connection: Connection, configuration: FileConfiguration) -> dict[str, list[str]]:
    return state.kept(connection, configuration.id, _ABOUT)


def to_settle_again(connection: Connection, configuration: FileConfiguration) -> list[str]:
    """source_id of files that count and name a department the ledger did not know, and now does: under its number they may meet
    others."""
    if configuration.unknown != "accept":
        return []
    rows = connection.execute(
        "select distinct f.source_id from (select distinct b.agreement_id, b.department, b.file_id, b.version "
        "from core.budget as b where b.config_id = %s and not b.is_deleted and b.department <> '') as b "
        "inner join ops.file as f on f.file_id = b.file_id and f.version = b.version "
        "where (select count(*) from core.known_department as k where k.agreement_id = b.agreement_id "
        "and not k.is_deleted and lower(k.name) = lower(b.department)) = 1 "
        "and not exists (select from core.known_department as k where k.agreement_id = b.agreement_id "
        "and not k.is_deleted and k.code = b.department)",
        [configuration.id],
    ).fetchall()
    return [id for (id,) in rows]


def judged_again(
    connection: Connection, reading: Reading, now: datetime, judged: int | None
) -> None:
    """It is refused as before: no new version."""
    connection.execute(
        "update ops.file set judged_seq = %s, read_at = %s where file_id = %s and version = %s",
        [judged, now, reading.file_id, reading.version - 1],
    )


def saved_again(connection: Connection, reading: Reading, file: File) -> bool:
    """The version that counts was saved again as it was: it is as new as that. Returns whether it had been older."""
    cursor = connection.execute(
        "update ops.file set modified_at = %s where file_id = %s and version = %s and modified_at <> %s",
        [file.modified_at, reading.file_id, reading.in_force, file.modified_at],
    )
    return cursor.rowcount > 0


def in_force(connection: Connection, configuration: FileConfiguration) -> dict[str, InForce]:
    """source_id -> the version that counts, of all files of a configuration."""
    rows = connection.execute(
        "select source_id, file_id, version, name from ops.file where config_id = %s and is_in_force and not is_kept order by 1",
        [configuration.id],
    )
    return {id: InForce(*found) for id, *found in rows}


def keep(connection: Connection, file_ids: Sequence[int]) -> None:
    """They count on, whatever is seen of their place."""
    connection.execute(
        "update ops.file set is_kept = true where file_id = any(%s) and is_in_force",
        [list(file_ids)],
    )


def left_behind(connection: Connection, path: str, known: Collection[str]) -> list[InForce]:
    """What counts of the file at a path, of configurations that nobody has any more. known: those there are."""
    rows = connection.execute(
        "select file_id, version, name from ops.file where path = %s and is_in_force and config_id <> all(%s) order by 1",
        [path, list(known)],
    )
    return [InForce(*row) for row in rows]


class InForce(NamedTuple):
    """A version that counts."""

    file_id: int
    version: int
    name: str


@dataclass(frozen=True)
class Record:
    """What a look came to. judged_seq: see `Reached`, of files that the warehouse has refused."""

    status: Status
    rows: int | None = None
    problems: Sequence[Problem] = ()
    more: int = 0
    judged_seq: int | None = None


def record(
    connection: Connection,
    configuration: FileConfiguration,
    file: File,
    reading: Reading,
    what: Record,
    *,
    run_id: str,
    now: datetime,
) -> None:
    """Write the look; of one that accepts, the version before steps back."""
    if what.status == "accepted":
        step_back(connection, reading.file_id)
    connection.execute(
        "insert into ops.file (file_id, version, config_id, source_id, path, name, etag, content, bytes, modified_by, "
        "modified_at, read_at, status, is_in_force, sign, rows, problems, more_problems, run_id, judged_seq) "
        "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            reading.file_id, reading.version, configuration.id, file.id, path_of(configuration, file), file.name,
            file.etag or None, file.version, file.size, file.modified_by or None, file.modified_at, now,
            what.status, what.status == "accepted", configuration.sign, what.rows,
            Jsonb([asdict(p) for p in what.problems]) if what.problems else None, what.more, run_id,
            what.judged_seq,
        ],
    )  # fmt: skip


def _counted(problems: Sequence[Problem]) -> Counter[tuple[str, str, str]]:
    """How often the same is wrong, whatever its cell: lines move when others are corrected or deleted."""
    return Counter((one.sheet, one.found, one.expected) for one in problems)


def step_back(connection: Connection, file_id: int) -> None:
    """No version of the file counts."""
    connection.execute(
        "update ops.file set is_in_force = false where file_id = %s and is_in_force", [file_id]
    )


def path_of(configuration: FileConfiguration, file: File) -> str:
    """Where a file lies, for people."""
    sharepoint = configuration.source.sharepoint
    if sharepoint is None:
        return f"{(configuration.source.folder or '').rstrip('/')}/{file.name}"
    parts = [sharepoint.site, sharepoint.library, sharepoint.folder.strip("/"), file.name]
    return "/".join(part for part in parts if part)
