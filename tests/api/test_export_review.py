"""The finance officer's way: find what is stuck, understand it, mend it, and see it posted; all by REST, with the engine in the place of
the runs that are started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from fastapi.testclient import TestClient

from saldo.warehouse.connection import Connection
from tests.api import runs_of_dags
from tests.api.exporting import PATH, ask, asked, decided, problem, seen
from tests.example_target.faults import Faults
from tests.example_target.kind import EXAMPLE
from tests.exports.accounting.engine import Desk
from tests.exports.accounting.examples import line

DAG = "saldo_export__example"


class Office:
    """An organisation that exports to the made-up system, by REST and by the runs that this starts."""

    def __init__(self, client: TestClient, desk: Desk) -> None:
        self.client, self.desk = client, desk

    def work(self, faults: Faults | None = None, **more: Any) -> None:
        """What the runs that wait do."""
        export = self.desk.export(faults, **more)
        waiting = [
            conf["exports"] for state, conf in runs_of_dags.runs_of(DAG) if state == "queued"
        ]
        runs_of_dags.begin(DAG)
        for ids in waiting:
            export.settle()
            export.check()
            export.send([UUID(id) for id in ids])
            export.finish()

    def ask(self, id: str = "EXP-2026-0001") -> Any:
        return asked(
            self.client, organisation="example", expense_id=id, target_system="example_target"
        )

    def stuck(self) -> list[dict[str, Any]]:
        query = {"status": ["failed", "review"], "organisation": "example"}
        answer = self.client.get(PATH, params=query, headers={"Authorization": "Bearer ada"})
        found: list[dict[str, Any]] = answer.json()["list"]
        return found

    def posted(self) -> list[tuple[str, str]]:
        """What the books have: reference and state."""
        rows = self.desk.ledger.ask(
            "select reference, state from example_ledger.document where arrived order by reference",
            [],
        )
        return [(reference, state) for reference, state in rows]


@pytest.fixture
def office(client: TestClient, dsn: str, tmp_path: Path, warehouse: Connection) -> Iterator[Office]:
    desk = Desk(dsn, warehouse)
    file = tmp_path / "SALDO_EXPORTS_DIR" / "example.yaml"
    file.write_text(yaml.safe_dump(EXAMPLE))
    runs_of_dags.write_dag(desk.configuration)
    yield Office(client, desk)
    runs_of_dags.forget(DAG)
    warehouse.execute("truncate ops.idempotency_key")
    desk.clear()


def test_what_fails_is_found_understood_mended_and_posted(office: Office) -> None:
    client = office.client
    office.desk.claim(
        lines=[line(), line(2, category="lunch", text="Lunch", vat_code=None, vat_amount=None)]
    )
    office.desk.claim(id="E-2")
    # Both are asked for; the first has a category that is not mapped, the second an account that is closed.
    assert [office.ask(id).status_code for id in ("EXP-2026-0001", "E-2")] == [202, 202]
    office.work(blocked=["7140"])
    assert office.posted() == []

    # The list says what is stuck; one of them is opened.
    second, first = office.stuck()
    assert (first["status"], second["status"]) == ("review", "review")
    opened = seen(client, first["id"], "ada")
    assert "lines[1].category" in opened["error"]["message"]
    assert "Mend" in opened["error"]["remedy"]
    assert [one["path"] for one in opened["problems"]] == ["lines[1].category"]
    assert [one["text"] for one in opened["expense"]["lines"]] == ["Train", "Lunch"]
    assert [one["action"] for one in opened["actions"]] == ["retry", "lines", "booked", "cancel"]

    # The first is mended by its line, which is the expense's next revision.
    edited = decided(client, first["id"], "lines", {"lines": [{"line": 2, "category": "travel"}]})
    assert edited.status_code == 202, edited.text
    # The second by another account, for this one only.
    closed = seen(client, second["id"], "ada")
    assert "7140, which is blocked" in closed["error"]["message"]
    assert closed["document"]["entries"][0]["number"] == "7140"
    retried = decided(client, second["id"], "retry", {"override": {"accounts": {"travel": "7100"}}})
    assert retried.status_code == 202, retried.text
    assert [conf["exports"] for state, conf in runs_of_dags.runs_of(DAG) if state == "queued"] == [
        [edited.json()["id"], second["id"]]
    ]

    # Meanwhile the account was opened.
    office.work()
    assert office.stuck() == []
    for id, accounts in ((edited.json()["id"], ["7140", "7140"]), (second["id"], ["7100"])):
        found = seen(client, id, "ada")
        assert (found["status"], found["error"], found["actions"]) == ("posted", None, [])
        assert found["is_sent"]
        assert [one["number"] for one in found["document"]["entries"][:-1]] == accounts
        assert found["calls"][-1]["outcome"] == "done"
    assert [state for _, state in office.posted()] == ["posted", "posted"]
    # Asked for again, nothing goes out a second time.
    for id in ("EXP-2026-0001", "E-2"):
        assert office.ask(id).json()["outcome"] == "same"
    office.work()
    assert len(office.posted()) == 2


def test_what_was_sent_and_not_answered_is_not_sent_again(office: Office) -> None:
    office.desk.claim()
    id = office.ask().json()["id"]
    office.work(Faults(send=["lost"]))
    found = seen(office.client, id, "ada")
    assert (found["status"], found["actions"]) == ("unknown", [])
    assert "looked for there before anything else" in found["status_text"]
    for what, body in (("retry", {}), ("cancel", None), ("booked", {"reference": "1"})):
        assert problem(decided(office.client, id, what, body), 409)["export_status"] == "unknown"
    assert office.ask().json()["outcome"] == "same"
    office.desk.clock.later(20)
    office.work()
    assert seen(office.client, id, "ada")["status"] == "posted"
    assert len(office.posted()) == 1


def test_a_second_posting_is_a_persons_word(office: Office) -> None:
    office.desk.claim()
    office.ask()
    office.work()
    office.desk.claim(revision=2, description="Course in Bergen")
    id = office.ask().json()["id"]
    assert [one["id"] for one in office.stuck()] == [id]
    office.work()
    assert len(office.posted()) == 1
    assert decided(office.client, id, "retry", {"accept_second": True}).status_code == 202
    office.work()
    assert seen(office.client, id, "ada")["status"] == "posted"
    assert len(office.posted()) == 2


def test_who_only_looks_sees_why_nothing_is_sent(office: Office) -> None:
    """A system that is down opens its circuit breaker."""
    office.desk.claim()
    office.ask()
    for _ in range(5):
        with pytest.raises(Exception, match="the example is down"):
            office.work(Faults(look_up=["unavailable"] * 9))
        office.desk.clock.later(24 * 60)
        office.ask()
    [found] = ask(office.client, "GET", f"{PATH}/targets", user="vera").json()["list"]
    assert (found["breaker"], found["failures"]) == ("open", 5)
    assert "the example is down" in found["error"]["message"]
