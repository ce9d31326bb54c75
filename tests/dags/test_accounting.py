"""The DAGs of accounting exports as Airflow sees them, and the end of their runs: what people are told, and what fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from saldo.warehouse.connection import Connection
from tests.airflow.running import warehouse_connection
from tests.exports.accounting.examples import ORGANISATIONS
from tests.exports.accounting.register import clear, put, registered

STEPS = ["collect", "settle", "check", "chunks", "send", "finish", "reconcile", "report"]


@pytest.fixture
def folder(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of the files of organisations: Fjellbygg, with a schedule and an owner."""
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(tmp_path))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    more = 'schedule: "30 2 * * *"\nowner_mail: [okonomi@fjell.example]\nalerts: {to: [it@fjell.example], after_failures: 3}\n'
    (tmp_path / "fjell.yaml").write_text((ORGANISATIONS / "fjell.yaml").read_text() + more)
    return tmp_path


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    clear(warehouse)
    warehouse.execute("truncate ops.alert_mail, ops.alert_mail_attachment, ops.sync_run")


def dags() -> dict[str, Any]:
    from saldo.airflow.accounting_builder import build_accounting_dags
    from saldo.airflow.review_builder import build_review_dags

    return {dag.dag_id: dag for dag in (*build_accounting_dags(), *build_review_dags())}


def test_a_dag_for_each_organisation_and_one_that_asks(folder: Path) -> None:
    (folder / "havn.yaml").write_text((ORGANISATIONS / "havn.yaml").read_text())
    (folder / "broken.yaml").write_text("target: xledger\n")
    off = (ORGANISATIONS / "koersel.yaml").read_text() + "enabled: false\n"
    (folder / "koersel.yaml").write_text(off)
    found = dags()
    assert sorted(found) == ["saldo_export__fjell", "saldo_export__havn", "saldo_export_review"]
    fjell, havn = found["saldo_export__fjell"], found["saldo_export__havn"]
    assert [task.task_id for task in fjell.topological_sort()] == STEPS
    assert (fjell.timetable.timetable.expression, str(fjell.timetable.timetable.timezone)) == (
        "30 2 * * *", "Europe/Oslo",
    )  # fmt: skip
    assert [asset.name for asset in havn.schedule] == ["saldo_export_due_havn"]
    assert "saldo_export_due_fjell" in str(fjell.timetable.asset_condition)
    for dag in (fjell, havn):
        assert (dag.max_active_runs, dag.catchup, dag.is_paused_upon_creation) == (1, False, False)
        assert {"saldo", "export", "accounting"} < set(dag.tags)
        assert sorted(dag.params) == ["dry_run", "expenses", "exports", "reconcile"]
        [report] = dag.leaves
        assert (report.task_id, report.retries) == ("report", 0)
        rules = {task.task_id: task.trigger_rule for task in dag.tasks}
        assert [name for name in STEPS if rules[name] == "all_done"] == STEPS[-3:]
        for task in dag.tasks:
            assert (task.pool, task.owner) == ("saldo_accounting", "saldo")
            assert task.execution_timeout
            assert task.retry_policy is not None
    # One company has one writer.
    assert fjell.get_task("send").max_active_tis_per_dagrun == 1
    assert fjell.get_task("send").is_mapped
    for words in (
        "Fjellbygg AS",
        "fjell_bc",
        "`30 2 * * *` (Europe/Oslo)",
        "okonomi@fjell.example",
    ):
        assert words in fjell.doc_md


def test_without_an_accounting_export_nobody_is_asked(folder: Path) -> None:
    (folder / "fjell.yaml").unlink()
    assert dags() == {}


