"""What is under way on the pages of exports: files of purchase documents, and expenses of several organisations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Page, expect

from saldo.api import runs
from saldo.exports.requests import ENTITY
from saldo.runs.sync_run import Run, SyncRun
from saldo.subject import Kind, SubjectKey
from saldo.warehouse.connection import Connection, connect
from tests.api.exporting import FJELL, organisations
from tests.api.runs_of_dags import begin, write_dag
from tests.exports.accounting.examples import configurations
from tests.exports.accounting.register import put, registered

from .looking import assert_good

__all__ = ["organisations"]


@pytest.fixture
def worker(dsn: str) -> Iterator[Connection]:
    with connect(dsn) as connection:
        connection.execute("truncate ops.sync_run")
        yield connection
        connection.execute("truncate ops.sync_run")


def at_work(
    worker: Connection, kind: Kind, id: str, entity: str, done: int, unit: str = "rows"
) -> SyncRun:
    found = SyncRun(worker, SubjectKey(kind, id), entity, Run(f"dag_{id}", "night"))
    found.tell(done, 48_000, unit)
    found.save()
    return found


def part(client: TestClient, path: str, user: str = "vera") -> str:
    client.cookies.set("_token", user)
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


@pytest.fixture
def nightly(app: FastAPI, tmp_path: Path) -> None:
    for agreement in ("shop", "other"):
        (tmp_path / "SALDO_EXPORTS_DIR" / f"nightly_{agreement}.yaml").write_text(
            f"name: nightly_{agreement}\ntarget: xlsx\nagreement: {agreement}\n"
        )


@pytest.mark.parametrize("width", [1280, 390])
def test_files_of_purchases_that_are_being_made(
    nightly: None, visit: Callable[..., Page], worker: Connection, width: int
) -> None:
    asked = at_work(worker, "agreement", "shop", ENTITY, 12_000)
    at_work(worker, "export", "nightly_shop", "export", 24_000)
    at_work(worker, "export", "nightly_other", "export", 1)
    at_work(worker, "agreement", "shop", "entries", 1, "records")
    page = visit("/purchases/shop/files", width=width)
    expect(page.get_by_role("progressbar")).to_have_count(2)
    expect(page.get_by_role("progressbar", name="asked for here")).to_have_attribute(
        "value", "0.2500"
    )
    expect(page.get_by_role("progressbar", name="nightly_shop")).to_have_attribute(
        "value", "0.5000"
    )
    assert_good(page, f"purchases-files-running-{width}")
    asked.tell(48_000, 48_000, "rows")
    asked.save()
    expect(page.get_by_role("progressbar", name="asked for here")).to_have_attribute(
        "value", "1.0000"
    )
    worker.execute("update ops.sync_run set status = 'success', finished_at = clock_timestamp()")
    expect(page.get_by_text("Nothing is running any more.")).to_be_visible()
    expect(page.get_by_role("link", name="Show what came of it")).to_have_attribute(
        "href", "/saldo/purchases/shop/files"
    )


def test_who_may_not_see_the_agreement_sees_no_files_being_made(
    client: TestClient, worker: Connection
) -> None:
    at_work(worker, "agreement", "shop", ENTITY, 12_000)
    client.cookies.set("_token", "nora")
    answer = client.get("/purchases/shop/progress", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "12" not in re.sub(r"\D+", " ", answer.text).split()


@pytest.mark.usefixtures("organisations")
def test_the_list_of_exports_shows_the_runs_of_those_one_may_see(
    client: TestClient, warehouse: Connection, worker: Connection
) -> None:
    job = registered(warehouse)
    at_work(worker, "export", job.organisation, "send", 12_000, "claims")
    at_work(worker, "export", "unknown", "send", 36_000, "claims")
    shown = part(client, "/exports/progress")
    assert f"{job.organisation}: send" in shown
    assert "unknown" not in shown
    assert 'hx-get="/saldo/exports/progress?heard=' in shown
    narrowed = part(client, f"/exports/progress?organisation={job.organisation}")
    assert f'hx-get="/saldo/exports/progress?organisation={job.organisation}&amp;heard=' in narrowed
    assert part(client, "/exports/progress?organisation=nobody").strip() == ""
    assert part(client, "/exports/progress", "nora").strip() == ""


@pytest.mark.usefixtures("organisations")
def test_a_run_of_exports_is_asked_for_between_its_tasks_too(
    client: TestClient, warehouse: Connection, worker: Connection
) -> None:
    """From the moment it is asked for until Airflow has ended it; where its DAG is paused nothing goes on."""
    job = registered(warehouse)
    put(warehouse, job, status="pending")
    own = f"/exports/{job.export_id}"
    asked = f'hx-get="/saldo{own}/progress"'
    assert asked not in part(client, own)
    runs.start(FJELL, {}, actor="ada")
    assert asked in part(client, own)
    for path in ("/exports/progress", f"{own}/progress"):
        assert "The run waits for its turn." in part(client, path)
    assert part(client, "/exports/progress", "nora").strip() == ""
    begin(FJELL, state="running")
    for path in (
        "/exports/progress",
        f"/exports/progress?organisation={job.organisation}",
        f"{own}/progress",
    ):
        found = part(client, f"{path}{'&' if '?' in path else '?'}heard=settle is running")
        assert "The run waits for its next task." in found
        assert 'hx-trigger="every 3s"' in found
    write_dag(configurations()["fjell"], is_paused=True)
    assert "Nothing is running any more" in part(client, f"{own}/progress?heard=x")
    assert asked not in part(client, own)
