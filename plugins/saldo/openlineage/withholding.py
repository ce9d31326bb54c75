"""What is taken out of an event before it leaves: texts that may quote the books, and who started a run.

An error of Saldo names what it is about, rows and amounts among them, and how the vendor's answer began: that is for the
task's log. The event keeps its family and, where that cannot quote a row, its first line. The transport `transform` of
OpenLineage's client calls this for every event, whoever makes it:
https://openlineage.io/docs/client/python/configuration#transform
"""

from __future__ import annotations

import re
from typing import Any

from openlineage.client.transport.transform import EventTransformer

#: Whose first line says where and why, and nothing of a record.
_PLAIN = ("ConfigError", "AuthError", "NotLicensed", "RateLimited", "Unavailable", "Busy", "WarehouseUnavailable")  # fmt: skip
#: What follows is what the vendor answered (saldo.errors.Evidence).
_EVIDENCE = re.compile(r" \((?:request id|the answer began).*", re.DOTALL)
_LOOK = "the log of the task has what happened"
#: Of the run, in Airflow's own facets.
_PERSONAL = ("triggering_user_name", "note")


class WithoutBooks(EventTransformer):
    """Every event that goes out, without rows of the books and without people."""

    def transform(self, event: Any) -> Any:
        facets = event.run.facets or {}
        if error := facets.get("errorMessage"):
            error.message = _told(error.message, error.stackTrace or "")
            error.stackTrace = None
        for name in ("airflow", "airflowDagRun"):
            run = getattr(facets.get(name), "dagRun", None)
            if isinstance(run, dict):
                for key in _PERSONAL:
                    run.pop(key, None)
        return event


def _told(message: str, trace: str) -> str:
    first = message.split("\n", 1)[0]
    named = re.search(rf"^([\w.]+): {re.escape(first)}", trace, re.MULTILINE)
    if not named:
        # Airflow's own words of a run; they quote nothing.
        return first if not trace and _is_of_airflow(first) else f"failed; {_LOOK}"
    path, _, name = named[1].rpartition(".")
    if path.startswith("saldo.") and name in _PLAIN:
        return f"{name}: {_EVIDENCE.sub('', first)}"
    return f"{name}; {_LOOK}"


def _is_of_airflow(text: str) -> bool:
    """task_failure, all_tasks_deadlocked, …"""
    return re.fullmatch(r"[a-z_]+", text) is not None
