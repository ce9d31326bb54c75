"""The DAG of refreshes in Power BI: its shape, and its tasks against a service and a log-in of our own, over TLS."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from traceback import format_exception
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from saldo.alerts.failures import judge_failures
from saldo.errors import AuthError, ConfigError, SaldoError, Unavailable
from saldo.powerbi.subjects import dataset_subjects
from saldo.subject import by_key
from saldo.warehouse.connection import Connection
from tests.airflow.running import warehouse_connection
from tests.powerbi.service import SECRET, WORKSPACE
from tests.powerbi.serving import connection_to, served
from tests.support import write_agreement

_numbers = itertools.count(1)
ONE, OTHER = (f"aaaaaaaa-0000-0000-0000-00000000000{n}" for n in (1, 2))


def build(monkeypatch: pytest.MonkeyPatch, **more: str) -> Any:
    from saldo.airflow.powerbi_builder import build_powerbi_dag

    monkeypatch.setenv("SALDO_POWERBI_DATASETS", f"{WORKSPACE}/{ONE}, {WORKSPACE}/{OTHER}")
    for name, value in more.items():
        monkeypatch.setenv(name, value)
    return build_powerbi_dag()


def test_a_run_a_morning_that_refreshes_each_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    dag = build(monkeypatch)
    assert dag.timetable.expression == "0 4 * * *"
    assert (dag.max_active_runs, dag.catchup, dag.is_paused_upon_creation) == (1, False, False)
    nights, refresh, report = (dag.get_task(name) for name in ("nights", "refresh", "report"))
    assert (refresh.upstream_task_ids, report.upstream_task_ids) == ({"nights"}, {"refresh"})
    assert [task.task_id for task in dag.leaves] == ["report"]
    assert (nights.mode, nights.timeout) == ("reschedule", 3.5 * 3600)
    assert refresh.expand_input.value == [
        {"group_id": WORKSPACE, "dataset_id": id} for id in (ONE, OTHER)
    ]
    # Another body than an empty one is refused by shared capacity.
    assert "request_body" not in refresh.partial_kwargs
    assert (report.trigger_rule, report.retries) == ("all_done", 0)
    for task in dag.tasks:
        assert (task.owner, task.pool) == ("saldo", "saldo_powerbi")
        assert task.execution_timeout < dag.dagrun_timeout


def test_it_is_off_unless_a_model_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build(monkeypatch, SALDO_POWERBI_DATASETS="") is None
    with pytest.raises(ConfigError, match="SALDO_POWERBI_DATASETS"):
        build(monkeypatch, SALDO_POWERBI_DATASETS="our-model")
    with pytest.raises(ConfigError, match="takes 8"):
        build(monkeypatch, SALDO_POWERBI_DATASETS=f"{WORKSPACE}/{ONE}", SALDO_POWERBI_REFRESH="0 * * * *")  # fmt: skip


# --- against the service -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("tls")) as found:
        yield found


@pytest.fixture
def connected(
    service: str, dsn: str, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """Sets the connection, and what the service is to do: connected(ends="Failed")."""
    warehouse.execute("truncate ops.sync_run, ops.audit")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))

    def connect(secret: str = SECRET, **plays: Any) -> str:
        """The id of a connection of its own: the provider remembers what it knows by an id."""
        name = f"powerbi_{next(_numbers)}"
        requests.put(f"{service}/play", json=plays, timeout=5, verify=False)
        monkeypatch.setenv(
            f"AIRFLOW_CONN_{name.upper()}", json.dumps(connection_to(service, secret))
        )
        return name

    return connect


@pytest.fixture(scope="module", autouse=True)
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One for all, as the triggerer has: the provider keeps its clients for it."""
    found = asyncio.new_event_loop()
    yield found
    found.close()


def told(service: str) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{service}/play", timeout=5, verify=False).json()
    return found


