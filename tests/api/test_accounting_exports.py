"""Exports to accounting systems by REST: who sees and does what, one export however often it is asked for, and what a person decides."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.jobs import Job, job_of
from saldo.exports.accounting.registering import register
from saldo.warehouse.connection import Connection
from tests.api import runs_of_dags
from tests.api.exporting import FJELL, HAVN, PATH, ask, asked, decided, organisations, problem, seen
from tests.exports.accounting.examples import configurations, line
from tests.exports.accounting.register import put, registered, stored

__all__ = ["organisations"]

pytestmark = pytest.mark.usefixtures("organisations")
_NOBODYS = uuid4()


def listed(client: TestClient, user: str = "vera", **query: Any) -> list[str]:
    answer = client.get(PATH, params=query, headers={"Authorization": f"Bearer {user}"})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["list"]]


def others(warehouse: Connection, id: str = "H-1") -> Job:
    """An export of havn."""
    stored(warehouse, id=id, organisation="havn", lines=[line(dimensions={"department": "10"})])
    export: AccountingExport = configurations()["havn"]
    return register(warehouse, export, id, actor="ann")


def acts(warehouse: Connection) -> list[tuple[Any, ...]]:
    return warehouse.execute(
        "select action, actor, subject_id from ops.audit order by audit_id"
    ).fetchall()


# --- who -----------------------------------------------------------------------------------------


def test_an_export_is_there_for_who_may_see_its_organisation_only(
    client: TestClient, warehouse: Connection
) -> None:
    fjell, havn = registered(warehouse), others(warehouse)
    assert listed(client) == [str(havn.export_id), str(fjell.export_id)]
    assert listed(client, "otto") == [str(havn.export_id)]
    assert listed(client, "otto", organisation="fjell") == listed(client, "nora") == []
    strange = problem(ask(client, "GET", f"{PATH}/{fjell.export_id}", user="otto"), 404)
    assert strange == problem(ask(client, "GET", f"{PATH}/{_NOBODYS}", user="otto"), 404)
    assert strange == problem(ask(client, "GET", f"{PATH}/{fjell.export_id}", user="nora"), 404)
    assert seen(client, havn.export_id, "otto")["organisation"] == "havn"


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("DELETE", "", None), ("POST", "/cancel", None), ("POST", "/retry", {}), ("POST", "/booked", {"reference": "1"}),
        ("POST", "/lines", {"lines": [{"line": 1, "text": "x"}]}),
    ],
)  # fmt: skip
def test_who_may_only_look_decides_nothing(
    client: TestClient, warehouse: Connection, method: str, what: str, body: Any
) -> None:
    job = registered(warehouse)
    path = f"{PATH}/{job.export_id}{what}"
    assert "DAG saldo_export__fjell" in problem(ask(client, method, path, body, user="vera"), 403)["detail"]  # fmt: skip
    unknown = problem(ask(client, method, f"{PATH}/{_NOBODYS}{what}", body), 404)
    for user in ("otto", "nora"):
        assert problem(ask(client, method, path, body, user=user), 404) == unknown
    problem(client.request(method, path, json=body), 401)
    client.cookies["_token"] = "ada"
    cross = client.request(method, path, json=body, headers={"Sec-Fetch-Site": "cross-site"})
    assert problem(cross, 403)["title"] == "This came from another site"
    assert job_of(warehouse, job.export_id) == job


def test_who_may_not_trigger_the_dag_asks_for_nothing(
    client: TestClient, warehouse: Connection
) -> None:
    stored(warehouse)
    for user in ("vera", "otto", "nora"):
        for more in ({}, {"dry_run": True}):
            problem(asked(client, user=user, **more), 403)
    body = {"organisation": "fjell", "expense_ids": ["EXP-2026-0001"], "target_system": "xledger"}
    problem(ask(client, "POST", f"{PATH}/batch", body, user="otto"), 403)
    assert warehouse.execute("select count(*) from ops.export_job").fetchone() == (0,)


# --- the list ------------------------------------------------------------------------------------


def test_pages_have_every_export_once_whatever_comes_meanwhile(
    client: TestClient, warehouse: Connection
) -> None:
    jobs = [registered(warehouse, id=f"E-{at}") for at in range(5)]
    # Two at the very same moment.
    warehouse.execute("update ops.export_job set created_at = (select max(created_at) from ops.export_job) where source_id = 'E-3'")  # fmt: skip
    found: list[str] = []
    cursor = None
    while True:
        query = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = client.get(PATH, params=query, headers={"Authorization": "Bearer vera"}).json()
        found += [one["source_id"] for one in page["list"]]
        registered(warehouse, id=f"N-{len(found)}")
        if (cursor := page["next"]) is None:
            break
    assert sorted(found) == [job.source_id for job in jobs]
    for strange in ("x", "AAAA", "kqA", "_" * 200):
        problem(client.get(PATH, params={"cursor": strange}, headers={"Authorization": "Bearer vera"}), 422)  # fmt: skip


def test_filters_must_all_hold(client: TestClient, warehouse: Connection) -> None:
    first, second = registered(warehouse), registered(warehouse, id="E-2")
    other = others(warehouse)
    put(warehouse, first, status="failed", created_at=datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    put(warehouse, second, created_at=datetime(2026, 3, 2, tzinfo=UTC))
    put(warehouse, other, status="review", created_at=datetime(2026, 3, 3, tzinfo=UTC))
    ids = {job.export_id: name for job, name in ((first, "1"), (second, "2"), (other, "o"))}

    def names(**query: Any) -> str:
        return "".join(ids[UUID(id)] for id in listed(client, **query))

    assert names() == "o21"
    assert names(status="failed") == "1"
    assert names(status=["failed", "review"]) == "o1"
    assert names(organisation="fjell") == "21"
    assert names(target="xledger") == "o"
    assert names(source_id="E-2") == "2"
    assert names(kind="honorarium") == ""
    assert names(created_from="2026-03-02") == "o2"
    assert names(created_to="2026-03-01") == "1"
    assert names(created_from="2026-03-02", created_to="2026-03-02", status="pending") == "2"
    for wrong in ({"status": "lost"}, {"limit": "501"}, {"created_to": "3"}, {"colour": "red"}):
        problem(client.get(PATH, params=wrong, headers={"Authorization": "Bearer vera"}), 422)


def test_an_open_circuit_breaker_is_seen(client: TestClient, warehouse: Connection) -> None:
    job, other = registered(warehouse), others(warehouse)
    put(warehouse, job, company="business_central/1", status="failed")
    put(warehouse, other, company="xledger/1", status="posted")
    warehouse.execute(
        "insert into ops.export_breaker (company, state, failures, successes, opened_at, last_error_family, last_error, changed_at) "
        "values ('business_central/1', 'open', 5, 0, now(), 'Unavailable', 'no answer', now())"
    )

    def targets(user: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask(client, "GET", f"{PATH}/targets", user=user).json()[
            "list"
        ]
        return found

    one, two = targets("vera")
    assert (one["organisation"], one["breaker"], one["failures"], one["waiting"]) == ("fjell", "open", 5, 1)  # fmt: skip
    assert one["error"]["message"] == "no answer"
    assert "tried again by itself" in one["error"]["remedy"]
    assert (two["organisation"], two["breaker"], two["error"], two["waiting"]) == ("havn", "closed", None, 0)  # fmt: skip
    assert targets("otto") == [two]
    assert targets("nora") == []


# --- asking --------------------------------------------------------------------------------------


def test_an_expense_is_exported_once_however_often_it_is_asked_for(
    client: TestClient, warehouse: Connection
) -> None:
    stored(warehouse)
    first = asked(client)
    assert first.status_code == 202, first.text
    found = first.json()
    assert (found["outcome"], found["status"], found["total"]) == ("created", "pending", "125.00")
    assert first.headers["Location"] == found["link"] == f"/saldo{PATH}/{found['id']}"
    again = asked(client, user="root")
    assert (again.status_code, again.json()["outcome"], again.json()["id"]) == (200, "same", found["id"])  # fmt: skip
    # One run waits, and has it.
    assert runs_of_dags.runs_of(FJELL) == [
        ("queued", {"exports": [found["id"]], "reconcile": False})
    ]
    assert found["run"] == again.json()["run"]
    assert acts(warehouse) == [
        ("accounting export asked for", "ada", "fjell"), ("run started", "ada", "fjell"),
    ]  # fmt: skip
    put(warehouse, job_of(warehouse, UUID(found["id"])), status="posted")
    assert asked(client).json()["run"] is None


def test_a_run_that_waits_does_what_is_asked_for_meanwhile(
    client: TestClient, warehouse: Connection
) -> None:
    for id in ("E-1", "E-2", "E-3"):
        stored(warehouse, id=id)
    one, two = (asked(client, expense_id=id).json() for id in ("E-1", "E-2"))
    assert one["run"] == two["run"]
    runs_of_dags.begin(FJELL)
    three = asked(client, expense_id="E-3").json()
    assert [conf["exports"] for _, conf in runs_of_dags.runs_of(FJELL)] == [
        [one["id"], two["id"]], [three["id"]],
    ]  # fmt: skip
    assert runs_of_dags.runs_of(HAVN) == []


def test_a_request_that_comes_twice_has_one_answer(
    client: TestClient, warehouse: Connection
) -> None:
    stored(warehouse)
    first, second = (asked(client, key="k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    problem(asked(client, key="k1", expense_id="E-2"), 422)


def test_what_cannot_be_exported_is_refused_with_the_reason(
    client: TestClient, warehouse: Connection, organisations: Path
) -> None:
    stored(warehouse, status="draft", approved_at=None)
    stored(warehouse, id="E-2", kind="honorarium", employee=None, supplier="S1")
    for id, said in (("EXP-2026-0001", "is draft"), ("E-2", "payable.honorarium"), ("E-3", "there is no expense")):  # fmt: skip
        assert said in problem(asked(client, expense_id=id), 422)["detail"]
    assert "names business_central" in problem(asked(client, target_system="xledger"), 422)["detail"]  # fmt: skip
    assert "fjelll.yaml" in problem(asked(client, organisation="fjelll"), 422)["detail"]
    with (organisations / "fjell.yaml").open("a") as file:
        file.write("colour: red\n")
    assert problem(asked(client), 503)["title"] == "The organisation's file is broken"
    assert warehouse.execute("select count(*) from ops.export_job").fetchone() == (0,)


def test_nothing_is_asked_of_a_dag_that_rests(client: TestClient, warehouse: Connection) -> None:
    stored(warehouse)
    runs_of_dags.write_dag(configurations()["fjell"], is_paused=True)
    assert problem(asked(client), 409)["title"] == "The DAG is paused"
    assert warehouse.execute("select count(*) from ops.export_job").fetchone() == (0,)
    assert asked(client, dry_run=True).status_code == 200


def test_a_dry_run_shows_everything_and_writes_nothing(
    client: TestClient, warehouse: Connection
) -> None:
    stored(warehouse)
    stored(
        warehouse, id="E-2", lines=[line(category="lunch"), line(2, vat_code="17", dimensions={})]
    )
    found = asked(client, dry_run=True, key="k1").json()
    assert found["problems"] == []
    assert (found["document"]["total"], found["document"]["entries"][0]["number"]) == ("125.00", "7140")  # fmt: skip
    assert '"amount":125.00' in found["document"]["body"]
    wrong = asked(client, dry_run=True, expense_id="E-2").json()
    assert wrong["document"] is None
    assert {one["path"] for one in wrong["problems"]} >= {"lines[0].category", "lines[1].vat_code"}
    problem(asked(client, dry_run=True, expense_id="E-3"), 422)
    for table in ("export_job", "audit", "idempotency_key"):
        assert warehouse.execute(f"select count(*) from ops.{table}".encode()).fetchone() == (0,)
    assert runs_of_dags.runs_of(FJELL) == []


def test_of_many_each_has_its_own_result_and_all_have_one_run(
    client: TestClient, warehouse: Connection
) -> None:
    for id in ("E-1", "E-2"):
        stored(warehouse, id=id)
    stored(warehouse, id="E-3", status="draft", approved_at=None)
    known = registered(warehouse, id="E-4")
    ids = ["E-1", "E-3", "E-2", "E-4", "E-5", "E-1"]
    body = {"organisation": "fjell", "expense_ids": ids, "target_system": "business_central"}
    answer = ask(client, "POST", f"{PATH}/batch", body, Idempotency_Key="k1")
    assert answer.status_code == 202, answer.text
    found = answer.json()
    assert [one["expense_id"] for one in found["results"]] == ids
    assert [one["outcome"] for one in found["results"]] == ["created", "refused", "created", "same", "refused", "same"]  # fmt: skip
    assert (found["created"], found["same"], found["refused"]) == (2, 2, 2)
    assert "is draft" in found["results"][1]["message"]
    assert found["results"][3]["export"]["id"] == str(known.export_id)
    [(state, conf)] = runs_of_dags.runs_of(FJELL)
    assert state == "queued"
    sent = {one["export"]["id"] for one in found["results"] if one["export"]}
    assert set(conf["exports"]) == sent
    assert ask(client, "POST", f"{PATH}/batch", body, Idempotency_Key="k1").json() == found
    again = ask(client, "POST", f"{PATH}/batch", body)
    assert (again.status_code, again.json()["created"]) == (200, 0)
    for ids in ([], ["E-1"] * 501, ["../x"]):
        problem(ask(client, "POST", f"{PATH}/batch", {**body, "expense_ids": ids}), 422)


# --- deciding ------------------------------------------------------------------------------------


def test_only_what_is_pending_is_taken_back(client: TestClient, warehouse: Connection) -> None:
    job = registered(warehouse)
    path = f"{PATH}/{job.export_id}"
    put(warehouse, job, status="failed")
    refused = problem(ask(client, "DELETE", path), 409)
    assert refused["export_status"] == "failed"
    assert refused["actions"] == ["retry", "lines", "booked", "cancel"]
    assert "What may be done now: retry, lines, booked, cancel" in refused["detail"]
    put(warehouse, job, status="pending", may_be_there=True)
    problem(ask(client, "DELETE", path), 409)
    put(warehouse, job, may_be_there=False)
    found = ask(client, "DELETE", path)
    assert (found.status_code, found.json()["status"]) == (200, "cancelled")
    problem(ask(client, "DELETE", path), 409)
    assert acts(warehouse)[1:] == [("accounting export cancelled", "ada", "fjell")]
    assert asked(client).json()["outcome"] == "created", "it is asked for again"


@pytest.mark.parametrize("status", ["pending", "sending", "created", "posted", "failed", "review", "cancelled", "unknown"])  # fmt: skip
@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("is_newest", [True, False])
def test_what_is_offered_is_what_can_be_done(
    client: TestClient, warehouse: Connection, status: str, is_there: bool, is_newest: bool
) -> None:
    """And nothing else: the words of the routes and the rules of the register are one."""
    bodies: dict[str, Any] = {
        "retry": {}, "lines": {"lines": [{"line": 1, "text": "Bus"}]}, "booked": {"reference": "17"}, "cancel": None, "delete": None,
    }  # fmt: skip
    for what, body in bodies.items():
        job = registered(warehouse, id=f"E-{what}")
        if not is_newest:
            stored(warehouse, id=f"E-{what}", revision=2, description="Another course")
        put(warehouse, job, status=status, may_be_there=is_there)
        offered = {one["action"] for one in seen(client, job.export_id)["actions"]}
        if what == "delete":
            answer = ask(client, "DELETE", f"{PATH}/{job.export_id}")
        else:
            answer = decided(client, job.export_id, what, body)
        assert (answer.status_code < 300) == (what in offered), (what, answer.text)
        if what not in offered:
            assert problem(answer, 409)["export_status"] == status


def test_what_was_booked_by_hand_is_posted_under_its_number(
    client: TestClient, warehouse: Connection
) -> None:
    job = registered(warehouse)
    put(warehouse, job, status="review", last_error="x", last_error_family="DataRejected")
    for wrong in ({}, {"reference": " "}, {"reference": "a\nb"}, {"reference": "x" * 101}, {"reference": 5}):  # fmt: skip
        problem(decided(client, job.export_id, "booked", wrong), 422)
    found = decided(client, job.export_id, "booked", {"reference": "2026-117"}).json()
    assert (found["status"], found["external_reference"], found["booked_by"]) == ("posted", "2026-117", "ada")  # fmt: skip
    assert (found["status_text"], found["error"], found["run"]) == ("It was booked by hand by ada.", None, None)  # fmt: skip
    assert runs_of_dags.runs_of(FJELL) == []


def test_an_override_is_checked_as_the_file_is(client: TestClient, warehouse: Connection) -> None:
    stored(warehouse, lines=[line(category="lunch")])
    id = asked(client).json()["id"]
    put(warehouse, job_of(warehouse, UUID(id)), status="review")
    for wrong, said in (
        ({"colour": "red"}, "mapping.colour"), ({"accounts": {"lunch": 5.5}}, "accounts"), ({"accounts": None}, "accounts"),
        ({"booking": "now"}, "booking"),
    ):  # fmt: skip
        found = problem(decided(client, id, "retry", {"override": wrong}), 422)
        assert any(said in one for one in found["problems"]), found
    still = problem(decided(client, id, "retry", {"override": {"accounts": {"dinner": "1"}}}), 422)
    assert [one["path"] for one in still["problems"]] == ["lines[0].category"]
    for unsayable in (
        {"a": "\0"},
        {"\ud800": 1},
        {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}},
    ):
        answer = client.post(
            f"{PATH}/{id}/retry", content=json.dumps({"override": unsayable}), headers={"Authorization": "Bearer ada"}
        )  # fmt: skip
        problem(answer, 422)
    assert job_of(warehouse, UUID(id)).status == "review"
    fine = decided(client, id, "retry", {"override": {"accounts": {"lunch": "7150"}}})
    assert (fine.status_code, fine.json()["status"]) == (202, "pending")
    shown = seen(client, id)
    assert shown["override"] == {"accounts": {"lunch": "7150"}}
    assert shown["document"]["entries"][0]["number"] == "7150"
    assert (shown["is_sent"], shown["problems"]) == (False, [])


def test_lines_are_corrected_as_the_next_revision(
    client: TestClient, warehouse: Connection
) -> None:
    stored(warehouse, lines=[line(category="lunch"), line(2, text="Bus")])
    id = asked(client).json()["id"]
    put(warehouse, job_of(warehouse, UUID(id)), status="review")
    for wrong in (
        {"line": 1}, {"line": 3, "text": "x"}, {"line": 1, "amount": "1"}, {"line": 1, "category": None}, {"line": 1, "date": "2026-02-30"},
        {"line": 1, "text": "\0"}, {"line": 1, "vat_code": None},
    ):  # fmt: skip
        problem(decided(client, id, "lines", {"lines": [wrong]}), 422)
    assert warehouse.execute("select count(*) from ops.expense").fetchone() == (1,)
    change = {"line": 1, "category": "travel", "dimensions": {"department": "20"}}
    answer = decided(client, id, "lines", {"lines": [change]}, Idempotency_Key="k1")
    found = answer.json()
    assert (answer.status_code, found["revision"], found["status"]) == (202, 2, "pending")
    assert decided(client, id, "lines", {"lines": [change]}, Idempotency_Key="k1").json() == found
    shown = seen(client, found["id"])
    assert [(one["revision"], one["export_status"]) for one in shown["revisions"]] == [(2, "pending"), (1, "cancelled")]  # fmt: skip
    assert [one["category"] for one in shown["expense"]["lines"]] == ["travel", "travel"]
    assert shown["revisions"][0]["received_by"] == "ada"
    assert found["run"]["run_id"]


def test_a_second_posting_takes_a_word(client: TestClient, warehouse: Connection) -> None:
    job = registered(warehouse)
    put(warehouse, job, status="posted", may_be_there=True)
    stored(warehouse, revision=2, description="Course in Bergen")
    found = asked(client).json()
    assert (found["status"], found["run"]) == ("review", None)
    shown = seen(client, found["id"])
    assert shown["differences"] == [
        {"path": "description", "stored": "Course in Oslo", "sent": "Course in Bergen"}
    ]
    assert "accept_second" in shown["actions"][0]["text"]
    assert "earlier revision" in shown["error"]["remedy"]
    assert "accept_second" in problem(decided(client, found["id"], "retry", {}), 409)["detail"]
    again = decided(client, found["id"], "retry", {"accept_second": True})
    assert (again.status_code, again.json()["status"]) == (202, "pending")


def test_an_export_is_understood_without_any_log(client: TestClient, warehouse: Connection) -> None:
    job = registered(warehouse)
    at = datetime(2026, 3, 3, 9, tzinfo=UTC)
    put(
        warehouse, job, status="failed", attempts=1, last_error_family="AuthError", last_error="Business Central refuses",
        next_attempt_at=at,
    )  # fmt: skip
    warehouse.execute(
        "insert into ops.export_attempt (export_id, started_at, duration_ms, request, status_code, answer, outcome) values "
        "(%s, %s, 12, %s, 401, 'no', 'failed')",
        [job.export_id, at, '{"method": "POST", "path": "/x"}'],
    )
    found = seen(client, job.export_id)
    assert (
        found["status_text"] == "It failed, and is tried again not before 2026-03-03 09:00 (UTC)."
    )
    assert found["error"]["message"] == "Business Central refuses"
    assert "Airflow connection" in found["error"]["remedy"]
    [call] = found["calls"]
    assert (call["status_code"], call["answer"], call["outcome"], call["duration_ms"]) == (401, "no", "failed", 12)  # fmt: skip
    assert call["request"] == {"method": "POST", "path": "/x"}
    assert found["expense"]["lines"][0]["amount"] == "125.00"
    # Once personal data was erased.
    warehouse.execute("update ops.export_job set status = 'posted'")
    warehouse.execute("delete from ops.expense")
    gone = seen(client, job.export_id)
    assert (gone["document"], gone["expense"], gone["revisions"]) == (None, None, [])
