"""Every trouble against every way of reading, at its first, middle and last request.

While a source misbehaves a night raises nothing but Saldo's own errors, tombstones nothing that lives, and
hands core either all of a read or nothing of it. When it is well again, the next night holds what the source
holds, byte for byte, and so does the night after another working day. What nobody can notice the same night
is listed by name.
"""

from __future__ import annotations

import itertools
from enum import Enum

import pytest

from saldo.errors import AuthError, BadResponse, SaldoError
from saldo.ways.silent_changes import SilentChange
from saldo.ways.way import Way
from tests.support import IS_WHOLE_SUITE

from .conftest import Open
from .nights import WEEK, Books, Rows
from .scenes import SCENES, WORLDS, Scene, declared
from .small_source import Kind, Trouble
from .troubles import TROUBLES


class Found(Enum):
    """When what nobody could notice is found."""

    NEXT_NIGHT = "the night after it is over"
    WEEKLY = "when everything is read again"


#: (world, or "" for all; trouble) -> when it is found.
UNNOTICED: dict[tuple[str, str], Found] = {
    # Who leaves a record out of pages and counts alike says that it is deleted. Counts find it again.
    ("", "hidden"): Found.NEXT_NIGHT,
    # A value that was written otherwise once is a value, and nothing says that it changed back.
    ("", "new-field"): Found.WEEKLY,
    ("", "stamp-of-the-future"): Found.WEEKLY,
    # As many records come as go while pages are asked for by their place: one slips through unseen.
    ("snapshot", "grows-and-shrinks"): Found.NEXT_NIGHT,
    ("modified-since", "grows-and-shrinks"): Found.WEEKLY,
    # The last list is only counted: as many came into it as went.
    ("list-moves", "grows-and-shrinks"): Found.WEEKLY,
    # Numbers are counted up to the highest that came: what is missing behind it may not have been there yet.
    **{
        (world, trouble): Found.NEXT_NIGHT
        for world in ("append-only", "append-only-listed", "append-only-scattered")
        for trouble in ("ends-early", "empty", "page-before-instead")
    },
    # The same where the last of a page is missing, once: half a voucher is shown until the next night.
    **{
        (world, trouble): Found.NEXT_NIGHT
        for world in ("append-only", "append-only-listed")
        for trouble in ("left-out-once", "shifted-once")
    },
    # Parts are read again when what they are parts of has changed, and by nothing else.
    ("parts", "hidden"): Found.WEEKLY,
    **{("parts", trouble): Found.WEEKLY for trouble in ("grows", "shrinks", "grows-and-shrinks")},
    # A change log has no count and no end mark.
    ("append-only", "log-tells-nothing"): Found.WEEKLY,
    # A stream has no count either: what it leaves out or tells wrongly is told.
    **{
        ("delta", trouble): Found.WEEKLY
        for trouble in (
            "left-out", "left-out-once", "page-before-instead", "shifted", "shifted-once", "moved-to-the-next",
            "ends-early", "empty", "hidden", "false-deletion",
        )
    },
    # What a list of versions lacks is not deleted, but what is new is not missed: tests/ways/test_versions.py.
    **{
        (world, trouble): Found.NEXT_NIGHT
        for world in ("versions", "versions-of-two-kinds")
        for trouble in ("list-lacks-one", "list-lacks-half", "list-lacks-half-once", "list-is-empty")
    },
}  # fmt: skip

#: Troubles that ways cannot tell from others: each is tried in every fifth scene, the others in every third one.
LIKE_OTHERS = {
    "rate-limited", "cut-off-once", "refused", "bad-response", "retyped-value", "retyped-moment",
    "missing-key", "missing-value", "missing-moment", "new-field", "count-once-more",
}  # fmt: skip


def is_tried(scene: int, trouble: int) -> bool:
    if SCENES[scene].run == "window" and TROUBLES[trouble].moves:
        return False  # what moves outside the window is the night's
    is_like_others = TROUBLES[trouble].name in LIKE_OTHERS
    one_of = 5 if is_like_others else 3
    return IS_WHOLE_SUITE or (scene + trouble) % one_of == 0


CASES = [
    pytest.param(
        SCENES[scene],
        TROUBLES[trouble],
        scene + trouble,
        id=f"{SCENES[scene].name}-{TROUBLES[trouble].name}",
    )
    for scene, trouble in itertools.product(range(len(SCENES)), range(len(TROUBLES)))
    if is_tried(scene, trouble)
]
_asked: dict[str, list[Kind]] = {}


