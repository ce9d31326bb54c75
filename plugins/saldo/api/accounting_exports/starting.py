"""Starting a run that exports what was asked for, unless one that is about to start can do it, too."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from saldo.exports.configuration import dag_id_of
from saldo.runs import audit
from saldo.runs.sync_run import Run
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection, exclusive

from .. import runs

#: Of the run's conf: ids of exports; all that are due without it.
KEY = "exports"
#: What else such a run does not do: earlier exports are compared by nights.
_WITHOUT = {"reconcile": False}
_WAIT_S = 5.0


def refuse_resting(organisation: str) -> None:
    """Raises Problem where a run could not be started: before anything is written. See runs.refuse_resting."""
    runs.refuse_resting(dag_id_of(organisation))


def begin_export(
    connection: Connection, organisation: str, export_ids: Sequence[UUID], *, actor: str, by: str
) -> runs.DagRun:
    """A run of `saldo_export__<organisation>` that exports these, and who wanted it in ops.audit. by: through what they asked. Runs of one organisation follow one
    another: one that waits does these, too. Raises Busy, and as runs.start does."""
    dag_id, ids = dag_id_of(organisation), [str(one) for one in export_ids]
    said = f"organisation {organisation!r}"
    with exclusive(connection, organisation, "starts of exports", said=said, wait_s=_WAIT_S):
        run = _waiting(dag_id, ids) or runs.start(dag_id, {KEY: ids, **_WITHOUT}, actor=actor)
    audit.record(
        connection,
        audit.Action.RUN_STARTED,
        actor=actor,
        subject=SubjectKey("export", organisation),
        run=Run(run.dag_id, run.run_id),
        detail={"by": by, KEY: ids},
    )
    return run


def _waiting(dag_id: str, ids: list[str]) -> runs.DagRun | None:
    """A run that waits for its turn, and that exports these as well."""
    for run in runs.newest(dag_id, states=("queued",)):
        if run.conf.get("dry_run"):
            continue
        if run.conf.get(KEY):
            if extended := runs.extend(dag_id, run.run_id, KEY, ids):
                return extended
        elif not run.conf.get("expenses"):
            return run
    return None