def test_a_worker_builds_the_dag_it_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by Airflow's own context manager: that leaves the last one behind, for other tests to find."""
    from airflow.sdk.definitions.context import _AIRFLOW_PARSING_CONTEXT_DAG_ID as VARIABLE

    (folder / "havn.yaml").write_text((ORGANISATIONS / "havn.yaml").read_text())
    for one in ("saldo_export__havn", "saldo_export_review"):
        monkeypatch.setenv(VARIABLE, one)
        assert list(dags()) == [one]
    monkeypatch.setenv(VARIABLE, "saldo__nordlys")
    assert dags() == {}


def test_an_organisation_is_watched_as_others_are(folder: Path) -> None:
    from saldo.exports.loading import load_accounting_exports
    from saldo.exports.subjects import accounting_subjects

    [subject] = accounting_subjects(load_accounting_exports().good)
    assert (str(subject.key), subject.dag_id, subject.connection) == (
        "export fjell", "saldo_export__fjell", "fjell_bc",
    )  # fmt: skip
    assert (subject.alerts.to, subject.alerts.after_failures) == (("it@fjell.example",), 3)
    assert (subject.schedule, subject.system_name) == ("30 2 * * *", "Business Central")


# --- the end of a run ----------------------------------------------------------------------------


def context(run_id: str, **states: str) -> Any:
    """Of `report`, after tasks that ended so; those not told of went well."""
    events: list[tuple[str, Any]] = []

    class Events:
        def __getitem__(self, alias: Any) -> Any:
            return SimpleNamespace(add=lambda asset, extra: events.append((asset.name, extra)))

    told: dict[str, str] = {name: "success" for name in STEPS if name not in ("send", "report")}
    found = {run_id: {**told, **states}}
    ti = SimpleNamespace(
        dag_id="saldo_export__fjell", run_id=run_id, try_number=1, max_tries=0, task_id="report",
        get_task_states=lambda **_: found,
    )  # fmt: skip
    run = SimpleNamespace(run_id=run_id, run_type="scheduled", triggering_user_name=None)
    return {"ti": ti, "dag_run": run, "params": {}, "outlet_events": Events(), "events": events}


def report() -> Any:
    from saldo.operators.accounting_report import AccountingReportOperator

    return AccountingReportOperator(task_id="report", organisation="fjell")


def runs(warehouse: Connection) -> dict[str, tuple[str, str | None]]:
    rows = warehouse.execute(
        "select entity, status, error_family from ops.sync_run where subject_id = 'fjell' order by sync_run_id"
    ).fetchall()
    return {entity: (status, family) for entity, status, family in rows}


def test_a_good_run_ends_well_and_tells_nobody(folder: Path, warehouse: Connection) -> None:
    found = context("a", send_0="success", send_1="success")
    report().execute(found)
    assert runs(warehouse) == {
        **{name: ("success", None) for name in STEPS},
    }
    assert warehouse.execute("select count(*) from ops.alert_mail").fetchone() == (0,)
    assert found["events"] == []


def test_a_chunk_that_was_killed_fails_the_run_though_the_next_went_well(
    folder: Path, warehouse: Connection
) -> None:
    states = {"send_0": "failed", "send_1": "success", "send_2": "upstream_failed"}
    with pytest.raises(AirflowFailException, match=r"1 task\(s\) failed\nsend: "):
        report().execute(context("a", **states))
    found = runs(warehouse)
    assert found["send"] == ("failed", "Untold")
    assert found["report"][0] == "failed"


def test_a_chunk_that_failed_counts_for_alerts_though_the_next_went_well(
    folder: Path, warehouse: Connection
) -> None:
    from saldo.errors import Unavailable
    from saldo.runs.sync_run import Run, recorded
    from saldo.subject import SubjectKey

    run, key = Run("saldo_export__fjell", "a"), SubjectKey("export", "fjell")
    with pytest.raises(Unavailable), recorded(warehouse, "", key, "send", run):
        raise Unavailable("no way there")
    with recorded(warehouse, "", key, "send", run):
        pass
    with pytest.raises(AirflowFailException, match="send: no way there"):
        report().execute(context("a", send_0="failed", send_1="success"))
    assert runs(warehouse)["send"] == ("failed", "Unavailable")


