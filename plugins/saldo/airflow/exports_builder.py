"""The DAGs of exports: `saldo_export__<name>` for each configuration, and `saldo_exports` for what people ask for by REST.

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

from saldo.agreements.loading import load_agreements
from saldo.errors import ConfigError
from saldo.exports.configuration import ExportConfiguration, XlsxExport, dag_id_of, shown
from saldo.exports.layouts import layout_files, load_layouts
from saldo.exports.loading import load_export_configurations
from saldo.exports.requests import DAG_ID
from saldo.operators.export_report import ExportReportOperator, RequestReportOperator
from saldo.operators.exports import RequestedExportOperator, XlsxExportOperator, validated_asset
from saldo.operators.retry import SaldoRetryPolicy
from saldo.vendors import entity_names

POOL = "saldo_exports"
#: Target -> what makes its exports.
OPERATORS = {"xlsx": XlsxExportOperator}
#: Runs of `saldo_exports` at the same time: people wait for them.
AT_ONCE = 4
_START = datetime(2026, 1, 1, tzinfo=UTC)
#: Of a run: three tries of two hours, what is between them, and the report, which a run that is cut off does not have.
_LONGEST = timedelta(hours=8)

_REQUESTED = """### Exports that people asked for

Makes the files that were asked for at `POST /saldo/api/v1/purchases/<agreement>/export` and that take longer than a caller
waits. Each run is one of `ops.export_request`, whose state the link in the answer tells; there is nothing to start here.
"""


def build_export_dags() -> Iterator[DAG]:
    """The DAG of every good configuration, and the one of requests; only the one that a worker is about to run, when it is."""
    dag_id = get_parsing_context().dag_id or ""
    prefix = dag_id_of("")
    if dag_id != DAG_ID:
        only = dag_id.removeprefix(prefix) if dag_id.startswith(prefix) else None
        for configuration in load_export_configurations(only=only).good:
            yield build_export_dag(configuration)
    if dag_id in ("", DAG_ID):
        yield build_requests_dag()


def build_export_dag(configuration: ExportConfiguration) -> DAG:
    """The DAG of one configuration."""
    with DAG(
        dag_id=configuration.dag_id,
        dag_display_name=f"Export {configuration.name}",
        description=f"What is exported of {configuration.agreement}: {configuration.target}",
        doc_md=_documentation(configuration),
        schedule=_schedule(configuration),
        start_date=_START,
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        dagrun_timeout=_LONGEST,
        tags=sorted({"saldo", "export", configuration.agreement}),
        params=_form(configuration),
        default_args=_task_defaults(),
    ) as dag:
        export = OPERATORS[configuration.target](task_id="export", configuration=configuration.name)
        # Also when the last try was killed, which can tell nobody.
        export >> ExportReportOperator(
            task_id="report", configuration=configuration.name, trigger_rule="all_done"
        )
    return dag


def build_requests_dag() -> DAG:
    """The DAG `saldo_exports`: a run for each request that is too long for an answer."""
    with DAG(
        dag_id=DAG_ID,
        description="Exports that people asked for by REST and that take long",
        doc_md=_REQUESTED,
        schedule=None,
        start_date=_START,
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=AT_ONCE,
        dagrun_timeout=_LONGEST,
        tags=["saldo", "export"],
        params={
            "request": Param(
                "", type="string", title="Request", description="Its number in ops.export_request."
            )
        },
        default_args=_task_defaults(),
    ) as dag:
        # Also when the last try was killed: whoever asked is told so.
        RequestedExportOperator(task_id="export") >> RequestReportOperator(
            task_id="report", trigger_rule="all_done"
        )
    return dag


def raise_for_broken() -> None:
    """Raises one ConfigError that lists every export configuration that cannot be used, with what is wrong."""
    known = load_agreements(vendors=entity_names(), with_disabled=True)
    # One in a broken file is told of there.
    ids = {agreement.id for agreement in known.good} | {file.path.stem for file in known.broken}
    found = load_export_configurations(layouts=load_layouts())
    wrong = [str(file) for file in (*found.broken, *layout_files().load().broken)]
    wrong += [
        f"{one.name}.yaml: agreement: {one.agreement!r} is no agreement; write the id of one"
        for one in found.good
        if one.agreement not in ids
    ]
    if wrong:
        listed = "\n".join(wrong)
        raise ConfigError(
            f"{len(wrong)} export configuration(s) or layout(s) cannot be used:\n{listed}"
        )


def _schedule(configuration: ExportConfiguration) -> Any:
    cron = None
    if configuration.schedule is not None:
        cron = CronTriggerTimetable(configuration.schedule, timezone=configuration.timezone)
    if not configuration.after_night:
        return cron
    asset = validated_asset(configuration.agreement)
    return [asset] if cron is None else AssetOrTimeSchedule(timetable=cron, assets=[asset])


def _task_defaults() -> dict[str, Any]:
    return {
        "owner": "saldo",
        "pool": POOL,
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=20),
        "retry_policy": SaldoRetryPolicy(),
        "execution_timeout": timedelta(hours=2),
        # What has begun is finished first: a report comes before the exports that wait.
        "weight_rule": "upstream",
    }


def _form(configuration: ExportConfiguration) -> dict[str, Param]:
    """What a person may choose otherwise than the file says."""
    if not isinstance(configuration, XlsxExport):
        return {}
    day = {"type": ["null", "string"], "format": "date"}

    def date(value: Any, title: str, description: str) -> Param:
        return Param(
            value.isoformat() if value else None, title=title, description=description, **day
        )

    of = configuration
    return {
        "choose": Param(
            of.choose,
            type="string",
            enum=["new", "mutated", "new_and_mutated", "all"],
            title="Choose",
            description="new: in no logged file yet. mutated: changed since. all: whatever their state, which takes "
            "Again for those that are exported and unchanged.",
        ),
        "created_from": date(of.created_from, "Created from", "First day on which they were made at the vendor."),
        "created_to": date(of.created_to, "Created to", "Last day, included."),
        "invoice_from": date(of.invoice_from, "Invoice date from", "First date of invoices."),
        "invoice_to": date(of.invoice_to, "Invoice date to", "Last date, included."),
        "layout": Param(of.layout, type="string", title="Layout", description="Which columns the file has."),
        "again": Param(
            False,
            type=["null", "boolean"],
            title="Again",
            description="Export also what is in a logged file and has not changed since.",
        ),
        "log": Param(
            of.log,
            type=["null", "boolean"],
            title="Log",
            description="Let the file count: its documents are exported then, and no longer new.",
        ),
        "ext": Param(
            of.ext, type=["null", "string"], title="Ext", description="What the file's name ends in."
        ),
    }  # fmt: skip


def _documentation(configuration: ExportConfiguration) -> str:
    said = "\n".join(f"| {key} | `{value}` |" for key, value in shown(configuration).items())
    return f"""### Export {configuration.name}

| | |
|---|---|
{said}

**export** chooses purchase documents of `{configuration.agreement}`, writes them into a file and registers it; with nothing to
export it says so, and there is no file and no mail. **report** fails the run when that failed, also when its last try was killed. What is in which file: `ops.export_file`. The form of a run by hand chooses
otherwise than the file says.
"""
