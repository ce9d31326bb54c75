"""The DAG `saldo_powerbi_refresh`: the models of the Power BI service, once after all nights of a morning."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from saldo.operators.retry import SaldoRetryPolicy
from saldo.powerbi.choice import DATASETS, SCHEDULE, datasets, patience, schedule
from saldo.powerbi.subjects import CONNECTION, DAG_ID, ENTITY

#: Of a refresh, from asking for it to its end.
_LONGEST = timedelta(hours=4)
_DOCUMENTATION = f"""### Refreshes of Power BI

At `{SCHEDULE}` **nights** waits until every night that was due has ended, and **{ENTITY}** asks Power BI to read the warehouse into the
models that `{DATASETS}` names, and waits until it has. **report** fails the run when one was not refreshed. Power BI takes eight
refreshes of a model a day where its workspace has no capacity of its own, those by hand included.
"""


def build_powerbi_dag() -> DAG | None:
    """None where no model is named. Raises ConfigError for a setting that cannot be read, which Airflow shows as an import
    error."""
    found = datasets()
    if not found:
        return None
    # Here: it takes a second, and most installations name no model.
    from saldo.operators.powerbi import DatasetRefreshOperator, NightsSensor, RefreshReportOperator

    wait = patience()
    with DAG(
        dag_id=DAG_ID,
        description="Power BI reads the warehouse, once after all nights of a morning",
        doc_md=_DOCUMENTATION,
        schedule=CronTriggerTimetable(schedule(), timezone="UTC"),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        # Two tries, what is between them, and the wait before.
        dagrun_timeout=wait + 2 * _LONGEST + timedelta(hours=1),
        tags=["saldo"],
        default_args={
            "owner": "saldo",
            "pool": "saldo_powerbi",
            "retries": 1,
            "retry_delay": timedelta(minutes=15),
            "retry_policy": SaldoRetryPolicy(),
        },
    ) as dag:
        nights = NightsSensor(
            task_id="nights",
            patience=wait,
            mode="reschedule",
            poke_interval=120,
            timeout=(wait + timedelta(minutes=30)).total_seconds(),
            execution_timeout=timedelta(minutes=10),
        )
        refresh = DatasetRefreshOperator.partial(
            task_id=ENTITY,
            conn_id=CONNECTION,
            check_interval=30,
            timeout=_LONGEST.total_seconds(),
            execution_timeout=_LONGEST + timedelta(minutes=10),
        ).expand_kwargs([{"group_id": one.workspace, "dataset_id": one.id} for one in found])
        report = RefreshReportOperator(
            task_id="report",
            datasets=[(one.workspace, one.id) for one in found],
            trigger_rule="all_done",
            retries=0,
            execution_timeout=timedelta(minutes=10),
        )
        nights >> refresh >> report
    return dag
