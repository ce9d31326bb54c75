"""A vendor that counts far too few records: it costs a handful of requests, and deletes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from saldo.agreements.agreement import Agreement
from saldo.errors import DataRejected, Unavailable
from saldo.run_request import RunRequest
from saldo.ways.append_only import AppendOnly
from tests.support import agreement

from .changes import gone
from .conftest import Open
from .nights import Books
from .scenes import _LISTED, _MOVING, _UNPAID, WORLDS, World, _entity, _filled
from .small_source import Ask, Proper, Trouble
from .small_vendor import LISTS, SmallVendor

_MANY = _entity("many", AppendOnly())
_MANY_SCATTERED = _entity("many_scattered", AppendOnly(is_sorted=False), key=("number", "part"))


def _with_archived(vendor: SmallVendor) -> None:
    for number in range(1, 201):
        vendor.put(_MOVING.name, number, link=f"/small/{LISTS[-1]}/{number}")


WORLDS_OF_MANY = (
    World("many", (_MANY,), _filled(_MANY, vouchers=100), (gone(_MANY),)),
    World(
        "many-scattered", (_MANY_SCATTERED,), _filled(_MANY_SCATTERED, vouchers=100, parts=2), ()
    ),
    World("many-moving", (_MOVING,), _with_archived, ()),
)


@pytest.fixture(autouse=True)
def _parts(open_books: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """More parts than mismatched ranges, as there are of real books."""
    monkeypatch.setattr("saldo.ways.mismatched_ranges.PARTS", 100)


def _says(count: int) -> Trouble:
    def answer(ask: Ask, proper: Proper) -> Any:
        return count

    return Trouble(f"counts {count}", answer, frozenset({"count"}))


@pytest.mark.parametrize("world", WORLDS_OF_MANY, ids=lambda world: world.name)
@pytest.mark.parametrize("count", [0, 1, 7])
def test_a_count_that_is_far_too_low_is_not_followed(
    open_books: Open, world: World, count: int
) -> None:
    with open_books(world) as books:
        error = books.night(trouble=_says(count))
        assert isinstance(error, Unavailable)
        # The page beyond, an open list, and a page or two of the range that is said to be empty: 40 pages are everything.
        assert books.source.asked.count("records") <= 4
        assert books.source.asked.count("count") <= 16
        assert books.rows() == books.truth()
        assert books.rows(gone=True) == {}
        assert books.night() is None


@pytest.mark.parametrize("world", WORLDS_OF_MANY[:2], ids=lambda world: world.name)
def test_a_count_that_was_wrong_once_costs_another_one(open_books: Open, world: World) -> None:
    def once(ask: Ask, proper: Proper) -> Any:
        return 0

    with open_books(world) as books:
        assert books.night() is None
        quiet = len(books.source.asked)
        trouble = Trouble("once", once, frozenset({"count"}), lasts=False)
        assert books.night(trouble=trouble) is None
        assert len(books.source.asked) == quiet + 1
        assert books.rows() == books.truth()


def test_a_mass_deletion_that_is_true_is_still_found(open_books: Open) -> None:
    """The vendor counts what it sends: a person is asked, as ever."""
    with open_books(WORLDS_OF_MANY[0]) as books:
        for number in range(1, 121):
            books.vendor.drop(_MANY.name, number)
        assert isinstance(books.night(), DataRejected)
        assert books.night(RunRequest(confirm_deletes=True)) is None
        assert books.rows() == books.truth()


# --- a list of what is open that the agreement leaves out ----------------------------------------


def test_open_amounts_do_not_stand_still_when_their_list_is_left_out(
    open_books: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has landed before, and shows what was open then."""
    [world] = [world for world in WORLDS if world.name == "append-only-listed"]
    with open_books(world) as books:

        def without(self: Books) -> Agreement:
            return agreement(self.id, exclude=(_UNPAID.name,))

        monkeypatch.setattr(Books, "agreement", property(without))
        books.world = World(world.name, (_LISTED,), world.base, world.changes)
        for due in (5, 0):
            for (number, _), record in [*books.vendor.records[_LISTED.name].items()]:
                if record["due"]:
                    books.vendor.put(_LISTED.name, number, is_silent=True, due=due)
            assert books.night() is None
            assert books.rows() == books.truth()
