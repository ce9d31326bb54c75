"""`airflow db clean` as the task calls it: what it is told, what it may see, and what it says when it cannot."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from saldo.errors import ConfigError, SaldoError
from saldo.maintenance import retention

PASSWORD = "p%s/w:$HOME"


def execute() -> None:
    from saldo.operators.airflow_clean import AirflowCleanOperator

    context: Any = {
        "ti": SimpleNamespace(dag_id="saldo_maintenance", run_id="r", try_number=1),
        "dag_run": SimpleNamespace(run_type="scheduled"),
        "params": {},
    }
    AirflowCleanOperator(task_id="airflow_db_clean").execute(context)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    found = {
        "conn_type": "postgres", "host": "127.0.0.1", "port": 1, "login": "airflow",
        "password": PASSWORD, "schema": "airflow", "extra": {"sslmode": "prefer", "odd": "x"},
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_METADATA", json.dumps(found))
    return found


def test_every_table_has_one_rule_and_only_one() -> None:
    from airflow.utils.db_cleanup import config_dict

    from saldo.operators.airflow_clean import _commands

    told = {rule.subject: words for rule, words in _commands(retention({}))}
    assert {*told} == {"airflow", "airflow.watch", "airflow.log"}
    assert {*told["airflow"][1].split(","), told["airflow.log"][1]} == {*config_dict}
    # Without a column for the DAG, a table would be cleaned of everybody's rows.
    watch = told["airflow.watch"]
    assert watch[2:] == ["--dag-ids", "saldo_watch"]
    names = set(watch[1].split(","))
    while more := {d for n in names for d in config_dict[n].dependent_tables or ()} - names:
        names |= more
    assert all(config_dict[name].dag_id_column_name for name in names)


def test_the_work_around_for_deadlines_is_still_needed() -> None:
    """Else `_WITHOUT_DAG` is to be deleted."""
    from airflow.models.deadline import Deadline
    from airflow.utils.db_cleanup import config_dict

    assert config_dict["deadline"].dag_id_column_name == "dag_id"
    assert "dag_id" not in Deadline.__table__.columns


def test_without_the_connection_it_says_both_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_AIRFLOW_METADATA", raising=False)
    with pytest.raises(ConfigError, match=r"airflow=keep.*AIRFLOW_CONN_AIRFLOW_METADATA"):
        execute()


def test_switched_off_it_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_AIRFLOW_METADATA", raising=False)
    monkeypatch.setenv("SALDO_RETENTION", "airflow=keep,airflow.watch=keep,airflow.log=keep")
    execute()


def test_another_kind_of_database_is_refused(
    monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any]
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_AIRFLOW_METADATA", json.dumps({**connection, "conn_type": "mysql"})
    )
    with pytest.raises(ConfigError, match="is of type 'mysql'"):
        execute()


def test_the_command_gets_the_address_and_no_other_secret(
    monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any]
) -> None:
    from sqlalchemy import make_url

    from saldo.hooks.metadata import metadata_url
    from saldo.operators.airflow_clean import _environment

    monkeypatch.setenv("AIRFLOW_CONN_ECONOMIC_NORDLYS", "secret")
    monkeypatch.setenv("SALDO_DSN", "secret")
    monkeypatch.setenv("AIRFLOW__CORE__SQL_ALCHEMY_CONN", "airflow-db-not-allowed:///")
    found = _environment(metadata_url().render_as_string(hide_password=False))
    assert "secret" not in found.values()
    assert "AIRFLOW__CORE__SQL_ALCHEMY_CONN" not in found
    url = make_url(found["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    assert (url.password, dict(url.query)) == (PASSWORD, {"sslmode": "prefer"})


def test_a_database_that_is_away_is_told_without_its_password(
    connection: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with pytest.raises(SaldoError, match=r"cannot be reached from this worker.*refused") as raised:
        execute()
    for said in (str(raised.value), caplog.text):
        assert PASSWORD not in said
        assert "p%25s" not in said


@pytest.fixture
def warehouse_instead(
    monkeypatch: pytest.MonkeyPatch, connection: dict[str, Any], dsn: str
) -> Iterator[psycopg.Connection]:
    """The connection names the warehouse."""
    place = conninfo_to_dict(dsn)
    here = {
        **connection, "host": place["host"], "port": int(place["port"]), "login": place["user"],
        "password": place["password"], "schema": place["dbname"],
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_AIRFLOW_METADATA", json.dumps(here))
    with psycopg.connect(dsn, autocommit=True) as found:
        yield found


def test_another_database_is_refused(warehouse_instead: psycopg.Connection) -> None:
    with pytest.raises(ConfigError, match="'t_airflow_clean', which is not Airflow's"):
        execute()


def test_what_the_command_cannot_clean_is_no_success(
    warehouse_instead: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    warehouse_instead.execute("create table public.dag_run (id integer)")
    with pytest.raises(SaldoError, match="airflow db clean ended with 1") as raised:
        execute()
    assert "dag_run" in str(raised.value)
    password = warehouse_instead.info.password
    assert password not in str(raised.value)
    assert password not in caplog.text
