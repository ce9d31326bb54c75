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
from saldo.ways.way import Way

from .small_source import LISTS, Item, SmallVendor

#: A change at the vendor; the number tells one day's changes from another's.
Change = Callable[[SmallVendor, int], None]
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


# --- what changes ----------------------------------------------------------------------------------


def _new(entity: Entity, *, vouchers: int = 3, **fields: object) -> Change:
    def change(vendor: SmallVendor, day: int) -> None:
        highest = max(vendor.numbers(entity.name), default=0)
        for number in range(highest + 1, highest + 1 + 2 * vouchers):
            for part in range(1, len(entity.key_parts) + 1):
                vendor.put(entity.name, number, part=part, **fields)

    return change


def _gone(entity: Entity) -> Change:
    """A voucher, from the middle of what is old."""

    def change(vendor: SmallVendor, day: int) -> None:
        numbers = vendor.numbers(entity.name)
        first = (numbers or [0])[len(numbers) // 2]
        voucher = (first + 1) // 2
        vendor.drop(entity.name, 2 * voucher - 1)
        vendor.drop(entity.name, 2 * voucher)

    return change


def _renamed(entity: Entity, *, place: int = 1, is_logged: bool = False) -> Change:
    """Old records have other names."""

    def change(vendor: SmallVendor, day: int) -> None:
        for number in vendor.numbers(entity.name)[place : place + 3]:
            vendor.put(entity.name, number, name=f"renamed on day {day}")
            if is_logged:
                vendor.note(number)

    return change


def _settled(entity: Entity, *, listed_in: Entity | None = None) -> Change:
    """What was open is settled, others are opened; a list of what is open goes with it."""

    def change(vendor: SmallVendor, day: int) -> None:
        numbers = vendor.numbers(entity.name)
        for place, number in enumerate(numbers):
            due = 7 if place % 7 == day % 7 else 0
            if vendor.records[entity.name][number, 1]["due"] != due:
                vendor.put(entity.name, number, due=due)
        if listed_in:
            for number in vendor.numbers(listed_in.name):
                vendor.drop(listed_in.name, number)
            for (number, _), record in vendor.records[entity.name].items():
                if record["due"]:
                    vendor.put(listed_in.name, number, due=record["due"])

    return change


def _renumbered(entity: Entity, members: Entity) -> Change:
    """The lowest member gets a new number, on old records too."""

    def change(vendor: SmallVendor, day: int) -> None:
        numbers = vendor.numbers(members.name)
        old, new = numbers[0], numbers[-1] + 1
        vendor.drop(members.name, old)
        vendor.put(members.name, new)
        for number in vendor.numbers(entity.name):
            if vendor.records[entity.name][number, 1]["member"] == old:
                vendor.put(entity.name, number, member=new)

    return change


def _onward(entity: Entity) -> Change:
    """Vouchers move through the lists, one from each; some come into the last past the others."""

    def change(vendor: SmallVendor, day: int) -> None:
        for before, after in ((LISTS[1], LISTS[2]), (LISTS[0], LISTS[1]), (LISTS[0], LISTS[2])):
            records = vendor.records[entity.name].items()
            found = [number for (number, _), one in records if f"/{before}/" in one["link"]]
            for number in sorted(found)[:2]:
                vendor.put(entity.name, number, link=f"/small/{after}/{number}")

    return change


def _with_parents(entity: Entity, parents: Entity) -> Change:
    """A parent changes with its parts, one comes, one goes."""

    def change(vendor: SmallVendor, day: int) -> None:
        numbers = vendor.numbers(parents.name)
        changed, gone, new = numbers[1], numbers[2], numbers[-1] + 1
        vendor.put(parents.name, changed, name=f"changed on day {day}")
        vendor.drop(parents.name, gone)
        vendor.put(parents.name, new)
        for number in vendor.numbers(entity.name):
            parent = vendor.records[entity.name][number, 1]["parent"]
            if parent == gone:
                vendor.drop(entity.name, number)
            elif parent == changed:
                vendor.put(entity.name, number, name=f"changed on day {day}")
        highest = vendor.numbers(entity.name)[-1]
        for number in range(highest + 1, highest + 5):
            vendor.put(entity.name, number, parent=new)

    return change


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
    _settled(_LISTED, listed_in=_UNPAID)(vendor, 0)


def _of_parents(vendor: SmallVendor) -> None:
    for parent in range(1, 9):
        vendor.put(_PARENTS.name, parent)
    for number in range(1, 25):
        vendor.put(_PARTS.name, number, parent=1 + (number - 1) // 4)


WORLDS = (
    World("snapshot", (_SNAPSHOT,), _filled(_SNAPSHOT),
          (_renamed(_SNAPSHOT), _gone(_SNAPSHOT), _new(_SNAPSHOT)), announces=True),
    World("snapshot-counted", (_COUNTED,), _filled(_COUNTED),
          (_renamed(_COUNTED), _gone(_COUNTED), _new(_COUNTED))),
    World("modified-since", (_STAMPED,), _filled(_STAMPED),
          (_renamed(_STAMPED), _new(_STAMPED)), announces=True),
    World("modified-since-and-deleted", (_STAMPED,), _filled(_STAMPED),
          (_renamed(_STAMPED), _gone(_STAMPED), _new(_STAMPED))),
    World("append-only", (_MEMBERS, _NUMBERED), _with_members(_NUMBERED),
          (_settled(_NUMBERED), _renumbered(_NUMBERED, _MEMBERS),
           _renamed(_NUMBERED, is_logged=True), _gone(_NUMBERED), _new(_NUMBERED, member=5))),
    World("append-only-listed", (_UNPAID, _LISTED), _with_unpaid,
          (_settled(_LISTED, listed_in=_UNPAID), _new(_LISTED))),
    World("append-only-scattered", (_SCATTERED,), _filled(_SCATTERED, parts=2),
          (_gone(_SCATTERED), _new(_SCATTERED))),
    World("list-moves", (_MEMBERS, _MOVING), _with_lists,
          (_renumbered(_MOVING, _MEMBERS), _onward(_MOVING), _gone(_MOVING),
           _new(_MOVING, link=f"/small/{LISTS[0]}/0", member=5),
           _new(_MOVING, link=f"/small/{LISTS[2]}/0", member=6))),
    World("parts", (_PARENTS, _PARTS), _of_parents, (_with_parents(_PARTS, _PARENTS),)),
    World("delta", (_STREAM,), _filled(_STREAM),
          (_renamed(_STREAM), _gone(_STREAM), _new(_STREAM))),
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
    unseen = _renamed(entity, place=9)  # by nights, in most ways
    found = [
        Scene(world, "first", changes, is_first=True),
        Scene(world, "night", changes),
        Scene(world, "full", (*changes, unseen), RunRequest("full")),
    ]
    if entity.window:
        inside = (_renamed(entity, place=5), _gone(entity))
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