def asked(open_books: Open, scene: Scene) -> list[Kind]:
    """The kinds of requests of a proper run, in order; found once a scene."""
    if scene.name not in _asked:
        with open_books(scene.world, is_first=scene.is_first) as books:
            scene.change(books.vendor, 1)
            assert books.night(scene.run_request) is None
            assert books.rows() == books.truth()
            _asked[scene.name] = books.source.asked
    return _asked[scene.name]


def places(open_books: Open, scene: Scene, trouble: Trouble, turn: int) -> list[int]:
    """At which of the requests that it can hit a trouble begins: the first, the middle or the last in turn; with
    SALDO_TEST_EVERYTHING=1 at each."""
    count = sum(kind in trouble.hits for kind in asked(open_books, scene))
    if IS_WHOLE_SUITE or not count:
        return list(range(count))
    return [(0, count // 2, count - 1)[turn % 3]]


@pytest.mark.parametrize(("scene", "trouble", "turn"), CASES)
def test_nothing_half_while_it_lasts_and_the_truth_after(
    open_books: Open, scene: Scene, trouble: Trouble, turn: int
) -> None:
    unnoticed = UNNOTICED.get((scene.world.name, trouble.name), UNNOTICED.get(("", trouble.name)))
    for place in places(open_books, scene, trouble, turn):
        with open_books(scene.world, is_first=scene.is_first) as books:
            before = books.rows()
            scene.change(books.vendor, 1)
            error = books.night(scene.run_request, trouble=trouble, place=place)
            check_error(books, trouble, error)
            if unnoticed is None:
                check_nothing_half(books, trouble, before, place)
            becomes_true(books, scene, is_seen=unnoticed is not Found.WEEKLY)
            scene.change(books.vendor, 2)
            becomes_true(books, scene, is_seen=unnoticed is not Found.WEEKLY)


def check_error(books: Books, trouble: Trouble, error: SaldoError | None) -> None:
    """Of the right family, naming agreement and entity."""
    expected: type | None = trouble.error
    if trouble.name == "not-licensed":  # a module that was there yesterday is a right that was lost
        expected = AuthError if books.rows() else type(None)
    if error is None and expected is BadResponse and books.is_distrusted():
        return  # what could not be read came right after everything was
    assert expected is None or type(error) is expected, error
    if error is not None:
        assert repr(books.id) in str(error)
        assert f"entity {books.entity.name}" in str(error)


def check_nothing_half(books: Books, trouble: Trouble, before: Rows, place: int) -> None:
    truth = books.truth()
    assert not set(books.rows(gone=True)) & set(truth), f"a living record is tombstoned ({place})"
    assert books.unbalanced == [], f"half a voucher was shown ({place})"
    if trouble.moves:
        return
    for shown in books.shown:
        assert _same(shown, truth, trouble) or shown == before, f"half was shown ({place})"


def _same(shown: Rows, truth: Rows, trouble: Trouble) -> bool:
    return set(shown) == set(truth) if trouble.alters else shown == truth


def becomes_true(books: Books, scene: Scene, *, is_seen: bool) -> None:
    """A night when all is well; where it is not seen by one, the weekly read of everything."""
    error = books.night(scene.run_request)
    assert error is None, error
    if not is_seen:
        error = books.night(after=WEEK)
        assert error is None, error
    assert books.rows() == books.truth()


# --- a new way -------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", sorted(declared(Way), key=str))
def test_every_way_of_reading_has_a_small_source(way: type) -> None:
    assert way in {type(world.entity.reads) for world in WORLDS}, (
        f"{way.__module__}.{way.__name__} has no small source: add a World that reads by it to "
        "tests/ways/scenes.py, and all troubles are tried with it"
    )


@pytest.mark.parametrize("change", sorted(declared(SilentChange), key=str))
def test_every_silent_change_has_a_small_source(change: type) -> None:
    found = {type(one) for world in WORLDS for one in world.entity.silent_changes}
    assert change in found, (
        f"{change.__module__}.{change.__name__} has no small source: add a World that declares it to "
        "tests/ways/scenes.py, and all troubles are tried with it"
    )


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.name)
def test_every_trouble_hits_something(open_books: Open, trouble: Trouble) -> None:
    assert any(trouble.hits & set(asked(open_books, scene)) for scene in SCENES)


def test_what_is_listed_by_name_is_known() -> None:
    names = {trouble.name for trouble in TROUBLES}
    assert names >= LIKE_OTHERS | {trouble for _, trouble in UNNOTICED}
    assert {world.name for world in WORLDS} >= {world for world, _ in UNNOTICED} - {""}
