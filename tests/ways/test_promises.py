"""What landing promises of a set that is not whole, on small sources: what is kept, what is said, what is read again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from saldo.errors import DataRejected, SaldoError, Unavailable
from saldo.run_request import RunRequest
from saldo.ways.append_only import AppendOnly

from .conftest import Open
from .nights import Books, new_run_id
from .scenes import SCENES, WORLDS, Scene
from .small_source import PAGE
from .troubles import TROUBLES

_WORLDS = {world.name: world for world in WORLDS}
_TROUBLES = {trouble.name: trouble for trouble in TROUBLES}
NUMBERED = [world for world in WORLDS if isinstance(world.entity.reads, AppendOnly)]


def error_of(books: Books, trouble: str, place: int = 0) -> SaldoError | None:
    return books.night(trouble=_TROUBLES[trouble], place=place)


def test_chunks_before_the_fault_stay_and_are_not_read_again(open_books: Open) -> None:
    with open_books(_WORLDS["append-only"], is_first=True) as books:
        assert isinstance(error_of(books, "unavailable", place=3), Unavailable)
        kept = len(books.rows())
        assert kept > PAGE
        assert books.shown == []
        assert books.night() is None
        assert books.counts.inserted == len(books.truth()) - kept
        assert books.counts.updated == 0
        assert books.rows() == books.truth()


def test_a_page_that_lacks_rows_is_found_by_the_count(open_books: Open) -> None:
    with open_books(_WORLDS["append-only"], is_first=True) as books:
        error = error_of(books, "left-out-once", place=1)
        assert isinstance(error, Unavailable)
        assert "announced" in str(error)
        assert books.night() is None
        assert books.rows() == books.truth()


def test_rows_sent_twice_are_kept_once(open_books: Open) -> None:
    with open_books(_WORLDS["append-only"], is_first=True) as books:
        assert error_of(books, "twice", place=1) is None
        assert books.rows() == books.truth()


def test_a_snapshot_with_a_record_of_the_page_before_is_not_whole(open_books: Open) -> None:
    """Paging by place under writes: one record twice, another one never."""
    with open_books(_WORLDS["snapshot"]) as books:
        assert isinstance(error_of(books, "page-before-instead", place=2), Unavailable)
        assert books.night() is None
        assert books.rows() == books.truth()


def test_a_set_that_changes_size_while_it_is_read_is_read_again(open_books: Open) -> None:
    with open_books(_WORLDS["snapshot"]) as books:
        error = error_of(books, "grows", place=2)
        assert isinstance(error, Unavailable)
        assert "changed while it was read" in str(error)
        assert books.night() is None
        assert books.rows() == books.truth()


@pytest.mark.parametrize("name", ["snapshot", "append-only", "delta"])
def test_all_that_is_gone_waits_for_a_person(open_books: Open, name: str) -> None:
    """Deletions are judged as one, however they are found."""
    with open_books(_WORLDS[name]) as books:
        before = len(books.rows())
        for number in books.vendor.numbers(books.entity.name):
            books.vendor.drop(books.entity.name, number)
        error = books.night()
        assert isinstance(error, DataRejected)
        assert "confirm_deletes" in str(error)
        assert books.night(RunRequest(confirm_deletes=True)) is None
        assert books.rows() == {}
        assert len(books.rows(gone=True)) == before


# --- what is written meanwhile ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "scene",
    [scene for scene in SCENES if scene.world in NUMBERED and scene.run != "window"],
    ids=lambda scene: scene.name,
)
def test_what_is_written_while_numbers_are_read_or_counted_is_no_false_alarm(
    open_books: Open, scene: Scene
) -> None:
    """At any request: counts are compared up to the last number seen."""
    place, is_hit = 0, True
    while is_hit:
        with open_books(scene.world, is_first=scene.is_first) as books:
            scene.change(books.vendor, 1)
            held = len(books.truth())
            trouble = _TROUBLES["grows"]
            assert books.night(scene.run_request, trouble=trouble, place=place) is None
            assert not set(books.rows(gone=True)) & set(books.truth())
            assert books.unbalanced == []
            is_hit = len(books.truth()) > held
            assert books.night() is None
            assert books.rows() == books.truth()
        place += 1
    assert place > 3


@pytest.mark.parametrize("world", NUMBERED, ids=lambda world: world.name)
@pytest.mark.parametrize("trouble", ["unavailable", "count-one-more"])
def test_what_vanished_since_a_first_load_was_not_whole_is_found(
    open_books: Open, world: object, trouble: str
) -> None:
    """What is resumed days later no longer adds up to what the vendor counts: the try says so, and its retry
    reads all of it."""
    with open_books(world, is_first=True) as books:
        assert isinstance(
            error_of(books, trouble, place=3 * (trouble == "unavailable")), Unavailable
        )
        for number in (1, 2):
            books.vendor.drop(books.entity.name, number)
        error = books.night(after=timedelta(days=3), run_id=new_run_id())
        if error is not None:
            assert isinstance(error, Unavailable)
            assert "It is read again" in str(error)
            assert books.night() is None
        assert books.rows() == books.truth()
