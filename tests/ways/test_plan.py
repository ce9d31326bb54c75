"""What a run reads: the window it asks for, and the plan for every entity and state, as tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from saldo.declarations.entity import Entity
from saldo.errors import ConfigError
from saldo.run_request import RunMode, RunRequest, window_of
from saldo.vendors import SOURCES
from saldo.ways.append_only import Increment, NumberedCursor
from saldo.ways.modified_since import MarkedCursor
from saldo.ways.plan import (
    Cadence,
    Decision,
    ReadChanges,
    ReadEverything,
    ReadNothing,
    ReadWindow,
    plan,
)
from saldo.ways.snapshot import ShownCursor
from saldo.ways.state import Cursor, SetResume, State, as_json
from tests.support import ENTITIES

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NOW = datetime(2026, 10, 30, 2, 0, tzinfo=UTC)
START = date(2024, 1, 1)
MAY = (date(2026, 5, 1), date(2026, 5, 31))
NONE = (None, None)


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=COPENHAGEN)  # type: ignore[misc,arg-type]


# --- window_of -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        pytest.param(local(2026, 5, 4, 3), local(2026, 5, 5, 3), (5, 4), (5, 4), id="a-night"),
        pytest.param(local(2026, 5, 1, 3), local(2026, 5, 4, 3), (5, 1), (5, 3), id="a-weekend"),
        pytest.param(local(2026, 5, 1), local(2026, 6, 1), (5, 1), (5, 31), id="a-month"),
        pytest.param(local(2026, 5, 4, 3), local(2026, 5, 4, 9), (5, 4), (5, 4), id="hours"),
        pytest.param(local(2026, 5, 4, 3), local(2026, 5, 4, 3), (5, 4), (5, 4), id="zero-width"),
        pytest.param(local(2026, 5, 4, 23), local(2026, 5, 5, 1), (5, 4), (5, 4), id="over-midnight"),
        pytest.param(local(2026, 3, 28, 3), local(2026, 3, 29, 3), (3, 28), (3, 28), id="before-spring"),
        pytest.param(local(2026, 3, 29, 3), local(2026, 3, 30, 3), (3, 29), (3, 29), id="spring-23-hours"),
        pytest.param(local(2026, 3, 29), local(2026, 3, 30), (3, 29), (3, 29), id="spring-midnights"),
        pytest.param(local(2026, 10, 25), local(2026, 10, 26), (10, 25), (10, 25), id="autumn-25-hours"),
        pytest.param(local(2026, 10, 24, 3), local(2026, 10, 25, 3), (10, 24), (10, 24), id="before-autumn"),
        pytest.param(
            local(2026, 10, 25, 2), local(2026, 10, 25, 2).replace(fold=1), (10, 25), (10, 25), id="the-hour-twice",
        ),
    ],
)  # fmt: skip
def test_a_window_is_the_local_dates_of_its_interval(
    start: datetime, end: datetime, first: tuple[int, int], last: tuple[int, int]
) -> None:
    assert window_of(start, end) == (date(2026, *first), date(2026, *last))


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)], ids=["spring", "autumn"])
def test_nights_around_a_clock_change_cover_every_date_once(day: date) -> None:
    """Airflow tells instants in UTC; the dates are those of the agreement's zone."""
    dates = []
    for offset in range(-3, 3):
        start, end = (
            datetime(d.year, d.month, d.day, 0, 30, tzinfo=COPENHAGEN).astimezone(UTC)
            for d in (day + timedelta(days=offset), day + timedelta(days=offset + 1))
        )
        first, last = window_of(start.astimezone(COPENHAGEN), end.astimezone(COPENHAGEN))
        assert first == last
        dates.append(first)
    assert dates == [day + timedelta(days=offset) for offset in range(-3, 3)]


