"""The DAGs of exports: one for each configuration, one for requests, and what their tasks do and tell."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from airflow.sdk.exceptions import AirflowFailException

from saldo.errors import ConfigError
from saldo.exports import requests
from saldo.warehouse.connection import Connection
from tests.airflow.running import warehouse_connection
from tests.exports.support import Books, Folder
from tests.support import PROJECT, write_agreement

_FILE = """name: {name}
target: xlsx
agreement: shop
owner_mail: [bookkeeper@example.com]
"""


@pytest.fixture
def folder(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of export configurations; beside it an agreement and a store."""
    for variable in ("SALDO_AGREEMENTS_DIR", "SALDO_EXPORTS_DIR"):
        (tmp_path / variable).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / variable))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    monkeypatch.setenv("SALDO_EXPORTS_URL", f"file://{tmp_path}/store")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    write_agreement(tmp_path / "SALDO_AGREEMENTS_DIR", "shop", name="De Winkel")
    return tmp_path / "SALDO_EXPORTS_DIR"


def write(folder: Path, name: str, more: str = "") -> None:
    (folder / f"{name}.yaml").write_text(_FILE.format(name=name) + more)


def dags(only: str = "") -> dict[str, Any]:
    from saldo.airflow.exports_builder import build_export_dags

    return {dag.dag_id: dag for dag in build_export_dags()}


# --- DAGs ----------------------------------------------------------------------------------------


def test_a_dag_for_each_configuration_and_one_for_requests(folder: Path) -> None:
    write(folder, "weekly", 'schedule: "0 7 * * 1"\ntimezone: Europe/Amsterdam\n')
    write(folder, "nightly", "after_night: true\n")
    write(folder, "both", 'schedule: "0 7 * * 1"\nafter_night: true\n')
    write(folder, "by_hand", "choose: mutated\ninvoice_from: 2026-01-01\n")
    write(folder, "resting", "enabled: false\n")
    write(folder, "broken", "colour: red\n")
    found = dags()
    assert sorted(found) == [
        "saldo_export__both", "saldo_export__by_hand", "saldo_export__nightly", "saldo_export__weekly", "saldo_exports",
    ]  # fmt: skip
    weekly, nightly = found["saldo_export__weekly"], found["saldo_export__nightly"]
    assert (weekly.timetable.expression, str(weekly.timetable.timezone)) == (
        "0 7 * * 1", "Europe/Amsterdam",
    )  # fmt: skip
    assert [asset.name for asset in nightly.schedule] == ["saldo_validated_shop"]
    assert found["saldo_export__both"].timetable.timetable.expression == "0 7 * * 1"
    assert found["saldo_export__by_hand"].schedule is None
    for dag in found.values():
        assert dag.doc_md
        assert dag.dagrun_timeout
        assert (dag.catchup, dag.is_paused_upon_creation) == (False, False)
        task, *last = dag.tasks
        [report] = dag.leaves
        assert (report.task_id, report.trigger_rule) == ("report", "all_done")
        assert (last, task.downstream_task_ids) == ([report], {"report"})
        assert (task.task_id, task.pool, task.owner, task.retries) == (
            "export", "saldo_exports", "saldo", 2,
        )  # fmt: skip
        assert task.execution_timeout * (task.retries + 1) < dag.dagrun_timeout
        assert task.retry_policy is not None
    params = found["saldo_export__by_hand"].params
    assert sorted(params) == [
        "again", "choose", "created_from", "created_to", "ext", "invoice_from", "invoice_to", "layout", "log",
    ]  # fmt: skip
    assert (params["choose"], params["invoice_from"], params["again"]) == (
        "mutated", "2026-01-01", False,
    )  # fmt: skip


def test_broken_configurations_are_told_together(folder: Path) -> None:
    from saldo.airflow.exports_builder import raise_for_broken

    write(folder, "good")
    raise_for_broken()
    write(folder, "broken", "colour: red\n")
    (folder / "stray.yaml").write_text(_FILE.format(name="stray").replace("shop", "shpo"))
    (folder / "layouts").mkdir()
    (folder / "layouts" / "own.yaml").write_text("id: own\n")
    with pytest.raises(ConfigError, match=r"3 export configuration\(s\) or layout\(s\)") as error:
        raise_for_broken()
    assert "broken.yaml: colour: unknown key" in str(error.value)
    assert "stray.yaml: agreement: 'shpo' is no agreement" in str(error.value)
    assert "own.yaml: title: is missing" in str(error.value)
    assert (PROJECT / "dags" / "saldo_export_errors.py").exists()


