"""The ways of reading, each with a small vendor: what it holds, what changes there, and what a run reads of it.

A way that is found in saldo.ways needs a world here; nothing else must be written for it.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import saldo.ways
from saldo.declarations.entity import Entity
from saldo.run_request import RunRequest
from saldo.ways.append_only import AppendOnly
from saldo.ways.change_log import ChangeLog
from saldo.ways.delta import Delta
from saldo.ways.list_moves import ListMoves
from saldo.ways.modified_since import ModifiedSince
from saldo.ways.open_amounts import OpenAmounts
from saldo.ways.parts import Parts
from saldo.ways.references import References
from saldo.ways.snapshot import Snapshot
from saldo.ways.versions import Versions
from saldo.ways.way import Way

from .changes import (
    Change,
    gone,
    new,
    of_other_kind,
    onward,
    renamed,
    renumbered,
    settled,
    with_parents,
)  # fmt: skip
from .small_vendor import LISTS, Item, SmallVendor

WINDOW = RunRequest("window", (date(2026, 3, 2), date(2026, 3, 9)))
_NIGHT = RunRequest()
_OLD = "2020-01-01T00:00:00Z"


@dataclass(frozen=True)
class World:
    """A vendor and the entities that a night lands in this order; the last one is under test.

    base: what it holds before the first night. changes: what a night must find, each way of change apart.
    """

    name: str
    entities: tuple[Entity, ...]
    base: Callable[[SmallVendor], None]
    changes: tuple[Change, ...]
    announces: bool = False

    @property
    def entity(self) -> Entity:
        return self.entities[-1]

    def begin(self) -> SmallVendor:
        """The vendor before the first night, of the caller's own."""
        return copy.deepcopy(_begun(self))


@cache
def _begun(world: World) -> SmallVendor:
    vendor = SmallVendor(announces=world.announces)
    world.base(vendor)
    return vendor


def _entity(name: str, reads: Way, **more: object) -> Entity:  # type: ignore[type-arg]
    return Entity(f"small_{name}", "small", Item, more.pop("key", "number"), reads=reads, **more)  # type: ignore[arg-type]


def _filled(entity: Entity, *, vouchers: int = 12, parts: int = 1) -> Callable[[SmallVendor], None]:
    def base(vendor: SmallVendor) -> None:
        for number in range(1, 2 * vouchers + 1):
            for part in range(1, parts + 1):
                vendor.put(entity.name, number, part=part, stamp=_OLD)

    return base


# --- the worlds ------------------------------------------------------------------------------------

_SNAPSHOT = _entity("snapshot", Snapshot(), window="date")
_COUNTED = _entity("counted", Snapshot())
_STAMPED = _entity("stamped", ModifiedSince("stamp"))
_MEMBERS = _entity("members", Snapshot())
_UNPAID = _entity("unpaid", Snapshot(), allow_mass_delete=True)
_NUMBERED = _entity(
    "numbered",
    AppendOnly(),
    window="date",
    silent_changes=(
        OpenAmounts("due"),
        References("small_members", ("member",)),
        ChangeLog("small/log"),
    ),
)
_LISTED = _entity(
    "listed", AppendOnly(), silent_changes=(OpenAmounts("due", listed_in="small_unpaid"),)
)
_SCATTERED = _entity("scattered", AppendOnly(is_sorted=False), key=("number", "part"))
_MOVING = Entity(
    "small_moving",
    "small/{list}",
    Item,
    "number",
    reads=ListMoves(LISTS, link="link"),
    silent_changes=(References("small_members", ("member",)),),
)
_PARENTS = _entity("parents", Snapshot())
_PARTS = _entity("parts", Parts("small_parents", field="parent"))
_VERSIONED = _entity("versioned", Versions("version"), window="date")
_BILLS = _entity("bills", Versions("version", shares_ids_with=("small_slips",)))
_SLIPS = _entity(
    "slips",
    Versions("version", shares_ids_with=("small_bills",)),
    window="date",
    after="small_bills",
)
_STREAM = _entity("stream", Delta("query", max_age=timedelta(days=30)))


def _with_members(entity: Entity) -> Callable[[SmallVendor], None]:
    def base(vendor: SmallVendor) -> None:
        for member in range(1, 9):
            vendor.put(_MEMBERS.name, member)
        _filled(entity)(vendor)
        for number in vendor.numbers(entity.name):
            vendor.put(entity.name, number, member=1 + number % 8, due=5 * (number % 4 == 0))

    return base


