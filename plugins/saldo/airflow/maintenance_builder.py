"""The DAG `saldo_maintenance`: once a week, at a time when no nights run."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.sdk import DAG, CronTriggerTimetable

from saldo.maintenance.retention import VARIABLE, retention
from saldo.operators.airflow_clean import AirflowCleanOperator
from saldo.operators.lake import LakeUpkeepOperator
from saldo.operators.maintenance import (
    DriftReportOperator,
    MaintenanceReportOperator,
    RetentionOperator,
    SizeReportOperator,
    TaskLogsOperator,
)
from saldo.operators.retry import SaldoRetryPolicy

#: It pauses between pages and waits for no lock, so that it slows nobody down.
VACUUM = ["set vacuum_cost_delay = '2ms'", "vacuum (analyze, skip_locked)"]


def build_maintenance_dag() -> DAG:
    """Raises ConfigError for a SALDO_RETENTION that cannot be read, which Airflow shows as an
    import error."""
    with DAG(
        dag_id="saldo_maintenance",
        description="Retention, VACUUM, Airflow's own database, logs, drift and sizes, once a week",
        doc_md=_documentation(),
        # No start_date: a new deployment waits for its first Sunday instead of making up for the last.
        schedule=CronTriggerTimetable("0 12 * * 0", timezone="UTC"),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(hours=20),
        tags=["saldo"],
        default_args={
            "owner": "saldo",
            "pool": "saldo_maintenance",
            "retries": 2,
            "retry_delay": timedelta(minutes=5),
            "retry_policy": SaldoRetryPolicy(),
            "execution_timeout": timedelta(hours=6),
            "trigger_rule": "all_done",  # what fails stops nothing else
        },
    ) as dag:
        vacuum = SQLExecuteQueryOperator(
            task_id="vacuum", conn_id="saldo_warehouse", sql=VACUUM, autocommit=True, handler=None
        )
        sizes = SizeReportOperator(task_id="sizes")
        others = [
            AirflowCleanOperator(task_id="airflow_db_clean"),
            TaskLogsOperator(task_id="task_logs"),
            DriftReportOperator(task_id="drift"),
            LakeUpkeepOperator(task_id="lake"),
        ]
        report = MaintenanceReportOperator(task_id="report", retries=0)
        RetentionOperator(task_id="retention") >> vacuum >> sizes
        [sizes, *others] >> report
    return dag


def _documentation() -> str:
    rows = "\n".join(
        f"| `{rule.subject}` | {'for ever' if rule.days is None else f'{rule.days} days'} | {rule.why} |"
        for rule in retention().values()
    )
    return f"""### Maintenance

Once a week: **retention** deletes what is older than it is kept, **vacuum** makes its room free for new rows and
renews the planner's statistics, **sizes** measures the tables (`ops.table_growth`), **drift** reports new fields
(`ops.drift`), **lake** makes small files of the lake fewer and removes superseded ones, **airflow_db_clean** and **task_logs** keep Airflow itself small. What was removed is in
`ops.removal`. **report** fails the run when anything failed, and writes one mail when something needs a person.

Every task can be killed, and run again at any time.

| What | Kept | Why |
|---|---|---|
{rows}

Days are changed by `{VARIABLE}`, e.g. `ops.heartbeat=30,staging.history=keep`.
"""
