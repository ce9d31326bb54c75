"""The DAGs of accounting exports: `saldo_export__<organisation>` for each file, and `saldo_export_review`, which asks people.

Everything here runs whenever Airflow parses a DAG file: no network, no database, no heavy import.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import (
    DAG,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    Param,
    get_parsing_context,
)

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.targets import kind_of
from saldo.exports.configuration import dag_id_of
from saldo.exports.loading import load_accounting_exports
from saldo.operators.accounting import (
    CheckOperator,
    ChunksOperator,
    CollectOperator,
    FinishOperator,
    ReconcileOperator,
    SendOperator,
    SettleOperator,
)
from saldo.operators.accounting_report import AccountingReportOperator
from saldo.operators.accounting_step import due_asset
from saldo.operators.retry import SaldoRetryPolicy

POOL = "saldo_accounting"
_START = datetime(2026, 1, 1, tzinfo=UTC)
#: Of a run: no step lasts longer than its tries, and of `send` there are several.
_LONGEST = timedelta(hours=16)


def build_accounting_dags() -> Iterator[DAG]:
    """The DAG of every good file; only the one that a worker is about to run, when it is."""
    dag_id, prefix = get_parsing_context().dag_id or "", dag_id_of("")
    only = dag_id.removeprefix(prefix) if dag_id.startswith(prefix) else None
    if dag_id and only is None:
        return
    for configuration in load_accounting_exports(only=only).good:
        yield build_accounting_dag(configuration)


def build_accounting_dag(configuration: AccountingExport) -> DAG:
    """collect -> settle -> check -> chunks -> send, for each chunk -> finish -> reconcile -> report."""
    of = configuration.organisation
    with DAG(
        dag_id=dag_id_of(of),
        dag_display_name=f"Accounting export {of}",
        description=f"Approved expenses of {of}: {kind_of(configuration).title}, {configuration.company}",
        doc_md=_documentation(configuration),
        schedule=_schedule(configuration),
        start_date=_START,
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        dagrun_timeout=_LONGEST,
        tags=sorted({"saldo", "export", "accounting", configuration.target}),
        params=_form(),
        default_args=task_defaults(),
    ) as dag:
        collect = CollectOperator(task_id="collect", organisation=of)
        chunks = ChunksOperator(task_id="chunks", organisation=of, chosen=collect.output)
        # One company has one writer: two of them would only wait for each other.
        send = SendOperator.partial(
            task_id="send", organisation=of, max_active_tis_per_dagrun=1
        ).expand(ids=chunks.output)
        finish = FinishOperator(task_id="finish", organisation=of, trigger_rule="all_done")
        (
            collect
            >> SettleOperator(task_id="settle", organisation=of)
            >> CheckOperator(task_id="check", organisation=of)
            >> chunks
        )
        (
            send
            >> finish
            >> ReconcileOperator(task_id="reconcile", organisation=of, trigger_rule="all_done")
            >> AccountingReportOperator(
                task_id="report", organisation=of, trigger_rule="all_done", retries=0
            )
        )
    return dag


def task_defaults() -> dict[str, Any]:
    """Of all tasks of accounting exports."""
    return {
        "owner": "saldo",
        "pool": POOL,
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=20),
        "retry_policy": SaldoRetryPolicy(),
        "execution_timeout": timedelta(hours=2),
        "weight_rule": "upstream",
    }


def _schedule(configuration: AccountingExport) -> Any:
    """By its cron, and when people have decided something that is to be sent."""
    due = due_asset(configuration.organisation)
    if configuration.schedule is None:
        return [due]
    cron = CronTriggerTimetable(configuration.schedule, timezone=configuration.timezone)
    return AssetOrTimeSchedule(timetable=cron, assets=[due])


def _form() -> dict[str, Param]:
    ids = {"type": ["null", "array"], "items": {"type": "string"}}
    flag = {"type": ["null", "boolean"]}
    return {
        "exports": Param(
            [], title="Exports", description="Ids of ops.export_job; none means all that are due.", **ids
        ),
        "expenses": Param(
            [],
            title="Expenses",
            description="Ids of expenses to register and send; none means all that are approved.",
            **ids,
        ),
        "dry_run": Param(
            False,
            title="Dry run",
            description="Map what is due and compare it with the target, and write nothing; the log of check tells what it found.",
            **flag,
        ),
        "reconcile": Param(
            True,
            title="Reconcile",
            description="Compare what was exported earlier with what is there now.",
            **flag,
        ),
    }  # fmt: skip


def _documentation(configuration: AccountingExport) -> str:
    of = configuration
    rows = {
        "Target": f"{kind_of(of).title}, {getattr(of, 'environment', '')}",
        "Company": of.company,
        "Connection": f"`{of.connection}`",
        "Schedule": f"`{of.schedule}` ({of.timezone})" if of.schedule else "on demand",
        "Booking": "posted" if of.rules.booking == "post" else "left for the bookkeeper to post",
        "Limits": f"{of.limits.requests_a_minute} requests a minute",
        "Mails": ", ".join(of.owner_mail) or "nobody",
    }
    said = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"""### Accounting export {of.organisation}

| | |
|---|---|
{said}

**collect** takes in the SQL inbox and registers approved expenses; **settle** looks up what was sent and not seen to arrive; **check** compares
what is due with the target's accounts, payees, dimensions and periods; **chunks** parts it, and **send** sends it, after looking whether it is there
already; **finish** attaches receipts and posts; **reconcile** compares earlier exports with what is there now; **report** tells people what waits for
them, and fails the run when something failed. Any of it may be killed and run again: nothing is booked twice.

Each export is a row of `ops.export_job`, each call one of `ops.export_attempt`. What a person must decide is asked in `saldo_export_review`.
A run by hand sends what is chosen; as a dry run it writes nothing.
"""