def not_told(dag_id: str) -> Any:
    """As a task hears of an API server that knows no such DAG, or cannot be reached."""
    from airflow.sdk.exceptions import AirflowRuntimeError, ErrorType
    from airflow.sdk.execution_time.comms import ErrorResponse

    raise AirflowRuntimeError(
        ErrorResponse(error=ErrorType.API_SERVER_ERROR, detail={"dag_id": dag_id})
    )


def context_of(**states: str) -> Any:
    ti = SimpleNamespace(
        dag_id="saldo_powerbi_refresh", run_id="r", try_number=1, max_tries=1, xcom_push=lambda **_: None,
        get_task_states=lambda **_: {"r": states}, get_dag=not_told,
    )  # fmt: skip
    run = SimpleNamespace(run_type="scheduled", start_date=datetime.now(UTC))
    return {"ti": ti, "params": {}, "dag_run": run}


def refresh(loop: asyncio.AbstractEventLoop, conn_id: str, id: str) -> None:
    """As the worker and the triggerer do it, one after the other, until the task ends."""
    from airflow.sdk.exceptions import TaskDeferred

    from saldo.operators.powerbi import DatasetRefreshOperator

    operator = DatasetRefreshOperator(
        task_id="refresh", conn_id=conn_id, group_id=WORKSPACE, dataset_id=id, check_interval=0,
        timeout=30,
    )  # fmt: skip
    context = context_of()
    method, arguments = "execute", {}
    while True:
        try:
            operator.resume_execution(method, arguments, context)
            return
        except TaskDeferred as deferred:
            method, arguments = loop.run_until_complete(_triggered(deferred))


async def _triggered(deferred: Any) -> tuple[str, dict[str, Any]]:
    """What the triggerer hands back: the first event, or the error that the trigger ended with."""
    path, arguments = deferred.trigger.serialize()
    assert path.rpartition(".")[2] == type(deferred.trigger).__name__
    try:
        async with aclosing(type(deferred.trigger)(**arguments).run()) as events:
            async for event in events:
                return deferred.method_name, {"event": event.payload}
    except Exception as error:
        return "__fail__", {"error": "Trigger failure", "traceback": format_exception(error)}
    raise AssertionError("no event")


def rows(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select subject_id, entity, status, error_family from ops.sync_run where subject_kind = 'dataset' "
        "order by subject_id, sync_run_id"
    ).fetchall()


def test_a_model_is_refreshed_with_an_empty_body_and_waited_for(
    connected: Any, service: str, warehouse: Connection, loop: asyncio.AbstractEventLoop
) -> None:
    refresh(loop, connected(looks=2), ONE)
    found = told(service)
    assert found["asked"] == [{"dataset": ONE, "body": ""}]
    assert [one["status"] for one in found["history"][ONE]] == ["Completed"]
    assert rows(warehouse) == [(ONE, "refresh", "success", None)]


@pytest.mark.parametrize(
    ("plays", "why", "family"),
    [
        ({"ends": "Failed"}, "ModelRefreshFailed_CredentialsNotSpecified", Unavailable),
        ({"a_day": 0}, "Failed to trigger dataset refresh", Unavailable),
        ({"refuses": 403}, "InvalidRequest", Unavailable),
        ({"secret": "wrong"}, "AADSTS7000215", AuthError),
        ({"no_token": "AADSTS90033: A transient error has occurred."}, "AADSTS90033", Unavailable),
    ],
    ids=["fails", "eight a day", "forbidden", "wrong secret", "no token now"],
)
def test_a_refresh_that_fails_says_why_and_is_recorded(
    connected: Any,
    warehouse: Connection,
    loop: asyncio.AbstractEventLoop,
    plays: dict[str, Any],
    why: str,
    family: type[SaldoError],
) -> None:
    conn_id = connected(**plays)
    with pytest.raises(family, match=why) as raised:
        refresh(loop, conn_id, ONE)
    assert f"did not refresh the model {ONE} (connection '{conn_id}')" in str(raised.value)
    assert "docs/power-bi.md" in str(raised.value)
    assert SECRET not in str(raised.value)
    assert rows(warehouse) == [(ONE, "refresh", "failed", family.__name__)]


