"""What one entity of a vendor is: a declaration, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from saldo.ways.silent_changes import SilentChange
    from saldo.ways.way import Way


class Record(msgspec.Struct, gc=False):
    """Base of the typed structs: every field the vendor documents, required unless it has a default. How
    the vendor writes names is the vendor's: a base of its own says it (`rename="camel"`).

    A record is decoded into its struct to find drift and wrong types, and for its key; what is stored
    is the record as received. Fields nobody reads are typed `Any`.
    """


@dataclass(frozen=True)
class Index:
    """An index of an entity's staging table, beside its key.

    name: the end of its name. field: a field of the record. on, where: SQL, in which {field} stands for
    the field's name as a literal.
    """

    name: str
    field: str
    on: str
    where: str = ""


@dataclass(frozen=True)
class DaysOf:
    """Records without a date of their own are dated as the record of another entity that they are parts of: by
    its `field`; its key is the first part of theirs."""

    entity: str
    field: str


@dataclass(frozen=True)
class Entity:
    """Where an entity is read, what it looks like, its identity, and how it is read.

    path: the vendor's path (its client knows the API family by it).
    record: the struct of one record.
    key: the vendor's field(s) that identify it. A field inside a field is written with a dot.
    reads: the way of reading, one of saldo.ways.
    window: the vendor's date field by which a window of days can be read again, or whose days are theirs.
    silent_changes: how changes of old records are found that the way itself does not see.
    allow_mass_delete: records vanish in normal use (drafts, when they are booked): the guard
    against mass deletions does not apply.
    part_of: the entity whose records these are parts of, and which is edited (the header of a draft): both are
    read again until it stands still meanwhile. Parts says it by itself.
    is_small: a set that takes about a page each night. It shares one task with other small sets;
    each has its own row in ops.sync_run.
    after: the entity that must not be older than this one: what this one tells is compared with it.
    named_by: entities whose records name these. They are landed before: whatever is booked while a run reads, what it
    names is there when it is read. (Not of entities that a run cuts off: saldo.landing.cutoffs.)

    Raises ValueError for a declaration that cannot be right.
    """

    name: str
    path: str
    record: type[Record]
    key: str | tuple[str, ...]
    reads: Way[Any, Any]
    window: str | DaysOf | None = None
    silent_changes: tuple[SilentChange, ...] = ()
    part_of: str | None = None
    allow_mass_delete: bool = False
    is_small: bool = False
    after: str | None = None
    named_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in self.key_parts:
            self.require(part, says=f"key={part!r}")
        if isinstance(self.window, str):
            self.require(self.window, says=f"window={self.window!r}")
        self.reads.check(self)
        for change in self.silent_changes:
            change.check(self)
        if self.silent_changes and not self.reads.finds_silent_changes:
            raise self.wrong(f"{type(self.reads).__name__} takes no silent_changes")

    def require(self, field: str, *, says: str) -> None:
        """Raise ValueError, beginning with `says`, when the record has no such field."""
        if not _has(self.record, field):
            record = f"{self.record.__module__}.{self.record.__name__}"
            raise self.wrong(f"{says} is no field of {record}")

    def wrong(self, problem: str) -> ValueError:
        """The error of a declaration that cannot be right."""
        return ValueError(f"entity {self.name}: {problem}")

    @property
    def key_parts(self) -> tuple[str, ...]:
        """The fields of the key, in their order."""
        return (self.key,) if isinstance(self.key, str) else self.key

    @property
    def whole(self) -> str | None:
        """The entity that these records are parts of, where it is edited."""
        return self.part_of or self.reads.whole

    @property
    def watches(self) -> tuple[str, ...]:
        """The entities whose changes decide which records of this one are read again."""
        return _each(self.reads.watches, *(change.watches for change in self.silent_changes))

    @property
    def comes_after(self) -> tuple[str, ...]:
        """The entities without which this one does not find all of its changes."""
        compared = (change.compares_with for change in self.silent_changes)
        dated_by = self.window.entity if isinstance(self.window, DaysOf) else None
        named = (self.whole, dated_by, self.after)
        return _each(self.watches, tuple(filter(None, named)), self.reads.compares_with, *compared)

    @property
    def lands_after(self) -> tuple[str, ...]:
        """The entities to be landed before this one."""
        return _each(self.comes_after, self.named_by)

    @property
    def indexes(self) -> tuple[Index, ...]:
        """What its rows in staging are looked up by, beside their key."""
        changes = (index for change in self.silent_changes for index in change.indexes)
        return (*self.reads.indexes, *changes)


def _each(*groups: tuple[str, ...]) -> tuple[str, ...]:
    """Every name once, in order."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _has(record: Any, field: str) -> bool:
    """Whether a record has this field, `a.b` for one inside another; what is inside `Any` is not known."""
    name, _, rest = field.partition(".")
    if record is Any:
        return True
    if not (isinstance(record, type) and issubclass(record, msgspec.Struct)):
        return False
    kinds = {field.encode_name: field.type for field in msgspec.structs.fields(record)}
    return name in kinds and (not rest or _has(kinds[name], rest))
