"""What `make up` shows while it waits: bars in a terminal, few plain lines where there is none."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console

from saldo.onboarding.steps import steps
from saldo.runs.sync_run import Run, SyncRun
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection
from stack import progress
from stack.progress import UnderWay, doing


@pytest.fixture
def load(warehouse: Connection) -> SyncRun:
    warehouse.execute("truncate ops.sync_run")
    found = SyncRun(warehouse, SubjectKey("agreement", "shop"), "entries", Run("dag", "night"))
    found.meter.begin(total=1_000)
    found.meter.add(400)
    found.save()
    warehouse.execute(
        "update ops.sync_run set rate_per_s = 10, started_at = started_at - interval '40 seconds', "
        "backend_pid = null"
    )
    return found


def test_lines_without_control_characters(
    dsn: str, load: SyncRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "LINES_EVERY_S", 0.0)
    said = StringIO()
    with UnderWay(Console(file=said, soft_wrap=True, highlight=False), dsn) as under_way:
        under_way.look()
        under_way.look({"shop": (1, 4)})
        load.meter.add(100)
        load.save()
        under_way.look()
    lines = said.getvalue().splitlines()
    assert re.fullmatch(r" +shop +entries +400 of 1,000 records, 10/s, \d\d s left", lines[0])
    assert lines[-1].endswith("500 of 1,000 records")
    assert "\x1b" not in said.getvalue()


def test_lines_are_seconds_apart(dsn: str, load: SyncRun) -> None:
    said = StringIO()
    with UnderWay(Console(file=said), dsn) as under_way:
        for _ in range(20):
            under_way.look()
    assert said.getvalue() == ""


def test_bars_in_a_terminal(dsn: str, load: SyncRun, warehouse: Connection) -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=True, width=120, color_system=None, _environ={})
    with UnderWay(console, dsn) as under_way:
        under_way.look({"shop": (1, 4), "idle": (4, 4)})
        assert under_way._bars
        [bar] = under_way._bars.tasks
        assert (bar.description, bar.total) == ("shop", 1)
        assert bar.completed == pytest.approx((1 + 0.4) / 4)
        assert str(bar.fields["said"]).startswith("entries 400 of 1,000 records, 10/s")
        warehouse.execute("update ops.sync_run set status = 'success'")
        under_way.look({"shop": (3, 4)})
        assert under_way._bars.tasks[0].completed == pytest.approx(0.75)
        under_way.look({"shop": (4, 4)})
        assert under_way._bars.tasks == []


def test_a_narrow_terminal_has_room_for_what_is_said(dsn: str, load: SyncRun) -> None:
    """In one line: it was cut off before the time left, and the bar's own time with it."""
    said = StringIO()
    console = Console(file=said, force_terminal=True, width=80, color_system=None, _environ={})
    with UnderWay(console, dsn) as under_way:
        under_way.look({"shop": (1, 4), "next": (1, 4)})
        assert under_way._bars
        under_way._bars.refresh()
    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in said.getvalue().split("\n")]
    assert any(re.search(r"shop .*400 of 1,000 records, 10/s, \d\d s left", line) for line in lines)
    assert any(re.fullmatch(r"\r? *next .* waiting *", line) for line in lines)


def test_what_is_waited_for_is_said_in_a_terminal_only() -> None:
    said, drawn = StringIO(), StringIO()
    with doing(Console(file=said), "Waiting [until] it answers"):
        pass
    assert said.getvalue() == ""
    terminal = Console(file=drawn, force_terminal=True, width=80, color_system=None, _environ={})
    with doing(terminal, "Waiting [until] it answers"):
        pass
    assert "Waiting [until] it answers" in drawn.getvalue()


def test_steps_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    said = StringIO()
    with steps("shop", "entities", on=Console(file=said)) as tell:
        tell(1, 30, "accounts")
        assert said.getvalue() == ""
        monkeypatch.setattr("saldo.onboarding.steps.EVERY_S", 0.0)
        tell(2, 30, "[b]entries")
    assert said.getvalue() == "shop: 2 of 30 entities, [b]entries\n"
    drawn = StringIO()
    terminal = Console(file=drawn, force_terminal=True, width=100, color_system=None, _environ={})
    with steps("shop", "entities", on=terminal) as tell:
        tell(2, 30, "entries")
    assert " 2/30 entities" in drawn.getvalue()


def test_a_warehouse_that_is_away_is_no_trouble() -> None:
    said = StringIO()
    with UnderWay(Console(file=said), "host=127.0.0.1 port=1 dbname=none") as under_way:
        under_way.look()
        under_way.look()
    assert said.getvalue().count("is not known (OperationalError)") == 1
