"""A real Prometheus scrapes Saldo's route over a socket, judges the rules and answers what the dashboard asks."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest
import requests
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from saldo.warehouse.connection import connect
from tests.airflow.running import warehouse_connection
from tests.conftest import Cluster, free_port
from tests.metrics.rows import ago, compared, ran, watch
from tests.support import PROJECT
from tests.system.metrics.prometheus import Prometheus, expressions, panels, rules, running
from tests.system.running import until

pytestmark = pytest.mark.timeout(300)
TOKEN = secrets.token_hex(24)
NORD = 'kind="agreement",subject="nord"'


@pytest.fixture(scope="module")
def target(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a server with Saldo's routes, over a warehouse that has seen a night."""
    with closing(connect(dsn)) as warehouse:
        watch(warehouse, "nord", "late")
        for entity in ("entries", "facts", "prove", "report"):
            ran(warehouse, "nord", entity, ago(hours=2), rows_read=100, requests=3)
        compared(warehouse, "nord", ago(hours=2), "account_year_totals", "0", ok=True)
        compared(warehouse, "late", ago(hours=30), "account_year_totals", "12.5")
        warehouse.execute(
            "insert into ops.heartbeat (component, at, ok, minutes) values ('scheduler', now(), true, 5)"
        )
    home, port = tmp_path_factory.mktemp("airflow"), free_port()
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home),
        "AIRFLOW_CONN_SALDO_WAREHOUSE": warehouse_connection(dsn),
        "AIRFLOW_CONN_SALDO_METRICS": json.dumps({"conn_type": "generic", "password": TOKEN}),
        "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}",
    }
    tables = "from airflow.models import import_all_models as all_; from airflow.models.base import Base; from airflow import settings; "
    subprocess.run(
        [sys.executable, "-c", f"{tables}all_(); settings.configure_orm(); Base.metadata.create_all(settings.engine)"],
        env=env, cwd=home, check=True,
    )  # fmt: skip
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "uvicorn", "--factory", "tests.system.metrics.served:app", "--host", "127.0.0.1",
                "--port", str(port), "--no-access-log",
            ],
            env=env, stdout=log, stderr=log, cwd=home,
        )  # fmt: skip
    try:
        _wait(f"http://127.0.0.1:{port}/saldo/health", process, home / "log")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
    assert TOKEN not in (home / "log").read_text()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            if requests.get(url, timeout=1).json() == {"status": "ok"}:
                return
        except requests.RequestException:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def prometheus(target: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with running(tmp_path_factory.mktemp("prometheus"), target, TOKEN) as found:
        until(lambda: found.value("saldo_warehouse_up == 1"))
        yield found


def test_prometheus_reads_a_night(prometheus: Prometheus) -> None:
    until(lambda: _health(prometheus) == ("up", ""))
    assert not prometheus.value("saldo_group_up == 0")
    for expression, value in (
        (f"saldo_rows_read_24h{{{NORD}}}", 400),
        (f"saldo_proof_differing{{{NORD}}}", 0),
        ('saldo_proof_difference{subject="late"}', 12.5),
        (f"round((time() - saldo_last_good_night_timestamp_seconds{{{NORD}}}) / 3600)", 2),
    ):
        [found] = until(partial(prometheus.value, expression))
        assert float(found["value"][1]) == value, expression


def test_every_rule_is_judged_and_the_right_one_fires(prometheus: Prometheus) -> None:
    def judged() -> dict[str, str]:
        groups = prometheus.ask("rules")["groups"]
        found = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
        return {} if "unknown" in found.values() else found

    assert until(judged) == {rule["alert"]: "ok" for rule in rules()}
    expected = {
        ("SaldoProofDiffers", "firing", "late"),
        ("SaldoNoGoodNight", "pending", "late"),
    }
    until(lambda: _alerts(prometheus) == expected)


def _health(prometheus: Prometheus) -> tuple[str, str]:
    """Of the one target: its state, and what went wrong."""
    [target] = prometheus.ask("targets", state="active")["activeTargets"]
    return target["health"], target["lastError"]


def _alerts(prometheus: Prometheus) -> set[tuple[str, str, str]]:
    """Those of the books now: name, state, subject. Of the test's own machine none fires, but a late scrape is pending."""
    alerts = [one["metric"] for one in prometheus.value("ALERTS")]
    of_machine = [one for one in alerts if "subject" not in one]
    assert {one["alertstate"] for one in of_machine} <= {"pending"}, of_machine
    return {
        (one["alertname"], one["alertstate"], one["subject"]) for one in alerts if "subject" in one
    }


def test_every_expression_of_the_dashboard_has_an_answer(prometheus: Prometheus) -> None:
    for expression in expressions():
        prometheus.value(expression)
    shown = ("Warehouse", "Late nights", "Failing", "Proofs that differ", "Components", "Warehouse")
    for panel in (panel for panel in panels() if panel["title"] in shown):
        for target in panel["targets"]:
            asked = target["expr"].replace("$subject", ".*")
            assert until(partial(prometheus.value, asked)), panel["title"]


def test_a_wrong_token_is_a_target_that_is_down(target: str, tmp_path: Path) -> None:
    with running(tmp_path, target, TOKEN + "x") as refused:
        until(lambda: refused.value('up{job="saldo"} == 0'))
        until(lambda: "401" in _health(refused)[1])


def test_a_warehouse_that_goes_away_is_a_number(
    prometheus: Prometheus, cluster: Cluster, dsn: str
) -> None:
    name = sql.Identifier(str(conninfo_to_dict(dsn)["dbname"]))
    allow = sql.SQL("alter database {} with allow_connections {}")
    with psycopg.connect(cluster.admin_dsn, autocommit=True) as admin:
        admin.execute(allow.format(name, sql.SQL("false")))
        try:
            until(lambda: prometheus.value("saldo_warehouse_up == 0"))
            until(lambda: prometheus.value('up{job="saldo"} == 1'))
            assert not prometheus.value("saldo_rows_read_24h")
        finally:
            admin.execute(allow.format(name, sql.SQL("true")))
    until(lambda: prometheus.value("saldo_warehouse_up == 1"))
