"""The DAG `saldo_watch`: one task, every few minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from saldo.errors import ConfigError
from saldo.operators.watch import WatchOperator
from saldo.watch_minutes import DEFAULT_MINUTES, watch_minutes

_DOCUMENTATION = """### The watch

Every five minutes, or as often as `SALDO_WATCH_MINUTES` says: heartbeats of scheduler, warehouse and vendors (`ops.heartbeat`, per day in `ops.uptime`), what
keeps failing, which nights are late and which keys expire (`ops.alert`), and mails that are due or waited for a mail server
(`ops.alert_mail`). A red run names the step that failed; the others were done.

While it is paused, nobody is notified of anything.
"""


def build_watch_dag() -> DAG:
    """The DAG of the watch. Its task is not retried: the next look is the retry."""
    minutes = _minutes()
    with DAG(
        dag_id="saldo_watch",
        description="Heartbeats, alerts and late nights, every few minutes",
        doc_md=_DOCUMENTATION,
        schedule=CronTriggerTimetable(f"*/{minutes} * * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        # A look that hangs gives way to the next one soon.
        dagrun_timeout=timedelta(minutes=3),
        tags=["saldo"],
        default_args={
            "owner": "saldo",
            "pool": "saldo_watch",
            "retries": 0,  # the next look is the retry
            "execution_timeout": timedelta(seconds=100),
            # Ahead of all waiting tasks of nights: it takes a second, and its news is urgent.
            "weight_rule": "absolute",
            "priority_weight": 1_000,
        },
    ) as dag:
        WatchOperator(task_id="watch", minutes=minutes)
    return dag


def _minutes() -> int:
    """A wrong setting stops no watch: its task says so in every run."""
    try:
        return watch_minutes()
    except ConfigError:
        return DEFAULT_MINUTES
