"""What changes at a small vendor on a working day: each kind of change that a way of reading must find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saldo.declarations.entity import Entity

from .small_vendor import LISTS, SmallVendor

#: A change at the vendor; the number tells one day's changes from another's.
Change = Callable[[SmallVendor, int], None]


def new(entity: Entity, *, vouchers: int = 3, **fields: Any) -> Change:
    def change(vendor: SmallVendor, day: int) -> None:
        highest = max(vendor.numbers(entity.name), default=0)
        for number in range(highest + 1, highest + 1 + 2 * vouchers):
            for part in range(1, len(entity.key_parts) + 1):
                vendor.put(entity.name, number, part=part, **fields)

    return change


def gone(entity: Entity) -> Change:
    """A voucher, from the middle of what is old."""

    def change(vendor: SmallVendor, day: int) -> None:
        numbers = vendor.numbers(entity.name)
        first = (numbers or [0])[len(numbers) // 2]
        voucher = (first + 1) // 2
        vendor.drop(entity.name, 2 * voucher - 1)
        vendor.drop(entity.name, 2 * voucher)

    return change


def renamed(entity: Entity, *, place: int = 1, is_logged: bool = False) -> Change:
    """Old records have other names."""

    def change(vendor: SmallVendor, day: int) -> None:
        for number in vendor.numbers(entity.name)[place : place + 3]:
            vendor.put(entity.name, number, is_silent=is_logged, name=f"renamed on day {day}")
            if is_logged:
                vendor.note(number)

    return change


def settled(entity: Entity, *, listed_in: Entity | None = None) -> Change:
    """What was open is settled, others are opened; a list of what is open goes with it."""

    def change(vendor: SmallVendor, day: int) -> None:
        numbers = vendor.numbers(entity.name)
        for place, number in enumerate(numbers):
            due = 7 if place % 7 == day % 7 else 0
            if vendor.records[entity.name][number, 1]["due"] != due:
                vendor.put(entity.name, number, is_silent=True, due=due)
        if listed_in:
            for number in vendor.numbers(listed_in.name):
                vendor.drop(listed_in.name, number)
            for (number, _), record in vendor.records[entity.name].items():
                if record["due"]:
                    vendor.put(listed_in.name, number, due=record["due"])

    return change


def renumbered(entity: Entity, members: Entity) -> Change:
    """The lowest member gets a new number, on old records too."""

    def change(vendor: SmallVendor, day: int) -> None:
        numbers = vendor.numbers(members.name)
        old, new = numbers[0], numbers[-1] + 1
        vendor.drop(members.name, old)
        vendor.put(members.name, new)
        for number in vendor.numbers(entity.name):
            if vendor.records[entity.name][number, 1]["member"] == old:
                vendor.put(entity.name, number, is_silent=True, member=new)

    return change


def onward(entity: Entity) -> Change:
    """Vouchers move through the lists, one from each; some come into the last past the others."""

    def change(vendor: SmallVendor, day: int) -> None:
        for before, after in ((LISTS[1], LISTS[2]), (LISTS[0], LISTS[1]), (LISTS[0], LISTS[2])):
            records = vendor.records[entity.name].items()
            found = [number for (number, _), one in records if f"/{before}/" in one["link"]]
            for number in sorted(found)[:2]:
                vendor.put(entity.name, number, link=f"/small/{after}/{number}")

    return change


def with_parents(entity: Entity, parents: Entity) -> Change:
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


def of_other_kind(entity: Entity, other: Entity) -> Change:
    """A voucher of each becomes one of the other."""

    def change(vendor: SmallVendor, day: int) -> None:
        for before, after in ((entity, other), (other, entity)):
            number = vendor.numbers(before.name)[6]
            first = 2 * ((number + 1) // 2) - 1
            for moved in (first, first + 1):
                amount = vendor.records[before.name][moved, 1]["amount"]
                vendor.drop(before.name, moved)
                vendor.put(after.name, moved, amount=amount)

    return change
