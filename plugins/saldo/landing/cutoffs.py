"""Cutoffs: how far a run reads what grows, so that whatever its records name is landed after.

Books go on while a run reads them. What is booked after its start waits for the next one: an entry whose
customer, invoice lines or dimensions were read before it was booked would miss them in the facts.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from saldo.agreements.agreement import Agreement
from saldo.declarations.entity import Entity
from saldo.declarations.source import CutoffSource, Source
from saldo.errors import VendorError
from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.runs.sync_run import Run
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection

#: A task that is cleared later than this reads what there is by then.
_LASTS = timedelta(hours=20)

log = logging.getLogger(__name__)


def note(
    connection: Connection,
    source: Source,
    agreement: Agreement,
    *,
    run_request: RunRequest,
    run: Run,
) -> None:
    """Ask how far everything goes that a run cuts off, before anything else is read.

    Where the vendor does not say, the entity is read to its end; an error is that entity's own to raise.
    """
    if run_request.window or not isinstance(source, CutoffSource):
        return
    connection.execute("delete from ops.cutoff where agreement_id = %s", [agreement.id])
    for entity in VENDORS[agreement.vendor].wanted(agreement):
        after = _landed(connection, agreement.id, entity)
        if after is None or not run_request.wants(entity.name):
            continue
        try:
            highest = source.highest(entity, after)
        except VendorError as error:
            log.warning("%s %s: read to its end tonight: %s", agreement.id, entity.name, error)
            continue
        if highest is not None:
            _save(connection, agreement.id, entity, run, highest)
        else:
            log.warning(
                "%s %s: read to its end tonight: what the vendor says is its highest number cannot be",
                agreement.id, entity.name,
            )  # fmt: skip


def _save(
    connection: Connection, agreement_id: str, entity: Entity, run: Run, highest: int
) -> None:
    connection.execute(
        "insert into ops.cutoff (agreement_id, entity, dag_id, run_id, highest, noted_at) "
        "values (%s, %s, %s, %s, %s, clock_timestamp()) on conflict (agreement_id, entity) do update "
        "set dag_id = excluded.dag_id, run_id = excluded.run_id, highest = excluded.highest, "
        "noted_at = excluded.noted_at",
        [agreement_id, entity.name, run.dag_id, run.run_id, highest],
    )


def of_run(connection: Connection, agreement_id: str, entity: Entity, run: Run) -> int | None:
    """How far this run reads an entity; None: to its end. Never less far than another run has landed it since."""
    row = connection.execute(
        "select highest from ops.cutoff where agreement_id = %s and entity = %s and dag_id = %s "
        "and run_id = %s and noted_at > clock_timestamp() - %s",
        [agreement_id, entity.name, run.dag_id, run.run_id, _LASTS],
    ).fetchone()
    return max(row[0], _landed(connection, agreement_id, entity) or 0) if row else None


def _landed(connection: Connection, agreement_id: str, entity: Entity) -> int | None:
    """The number up to which it is landed; None for one that is not cut off."""
    cursor, resume = watermark.load(connection, agreement_id, entity.name)
    return entity.reads.cut_off_after(entity.reads.state(cursor, resume).cursor)
