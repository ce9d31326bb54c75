"""What `make up` tells of runs: of those of this start each task, of earlier ones that nothing is due and of when they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from stack import tonight
from stack.airflow_api import AirflowApi
from stack.settings import SANDBOX_AGREEMENTS
from tests.serving import serving

BEGAN = datetime.now(UTC)
NIGHT = datetime(2026, 11, 29, 3, tzinfo=UTC)


def old(dag_id: str) -> dict[str, Any]:
    """A night's run that ended long ago."""
    return run(dag_id, "old", NIGHT, NIGHT + timedelta(minutes=4))


def new(dag_id: str) -> dict[str, Any]:
    return run(dag_id, "new", BEGAN, BEGAN + timedelta(seconds=40))


def run(dag_id: str, id: str, of: datetime, ended: datetime) -> dict[str, Any]:
    return {
        "dag_id": dag_id, "dag_run_id": id, "state": "success", "run_after": of.isoformat(), "end_date": ended.isoformat(),
    }  # fmt: skip


@pytest.fixture
def said() -> Iterator[Callable[..., str]]:
    """said(next_run, *answers): what is told, where Airflow answers each question for an agreement's newest run with the next of
    these, and will start another one at next_run."""
    with serving() as start:

        def tell(next_run: datetime, *answers: Callable[[str], dict[str, Any]]) -> str:
            asked: dict[str, int] = {}

            def answer(handler: BaseHTTPRequestHandler) -> None:
                parts = handler.path.partition("?")[0].split("/")[3:]
                if parts == ["dags"]:
                    dags = [
                        {
                            "dag_id": f"saldo__{id}",
                            "is_paused": False,
                            "next_dagrun_run_after": next_run.isoformat(),
                        }
                        for id in SANDBOX_AGREEMENTS
                    ]
                    body: dict[str, Any] = {"dags": dags}
                elif parts[-1] == "dagRuns":
                    times = asked[parts[1]] = asked.get(parts[1], 0) + 1
                    body = {"dag_runs": [answers[min(times, len(answers)) - 1](parts[1])]}
                else:
                    name = f"land.of_{parts[3]}"
                    body = {
                        "task_instances": [{"task_id": name, "state": "success", "duration": 1.5}]
                    }
                data = json.dumps(body).encode()
                handler.send_response(200)
                handler.send_header("Content-Length", str(len(data)))
                handler.end_headers()
                handler.wfile.write(data)

            out = StringIO()
            console = Console(file=out, soft_wrap=True, highlight=False)
            nowhere = "host=127.0.0.1 port=1 dbname=none"
            tonight.see_runs_through(AirflowApi(start(answer).url, ""), console, nowhere, BEGAN)
            return out.getvalue()

        yield tell


def test_of_an_earlier_night_only_that_it_is_over_is_told(said: Callable[..., str]) -> None:
    text = said(BEGAN + timedelta(hours=9), old)
    for id in SANDBOX_AGREEMENTS:
        line = f"  {id:<10} nothing is due: the last run is done, of 2026-11-29 03:00 UTC"
        assert line in text.splitlines()
    assert "land.of" not in text


def test_of_this_start_each_task_is_told(said: Callable[..., str]) -> None:
    text = said(BEGAN + timedelta(hours=9), new)
    assert text.count("land.of_new") == len(SANDBOX_AGREEMENTS)
    assert "nothing is due" not in text


def test_a_run_that_is_due_is_waited_for(said: Callable[..., str]) -> None:
    """After a start the newest run is yesterday's until the scheduler has made tonight's."""
    text = said(BEGAN - timedelta(minutes=1), old, new)
    assert text.count("land.of_new") == len(SANDBOX_AGREEMENTS)
    assert "nothing is due" not in text


def test_what_the_scheduler_does_not_start_is_not_waited_for(
    said: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tonight, "_SCHEDULER_S", 0)
    assert "nothing is due" in said(BEGAN - timedelta(minutes=1), old)
