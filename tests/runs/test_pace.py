"""A vendor's limit, kept together by all that call with the same credentials."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from saldo.runs.pace import SharedPace
from saldo.warehouse.connection import Connection


def test_two_that_share_a_token_share_its_limit(dsn: str) -> None:
    one, other = (SharedPace(dsn, "xledger", "shared", 20, 60.0) for _ in range(2))
    free = [pace.delay_s() for _ in range(10) for pace in (one, other)]
    assert free == [0.0] * 20
    # The 21st comes when the first has left the minute, whoever makes it: never more than 20 in any minute.
    assert 55 < one.delay_s() <= 60
    assert 55 < other.delay_s() <= 60


def test_no_stretch_holds_more_than_the_limit(dsn: str, warehouse: Connection) -> None:
    pace, made = SharedPace(dsn, "stretch", "of its own", 4, 60.0), list[datetime]()
    for _ in range(14):
        pace.delay_s()
        # Moments the warehouse gives, not those of a clock here: a busy machine changes nothing.
        row = warehouse.execute(
            "select made_at[cardinality(made_at)] from ops.call_pace where credentials like 'stretch %'"
        ).fetchone()
        assert row
        made.append(row[0])
    assert min(last - first for first, last in zip(made, made[4:], strict=False)) >= timedelta(
        seconds=60
    )
    assert made[3] - made[0] < timedelta(seconds=60)


def test_others_have_limits_of_their_own(dsn: str) -> None:
    own = SharedPace(dsn, "xledger", "mine", 1, 60.0)
    assert own.delay_s() == 0
    assert own.delay_s() > 50
    assert SharedPace(dsn, "xledger", "another", 1, 60.0).delay_s() == 0
    assert SharedPace(dsn, "moneybird", "mine", 1, 60.0).delay_s() == 0


def test_the_warehouse_holds_no_token(dsn: str, warehouse: Connection) -> None:
    SharedPace(dsn, "xledger", "a-token-to-be-kept", 20, 60.0).delay_s()
    rows = warehouse.execute("select p::text from ops.call_pace as p").fetchall()
    assert rows
    assert not any("a-token-to-be-kept" in row for (row,) in rows)


def test_calls_at_the_same_moment_are_all_counted(dsn: str) -> None:
    pace, waits = SharedPace(dsn, "xledger", "many", 10, 60.0), list[float]()
    threads = [threading.Thread(target=lambda: waits.append(pace.delay_s())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits)[:10] == [0.0] * 10
    assert sorted(waits)[10] > 50


def test_whoever_is_refused_holds_all_that_share_the_token(dsn: str) -> None:
    one, other, new = (SharedPace(dsn, "moneybird", "held", 150, 301.0) for _ in range(3))
    assert [one.delay_s(), other.delay_s()] == [0.0, 0.0]
    one.hold(40)
    other.hold(30)  # what was told first lasts longer
    for pace in (one, other, new):
        assert 38 < pace.delay_s() <= 40
    assert SharedPace(dsn, "moneybird", "not held", 150, 301.0).delay_s() == 0


def test_without_the_warehouse_a_process_keeps_the_limit_alone() -> None:
    pace = SharedPace("host=127.0.0.1 port=1 connect_timeout=1", "xledger", "alone", 2, 60.0)
    assert [pace.delay_s(), pace.delay_s()] == [0.0, 0.0]
    assert pace.delay_s() > 50
    fresh = SharedPace("host=127.0.0.1 port=1 connect_timeout=1", "xledger", "alone", 2, 60.0)
    fresh.hold(20)
    assert 18 < fresh.delay_s() <= 20
