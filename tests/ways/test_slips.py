"""Pages that are told by their place: what slips from one to the next is not gone, and none is gone on from on another day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from saldo.errors import Unavailable
from saldo.ways import slips

from .conftest import Open
from .nights import Books, new_run_id
from .scenes import WORLDS, World
from .small_source import Ask, Kind, Proper, Trouble

SNAPSHOT, STAMPED = (
    next(world for world in WORLDS if world.name == name) for name in ("snapshot", "modified-since")
)
IN_PLACES = pytest.mark.parametrize("world", [SNAPSHOT, STAMPED], ids=lambda world: world.name)
#: Numbers of a world are 1 to 24, five on a page.
SLIPPED = "6"


def _read_all(books: Books, **more: Any) -> Any:
    return books.night(after=timedelta(days=30), **more)


def _one_for_another(ask: Ask, proper: Proper) -> Any:
    """Before the second page is asked for, a record of the first is deleted, and another written."""
    ask.vendor.drop(ask.entity, 1)
    ask.vendor.put(ask.entity, 99)
    return proper()


def _requests(books: Books, kind: Kind) -> int:
    found: int = books.source.asked.count(kind)
    return found


@IN_PLACES
def test_what_slips_to_a_page_that_was_read_is_not_gone(open_books: Open, world: World) -> None:
    trouble = Trouble("slip", _one_for_another, frozenset({"records"}), lasts=False)
    with open_books(world) as books:
        assert _read_all(books, trouble=trouble, place=1) is None
        assert SLIPPED in books.rows()
        assert "99" in books.rows()
        assert books.rows(gone=True) == {}
        assert _read_all(books) is None
        assert books.rows() == books.truth()


@IN_PLACES
def test_what_is_gone_costs_a_count_and_no_record(open_books: Open, world: World) -> None:
    with open_books(world) as books:
        assert _read_all(books) is None
        before = _requests(books, "records"), _requests(books, "count")
        books.vendor.drop(books.entity.name, 7)
        assert _read_all(books) is None
        assert (_requests(books, "records"), _requests(books, "count")) == (
            before[0],
            before[1] + 1,
        )
        assert books.rows() == books.truth()
        assert set(books.rows(gone=True)) == {"7"}


def test_of_what_is_on_one_page_nothing_can_slip(open_books: Open) -> None:
    with open_books(SNAPSHOT) as books:
        for number in range(4, 25):
            books.vendor.drop(books.entity.name, number)
        _read_all(books)
        assert _requests(books, "count") == 0


@pytest.mark.parametrize("said", [0, 2, 5])
def test_a_count_that_is_not_what_comes_deletes_nothing(open_books: Open, said: int) -> None:
    """Of a record that slipped: only where none is counted is it believed to be gone."""

    def counted(ask: Ask, proper: Proper) -> Any:
        return said

    with open_books(SNAPSHOT) as books:
        books.vendor.drop(books.entity.name, 7)
        wrong = Trouble("count", counted, frozenset({"count"}))
        error = _read_all(books, trouble=wrong)
        assert (error is None) == (said == 0)
        assert set(books.rows(gone=True)) == ({"7"} if said == 0 else set())
        assert error is None or isinstance(error, Unavailable)


def test_where_very_many_are_missing_none_is_asked_for(
    open_books: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slips, "MOST", 1)
    with open_books(SNAPSHOT) as books:
        books.vendor.drop(books.entity.name, 7)
        books.vendor.drop(books.entity.name, 8)
        assert _read_all(books) is None
        assert _requests(books, "count") == 0
        assert books.rows() == books.truth()


# --- where a read goes on ------------------------------------------------------------------------


def _begun_ago(hours: float) -> Callable[[Books], None]:
    def age(books: Books) -> None:
        books.connection.execute(
            "update ops.watermark set resume = jsonb_set(resume, '{begun_at}', to_jsonb(now() - %s)) "
            "where agreement_id = %s and entity = %s",
            [timedelta(hours=hours), books.id, books.entity.name],
        )

    return age


def _begun_before_it_was_kept(books: Books) -> None:
    books.connection.execute(
        "update ops.watermark set resume = resume - 'begun_at' where agreement_id = %s and entity = %s",
        [books.id, books.entity.name],
    )


@pytest.mark.parametrize(
    ("age", "pages"),
    [
        pytest.param(_begun_ago(0), 3, id="at-once"),
        pytest.param(_begun_ago(19), 3, id="the-same-day"),
        pytest.param(_begun_ago(25), 5, id="the-next-day"),
        pytest.param(_begun_before_it_was_kept, 5, id="of-an-earlier-version"),
    ],
)
@IN_PLACES
def test_a_task_that_is_cleared_goes_on_the_same_day_alone(
    open_books: Open, world: World, age: Callable[[Books], None], pages: int
) -> None:
    """24 records on five pages, of which two were landed."""

    def fails(ask: Ask, proper: Proper) -> Any:
        raise Unavailable("cut off")

    run_id = new_run_id()
    with open_books(world) as books:
        trouble = Trouble("cut off", fails, frozenset({"records"}))
        assert isinstance(_read_all(books, trouble=trouble, place=2, run_id=run_id), Unavailable)
        assert books.is_full_read_unfinished()
        age(books)
        assert _read_all(books, run_id=run_id) is None
        assert _requests(books, "records") == pages
        assert books.rows() == books.truth()
