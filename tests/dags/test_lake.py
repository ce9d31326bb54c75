"""The lake's task: in the DAG of agreements that have one, and what it does with what it is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from saldo.errors import ConfigError
from saldo.hooks.lake import environment, lake_store, lake_url
from saldo.lake.parquet import Damaged
from saldo.operators.lake import LakeOperator
from saldo.warehouse.connection import connect
from tests.support import Company, Sandbox, agreement, night


def build(**more: Any) -> Any:
    from saldo.airflow.dag_builder import build_agreement_dag

    return build_agreement_dag(agreement("a", **more))


def test_only_an_agreement_with_a_lake_has_the_task() -> None:
    assert not build().has_task("lake")
    dag = build(lake=True)
    task = dag.get_task("lake")
    assert task.task_type == "LakeOperator"
    assert task.downstream_task_ids == {"report"}
    landing = {id for id in dag.task_ids if id.startswith("land.")}
    assert task.get_flat_relative_ids(upstream=True) == landing
    assert [leaf.task_id for leaf in dag.leaves] == ["report"]
    assert (task.pool, task.trigger_rule, task.retries) == ("saldo_economic", "all_done", 3)
    assert "Parquet" in dag.doc_md


class Ti:
    dag_id, run_id, try_number = "saldo__a", "scheduled__2026-11-29", 1


class DagRun:
    run_type = "scheduled"


def execute(company: Company) -> None:
    of = company.agreement.model_copy(update={"lake": True})
    LakeOperator(task_id="lake", agreement=of).execute(
        {"ti": Ti(), "dag_run": DagRun(), "params": {}}  # type: ignore[arg-type]
    )


@pytest.fixture
def company(dsn: str, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", _uri(dsn))
    monkeypatch.setenv("SALDO_LAKE_URL", f"file://{tmp_path}/lake")
    monkeypatch.setenv("SALDO_ENVIRONMENT", "production")
    found = sandbox.company("laketask", is_ledger_only=True, entries=200)
    assert not night(dsn, found, entities=("self", "accounts", "entries")).errors
    return found


def _uri(dsn: str) -> str:
    from psycopg.conninfo import conninfo_to_dict

    part = conninfo_to_dict(dsn)
    return "postgresql://{user}:{password}@{host}:{port}/{dbname}".format_map(part)


def last(dsn: str, company: Company) -> tuple[Any, ...]:
    with connect(dsn) as connection:
        found = connection.execute(
            "select status, rows_inserted, note, error_family, error_message from ops.sync_run "
            "where entity = 'lake' and agreement_id = %s order by sync_run_id desc limit 1",
            [company.id],
        ).fetchone()
    assert found
    return found


def test_the_task_writes_what_has_landed_and_says_so(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    execute(company)
    files = sorted(path.parent.name for path in (tmp_path / "lake").rglob("*.parquet"))
    assert files == ["accounts", "entries", "self"]
    assert (tmp_path / "lake" / "economic-prod" / company.id).is_dir()
    status, rows, note, *_ = last(dsn, company)
    assert (status, rows > 100) == ("success", True)
    assert note.startswith("3 file(s), ")
    execute(company)
    assert last(dsn, company)[:3] == ("success", 0, "nothing is new")


def test_a_lake_that_is_away_fails_the_task_with_a_sentence_and_is_caught_up(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    (tmp_path / "lake").write_text("no folder")
    with pytest.raises(Exception, match="What is owed is written by the next run"):
        execute(company)
    status, _, _, family, message = last(dsn, company)
    assert (status, family) == ("failed", "Unavailable")
    assert "SALDO_LAKE_URL" in message
    (tmp_path / "lake").unlink()
    company.next_day()
    night(dsn, company, entities=("self", "accounts", "entries"))
    execute(company)
    assert last(dsn, company)[0] == "success"


def test_an_entity_that_fails_fails_the_task_and_its_row(
    dsn: str, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alerts and the report read the row: it must not say success where the task failed."""
    from saldo.lake import writer

    original = writer.batches

    def broken(connection: Any, file: Any, entity: Any) -> Any:
        if entity.name == "accounts":
            raise Damaged("its bytes are not those that were written; it is written again")
        return original(connection, file, entity)

    with monkeypatch.context() as patched:
        patched.setattr(writer, "batches", broken)
        with pytest.raises(Damaged, match=f"{company.id}, entity accounts: its bytes"):
            execute(company)
    status, rows, note, family, message = last(dsn, company)
    assert (status, family) == ("failed", "Unavailable")
    assert "entity accounts" in message
    assert (rows > 100, note.startswith("2 file(s)")) == (True, True), "the others were written"
    execute(company)
    assert last(dsn, company)[0] == "success"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("/srv/lake", "begins with 'no scheme': write file:///folder"),
        ("http://x/y", "begins with 'http'"),
        ("abfs://lake:" + "secret@c/x", "name an Airflow connection before the @"),
        ("abfs://lake@c/x?sig=abc", "holds more than a place"),
        ("abfs://lake@c/x y", "characters that stores refuse"),
        ("s3://lake@b/æ", "characters that stores refuse"),
    ],
)
def test_an_address_that_cannot_be_right_is_refused(url: str, says: str) -> None:
    with pytest.raises(ConfigError, match="SALDO_LAKE_URL") as error:
        lake_url({"SALDO_LAKE_URL": url})
    assert says in str(error.value)
    assert "secret" not in str(error.value)


def test_the_default_is_in_the_run_folder(tmp_path: Path) -> None:
    assert lake_url({"SALDO_RUN_DIR": str(tmp_path)}) == f"file://{tmp_path}/lake"
    assert lake_url({"SALDO_LAKE_URL": "file:///srv/lake/"}) == "file:///srv/lake"
    assert lake_url({"SALDO_LAKE_URL": "abfs://azure_lake@/"}) == "abfs://azure_lake@"


def test_a_connection_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALDO_LAKE_URL", "abfs://nobodys_lake@container/lake")
    with pytest.raises(ConfigError, match="'nobodys_lake', which does not exist"):
        lake_store()


@pytest.mark.parametrize(
    ("value", "expected"),
    [("production", "prod"), ("development", "dev"), ("prod", "prod"), ("dev", "dev"), ("test", "test"), ("", "dev")],
)  # fmt: skip
def test_the_environment_is_in_the_path(
    monkeypatch: pytest.MonkeyPatch, value: str, expected: str
) -> None:
    monkeypatch.setenv("SALDO_ENVIRONMENT", value)
    assert environment() == expected
