"""Whatever happens at the source, to the night and to its process, in any order, ends in the source's truth."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saldo.errors import Unavailable
from saldo.run_request import RunRequest
from tests.support import IS_WHOLE_SUITE

from .conftest import Open
from .nights import Books, Killed, killed_at, new_run_id
from .scenes import SCENES, WINDOW, WORLDS, Scene, World
from .small_source import Trouble
from .test_faults import UNNOTICED
from .troubles import TROUBLES

EXAMPLES = int(os.environ.get("SALDO_TEST_EXAMPLES", "100" if IS_WHOLE_SUITE else "5"))
_MODES = (RunRequest(), RunRequest(), RunRequest("full"), WINDOW)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
@pytest.mark.parametrize("part", range(12 if IS_WHOLE_SUITE else 2))
def test_a_run_killed_at_any_statement_is_made_good_by_the_next(
    open_books: Open, scene: Scene, part: int
) -> None:
    """Killed again and again, each time some statements later, a retry of the same run after each."""
    with open_books(scene.world, is_first=scene.is_first) as books:
        scene.change(books.vendor, 1)
        run_id = new_run_id()
        for statement in range(4 + part, 400, 11):
            if not is_killed(books, scene.run_request, run_id, statement):
                break
        assert books.unbalanced == []
        assert books.night(scene.run_request, run_id=run_id) is None
        assert books.rows() == books.truth()


def is_killed(books: Books, run_request: RunRequest, run_id: str, statement: int) -> bool:
    """Whether the process came to its n-th statement."""
    try:
        with killed_at(statement):
            books.night(run_request, run_id=run_id)
    except Killed:
        return True
    return False


# --- any interleaving ------------------------------------------------------------------------------


#: Noticed on any page but the last: whether the highest number is missing there, or has not been made yet, nobody can tell.
AT_THE_END = {
    (world, trouble)
    for world in ("append-only", "append-only-listed")
    for trouble in ("left-out", "shifted")
}


def is_noticed(world: World, trouble: Trouble) -> bool:
    unnoticed = {*UNNOTICED, *AT_THE_END}
    return not {(world.name, trouble.name), ("", trouble.name)} & unnoticed


def steps(world: World) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Changes at the source; nights with a trouble, killed or not, of the run before or a new one."""
    noticed = [trouble for trouble in TROUBLES if is_noticed(world, trouble)]
    change = st.tuples(st.just("change"), st.sampled_from(world.changes), st.integers(3, 9))
    night = st.tuples(
        st.just("night"), st.sampled_from(_MODES), st.none() | st.sampled_from(noticed),
        st.integers(0, 12), st.none() | st.integers(1, 120), st.booleans(),
    )  # fmt: skip
    return st.lists(st.one_of(change, night), min_size=2, max_size=8)


@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
@pytest.mark.parametrize("is_first", [True, False], ids=["first", "later"])
@given(data=st.data())
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_interleaving_ends_in_the_truth(
    open_books: Open, world: World, is_first: bool, data: st.DataObject
) -> None:
    with open_books(world, is_first=is_first) as books:
        run_id = new_run_id()
        for what, *detail in data.draw(steps(world)):
            if what == "change":
                change, day = detail
                change(books.vendor, day)
            else:
                *how, is_retry = detail
                run_id = run_id if is_retry else new_run_id()
                any_night(books, run_id, *how)
        assert books.unbalanced == []
        becomes_true(books)


def any_night(
    books: Books, run_id: str, run_request: RunRequest, trouble: Trouble | None, place: int,
    statement: int | None,
) -> None:  # fmt: skip
    """Whatever it ends with but an error that is none of Saldo's."""
    try:
        with killed_at(statement or 10_000):
            books.night(run_request, trouble=trouble, place=place, run_id=run_id)
    except Killed:
        return


def becomes_true(books: Books) -> None:
    """The next night. Or the one after it, where days ago a read was cut off: what is resumed may no longer
    add up, and says so; a full read that goes on finds the night after what changed behind it in silence."""
    goes_on = books.entity.reads.resumes_any_day and books.is_full_read_unfinished()
    error = books.night()
    assert error is None or isinstance(error, Unavailable), error
    if error or goes_on:
        assert books.night() is None
    assert books.rows() == books.truth()