def test_the_report_ends_every_model_and_fails_when_one_did(
    connected: Any, warehouse: Connection, loop: asyncio.AbstractEventLoop
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from saldo.operators.powerbi import RefreshReportOperator

    refresh(loop, connected(), ONE)
    report = RefreshReportOperator(task_id="report", datasets=[(WORKSPACE, ONE), (WORKSPACE, OTHER)])  # fmt: skip
    # The other was killed before it had a word.
    states = {"nights": "success", "refresh_0": "success", "refresh_1": "failed"}
    with pytest.raises(AirflowFailException, match=f"not refreshed: {OTHER}"):
        report.execute(context_of(**states))
    assert rows(warehouse) == [
        (ONE, "refresh", "success", None), (ONE, "report", "success", None),
        (OTHER, "refresh", "failed", "Untold"), (OTHER, "report", "success", None),
    ]  # fmt: skip
    warehouse.execute("truncate ops.sync_run")
    with pytest.raises(AirflowFailException, match=f"not refreshed: {ONE}, {OTHER}"):
        report.execute(context_of(nights="failed", refresh="upstream_failed"))
    assert [row[:3] for row in rows(warehouse)][::2] == [
        (ONE, "refresh", "failed"),
        (OTHER, "refresh", "failed"),
    ]


def test_a_failed_refresh_is_an_alert_and_its_end_one_too(
    connected: Any, warehouse: Connection, loop: asyncio.AbstractEventLoop
) -> None:
    from saldo.operators.powerbi import RefreshReportOperator

    warehouse.execute("truncate ops.alert cascade")
    subjects = by_key(dataset_subjects({"SALDO_POWERBI_DATASETS": f"{WORKSPACE}/{ONE}"}))
    report = RefreshReportOperator(task_id="report", datasets=[(WORKSPACE, ONE)])

    def alerts() -> list[Any]:
        judge_failures(warehouse, subjects, now=datetime.now(UTC))
        return warehouse.execute(
            "select subject_id, task, closed_at is null from ops.alert where subject_kind = 'dataset'"
        ).fetchall()

    with pytest.raises(Unavailable):
        refresh(loop, connected(ends="Failed"), ONE)
    with pytest.raises(Exception, match="not refreshed"):
        report.execute(context_of(nights="success", refresh_0="failed"))
    assert alerts() == [(ONE, "refresh", True)]
    refresh(loop, connected(), ONE)
    report.execute(context_of(nights="success", refresh_0="success"))
    assert alerts() == [(ONE, "refresh", False)]


def test_the_nights_are_waited_for_but_not_for_ever(
    connected: Any, warehouse: Connection, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saldo.operators.powerbi import NightsSensor

    connected()
    monkeypatch.setenv("SALDO_AGREEMENTS_DIR", str(tmp_path))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    sensor = NightsSensor(task_id="nights", patience=timedelta(hours=1))
    context = context_of()
    assert sensor.poke(context) is True  # nobody's night was due
    due = datetime.now(UTC) - timedelta(minutes=30)
    write_agreement(tmp_path, "due", schedule=f"{due.minute} {due.hour} * * *", timezone="UTC")
    assert sensor.poke(context) is False
    # A paused DAG has no nights; what Airflow does not tell is no reason to fail.
    asked = []
    context["ti"].get_dag = lambda dag_id: asked.append(dag_id) or SimpleNamespace(is_paused=True)
    assert sensor.poke(context) is True
    assert asked == ["saldo__due"]
    context["ti"].get_dag = lambda dag_id: SimpleNamespace(is_paused=False)
    assert sensor.poke(context) is False
    context["ti"].get_dag = not_told
    context["dag_run"].start_date -= timedelta(hours=2)
    assert sensor.poke(context) is True
