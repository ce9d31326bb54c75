"""No secret reaches a log, XCom, a rendered template, an error, a mail, a page, a table or a command line: after all
tests of the running stack but those of `make down`, and after runs that fail in every way in which a secret might be told."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.secret_scan import SANDBOX, Scan
from tests.support import write_agreement
from tests.system.running import Stack, parse_now, run_dag, see_through, states, trigger, until

pytestmark = pytest.mark.timeout(600)
#: Where the stack keeps its secrets: for its owner only. Postgres's files are read as tables; sandbox.json is the vendor's own.
HOLDERS = ("env", "secrets.json", "airflow/passwords.json", "airflow/airflow.cfg")
_ELSEWHERE = ("postgres", "bin", "sandbox.json")
PLANTED = {
    "the address of a heartbeat": "planted-in-an-address",
    "a wrong token": "planted-wrong-token-41",
    "an expired token": "planted-expired-token-42",
}


def connect_to(stack: Stack, id: str, password: str, **extra: str) -> None:
    """A connection in Airflow's own database, where a person makes it."""
    base = f"{stack.sandbox.url}/economic"
    body = {
        "connection_id": f"kept_{id}", "conn_type": "economic", "host": f"{base}/rest", "password": password,
        "extra": json.dumps(
            {"app_secret_token": "sandbox-app-secret", "openapi_host": f"{base}/openapi", **extra}
        ),
    }  # fmt: skip
    api = stack.api()
    api.session.post(f"{api.url}/api/v2/connections", json=body, timeout=30).raise_for_status()


def add_agreement(stack: Stack, id: str, *entities: str) -> None:
    write_agreement(
        stack.agreements, id, connection=f"kept_{id}", entities=list(entities),
        alerts={"to": ["controllers@example.com"], "after_failures": 1},
        heartbeat_url=f"http://127.0.0.1:9/{PLANTED['the address of a heartbeat']}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def failed(stack: Stack, first: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Runs in which secrets might be told: id of the agreement -> how its run ended."""
    company = stack.sandbox.company("leaky", is_ledger_only=True, entries=500)
    grant = f"sandbox-grant-{company.id}"
    # A vendor, or a proxy before it, that repeats what it was sent.
    echo = f"{grant} sandbox-app-secret"
    company.fault(
        "replace", match="/accounts", find='"name": "[^"]*"', put=f'"name": 7, "e": "{echo}"'
    )
    company.fault(
        "replace", match="/departments", find="(?s).*", put=f"<html>{echo}</html>", times=2
    )
    over = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    connect_to(stack, company.id, grant, environment="test")
    connect_to(stack, "stranger", PLANTED["a wrong token"])
    connect_to(stack, "expired", PLANTED["an expired token"], expires_on=over)
    add_agreement(stack, company.id, "self", "accounts", "departments")
    add_agreement(stack, "stranger", "self")
    add_agreement(stack, "expired", "self")
    ids, api = (company.id, "stranger", "expired"), stack.api()
    parse_now(stack)
    until(lambda: {f"saldo__{id}" for id in ids} <= api.dag_ids())
    runs = {id: trigger(stack, f"saldo__{id}") for id in ids}
    ends = {id: see_through(stack, f"saldo__{id}", run).pop() for id, run in runs.items()}
    stack.sandbox.clear_faults()
    for _ in range(3):
        run_dag(stack, "saldo_watch")
    return ends


def test_runs_that_might_tell_a_secret_fail_and_say_why(
    stack: Stack, failed: dict[str, str]
) -> None:
    assert set(failed.values()) == {"failed"}
    told = dict(
        stack.rows(
            "select distinct on (agreement_id, entity) agreement_id || ' ' || entity, error_message "
            "from ops.sync_run where agreement_id = any(%s) and status = 'failed' and entity <> 'report'",
            list(failed),
        )
    )
    for key, words in {
        "stranger self": "'kept_stranger'",
        "expired self": "the key of the Airflow connection 'kept_expired' expired on",
        f"{next(iter(failed))} accounts": "***",
    }.items():
        assert words in told[key], told


def test_an_expired_key_asks_the_vendor_nothing_and_is_not_tried_again(
    stack: Stack, failed: dict[str, str]
) -> None:
    assert stack.rows(
        "select max(try_number), sum(requests) from ops.sync_run where agreement_id = 'expired' "
        "and entity = 'self'"
    ) == [(1, 0)]


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
    assert not found, "\n".join(map(str, found))


def test_the_scan_looked_where_secrets_would_be(stack: Stack, failed: dict[str, str]) -> None:
    """A scan of nothing finds nothing: words that are surely there are found in the same way."""
    told = Scan({"company": "kept_stranger", "dag": "saldo__stranger"}, knows_shapes=False)
    names = {one.where for one in told.files(files(stack.run_dir), root=stack.run_dir)}
    for part in ("airflow/logs/dag_id=saldo__stranger", "log/", "mail/"):
        assert any(part in name for name in names), part
    leave_an_xcom(stack, "saldo__stranger", "report", "kept_stranger")
    tables = {one.where for one in told.database(metadata(stack))}
    for table in ("task_instance", "dag_run", "xcom", "log", "connection", "serialized_dag"):
        assert f"table public.{table}" in tables
    assert "table ops.sync_run" in {one.where for one in told.database(stack.dsn, schemas=["ops"])}


def test_what_holds_secrets_is_the_owners_alone(stack: Stack, failed: dict[str, str]) -> None:
    for name in HOLDERS:
        assert (stack.run_dir / name).stat().st_mode & 0o077 == 0, name


def leave_an_xcom(stack: Stack, dag_id: str, task_id: str, value: str) -> None:
    """None of Saldo's tasks leaves one."""
    api = stack.api()
    (run_id,) = states(stack, dag_id)
    api.session.post(
        f"{api.url}/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries",
        json={"key": "left", "value": value},
        timeout=30,
    ).raise_for_status()


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