def test_a_reason_is_told_once_with_what_did_not_run(folder: Path, warehouse: Connection) -> None:
    from saldo.errors import ConfigError
    from saldo.runs.sync_run import Run, recorded
    from saldo.subject import SubjectKey

    run, key = Run("saldo_export__fjell", "a"), SubjectKey("export", "fjell")
    for step in ("settle", "finish"):
        with (
            pytest.raises(ConfigError),
            recorded(warehouse, "", key, step, run),
        ):
            raise ConfigError("the connection is missing")
    states = {
        "settle": "failed",
        "finish": "failed",
        "check": "upstream_failed",
        "send": "upstream_failed",
    }
    with pytest.raises(AirflowFailException) as error:
        report().execute(context("a", **states))
    assert str(error.value).splitlines() == [
        "export fjell: 4 task(s) failed", "finish, settle: the connection is missing", "not run: check, send",
    ]  # fmt: skip


# --- what waits for a person ---------------------------------------------------------------------


def mails(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select subject, body_text, body_html, recipients from ops.alert_mail order by mail_id"
    ).fetchall()


def test_what_came_to_wait_is_told_once_for_each_reason(
    folder: Path, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "saldo.operators.accounting_report.base_url", lambda: "https://saldo.fjell.example"
    )
    first = registered(warehouse, id="EXP-1", description="Course <b>in</b> Oslo")
    second = registered(warehouse, id="EXP-2")
    registered(warehouse, id="EXP-3")
    wrong = (
        "lines[0].category: 'golf' has no account. Remedy: add it to mapping.accounts in fjell.yaml"
    )
    put(warehouse, first, status="review", last_error=wrong)
    found = context("a")
    report().execute(found)
    assert found["events"] == [("saldo_export_review", {"waiting": 1})]
    report().execute(context("b"))
    [(subject, text, html, to)] = mails(warehouse)
    assert (subject, to) == (
        "Saldo: fjell: 1 expense waits for your word", ["okonomi@fjell.example"],
    )  # fmt: skip
    for words in (
        "Expense EXP-1\nTo: E12, 125.00 NOK\nFor: Course <b>in</b> Oslo", wrong,
        "Decide: https://saldo.fjell.example/dags/saldo_export_review/required_actions",
        "They were not sent to Business Central, Fjellbygg AS", f"Export {first.export_id}/",
    ):  # fmt: skip
        assert words in text
    assert "Course &lt;b&gt;in&lt;/b&gt; Oslo" in html
    put(warehouse, second, status="review", last_error="the period is closed")
    put(warehouse, first, last_error="the account is blocked")
    report().execute(context("c"))
    *_, (subject, text, _, _) = mails(warehouse)
    assert subject == "Saldo: fjell: 2 expenses wait for your word"
    assert "the account is blocked" in text
    assert "the period is closed" in text
    put(warehouse, first, status="pending", last_error=None)
    put(warehouse, first, status="review", last_error="the account is blocked")
    report().execute(context("d"))
    assert len(mails(warehouse)) == 2


def test_without_an_owner_nobody_is_told_and_people_are_asked(
    folder: Path, warehouse: Connection
) -> None:
    (folder / "fjell.yaml").write_text((ORGANISATIONS / "fjell.yaml").read_text())
    put(warehouse, registered(warehouse), status="review", last_error="odd")
    found = context("a")
    report().execute(found)
    assert mails(warehouse) == []
    assert found["events"] == [("saldo_export_review", {"waiting": 1})]


def test_a_mail_that_is_kept_no_longer_reminds(folder: Path, warehouse: Connection) -> None:
    put(warehouse, registered(warehouse), status="review", last_error="odd")
    report().execute(context("a"))
    warehouse.execute("truncate ops.alert_mail, ops.alert_mail_attachment")
    report().execute(context("b"))
    assert len(mails(warehouse)) == 1
