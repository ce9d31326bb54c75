"""How far an entity has been read: the JSON of ops.watermark, in the part that all ways share.

Both columns are a contract with the rows of yesterday: a field may be added with a default, never renamed
or given another meaning. What cannot be read as the entity's way writes it counts as never read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

Json = dict[str, Any]


class Cursor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`cursor`: what was read, and stays true until more is read. Ways add fields of their own.

        {"full_at": "2026-10-30T01:00:00Z", "log": "2026-10-29T13:02:11Z", "followed": {"customers": 812}}

    full_at: when everything was last read and found whole.
    log: the stamp up to which a change log was read; null: none of it; absent: not begun.
    followed: entity -> its last change in staging (ops.progress) that was followed; absent: not begun.
    """

    full_at: datetime | None = None
    log: str | UnsetType | None = UNSET
    followed: dict[str, int] | UnsetType = UNSET


class SetResume(msgspec.Struct, frozen=True, omit_defaults=True):
    """`resume` of a set that is being read: where the next try goes on.

        {"read": "everything", "run": "scheduled__2026-10-30", "next": "17", "seen": 1700, "announced": 4000}

    read: what is read; "incomplete": nothing may be resumed, the set is read from its start.
    run: the Airflow run that began it. next: Page.next after the last page that was committed.
    marker: the newest marker seen so far, of ways that have one.
    seen: how many keys are in staging.seen for it; -1: that list was lost, so the set is read from its start.
    announced: how many records the vendor says the set holds, if it said so.
    deleted: how many rows its pages had tombstoned, all tries together: the guard judges them as one deletion.
    begun_at: when its first page was asked for; absent in what was begun before it was kept.
    """

    read: str
    run: str = ""
    next: str | None = None
    marker: str | int | None = None
    seen: int = 0
    announced: int | None = None
    deleted: int = 0
    begun_at: datetime | None = None

    @property
    def is_everything(self) -> bool:
        """Whether all of the set is read."""
        return self.read.startswith("everything")  # "everything None" until November 2026

    @property
    def is_incomplete(self) -> bool:
        return self.read == INCOMPLETE.read


#: An unfinished read that will start over: until then no window may show what it left in staging.
INCOMPLETE = SetResume("incomplete")

C = TypeVar("C", bound=Cursor)
R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True)
class State(Generic[C, R]):
    """Both columns, as an entity's way reads them. resume: None when no read is unfinished."""

    cursor: C
    resume: R | None = None


def cursor_of(found: Json, kind: type[C]) -> C:
    """The stored cursor as this kind; a new one where it cannot be read."""
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError:
        return kind()


def resume_of(found: Json, kind: type[R]) -> R | None:
    """The stored resume as this kind; None where there is none, or it cannot be read."""
    try:
        return msgspec.convert(found, kind) if found else None
    except msgspec.ValidationError:
        return None


def as_json(part: msgspec.Struct) -> Json:
    """What is stored in ops.watermark."""
    found: Json = msgspec.to_builtins(part)
    return found


def now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def stamp() -> str:
    """Now, as markers of time are written: UTC, whole seconds."""
    return now().strftime("%Y-%m-%dT%H:%M:%SZ")
