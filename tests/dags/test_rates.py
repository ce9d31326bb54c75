"""The DAG of exchange rates: its shape, a run by Airflow's own program, and a bank that fails alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.sandbox import rates_connections
from saldo.errors import AuthError, ConfigError
from saldo.warehouse.connection import Connection
from tests.airflow.running import airflow, home, warehouse_connection
from tests.rates.banks import fault, set_day
from tests.support import Sandbox, whole_suite


def build(monkeypatch: pytest.MonkeyPatch, banks: str) -> Any:
    from saldo.airflow.rates_builder import build_rates_dag

    monkeypatch.setenv("SALDO_EXCHANGE_RATES", banks)
    return build_rates_dag()


def test_a_task_per_bank_each_evening(monkeypatch: pytest.MonkeyPatch) -> None:
    dag = build(monkeypatch, "riksbank, ecb")
    assert dag.timetable.expression == "15 17 * * *"
    assert (dag.max_active_runs, dag.catchup, dag.is_paused_upon_creation) == (1, False, False)
    task, report = dag.tasks
    assert (report.task_id, report.trigger_rule, report.retries) == ("report", "all_done", 0)
    assert (report.upstream_task_ids, report.banks) == ({"rates"}, ("ecb", "riksbank"))
    assert (task.task_id, task.owner, task.pool, task.retries) == (
        "rates",
        "saldo",
        "saldo_rates",
        3,
    )
    assert task.expand_input.value == {"bank": ["ecb", "riksbank"]}
    assert task.execution_timeout < dag.dagrun_timeout
    assert build(monkeypatch, "none") is None
    with pytest.raises(ConfigError, match="SALDO_EXCHANGE_RATES: 'bundesbank' is no bank"):
        build(monkeypatch, "ecb,bundesbank")


@whole_suite
def test_a_run_by_airflow(
    warehouse: Connection, dsn: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Two banks, of which one refuses: its task fails at once, and the other's does what it has to."""
    environ = {
        **home(tmp_path / "airflow", tmp_path, dsn),
        **rates_connections(sandbox.url),
        "SALDO_EXCHANGE_RATES": "ecb,norges_bank",
        "SALDO_EXCHANGE_RATES_SINCE": "2026-09-01",
    }
    fault(sandbox, "norges_bank", "401", times=99)
    airflow(environ, "db", "migrate")
    airflow(environ, "dags", "reserialize")
    airflow(environ, "dags", "test", "saldo_exchange_rates", expected=1)
    assert statuses(warehouse) == [
        ("ecb", "rates", "success", None), ("ecb", "report", "success", None),
        ("norges_bank", "rates", "failed", "AuthError"), ("norges_bank", "report", "success", None),
    ]  # fmt: skip


@pytest.fixture
def market(sandbox: Sandbox) -> Iterator[Sandbox]:
    """On a day of its own: other tests move that of the companies."""
    set_day(sandbox, date(2025, 12, 15))
    yield sandbox
    set_day(sandbox, None)


def test_a_bank_that_fails_and_one_that_does_not(
    warehouse: Connection, dsn: str, market: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    from saldo.operators.rates import ExchangeRatesOperator, RatesReportOperator

    warehouse.execute(
        "truncate ops.sync_run, ops.watermark, ops.audit, core.published_rate, mart.fact_exchange_rate"
    )
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    monkeypatch.setenv("SALDO_EXCHANGE_RATES_SINCE", "2025-11-03")
    for name, value in rates_connections(market.url).items():
        monkeypatch.setenv(name, value)
    fault(market, "norges_bank", "401", times=99)
    states = {"rates_0": "success", "rates_1": "failed", "rates_2": "failed"}
    ti = SimpleNamespace(
        dag_id="saldo_exchange_rates", run_id="r", try_number=1, max_tries=3, get_task_states=lambda **_: {"r": states}
    )  # fmt: skip
    context: Any = {
        "ti": ti, "params": {"mode": "auto"},
        "dag_run": SimpleNamespace(run_type="manual", triggering_user_name="anna"),
    }  # fmt: skip
    ExchangeRatesOperator(task_id="rates", bank="ecb").execute(context)
    with pytest.raises(AuthError, match="connection 'saldo_rates_norges_bank'"):
        ExchangeRatesOperator(task_id="rates", bank="norges_bank").execute(context)
    # The third was killed before it had a word.
    report = RatesReportOperator(task_id="report", banks=["ecb", "norges_bank", "riksbank"])
    with pytest.raises(AirflowFailException, match="failed: norges_bank, riksbank"):
        report.execute(context)
    assert statuses(warehouse) == [
        ("ecb", "rates", "success", None), ("ecb", "report", "success", None),
        ("norges_bank", "rates", "failed", "AuthError"), ("norges_bank", "report", "success", None),
        ("riksbank", "rates", "failed", "Untold"), ("riksbank", "report", "success", None),
    ]  # fmt: skip
    found = warehouse.execute(
        "select count(*) from mart.fact_exchange_rate where source = 'ecb' and base_currency = 'DKK' "
        "and quote_currency = 'NOK'"
    ).fetchone()
    assert found == (2,)
    actors = warehouse.execute("select actor, action, detail ->> 'mode' from ops.audit").fetchall()
    assert actors == [("anna", "run started", "auto")]


def statuses(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select subject_id, entity, status, error_family from ops.sync_run where subject_kind = 'rates' "
        "order by subject_id, sync_run_id"
    ).fetchall()
