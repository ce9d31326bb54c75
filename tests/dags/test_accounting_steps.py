"""The steps of an accounting export as a run does them, against a company of the sandbox's Business Central over a socket."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from deploy.sandbox import vendor_connections
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import jobs_of
from saldo.warehouse.connection import Connection
from sandbox.vendors.business_central.companies import id_of
from stack.claims import night
from tests.airflow.running import warehouse_connection
from tests.exports.accounting.register import clear
from tests.support import PROJECT, Company, Sandbox

FILE = PROJECT / "include" / "sandbox" / "exports" / "fjorddrift.yaml"


class Night:
    """An organisation with a company of its own, and the runs of its DAG."""

    def __init__(self, company: Company, folder: Path, warehouse: Connection) -> None:
        self.company, self.folder, self.warehouse = company, folder, warehouse
        self.file = folder / "drift.yaml"
        text = FILE.read_text().replace("organisation: fjorddrift", "organisation: drift")
        text = text.replace("company: FJORD DRIFT", f"company: {id_of(company.id)}")
        self.file.write_text(text.replace("environment: Production", "environment: Sandbox"))
        self.at_work(do="ask", path="journals", body={"code": "SALDO"})

    def at_work(self, **values: Any) -> Any:
        """Somebody does something in the company."""
        url = f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/business_central"
        answer = requests.post(url, json=values, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def claims(self, *ids: str) -> None:
        """Those of `make up`, all or some."""
        for expense in night("fjorddrift"):
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

    def posted(self) -> dict[str, Any]:
        """What the company's ledger has, by document."""
        url = (
            f"{self.company.sandbox.url}/sandbox/companies/{self.company.id}/truth/business-central"
        )
        found: dict[str, Any] = requests.get(url, timeout=30).json()
        return found["Sandbox"]


@pytest.fixture
def drift(
    sandbox: Sandbox,
    tmp_path: Path,
    dsn: str,
    warehouse: Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Night]:
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(tmp_path))
    monkeypatch.setenv("SALDO_SANDBOX", "0")
    monkeypatch.setenv("AIRFLOW_CONN_SALDO_WAREHOUSE", warehouse_connection(dsn))
    name = "AIRFLOW_CONN_BUSINESS_CENTRAL_FJORDDRIFT"
    connection = json.loads(vendor_connections(sandbox.url)[name])
    connection["extra"] |= {"environment": "Sandbox", "company": ""}
    monkeypatch.setenv(name, json.dumps(connection))
    yield Night(
        sandbox.company("drift", is_ledger_only=True, entries=50, base_currency="NOK"),
        tmp_path,
        warehouse,
    )
    clear(warehouse)
    warehouse.execute("truncate ops.sync_run, ops.alert_mail, ops.alert_mail_attachment")


def test_a_night_is_posted_once_and_what_needs_a_person_waits(drift: Night) -> None:
    drift.claims()
    [chunk] = drift.run()
    assert len(chunk) == 20
    assert drift.statuses() == {"posted": 20, "review": 3}
    print(json.dumps(drift.posted())[:3000])
    print(drift.notes())
    before = drift.posted()
    assert drift.run("b") == []
    assert drift.posted() == before