def test_the_night_starts_what_waits_for_it(folder: Path) -> None:
    from saldo.airflow.dag_builder import agreements, awaited, build_agreement_dag

    write(folder, "weekly", 'schedule: "0 7 * * 1"\n')
    assert awaited() == frozenset()
    write(folder, "nightly", "after_night: true\n")
    assert awaited() == {"shop"}
    [shop] = agreements().good
    assert "dispatch" not in build_agreement_dag(shop).task_ids
    dag = build_agreement_dag(shop, is_awaited=True)
    task = dag.get_task("dispatch")
    assert (task.upstream_task_ids, task.downstream_task_ids) == ({"prove"}, {"report"})
    assert (task.trigger_rule, task.pool) == ("all_done", "saldo_economic")
    assert [leaf.task_id for leaf in dag.leaves] == ["report"]


# --- tasks ---------------------------------------------------------------------------------------


def context(
    run_id: str, *, dag_id: str = "d", validated: str = "success", exported: str = "success", try_number: int = 1,
    **params: Any,
) -> Any:  # fmt: skip
    events: list[tuple[str, Any]] = []

    class Events:
        def __getitem__(self, alias: Any) -> Any:
            return SimpleNamespace(add=lambda asset, extra: events.append((asset.name, extra)))

    ti = SimpleNamespace(
        dag_id=dag_id, run_id=run_id, try_number=try_number, max_tries=2, task_id="export",
        get_task_states=lambda **_: {run_id: {"validate": validated, "export": exported}},
    )  # fmt: skip
    run = SimpleNamespace(
        run_id=run_id, run_type="scheduled", triggering_user_name=None, start_date=datetime.now(UTC)
    )
    return {"ti": ti, "dag_run": run, "params": params, "outlet_events": Events(), "events": events}


@pytest.fixture
def books(dsn: str, tmp_path: Path, warehouse: Connection) -> Books:
    warehouse.execute(
        "truncate core.purchase_document, core.purchase_document_line, core.purchase_document_export, "
        "ops.export_file, ops.export_file_document, ops.alert_mail, ops.alert_mail_attachment, ops.sync_run, ops.export_request"
    )
    return Books(dsn, Folder(tmp_path), "shop")


def runs(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select subject_kind, subject_id, entity, status, note, error_family from ops.sync_run order by sync_run_id"
    ).fetchall()


def report(configuration: str) -> Any:
    from saldo.operators.export_report import ExportReportOperator

    return ExportReportOperator(task_id="report", configuration=configuration)


def test_a_run_makes_a_file_and_tells_the_owner(
    folder: Path, books: Books, warehouse: Connection, tmp_path: Path
) -> None:
    from saldo.operators.exports import XlsxExportOperator

    write(folder, "weekly", "ext: week 9\nstates: [open]\n")
    books.write("1", (("4000", "1000"), ("4100", "20.5")))
    books.write("2", currency="USD")
    books.write("3", state="paid")
    books.write("4", state="new")
    XlsxExportOperator(task_id="export", configuration="weekly").execute(context("first"))
    [path] = (tmp_path / "store").rglob("*.xlsx")
    assert path.name.endswith("-week-9.xlsx")
    sheet = openpyxl.load_workbook(path).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == ["1", "1", "2"]
    [(made, left, text, to)] = warehouse.execute(
        "select subject, body_html, body_text, recipients from ops.alert_mail"
    ).fetchall()
    assert (made, to) == (
        "Saldo: De Winkel: 2 purchase documents exported", ["bookkeeper@example.com"],
    )  # fmt: skip
    for words in (
        f"File: {path.name}", "Documents: 2", "Rows: 3", "EUR: 1\xa0020.50 with tax", "USD: 100.00 with tax",
        "1 document is in no file, and the export's choice, dates or states leave it out.",
        "1 document is in no file, and nobody has processed it",
    ):  # fmt: skip
        assert words in text
    assert path.name in left
    note = f"{path.name}: 2 documents, 3 rows"
    report("weekly").execute(context("first"))
    assert runs(warehouse) == [
        ("export", "weekly", "export", "success", note, None),
        ("export", "weekly", "report", "success", None, None),
    ]
    [(by, layout)] = books.rows(
        "select created_by, layout from ops.export_file where agreement_id = %s"
    )
    assert (by, layout) == ("(export weekly)", "purchases")


