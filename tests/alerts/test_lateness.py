"""Nights that are late: which night is expected when, as a table; and what becomes of one, in mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from saldo.agreements.agreement import Agreement
from saldo.alerts import judge_nights, subject_of, tell
from saldo.alerts.lateness import Night, expected
from saldo.schedules import days_apart
from saldo.subject import Alerts, SubjectKey, by_key
from saldo.warehouse.connection import Connection
from tests.support import agreement


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "finish_by", "now", "due_at", "deadline"),
    [
        # Copenhagen is an hour ahead of UTC in winter, two in summer.
        ("0 3 * * *", time(6), "2026-01-15 05:00", "2026-01-15 02:00", "2026-01-15 05:00"),
        ("0 3 * * *", time(6), "2026-01-15 04:59", "2026-01-14 02:00", "2026-01-14 05:00"),
        ("0 3 * * *", time(6), "2026-07-15 04:00", "2026-07-15 01:00", "2026-07-15 04:00"),
        # The clocks go forward on 29 March at 2:00, back on 25 October at 3:00.
        ("0 3 * * *", time(6), "2026-03-29 12:00", "2026-03-29 01:00", "2026-03-29 04:00"),
        ("30 2 * * *", time(6), "2026-03-29 12:00", "2026-03-29 01:30", "2026-03-29 04:00"),
        ("30 2 * * *", time(6), "2026-10-25 12:00", "2026-10-25 00:30", "2026-10-25 05:00"),
        ("0 1 * * *", time(2, 30), "2026-10-25 00:30", "2026-10-24 23:00", "2026-10-25 00:30"),
        # After the deadline's time of day: the next day's deadline judges it.
        ("0 22 * * *", time(6), "2026-01-15 05:00", "2026-01-14 21:00", "2026-01-15 05:00"),
        ("0 7 * * *", time(6), "2026-01-15 05:00", "2026-01-14 06:00", "2026-01-15 05:00"),
        ("0 6 * * *", time(6), "2026-01-15 05:00", "2026-01-14 05:00", "2026-01-15 05:00"),
        # Hourly: the last one before the deadline.
        ("0 * * * *", time(6), "2026-01-15 08:30", "2026-01-15 04:00", "2026-01-15 05:00"),
        # Weekly, on Mondays: 12 January 2026 is one.
        ("0 3 * * 1", time(6), "2026-01-12 05:00", "2026-01-12 02:00", "2026-01-12 05:00"),
        ("0 3 * * 1", time(6), "2026-01-13 05:00", None, None),
        ("0 3 * * 1", time(6), "2026-01-12 04:00", None, None),
        ("0 3 * * *", None, "2026-01-15 05:00", None, None),
        (None, time(6), "2026-01-15 05:00", None, None),
    ],
)
def test_the_night_that_is_expected(
    schedule: str | None, finish_by: time | None, now: str, due_at: str | None, deadline: str | None
) -> None:
    of = agreement("table", schedule=schedule, finish_by=finish_by)
    night = Night(at(due_at), at(deadline)) if due_at and deadline else None
    assert expected(subject_of(of), now=at(now)) == night


@pytest.mark.parametrize(
    ("schedule", "days"),
    [
        ("0 3 * * *", 1),
        ("*/5 * * * *", 1),
        ("0 3 * * 1-5", 3),
        ("0 3 * * 1", 7),
        ("0 3 1 * *", 31),
        ("0 3 1 1 *", 366),
        ("0 3 29 2 *", 1461),
    ],
)
def test_how_many_days_nights_lie_apart(schedule: str, days: int) -> None:
    assert days_apart(schedule) == days


# --- in the warehouse ----------------------------------------------------------------------------

#: A winter's night in Copenhagen: due at 3:00, to be done at 6:00.
DUE, DEADLINE = at("2026-01-15 02:00"), at("2026-01-15 05:00")


class Nights:
    def __init__(self, warehouse: Connection) -> None:
        self.warehouse = warehouse
        self.agreements: dict[str, Agreement] = {}
        self.paused = False

    def agreement(self, id: str, **more: Any) -> None:
        values = {"schedule": "0 3 * * *", "alerts": Alerts(to=("x@example.com",)), **more}
        self.agreements[id] = agreement(id, name=f"{id} ApS", **values)

    def row(
        self, id: str, entity: str, started: datetime, ended: datetime | None, **more: str
    ) -> None:
        self.warehouse.execute(
            "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, "
            "started_at, finished_at, status) values (%s, %s, %s, %s, 1, %s, %s, %s, %s)",
            [
                id, entity, f"saldo__{id}", more.get("run_id", f"r{started:%d%H}"),
                more.get("mode", "auto"), started, ended,
                more.get("status", "success" if ended else "running"),
            ],
        )  # fmt: skip

    def watch(self, now: datetime) -> list[str]:
        """Subjects of the mails written at this moment."""
        subjects = by_key(map(subject_of, self.agreements.values()))
        judge_nights(self.warehouse, subjects, now=now, is_paused=lambda dag_id: self.paused)
        tell(self.warehouse, subjects, now=now, ui_url="http://ui", environ={})
        rows = self.warehouse.execute(
            "delete from ops.alert_mail returning subject, body_text"
        ).fetchall()
        self.bodies = "\n".join(body for _, body in rows)
        return [subject for subject, _ in rows]


@pytest.fixture
def nights(warehouse: Connection) -> Nights:
    warehouse.execute(
        "truncate ops.sync_run, ops.alert, ops.alert_mail, ops.alert_mail_attachment, ops.watched"
    )
    found = Nights(warehouse)
    found.agreement("a")
    assert found.watch(DUE - timedelta(days=2)) == []  # known since then
    return found


LATE = ["Saldo: a ApS: the night has not finished by 06:00"]
DONE = ["Saldo: a ApS: the night has finished"]


def good(nights: Nights, due: datetime, **more: str) -> None:
    run_id = f"good{due:%d}"
    nights.row("a", "entries", due, due + timedelta(minutes=20), run_id=run_id, **more)
    nights.row(
        "a",
        "report",
        due + timedelta(minutes=20),
        due + timedelta(minutes=21),
        run_id=run_id,
        **more,
    )


@pytest.fixture
def yesterday(nights: Nights) -> Nights:
    good(nights, DUE - timedelta(days=1))
    assert nights.watch(DEADLINE - timedelta(minutes=1)) == []
    return nights


def test_the_watch_knows_how_far_nights_lie_apart(nights: Nights) -> None:
    nights.agreement("weekly", schedule="0 3 * * 1")
    nights.agreement("asked", schedule=None)
    # As an older release left it.
    nights.warehouse.execute("update ops.watched set days_apart = null")
    nights.watch(DUE - timedelta(days=1))
    rows = nights.warehouse.execute(
        "select subject_id, days_apart, since from ops.watched order by subject_id"
    ).fetchall()
    first, later = DUE - timedelta(days=2), DUE - timedelta(days=1)
    assert rows == [("a", 1, first), ("asked", None, later), ("weekly", 7, later)]
    nights.agreement("a", schedule=None)
    nights.watch(DUE)
    row = nights.warehouse.execute(
        "select days_apart, since from ops.watched where subject_id = 'a'"
    ).fetchone()
    assert row == (None, DUE)


def test_never_started(yesterday: Nights) -> None:
    assert yesterday.watch(DEADLINE) == LATE
    assert "no task of it has begun" in yesterday.bodies
    assert yesterday.watch(DEADLINE + timedelta(hours=3)) == []
    began = DEADLINE + timedelta(hours=3)
    ended = began + timedelta(minutes=7)
    yesterday.row("a", "entries", began, ended, run_id="at last")
    assert yesterday.watch(ended) == []
    yesterday.row("a", "report", ended, ended, run_id="at last")
    assert yesterday.watch(ended + timedelta(minutes=1)) == DONE
    assert yesterday.watch(ended + timedelta(minutes=2)) == []


def test_finished_well_or_badly_is_not_late(yesterday: Nights) -> None:
    good(yesterday, DUE, status="failed")
    assert yesterday.watch(DEADLINE) == []


def test_hanging(yesterday: Nights) -> None:
    yesterday.row("a", "entries", DUE, DUE + timedelta(minutes=9))
    yesterday.row("a", "facts", DUE + timedelta(minutes=10), None)
    assert yesterday.watch(DEADLINE) == LATE
    assert "It began at 03:00 and has not ended; at work now: facts." in yesterday.bodies


def test_the_night_before_is_still_at_work(yesterday: Nights) -> None:
    begun = DUE - timedelta(hours=5)
    yesterday.row("a", "entries", begun, None)
    assert yesterday.watch(DEADLINE) == LATE
    assert "an earlier run is not done; at work now: entries" in yesterday.bodies
    yesterday.row("a", "report", DEADLINE, DEADLINE + timedelta(minutes=1), run_id=f"r{begun:%d%H}")
    assert yesterday.watch(DEADLINE + timedelta(minutes=2)) == []  # that was another night's end


def test_a_paused_dag_says_so(yesterday: Nights) -> None:
    yesterday.paused = True
    assert yesterday.watch(DEADLINE) == LATE
    assert "saldo__a is paused" in yesterday.bodies


def test_windows_are_no_nights(yesterday: Nights) -> None:
    good(yesterday, DUE, mode="window")
    assert yesterday.watch(DEADLINE) == LATE


def test_one_mail_per_late_night(yesterday: Nights) -> None:
    assert yesterday.watch(DEADLINE) == LATE
    assert yesterday.watch(DEADLINE + timedelta(hours=23)) == []
    assert yesterday.watch(DEADLINE + timedelta(days=1)) == LATE
    good(yesterday, DUE + timedelta(days=1, hours=4))
    assert yesterday.watch(DEADLINE + timedelta(days=1, hours=2)) == DONE


def test_a_late_weekly_night_is_reminded_of(nights: Nights) -> None:
    nights.agreement("a", schedule="0 3 * * 4")  # 15 January 2026 is a Thursday
    nights.watch(DUE - timedelta(days=1))
    nights.warehouse.execute("truncate ops.alert")
    assert nights.watch(DEADLINE) == LATE
    assert nights.watch(DEADLINE + timedelta(days=1)) == [
        LATE[0].replace("Saldo:", "Saldo: still:")
    ]


def test_new_files_and_new_schedules_are_judged_from_their_next_night(nights: Nights) -> None:
    good(nights, DUE - timedelta(days=1))
    good(nights, DUE)
    nights.agreement("new")
    nights.agreement("a", schedule="0 4 * * *")
    assert nights.watch(DEADLINE) == []
    assert nights.watch(DEADLINE + timedelta(days=1)) == [
        "Saldo: 2 agreements: the night has not finished by 06:00"
    ]


def test_no_deadline_ends_the_alert_in_silence(yesterday: Nights) -> None:
    assert yesterday.watch(DEADLINE) == LATE
    yesterday.agreement("a", finish_by=None)
    assert yesterday.watch(DEADLINE + timedelta(minutes=1)) == []
    row = yesterday.warehouse.execute("select closed_at is not null from ops.alert").fetchone()
    assert row == (True,)


def test_all_that_is_late_is_one_mail(nights: Nights) -> None:
    nights.agreement("b", finish_by=time(5))
    nights.agreement("c")
    assert nights.watch(DUE - timedelta(days=2)) == []
    nights.warehouse.execute("truncate ops.alert")
    good(nights, DUE - timedelta(days=1))
    mails = nights.watch(DEADLINE + timedelta(minutes=10))
    assert mails == ["Saldo: 3 agreements: the night has not finished in time"]


def test_an_export_is_late_in_words_of_its_own(warehouse: Connection) -> None:
    warehouse.execute(
        "truncate ops.sync_run, ops.alert, ops.alert_mail, ops.alert_mail_attachment, ops.watched"
    )
    export = replace(
        subject_of(agreement("a", schedule="0 3 * * *")),
        key=SubjectKey("export", "a"),
        name="Expenses",
        dag_id="saldo_export__a",
        alerts=Alerts(to=("x@example.com",)),
    )
    for now in (DUE - timedelta(days=2), DEADLINE):
        judge_nights(warehouse, by_key([export]), now=now)
        tell(warehouse, by_key([export]), now=now, ui_url="http://ui", environ={})
    ((subject, text),) = warehouse.execute(
        "select subject, body_text from ops.alert_mail"
    ).fetchall()
    assert subject == "Saldo: Expenses: the run has not finished by 06:00"
    assert "What it is to send waits until it has." in text
    assert "Look at the DAG saldo_export__a in Airflow" in text
    assert "agreement" not in text
