"""The names of `saldo.exports` at a prompt: asked for, sent, looked at and sent again; what stays, and why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from saldo.errors import ConfigError
from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.kept import UnknownExpense
from saldo.exports.accounting.registering import NotApproved
from saldo.exports.operations import AmbiguousExpense, Operations
from saldo.warehouse.connection import Connection, connect, exclusive
from sandbox.vendors.business_central.companies import id_of
from tests.airflow.running import home
from tests.example_target.faults import Faults
from tests.example_target.kind import EXAMPLE
from tests.example_target.target import ExampleTarget
from tests.exports.accounting.engine import Desk
from tests.exports.accounting.examples import expense
from tests.exports.accounting.targets.business_central.support import RULES, taxi
from tests.sandbox.vendors.business_central.asking import TENANT, Books
from tests.support import Sandbox

TO = "example_target"


@pytest.fixture
def desk(
    dsn: str, warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    for name in ("example", "other"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({**EXAMPLE, "organisation": name}))
    monkeypatch.setenv("SALDO_EXPORTS_DIR", str(tmp_path))
    found = Desk(dsn, warehouse)
    yield found
    found.clear()


def prompt(desk: Desk, faults: Faults | None = None) -> Operations:
    return Operations(
        desk.dsn, actor="ann", open=lambda configuration, dsn: ExampleTarget(desk.ledger, faults)
    )


def test_an_expense_is_sent_at_once_and_once(desk: Desk) -> None:
    desk.claims("E-1", "E-2")
    batch = prompt(desk).export(["E-1"], TO)
    assert (batch.refused, batch.note, len(batch.exports)) == ({}, "", 1)
    found = batch["E-1"]
    assert (found.status, found.organisation, found.total, found.currency) == (
        "posted",
        "example",
        125,
        "NOK",
    )
    assert (found.reference, found.problem) == (desk.job("E-1").external_reference, "")
    assert found.next == "it is in the books; nothing more is done"
    again = prompt(desk).export(["E-1"], TO)["E-1"]
    assert (again.export_id, again.reference) == (found.export_id, found.reference)
    # Nobody asked for the other one.
    assert [job.source_id for job in desk.jobs()] == ["E-1"]
    looked = prompt(desk).status("E-1")
    assert [one.outcome for one in looked.calls][-1:] == ["done"]
    assert prompt(desk).status("E-2").status == "none"


def test_a_batch_says_of_each_what_became_of_it(desk: Desk) -> None:
    desk.claims("E-1", "E-3")
    desk.claim(id="E-2", status="submitted")
    batch = prompt(desk).export(["E-3", "E-2", "E-1", "E-3"], TO)
    assert [(one.expense_id, one.status) for one in batch.exports] == [
        ("E-3", "posted"),
        ("E-1", "posted"),
    ]
    assert list(batch.refused) == ["E-2"]
    assert "is submitted; only what is approved is exported" in batch.refused["E-2"]
    with pytest.raises(NotApproved):
        prompt(desk).export(["E-2"], TO, refuses=False)


def test_an_id_of_two_organisations_is_asked_about(desk: Desk) -> None:
    desk.claims("E-1", "E-2")
    other = parse_expense(expense(id="E-1", organisation="other"))
    store_expense(desk.warehouse, other, actor="ann", source="rest")
    for ask in (
        lambda: prompt(desk).export(["E-2", "E-1"], TO),
        lambda: prompt(desk).status("E-1"),
    ):
        with pytest.raises(
            AmbiguousExpense, match="in several organisations: example, other; say organisation="
        ):
            ask()
    assert desk.jobs() == []
    assert prompt(desk).export(["E-1"], TO, organisation="other")["E-1"].organisation == "other"
    assert prompt(desk).status("E-1", organisation="example").status == "none"
    with pytest.raises(UnknownExpense, match="there is no expense 'E-9'"):
        prompt(desk).status("E-9")
    with pytest.raises(ConfigError, match="'example' exports to example_target, not to xledger"):
        prompt(desk).export(["E-2"], "xledger")


def test_while_another_sends_it_stays_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.exports.operations.WAIT_S", 0.2)
    desk.claims("E-1")
    company = ExampleTarget(desk.ledger, None).company
    with connect(desk.dsn) as other, exclusive(other, company, "accounting export"):
        found = prompt(desk).export(["E-1"], TO)["E-1"]
        assert found.status == "pending"
        assert found.note.startswith("example: not sent now, and left for the next run: company ")
    assert prompt(desk).export(["E-1"], TO)["E-1"].status == "posted"


def test_an_answer_that_is_lost_is_looked_up_and_nothing_is_sent_twice(desk: Desk) -> None:
    desk.claims("E-1")
    found = prompt(desk, Faults(send=["lost"])).export(["E-1"], TO)["E-1"]
    assert (found.status, found.next) == (
        "unknown", "it was sent, and the answer was not seen: it is looked up before anything else",
    )  # fmt: skip
    desk.clock.later(60)
    desk.export().run()
    assert prompt(desk).status("E-1").status == "posted"
    assert (desk.ledger.states(), len(desk.ledger.totals())) == (["posted"], 1)


def test_what_is_mended_is_sent_again_and_what_needs_a_word_is_not(desk: Desk) -> None:
    desk.claims("E-1", "E-2")
    desk.claim(id="E-3", currency="EUR")
    assert prompt(desk).export(["E-1", "E-3"], TO)["E-3"].status == "review"
    desk.claim(id="E-1", description="Another course", revision=2)
    changed = prompt(desk).export(["E-1", "E-2"], TO)["E-1"]
    assert (changed.status, changed.revision) == ("review", 2)
    dry = prompt(desk).retry("example", dry_run=True)
    assert [(one.expense_id, one.status) for one in dry.exports] == [("E-3", "review")]
    file = Path(os.environ["SALDO_EXPORTS_DIR"]) / "example.yaml"
    file.write_text(yaml.safe_dump({**EXAMPLE, "currency": "EUR"}))
    found = prompt(desk).retry("example")
    assert [(one.expense_id, one.status) for one in found.exports] == [("E-3", "posted")]
    [why] = found.refused.values()
    assert why.startswith("expense E-1, revision 2, is for a person: revision 1 of it is posted")


def test_what_was_there_once_is_not_retried_with_the_others(desk: Desk) -> None:
    desk.claims("E-1")
    desk.export().run()
    desk.ledger.tell("delete from example_ledger.document")
    desk.export().reconcile()
    found = prompt(desk).retry("example")
    assert (found.exports, desk.statuses(), desk.ledger.states()) == ((), ["review"], [])
    [why] = found.refused.values()
    assert "retry it with accept_second" in why


def test_a_dry_run_says_what_would_be_sent_and_writes_nothing(desk: Desk) -> None:
    desk.claim(id="E-1", status="submitted")
    desk.claim(id="E-2", currency="EUR")
    seen = prompt(desk).rehearse(["E-1", "E-2"], TO)
    assert (seen["E-1"].problems, seen["E-1"].document is None) == ([], False)
    assert [one.path for one in seen["E-2"].problems] == ["currency"]
    assert desk.jobs() == []


PROMPT = """
import json, saldo.exports as s
print(json.dumps([
    s.export_expense("E-1", "business_central", dry_run=True).problems,
    s.export_expense("E-1", "business_central").status,
    {one.expense_id: one.status for one in s.batch_export(["E-1", "E-2"], "business_central", organisation="bygg").exports},
    s.get_export_status("E-2").reference is not None,
    s.retry_failed_exports("bygg").exports == (),
]))
"""


def test_from_a_plain_prompt_to_business_central(
    dsn: str, warehouse: Connection, sandbox: Sandbox, tmp_path: Path
) -> None:
    books = Books(sandbox.company("prompt", entries=100, base_currency="NOK"))
    books.journal("SALDO")
    company = id_of(books.company.id)
    (tmp_path / "bygg.yaml").write_text(yaml.safe_dump({**RULES, "company": company}))
    for id in ("E-1", "E-2"):
        sent = expense(id=id, organisation="bygg", employee="V00031", lines=[taxi()])
        store_expense(warehouse, parse_expense(sent), actor="ann", source="rest")
    url = f"{sandbox.url}/business_central"
    connection: dict[str, Any] = {
        "conn_type": "business_central", "host": url, "login": "app-all", "password": "sandbox-secret-app-all",
        "extra": {
            "tenant": TENANT, "environment": "Sandbox", "company": company, "key_environment": "test",
            "token_url": f"{sandbox.url}/entra/{TENANT}/oauth2/v2.0/token",
        },
    }  # fmt: skip
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
    place = {
        **kept, **home(tmp_path / "home", tmp_path, dsn), "SALDO_EXPORTS_DIR": str(tmp_path),
        "AIRFLOW_CONN_BYGG_BC": json.dumps(connection), "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", PROMPT], env=place, capture_output=True, text=True, check=False, timeout=200
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said == [[], "posted", {"E-1": "posted", "E-2": "posted"}, True, True]
    assert len(books.truth()["posted"]) == 2
    warehouse.execute("truncate ops.expense, ops.export_job, ops.export_breaker, ops.audit cascade")
