"""Which models are refreshed and when, as the environment says it; and whether the nights are over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from saldo.errors import ConfigError
from saldo.powerbi.choice import Dataset, datasets, patience, schedule
from saldo.powerbi.nights import waiting
from saldo.powerbi.subjects import dataset_subjects
from saldo.runs.sync_run import Run, recorded
from saldo.warehouse.connection import Connection
from tests.powerbi.service import WORKSPACE
from tests.support import agreement

MODEL = "aaaaaaaa-0000-0000-0000-000000000001"
NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)


def test_models_are_named_by_workspace_and_model() -> None:
    said = f" {WORKSPACE.upper()}/{MODEL}; {WORKSPACE}/{MODEL} "
    assert datasets({"SALDO_POWERBI_DATASETS": said}) == (Dataset(WORKSPACE, MODEL),)
    assert datasets({}) == ()
    for wrong in (MODEL, f"{WORKSPACE}/", "a/b", f"{WORKSPACE}/{MODEL}/details"):
        with pytest.raises(ConfigError, match=r"SALDO_POWERBI_DATASETS: .* is no model; write"):
            datasets({"SALDO_POWERBI_DATASETS": wrong})
        assert dataset_subjects({"SALDO_POWERBI_DATASETS": wrong}) == []


def test_a_model_is_refreshed_no_more_often_than_its_capacity_takes() -> None:
    assert schedule({}) == "0 4 * * *"
    every_three = {"SALDO_POWERBI_REFRESH": "15 */3 * * *"}
    assert schedule(every_three) == "15 */3 * * *"
    hourly = {"SALDO_POWERBI_REFRESH": "0 6-16 * * 1"}
    with pytest.raises(ConfigError, match="refreshes 11 times a day; shared capacity takes 8"):
        schedule(hourly)
    assert schedule({**hourly, "SALDO_POWERBI_CAPACITY": "Premium"}) == "0 6-16 * * 1"
    with pytest.raises(ConfigError, match="premium capacity takes 48"):
        schedule({"SALDO_POWERBI_REFRESH": "* * * * *", "SALDO_POWERBI_CAPACITY": "premium"})
    with pytest.raises(ConfigError, match=r"SALDO_POWERBI_REFRESH: 'daily' is not a cron"):
        schedule({"SALDO_POWERBI_REFRESH": "daily"})
    with pytest.raises(ConfigError, match="write shared or premium"):
        schedule({"SALDO_POWERBI_CAPACITY": "pro"})
    assert patience({}) == timedelta(hours=3)
    assert patience({"SALDO_POWERBI_PATIENCE_MINUTES": "0"}) == timedelta(0)
    with pytest.raises(ConfigError, match="write minutes, 0 to 1200"):
        patience({"SALDO_POWERBI_PATIENCE_MINUTES": "3h"})


def test_a_refresh_waits_for_the_nights_that_were_due(dsn: str, warehouse: Connection) -> None:
    nightly = {"schedule": "0 3 * * *", "timezone": "Europe/Copenhagen"}  # 02:00 UTC
    agreements = [
        agreement("early", **nightly),
        agreement("late", **nightly),
        agreement("weekly", schedule="0 3 * * 3"),  # it was due last Wednesday
        agreement("later", schedule="0 6 * * *"),  # yesterday's is over twenty hours old
        agreement("never", schedule=None),
        agreement("off", **nightly, enabled=False),
    ]

    def run(id: str, began: datetime, entity: str, status: str = "success") -> None:
        warehouse.execute(
            "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, started_at, "
            "finished_at, status) values (%s, %s, %s, %s, 1, 'auto', %s, %s, %s)",
            [id, entity, f"saldo__{id}", f"run {began}", began, began, status],
        )

    assert waiting(warehouse, agreements, now=NOW) == ["early", "late"]
    assert waiting(warehouse, agreements, now=NOW.replace(hour=1)) == []
    due = NOW.replace(hour=2)
    # Of the evening before, and of the night without its end.
    for id in ("early", "late"):
        run(id, due - timedelta(hours=5), "report")
    run("late", due + timedelta(minutes=1), "facts")
    assert waiting(warehouse, agreements, now=NOW) == ["early", "late"]
    run("early", due + timedelta(minutes=30), "report")
    assert waiting(warehouse, agreements, now=NOW) == ["late"]
    run("late", due + timedelta(minutes=40), "report", "failed")
    assert waiting(warehouse, agreements, now=NOW) == []


def test_a_night_that_will_not_come_is_not_waited_for(warehouse: Connection) -> None:
    warehouse.execute("truncate ops.sync_run, ops.watched cascade")
    nightly = {"schedule": "0 3 * * *", "timezone": "UTC"}
    agreements = [agreement(id, **nightly) for id in ("paused", "unknown", "on", "new", "old")]
    due = NOW.replace(hour=3)
    # Where Airflow does not answer a night may come yet.
    paused = {"saldo__paused": True, "saldo__on": False}.get
    for id, since in (("new", due + timedelta(minutes=1)), ("old", due)):
        warehouse.execute(
            "insert into ops.watched (subject_kind, subject_id, plan, since) values ('agreement', %s, 'p', %s)",
            [id, since],
        )
    found = waiting(warehouse, agreements, now=NOW, is_paused=paused)
    assert found == ["old", "on", "unknown"]  # the file of "new" came after its hour
    warehouse.execute("truncate ops.watched")


def test_a_model_is_a_subject_of_the_watch(dsn: str, warehouse: Connection) -> None:
    (subject,) = dataset_subjects({"SALDO_POWERBI_DATASETS": f"{WORKSPACE}/{MODEL}"})
    assert subject.dag_id == "saldo_powerbi_refresh"
    assert subject.connection == "saldo_powerbi"
    with recorded(warehouse, dsn, subject.key, "refresh", Run("dag", "run", 1, "auto")):
        pass
    row = warehouse.execute(
        "select subject_kind, subject_id, agreement_id from ops.sync_run where entity = 'refresh'"
    ).fetchone()
    assert row == ("dataset", MODEL, None)