# --- the request ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "is_backfill", "interval", "chosen", "window"),
    [
        pytest.param("auto", False, MAY, NONE, None, id="a-night-reads-no-window"),
        pytest.param("full", False, MAY, NONE, None, id="full-reads-no-window"),
        pytest.param("auto", False, MAY, MAY, None, id="dates-alone-make-no-window"),
        pytest.param("auto", True, MAY, NONE, MAY, id="backfill"),
        pytest.param("full", True, MAY, NONE, MAY, id="backfill-wins-over-full"),
        pytest.param("window", True, MAY, NONE, MAY, id="backfill-in-mode-window"),
        pytest.param("window", False, None, MAY, MAY, id="by-hand"),
        pytest.param(
            "window", False, (date(2026, 10, 30),) * 2, MAY, MAY, id="by-hand-with-an-interval"
        ),
        pytest.param(
            "auto", True, (date(2026, 10, 1), date(2026, 10, 2)), MAY, MAY, id="dates-win"
        ),
        pytest.param(
            "auto", True, MAY, (date(2026, 5, 20), None), (date(2026, 5, 20), MAY[1]),
            id="from-wins-over-the-interval",
        ),
        pytest.param(
            "auto", True, MAY, (None, date(2026, 5, 20)), (MAY[0], date(2026, 5, 20)),
            id="to-wins-over-the-interval",
        ),
        pytest.param(
            "window", False, None, (START, START), (START, START), id="one-day-the-first-allowed"
        ),
    ],
)  # fmt: skip
def test_the_window_of_a_run(
    mode: RunMode,
    is_backfill: bool,
    interval: tuple[date, date] | None,
    chosen: tuple[date | None, date | None],
    window: tuple[date, date] | None,
) -> None:
    found = RunRequest.of(
        mode=mode, is_backfill=is_backfill, interval=interval, chosen=chosen, start_date=START
    )
    assert found == RunRequest("window" if window else mode, window)


@pytest.mark.parametrize(
    ("is_backfill", "chosen", "interval", "words"),
    [
        pytest.param(False, NONE, None, "both parameters, from and to", id="neither"),
        pytest.param(False, (MAY[0], None), None, "from and to; fill in both", id="only-from"),
        pytest.param(False, (None, MAY[1]), None, "from and to; fill in both", id="only-to"),
        pytest.param(False, (MAY[0], None), MAY, "from and to", id="no-interval-by-hand"),
        pytest.param(False, MAY[::-1], None, "swap from and to", id="upside-down"),
        pytest.param(True, (None, date(2026, 4, 1)), MAY, "swap from and to", id="to-too-early"),
        pytest.param(
            False, (date(2023, 12, 31), MAY[1]), None, "2023-12-31, before .*start_date 2024-01-01",
            id="before-the-start",
        ),
        pytest.param(
            True, NONE, (date(2023, 12, 31), START), "start_date 2024-01-01",
            id="backfill-before-the-start",
        ),
    ],
)  # fmt: skip
def test_a_window_that_makes_no_sense_is_refused(
    is_backfill: bool,
    chosen: tuple[date | None, date | None],
    interval: tuple[date, date] | None,
    words: str,
) -> None:
    with pytest.raises(ConfigError, match=words):
        RunRequest.of(
            mode="window",
            is_backfill=is_backfill,
            interval=interval,
            chosen=chosen,
            start_date=START,
        )


@pytest.mark.parametrize("mode", ["auto", "full", "window"])
def test_entities_and_confirmation_are_carried(mode: RunMode) -> None:
    found = RunRequest.of(
        mode=mode,
        is_backfill=False,
        interval=None,
        chosen=MAY,
        entities=("entries",),
        confirm_deletes=True,
        start_date=START,
    )
    assert found.entities == ("entries",)
    assert found.confirm_deletes
    assert [name for name in ("accounts", "entries") if found.wants(name)] == ["entries"]


def test_no_entities_means_all() -> None:
    assert RunRequest().wants("accounts")


