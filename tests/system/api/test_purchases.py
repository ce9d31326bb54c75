"""Purchase documents by the running API server: a sync that Airflow runs, an export that is too long for an answer, and
Moneybird's webhooks."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

import openpyxl
import psycopg
import pytest
import requests

from tests.moneybird import MoneybirdCompany, moneybird_company
from tests.support import Sandbox, write_agreement
from tests.system.running import Stack, parse_now, run_dag, states, until

from .conftest import Server

pytestmark = pytest.mark.timeout(600)
SECRET = "a-long-text-that-nobody-guesses"


@pytest.fixture(scope="module")
def company(stack: Stack, server: Server, sandbox: Sandbox, dsn: str) -> Iterator[MoneybirdCompany]:
    """A company on Moneybird, whose agreement Airflow knows."""
    found = moneybird_company(sandbox, "inkoop", entries=120)
    write_agreement(
        stack.agreements, found.id, vendor="moneybird", connection=f"moneybird_{found.id}",
        timezone="Europe/Amsterdam",
    )  # fmt: skip
    (stack.exports / f"{found.id}.yaml").write_text(
        f"name: {found.id}\ntarget: xlsx\nagreement: {found.id}\nchoose: new_and_mutated\nafter_night: true\n"
        "owner_mail: [bookkeeper@example.com]\n"
    )
    connect_to(server, found)
    for dag_id, beside in (
        (f"saldo_export__{found.id}", "saldo_exports"),
        (f"saldo__{found.id}", "saldo__nordlys"),
    ):
        parse_now(stack, beside)
        until(partial(_knows, server, dag_id))
    yield found
    for folder in (stack.agreements, stack.exports):
        (folder / f"{found.id}.yaml").unlink()


def _knows(server: Server, dag_id: str) -> bool:
    answer = requests.get(f"{server.url}/api/v2/dags/{dag_id}", headers=bearer(server), timeout=30)
    return answer.status_code == 200


def bearer(server: Server, user: str = "admin") -> dict[str, str]:
    return {"Authorization": f"Bearer {server.token(user)}"}


def connect_to(server: Server, company: MoneybirdCompany, **more: str) -> None:
    """Its connection, made or changed as in the UI."""
    id = f"moneybird_{company.id}"
    fields = {
        "connection_id": id, "conn_type": "moneybird", "host": f"{company.sandbox.url}/moneybird/api/v2",
        "password": f"sandbox-moneybird-token-{company.id}",
        "extra": json.dumps({"administration_id": company.administration_id, "webhook_secret": SECRET, **more}),
    }  # fmt: skip
    url = f"{server.url}/api/v2/connections"
    is_there = requests.get(f"{url}/{id}", headers=bearer(server), timeout=30).status_code == 200
    ask = requests.patch if is_there else requests.post
    ask(f"{url}/{id}" if is_there else url, json=fields, headers=bearer(server), timeout=30).raise_for_status()  # fmt: skip


def ask(
    server: Server, method: str, path: str, body: Any = None, *, user: str = "admin", **headers: str
) -> requests.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return requests.request(
        method, f"{server.url}{path}", json=body, headers={**bearer(server, user), **sent}, timeout=60
    )  # fmt: skip


def end_of(server: Server, path: str) -> dict[str, Any]:
    """What is told of a run or a request in the end."""

    def over() -> dict[str, Any] | None:
        told: dict[str, Any] = ask(server, "GET", path, user="vera").json()
        state = told.get("run", told)["state"]
        return told if state in ("success", "failed", "done") else None

    found: dict[str, Any] = until(over, patience_s=240)
    return found


def test_documents_are_synced_listed_and_exported(
    server: Server, company: MoneybirdCompany, dsn: str
) -> None:
    base = f"/saldo/api/v1/purchases/{company.id}"
    assert ask(server, "GET", f"{base}/sync", user="vera").json()["run"] is None
    assert ask(server, "POST", f"{base}/sync", user="vera").status_code == 403
    started = ask(server, "POST", f"{base}/sync", Idempotency_Key="s1")
    assert started.status_code == 202, started.text
    assert ask(server, "POST", f"{base}/sync", Idempotency_Key="s1").json() == started.json()
    told = end_of(server, started.json()["status"])
    assert (told["run"]["state"], told["run"]["failures"]) == ("success", []), told
    assert told["syncDate"]
    listed = ask(server, "GET", f"{base}/export", user="vera").json()
    assert listed["syncDate"] == told["syncDate"]
    documents = [one["id"] for one in listed["list"] if one["status"] not in ("new", "deleted")]
    assert len(documents) > 5
    # Too long for an answer, says the caller.
    taken = ask(
        server, "POST", f"{base}/export", {"filters": {"notExported": True}}, Prefer="respond-async"
    )
    assert taken.status_code == 202, taken.text
    request = end_of(server, taken.json()["status"])
    assert (request["state"], request["message"]) == ("done", None)
    assert request["documents"] == len(documents)
    file = ask(server, "GET", request["link"], user="vera")
    assert file.status_code == 200
    sheet = openpyxl.load_workbook(io.BytesIO(file.content)).active
    assert {str(row[0].value) for row in sheet.iter_rows(min_row=2)} == set(documents)
    refused = ask(server, "POST", f"{base}/export", {"ids": documents[:1]})
    assert (refused.status_code, refused.json()["ids"]) == (409, documents[:1])
    with psycopg.connect(dsn) as connection:
        done = connection.execute(
            "select actor, action from ops.audit where subject_id = %s order by audit_id",
            [company.id],
        ).fetchall()
    assert done == [
        ("admin", "run started"), ("admin", "run started"), ("admin", "purchases exported"), ("vera", "export file opened"),
    ]  # fmt: skip


def test_moneybird_may_ask_for_a_sync(server: Server, company: MoneybirdCompany, dsn: str) -> None:
    hook = f"{server.url}/saldo/api/v1/webhooks/moneybird/{company.id}"
    with psycopg.connect(dsn) as connection:
        [(document,)] = connection.execute(
            "select min(document_number) from core.purchase_document where agreement_id = %s and not is_deleted",
            [company.id],
        ).fetchall()
    for path in (
        f"{hook}/another-long-text-that-is-wrong",
        f"{hook.replace(company.id, 'nordlys')}/{SECRET}",
    ):
        refused = requests.post(path, json={}, timeout=30)
        assert (refused.status_code, refused.json()["title"]) == (404, "There is nothing here")
    token = f"sandbox-moneybird-token-{company.id}"
    api = f"{company.sandbox.url}/moneybird/api/v2/{company.administration_id}/webhooks.json"
    made = requests.post(
        api, json={"url": f"{hook}/{SECRET}", "enabled_events": ["document"]},
        headers={"Authorization": f"Bearer {token}"}, timeout=30,
    )  # fmt: skip
    assert made.status_code == 201, made.text
    connect_to(server, company, webhook_signing_secret=made.json()["secret"])
    unsigned = requests.post(f"{hook}/{SECRET}", json={"action": "document_saved"}, timeout=30)
    assert unsigned.status_code == 404
    for day in ("2026-01-05", "2026-01-06"):
        requests.post(
            f"{company.sandbox.url}/sandbox/companies/{company.id}/moneybird",
            json={"do": "edit", "document": document, "date": day}, timeout=30,
        ).raise_for_status()  # fmt: skip

    def events() -> Any:
        with psycopg.connect(dsn) as connection:
            found = connection.execute(
                "select run_id from ops.webhook_event where agreement_id = %s", [company.id]
            ).fetchall()
        # The registration's, and those of two edits, each of which comes twice.
        return found if len(found) == 3 else None

    [(run,)] = set(until(events, patience_s=60))  # one sync for all
    told = ask(server, "GET", f"/saldo/api/v1/purchases/{company.id}/sync?run={quote(run)}").json()
    assert told["run"]["state"] in ("queued", "running")
    with psycopg.connect(dsn) as connection:
        actor = connection.execute(
            "select actor from ops.audit where run_id = %s", [run]
        ).fetchone()
    assert actor == ("(webhook of Moneybird)",)


def test_the_night_starts_the_export_that_waits_for_it(
    stack: Stack, company: MoneybirdCompany, dsn: str
) -> None:
    dag_id = f"saldo_export__{company.id}"
    assert states(stack, dag_id) == {}, "a sync of some entities is no night"
    company.next_day()
    state, tasks = run_dag(stack, f"saldo__{company.id}")
    assert (state, tasks["validate"], tasks["dispatch"]) == ("success", "success", "success"), tasks
    until(lambda: set(states(stack, dag_id).values()) == {"success"})
    with psycopg.connect(dsn) as connection:
        [(name, by, documents)] = connection.execute(
            "select name, created_by, documents from ops.export_file where agreement_id = %s "
            "order by file_id desc limit 1",
            [company.id],
        ).fetchall()
        [(text,)] = connection.execute(
            "select body_text from ops.alert_mail where recipients = '{bookkeeper@example.com}'"
        ).fetchall()
    assert (by, documents > 0) == (f"(export {company.id})", True)
    assert f"Download: {stack.url}/saldo/api/v1/purchases/{company.id}/files/{name}" in text
    assert f"Documents: {documents}" in text
