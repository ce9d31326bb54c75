"""A vendor's limit, kept together by all that call with the same credentials.

Judged by the moments that the warehouse gives: no clock is read here, and a busy machine changes nothing. A stretch is a day,
so that none ends while a test runs.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from saldo.runs.pace import SharedPace
from saldo.warehouse.connection import Connection

DAY = timedelta(days=1)
DAY_S = DAY.total_seconds()


def last(warehouse: Connection, vendor: str) -> datetime:
    """The moment of the last call to a vendor that one test alone calls."""
    [(found,)] = warehouse.execute(
        "select made_at[cardinality(made_at)] from ops.call_pace where credentials like %s",
        [f"{vendor} %"],
    ).fetchall()
    return found  # type: ignore[no-any-return]


def now(warehouse: Connection) -> datetime:
    [(found,)] = warehouse.execute("select clock_timestamp()").fetchall()
    return found  # type: ignore[no-any-return]


def test_two_that_share_a_token_share_its_limit(dsn: str, warehouse: Connection) -> None:
    one, other = (SharedPace(dsn, "two", "shared", 20, DAY_S) for _ in range(2))
    waits, made = list[float](), list[datetime]()
    for _ in range(11):
        for pace in (one, other):
            waits.append(pace.delay_s())
            made.append(last(warehouse, "two"))
    # The 21st comes when the first has left the day, whoever makes it: never more than 20 in any day.
    assert waits[:20] == [0.0] * 20
    assert all(wait > 0 for wait in waits[20:])
    assert [made[20], made[21]] == [made[0] + DAY, made[1] + DAY]


def test_no_stretch_holds_more_than_the_limit(dsn: str, warehouse: Connection) -> None:
    pace, made = SharedPace(dsn, "stretch", "of its own", 4, DAY_S), list[datetime]()
    for _ in range(14):
        pace.delay_s()
        made.append(last(warehouse, "stretch"))
    assert min(last - first for first, last in zip(made, made[4:], strict=False)) >= DAY
    assert made[3] - made[0] < DAY


def test_others_have_limits_of_their_own(dsn: str) -> None:
    own = SharedPace(dsn, "limits", "mine", 1, DAY_S)
    assert own.delay_s() == 0
    assert own.delay_s() > 0
    assert SharedPace(dsn, "limits", "another", 1, DAY_S).delay_s() == 0
    assert SharedPace(dsn, "elsewhere", "mine", 1, DAY_S).delay_s() == 0


def test_the_warehouse_holds_no_token(dsn: str, warehouse: Connection) -> None:
    SharedPace(dsn, "xledger", "a-token-to-be-kept", 20, 60.0).delay_s()
    rows = warehouse.execute("select p::text from ops.call_pace as p").fetchall()
    assert rows
    assert not any("a-token-to-be-kept" in row for (row,) in rows)


def test_calls_at_the_same_moment_are_all_counted(dsn: str) -> None:
    pace, waits = SharedPace(dsn, "many", "at once", 10, DAY_S), list[float]()
    threads = [threading.Thread(target=lambda: waits.append(pace.delay_s())) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 12
    assert waits.count(0.0) == 10


def test_whoever_is_refused_holds_all_that_share_the_token(dsn: str, warehouse: Connection) -> None:
    one, other, new = (SharedPace(dsn, "refused", "held", 150, 301.0) for _ in range(3))
    assert [one.delay_s(), other.delay_s()] == [0.0, 0.0]
    before = now(warehouse)
    one.hold(DAY_S)
    after, held = now(warehouse), last(warehouse, "refused")
    assert before + DAY <= held <= after + DAY
    other.hold(DAY_S / 2)  # what was told first lasts longer
    for pace in (one, other, new):
        assert pace.delay_s() > 0
        assert last(warehouse, "refused") == held
    assert SharedPace(dsn, "refused", "not held", 150, 301.0).delay_s() == 0


def test_without_the_warehouse_a_process_keeps_the_limit_alone() -> None:
    nowhere = "host=127.0.0.1 port=1 connect_timeout=1"
    pace = SharedPace(nowhere, "xledger", "alone", 2, 60.0, clock=lambda: 7.0)
    assert [pace.delay_s(), pace.delay_s()] == [0.0, 0.0]
    assert pace.delay_s() == 60
    fresh = SharedPace(nowhere, "xledger", "alone", 2, 60.0, clock=lambda: 7.0)
    fresh.hold(20)
    assert fresh.delay_s() == 20
