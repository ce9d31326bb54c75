"""A vendor's list of versions: what it costs, what it shows, and what is not believed of it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from saldo.declarations.source import EVERYTHING, Page
from saldo.errors import DataRejected, SaldoError, Unavailable
from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection
from saldo.ways.plan import Decision, ReadChanges, ReadEverything, ReadWindow, plan
from saldo.ways.state import as_json
from saldo.ways.versions import VersionsCursor

from .conftest import Open
from .nights import Books, Killed, killed_at, new_run_id
from .scenes import WINDOW, WORLDS
from .small_source import PAGE, Ask, Kind, Proper, Trouble
from .troubles import TROUBLES

_WORLDS = {world.name: world for world in WORLDS}
_TROUBLES = {trouble.name: trouble for trouble in TROUBLES}
ONE, TWO = _WORLDS["versions"], _WORLDS["versions-of-two-kinds"]
BILLS, SLIPS = (entity.name for entity in TWO.entities)


def once(kind: Kind, what: Callable[[Ask], object]) -> Trouble:
    """Something happens at the vendor just before it answers."""

    def answer(ask: Ask, proper: Proper) -> Any:
        what(ask)
        return proper()

    return Trouble("happens", answer, frozenset({kind}), lasts=False, moves=True)


# --- what is planned -----------------------------------------------------------------------------

NOW = datetime(2026, 10, 30, 2, 0, tzinfo=UTC)
LATELY, LONG_AGO = "2026-10-30T01:00:00Z", "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("wanted", "cursor", "resume", "expected"),
    [
        (RunRequest(), {}, {}, ReadEverything()),
        (RunRequest(), {"full_at": LATELY}, {}, ReadChanges()),
        (RunRequest(), {"full_at": LONG_AGO}, {}, ReadEverything()),
        (RunRequest(), {"full_at": LATELY}, {"read": "everything"}, ReadEverything()),
        (RunRequest(), {"full_at": LATELY}, {"read": "versions"}, ReadChanges()),
        (RunRequest("full"), {"full_at": LATELY}, {}, ReadEverything()),
        (WINDOW, {"full_at": LONG_AGO}, {}, ReadWindow(date(2026, 3, 2), date(2026, 3, 9))),
    ],
)
def test_what_is_read(
    wanted: RunRequest, cursor: dict[str, str], resume: dict[str, str], expected: Decision
) -> None:
    state = ONE.entity.reads.state(cursor, resume)
    assert plan(ONE.entity, wanted, state, full_refresh="weekly", now=NOW) == expected


def test_state_is_read_as_it_is_written() -> None:
    cursor = VersionsCursor(full_at=NOW, read_from=NOW, read_to=NOW, withheld=("1",))
    assert ONE.entity.reads.state(as_json(cursor), {}).cursor == cursor


# --- what it costs -------------------------------------------------------------------------------


def test_a_night_without_changes_costs_the_list_alone(open_books: Open) -> None:
    with open_books(ONE) as books:
        assert books.night() is None
        assert books.source.asked == ["list"]


def test_a_change_costs_a_slice_and_nothing_else_is_read(open_books: Open) -> None:
    with open_books(ONE) as books:
        books.vendor.put(books.entity.name, 3, name="changed")
        books.vendor.put(books.entity.name, 90)
        assert books.night() is None
        assert books.source.asked == ["list", "records"]
        assert (books.counts.inserted, books.counts.updated, books.counts.read) == (1, 1, 2)


def test_a_first_read_that_was_cut_off_goes_on_with_what_is_left(open_books: Open) -> None:
    """In any later run: what has landed is not asked for again."""
    with open_books(ONE, is_first=True) as books:
        error = books.night(trouble=_TROUBLES["unavailable"], place=3)
        assert isinstance(error, Unavailable)
        kept = len(books.rows())
        assert kept >= PAGE
        assert books.shown == []
        assert books.night() is None
        assert books.counts.read == books.counts.inserted == len(books.truth()) - kept


def test_a_full_read_that_was_cut_off_goes_on_with_what_is_left(open_books: Open) -> None:
    with open_books(ONE) as books:
        full = RunRequest("full")
        books.vendor.put(books.entity.name, 24, name="changed in silence", is_silent=True)
        assert books.night(full, trouble=_TROUBLES["unavailable"], place=3) is not None
        read = books.counts.read
        assert read >= PAGE
        assert books.night() is None, "a night finishes it"
        assert books.counts.read == len(books.truth()) - read
        assert books.rows() == books.truth()


# --- two changes with one version ----------------------------------------------------------------


def test_what_was_read_in_the_second_of_its_change_is_read_once_more(open_books: Open) -> None:
    with open_books(ONE) as books:
        name, now = books.entity.name, int(time.time())
        books.vendor.put(name, 3, version=now)
        assert books.night() is None
        books.vendor.put(name, 3, is_silent=True, version=now, name="in the same second")
        assert books.night() is None
        assert books.rows() == books.truth()
        assert books.night(after=timedelta(hours=1)) is None
        # Its second is over for a minute only then.
        age_the_last_read(books)
        assert books.night() is None
        assert books.source.asked == ["list"]


def age_the_last_read(books: Books) -> None:
    books.connection.execute(
        'update ops.watermark set cursor = cursor || \'{"read_from": "2021-01-01T00:00:00Z", '
        '"read_to": "2021-01-01T00:00:01Z"}\' where agreement_id = %s and entity = %s',
        [books.id, books.entity.name],
    )


def test_an_old_record_that_changed_without_a_new_version_is_found_by_the_weekly_read(
    open_books: Open,
) -> None:
    with open_books(ONE) as books:
        books.vendor.put(books.entity.name, 3, is_silent=True, name="in silence")
        assert books.night() is None
        assert books.rows() != books.truth()
        assert books.night(after=timedelta(days=7)) is None
        assert books.rows() == books.truth()


# --- what a list lacks ---------------------------------------------------------------------------


@pytest.mark.parametrize("run_request", [RunRequest(), RunRequest("full"), WINDOW])
@pytest.mark.parametrize(
    "trouble", ["list-lacks-one", "list-lacks-half", "list-lacks-half-once", "list-is-empty"]
)
def test_what_lives_is_never_deleted_for_a_list(
    open_books: Open, trouble: str, run_request: RunRequest
) -> None:
    for confirmed in (False, True):
        with open_books(ONE) as books:
            asked = RunRequest(run_request.mode, run_request.window, (), confirmed)
            error = books.night(asked, trouble=_TROUBLES[trouble])
            is_window = run_request.window is not None
            assert isinstance(error, Unavailable | DataRejected) or (is_window and error is None)
            assert books.rows(gone=True) == {}
            assert books.night() is None
            assert books.rows() == books.truth()


def test_an_empty_list_waits_for_a_person_without_a_request_more(open_books: Open) -> None:
    with open_books(ONE) as books:
        error = books.night(trouble=_TROUBLES["list-is-empty"])
        assert isinstance(error, DataRejected)
        assert "confirm_deletes" in str(error)
        assert books.source.asked == ["list"]


def test_what_vanishes_between_list_and_fetch_is_gone_and_no_error(open_books: Open) -> None:
    with open_books(ONE) as books:
        name = books.entity.name
        for number in (3, 4):
            books.vendor.put(name, number, name="changed")
        books.vendor.put(name, 90)

        def drop(ask: Ask) -> None:
            for number in (3, 4, 90):
                ask.vendor.drop(name, number)

        gone = once("records", drop)
        assert books.night(trouble=gone) is None
        assert books.rows() == books.truth()


def test_what_is_listed_and_never_handed_out_stops_one_night_only(open_books: Open) -> None:
    with open_books(ONE) as books:
        run_id, trouble = new_run_id(), _TROUBLES["list-names-for-nothing"]
        books.vendor.put(books.entity.name, 3, name="changed")
        for _ in range(2):  # a retry learns nothing new
            error = books.night(trouble=trouble, run_id=run_id)
            assert isinstance(error, Unavailable)
            assert "990001, 990002" in str(error)
        assert books.night(trouble=trouble) is None
        assert books.rows() == books.truth()
        assert "does not hand out" in note_of(books)


def note_of(books: Books) -> str:
    row = books.connection.execute(
        "select note from ops.sync_run where agreement_id = %s order by started_at desc limit 1",
        [books.id],
    ).fetchone()
    assert row is not None
    return row[0] or ""


def test_what_is_handed_out_and_never_listed_stops_one_night_only(open_books: Open) -> None:
    """And lands as it is, night after night; what is really gone beside it goes."""
    with open_books(ONE) as books:
        name, trouble, run_id = books.entity.name, _TROUBLES["list-lacks-one"], new_run_id()
        [lacking] = {*listed(books)}.difference(trouble.answer(None, lambda: listed(books)))  # type: ignore[arg-type]
        key = lacking[0]
        for changed in ("once", "twice"):  # a retry learns nothing new
            books.vendor.put(name, int(key), name=changed)
            error = books.night(trouble=trouble, run_id=run_id)
            assert isinstance(error, Unavailable)
            assert f"lacks 1 records that it hands out by their ids (such as {key})" in str(error)
            assert books.rows() == books.truth()
            assert books.shown == []
        books.vendor.put(name, int(key), name="thrice")
        books.vendor.drop(name, max(int(number) for number, _ in listed(books)))
        assert books.night(trouble=trouble) is None
        assert books.shown == [books.rows()] == [books.truth()]
        assert f"by their ids, night after night (such as {key})" in note_of(books)
        assert books.night() is None
        assert note_of(books) == ""


def listed(books: Books) -> list[tuple[str, str]]:
    return books.vendor.versions(books.entity, EVERYTHING)


def test_a_list_that_lacks_much_is_never_believed(open_books: Open) -> None:
    """As new ones may be missing, too; what is handed out has landed all the same."""
    with open_books(ONE) as books:
        name, trouble = books.entity.name, _TROUBLES["list-lacks-half"]
        for number in range(100, 160):
            books.vendor.put(name, number)
        assert books.night() is None
        for number in range(100, 160):
            books.vendor.put(name, number, name="changed")
        for _ in range(3):
            assert isinstance(books.night(trouble=trouble), Unavailable)
            assert books.rows() == books.truth()


# --- records that change their kind --------------------------------------------------------------


def live(connection: Connection, id: str) -> set[str]:
    """Keys that are live as one kind or the other."""
    rows = connection.execute(
        f"select source_key from staging.economic_{BILLS} where agreement_id = %(id)s and deleted_at is null "
        f"union select source_key from staging.economic_{SLIPS} where agreement_id = %(id)s and deleted_at is null",
        {"id": id},
    )
    return {key for (key,) in rows}


def move(books: Books, number: int, to: str) -> None:
    before = BILLS if to == SLIPS else SLIPS
    books.vendor.drop(before, number)
    books.vendor.put(to, number)


def all_of(books: Books) -> set[str]:
    return {str(number) for name in (BILLS, SLIPS) for number in books.vendor.numbers(name)}


@pytest.mark.parametrize(("number", "to"), [(20, SLIPS), (3, BILLS)])
def test_what_changed_its_kind_is_nowhere_at_no_time(
    open_books: Open, number: int, to: str
) -> None:
    """However far the night came, and whichever of the two was read first."""
    for statement in range(2, 90, 7):
        with open_books(TWO) as books:
            move(books, number, to)
            try:
                with killed_at(statement):
                    books.night()
            except Killed:
                pass
            assert live(books.connection, books.id) >= all_of(books), statement
            assert books.night() is None
            assert live(books.connection, books.id) == all_of(books)
            assert books.night() is None
            assert books.rows() == books.truth()


def test_what_moves_while_the_night_is_between_the_two_is_nowhere_at_no_time(
    open_books: Open,
) -> None:
    """Bills were read before it was one; slips are read when it is none any more."""
    with open_books(TWO) as books:
        trouble = once("list", lambda ask: move(books, 3, BILLS))
        assert books.night(trouble=trouble) is None
        assert "3" in live(books.connection, books.id)
        assert books.source.asked == ["list", "no records", "elsewhere"]
        assert books.night() is None
        assert books.night() is None
        assert books.rows() == books.truth()
        assert live(books.connection, books.id) == all_of(books)


def test_what_moved_there_and_back_is_not_taken_for_what_it_was_before(open_books: Open) -> None:
    """Slips cannot be read meanwhile: the slip of old is not what the bill has become."""
    with open_books(TWO) as books:
        for to in (BILLS, SLIPS):
            move(books, 3, to)
            assert books.night(trouble=_TROUBLES["unavailable"]) is not None
        bills = f"select deleted_at is null from staging.economic_{BILLS} where agreement_id = %s and source_key = '3'"
        assert books.connection.execute(bills, [books.id]).fetchall() == [(True,)]
        for _ in range(2):
            assert books.night() is None
        assert books.connection.execute(bills, [books.id]).fetchall() == [(False,)]
        assert live(books.connection, books.id) == all_of(books)


def test_what_is_gone_after_it_moved_is_gone(open_books: Open) -> None:
    with open_books(TWO) as books:
        trouble = once("list", lambda ask: move(books, 3, BILLS))
        assert books.night(trouble=trouble) is None
        books.vendor.drop(BILLS, 3)
        assert books.night() is None
        assert "3" not in live(books.connection, books.id)


def test_a_window_deletes_nothing_that_has_moved(open_books: Open) -> None:
    with open_books(TWO) as books:
        move(books, 5, BILLS)
        error: SaldoError | None = books.night(WINDOW)
        assert error is None
        assert "5" in live(books.connection, books.id)


def test_all_of_a_kind_that_became_the_other_are_no_mass_deletion(open_books: Open) -> None:
    """Whichever of the two is read first: a deletion is what is nowhere afterwards."""
    for before, to in ((BILLS, SLIPS), (SLIPS, BILLS)):
        with open_books(TWO) as books:
            for number in books.vendor.numbers(before):
                move(books, number, to)
            assert books.night() is None
            assert live(books.connection, books.id) == all_of(books)
            assert books.night() is None
            gone = books.connection.execute(
                f"select count(*) from staging.economic_{before} where agreement_id = %s and deleted_at is null",
                [books.id],
            ).fetchone()
            assert gone == (0,)


def test_what_is_never_handed_out_does_not_stop_a_window(open_books: Open) -> None:
    with open_books(ONE) as books:
        name, number = books.entity.name, 5
        books.vendor.put(name, number, name="changed")
        kept = withheld(number)
        assert isinstance(books.night(trouble=kept), Unavailable)
        assert books.night(trouble=kept) is None
        assert books.night(WINDOW, trouble=kept) is None
        assert str(number) in books.rows()


def withheld(number: int) -> Trouble:
    """A record that is listed and not handed out."""

    def answer(ask: Ask, proper: Proper) -> Any:
        page = proper()
        kept = [one for one in page.records if json.loads(bytes(one))["number"] != number]
        return Page(kept, page.next)

    return Trouble("withheld", answer, frozenset({"records"}))


def test_what_a_window_read_in_the_second_of_its_change_is_read_once_more(open_books: Open) -> None:
    with open_books(ONE) as books:
        age_the_last_read(books)
        name, now = books.entity.name, int(time.time())
        books.vendor.put(name, 5, version=now)
        assert books.night(WINDOW) is None
        books.vendor.put(name, 5, is_silent=True, version=now, name="in the same second")
        assert books.night() is None
        assert books.rows() == books.truth()