# --- plan ----------------------------------------------------------------------------------------

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATELY = NOW - timedelta(hours=1)
WINDOW = RunRequest("window", MAY)
STAMP = "2026-10-29T13:02:11Z"
EVERYTHING = ReadEverything()
CHANGES = ReadChanges()
#: Reads that were begun and not finished, as ops.watermark.resume holds them.
WHOLE: dict[str, Any] = {"read": "everything", "run": "a", "seen": 3}
BEYOND: dict[str, Any] = {"read": "since", "from": 400, "rows": 100}


@dataclass(frozen=True)
class Stored:
    """What ops.watermark holds of an entity."""

    marker: str | int | None = None
    full_at: datetime | None = None
    resume: dict[str, Any] = field(default_factory=dict)

    def of(self, entity: str) -> State[Any, Any]:
        cursor = {"marker": self.marker} if self.marker is not None else {}
        cursor |= {"full_at": self.full_at.isoformat()} if self.full_at else {}
        return ENTITIES[entity].reads.state(cursor, self.resume)


def planned(
    entity: str,
    wanted: RunRequest,
    stored: Stored,
    *,
    full_refresh: Cadence = "weekly",
    now: datetime = NOW,
) -> Decision:
    state = stored.of(entity)
    return plan(ENTITIES[entity], wanted, state, full_refresh=full_refresh, now=now)


@pytest.mark.parametrize(
    ("entity", "wanted", "stored", "expected"),
    [
        # Snapshots are read whole whatever was read before.
        pytest.param("accounts", RunRequest(), Stored(), EVERYTHING, id="snapshot-first"),
        pytest.param(
            "accounts", RunRequest(), Stored(None, LATELY), EVERYTHING, id="snapshot-again"
        ),
        pytest.param(
            "accounts", RunRequest("full"), Stored(None, LATELY), EVERYTHING, id="snapshot-full"
        ),
        # Entries come in order of their key: a first load is an increment from nothing.
        pytest.param("entries", RunRequest(), Stored(), ReadChanges(0), id="entries-first"),
        pytest.param(
            "entries", RunRequest(), Stored(500, LATELY), ReadChanges(500), id="entries-night"
        ),
        pytest.param("entries", RunRequest(), Stored(500, LONG_AGO), EVERYTHING, id="entries-due"),
        pytest.param(
            "entries", RunRequest(), Stored(500, None), EVERYTHING, id="entries-never-whole"
        ),
        pytest.param(
            "entries",
            RunRequest(),
            Stored(500, None, BEYOND),
            ReadChanges(500),
            id="first-load-goes-on",
        ),
        pytest.param(
            "entries",
            RunRequest(),
            Stored(500, LONG_AGO, BEYOND),
            ReadChanges(500),
            id="increment-goes-on",
        ),
        pytest.param(
            "entries", RunRequest("full"), Stored(500, LATELY), EVERYTHING, id="entries-full"
        ),
        pytest.param(
            "entries",
            RunRequest("full"),
            Stored(500, LATELY, BEYOND),
            EVERYTHING,
            id="full-wins-over-rest",
        ),
        pytest.param("entries", RunRequest("full"), Stored(), EVERYTHING, id="entries-full-first"),
        # Orders move through lists and have no marker; lines follow their orders.
        pytest.param("orders", RunRequest(), Stored(), EVERYTHING, id="lists-first"),
        pytest.param("orders", RunRequest(), Stored(None, LATELY), CHANGES, id="lists-night"),
        pytest.param("orders", RunRequest(), Stored(None, LONG_AGO), EVERYTHING, id="lists-due"),
        pytest.param(
            "orders", RunRequest(), Stored(None, LATELY, WHOLE), EVERYTHING, id="lists-go-on"
        ),
        pytest.param("order_lines", RunRequest(), Stored(None, LATELY), CHANGES, id="parts-night"),
        pytest.param(
            "order_lines", RunRequest("full"), Stored(None, LATELY), EVERYTHING, id="parts-full"
        ),
        # Customers have a stamp: without one there is nothing to start from.
        pytest.param("customers", RunRequest(), Stored(), EVERYTHING, id="customers-first"),
        pytest.param(
            "customers",
            RunRequest(),
            Stored(STAMP, LATELY),
            ReadChanges(STAMP),
            id="customers-night",
        ),
        pytest.param(
            "customers", RunRequest(), Stored(STAMP, LONG_AGO), EVERYTHING, id="customers-due"
        ),
        # Windows: by date where there are dates, whatever the state.
        pytest.param("entries", WINDOW, Stored(500), ReadWindow(*MAY), id="window-by-date"),
        pytest.param(
            "entries", RunRequest(), Stored(500, LATELY, WHOLE), EVERYTHING, id="full-read-goes-on"
        ),
        pytest.param("entries", WINDOW, Stored(500, LONG_AGO), ReadWindow(*MAY), id="window-due"),
    ],
)
def test_what_is_read(entity: str, wanted: RunRequest, stored: Stored, expected: Decision) -> None:
    assert planned(entity, wanted, stored) == expected


