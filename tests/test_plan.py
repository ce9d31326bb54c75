"""What a run reads: the window it wishes for, and the plan for every entity and state, as tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest

from saldo.errors import ConfigError
from saldo.plan import RunMode, State, Wish, parse_state, plan, window_of, wish
from saldo.reading import EVERYTHING, MOVED, Read
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


# --- wish ----------------------------------------------------------------------------------------


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
    found = wish(
        mode=mode, is_backfill=is_backfill, interval=interval, chosen=chosen, start_date=START
    )
    assert found == Wish("window" if window else mode, window)


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
        wish(
            mode="window",
            is_backfill=is_backfill,
            interval=interval,
            chosen=chosen,
            start_date=START,
        )


@pytest.mark.parametrize("mode", ["auto", "full", "window"])
def test_entities_and_confirmation_are_carried(mode: RunMode) -> None:
    found = wish(
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
    assert Wish().wants("accounts")


# --- plan ----------------------------------------------------------------------------------------

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
LATELY = NOW - timedelta(hours=1)
WINDOW = Wish("window", MAY)
STAMP = "2026-10-29T13:02:11Z"


@pytest.mark.parametrize(
    ("entity", "wanted", "state", "expected"),
    [
        # Snapshots are read whole whatever was read before.
        pytest.param("accounts", Wish(), State(), EVERYTHING, id="snapshot-first"),
        pytest.param("accounts", Wish(), State(None, LATELY), EVERYTHING, id="snapshot-again"),
        pytest.param("accounts", Wish("full"), State(None, LATELY), EVERYTHING, id="snapshot-full"),
        # Entries come in order of their key: a first load is an increment from nothing.
        pytest.param("entries", Wish(), State(), Read.since(0), id="entries-first"),
        pytest.param("entries", Wish(), State(500, LATELY), Read.since(500), id="entries-night"),
        pytest.param("entries", Wish(), State(500, LONG_AGO), EVERYTHING, id="entries-due"),
        pytest.param("entries", Wish(), State(500, None), EVERYTHING, id="entries-never-whole"),
        pytest.param(
            "entries", Wish(), State(500, None, "since"), Read.since(500), id="first-load-goes-on"
        ),
        pytest.param(
            "entries",
            Wish(),
            State(500, LONG_AGO, "since"),
            Read.since(500),
            id="increment-goes-on",
        ),
        pytest.param("entries", Wish("full"), State(500, LATELY), EVERYTHING, id="entries-full"),
        pytest.param(
            "entries",
            Wish("full"),
            State(500, LATELY, "since"),
            EVERYTHING,
            id="full-wins-over-rest",
        ),
        pytest.param("entries", Wish("full"), State(), EVERYTHING, id="entries-full-first"),
        # Orders move through lists and have no marker; lines follow their orders.
        pytest.param("orders", Wish(), State(), EVERYTHING, id="lists-first"),
        pytest.param("orders", Wish(), State(None, LATELY), MOVED, id="lists-night"),
        pytest.param("orders", Wish(), State(None, LONG_AGO), EVERYTHING, id="lists-due"),
        pytest.param(
            "orders", Wish(), State(None, LATELY, "everything"), EVERYTHING, id="lists-go-on"
        ),
        pytest.param("order_lines", Wish(), State(None, LATELY), MOVED, id="parts-night"),
        pytest.param("order_lines", Wish("full"), State(None, LATELY), EVERYTHING, id="parts-full"),
        # Customers have a stamp: without one there is nothing to start from.
        pytest.param("customers", Wish(), State(), EVERYTHING, id="customers-first"),
        pytest.param(
            "customers", Wish(), State(STAMP, LATELY), Read.since(STAMP), id="customers-night"
        ),
        pytest.param("customers", Wish(), State(STAMP, LONG_AGO), EVERYTHING, id="customers-due"),
        # Windows: by date where there are dates, whatever the state.
        pytest.param("entries", WINDOW, State(500), Read.window(*MAY), id="window-by-date"),
        pytest.param(
            "entries", Wish(), State(500, LATELY, "everything"), EVERYTHING, id="full-read-goes-on"
        ),
        pytest.param("entries", WINDOW, State(500, LONG_AGO), Read.window(*MAY), id="window-due"),
    ],
)
def test_what_is_read(entity: str, wanted: Wish, state: State, expected: Read) -> None:
    assert plan(ENTITIES[entity], wanted, state, full_refresh="weekly", now=NOW) == expected


@pytest.mark.parametrize("entity", ["accounts", "customers", "periods", "self"])
@pytest.mark.parametrize("state", [State(), State(STAMP, LONG_AGO)], ids=["first", "later"])
def test_an_entity_without_dates_has_nothing_to_do_in_a_window(entity: str, state: State) -> None:
    found = plan(ENTITIES[entity], WINDOW, state, full_refresh="daily", now=NOW)
    assert found.kind == "nothing"
    assert "no dates" in found.reason


@pytest.mark.parametrize("wanted", [Wish(), Wish("full"), WINDOW], ids=["auto", "full", "window"])
def test_an_entity_that_was_not_chosen_has_nothing_to_do(wanted: Wish) -> None:
    chosen = Wish(wanted.mode, wanted.window, entities=("accounts",))
    found = plan(ENTITIES["entries"], chosen, State(500), full_refresh="daily", now=NOW)
    assert found.kind == "nothing"
    assert "not among the entities" in found.reason


def test_a_window_waits_for_the_first_night() -> None:
    found = plan(ENTITIES["entries"], WINDOW, State(), full_refresh="weekly", now=NOW)
    assert found.kind == "nothing"
    assert "the first night reads all history" in found.reason


Cadence = Literal["daily", "weekly", "monthly", "never"]
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
    state = State(500, None if age is None else NOW - age)
    expected = EVERYTHING if cadence in due else Read.since(500)
    assert plan(ENTITIES["entries"], Wish(), state, full_refresh=cadence, now=NOW) == expected


def test_weekly_means_one_night_in_seven_when_nights_drift() -> None:
    state, fulls = State(500, NOW), []
    for night in range(1, 22):
        now = NOW + timedelta(days=night, minutes=-night % 3)
        if plan(ENTITIES["entries"], Wish(), state, full_refresh="weekly", now=now) == EVERYTHING:
            fulls.append(night)
            state = State(500, now)
    assert fulls == [7, 14, 21]


# --- state ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cursor", "resume", "state"),
    [
        ({}, {}, State()),
        ({"marker": 500}, {}, State(500)),
        ({"marker": 500}, {"read": "since", "next": "x"}, State(500, None, "since")),
        ({"marker": STAMP}, {"read": "everything None"}, State(STAMP, None, "everything")),
        (
            {"marker": 500, "full_at": "2026-10-30T01:00:00+00:00"},
            {},
            State(500, datetime(2026, 10, 30, 1, tzinfo=UTC)),
        ),
    ],
)
def test_state_is_read_from_the_watermark(
    cursor: dict[str, Any], resume: dict[str, Any], state: State
) -> None:
    assert parse_state(cursor, resume) == state
