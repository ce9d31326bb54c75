"""The DAGs as Airflow sees them: names, limits, retries, cost; nothing is read from network or database."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import AssetAlias

from stack.settings import SANDBOX_AGREEMENTS
from tests.support import PROJECT, agreement


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags"))
    assert bag.import_errors == {}
    return {id: dag for id, dag in bag.dags.items() if id.startswith("saldo__")}


@pytest.fixture(scope="module")
def watch() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(PROJECT / "dags" / "saldo_watch.py")).dags["saldo_watch"]


@pytest.fixture(scope="module")
def maintenance() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(PROJECT / "dags" / "saldo_maintenance.py")).dags[
        "saldo_maintenance"
    ]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a DAG file must not open a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return


def test_one_dag_per_sandbox_agreement(dags: dict[str, Any]) -> None:
    assert sorted(dags) == sorted(f"saldo__{id}" for id in SANDBOX_AGREEMENTS)


def test_no_two_dags_share_an_alias() -> None:
    """Of two tasks that end at once with the first event of one alias, Airflow's API server fails one."""
    from airflow.dag_processing.dagbag import DagBag

    owners: dict[str, set[str]] = {}
    for id, dag in DagBag(dag_folder=str(PROJECT / "dags")).dags.items():
        for task in dag.tasks:
            outlets = task.partial_kwargs.get("outlets", []) if task.is_mapped else task.outlets
            for outlet in outlets:
                if isinstance(outlet, AssetAlias):
                    owners.setdefault(outlet.name, set()).add(id)
    assert len(owners) > 10
    assert {name: dags for name, dags in owners.items() if len(dags) > 1} == {}


def test_building_touches_no_network(no_network: None) -> None:
    from saldo.airflow.dag_builder import build_agreement_dag

    assert build_agreement_dag(agreement("quiet")).dag_id == "saldo__quiet"


