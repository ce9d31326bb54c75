"""`make check` against a running stack: connections of the environment and of Airflow's own database."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support import PROJECT, write_agreement
from tests.system.running import Stack

pytestmark = pytest.mark.usefixtures("first")


def check(stack: Stack, *ids: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`make check` as the Makefile runs it."""
    return subprocess.run(
        [sys.executable, "-m", "stack", "check", *ids], cwd=PROJECT, env={**stack.environ, **more},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def connection(stack: Stack, **other: str) -> str:
    """The sandbox's connection of nordlys, changed."""
    found = json.loads(stack.shell('printf %s "$AIRFLOW_CONN_ECONOMIC_NORDLYS"').stdout)
    return json.dumps({**found, **other})


def new_file(stack: Stack, id: str) -> None:
    """Switched off, as before a first night: the stack has no DAG of it."""
    write_agreement(stack.agreements, id, enabled=False)


def test_an_agreement_that_works(stack: Stack) -> None:
    runs = stack.rows("select count(*) from ops.sync_run")
    done = check(stack, "nordlys", "vestkyst")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 of 2 agreements are ready" in done.stdout
    assert "Next night: " in done.stdout
    assert "not bought" in done.stdout  # vestkyst has no department module
    assert stack.rows("select count(*) from ops.sync_run") == runs


def test_what_keeps_agreements_from_their_nights(
    stack: Stack, first: subprocess.CompletedProcess[str], tmp_path: Path
) -> None:
    """`make up` says it before "Ready"; nothing where all is well."""
    assert "Agreements to look at" not in first.stdout
    assert "[warning" not in first.stdout  # nor what Airflow logs on the way
    write_agreement(tmp_path, "lonely", schedule="0 3 * * *")
    write_agreement(tmp_path, "at_will", connection="economic_nordlys")
    write_agreement(tmp_path, "at_night", connection="economic_nordlys", schedule="30 2 * * *")
    write_agreement(tmp_path, "well", connection="economic_nordlys", schedule="30 3 * * *")
    write_agreement(tmp_path, "later", enabled=False)
    (tmp_path / "broken.yaml").write_text("id: broken\n")
    done = stack.shell(f"SALDO_AGREEMENTS_DIR={tmp_path} python -m saldo.onboarding overview")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    for words in (
        "Agreements to look at",
        "broken.yaml",
        "It has no DAG until its file is corrected",
        "lonely: agreement 'lonely' needs the Airflow connection 'economic_lonely', which does not exist",
        "at_will: it has no schedule. Start it in the UI (Trigger), or in the stack's shell: "
        "airflow dags trigger saldo__at_will",
        "at_night: schedule: '30 2 * * *' is due at 02:30",
    ):
        assert words in said
    assert "well" not in said
    assert "later" not in said  # switched off on purpose


def test_a_connection_made_in_the_ui(stack: Stack) -> None:
    new_file(stack, "fjord")
    missing = check(stack, "fjord")
    assert missing.returncode == 1
    assert "does not exist; make it in the UI" in " ".join(missing.stdout.split())
    # Not by `airflow connections add`, whose command line Airflow keeps in its audit log.
    # A company of its own: the books of one are held by one agreement.
    company = stack.sandbox.company("fjord", entries=600)
    values = json.loads(connection(stack, password=f"sandbox-grant-{company.id}"))
    body = {**values, "connection_id": "economic_fjord", "extra": json.dumps(values["extra"])}
    api = stack.api()
    api.session.post(f"{api.url}/api/v2/connections", json=body, timeout=30).raise_for_status()
    done = check(stack, "fjord")
    assert done.returncode == 0, done.stdout
    assert "Switched off" in done.stdout
    assert "sandbox-grant" not in done.stdout + done.stderr


def test_wrong_tokens_in_the_environment(stack: Stack) -> None:
    wrong = connection(stack, password="of-another")
    done = check(stack, "nordlys", AIRFLOW_CONN_ECONOMIC_NORDLYS=wrong)
    assert done.returncode == 1
    assert "A night would fail: connection, self." in done.stdout
    assert "of-another" not in done.stdout + done.stderr
    unreadable = check(stack, "nordlys", AIRFLOW_CONN_ECONOMIC_NORDLYS="{not json")
    assert unreadable.returncode == 1
    assert "cannot be read (JSONDecodeError)" in " ".join(unreadable.stdout.split())


def test_a_missing_role(stack: Stack) -> None:
    fault = {"kind": "403", "match": "/invoices/booked", "agreement": "nordlys", "times": 99}
    url = f"{stack.sandbox.url}/sandbox/faults"
    requests.post(url, json=fault, timeout=10).raise_for_status()
    try:
        done = check(stack, "nordlys")
    finally:
        stack.sandbox.clear_faults()
    assert done.returncode == 1
    assert "SuperUser" in done.stdout
    assert "fact_invoice_lines" in done.stdout


def test_files_that_cannot_be_checked(stack: Stack) -> None:
    (stack.agreements / "torn.yaml").write_text("id: torn\nvendor: economic\n")
    try:
        torn, unknown = check(stack, "torn"), check(stack, "nobody")
    finally:
        (stack.agreements / "torn.yaml").unlink()
    assert torn.returncode == 1
    assert "timezone: is missing" in torn.stderr
    assert unknown.returncode == 2
    assert "there is no agreement 'nobody'; known: " in unknown.stderr
