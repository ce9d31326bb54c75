"""No secret reaches a log, XCom, a rendered template, an error, a mail, a page, a table or a command line: after all
this folder's tests, and after runs that fail in every way in which a secret might be told. The last of the folder."""

from __future__ import annotations

import json
import subprocess
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.secret_scan import SANDBOX, Scan
from tests.support import ENTITIES, Company

from .running import Stack, run_dag, see_through, tasks_of, trigger, until

pytestmark = pytest.mark.timeout(600)
#: Where the stack keeps its secrets: for its owner only. Postgres's files are read as tables; sandbox.json is the vendor's own.
HOLDERS = ("env", "secrets.json", "airflow/passwords.json")
_ELSEWHERE = ("postgres", "bin", "sandbox.json")
_AGREEMENT = """
id: {id}
name: {id} ApS
vendor: economic
connection: {connection}
schedule: null
timezone: Europe/Copenhagen
start_date: 2024-01-01
exclude: [{exclude}]
alerts: {{to: [controllers@example.com], after_failures: 1}}
heartbeat_url: http://127.0.0.1:9/planted-in-an-address
"""
PLANTED = {
    "the address of a heartbeat": "planted-in-an-address",
    "a wrong token": "planted-wrong-token-41",
    "an expired token": "planted-expired-token-42",
    "a token in the wrong field": "planted-in-the-wrong-field-43",
    "a token of the vault": "planted-production-token-44",
}


def connect_to(stack: Stack, conn_id: str, password: str, **extra: str) -> None:
    """A connection in Airflow's own database, where a person makes it."""
    base = f"{stack.sandbox.url}/economic"
    body = {
        "connection_id": conn_id, "conn_type": "economic", "host": f"{base}/rest", "password": password,
        "extra": json.dumps(
            {"app_secret_token": "sandbox-app-secret", "openapi_host": f"{base}/openapi", **extra}
        ),
    }  # fmt: skip
    api = stack.api()
    api.session.post(f"{api.url}/api/v2/connections", json=body, timeout=30).raise_for_status()


def write_agreement(stack: Stack, company: Company, id: str, connection: str) -> None:
    exclude = ", ".join(name for name in ENTITIES if name not in company.entities)
    text = _AGREEMENT.format(id=id, connection=connection, exclude=exclude)
    (stack.agreements / f"{id}.yaml").write_text(text)


