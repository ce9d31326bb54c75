"""What has no night is not asked for one, and what is switched off has no alerts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saldo.warehouse.connection import Connection
from tests.metrics.rows import NORD, ago, watch
from tests.metrics.scraping import Scrape


@pytest.fixture(autouse=True)
def _nothing_else(warehouse: Connection) -> Iterator[None]:
    yield
    warehouse.execute("truncate ops.watched, ops.alert, ops.heartbeat, ops.export_breaker cascade")


def test_how_far_nights_lie_apart(dsn: str, warehouse: Connection) -> None:
    watch(warehouse, "nord")
    watch(warehouse, "weekly", days_apart=7)
    watch(warehouse, "asked", days_apart=None)
    found, name = Scrape(dsn), "saldo_nights_apart_seconds"
    assert found(name, **NORD) == 86_400
    assert found(name, kind="agreement", subject="weekly") == 7 * 86_400
    assert found(name, kind="agreement", subject="asked") is None
    assert found("saldo_watched_since_timestamp_seconds", kind="agreement", subject="asked")


def test_alerts_of_what_is_switched_off_are_not_told(dsn: str, warehouse: Connection) -> None:
    watch(warehouse, "nord")
    for subject in ("nord", "off"):
        for kind in ("late", "failure", "expiry"):
            warehouse.execute(
                "insert into ops.alert (subject_kind, subject_id, kind, task, opened_at, failures) "
                "values ('agreement', %s, %s, 'x', now(), 1)",
                [subject, kind],
            )
    found = Scrape(dsn)
    for kind in ("late", "failure", "expiry"):
        assert found("saldo_alerts_open", alert=kind, **NORD) == 1
        assert found("saldo_alerts_open", alert=kind, kind="agreement", subject="off") is None


def test_a_breaker_of_an_export_that_is_switched_off_holds_nothing_back(
    dsn: str, warehouse: Connection
) -> None:
    watch(warehouse, "havn", kind="export")
    warehouse.execute(
        "insert into ops.export_breaker (company, state, failures, successes, changed_at, organisation) "
        "values ('a', 'open', 3, 0, now(), 'havn'), ('b', 'open', 3, 0, now(), 'off')"
    )
    found, name = Scrape(dsn), "saldo_export_breakers_open"
    assert found(name, kind="export", subject="havn") == 1
    assert found(name, kind="export", subject="off") is None


def test_a_host_that_is_looked_at_no_more_is_no_component(dsn: str, warehouse: Connection) -> None:
    """The last look found it away: as when its agreement is switched off for that."""
    for component, minutes, ok in (
        ("scheduler", 62, True),
        ("economic asked.example.com", 62, False),
        ("economic gone.example.com", 82, False),
    ):
        warehouse.execute(
            "insert into ops.heartbeat (component, at, ok, minutes) values (%s, %s, %s, 5)",
            [component, ago(minutes=minutes), ok],
        )
    # The watch itself has been dead for an hour: what it saw last is told still.
    found, name = Scrape(dsn), "saldo_component_up"
    assert found(name, component="scheduler") == 1
    assert found(name, component="economic asked.example.com") == 0
    assert found(name, component="economic gone.example.com") is None