def test_nothing_to_export_is_a_success_without_a_mail(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from saldo.operators.exports import XlsxExportOperator

    write(folder, "weekly")
    XlsxExportOperator(task_id="export", configuration="weekly").execute(context("second"))
    [(*_, status, note, _)] = runs(warehouse)
    assert status == "success"
    assert note.startswith("nothing to export")
    assert warehouse.execute("select count(*) from ops.alert_mail").fetchone() == (0,)


def test_a_form_chooses_otherwise_and_a_refusal_fails_at_once(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from saldo.exports.register import AlreadyExported
    from saldo.operators.exports import XlsxExportOperator

    write(folder, "weekly")
    books.write("1")
    task = XlsxExportOperator(task_id="export", configuration="weekly")
    task.execute(context("a"))
    with pytest.raises(AlreadyExported):
        task.execute(context("b", choose="all"))
    with pytest.raises(
        AirflowFailException, match=r"export weekly: the export failed: .*exported and"
    ):
        report("weekly").execute(context("b", exported="failed"))
    assert [row[2:4] for row in runs(warehouse)[-2:]] == [
        ("export", "failed"),
        ("report", "failed"),
    ]
    task.execute(context("c", choose="all", again=True))
    assert books.statuses() == ["registered", "registered"]
    with pytest.raises(ConfigError, match="no such export configuration"):
        XlsxExportOperator(task_id="export", configuration="gone").execute(context("d"))


def test_repeated_failures_are_alerted_as_others(folder: Path, warehouse: Connection) -> None:
    from saldo.exports.loading import load_export_configurations
    from saldo.exports.subjects import export_subjects

    write(folder, "weekly", "alerts: {to: [it@example.com], after_failures: 3}\n")
    [subject] = export_subjects(load_export_configurations().good)
    assert (subject.dag_id, str(subject.key)) == ("saldo_export__weekly", "export weekly")
    assert (subject.alerts.to, subject.alerts.after_failures) == (("it@example.com",), 3)


def alerts_of(folder: Path, warehouse: Connection) -> list[tuple[Any, ...]]:
    """What the watch makes of the runs so far."""
    from saldo.alerts import judge_failures
    from saldo.exports.loading import load_export_configurations
    from saldo.exports.subjects import export_subjects
    from saldo.subject import by_key

    warehouse.execute("delete from ops.alert")
    known = by_key(export_subjects(load_export_configurations().good))
    judge_failures(warehouse, known, now=datetime.now(UTC))
    return warehouse.execute("select subject_id, task, failures, family from ops.alert").fetchall()


def test_a_last_try_that_was_killed_is_alerted(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from saldo.exports.subjects import ENTITY
    from saldo.runs.sync_run import Run, SyncRun
    from saldo.subject import SubjectKey

    write(folder, "weekly", "alerts: {to: [it@example.com], after_failures: 2}\n")
    dag_id = "saldo_export__weekly"
    # The first was killed at work, the second before it had a row.
    SyncRun(warehouse, SubjectKey("export", "weekly"), ENTITY, Run(dag_id, "one", 3))
    for run in ("one", "two"):
        assert alerts_of(folder, warehouse) == []
        with pytest.raises(AirflowFailException, match=r"killed|see the log of the task"):
            report("weekly").execute(context(run, dag_id=dag_id, exported="failed"))
    assert [row[2:4] for row in runs(warehouse)] == [
        ("export", "failed"), ("report", "failed"), ("export", "failed"), ("report", "failed"),
    ]  # fmt: skip
    assert [row[5] for row in runs(warehouse)][::2] == ["Killed", "Untold"]
    assert alerts_of(folder, warehouse) == [("weekly", "export", 2, "Untold")]


def test_a_last_try_that_takes_too_long_is_alerted(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from airflow.sdk.exceptions import AirflowTaskTimeout
    from airflow.sdk.execution_time.timeout import timeout

    from saldo.exports.claims import one_at_a_time
    from saldo.operators.exports import XlsxExportOperator

    write(folder, "weekly", "alerts: {to: [it@example.com], after_failures: 1}\n")
    books.write("1")
    given = context("long", dag_id="saldo_export__weekly", exported="failed", try_number=3)
    with (
        one_at_a_time(warehouse, "shop", 1),
        pytest.raises(AirflowTaskTimeout),
        timeout(seconds=2),
    ):
        XlsxExportOperator(task_id="export", configuration="weekly").execute(given)
    assert alerts_of(folder, warehouse) == [], "it might have another try"
    with pytest.raises(AirflowFailException):
        report("weekly").execute(given)
    assert alerts_of(folder, warehouse) == [("weekly", "export", 1, "AirflowTaskTimeout")]


def test_what_was_asked_for_by_rest_is_made_by_a_run(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from saldo.operators.exports import RequestedExportOperator

    books.write("1")
    task = RequestedExportOperator(task_id="export")

    def asked(**request: Any) -> Any:
        id = requests.ask(warehouse, "shop", request, "ann")
        found = requests.find(warehouse, id)
        assert found is not None
        assert found.status == "waiting"
        return id

    id = asked(ids=["1"], ext="x")
    for _ in range(2):  # a run that is cleared makes no second file
        task.execute(context("r1", request=str(id)))
    found = requests.find(warehouse, id)
    assert found is not None
    assert (found.status, found.documents, found.rows, found.run_id) == ("done", 1, 1, "r1")
    assert books.list()["1"].file_name == found.file_name
    id = asked(ids=["1"])
    with pytest.raises(Exception, match="exported and have not changed"):
        task.execute(context("r2", request=str(id)))
    found = requests.find(warehouse, id)
    assert found is not None
    assert (found.status, found.error_family, found.file_name) == ("failed", "DataRejected", None)
    for strange in (
        "",
        "x",
        str(datetime(2026, 1, 1, tzinfo=UTC)),
        "00000000-0000-0000-0000-000000000000",
    ):
        with pytest.raises(ConfigError, match="request: "):
            task.execute(context("r3", request=strange))


def test_a_request_whose_last_try_was_killed_does_not_stay_at_work(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from saldo.operators.export_report import RequestReportOperator

    task = RequestReportOperator(task_id="report")
    old, id, other = (requests.ask(warehouse, "shop", {}, "ann") for _ in range(3))
    for one in (old, id, other):
        requests.begin(warehouse, one, "r")
    warehouse.execute(
        "update ops.export_request set asked_at = now() - interval '2 days' where request_id = %s",
        [old],
    )
    task.execute(context("r", request=str(id)))
    with pytest.raises(AirflowFailException, match="ended before the file was made"):
        task.execute(context("r", request=str(id), exported="failed"))
    found = {one: requests.find(warehouse, one) for one in (old, id, other)}
    assert [one.status if one else "" for one in found.values()] == ["failed", "failed", "running"]
    done = requests.ask(warehouse, "shop", {}, "ann")
    requests.failed(warehouse, done, ConfigError("there is no such layout"))
    with pytest.raises(AirflowFailException, match="no such layout"):
        task.execute(context("r", request=str(done), exported="failed"))
    with pytest.raises(AirflowFailException, match="see the log"):
        task.execute(context("r", request="x", exported="failed"))


def test_nothing_to_export_ends_an_alert(folder: Path, books: Books, warehouse: Connection) -> None:
    from saldo.operators.exports import XlsxExportOperator

    write(folder, "weekly", "alerts: {to: [it@example.com], after_failures: 1}\n")
    dag_id = "saldo_export__weekly"
    with pytest.raises(AirflowFailException):
        report("weekly").execute(context("one", dag_id=dag_id, exported="failed"))
    assert len(alerts_of(folder, warehouse)) == 1
    given = context("two", dag_id=dag_id)
    XlsxExportOperator(task_id="export", configuration="weekly").execute(given)
    report("weekly").execute(given)
    assert alerts_of(folder, warehouse) == []


def test_a_try_that_was_killed_before_it_told_anybody(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from saldo.agreements.loading import load_agreements
    from saldo.exports.wanted import wanted_by
    from saldo.hooks.exports import export
    from saldo.operators.exports import RequestedExportOperator, XlsxExportOperator
    from saldo.vendors import entity_names

    [shop] = load_agreements(vendors=entity_names()).good
    dsn = books.dsn
    write(folder, "weekly")
    books.write("1")
    given = context("killed", try_number=2)
    made = export(
        dsn, shop, wanted_by({"ids": ["1"]}), actor="(export weekly)", made_for="run d killed"
    )
    books.write("2")
    task = XlsxExportOperator(task_id="export", configuration="weekly")
    task.execute(given)
    [(text,)] = warehouse.execute("select body_text from ops.alert_mail").fetchall()
    assert f"File: {made.name}" in text
    assert runs(warehouse)[0][3:5] == ("success", f"{made.name}: 1 documents, 1 rows")
    task.execute(given)  # of what was told before it says nothing
    assert warehouse.execute("select count(*) from ops.alert_mail").fetchone() == (1,)
    again = {"ids": ["1"], "again": True}
    id = requests.ask(warehouse, "shop", again, "ann")
    made = export(dsn, shop, wanted_by(again), actor="ann", made_for=f"request {id}")
    RequestedExportOperator(task_id="export").execute(context("again", request=str(id)))
    found = requests.find(warehouse, id)
    assert found is not None
    assert (found.status, found.file_name) == ("done", made.name)
    assert len(books.statuses()) == 2


def test_a_file_of_a_run_that_failed_is_told_of_by_the_next(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    """Its documents count: whoever waits for mails must hear of it."""
    from saldo.agreements.loading import load_agreements
    from saldo.exports.wanted import wanted_by
    from saldo.hooks.exports import export
    from saldo.operators.exports import XlsxExportOperator
    from saldo.vendors import entity_names

    [shop] = load_agreements(vendors=entity_names()).good
    write(folder, "weekly")
    books.write("1")
    made = export(
        books.dsn, shop, wanted_by({"ids": ["1"]}), actor="(export weekly)", made_for="run d last"
    )
    # Of other exports this one says nothing.
    books.write("2")
    export(books.dsn, shop, wanted_by({"ids": ["2"]}), actor="ann", made_for="run dd last")
    task = XlsxExportOperator(task_id="export", configuration="weekly")
    # Nor of what was made while there was nobody to tell.
    (folder / "weekly.yaml").write_text(
        _FILE.format(name="weekly").replace("[bookkeeper@example.com]", "[]")
    )
    books.write("3")
    task.execute(context("nobody"))
    write(folder, "weekly")
    for run in ("next", "after"):
        task.execute(context(run))
    [(text,)] = warehouse.execute("select body_text from ops.alert_mail").fetchall()
    assert f"File: {made.name}" in text
    assert f"Made: {made.created_at:%Y-%m-%d %H:%M} (UTC)" in text
    assert [row[3] for row in runs(warehouse) if row[2] == "export"] == [
        "success", "success", "success",
    ]  # fmt: skip


def test_a_file_of_somebody_else_is_no_answer_to_a_request(
    folder: Path, books: Books, warehouse: Connection
) -> None:
    from saldo.agreements.loading import load_agreements
    from saldo.exports.register import NothingToExport
    from saldo.exports.wanted import wanted_by
    from saldo.hooks.exports import export
    from saldo.operators.exports import RequestedExportOperator, XlsxExportOperator
    from saldo.vendors import entity_names

    [shop] = load_agreements(vendors=entity_names()).good
    write(folder, "weekly")
    books.write("1")
    given, new = context("first"), {"filters": {"notExported": True}}
    id = requests.ask(warehouse, "shop", new, "ann")
    # Meanwhile she looks at a file that does not count, and somebody else exports.
    export(books.dsn, shop, wanted_by({"ids": ["1"], "noLog": True}), actor="ann")
    export(books.dsn, shop, wanted_by(new), actor="(export weekly)")
    with pytest.raises(NothingToExport):
        RequestedExportOperator(task_id="export").execute(context("r", request=str(id)))
    XlsxExportOperator(task_id="export", configuration="weekly").execute(given)
    assert warehouse.execute("select count(*) from ops.alert_mail").fetchone() == (0,)


@pytest.mark.parametrize(
    ("how", "starts"),
    [
        ({}, True),
        ({"validated": "failed"}, False),
        ({"entities": ["receipts"]}, False),
        ({"mode": "window"}, False),
        ({"mode": "full"}, True),
    ],
)
def test_exports_start_when_the_validation_has_passed(
    folder: Path, books: Books, warehouse: Connection, how: dict[str, Any], starts: bool
) -> None:
    from saldo.agreements.loading import load_agreements
    from saldo.operators.exports import DispatchOperator
    from saldo.vendors import entity_names

    [shop] = load_agreements(vendors=entity_names()).good
    given = context("night", **how)
    DispatchOperator(task_id="dispatch", agreement=shop).execute(given)
    assert [name for name, _ in given["events"]] == (["saldo_validated_shop"] if starts else [])
    [(_, _, entity, status, note, _)] = runs(warehouse)
    assert (entity, status) == ("dispatch", "success" if starts else "skipped")
    assert bool(note) is not starts
