"""What accounting systems say of exports by signed calls: whom it is taken from, and what it may change."""

from __future__ import annotations

import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from saldo.exports.accounting.jobs import Job, job_of
from saldo.transport.signatures import signature_of
from saldo.warehouse.connection import Connection
from tests.api import runs_of_dags
from tests.api.exporting import FJELL, PATH, SECRET, organisations, problem, seen
from tests.exports.accounting.register import put, registered
from tests.support import PROJECT

__all__ = ["organisations"]

pytestmark = pytest.mark.usefixtures("organisations")
HAPPENED = datetime(2026, 3, 4, 12, tzinfo=UTC)


def event(**more: Any) -> dict[str, Any]:
    found = {
        "event_id": "1",
        "occurred_at": HAPPENED.isoformat(),
        "status": "posted",
        "external_reference": "20260317",
    }
    return {**found, **more}  # fmt: skip


def signed(
    path: str, body: bytes, *, secret: str = SECRET, late_s: float = 0, method: str = "PUT"
) -> str:
    """As the documentation says."""
    seconds = str(int((datetime.now(UTC) - timedelta(seconds=late_s)).timestamp()))
    text = b".".join((method.encode(), f"/saldo{path}".encode(), body))
    return f"t={seconds},v1={signature_of(seconds, text, secret)}"


def report(client: TestClient, job: Job, *, header: str | None = None, **more: Any) -> Any:
    path, body = f"{PATH}/{job.export_id}", json.dumps(event(**more)).encode()
    headers = {"Saldo-Signature": signed(path, body) if header is None else header}
    return client.put(path, content=body, headers=headers)


def taken(client: TestClient, job: Job, **more: Any) -> tuple[str, str]:
    answer = report(client, job, **more)
    assert answer.status_code == 200, answer.text
    assert answer.json()["why"]
    return answer.json()["status"], answer.json()["export_status"]


@pytest.fixture
def job(warehouse: Connection) -> Job:
    """One that is at the accounting system, whole, and not posted."""
    found = registered(warehouse)
    put(warehouse, found, status="created", is_complete=True, may_be_there=True, attempts=1)
    return job_of(warehouse, found.export_id)


def test_what_was_posted_there_is_posted(
    client: TestClient, warehouse: Connection, job: Job
) -> None:
    assert taken(client, job) == ("taken", "posted")
    now = job_of(warehouse, job.export_id)
    assert (now.status, now.external_reference, now.last_error) == ("posted", "20260317", None)
    assert now.posted_at is not None
    [shown] = seen(client, job.export_id)["events"]
    assert (shown["status"], shown["outcome"], shown["external_reference"]) == ("posted", "applied", "20260317")  # fmt: skip
    assert runs_of_dags.runs_of(FJELL) == [], "nothing is sent because of it"


def test_the_documentation_signs_as_it_should(client: TestClient, job: Job, tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "accounting-exports.md").read_text()
    [recipe] = re.findall(r"^FILE=event.json; P=.*\nV=.*$", page, re.MULTILINE)
    body = json.dumps(event()).encode()
    (tmp_path / "event.json").write_bytes(body)
    done = subprocess.run(
        ["bash", "-c", f'{recipe}\necho "t=$T,v1=$V"'],
        cwd=tmp_path, env={**os.environ, "ID": str(job.export_id), "WEBHOOK_SECRET": SECRET}, capture_output=True, check=True,
    )  # fmt: skip
    assert taken(client, job, header=done.stdout.decode().strip()) == ("taken", "posted")


def test_an_event_is_taken_once(client: TestClient, warehouse: Connection, job: Job) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(lambda _: taken(client, job), range(4)))
    assert found == [("seen", "posted")] * 3 + [("taken", "posted")]
    put(warehouse, job, status="created")
    assert taken(client, job) == ("seen", "created")
    assert warehouse.execute("select count(*) from ops.export_event").fetchone() == (1,)


def test_what_an_event_overtook_on_its_way_is_left_out(
    client: TestClient, warehouse: Connection, job: Job
) -> None:
    assert taken(client, job, event_id="2") == ("taken", "posted")
    put(warehouse, job, status="created")
    earlier = (HAPPENED - timedelta(seconds=1)).isoformat()
    assert taken(client, job, occurred_at=earlier, status="failed") == ("ignored", "created")
    assert taken(client, job, event_id="3") == ("taken", "posted"), "of the same moment"


