"""Starting a run that brings purchase documents up to date, unless one is about to start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from saldo.agreements.agreement import Agreement
from saldo.exports.summaries import ENTITIES
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, exclusive

from .. import runs
from ..answers import Problem

#: What purchase documents refer to.
_BESIDE = ("contacts", "ledger_accounts", "tax_rates", "projects")

_WAIT_S = 5.0


@contextmanager
def one_at_a_time(connection: Connection, agreement: Agreement) -> Iterator[None]:
    """Of two who start a sync at once, the second finds the run of the first. Raises Busy."""
    with exclusive(connection, agreement.id, "starts of syncs", wait_s=_WAIT_S):
        yield


def entities_of(agreement: Agreement) -> list[str]:
    """What a sync of purchase documents lands, in order; none where the vendor has no purchase documents."""
    wanted = [entity.name for entity in VENDORS[agreement.vendor].wanted(agreement)]
    if not any(name in wanted for name in ENTITIES):
        return []
    return [name for name in wanted if name in (*ENTITIES, *_BESIDE)]


def begin_sync(agreement: Agreement, *, actor: str, delay_s: float = 0) -> runs.DagRun:
    """A run that reads the purchase documents: one that waits for its turn, else a new one; within `one_at_a_time`.
    delay_s: it begins that much later.

    Raises Problem 409 where the vendor has no purchase documents, and as runs.start does.
    """
    entities = entities_of(agreement)
    if not entities:
        raise Problem(
            409,
            "There are no purchase documents",
            f"{agreement.name} has none that Saldo reads from {VENDORS[agreement.vendor].title}.",
        )
    runs.refuse_resting(agreement.dag_id)
    for run in runs.newest(agreement.dag_id, states=("queued",)):
        asked: list[str] = list(run.conf.get("entities") or ())
        if run.conf.get("mode", "auto") == "auto" and (not asked or set(entities) <= set(asked)):
            return run
    return runs.start(agreement.dag_id, {"entities": entities}, actor=actor, delay_s=delay_s)
