"""One lap on Xledger in a process of its own; reads its task from standard input, prints what it measured.

`bare` is a script as people write it for such an API: pages into lists, lists into pandas, one Parquet file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from unittest.mock import patch

import requests

from saldo.agreements.agreement import Agreement
from saldo.landing import Landing
from saldo.proof import prove
from saldo.run_request import RunRequest
from saldo.runs.sync_run import Counts, Run, recorded
from saldo.transport import Caller
from saldo.vendors import VENDORS, entity_of
from saldo.vendors.xledger.client import XledgerClient
from saldo.vendors.xledger.controls import XledgerControls
from saldo.vendors.xledger.queries import OF_ALL, query, text
from saldo.warehouse.connection import Connection, connect

from . import landing_lap
from .landing_lap import COMPANY
from .measure import Clock, memory_mb

TOKEN = f"sandbox-xledger-token-{COMPANY}"
_RUN = Run("bench", f"bench-{datetime.now(UTC).isoformat()}")


def agreement() -> Agreement:
    return Agreement(
        id=f"{COMPANY}_xledger",
        name=COMPANY,
        vendor="xledger",
        connection="bench",
        schedule=None,
        timezone="Europe/Oslo",
        start_date=date(2024, 1, 1),
    )


def client(url: str) -> XledgerClient:
    caller = Caller("xledger", COMPANY, "bench")
    return XledgerClient(caller, token=TOKEN, url=f"{url}/xledger/graphql", burst=1_000_000)


def followed(after: str) -> str:
    """The query of transactions by pages of 10,000, from a variable on."""
    asked = query("transactions").page({"first": "10000", "after": after, **OF_ALL})
    return asked.replace("query transactions ", f"query transactions({after}: String) ", 1)


class Task:
    """What a lap may use, made before the clock starts."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.url: str = values["url"]
        self.dsn: str = values.get("dsn", "")
        self._connection = connect(self.dsn) if self.dsn else None
        self.others = landing_lap.Task(values)

    @property
    def connection(self) -> Connection:
        if self._connection is None:
            raise ValueError("this lap needs a dsn")
        return self._connection

    def land(self, source: XledgerClient, name: str) -> Counts:
        """What was read and written of one entity."""
        with recorded(self.connection, self.dsn, agreement().key, name, _RUN) as sync_run:
            Landing(
                self.connection,
                source,
                agreement(),
                entity_of("xledger", name),
                run_request=RunRequest(),
                sync_run=sync_run,
            ).run(now=datetime.now(UTC))
        return sync_run.counts


def landing(task: Task) -> dict[str, int]:
    """Transactions into staging; core, which is the same task, is not part of it."""
    source = client(task.url)
    source.own_entity()
    with patch("saldo.landing.to_core", lambda *_, **__: 0):
        counts = task.land(source, "transactions")
    return {"rows": counts.read, "written": counts.changed, "requests": source.usage.requests}


def landing_economic(task: Task) -> dict[str, int]:
    """The same company's entries from e-conomic, played by the same sandbox."""
    return landing_lap.landing(task.others)


def bare(task: Task) -> dict[str, int]:
    """Pages of 10,000 by bare POSTs, decoded, all of them held, then pandas and Parquet; no database."""
    import pandas as pd

    asked, rows, after, count = query("transactions"), list[dict[str, Any]](), "", 0
    session = requests.Session()
    session.headers["Authorization"] = f"token {TOKEN}"
    while True:
        more = {"after": text(after)} if after else {}
        body = {"query": asked.page({"first": "10000", **OF_ALL, **more})}
        found = session.post(f"{task.url}/xledger/graphql", json=body).json()["data"]
        page, count = found["transactions"], count + 1
        rows += [edge["node"] for edge in page["edges"] or []]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["edges"][-1]["cursor"]
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        pd.json_normalize(rows).to_parquet(file.name)
    return {"rows": len(rows), "requests": count}


def night(task: Task) -> dict[str, int]:
    """Every entity, one after the other, core included, and proof; small ones share a client."""
    sources: dict[str, XledgerClient] = {}
    read = written = 0
    for entity in VENDORS["xledger"].entities:
        name = "small" if entity.is_small else entity.name
        source = sources.setdefault(name, client(task.url))
        counts = task.land(source, entity.name)
        read, written = read + counts.read, written + counts.changed
    return {
        "rows": read,
        "written": written,
        "requests": sum(source.usage.requests for source in sources.values()),
    }


def proof(task: Task) -> dict[str, int]:
    source = client(task.url)
    with recorded(task.connection, task.dsn, agreement().key, "prove", _RUN) as sync_run:
        found = prove(
            task.connection,
            XledgerControls(source),
            agreement(),
            run_request=RunRequest(),
            sync_run=sync_run,
            now=datetime.now(UTC),
        )
    return {"rows": len(found.comparisons), "requests": source.usage.requests}


LAPS: dict[str, Callable[[Task], dict[str, int]]] = {
    lap.__name__: lap for lap in (landing, landing_economic, bare, night, proof)
}


def main() -> None:
    values = json.load(sys.stdin)
    task, lap = Task(values), LAPS[values["what"]]
    base_mb, clock = memory_mb("VmRSS"), Clock()
    found = lap(task)
    print(json.dumps({**found, **clock.read(), "peak_mb": memory_mb("VmHWM"), "base_mb": base_mb}))


if __name__ == "__main__":
    main()
