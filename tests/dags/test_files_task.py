"""The task of a file configuration under fire: others go on, nothing is lost, and what happened is said without keys."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import openpyxl
import psycopg
import pytest
import yaml

from deploy.sandbox import vendor_connections
from saldo.errors import BadResponse, SaldoError
from saldo.operators.files import (
    ACCEPTED,
    FileFactsOperator,
    FilesRejected,
    SharePointFilesOperator,
)
from saldo.warehouse.connection import connect
from tests.files.dropping import MONTHS, wide
from tests.graph.site import FOLDER, HOST, ODD, Played
from tests.support import QUICK, Company, Sandbox, night, write_agreement

GOOD = wide((1010, 1, "1,00"), (1310, 2, "2,00"))
#: What must be in no log, error or row. Keys of links and of the app, and tokens.
SECRETS = ("tempauth", "sandbox-secret", "Bearer ")


_runs = itertools.count()


class Ti:
    dag_id, run_id, try_number = "saldo_files", "scheduled__2026-11-29", 1


class DagRun:
    run_type, start_date = "scheduled", None

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id


class Events:
    """Airflow's, of one alias."""

    def __init__(self) -> None:
        self.added: list[dict[str, Any]] = []

    def __getitem__(self, alias: object) -> Events:
        assert alias == ACCEPTED
        return self

    def add(self, asset: Any, extra: dict[str, Any]) -> None:
        self.added.append(extra)


@pytest.fixture(scope="module")
def books(dsn: str, sandbox: Sandbox) -> Company:
    company = sandbox.company("tasked", is_ledger_only=True, entries=50)
    assert not night(dsn, company).errors
    return company


class Task:
    """The task of one configuration, and the library it looks at."""

    def __init__(self, dsn: str, site: Played, folder: Path, books: Company) -> None:
        self.dsn, self.site, self.folder, self.books = dsn, site, folder, books
        self.id = f"budget_{site.company.id}"
        self.errors: list[str] = []
        self.told: list[dict[str, Any]] = []
        self.say()

    def say(self, **more: Any) -> None:
        values = {
            "id": self.id, "kind": "budget", "agreement": self.books.id, "scenario": self.id,
            "source": {"sharepoint": {"connection": "msgraph_sandbox", "site": f"{HOST}:/sites/{self.site.company.id}",
                                      "folder": f"{FOLDER}/task"}},
            **more,
        }  # fmt: skip
        (self.folder / f"{self.id}.yaml").write_text(
            yaml.safe_dump({**values, "match": "*.csv", **more})
        )

    def put(self, name: str, content: str | bytes, **more: Any) -> None:
        what = {"content": content} if isinstance(content, bytes) else {"text": content}
        self.site.edit("put", path=f"{FOLDER}/task/{name}", **what, **more)

    def run(self, *, with_facts: bool = True) -> list[dict[str, Any]]:
        """The events of a run: the files' task, then that of facts, which runs whatever became of the first."""
        events, ti = Events(), Ti()
        ti.run_id = f"run {next(_runs)}"
        context: Any = {
            "ti": ti,
            "dag_run": DagRun(ti.run_id),
            "params": {},
            "outlet_events": events,
        }
        try:
            SharePointFilesOperator(task_id="read", configuration=self.id).execute(context)
        finally:
            if with_facts:
                FileFactsOperator(task_id="facts").execute(context)
            self.told = [extra for extra in events.added if "files" in extra]
        return self.told

    def fails(self, of: type[Exception], match: str) -> str:
        with pytest.raises(of, match=match) as error:
            self.run()
        self.errors.append(str(error.value))
        return str(error.value)

    def rows(self, statement: str) -> list[Any]:
        with connect(self.dsn) as connection:
            return connection.execute(statement.encode(), {"id": self.id}).fetchall()

    def statuses(self) -> dict[str, str]:
        return dict(
            self.rows(
                "select distinct on (name) name, status from ops.file where config_id = %(id)s order by name, version desc"
            )
        )

    def last(self) -> tuple[Any, ...]:
        [found] = self.rows(
            "select status, error_family, coalesce(error_message, ''), coalesce(note, '') from ops.sync_run "
            "where subject_id = %(id)s and entity = 'files' order by sync_run_id desc limit 1"
        )
        return tuple(found)


