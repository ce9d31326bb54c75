"""The steps of an accounting export as a run does them, against a company of the sandbox's Business Central over a socket."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from psycopg.types.json import Jsonb

from deploy.sandbox import vendor_connections
from saldo.errors import ConfigError, DataRejected
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import jobs_of
from saldo.exports.accounting.registering import register
from saldo.exports.loading import accounting_export
from saldo.hooks.accounting import open_target
from saldo.warehouse.connection import Connection
from sandbox.vendors.business_central.companies import id_of
from stack.claims import ORGANISATIONS, night
from tests.airflow.running import warehouse_connection
from tests.exports.accounting.register import clear
from tests.support import PROJECT, Company, Sandbox
from tests.xledger import xledger_company

FILES = PROJECT / "include" / "sandbox" / "exports"


class Night:
    """An organisation with a company of its own, and the runs of its DAG. file: of `make up`, which it is like."""

    vendor = "business_central"
    like = "fjorddrift"

    def __init__(self, company: Company, folder: Path, warehouse: Connection) -> None:
        self.company, self.folder, self.warehouse = company, folder, warehouse
        self.file = folder / "drift.yaml"
        text = (FILES / f"{self.like}.yaml").read_text()
        self.file.write_text(
            self._own(text.replace(f"organisation: {self.like}", "organisation: drift"))
        )
        # Its company is in one environment only.
        _, asked = ORGANISATIONS[self.like].asked
        self.at_work(**{name: value for name, value in asked.items() if name != "environment"})

    def _own(self, text: str) -> str:
        text = text.replace("company: FJORD DRIFT", f"company: {id_of(self.company.id)}")
        return text.replace("environment: Production", "environment: Sandbox")

    def at_work(self, **values: Any) -> Any:
        """Somebody does something in the company."""
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/{self.vendor}"
        answer = requests.post(url, json=values, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def claims(self, *ids: str) -> None:
        """Those of `make up`, all or some."""
        for expense in night(self.like):
            if not ids or expense["id"] in ids:
                self.claim(expense)

    def claim(self, expense: dict[str, Any], **changes: Any) -> None:
        values = {**expense, "organisation": "drift", **changes}
        store_expense(self.warehouse, parse_expense(values), actor="ann", source="rest")

    def run(
        self, run_id: str = "a", *, run_type: str = "scheduled", **params: Any
    ) -> list[list[str]]:
        """All steps of a run, in order; the chunks it had."""
        from saldo.operators import accounting as steps

        now = self.context(run_id, run_type=run_type, **params)
        of = {"organisation": "drift"}
        chosen = steps.CollectOperator(task_id="collect", **of).execute(now)
        steps.SettleOperator(task_id="settle", **of).execute(now)
        steps.CheckOperator(task_id="check", **of).execute(now)
        chunks = steps.ChunksOperator(task_id="chunks", chosen=chosen, **of).execute(now)
        for ids in chunks:
            steps.SendOperator(task_id="send", ids=ids, **of).execute(now)
        steps.FinishOperator(task_id="finish", **of).execute(now)
        steps.ReconcileOperator(task_id="reconcile", **of).execute(now)
        return chunks

    def context(self, run_id: str, *, run_type: str = "scheduled", **params: Any) -> Any:
        ti = SimpleNamespace(dag_id="saldo_export__drift", run_id=run_id, try_number=1)
        run = SimpleNamespace(run_id=run_id, run_type=run_type, triggering_user_name="kari")
        return {"ti": ti, "dag_run": run, "params": params}

    def statuses(self) -> Counter[str]:
        return Counter(
            job.status for job in jobs_of(self.warehouse, organisations=["drift"], limit=1000)
        )

    def notes(self, run_id: str = "a") -> dict[str, tuple[str, str | None]]:
        """Step -> (status, note) of a run."""
        rows = self.warehouse.execute(
            "select entity, status, note from ops.sync_run where run_id = %s order by sync_run_id",
            [run_id],
        ).fetchall()
        return {entity: (status, note) for entity, status, note in rows}

    def books(self) -> dict[str, Any]:
        """What the company has: what is posted by document, what waits in its journals, invoices, files."""
        found: dict[str, Any] = self._truth("business-central")["Sandbox"]
        return found

    def _truth(self, what: str) -> Any:
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/truth/{what}"
        return requests.get(url, timeout=30).json()


class XledgerNight(Night):
    """The same in Xledger."""

    vendor, like = "xledger", "fjordgruppen"

    def _own(self, text: str) -> str:
        own = str(self.company.agreement_number)
        return text.replace("company: Fjordgruppen AS", f'company: "{own}"')

    def books(self) -> dict[str, Any]:
        found: dict[str, Any] = self._truth("xledger-imports")
        return found


@pytest.fixture
def installed(
    tmp_path: Path, dsn: str, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """The folder of its files."""
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(tmp_path))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    yield tmp_path
    clear(warehouse)
    warehouse.execute(
        "truncate ops.sync_run, ops.alert_mail, ops.alert_mail_attachment, ops.call_pace, ops.expense_inbox"
    )


@pytest.fixture
def drift(
    sandbox: Sandbox, installed: Path, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> Night:
    company = sandbox.company("drift", is_ledger_only=True, entries=50, base_currency="NOK")
    connected(monkeypatch, sandbox, company="")
    return Night(company, installed, warehouse)


def connected(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, **extra: str) -> None:
    """The connection of `make up`, to the environment Sandbox."""
    name = "AIRFLOW_CONN_BUSINESS_CENTRAL_FJORDDRIFT"
    connection = json.loads(vendor_connections(sandbox.url)[name])
    connection["extra"] |= {"environment": "Sandbox", **extra}
    monkeypatch.setenv(name, json.dumps(connection))


@pytest.fixture
def gruppen(
    sandbox: Sandbox, installed: Path, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> XledgerNight:
    company = xledger_company(sandbox, "gruppen", entries=100)
    name = "AIRFLOW_CONN_XLEDGER_FJORDGRUPPEN"
    connection = json.loads(vendor_connections(sandbox.url)[name])
    connection |= {"password": f"sandbox-xledger-token-{company.id}"}
    connection["extra"] |= {"burst": "10000"}
    monkeypatch.setenv(name, json.dumps(connection))
    return XledgerNight(company, installed, warehouse)


def test_a_night_is_posted_once_and_what_needs_a_person_waits(drift: Night) -> None:
    drift.claims()
    [chunk] = drift.run()
    assert len(chunk) == 20
    assert drift.statuses() == {"posted": 20, "review": 3}
    notes = drift.notes()
    assert {step: note for step, (_, note) in notes.items()} == {
        "collect": "registered: 23", "settle": "nothing to do", "check": "3 review", "chunks": "20 to be sent",
        "send": "20 created", "finish": "20 posted", "reconcile": "nothing to do",
    }  # fmt: skip
    assert {status for status, _ in notes.values()} == {"success"}
    books = drift.books()
    # 15 claims of one to three lines, and 5 honoraria: what is owed is what was claimed, to the cent.
    assert len(books["posted"]) == 20
    owed = [
        Decimal(entry["amount"])
        for entries in books["posted"].values()
        for entry in entries
        if entry["account"] in ("5830", "5410")
    ]
    sent = [line for expense in night("fjorddrift")[:20] for line in expense["lines"]]
    assert -sum(owed) == sum(Decimal(line["amount"]) for line in sent)
    assert drift.run("b") == []
    assert drift.books() == books


def test_what_lies_in_the_inbox_is_taken_and_sent(drift: Night) -> None:
    claim = {**night("fjorddrift")[0], "organisation": "drift"}
    for payload in (claim, {**claim, "id": "EXP-X", "currency": "crowns"}):
        drift.warehouse.execute(
            "insert into ops.expense_inbox (payload) values (%s)", [Jsonb(payload)]
        )
    drift.run()
    assert drift.statuses() == {"posted": 1}
    assert drift.notes()["collect"][1] == "from the inbox: 1, refused: 1; registered: 1"
    drift.warehouse.execute("truncate ops.expense_inbox")


def test_requests_are_counted_and_kept_within_the_files_limit(drift: Night) -> None:
    drift.claims("EXP-2026-0001")
    drift.run()
    rows = drift.warehouse.execute(
        "select entity, requests > 0 from ops.sync_run where entity in ('check', 'send', 'finish')"
    ).fetchall()
    assert rows == [("check", True), ("send", True), ("finish", True)]
    [(calls,)] = drift.warehouse.execute(
        "select cardinality(made_at) from ops.call_pace where credentials like 'business_central%'"
    ).fetchall()
    spent = drift.warehouse.execute("select sum(requests) from ops.sync_run").fetchone()
    assert spent == (calls,)


def test_a_dry_run_writes_nothing_and_says_what_would_become_of_it(
    drift: Night, capsys: pytest.CaptureFixture[str]
) -> None:
    drift.claims()
    before = drift.books()
    assert drift.run(dry_run=True) == []
    said = capsys.readouterr().out
    for words in (
        "EXP-2026-0001: would be sent as 26-0001-", "EXP-2026-0021: would go to review: lines[0].category: 'conference'",
        "HON-2026-0022: would go to review: vendor V00040 (Driver 40) is blocked", "posting date 2023-12-28",
    ):  # fmt: skip
        assert words in said
    assert drift.statuses() == {}
    assert drift.books() == before
    notes = drift.notes()
    assert notes["check"] == ("success", "dry run: 20 would be sent, 3 would go to review")
    assert {status for step, (status, _) in notes.items() if step != "check"} == {"skipped"}
    drift.run("b", dry_run=True, expenses=["EXP-2026-0003"])
    assert drift.notes("b")["check"][1] == "dry run: 1 would be sent, 0 would go to review"


def test_a_run_for_chosen_expenses_or_exports_sends_these_alone(drift: Night) -> None:
    drift.claims()
    [chunk] = drift.run("a", expenses=["EXP-2026-0001"])
    assert len(chunk) == 1
    assert drift.statuses() == {"posted": 1}
    [asked] = drift.warehouse.execute(
        "select actor from ops.audit where action = 'accounting export asked for'"
    ).fetchall()
    assert asked == ("(export drift)",)
    drift.claim(night("fjorddrift")[1], id="EXP-A")
    drift.claim(night("fjorddrift")[1], id="EXP-B")
    configuration = accounting_export("drift")
    first = register(drift.warehouse, configuration, "EXP-A", actor="ann")
    register(drift.warehouse, configuration, "EXP-B", actor="ann")
    [chunk] = drift.run("b", exports=[str(first.export_id)])
    assert chunk == [str(first.export_id)]
    assert drift.statuses() == {"posted": 2, "pending": 1}
    with pytest.raises(ConfigError, match=r"'12' is no id of an export"):
        drift.run("c", exports=["12"])
    with pytest.raises(DataRejected, match="there is no expense 'EXP-9'"):
        drift.run("d", expenses=["EXP-9"])


def test_many_are_parted_into_no_more_tasks_than_a_run_may_have(
    drift: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.operators.accounting.CHUNK", 3)
    drift.claims()
    assert [len(chunk) for chunk in drift.run()] == [3, 3, 3, 3, 3, 3, 2]
    assert drift.statuses() == {"posted": 20, "review": 3}
    for n in range(10):
        drift.claim(night("fjorddrift")[0], id=f"EXP-{n}")
    monkeypatch.setattr("saldo.operators.accounting.CHUNKS", 2)
    assert [len(chunk) for chunk in drift.run("b")] == [5, 5]


def test_what_people_decide_is_sent_without_comparing_all_books(drift: Night) -> None:
    drift.claims("EXP-2026-0001")
    drift.run(run_type="asset_triggered")
    assert drift.notes()["reconcile"][0] == "skipped"
    drift.run("b", reconcile=False)
    assert drift.notes("b")["reconcile"] == ("skipped", "the run's form leaves it out")


def test_what_is_gone_there_is_found_by_the_next_night(drift: Night) -> None:
    drift.claims("EXP-2026-0001")
    drift.run()
    drift.at_work(do="delete_entries", documentNumber=next(iter(drift.books()["posted"])))
    drift.run("b")
    assert drift.statuses() == {"review": 1}
    assert drift.notes("b")["reconcile"][1] == "1 review"


def test_a_file_that_is_broken_or_gone_fails_every_step(drift: Night) -> None:
    drift.file.write_text("organisation: drift\ntarget: business_central\n")
    with pytest.raises(ConfigError, match="connection: is missing"):
        drift.run()
    drift.file.unlink()
    with pytest.raises(ConfigError, match=r"it has no accounting export; write drift\.yaml"):
        drift.run("b")
    assert drift.notes()["collect"][0] == drift.notes("b")["collect"][0] == "failed"


def test_a_night_in_xledger_is_booked_by_its_own_job_and_once(gruppen: XledgerNight) -> None:
    gruppen.claims()
    gruppen.run()
    if gruppen.statuses()["created"]:
        # The job of the sandbox runs a moment after the lines came.
        time.sleep(0.5)
        gruppen.run("b")
    assert gruppen.statuses() == {"posted": 20, "review": 3}
    books = gruppen.books()
    assert books["staged"] == {}
    sums = [sum(map(Decimal, amounts)) for amounts in books["vouchers"].values()]
    assert sums == [0] * 20
    assert {len(lines) for reference, lines in books["posted"].items() if reference} == {1}
    gruppen.run("c")
    assert gruppen.books() == books
    wrong = gruppen.warehouse.execute(
        "select source_id, last_error from ops.export_job where status = 'review' order by source_id"
    ).fetchall()
    assert [source for source, _ in wrong] == ["EXP-2026-0021", "EXP-2026-0023", "HON-2026-0022"]
    assert "supplier: '99'" in wrong[2][1]


@pytest.mark.parametrize(
    ("extra", "wrong"),
    [
        ({"environment": "Production"}, "environment: 'Sandbox', but the Airflow connection"),
        ({"company": "FJORD BYGG"}, "is of the company 'FJORD BYGG'"),
        ({"company": "its name"}, ""),
    ],
    ids=["environment", "company", "another name of it"],
)
def test_file_and_connection_mean_the_same_company(
    drift: Night,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    extra: dict[str, str],
    wrong: str,
) -> None:
    own = drift.company.id.upper()
    connected(
        monkeypatch,
        sandbox,
        **{name: value.replace("its name", own) for name, value in extra.items()},
    )
    configuration = accounting_export("drift")
    if not wrong:
        assert open_target(configuration).company.endswith(id_of(drift.company.id))
        return
    with pytest.raises(ConfigError, match=wrong):
        open_target(configuration)


def test_the_inbox_is_taken_in_by_every_run(drift: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saldo.exports.accounting.inbox.take_inbox.__kwdefaults__", {"at_once": 2})
    good = [{**one, "organisation": "drift"} for one in night("fjorddrift")[:4]]
    for payload in (*good, {**good[0], "id": "EXP-X", "currency": "crowns"}):
        drift.warehouse.execute(
            "insert into ops.expense_inbox (payload) values (%s)", [Jsonb(payload)]
        )
    drift.run()
    assert drift.notes()["collect"] == (
        "success", "from the inbox: 4, refused: 1; registered: 4",
    )  # fmt: skip
    assert drift.statuses() == {"posted": 4}
    drift.run("b")
    assert drift.notes("b")["collect"][1] == "registered: 0"
