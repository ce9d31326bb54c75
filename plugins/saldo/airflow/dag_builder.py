"""One DAG per agreement: land.<entity> ..., land.small -> facts -> validate -> prove -> report; with a lake,
land.* -> lake -> report, too; where exports wait for its nights, prove -> dispatch -> report.

Everything here runs whenever Airflow parses a DAG file: no network, no database, no heavy import.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from airflow.sdk import (
    DAG,
    CronDataIntervalTimetable,
    Param,
    TaskGroup,
    get_parsing_context,
)
from airflow.sdk.definitions.param import ParamsDict

from saldo.agreements.agreement import Agreement
from saldo.agreements.cautions import cautions
from saldo.agreements.loading import Agreements, agreement_files, load_agreements
from saldo.declarations.entity import Entity
from saldo.errors import ConfigError
from saldo.exports.loading import load_export_configurations
from saldo.operators.exports import DispatchOperator
from saldo.operators.facts import FactsOperator
from saldo.operators.lake import LakeOperator
from saldo.operators.report import ReportOperator
from saldo.operators.retry import SaldoRetryPolicy
from saldo.operators.validate import ValidateOperator
from saldo.operators.vendors import LAND_OPERATORS, PROVE_OPERATORS
from saldo.readers.loading import readers_of
from saldo.vendors import SMALL, VENDORS, entity_names

#: How many tasks of one agreement run in parallel: its entities share one rate limit at the vendor.
TASKS_AT_ONCE = 4
_RETRY_POLICY = SaldoRetryPolicy()

log = logging.getLogger(__name__)


def agreements() -> Agreements:
    """Every agreement file; only the one a worker is about to run, when it is."""
    dag_id = get_parsing_context().dag_id
    only = dag_id.removeprefix("saldo__") if dag_id and dag_id.startswith("saldo__") else None
    found = load_agreements(vendors=entity_names(), only=only)
    if not only:
        for agreement in found.good:
            for text in cautions(agreement):
                log.warning("agreement %s: %s", agreement.id, text)
    return found


def raise_for_broken() -> None:
    """Raises one ConfigError that lists every broken file of agreements and readers with what is wrong in it."""
    found = load_agreements(vendors=entity_names())
    problems = [
        f"{len(broken)} {what} file(s) cannot be used:\n" + "\n".join(map(str, broken))
        for what, broken in (
            ("agreement", found.broken),
            ("reader", readers_of(agreement_files(vendors=entity_names())).broken),
        )
        if broken
    ]
    if problems:
        raise ConfigError("\n".join(problems))


def awaited() -> frozenset[str]:
    """Agreements for whose nights an export waits."""
    return frozenset(one.agreement for one in load_export_configurations().good if one.after_night)


def build_agreement_dag(agreement: Agreement, *, is_awaited: bool = False) -> DAG:
    """The DAG of one agreement; the same file gives the same DAG, to the letter. is_awaited: whether an export waits for
    its nights."""
    start = datetime.combine(agreement.start_date, datetime.min.time(), agreement.zone)
    schedule = None
    if agreement.schedule is not None:
        schedule = CronDataIntervalTimetable(agreement.schedule, timezone=agreement.timezone)
    with DAG(
        dag_id=agreement.dag_id,
        dag_display_name=f"{agreement.name} ({agreement.id})",
        description=f"The books of {agreement.name} in {agreement.vendor}",
        doc_md=_documentation(agreement, is_awaited=is_awaited),
        schedule=schedule,
        start_date=start,
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        max_active_tasks=TASKS_AT_ONCE,
        dagrun_timeout=timedelta(hours=20),
        tags=sorted({agreement.vendor, "agreement", *agreement.tags}),
        default_args=_task_defaults(agreement),
    ) as dag:
        landed = _landing(agreement)
        facts = FactsOperator(task_id="facts", agreement=agreement, trigger_rule="all_done")
        validate = ValidateOperator(
            task_id="validate", agreement=agreement, trigger_rule="all_done"
        )
        prove = PROVE_OPERATORS[agreement.vendor](
            task_id="prove", agreement=agreement, trigger_rule="all_done"
        )
        report = ReportOperator(
            task_id="report",
            agreement=agreement,
            shared={f"land.{SMALL}": _small(agreement)},
            trigger_rule="all_done",
            retries=0,
        )
        landed >> facts >> validate >> prove >> report
        if is_awaited:
            dispatch = DispatchOperator(
                task_id="dispatch", agreement=agreement, trigger_rule="all_done"
            )
            prove >> dispatch >> report
        if agreement.lake:
            lake = LakeOperator(task_id="lake", agreement=agreement, trigger_rule="all_done")
            landed >> lake >> report
    # Set after the tasks: params given to the DAG are copied into every task and cost at each parse. And
    # past the attribute's own check, which took longer than all the rest: _form has checked them.
    form = _form(tuple(e.name for e in _wanted(agreement)))
    object.__setattr__(dag, "params", form)
    return dag


def _task_defaults(agreement: Agreement) -> dict[str, Any]:
    return {
        "owner": agreement.owner,
        "pool": VENDORS[agreement.vendor].pool,
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=20),
        "retry_policy": _RETRY_POLICY,
        "execution_timeout": timedelta(hours=6),
        # What has begun is finished first: by default the first task of every waiting run comes before
        # the facts of all that have landed.
        "weight_rule": "upstream",
    }


def _wanted(agreement: Agreement) -> tuple[Entity, ...]:
    return VENDORS[agreement.vendor].wanted(agreement)


def _landing(agreement: Agreement) -> TaskGroup:
    """The identity comes first, since it says whose books the credentials open; where it did not
    succeed, every entity checks for itself. Small sets share a task: a task costs about a second
    of CPU, whatever it does. An entity comes after those it looks at, and after those
    that name its records."""
    operator = LAND_OPERATORS[agreement.vendor]
    wanted = _wanted(agreement)
    shares: dict[str, list[str]] = {}
    for entity in wanted:
        shares.setdefault(SMALL if entity.is_small else entity.name, []).append(entity.name)
    with TaskGroup("land", tooltip="From the vendor into staging and core") as group:
        tasks = {
            name: operator(
                task_id=name, agreement=agreement, entities=entities, trigger_rule="all_done"
            )
            for name, entities in shares.items()
        }
        identity = VENDORS[agreement.vendor].identity
        if others := [task for name, task in tasks.items() if name != identity]:
            tasks[identity] >> others
        for name, other in _order_of(wanted):
            tasks[other] >> tasks[name]
    return group


def _order_of(wanted: Sequence[Entity]) -> list[tuple[str, str]]:
    """(task, task that comes before it); within a task entities are in landing order."""
    tasks = {entity.name: SMALL if entity.is_small else entity.name for entity in wanted}
    pairs = {
        (tasks[entity.name], tasks[other]): None
        for entity in wanted
        for other in entity.lands_after
        if other in tasks and tasks[other] != tasks[entity.name]
    }
    return list(pairs)


def _small(agreement: Agreement) -> list[str]:
    return [entity.name for entity in _wanted(agreement) if entity.is_small]


@cache
def _form(entities: tuple[str, ...]) -> ParamsDict:
    """The form of the trigger dialog; agreements with the same entities share it."""
    names = list(entities)
    day = {"type": ["null", "string"], "format": "date"}
    form = ParamsDict(
        {
            "mode": Param(
                "auto",
                type="string",
                enum=["auto", "full", "window"],
                title="Mode",
                description="auto: what changed. full: read and rebuild everything of the chosen "
                "entities. window: read the dates below again. A backfill reads its own days, whatever "
                "is chosen here.",
            ),
            "from": Param(None, title="From", description="First date (mode window only).", **day),
            "to": Param(
                None, title="To", description="Last date, included (mode window only).", **day
            ),
            "entities": Param(
                [],
                type=["null", "array"],  # without null the form calls it mandatory
                items={"type": "string", "enum": names},
                examples=names,
                title="Entities",
                description="Which to land; none chosen means all. Facts are always refreshed.",
            ),
            "confirm_deletes": Param(
                False,
                type=["null", "boolean"],
                title="Confirm deletes",
                description="Let a mass deletion pass that an earlier run refused.",
            ),
        }
    )
    form.validate()
    return form


_LAKE = " **lake** writes what landed as Parquet."
_DISPATCH = (
    " **dispatch** starts the exports that wait for the night, where its validation has passed."
)


def _documentation(agreement: Agreement, *, is_awaited: bool) -> str:
    entities = ", ".join(entity.name for entity in _wanted(agreement))
    schedule = (
        f"`{agreement.schedule}` ({agreement.timezone})" if agreement.schedule else "on demand"
    )
    return f"""### {agreement.name}

| | |
|---|---|
| Agreement | `{agreement.id}` in {agreement.vendor} |
| Connection | `{agreement.connection}` |
| Schedule | {schedule} |
| Everything is read again | {agreement.full_refresh} |
| Entities | {entities} |

**land.\\*** pulls what changed into `staging` and types it into `core` (small sets share **land.small**); **facts** rewrites the rows of
`mart` whose inputs changed; **validate** checks what changed there, and **prove** compares it with the vendor's own totals; **report** fails the run when anything failed, and says why.{_LAKE if agreement.lake else ""}{_DISPATCH if is_awaited else ""}

A failed entity does not stop the others; the next run repairs what it left. To read a period again,
trigger with mode `window` and both dates, or start a backfill. What every try did is in `ops.sync_run`.
"""
