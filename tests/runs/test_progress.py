"""Progress: what is counted, how fast, and what people are told of it."""

from __future__ import annotations

import time

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saldo.runs import beside
from saldo.runs.meter import Meter
from saldo.runs.progress import Progress, progress_of
from saldo.runs.sync_run import Run, SyncRun, recorded
from saldo.runs.words import duration, rate, words
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, connect

SUBJECT = SubjectKey("agreement", "measured")
RUN = Run("saldo__measured", "night")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    clock = Clock()
    meter = Meter("x", clock=clock)
    assert meter.measured() is None
    meter.begin(done=5_000, total=100_000)
    assert meter.measured() is None  # what earlier tries did has no speed
    for _ in range(60):
        clock.now += 1
        meter.add(10)
        meter.measured()
    assert meter.measured() == pytest.approx(10)
    for _ in range(40):
        clock.now += 1
        meter.add(1_000)
        found = meter.measured()
    assert found == pytest.approx(1_000)


def test_what_fails_is_not_counted() -> None:
    meter = Meter("x")
    meter.begin()
    with meter.undone():
        meter.add(10)
    with pytest.raises(ZeroDivisionError):
        _fail_after_counting(meter)
    assert meter.done == 10


def _fail_after_counting(meter: Meter) -> None:
    with meter.undone():
        meter.add(10)
        _ = 1 / 0


def test_words() -> None:
    assert (
        words(done=412_000, total=1_000_000, is_estimate=True, rate_per_s=38_444)
        == "412,000 of about 1,000,000 records, 38,000/s, 16 s left"
    )
    assert words(done=412_000, rate_per_s=38_444) == "412,000 records, 38,000/s"
    assert words(done=0, total=0) == "0 of 0 records"
    assert words(done=1) == "1 record"
    assert words(done=1, total=1, unit="entities") == "1 of 1 entity"
    assert words(done=1, total=2, unit="tables") == "1 of 2 tables"
    assert words(done=0, total=10, unit="rows") == "0 of 10 rows"
    assert words(done=11, total=10, rate_per_s=2) == "11 records, 2.0/s"
    assert (
        words(done=3, total=23, unit="tables", step="fact_budget") == "3 of 23 tables, fact_budget"
    )
    assert words(done=None) == ""


@pytest.mark.parametrize(
    ("per_s", "said"),
    [(38_444, "38,000"), (120.4, "120"), (99.6, "100"), (9.96, "10"), (3.42, "3.4"), (0.0213, "0.021"), (1, "1.0")],
)  # fmt: skip
def test_rates(per_s: float, said: str) -> None:
    assert rate(per_s) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 s"), (99, "99 s"), (119, "2 min"), (3_600, "60 min"), (6_000, "1 h 40 min"), (90_000, "25 h")],
)  # fmt: skip
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@settings(deadline=None)
@given(
    done=st.integers(0, 10**9), total=st.none() | st.integers(0, 10**9), per_s=st.none() | st.floats(0, 1e12)
)  # fmt: skip
def test_no_time_is_left_of_what_has_no_end(
    done: int, total: int | None, per_s: float | None
) -> None:
    said = words(done=done, total=total, rate_per_s=per_s)
    if total is None or done >= total or not per_s or per_s < 0.0001:
        assert "left" not in said
    assert " of " not in said or (total is not None and done <= total)


def wait_for_dead(warehouse: Connection) -> Progress:
    """The server notices a moment later that a connection is gone."""
    for _ in range(200):
        [found] = progress_of(warehouse, SUBJECT.id)
        if found.is_dead:
            return found
        time.sleep(0.05)
    raise AssertionError("it still counts as alive")


# --- in the warehouse ----------------------------------------------------------------------------


