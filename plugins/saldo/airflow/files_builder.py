"""The DAG `saldo_files`: files of people, a mapped task for each configuration; then the facts that follow.

Everything here runs whenever Airflow parses a DAG file: no network, no database, no heavy import.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronTriggerTimetable, Param

from saldo.agreements.loading import load_agreements
from saldo.errors import ConfigError
from saldo.files.configuration import FileConfiguration
from saldo.files.loading import FileConfigurations, load_file_configurations
from saldo.operators.files import (
    FileFactsOperator,
    FilesOperator,
    FilesReportOperator,
    FolderFilesOperator,
    SharePointFilesOperator,
)
from saldo.operators.retry import SaldoRetryPolicy
from saldo.vendors import entity_names

#: Cron (UTC) that says when files are looked at.
VARIABLE = "SALDO_FILES_SCHEDULE"
DEFAULT = "20 * * * *"
#: Files that are read at the same time.
TASKS_AT_ONCE = 2

_DOCUMENTATION = """### Files of people

Looks into the folders of all file configurations, **sharepoint** and **folder**, a mapped task for each. Files that are new or
have changed are read; one with anything wrong in it is refused as a whole, with a list of its cells here, in `ops.file` and in a mail to
whoever keeps it, and what was in force before stays so. **facts** brings `mart.fact_budget` and the mapping of `mart.dim_account` up to
date. **report** fails the run when anything failed.

To read files again that have not changed, trigger it with *Read again*, and choose configurations.
"""


def build_files_dag(environ: Mapping[str, str] = os.environ) -> DAG:
    """The DAG for every good configuration."""
    good = files().good
    names = [one.id for one in good]
    with DAG(
        dag_id="saldo_files",
        description="Budgets and account mappings of people, from SharePoint and folders",
        doc_md=_DOCUMENTATION,
        schedule=_schedule(environ),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        max_active_tasks=TASKS_AT_ONCE,
        dagrun_timeout=timedelta(hours=6),
        tags=["saldo", "files"],
        params=_form(names),
        default_args={
            "owner": "saldo",
            "pool": "saldo_files",
            "retries": 2,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=20),
            "retry_policy": SaldoRetryPolicy(),
            "execution_timeout": timedelta(hours=2),
            "trigger_rule": "all_done",
        },
    ) as dag:
        places: dict[str, tuple[type[FilesOperator], Sequence[FileConfiguration]]] = {
            "sharepoint": (SharePointFilesOperator, [o for o in good if o.source.sharepoint]),
            "folder": (FolderFilesOperator, [o for o in good if not o.source.sharepoint]),
        }
        facts = FileFactsOperator(task_id="facts")
        report = FilesReportOperator(
            task_id="report",
            tasks={task: [one.id for one in theirs] for task, (_, theirs) in places.items()},
            retries=0,
        )
        for task_id, (operator, theirs) in places.items():
            if theirs:
                (
                    operator.partial(
                        task_id=task_id,
                        map_index_template="{{ task.configuration }}",
                    ).expand(configuration=[one.id for one in theirs])
                    >> facts
                )
        facts >> report
    return dag


def files() -> FileConfigurations:
    """Every file configuration."""
    return load_file_configurations()


def raise_for_broken() -> None:
    """Raises one ConfigError that lists every broken file configuration, and what of the others names no agreement, with
    what is wrong."""
    found = files()
    known = load_agreements(vendors=entity_names(), with_disabled=True)
    # One in a broken file is told of there.
    ids = {agreement.id for agreement in known.good} | {file.path.stem for file in known.broken}
    wrong = [str(file) for file in found.broken]
    wrong += [
        f"{one.id}.yaml: agreement: {one.agreement!r} is no agreement; write the id of one"
        for one in found.good
        if one.agreement is not None and one.agreement not in ids
    ]
    if wrong:
        listed = "\n".join(wrong)
        raise ConfigError(f"{len(wrong)} file configuration(s) cannot be used:\n{listed}")


def _schedule(environ: Mapping[str, str]) -> CronTriggerTimetable | None:
    """Raises ConfigError for what is no cron expression, which Airflow shows as an import error."""
    said = environ.get(VARIABLE, "").strip() or DEFAULT
    if said == "none":
        return None
    try:
        timetable = CronTriggerTimetable(said, timezone="UTC")
        timetable.validate()
    except Exception as error:
        raise ConfigError(
            f"{VARIABLE}: {said!r} is no schedule ({error}); write a cron expression such as '{DEFAULT}', or none"
        ) from None
    return timetable


def _form(names: Sequence[str]) -> dict[str, Param]:
    return {
        "configurations": Param(
            [],
            type=["null", "array"],
            items={"type": "string", "enum": list(names)} if names else {"type": "string"},
            examples=list(names),
            title="Configurations",
            description="Which to look at; none chosen means all.",
        ),
        "read_again": Param(
            False,
            type=["null", "boolean"],
            title="Read again",
            description="Read their files also where they have not changed.",
        ),
        "confirm_deletes": Param(
            False,
            type=["null", "boolean"],
            title="Confirm deletes",
            description="Let all files of a folder be gone at once, which an earlier run refused.",
        ),
        "withdraw": Param(
            [],
            type=["null", "array"],
            items={"type": "string"},
            title="Withdraw",
            description="Ids of configurations that were removed, and whose files shall count no more.",
        ),
    }