@pytest.mark.parametrize(
    ("status", "is_complete", "said", "becomes"),
    [
        ("created", True, "posted", "posted"),
        ("created", False, "posted", "created"),  # its receipts would never be attached
        ("created", True, "created", "created"),
        ("created", True, "failed", "review"),
        ("posted", True, "failed", "posted"),  # the nightly reconciliation looks
        ("posted", True, "posted", "posted"),
        ("unknown", False, "posted", "unknown"),  # it is looked up, after a while
        ("unknown", False, "failed", "unknown"),  # else it might be sent a second time
        ("sending", False, "posted", "sending"),
        ("pending", False, "posted", "pending"),
        ("failed", False, "posted", "failed"),
        ("review", False, "posted", "review"),  # a person decides
        ("cancelled", False, "posted", "cancelled"),
    ],
)
def test_its_word_moves_an_export_only_where_the_step_is_its_own(
    client: TestClient,
    warehouse: Connection,
    job: Job,
    status: str,
    is_complete: bool,
    said: str,
    becomes: str,
) -> None:
    later = datetime(2026, 3, 5, tzinfo=UTC)
    put(warehouse, job, status=status, is_complete=is_complete, next_attempt_at=later, external_reference="D-1")  # fmt: skip
    before = job_of(warehouse, job.export_id)
    assert taken(client, job, status=said, message="the period is closed") == ("taken", becomes)
    now = job_of(warehouse, job.export_id)
    assert now.status == becomes
    if becomes == status:
        assert now == before
    elif becomes == "review":
        assert "the period is closed" in (now.last_error or "")
        assert now.last_error_family == "TargetError", "the nightly comparison looks at it"
        assert now.external_reference == "D-1", "what failed has no number"
    assert (now.may_be_there, now.attempts) == (True, 1)


@pytest.mark.parametrize(
    "wrong",
    ["", "t=1,v1=x", "another secret", "old", "another body", "another export", "another method"],
)
def test_whatever_is_not_signed_learns_nothing(
    client: TestClient, warehouse: Connection, job: Job, wrong: str
) -> None:
    path, body = f"{PATH}/{job.export_id}", json.dumps(event()).encode()
    header = {
        "another secret": signed(path, body, secret="x" * 32),
        "old": signed(path, body, late_s=301),
        "another body": signed(path, body + b" "),
        "another export": signed(f"{PATH}/{uuid4()}", body),
        "another method": signed(path, body, method="POST"),
    }.get(wrong, wrong)
    refused = problem(report(client, job, header=header), 404)
    assert refused["title"] == "There is nothing here"
    unknown = client.put(f"{PATH}/{uuid4()}", content=body, headers={"Saldo-Signature": header})
    assert problem(unknown, 404) == refused
    # Neither does a user's token help.
    with_token = client.put(path, content=body, headers={"Authorization": "Bearer root"})
    assert problem(with_token, 404) == refused
    assert job_of(warehouse, job.export_id) == job
    assert warehouse.execute("select count(*) from ops.export_event").fetchone() == (0,)


def test_while_secrets_change_either_signature_will_do(client: TestClient, job: Job) -> None:
    path, body = f"{PATH}/{job.export_id}", json.dumps(event()).encode()
    good = signed(path, body)
    header = f"{good.partition(',')[0]},v1={'0' * 64},{good.partition(',')[2]}"
    assert taken(client, job, header=header) == ("taken", "posted")


@pytest.mark.parametrize("extra", [{}, {"webhook_secret": ""}, {"webhook_secret": "short"}])
def test_without_a_secret_that_nobody_guesses_it_is_off(
    client: TestClient, job: Job, monkeypatch: pytest.MonkeyPatch, extra: dict[str, str]
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_FJELL_BC", json.dumps({"conn_type": "business_central", "extra": extra})
    )
    path, body = f"{PATH}/{job.export_id}", json.dumps(event()).encode()
    header = signed(path, body, secret=extra.get("webhook_secret", ""))
    problem(report(client, job, header=header), 404)
    monkeypatch.delenv("AIRFLOW_CONN_FJELL_BC")
    problem(report(client, job), 404)


def test_an_organisation_without_a_file_is_told_of_by_nobody(
    client: TestClient, job: Job, organisations: Path
) -> None:
    (organisations / "fjell.yaml").unlink()
    problem(report(client, job), 404)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "gone"}, {"event_id": ""}, {"event_id": "x" * 101}, {"event_id": 5}, {"event_id": "\0"}, {"message": "\0"},
        {"message": "x" * 2001}, {"occurred_at": "yesterday"}, {"occurred_at": "2026-03-04T12:00:00"}, {"occurred_at": 1772625600},
        {"occurred_at": "2126-03-04T12:00:00Z"}, {"external_reference": "\n"}, {"colour": "red"},
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_read_is_refused(
    client: TestClient, warehouse: Connection, job: Job, more: dict[str, Any]
) -> None:
    problem(report(client, job, **more), 422)
    assert warehouse.execute("select count(*) from ops.export_event").fetchone() == (0,)


def test_no_text_is_taken_for_an_event(client: TestClient, job: Job) -> None:
    path = f"{PATH}/{job.export_id}"
    for body in (b"", b"[]", b"{", b"\xff", b'"x"', b"[" * 10_000, b'{"event_id": "\\ud800"}'):
        answer = client.put(path, content=body, headers={"Saldo-Signature": signed(path, body)})
        problem(answer, 422)
    problem(client.put(path, content=b" " * (64 * 1024 + 1)), 413)
