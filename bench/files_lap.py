"""One lap of Saldo with a file of people, in a process of its own.

Reads its task from standard input, prints what it measured, as bench.landing_lap does. `what` is one of `LAPS`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from saldo.files.companies import Companies
from saldo.files.configuration import FileConfiguration
from saldo.files.intake import Intake
from saldo.files.places.folder import FolderSource
from saldo.run_request import RunRequest
from saldo.transform.facts import refresh
from saldo.warehouse.connection import connect

from .landing_lap import COMPANY, agreement
from .measure import Clock, memory_mb


class Task:
    """What a lap may use, made before the clock starts."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.connection = connect(values["dsn"])
        self.folder: str = values["folder"]
        self.configuration = FileConfiguration.model_validate(
            {
                "id": "bench", "kind": "budget", "source": {"folder": f"file://{self.folder}"},
                "match": f"*.{values['kind']}", "agreement": COMPANY, "sign": "ledger", "unknown": "accept",
            }
        )  # fmt: skip


def intake(task: Task) -> dict[str, int]:
    """A look at the folder, whatever it comes to; its errors are raised."""
    configuration = task.configuration
    outcome = Intake(
        task.connection,
        configuration,
        FolderSource(LocalFileSystem(auto_mkdir=False), task.folder, configuration),
        Companies([agreement()], configuration.agreement),
        run_id="bench",
        now=datetime.now(UTC),
    ).run()
    for error in (*outcome.errors, *outcome.rejected.values()):
        raise error
    [(rows,)] = task.connection.execute(
        "select rows from ops.file order by version desc limit 1"
    ).fetchall()
    return {"rows": rows, "written": outcome.rows}


def facts(task: Task) -> dict[str, int]:
    """The agreement's facts, of which only those of budgets have anything to do."""
    changes = refresh(task.connection, agreement(), RunRequest())
    return {"rows": changes["fact_budget"].total, "written": sum(c.total for c in changes.values())}


LAPS: dict[str, Callable[[Task], dict[str, int]]] = {lap.__name__: lap for lap in (intake, facts)}


def main() -> None:
    values = json.load(sys.stdin)
    task, lap = Task(values), LAPS[values["what"]]
    clock = Clock()
    found = lap(task)
    print(json.dumps({**found, **clock.read(), "peak_mb": memory_mb("VmHWM")}))


if __name__ == "__main__":
    main()