def _with_lists(vendor: SmallVendor) -> None:
    _with_members(_MOVING)(vendor)
    for number in range(13, 25):
        name = LISTS[number > 18]
        vendor.put(_MOVING.name, number, link=f"/small/{name}/{number}")


def _with_unpaid(vendor: SmallVendor) -> None:
    _filled(_LISTED)(vendor)
    settled(_LISTED, listed_in=_UNPAID)(vendor, 0)


def _of_parents(vendor: SmallVendor) -> None:
    for parent in range(1, 9):
        vendor.put(_PARENTS.name, parent)
    for number in range(1, 25):
        vendor.put(_PARTS.name, number, parent=1 + (number - 1) // 4)


def _of_two_kinds(vendor: SmallVendor) -> None:
    for number in range(1, 37):
        vendor.put((_SLIPS if number <= 18 else _BILLS).name, number, stamp=_OLD)


WORLDS = (
    World("snapshot", (_SNAPSHOT,), _filled(_SNAPSHOT),
          (renamed(_SNAPSHOT), gone(_SNAPSHOT), new(_SNAPSHOT)), announces=True),
    World("snapshot-counted", (_COUNTED,), _filled(_COUNTED),
          (renamed(_COUNTED), gone(_COUNTED), new(_COUNTED))),
    World("modified-since", (_STAMPED,), _filled(_STAMPED),
          (renamed(_STAMPED), new(_STAMPED)), announces=True),
    World("modified-since-and-deleted", (_STAMPED,), _filled(_STAMPED),
          (renamed(_STAMPED), gone(_STAMPED), new(_STAMPED))),
    World("append-only", (_MEMBERS, _NUMBERED), _with_members(_NUMBERED),
          (settled(_NUMBERED), renumbered(_NUMBERED, _MEMBERS),
           renamed(_NUMBERED, is_logged=True), gone(_NUMBERED), new(_NUMBERED, member=5))),
    World("append-only-listed", (_UNPAID, _LISTED), _with_unpaid,
          (settled(_LISTED, listed_in=_UNPAID), new(_LISTED))),
    World("append-only-scattered", (_SCATTERED,), _filled(_SCATTERED, parts=2),
          (gone(_SCATTERED), new(_SCATTERED))),
    World("list-moves", (_MEMBERS, _MOVING), _with_lists,
          (renumbered(_MOVING, _MEMBERS), onward(_MOVING), gone(_MOVING),
           new(_MOVING, link=f"/small/{LISTS[0]}/0", member=5),
           new(_MOVING, link=f"/small/{LISTS[2]}/0", member=6))),
    World("parts", (_PARENTS, _PARTS), _of_parents, (with_parents(_PARTS, _PARENTS),)),
    World("delta", (_STREAM,), _filled(_STREAM),
          (renamed(_STREAM), gone(_STREAM), new(_STREAM))),
    World("versions", (_VERSIONED,), _filled(_VERSIONED),
          (renamed(_VERSIONED), gone(_VERSIONED), new(_VERSIONED))),
    World("versions-of-two-kinds", (_BILLS, _SLIPS), _of_two_kinds,
          (of_other_kind(_SLIPS, _BILLS), renamed(_SLIPS), gone(_SLIPS))),
)  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """A run in a world, and what has changed there since the first night. is_first: nothing has landed yet."""

    world: World
    run: str
    changes: tuple[Change, ...]
    run_request: RunRequest = _NIGHT
    is_first: bool = False

    @property
    def name(self) -> str:
        return f"{self.world.name}:{self.run}"

    def change(self, vendor: SmallVendor, day: int) -> None:
        """A working day: all of what this run must find."""
        for change in self.changes:
            change(vendor, day)


def _of_world(world: World) -> list[Scene]:
    entity, changes = world.entity, world.changes
    unseen = renamed(entity, place=9)  # by nights, in most ways
    found = [
        Scene(world, "first", changes, is_first=True),
        Scene(world, "night", changes),
        Scene(world, "full", (*changes, unseen), RunRequest("full")),
    ]
    if entity.window:
        inside = (renamed(entity, place=5), gone(entity))
        found.append(Scene(world, "window", inside, WINDOW))
    return found


SCENES = [scene for world in WORLDS for scene in _of_world(world)]


# --- what must have a world ------------------------------------------------------------------------


def declared(kind: type) -> set[type]:
    """The classes of a kind that the modules of saldo.ways declare."""
    modules = [
        importlib.import_module(f"saldo.ways.{module.name}")
        for module in pkgutil.iter_modules(saldo.ways.__path__)
    ]
    return {
        one
        for module in modules
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, kind) and not inspect.isabstract(one)
    }
