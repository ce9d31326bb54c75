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
    log: the vendor's path of a change log that names records which changed in silence.
    refers: (field, entity) pairs; when a member of that entity vanishes, records that name it are read
    again: members are renumbered on old records too.
    drains: records vanish in the vendor's normal course (drafts, when they are booked): no number of
    them that is gone is suspicious.
    is_small: a set of a page or so that shares one task with others (each is recorded on its own).
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
    refers: tuple[tuple[str, str], ...] = ()
    is_small: bool = False
    drains: bool = False

    def __post_init__(self) -> None:
        known = {field.encode_name for field in msgspec.structs.fields(self.record)}
        for purpose in ("changed", "window", "settles"):
            self._check_known(purpose, getattr(self, purpose), known)
        for part in self.key_parts:
            self._check_known("key", part, known)
        for field, _ in self.refers:
            self._check_known("refers", field, known)
        if self.mode not in get_args(Mode):
            raise ValueError(f"entity {self.name}: mode={self.mode!r} is none of {get_args(Mode)}")
        if (self.mode == "incremental") != (self.changed is not None):
            raise ValueError(f"entity {self.name}: `changed` goes with mode incremental")
        if self.is_small and self.mode != "snapshot":
            raise ValueError(f"entity {self.name}: only a snapshot can be small")
        if (self.settles or self.log or self.refers) and not self.is_key_ordered:
            raise ValueError(
                f"entity {self.name}: settles, log and refers need records in key order"
            )

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