@pytest.fixture
def task(
    dsn: str,
    books: Company,
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Task]:
    """When a test is over, no key is anywhere."""
    from saldo.hooks import files

    caplog.set_level("DEBUG")
    (tmp_path / "files").mkdir()
    (tmp_path / "agreements").mkdir()
    write_agreement(tmp_path / "agreements", books.id)
    connection = json.loads(vendor_connections(sandbox.url)["AIRFLOW_CONN_MSGRAPH_SANDBOX"])
    connection |= {"login": "app-all", "password": "sandbox-secret-app-all"}
    part = psycopg.conninfo.conninfo_to_dict(dsn)
    for name, value in {
        "AIRFLOW_CONN_SALDO_WAREHOUSE": "postgresql://{user}:{password}@{host}:{port}/{dbname}".format_map(part),
        "AIRFLOW_CONN_MSGRAPH_SANDBOX": json.dumps(connection),
        "SALDO_FILES_DIR": str(tmp_path / "files"),
        "SALDO_AGREEMENTS_DIR": str(tmp_path / "agreements"),
        "SALDO_SANDBOX": "0",
        "SALDO_ALERTS_TO": "finance@example.com",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(files, "source_of", partial(files.source_of, policy=QUICK))
    found = Task(dsn, Played.of(sandbox), tmp_path / "files", books)
    found.site.edit("folder", path=f"{FOLDER}/task")
    yield found
    said = [caplog.text, *found.errors]
    for table in ("ops.file", "ops.sync_run", "ops.watermark", "ops.alert_mail"):
        said += [text for (text,) in found.rows(f"select t::text from {table} as t")]
    for secret in SECRETS:
        assert not any(secret in text for text in said), secret


# --- SharePoint ----------------------------------------------------------------------------------


def test_a_token_that_runs_out_on_the_way_is_renewed(task: Task) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        task.put(name, GOOD)
    task.site.company.fault("expired", match="/content", after=1, times=1)
    assert task.run() == [{"files": ["a.csv", "b.csv", "c.csv"], "rows": 72}]
    assert task.last()[0] == "success"


@pytest.mark.parametrize("kind", ["429", "truncate", "drop", "503", "html"])
def test_a_file_that_does_not_come_stops_no_other_and_is_owed(task: Task, kind: str) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        task.put(name, GOOD)
    id = task.site.truth()[f"{FOLDER}/task/b.csv"]["id"]
    match = f"{id}/content" if kind == "429" else f"UniqueId={quote(id)}"
    task.site.company.fault(kind, match=match, times=99)
    error = task.fails(SaldoError, "Graph")
    assert task.statuses() == {"a.csv": "accepted", "c.csv": "accepted"}
    status, family, message, note = task.last()
    assert (status, message) == ("failed", error)
    assert family in ("Unavailable", "RateLimited")
    assert note == "2 accepted, 1 not read, 0 as before"
    task.site.company.sandbox.clear_faults()
    assert task.run() == [{"files": ["b.csv"], "rows": 24}]


def test_a_storm_of_429_while_it_is_listed_loses_nothing(task: Task) -> None:
    task.put("a.csv", GOOD)
    task.site.company.fault("429", match="delta", times=99)
    task.fails(SaldoError, "Graph")
    task.site.company.sandbox.clear_faults()
    assert task.run()[0]["files"] == ["a.csv"]


def test_a_link_that_is_too_old(task: Task) -> None:
    task.put("a.csv", GOOD)
    task.put("b.csv", GOOD)
    task.run()
    task.put("a.csv", GOOD.replace("1,00", "3,00"))
    task.site.edit("delete", path=f"{FOLDER}/task/b.csv")
    task.site.edit("forget_tokens")
    assert task.run() == [{"files": ["a.csv", "b.csv"], "rows": 24}]


def test_a_file_that_is_replaced_while_it_is_downloaded(task: Task) -> None:
    task.put("a.csv", GOOD)
    newer = GOOD.replace("1,00", "9,00")
    task.site.edit("save_meanwhile", path=f"{FOLDER}/task/a.csv", text=newer)
    task.run()
    found = task.rows(
        "select distinct amount from core.budget where config_id = %(id)s and account_number = '1010' and not is_deleted"
    )
    assert [str(amount) for (amount,) in found] == ["9.0000"]
    task.run()
    assert task.statuses() == {"a.csv": "accepted"}


def test_names_that_people_give(task: Task) -> None:
    name = ODD.replace(".xlsx", ".csv")
    task.put(name, GOOD)
    assert task.run()[0]["files"] == [name]
    assert task.statuses() == {name: "accepted"}


def test_a_file_that_is_too_large_is_refused_before_it_comes(task: Task) -> None:
    task.say(max_mb=1)
    task.put("a.csv", "x" * 1024, times=51 * 1024)
    task.put("b.csv", GOOD)
    error = task.fails(FilesRejected, "a.csv is refused")
    assert "max_mb allows 1" in error
    assert task.statuses() == {"a.csv": "rejected", "b.csv": "accepted"}
    # It is known, and does not come again.
    assert task.run() == []
    assert task.last()[:2] == ("success", None)


# --- files ---------------------------------------------------------------------------------------


def _workbook(change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A good one, and what is made of each of its parts; None leaves it out."""
    book, into, out = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(["Konto", *(f"{month} 2026" for month in MONTHS)])
    book.active.append([1010, *[5] * 12])
    book.save(into)
    with zipfile.ZipFile(into) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if (content := change(name, old.read(name))) is not None:
                new.writestr(name, content)
    return out.getvalue()


DAMAGES: dict[str, Callable[[str, bytes], bytes | None]] = {
    "a sheet is missing": lambda name, content: None if "sheet1" in name else content,
    "no styles": lambda name, content: None if name.endswith("styles.xml") else content,
    "a style that is not there": lambda name, content: content.replace(b'<c r="A1"', b'<c r="A1" s="77"'),
    "no relations": lambda name, content: None if name.endswith("workbook.xml.rels") else content,
    "relations that lead nowhere": lambda name, content: content.replace(b"worksheets/", b"nowhere/") if "rels" in name else content,
    "a cell of column zero": lambda name, content: content.replace(b'r="B2"', b'r="0"'),
    "half an xml": lambda name, content: content[: len(content) // 2] if "sheet1.xml" in name else content,
    "a text that is not there": lambda name, content: content.replace(b't="s"><v>1<', b't="s"><v>99<'),
    "a date of the year 0": lambda name, content: content.replace(b"<v>5</v>", b'<v>-9e99</v>'),
}  # fmt: skip


def test_workbooks_that_the_reader_may_fall_over_stop_no_other(task: Task) -> None:
    """Each is refused, or fails with a sentence of its own; the good ones count."""
    task.say(match="*.xlsx")
    for what, change in DAMAGES.items():
        task.put(f"{what}.xlsx", _workbook(change))
    task.put("zz good.xlsx", _workbook(lambda name, content: content))
    error = task.fails(FilesRejected, "is refused")
    assert task.statuses()["zz good.xlsx"] == "accepted"
    for what in DAMAGES:
        assert what in error or task.statuses()[f"{what}.xlsx"] == "accepted", what
    assert "see the log" not in error
    assert "Traceback" not in error
    assert task.last()[:2] == ("failed", "DataRejected")


def test_a_file_that_nobody_expected_stops_no_other(
    task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a library raises on one."""
    from saldo.files import kinds

    for name in ("a.csv", "b.csv", "c.csv"):
        task.put(name, GOOD)
    original = kinds.read

    def falls_over(path: Path, layout: Any) -> Any:
        if path.name == "b.csv":
            raise KeyError("xl/what")
        return original(path, layout)

    with monkeypatch.context() as patched:
        patched.setattr(kinds, "read", falls_over)
        error = task.fails(SaldoError, "'b.csv' cannot be read")
    assert task.statuses() == {"a.csv": "accepted", "c.csv": "accepted"}
    assert task.last() == ("failed", "SaldoError", error, "2 accepted, 1 not read, 0 as before")
    # It is tried again by itself.
    assert task.run()[0]["files"] == ["b.csv"]


# --- the warehouse -------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [30, 45, 60])
def test_a_warehouse_that_goes_in_the_middle(
    task: Task, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    from saldo.warehouse import connection as module
    from tests.files.test_people import Mortal

    for name in ("a.csv", "b.csv"):
        task.put(name, GOOD)

    def mortal(dsn: str) -> Any:
        found = Mortal.connect(dsn, autocommit=True)
        found.execute("set timezone = 'UTC'")
        found.kill, found.left = "backend", after
        return found

    with monkeypatch.context() as patched:
        patched.setattr(module, "connect", mortal)
        task.fails(SaldoError, "the warehouse cannot be used")
    assert task.last()[:2] == ("failed", "Unavailable")
    task.run()
    assert task.statuses() == {"a.csv": "accepted", "b.csv": "accepted"}


def test_facts_of_one_agreement_that_cannot_be_written_stop_no_others(
    task: Task, sandbox: Sandbox
) -> None:
    """Whatever Postgres says to them."""
    other = sandbox.company("atother", is_ledger_only=True, entries=50)
    assert not night(task.dsn, other).errors
    write_agreement(task.folder.parent / "agreements", other.id)
    task.say(agreement=None, agreement_column="Selskab")
    lines = [(id, 1010, "1,00") for id in (task.books.id, other.id)]
    task.put("a.csv", wide(*lines, head="Selskab;Konto"))
    task.run(with_facts=False)
    operator = FileFactsOperator(task_id="facts")
    context = {
        "ti": Ti(), "dag_run": DagRun("r"), "params": {}, "outlet_events": Events(),
    }  # fmt: skip
    facts = "select distinct agreement_id from mart.fact_budget where config_id = %(id)s"
    with connect(task.dsn) as connection:
        connection.execute(
            f"alter table mart.fact_budget add constraint no_more check (agreement_id <> '{other.id}') not valid"
        )
        with pytest.raises(BadResponse, match=r"'atother.* cannot be computed .*no_more"):
            operator.execute(context)  # type: ignore[arg-type]
        assert task.rows(facts) == [(task.books.id,)]
        connection.execute("alter table mart.fact_budget drop constraint no_more")
    operator.execute(context)  # type: ignore[arg-type]
    assert sorted(task.rows(facts)) == sorted([(task.books.id,), (other.id,)])
