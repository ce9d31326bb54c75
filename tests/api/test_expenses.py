"""Expenses by REST: who may send them, what they become, every problem at once, and what was exported is not changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient

from saldo.exports.accounting.deciding import edit_lines
from saldo.exports.accounting.registering import register
from saldo.exports.loading import accounting_export
from saldo.warehouse.connection import Connection
from tests.api.test_purchases import ask, problem
from tests.exports.claims import claim, line

PATH = "/api/v1/expenses"
_FILE = """
organisation: hlf
target: xledger
connection: xledger_hlf
company: "1"
currency: NOK
mapping:
  accounts: {travel: "7140"}
  payable: {expense: {account: "2900"}}
"""


@pytest.fixture(autouse=True)
def organisation_file(app: Any, tmp_path: Path, warehouse: Connection) -> Iterator[Path]:
    """hlf has an accounting export; its file."""
    file = tmp_path / "SALDO_EXPORTS_DIR" / "hlf.yaml"
    file.write_text(_FILE)
    yield file
    warehouse.execute(
        "truncate ops.expense, ops.export_job, ops.audit, ops.idempotency_key cascade"
    )


def send(client: TestClient, *, user: str = "ada", key: str = "", **more: Any) -> Any:
    headers = {"Idempotency_Key": key} if key else {}
    return ask(client, "POST", PATH, claim(**more), user=user, **headers)


def test_an_expense_is_stored_once_and_written_down(
    client: TestClient, warehouse: Connection
) -> None:
    first = send(client)
    assert (first.status_code, first.json()) == (
        201, {"organisation": "hlf", "id": "EXP-2026-0001", "revision": 1, "outcome": "created"},
    )  # fmt: skip
    assert first.headers["Cache-Control"] == "private, no-store"
    again = send(client, user="root")
    assert (again.status_code, again.json()) == (200, {**first.json(), "outcome": "same"})
    revised = send(client, description="Course in Bergen")
    assert (revised.status_code, revised.json()["revision"], revised.json()["outcome"]) == (201, 2, "revised")  # fmt: skip
    assert warehouse.execute(
        "select actor, action, subject_kind, subject_id, detail ->> 'outcome' from ops.audit order by audit_id"
    ).fetchall() == [
        ("ada", "expense received", "export", "hlf", "created"),
        ("ada", "expense received", "export", "hlf", "revised"),
    ]
    assert warehouse.execute("select count(*), min(received_by), min(source) from ops.expense").fetchone() == (2, "ada", "rest")  # fmt: skip


def test_what_was_exported_is_not_changed_without_a_new_revision(
    client: TestClient, warehouse: Connection
) -> None:
    send(client)
    warehouse.execute(
        "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, "
        "idempotency_key, status, created_by, created_at, updated_at) select gen_random_uuid(), organisation, 'xledger', kind, "
        "expense_id, revision, payload, '', 'k', 'posted', 'x', now(), now() from ops.expense"
    )
    changed: dict[str, Any] = {"currency": "SEK", "lines": [line(amount="130.5")]}
    found = problem(send(client, **changed, key="k1"), 409)
    assert (found["revision"], found["next"]) == (1, 2)
    assert found["differences"][:2] == [
        {"path": "currency", "stored": "NOK", "sent": "SEK"},
        {"path": "lines[line=1].amount", "stored": "125.00", "sent": "130.50"},
    ]
    assert [one["path"] for one in found["differences"][2:]] == ["lines[line=2]"]
    assert send(client, **changed, revision=2).json()["revision"] == 2
    assert warehouse.execute("select count(*) from ops.audit").fetchone() == (2,)


def test_what_a_finance_officer_corrected_stays_when_the_same_is_sent_again(
    client: TestClient, warehouse: Connection
) -> None:
    send(client)
    configuration = accounting_export("hlf")
    job = register(warehouse, configuration, "EXP-2026-0001", actor="bo")
    lines = [{"line": 1, "text": "Bus"}]
    edit_lines(warehouse, job.export_id, lines, actor="bo", configuration=configuration)
    again = send(client)
    assert (again.status_code, again.json()["revision"], again.json()["outcome"]) == (200, 2, "same")  # fmt: skip
    assert send(client, description="Course in Bergen").json()["revision"] == 3


def test_a_request_that_comes_twice_has_one_answer(
    client: TestClient, warehouse: Connection
) -> None:
    first, second = (send(client, key="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()
    problem(send(client, key="k1", description="Another one"), 422)


def test_what_cannot_be_written_down_is_not_stored(
    client: TestClient, warehouse: Connection
) -> None:
    warehouse.execute(
        "alter table ops.audit add constraint full_up check (action <> 'expense received')"
    )
    try:
        assert send(client, key="k1").status_code == 500
    finally:
        warehouse.execute("alter table ops.audit drop constraint full_up")
    assert warehouse.execute("select count(*) from ops.expense").fetchone() == (0,)
    assert send(client, key="k1").json()["outcome"] == "created"


def test_every_problem_is_told_with_its_place_and_nothing_is_stored(
    client: TestClient, warehouse: Connection
) -> None:
    lines = [line(amount=125), line(date="2026-02-30"), {**line(3), "\ud800": "1"}]
    answer = client.post(
        PATH,
        content=json.dumps(claim(employee=None, lines=lines)),
        headers={"Authorization": "Bearer ada"},
    )
    found = problem(answer, 422)
    paths = {one["path"] for one in found["problems"]}
    assert {
        "employee",
        "lines[0].amount",
        "lines[1].date",
        "lines[1].line",
        "lines[2].\\ud800",
    } <= paths
    for one in found["problems"]:
        assert set(one) == {"path", "found", "expected", "remedy"}
    for body in (b"", b"[]", b"{", b'{"id": 1e999}', b"\xff", b"[" * 100_000):
        answer = client.post(PATH, content=body, headers={"Authorization": "Bearer ada"})
        assert problem(answer, 422)["problems"], body
    assert warehouse.execute("select count(*) from ops.expense").fetchone() == (0,)


def test_who_may_not_trigger_the_export_of_the_organisation_sends_nothing(
    client: TestClient, warehouse: Connection
) -> None:
    for user in ("vera", "nora"):
        assert "DAG saldo_export__hlf" in problem(send(client, user=user), 403)["detail"]
    problem(client.post(PATH, json=claim()), 401)
    client.cookies["_token"] = "ada"
    cross = client.post(PATH, json=claim(), headers={"Sec-Fetch-Site": "cross-site"})
    assert problem(cross, 403)["title"] == "This came from another site"
    assert (
        client.post(PATH, json=claim(), headers={"Sec-Fetch-Site": "same-origin"}).status_code
        == 201
    )
    assert warehouse.execute("select count(*) from ops.expense").fetchone() == (1,)


def test_the_right_that_is_asked_for_is_that_of_the_organisation_in_the_body(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saldo.api import auth

    asked: list[Any] = []

    def requires(method: str, entity: Any = None, param_dag_id: str = "") -> Any:
        def check(request: Any, user: Any) -> None:
            asked.append((method, entity, param_dag_id))
            if param_dag_id != "saldo_export__hlf":
                raise HTTPException(403)

        return check

    security = SimpleNamespace(**{**vars(auth._security()), "requires_access_dag": requires})
    monkeypatch.setattr(auth, "_security", lambda: security)
    assert send(client).status_code == 201
    problem(send(client, organisation="other"), 403)
    assert asked == [("POST", "RUN", "saldo_export__hlf"), ("POST", "RUN", "saldo_export__other")]


def test_an_organisation_needs_a_file_that_can_be_read(
    client: TestClient, organisation_file: Path
) -> None:
    [found] = problem(send(client, organisation="hlff"), 422)["problems"]
    assert (found["path"], found["found"]) == ("organisation", "'hlff'")
    organisation_file.write_text(_FILE + "enabled: false\n")
    problem(send(client), 422)
    organisation_file.write_text(_FILE + "colour: red\n")
    broken = send(client)
    assert "hlf.yaml" in problem(broken, 503)["detail"]
    assert broken.headers["Retry-After"]