def test_every_task_has_pool_owner_retries_and_timeout(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag.doc_md
        assert dag.max_active_runs == 1
        assert dag.dagrun_timeout
        assert not dag.catchup
        assert dag.is_paused_upon_creation is False
        for task in dag.tasks:
            assert task.pool in ("saldo_economic", "saldo_xledger", "saldo_moneybird"), task.task_id
            assert task.owner == "saldo"
            assert task.execution_timeout
            assert task.retry_policy is not None
            assert task.retries == (0 if task.task_id == "report" else 3)


def test_the_watch_runs_every_few_minutes_and_never_piles_up(watch: Any) -> None:
    assert watch.timetable.expression == "*/5 * * * *"
    assert watch.doc_md
    assert watch.tags == {"saldo"}
    assert watch.max_active_runs == 1
    assert not watch.catchup
    assert watch.is_paused_upon_creation is False
    assert watch.dagrun_timeout.total_seconds() <= 180
    (task,) = watch.tasks
    assert (task.task_id, task.owner, task.pool) == ("watch", "saldo", "saldo_watch")
    assert task.retries == 0
    assert task.execution_timeout < watch.dagrun_timeout
    assert (str(task.weight_rule), task.priority_weight) == ("absolute", 1_000)


def test_the_maintenance_runs_weekly_and_nothing_stops_it(maintenance: Any) -> None:
    assert maintenance.timetable.expression == "0 12 * * 0"
    assert maintenance.start_date is None, (
        "else it makes up for last Sunday in the middle of make up"
    )
    assert maintenance.max_active_runs == 1
    assert not maintenance.catchup
    assert maintenance.is_paused_upon_creation is False
    assert "`ops.audit` | 2922 days" in maintenance.doc_md
    assert set(maintenance.task_ids) == {
        "retention", "vacuum", "sizes", "drift", "lake", "airflow_db_clean", "task_logs", "report",
    }  # fmt: skip
    assert [task.task_id for task in maintenance.leaves] == ["report"]
    for task in maintenance.tasks:
        assert (task.owner, task.pool, task.trigger_rule) == (
            "saldo",
            "saldo_maintenance",
            "all_done",
        )
        assert task.execution_timeout < maintenance.dagrun_timeout
        assert task.retry_policy is not None
        assert task.retries == (0 if task.task_id == "report" else 2)
    assert maintenance.get_task("sizes").upstream_task_ids == {"vacuum"}
    assert maintenance.get_task("vacuum").upstream_task_ids == {"retention"}
    vacuum = maintenance.get_task("vacuum")
    assert vacuum.task_type == "SQLExecuteQueryOperator"
    assert (vacuum.autocommit, vacuum.conn_id) == (True, "saldo_warehouse")


def test_a_retention_that_cannot_be_read_is_an_import_error_of_its_own(tmp_path: Path) -> None:
    found = load(tmp_path, SALDO_RETENTION="ops.proof=1")
    assert found["dags"] == ["saldo_exchange_rates", "saldo_exports", "saldo_files", "saldo_watch"]
    assert len(found["errors"]) == 1
    assert "ops.proof=35 or more" in found["errors"][0]


def test_pools_are_created_by_the_set_up(
    dags: dict[str, Any], watch: Any, maintenance: Any
) -> None:
    pools = json.loads((PROJECT / "include" / "pools.json").read_text())
    used = {task.pool for dag in (*dags.values(), watch, maintenance) for task in dag.tasks}
    assert used <= set(pools)


def test_shape_of_a_dag(dags: dict[str, Any]) -> None:
    from saldo.vendors import VENDORS

    dag = dags["saldo__nordlys"]
    lands = {f"land.{e.name}" for e in VENDORS["economic"].entities if not e.is_small} | {
        "land.small"
    }
    assert set(dag.task_ids) == lands | {"facts", "validate", "prove", "lake", "report"}
    assert dag.get_task("land.self").downstream_task_ids == lands - {"land.self"}
    referred = {"land.accounts", "land.customers", "land.small"}
    assert dag.get_task("land.entries").upstream_task_ids == {"land.self", *referred}
    # The list of unpaid invoices is left out where entries and totals show it.
    shown = {"land.self", "land.entries", "land.small"}
    assert dag.get_task("land.unpaid_invoices").upstream_task_ids == shown
    # Lines have the dates of their invoices, which a window reads first.
    assert dag.get_task("land.invoice_lines").upstream_task_ids == {"land.self", "land.invoices"}
    last = lands - {"land.self", "land.entries", "land.unpaid_invoices", "land.invoices"} - referred
    assert dag.get_task("facts").upstream_task_ids == last
    assert dag.get_task("validate").upstream_task_ids == {"facts"}
    assert dag.get_task("prove").upstream_task_ids == {"validate"}
    assert {dag.get_task(name).trigger_rule for name in lands} == {"all_done"}
    assert [task.task_id for task in dag.leaves] == ["report"]
    for name in ("facts", "validate", "prove", "report"):
        assert dag.get_task(name).trigger_rule == "all_done"
    assert dag.tags == {"agreement", "economic", "sandbox"}


def test_the_task_leads_to_its_data_docs(dags: dict[str, Any]) -> None:
    from airflow.serialization.serialized_objects import DagSerialization

    task = dags["saldo__nordlys"].get_task("validate")
    (link,) = task.operator_extra_links
    assert link.get_link(task, ti_key=None) == ""
    task.data_docs_address = "/saldo/data-docs/nordlys/run-1/index.html"
    assert link.get_link(task, ti_key=None) == task.data_docs_address
    shown = DagSerialization.to_dict(dags["saldo__nordlys"])
    (kept,) = (t["__var"] for t in shown["dag"]["tasks"] if t["__var"]["task_id"] == "validate")
    assert kept["_operator_extra_links"] == {"Data docs": link.xcom_key}


def test_run_parameters_have_a_form(dags: dict[str, Any]) -> None:
    params = dags["saldo__nordlys"].params
    assert sorted(params) == ["confirm_deletes", "entities", "from", "mode", "to"]
    assert params.get_param("mode").schema["enum"] == ["auto", "full", "window"]
    for name in params:
        assert params.get_param(name).description


def test_intervals_are_days_of_the_agreements_own_clock() -> None:
    from airflow.timetables.interval import CronDataIntervalTimetable
    from pendulum import datetime as instant

    from saldo.airflow.dag_builder import build_agreement_dag

    built = build_agreement_dag(agreement("clock", schedule="0 3 * * *")).schedule
    timetable = CronDataIntervalTimetable(built.expression, str(built.timezone))
    interval = timetable.infer_manual_data_interval(run_after=instant(2026, 3, 29, 12))
    assert (interval.end - interval.start).total_seconds() == 23 * 3600  # the clocks went forward


def test_exclude_and_entities_choose_tasks() -> None:
    from saldo.airflow.dag_builder import build_agreement_dag

    few = build_agreement_dag(
        agreement("few", entities=("accounts", "entries"), exclude=("entries",))
    )
    assert set(few.task_ids) == {
        "land.self", "land.accounts", "facts", "validate", "prove", "report",
    }  # fmt: skip


def test_on_demand_has_no_schedule() -> None:
    from saldo.airflow.dag_builder import build_agreement_dag

    assert build_agreement_dag(agreement("calm", schedule=None)).schedule is None


def test_the_same_file_gives_the_same_dag() -> None:
    """A difference between two parses would be a new DAG version every thirty seconds."""
    from airflow.serialization.serialized_objects import DagSerialization

    from saldo.airflow.dag_builder import build_agreement_dag

    first, second = (
        json.dumps(DagSerialization.to_dict(build_agreement_dag(agreement("same"))), sort_keys=True)
        for _ in range(2)
    )
    assert first == second
    assert "sandbox-app-secret" not in first


def test_retries_follow_the_error_family() -> None:
    from datetime import timedelta

    from airflow.sdk import RetryAction

    from saldo import errors
    from saldo.operators.retry import SaldoRetryPolicy

    decide = SaldoRetryPolicy().evaluate
    for hopeless in (
        errors.ConfigError, errors.AuthError, errors.BadResponse, errors.DataRejected,
    ):  # fmt: skip
        assert decide(hopeless("x"), 1, 3).action is RetryAction.FAIL
    unseen = errors.OutcomeUnknown("x", method="POST", path="/x", idempotency_key="k")
    assert decide(unseen, 1, 3).action is RetryAction.FAIL
    told = decide(errors.RateLimited("x", retry_after_s=90), 1, 3)
    assert (told.action, told.retry_delay) == (RetryAction.RETRY, timedelta(seconds=90))
    for passing in (errors.Unavailable("x"), errors.Busy("x"), ValueError("x")):
        assert decide(passing, 1, 3).action is RetryAction.DEFAULT


# --- broken files --------------------------------------------------------------------------------

_FILE = """
id: {id}
name: {id} ApS
vendor: economic
connection: economic_{id}
schedule: "0 3 * * *"
timezone: Europe/Copenhagen
start_date: 2024-01-01
"""
_LOAD = """
import json
from airflow.dag_processing.dagbag import DagBag
bag = DagBag()
print(json.dumps({"dags": sorted(bag.dags), "errors": list(bag.import_errors.values())}))
"""


def load(folder: Path, **more: str) -> dict[str, list[str]]:
    """What Airflow finds, in a fresh process with this folder of agreement files."""
    import os

    done = subprocess.run(
        [sys.executable, "-c", _LOAD],
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT / "plugins"),
            "SALDO_AGREEMENTS_DIR": str(folder),
            "SALDO_SANDBOX": "0",
            **more,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def test_broken_files_are_one_import_error_and_harm_nobody(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(_FILE.format(id="good"))
    (tmp_path / "unknown_key.yaml").write_text(_FILE.format(id="unknown_key") + "colour: red\n")
    (tmp_path / "cron.yaml").write_text(_FILE.format(id="cron").replace("0 3", "61 3"))
    (tmp_path / "zone.yaml").write_text(_FILE.format(id="zone").replace("Copenhagen", "Atlantis"))
    (tmp_path / "double.yaml").write_text(_FILE.format(id="good"))
    (tmp_path / "yaml.yaml").write_text("id: [")
    (tmp_path / "empty.yaml").write_text("")
    found = load(tmp_path)
    assert found["dags"] == [
        "saldo__good", "saldo_exchange_rates", "saldo_exports", "saldo_files", "saldo_maintenance", "saldo_watch",
    ]  # fmt: skip
    assert len(found["errors"]) == 1
    for name, key in {
        "unknown_key.yaml": "colour", "cron.yaml": "schedule", "zone.yaml": "timezone",
        "double.yaml": "id", "yaml.yaml": "YAML", "empty.yaml": "empty",
    }.items():  # fmt: skip
        assert f"{name}: " in found["errors"][0]
        assert key in found["errors"][0]


def test_five_hundred_agreements_are_cheap(tmp_path: Path) -> None:
    """The contract's limit is 10 s of CPU for 500; a tenth of them may take three tenths of it."""
    for number in range(50):
        (tmp_path / f"a{number}.yaml").write_text(_FILE.format(id=f"a{number}"))
    code = (
        "import time, airflow.sdk; from saldo.airflow.dag_builder import agreements, build_agreement_dag; "
        "from airflow.serialization.serialized_objects import DagSerialization as S; "
        "c = time.process_time(); "
        "n = [S.to_dict(build_agreement_dag(a)) for a in agreements().good]; "
        "print(len(n), time.process_time() - c)"
    )
    import os

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT / "plugins"),
            "SALDO_AGREEMENTS_DIR": str(tmp_path),
            "SALDO_SANDBOX": "0",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    count, seconds = done.stdout.split()[-2:]
    assert int(count) == 50
    assert float(seconds) < 3, f"50 agreements took {seconds} s of CPU"


def test_a_task_parses_its_own_agreement_only(tmp_path: Path) -> None:
    from saldo.agreements.loading import load_agreements
    from saldo.vendors import entity_names

    (tmp_path / "mine.yaml").write_text(_FILE.format(id="mine"))
    (tmp_path / "other.yaml").write_text("id: [")
    found = load_agreements(vendors=entity_names(), directories=[tmp_path], only="mine")
    assert [a.id for a in found.good] == ["mine"]
    assert found.broken == ()


def test_start_date_is_the_earliest_interval() -> None:
    from saldo.airflow.dag_builder import build_agreement_dag

    built = build_agreement_dag(agreement("start", start_date=date(2025, 5, 1)))
    assert built.start_date.in_timezone("Europe/Copenhagen").date() == date(2025, 5, 1)
