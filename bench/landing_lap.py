"""One lap of Saldo in a process of its own, so that peaks of memory do not mix.

Reads its task from standard input, prints what it measured; start of the interpreter and imports are
not part of it, as they are not of the reference. `what` is one of `LAPS`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import import_module
from typing import Any
from unittest.mock import patch

import requests

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.landing import Landing
from saldo.proof import prove
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Counts, Run, recorded
from saldo.subject import SubjectKey
from saldo.transform.core import to_core
from saldo.transform.facts import refresh
from saldo.transport import Caller
from saldo.validation import validate
from saldo.vendors import VENDORS, entity_of
from saldo.vendors.economic.client import EconomicClient
from saldo.vendors.economic.controls import EconomicControls
from saldo.warehouse.connection import Connection, connect
from saldo.ways.append_only import Beyond

from .measure import Clock, memory_mb

COMPANY = "bench"
_SUBJECT = SubjectKey("agreement", COMPANY)
_CURSOR = re.compile(rb'"cursor":"(\d+)"')


def agreement() -> Agreement:
    return Agreement(
        id=COMPANY,
        name=COMPANY,
        vendor="economic",
        connection="bench",
        schedule=None,
        timezone="UTC",
        start_date=date(2024, 1, 1),
    )


def client(url: str) -> EconomicClient:
    return EconomicClient(
        Caller("economic", COMPANY, "bench"),
        grant_token=f"sandbox-grant-{COMPANY}",
        app_secret_token="sandbox-app-secret",
        rest_url=f"{url}/economic/rest",
        openapi_url=f"{url}/economic/openapi",
    )


class Task:
    """What a lap may use, made before the clock starts."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.url: str = values["url"]
        self.dsn: str = values.get("dsn", "")
        #: Another run each process, unless it is told: a read is not to go on where another lap's ended.
        self.run = Run("bench", values.get("run") or f"bench-{datetime.now(UTC).isoformat()}")
        self.entries = entity_of("economic", "entries")
        self._connection = connect(self.dsn) if self.dsn else None
        if values["what"].startswith("checks"):
            import_module("saldo.validation.expectations")

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise ValueError("this lap needs a dsn")
        return self._connection

    def land(self, source: EconomicClient, entity: Entity, run_request: RunRequest) -> Counts:
        """What was read and written of one entity."""
        with recorded(self.connection, self.dsn, _SUBJECT, entity.name, self.run) as sync_run:
            Landing(
                self.connection,
                source,
                agreement(),
                entity,
                run_request=run_request,
                sync_run=sync_run,
            ).run(now=datetime.now(UTC))
        return sync_run.counts


def served(task: Task) -> dict[str, int]:
    """Every page by bare GETs, one after the other, nothing decoded: what the page server can do."""
    rows, cursor = 0, None
    url = f"{task.url}/economic/openapi/{task.entries.path}"
    session = requests.Session()
    while True:
        body = session.get(url, params={"cursor": cursor} if cursor else {}).content
        rows += body.count(b'{"entryNumber":')
        found = _CURSOR.search(body[-40:])
        if not found:
            return {"rows": rows}
        cursor = found.group(1).decode()


def download(task: Task) -> dict[str, int]:
    """Every page through Saldo's client, dropped as it comes: no landing can be faster."""
    source = client(task.url)
    rows = sum(len(page.records) for page in source.pages(task.entries, Beyond(0)))
    return {"rows": rows, "requests": source.usage.requests}


def landing(task: Task, run_request: RunRequest | None = None) -> dict[str, int]:
    """Pages into staging; core, which is the same task, is a lap of its own."""
    source = client(task.url)
    with patch("saldo.landing.to_core", lambda *_, **__: 0):
        counts = task.land(source, task.entries, run_request or RunRequest())
    return {"rows": counts.read, "written": counts.changed, "requests": source.usage.requests}


def landing_again(task: Task) -> dict[str, int]:
    """Everything is read again, whether it changed or not."""
    return landing(task, RunRequest("full"))


def core(task: Task) -> dict[str, int]:
    rows = to_core(task.connection, "economic", task.entries, COMPANY, everything=False)
    return {"rows": rows, "written": rows}


def entities(task: Task) -> dict[str, int]:
    """Every entity of the agreement, one after the other, core included; small ones share a client, as
    they share a task."""
    sources: dict[str, EconomicClient] = {}
    read = written = 0
    for entity in VENDORS["economic"].entities:
        name = "small" if entity.is_small else entity.name
        counts = task.land(sources.setdefault(name, client(task.url)), entity, RunRequest())
        read, written = read + counts.read, written + counts.changed
    asked = sum(source.usage.requests for source in sources.values())
    return {"rows": read, "written": written, "requests": asked}


def night(task: Task) -> dict[str, int]:
    """What the agreement's DAG does in a night: every entity, then the facts."""
    found = entities(task)
    changes = refresh(task.connection, agreement(), RunRequest())
    return {**found, "written": found["written"] + sum(c.total for c in changes.values())}


def checks(task: Task) -> dict[str, int]:
    """Validation and proof of all of it; their imports are not part of them, as tasks are forked from a
    process that has them (saldo/airflow/preload.py)."""
    return _checks(task, RunRequest("full"))


def checks_again(task: Task) -> dict[str, int]:
    """Validation and proof of a night in which nothing changed."""
    return _checks(task, RunRequest())


def _checks(task: Task, run_request: RunRequest) -> dict[str, int]:
    source, run = client(task.url), replace(task.run, mode=run_request.mode)
    with recorded(task.connection, task.dsn, _SUBJECT, "validate", run):
        outcome = validate(
            task.connection,
            task.dsn,
            agreement(),
            run_id=run.run_id,
            everything=run_request.mode == "full",
        )
        outcome.raise_for_broken()
    with recorded(task.connection, task.dsn, _SUBJECT, "prove", run) as sync_run:
        proof = prove(
            task.connection,
            EconomicControls(source),
            agreement(),
            run_request=run_request,
            sync_run=sync_run,
            now=datetime.now(UTC),
        )
    compared = len(proof.comparisons)
    return {"rows": outcome.rows + compared, "requests": source.usage.requests}


LAPS: dict[str, Callable[[Task], dict[str, int]]] = {
    lap.__name__: lap
    for lap in (
        served,
        download,
        landing,
        landing_again,
        core,
        entities,
        night,
        checks,
        checks_again,
    )
}


def main() -> None:
    values = json.load(sys.stdin)
    task, lap = Task(values), LAPS[values["what"]]
    base_mb, clock = memory_mb("VmRSS"), Clock()
    found = lap(task)
    print(json.dumps({**found, **clock.read(), "peak_mb": memory_mb("VmHWM"), "base_mb": base_mb}))


if __name__ == "__main__":
    main()