@pytest.fixture(scope="module")
def failed(stack: Stack, first: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Runs in which secrets might be told: id of the agreement -> how its run ended."""
    company = stack.sandbox.company("leaky", is_ledger_only=True, entries=500)
    grant = f"sandbox-grant-{company.id}"
    yesterday = (date.today() - timedelta(days=2)).isoformat()
    kept: dict[str, tuple[str, dict[str, str]]] = {
        company.id: (grant, {"environment": "test"}),
        "stranger": (PLANTED["a wrong token"], {}),
        "expired": (PLANTED["an expired token"], {"expires_on": yesterday}),
        "misplaced": (grant, {"expires_on": PLANTED["a token in the wrong field"]}),
        "production": (PLANTED["a token of the vault"], {"environment": "production"}),
    }
    for id, (password, extra) in kept.items():
        connect_to(stack, f"kept_{id}", password, **extra)
        write_agreement(stack, company, id, f"kept_{id}")
    # A vendor, or a proxy before it, that repeats what it was sent.
    echo = f"{grant} sandbox-app-secret {grant.encode().hex()}"
    company.fault(
        "replace", match="/accounts", find='"name": "[^"]*"', put=f'"name": 7, "e": "{echo}"'
    )
    company.fault(
        "replace", match="/customers", find="(?s).*", put=f"<html>{echo}</html>", times=99
    )
    api = stack.api()
    until(lambda: {f"saldo__{id}" for id in kept} <= api.dag_ids())
    runs = {id: trigger(stack, f"saldo__{id}") for id in kept if id != company.id}
    entities = ["accounts", "departments"]
    runs[company.id] = trigger(stack, f"saldo__{company.id}", entities=entities)
    ends = {id: see_through(stack, f"saldo__{id}", run_id).pop() for id, run_id in runs.items()}
    stack.sandbox.clear_faults()
    ends[f"{company.id} again"] = run_dag(stack, f"saldo__{company.id}")[0]
    for _ in range(3):
        run_dag(stack, "saldo_watch")
    for id, run_id in runs.items():
        tried = {
            task["task_id"]: task["try_number"] for task in tasks_of(stack, f"saldo__{id}", run_id)
        }
        ends[f"{id} tries"] = str(tried["land.self"])
    return ends


def errors(stack: Stack, id: str) -> set[str]:
    rows = stack.rows(
        "select distinct error_message from ops.sync_run where agreement_id = %s and status = 'failed' "
        "and entity in ('self', 'accounts')",
        id,
    )
    return {message for (message,) in rows}


def test_keys_that_may_not_be_used_fail_their_tasks_at_once(
    stack: Stack, failed: dict[str, str]
) -> None:
    for id, words in {
        "expired": "the key of the Airflow connection 'kept_expired' expired on",
        "misplaced": "'kept_misplaced' has expires_on a text of 29 characters",
        "production": "'kept_production' holds a production key, and this installation is for development",
    }.items():
        assert failed[id] == "failed"
        assert failed[f"{id} tries"] == "1"
        told = errors(stack, id)
        assert told
        assert all(words in text for text in told)
        ((calls,),) = stack.rows(
            "select sum(requests) from ops.sync_run where agreement_id = %s", id
        )
        assert not calls, "nothing was asked of the vendor"


def test_an_expired_key_is_a_mail(stack: Stack, failed: dict[str, str]) -> None:
    page = requests.get(f"{stack.sandbox.url}/sandbox/mails", timeout=30).text
    assert "the key of the connection kept_expired has expired" in page


def test_no_secret_is_anywhere(stack: Stack, failed: dict[str, str]) -> None:
    secrets: dict[str, str] = json.loads((stack.run_dir / "secrets.json").read_text())
    scan = Scan({**{word: word for word in SANDBOX}, **PLANTED, **secrets})
    found = scan.files(files(stack.run_dir), root=stack.run_dir)
    found += scan.processes(stack.processes())
    found += scan.database(stack.dsn, schemas=["ops"])
    found += scan.database(metadata(stack))
    assert [str(one) for one in found] == []


def test_the_scan_looked_where_secrets_would_be(stack: Stack, failed: dict[str, str]) -> None:
    """A scan of nothing finds nothing: words that are surely there are found in the same way."""
    told = Scan({"company": "kept_stranger", "dag": "saldo__stranger"}, knows_shapes=False)
    names = {one.where for one in told.files(files(stack.run_dir), root=stack.run_dir)}
    for part in ("airflow/logs/dag_id=saldo__stranger", "log/", "mail/"):
        assert any(part in name for name in names), part
    tables = {one.where for one in told.database(metadata(stack))}
    for table in ("task_instance", "rendered_task_instance_fields", "xcom", "log", "connection"):
        assert f"table public.{table}" in tables
    assert "table ops.sync_run" in {one.where for one in told.database(stack.dsn, schemas=["ops"])}


def test_what_holds_secrets_is_the_owners_alone(stack: Stack, failed: dict[str, Any]) -> None:
    for name in HOLDERS:
        assert (stack.run_dir / name).stat().st_mode & 0o077 == 0, name


def files(run_dir: Path) -> list[Path]:
    """Of the whole run folder: logs of all components and tasks, mails, data docs, settings."""
    return [
        path
        for path in sorted(run_dir.rglob("*"))
        if path.is_file()
        and path.relative_to(run_dir).parts[0] not in _ELSEWHERE
        and str(path.relative_to(run_dir)) not in HOLDERS
    ]


def metadata(stack: Stack) -> str:
    uri = stack.shell('printf %s "$AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"').stdout
    return uri.replace("+psycopg2", "", 1)
