"""From Airflow's context to Saldo's words: the run, and what it was started for."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from saldo.config import Agreement
from saldo.plan import Wish, window_of, wish
from saldo.sync_run import Run

if TYPE_CHECKING:
    from airflow.sdk import Context


def run_of(context: Context) -> Run:
    ti = context["ti"]
    mode = "window" if _is_backfill(context) else dict(context["params"]).get("mode") or "auto"
    return Run(ti.dag_id, ti.run_id, ti.try_number, mode)


def _is_backfill(context: Context) -> bool:
    return bool(context["dag_run"].run_type == "backfill")


def wish_of(context: Context, agreement: Agreement) -> Wish:
    """Raises ConfigError for a window that cannot be read."""
    params: dict[str, Any] = dict(context["params"])
    start, end = context.get("data_interval_start"), context.get("data_interval_end")
    interval = None
    if start and end:
        zone = agreement.zone
        interval = window_of(start.astimezone(zone), end.astimezone(zone))
    return wish(
        mode=params.get("mode") or "auto",
        is_backfill=_is_backfill(context),
        interval=interval,
        chosen=(_date(params.get("from")), _date(params.get("to"))),
        entities=tuple(params.get("entities") or ()),
        confirm_deletes=bool(params.get("confirm_deletes")),
        start_date=agreement.start_date,
    )


def _date(value: str | None) -> date | None:
    return date.fromisoformat(value[:10]) if value else None