def test_what_is_under_way_is_seen_by_others(dsn: str, warehouse: Connection) -> None:
    with connect(dsn) as worker, recorded(worker, dsn, SUBJECT, "entries", RUN) as sync_run:
        [begun] = progress_of(warehouse, SUBJECT.id)
        assert (begun.done, begun.total, begun.is_stale) == (None, None, False)
        assert begun.words().startswith("running for ")
        clock = Clock()
        sync_run.meter = Meter("x", clock=clock)
        sync_run.meter.begin(done=100, total=1_000)
        sync_run.meter.add(1)
        sync_run.save()
        [early] = progress_of(warehouse, SUBJECT.id)
        assert early.words() == "101 of 1,000 records"  # too early to say how fast
        clock.now += 15
        sync_run.meter.add(149)
        sync_run.save()
        [found] = progress_of(warehouse, SUBJECT.id)
        assert (found.done, found.total, found.unit) == (250, 1_000, "records")
        assert (found.fraction, found.is_stale, found.is_dead) == (0.25, False, False)
        assert found.seconds_left == pytest.approx(75, abs=10)  # less what has passed since
        assert found.words().startswith("250 of 1,000 records, 10/s, ")
        assert found.words().endswith(" s left")
        assert progress_of(warehouse, "another") == []
        assert progress_of(warehouse, subject=SubjectKey("export", SUBJECT.id)) == []
        assert [one.done for one in progress_of(warehouse) if one.subject_id == SUBJECT.id] == [250]
        assert progress_of(warehouse, SUBJECT.id, run_id="another") == []
    assert progress_of(warehouse, SUBJECT.id) == []


def test_what_holds_a_transaction_tells_beside_it(
    dsn: str, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(dsn) as worker, recorded(worker, dsn, SUBJECT, "facts", RUN) as sync_run:
        with worker.transaction():
            worker.execute("create temporary table something on commit drop as select 1")
            tell = sync_run.telling("tables")
            tell(1, 23, "dim_account")
            [early] = progress_of(warehouse, SUBJECT.id)
            assert early.done is None  # what is over within seconds needs no connection of its own
            monkeypatch.setattr(beside, "EVERY_S", 0.0)
            tell(2, 23, "dim_period")
            [found] = progress_of(warehouse, SUBJECT.id)
        assert (found.done, found.total, found.unit, found.step) == (2, 23, "tables", "dim_period")
        assert found.words() == "2 of 23 tables, dim_period"
        tell(3, 23, "")
        assert sync_run.meter.step is None
    assert progress_of(warehouse, SUBJECT.id) == []


def test_progress_that_cannot_be_written_stops_no_work(
    dsn: str, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row is held by the very transaction that tells: it would wait for itself."""
    monkeypatch.setattr(beside, "EVERY_S", 0.0)
    with connect(dsn) as worker, recorded(worker, dsn, SUBJECT, "facts", RUN) as sync_run:
        with worker.transaction():
            sync_run.save()
            sync_run.tell(5, 23, "tables")
            sync_run.tell(6, 23, "tables")
        [found] = progress_of(warehouse, SUBJECT.id)
        assert found.done is None
    [(status, done)] = warehouse.execute(
        "select status, done from ops.sync_run where entity = 'facts' order by sync_run_id desc limit 1"
    ).fetchall()
    assert (status, done) == ("success", 23)


def test_what_was_killed_is_told_from_what_stands_still(dsn: str, warehouse: Connection) -> None:
    worker = connect(dsn)
    sync_run = SyncRun(worker, SUBJECT, "invoices", RUN)
    sync_run.meter.begin(total=1_000)
    sync_run.meter.add(10)
    sync_run.save()
    warehouse.execute(
        "update ops.sync_run set moved_at = moved_at - interval '5 minutes' where entity = 'invoices'"
    )
    [still] = progress_of(warehouse, SUBJECT.id)
    assert (still.is_stale, still.is_dead) == (True, False)
    assert (still.rate_per_s, still.seconds_left) == (None, None)
    assert still.words() == "10 of 1,000 records, nothing new for 5 min"
    worker.close()
    dead = wait_for_dead(warehouse)
    assert dead.is_stale
    assert dead.words() == "10 of 1,000 records, interrupted: the next try goes on from there"
    # A file's rows, or tables of facts, are one transaction: nothing of them is kept.
    anew = msgspec.structs.replace(dead, unit="rows")
    assert anew.words() == "10 of 1,000 rows, interrupted: the next try begins anew"
    unmeasured = msgspec.structs.replace(dead, done=None)
    assert unmeasured.words() == "interrupted: the next try begins anew"
    with connect(dsn) as again, recorded(again, dsn, SUBJECT, "invoices", RUN):
        [found] = progress_of(warehouse, SUBJECT.id)
        assert (found.done, found.is_dead) == (None, False)
    assert progress_of(warehouse, SUBJECT.id) == []
