"""What one entity of a vendor is: a declaration, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import msgspec

Mode = Literal["snapshot", "incremental"]


class Record(msgspec.Struct, rename="camel", gc=False):
    """Base of the typed structs: every field the vendor documents, required unless it has a default.

    A record is decoded into its struct to find drift and wrong types, and for its key; what is stored
    is the record as received. Fields nobody reads are typed `Any`.
    """


@dataclass(frozen=True)
class Entity:
    """Where an entity is read, what it looks like, its identity, how it loads and what moved.

    path: the vendor's path (its client knows the API family by it).
    record: the struct of one record. key: the vendor's field(s) that identify it.
    mode: `snapshot` reads all and diffs; `incremental` reads what `changed` says is newer.
    changed: the vendor's change marker; when it is the key itself, records come in key order.
    window: the vendor's date field by which a window can be read again.
    settles: a numeric field that old records change until it is 0; records where it is not are
    read again every night.
    open_in: the entity that lists what has not settled, under the same keys, where the vendor has no
    filter for it: records whose `settles` differs there are read again by key.
    log: the vendor's path of a change log that names records which changed in silence.
    refers: (field, entity) pairs; when a member of that entity vanishes, records that name it are read
    again: members are renumbered on old records too. A field of a field is written with a dot.
    lists: the vendor keeps records in several lists, named in `path` by {list}, through which they move
    in this order, with or without a mark. All but the last are read whole every night, what left them
    is read again by key, and the last, which grows for ever, is only counted. Each record's link
    (`self`) tells its list.
    follows: (field, entity); records are parts of a record of that entity, whose key is in the field,
    and those of records that changed are read again, in whatever list they are.
    is_scattered: the vendor sends records in another order than that of their number: they are read in
    ranges of numbers, each of them whole and put in order before it counts.
    drains: records vanish in the vendor's normal course (drafts, when they are booked): no number of
    them that is gone is suspicious.
    is_small: a set whose nights are a page or so, and that shares one task with others (each is recorded on its own).
    """

    name: str
    path: str
    record: type[Record]
    key: str | tuple[str, ...]
    mode: Mode = "snapshot"
    changed: str | None = None
    window: str | None = None
    settles: str | None = None
    log: str | None = None
    open_in: str | None = None
    refers: tuple[tuple[str, str], ...] = ()
    lists: tuple[str, ...] = ()
    follows: tuple[str, str] | None = None
    is_scattered: bool = False
    is_small: bool = False
    drains: bool = False

    def __post_init__(self) -> None:
        known = {field.encode_name for field in msgspec.structs.fields(self.record)}
        for purpose in ("changed", "window", "settles"):
            self._check_known(purpose, getattr(self, purpose), known)
        for part in self.key_parts:
            self._check_known("key", part, {part} if _has(self.record, part) else known)
        for field, _ in self.refers:
            self._check_known("refers", field.split(".")[0], known)
        if self.follows:
            self._check_known("follows", self.follows[0], known)
        if self.mode not in get_args(Mode):
            raise ValueError(f"entity {self.name}: mode={self.mode!r} is none of {get_args(Mode)}")
        self._check_ways()

    def _check_ways(self) -> None:
        """That the ways of reading go together."""
        is_marked = self.changed is not None
        if (self.mode == "incremental") != (is_marked or self.moves):
            raise ValueError(
                f"entity {self.name}: `changed` goes with mode incremental, or lists or follows do"
            )
        if is_marked and self.moves:
            raise ValueError(f"entity {self.name}: lists and follows need no `changed`")
        if self.is_small and self.is_key_ordered:
            raise ValueError(f"entity {self.name}: records in key order are no small set")
        if (self.settles or self.log or self.is_scattered) and not self.is_key_ordered:
            raise ValueError(
                f"entity {self.name}: settles, log and is_scattered need records in key order"
            )
        if self.refers and not (self.is_key_ordered or self.lists):
            raise ValueError(f"entity {self.name}: refers needs records in key order, or lists")
        if self.open_in and not self.settles:
            raise ValueError(f"entity {self.name}: open_in goes with settles")
        if bool(self.lists) != ("{list}" in self.path):
            raise ValueError(f"entity {self.name}: lists go with {{list}} in the path")

    def _check_known(self, purpose: str, field: str | None, known: set[str]) -> None:
        if field is not None and field not in known:
            raise ValueError(
                f"entity {self.name}: {purpose}={field!r} is no field of "
                f"{self.record.__module__}.{self.record.__name__}"
            )

    @property
    def key_parts(self) -> tuple[str, ...]:
        return (self.key,) if isinstance(self.key, str) else self.key

    @property
    def is_key_ordered(self) -> bool:
        """Whether records arrive in order of a growing integer, the first part of their key, so that it
        is the watermark."""
        return self.mode == "incremental" and self.changed == self.key_parts[0]

    @property
    def moves(self) -> bool:
        """Whether its nights follow what moved: between its lists, or of what its records are parts of."""
        return bool(self.lists or self.follows)

    @property
    def comes_after(self) -> tuple[str, ...]:
        """The entities to be landed before this one."""
        others = [other for _, other in self.refers]
        others += [self.follows[1]] if self.follows else []
        others += [self.open_in] if self.open_in else []
        return tuple(dict.fromkeys(others))


def _has(record: type[Record], part: str) -> bool:
    """Whether a record has this field, `a.b` for one inside another."""
    name, _, rest = part.partition(".")
    kinds = {field.encode_name: field.type for field in msgspec.structs.fields(record)}
    return name in kinds and (not rest or _has(kinds[name], rest))
