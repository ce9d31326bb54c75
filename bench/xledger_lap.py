"""One lap on Xledger in a process of its own; reads its task from standard input, prints what it measured.

`bare` is a script as people write it for such an API: pages into lists, lists into pandas, one Parquet file.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import requests

from saldo.agreements.agreement import Agreement
from saldo.transport import Caller
from saldo.vendors.xledger.client import XledgerClient
from saldo.vendors.xledger.controls import XledgerControls
from saldo.vendors.xledger.queries import OF_ALL, query, text
from saldo.warehouse.connection import Connection, connect

from . import landing_lap
from .company_lap import Books, agreement_at
from .landing_lap import COMPANY
from .measure import Clock, memory_mb

TOKEN = f"sandbox-xledger-token-{COMPANY}"


def agreement() -> Agreement:
    return agreement_at("xledger", "Europe/Oslo")


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

    @property
    def books(self) -> Books:
        return Books(
            self.connection, self.dsn, agreement(), lambda: client(self.url), XledgerControls
        )


def landing(task: Task) -> dict[str, int]:
    """Transactions into staging; core, which is the same task, is not part of it."""
    source = client(task.url)
    source.own_entity()
    with patch("saldo.landing.to_core", lambda *_, **__: 0):
        counts = task.books.land(source, "transactions")
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
    """Every entity, core included."""
    return task.books.night()


def proof(task: Task) -> dict[str, int]:
    return task.books.prove()


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