@pytest.mark.parametrize("entity", ["accounts", "customers", "periods", "self"])
@pytest.mark.parametrize("stored", [Stored(), Stored(STAMP, LONG_AGO)], ids=["first", "later"])
def test_an_entity_without_dates_has_nothing_to_do_in_a_window(entity: str, stored: Stored) -> None:
    found = planned(entity, WINDOW, stored, full_refresh="daily")
    assert isinstance(found, ReadNothing)
    assert "no dates" in found.why


@pytest.mark.parametrize(
    "wanted", [RunRequest(), RunRequest("full"), WINDOW], ids=["auto", "full", "window"]
)
def test_an_entity_that_was_not_chosen_has_nothing_to_do(wanted: RunRequest) -> None:
    chosen = RunRequest(wanted.mode, wanted.window, entities=("accounts",))
    found = planned("entries", chosen, Stored(500), full_refresh="daily")
    assert isinstance(found, ReadNothing)
    assert "not among the entities" in found.why


@pytest.mark.parametrize(
    "entity",
    [
        pytest.param(entity, id=f"{name}-{entity.name}")
        for name, vendor in SOURCES.items()
        for entity in vendor.entities
        if entity.window
    ],
)
@pytest.mark.parametrize("resume", [{}, WHOLE], ids=["never", "under-way"])
def test_a_window_waits_until_everything_was_read_once(
    entity: Entity, resume: dict[str, Any]
) -> None:
    state = entity.reads.state({}, resume)
    found = plan(entity, WINDOW, state, full_refresh="weekly", now=NOW)
    assert isinstance(found, ReadNothing)
    assert "the first night reads all history" in found.why
    read = {"full_at": LATELY.isoformat(), "marker": 500}
    later = entity.reads.state(read, {})
    assert plan(entity, WINDOW, later, full_refresh="weekly", now=NOW) == ReadWindow(*MAY)


#: age of the last full read -> the cadences at which it is time again
AGES: list[tuple[timedelta | None, set[Cadence]]] = [
    (timedelta(hours=19), set()),
    (timedelta(hours=20), {"daily"}),
    (timedelta(hours=23, minutes=50), {"daily"}),  # tonight began ten minutes early
    (timedelta(days=6), {"daily"}),
    (timedelta(days=6, hours=23), {"daily", "weekly"}),
    (timedelta(days=7), {"daily", "weekly"}),
    (timedelta(days=29), {"daily", "weekly"}),
    (timedelta(days=30), {"daily", "weekly", "monthly"}),
    (timedelta(days=3_650), {"daily", "weekly", "monthly"}),
    (None, {"daily", "weekly", "monthly", "never"}),  # once it must be
]


