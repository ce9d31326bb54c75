"""The end of every run of an accounting export: tells people what waits for them, and fails the run when something of it failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from .context import run_of
from .facts import base_url

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.runs.sync_run import Run
    from saldo.subject import SubjectKey
    from saldo.warehouse.connection import Connection

_BAD = ("failed", "upstream_failed")
#: Of a mapped step one task may fail and a later one succeed: for alerts the last row of a run is what became of the step.
_STILL_FAILED = """
insert into ops.sync_run (
    subject_kind, subject_id, entity, dag_id, run_id, try_number, mode, started_at, finished_at, status, error_family, error_message
)
select
    f.subject_kind, f.subject_id, f.entity, f.dag_id, f.run_id, f.try_number, f.mode, f.started_at, clock_timestamp(), f.status,
    f.error_family, f.error_message
from (
    select s.*, max(s.sync_run_id) over () as last_id from ops.sync_run as s
    where s.subject_kind = %(kind)s and s.subject_id = %(id)s and s.dag_id = %(dag_id)s and s.run_id = %(run_id)s
        and s.entity = %(step)s
) as f
where f.status = 'failed' and f.sync_run_id < f.last_id
    and not exists (select from ops.sync_run as l where l.sync_run_id = f.last_id and l.status = 'failed')
order by f.sync_run_id desc
limit 1
"""
#: Has an event when a run leaves exports that a person must decide: the DAG of questions waits for it.
REVIEW = Asset(name="saldo_export_review", uri="x-saldo://export_review")


class AccountingReportOperator(BaseOperator):
    """The only leaf of the DAG: fails when any task before it did, also when its last try was killed. organisation: names the
    file."""

    ui_color = "#f4eeda"

    def __init__(self, *, organisation: str, **kwargs: Any) -> None:
        # Of its own: Airflow (3.3.2) writes down with an alias's first event whose it is, and of two tasks that end at once with one
        # alias the API server fails the second, whatever it has done.
        self.alias = AssetAlias(f"saldo_export_review_{organisation}")
        super().__init__(outlets=[self.alias], **kwargs)
        self.organisation = organisation

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import record_unrecorded, recorded
        from saldo.subject import SubjectKey
        from saldo.warehouse.connection import connect

        ti, run, dsn = context["ti"], run_of(context), WarehouseHook().dsn()
        key = SubjectKey("export", self.organisation)
        found = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        states = _by_step({task: str(state) for task, state in found.items()})
        states.pop(self.task_id, None)
        bad = sorted(step for step, state in states.items() if state in _BAD)
        ended = {step: state for step, state in states.items() if state in ("failed", "success")}
        with connect(dsn) as connection:
            # First what has no row yet, then the report's own: for alerts, what was written before a report is final.
            record_unrecorded(connection, key, run, ended)
            for step in bad:
                connection.execute(_STILL_FAILED, {**_of(key, run), "step": step})
            with recorded(connection, dsn, key, self.task_id, run) as sync_run:
                waiting = self._tell(connection)
                if waiting:
                    sync_run.note = f"{waiting} wait for a person's word"
                    self.log.warning("%s: %s", self.organisation, sync_run.note)
                if bad:
                    raise AirflowFailException(_failure(connection, key, run, bad))
        if waiting:
            context["outlet_events"][self.alias].add(REVIEW, extra={"waiting": waiting})

    def _tell(self, connection: Connection) -> int:
        """A mail about exports that came to wait for a person's word; returns how many wait now."""
        from saldo.exports.accounting.notices import post_reviews, waiting_for_a_person
        from saldo.exports.loading import load_accounting_exports

        found = load_accounting_exports(only=self.organisation).good
        for configuration in found:
            if configuration.organisation == self.organisation:
                told = post_reviews(
                    connection, configuration, now=datetime.now(UTC), base_url=base_url()
                )
                if told:
                    self.log.info("%s: a mail tells of %s exports", self.organisation, told)
        return waiting_for_a_person(connection, self.organisation)


def _of(key: SubjectKey, run: Run) -> dict[str, object]:
    return {"kind": key.kind, "id": key.id, "dag_id": run.dag_id, "run_id": run.run_id}


def _by_step(states: Mapping[str, str]) -> dict[str, str]:
    """Task -> its state; of a mapped one, whose tasks are told as send_0, send_1, …, the worst."""
    found: dict[str, str] = {}
    for task, state in states.items():
        name, _, index = task.rpartition("_")
        step = name if name and index.isdecimal() else task
        if found.get(step) not in _BAD:
            found[step] = state
    return found


def _failure(connection: Connection, key: SubjectKey, run: Run, bad: list[str]) -> str:
    """What failed and why, the same reason once."""
    from saldo.runs.sync_run import UNTOLD

    rows = connection.execute(
        "select distinct on (entity) entity, error_message from ops.sync_run where subject_kind = %(kind)s "
        "and subject_id = %(id)s and dag_id = %(dag_id)s and run_id = %(run_id)s and status = 'failed' "
        "order by entity, sync_run_id desc",
        _of(key, run),
    ).fetchall()
    reasons = {step: message or UNTOLD for step, message in rows}
    by_reason: dict[str, list[str]] = {}
    for step in bad:
        if step in reasons:
            by_reason.setdefault(reasons[step], []).append(step)
    not_run = [step for step in bad if step not in reasons]
    lines = [f"{', '.join(steps)}: {reason}" for reason, steps in by_reason.items()]
    lines += [f"not run: {', '.join(not_run)}"] if not_run else []
    return "\n".join([f"{key}: {len(bad)} task(s) failed", *lines])
