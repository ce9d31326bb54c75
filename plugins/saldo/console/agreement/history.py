"""GET /saldo/agreements/<id>/history: its runs, or the tries of one entity, or one run in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from saldo.alerts.failures import LONGEST_RUN
from saldo.api import runs
from saldo.api.answers import Problem, link
from saldo.api.auth import Reader
from saldo.api.routers import reader_router

from ..shell import page, warehouse
from ..shell.airflow_links import log_path, run_path
from ..shell.head import Head, agreement_head
from ..shell.reading import Reading
from .entities import TONES, names

router = reader_router()
_PAGE = 50
#: How far back runs are looked for that never reported.
_UNREPORTED = timedelta(days=60)


class Asked(BaseModel):
    """before: the number of the row that the page begins after. run: shows that one in full."""

    entity: str = Field("", max_length=100)
    status: Literal["", "success", "failed", "skipped"] = ""
    day: date | None = None
    before: int | None = Field(None, ge=1)
    run: str = Field("", max_length=250)


@router.get("/agreements/{agreement_id}/history")
def history(
    agreement_id: str, request: Request, user: Reader, asked: Annotated[Asked, Query()]
) -> HTMLResponse:
    with warehouse() as books:
        head = agreement_head(request, user, agreement_id, books)
        known = names(books, head.id)
        template, values = _one(books, head, asked.run, known) if asked.run else _many(books, head, asked, known)  # fmt: skip
    here = link(request, f"/agreements/{head.id}/history")

    def address(**changed: object) -> str:
        said = {**asked.model_dump(mode="json", exclude={"before", "run"}), **changed}
        query = urlencode({key: value for key, value in said.items() if value})
        return f"{here}?{query}" if query else here

    return page(
        request,
        user,
        f"agreement/{template}",
        title=head.name,
        section="overview",
        now=books.now,
        head=head,
        tab="history",
        asked=asked,
        address=address,
        known=known,
        tones=TONES,
        run_path=run_path,
        log_path=log_path,
        **values,
    )


def _many(
    books: Reading, head: Head, asked: Asked, known: list[str]
) -> tuple[str, Mapping[str, Any]]:
    """Runs, or tries of the entity that is asked for. older: where the next page begins."""
    parameters: dict[str, Any] = {
        "agreement_id": head.id,
        "before": asked.before,
        "status": asked.status or None,
        "most": _PAGE + 1,
        **_of_day(head, asked.day),
    }
    if asked.entity:
        rows = books.rows("agreement/tries", {**parameters, "entity": asked.entity})
        endless = []
    else:
        rows = books.rows("agreement/runs", {**parameters, "entities": known})
        longest_ago = books.now - LONGEST_RUN
        is_first = asked.before is None and asked.status in ("", "failed")
        unreported = {"dag_id": head.dag_id, "since": books.now - _UNREPORTED, "longest_ago": longest_ago}  # fmt: skip
        endless = books.rows("agreement/endless", {**parameters, **unreported}) if is_first else []
    older = rows[_PAGE - 1].sync_run_id if len(rows) > _PAGE else None
    live = {run.run_id for run in runs.at_work(head.dag_id)} if endless else set()
    if asked.status:
        endless = [run for run in endless if not (run.is_running or run.run_id in live)]
    shown = {"rows": rows[:_PAGE], "endless": endless, "live": live, "older": older}
    return ("tries.html" if asked.entity else "history.html"), shown


def _of_day(head: Head, day: date | None) -> dict[str, datetime | None]:
    """The first instant of a local day, and that of the next."""
    if day is None:
        return {"first": None, "last": None}
    zone = ZoneInfo(head.agreement.timezone) if head.agreement else ZoneInfo("UTC")
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    return {"first": begins, "last": begins + timedelta(days=1)}


def _one(
    books: Reading, head: Head, run_id: str, known: list[str]
) -> tuple[str, Mapping[str, Any]]:
    """Raises Problem 404."""
    asked = {"agreement_id": head.id, "run_id": run_id, "entities": known}
    tries = books.rows("agreement/run", asked)
    if not tries:
        raise Problem(
            404,
            "No such run",
            f"{head.name} has no run {run_id!r} in the warehouse: it never began a task, or it was long ago.",
        )
    ended = [row.finished_at for row in tries if row.finished_at]
    return "run.html", {
        "tries": tries,
        "run_id": run_id,
        "took": max(ended) - tries[0].started_at if ended else None,
        "total": _total(tries),
        "state": _state_of(tries, head.dag_id),
    }


def _total(tries: Iterable[Any]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in tries:
        for name in ("requests", "retries", "throttled", "bytes_in", "rows_read"):
            total[name] += getattr(row, name)
        total["changed"] += row.rows_inserted + row.rows_updated + row.rows_deleted
    return total


def _state_of(tries: list[Any], own_dag: str) -> str:
    """As its report says; without one it runs, or failed, or was stopped. DAGs that are not the agreement's own write none: theirs
    is what became of their tasks. own_dag: the agreement's."""
    report = next((row for row in reversed(tries) if row.entity == "report"), None)
    if report is not None and report.status != "running":
        return str(report.status)
    last = {row.entity: row.status for row in tries}
    of = tries[-1]
    if "running" in last.values() or any(
        run.run_id == of.run_id for run in runs.at_work(of.dag_id)
    ):
        return "running"
    if "failed" in last.values():
        return "failed"
    return "stopped" if of.dag_id == own_dag else "success"