@pytest.mark.parametrize("cadence", ["daily", "weekly", "monthly", "never"])
@pytest.mark.parametrize(("age", "due"), AGES, ids=[str(age) for age, _ in AGES])
def test_everything_is_read_again_on_a_cadence(
    cadence: Cadence, age: timedelta | None, due: set[Cadence]
) -> None:
    stored = Stored(500, None if age is None else NOW - age)
    expected = EVERYTHING if cadence in due else ReadChanges(500)
    assert planned("entries", RunRequest(), stored, full_refresh=cadence) == expected


def test_weekly_means_one_night_in_seven_when_nights_drift() -> None:
    stored, fulls = Stored(500, NOW), []
    for night in range(1, 22):
        now = NOW + timedelta(days=night, minutes=-night % 3)
        if planned("entries", RunRequest(), stored, now=now) == EVERYTHING:
            fulls.append(night)
            stored = Stored(500, now)
    assert fulls == [7, 14, 21]


# --- state ---------------------------------------------------------------------------------------

FULL_AT = datetime(2026, 10, 30, 1, tzinfo=UTC)
FOLLOWED = {"customers": 812}


@pytest.mark.parametrize(
    ("entity", "cursor", "resume", "expected"),
    [
        ("accounts", {}, {}, State(ShownCursor())),
        ("entries", {}, {}, State(NumberedCursor())),
        ("entries", {"marker": 500}, {}, State(NumberedCursor(marker=500))),
        (
            "entries",
            {"marker": 500, "full_at": "2026-10-30T01:00:00+00:00", "followed": FOLLOWED},
            {"read": "since", "from": 400, "rows": 100},
            State(
                NumberedCursor(marker=500, full_at=FULL_AT, followed=FOLLOWED), Increment(400, 100)
            ),
        ),
        (
            "entry_dimensions",
            {"marker": 500, "log": None},
            {"read": "incomplete"},
            State(NumberedCursor(marker=500, log=None), SetResume("incomplete")),
        ),
        (
            "entries",
            {"marker": 500},
            {"read": "everything None", "run": "r", "next": "2", "marker": 9, "seen": 8, "announced": None},
            State(NumberedCursor(marker=500), SetResume("everything None", "r", "2", 9, 8)),
        ),
        (
            "customers",
            {"marker": STAMP, "full_at": "2026-10-30T01:00:00.250000+00:00"},
            {"read": f"since {STAMP}", "run": "r", "next": None, "marker": None, "seen": 0},
            State(
                MarkedCursor(marker=STAMP, full_at=FULL_AT + timedelta(milliseconds=250)),
                SetResume(f"since {STAMP}", "r"),
            ),
        ),
        ("order_lines", {"followed": {"orders": 7}}, {}, State(Cursor(followed={"orders": 7}))),
        # What another way of reading left there says nothing.
        ("entries", {"marker": STAMP}, {}, State(NumberedCursor())),
    ],
)  # fmt: skip
def test_state_is_read_from_the_watermark_as_it_has_always_been_written(
    entity: str, cursor: dict[str, Any], resume: dict[str, Any], expected: State[Any, Any]
) -> None:
    assert ENTITIES[entity].reads.state(cursor, resume) == expected


@pytest.mark.parametrize(
    "part",
    [
        NumberedCursor(marker=500, full_at=FULL_AT, log=None, followed={}),
        MarkedCursor(marker=STAMP),
        Cursor(),
        SetResume("everything", "r", "2", 9, 8, 7, 6, FULL_AT),
        Increment(400, 100),
    ],
)
def test_state_is_written_as_it_is_read(part: msgspec.Struct) -> None:
    assert msgspec.convert(as_json(part), type(part)) == part


def test_an_unfinished_full_read_of_an_earlier_version_goes_on() -> None:
    stored = Stored(500, LATELY, {"read": "everything None", "run": "r", "next": "2", "seen": 8})
    assert planned("entries", RunRequest(), stored) == EVERYTHING
