"""Whose exports a user may see and act on: those of organisations whose DAG Airflow lets them see, or trigger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request

from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.jobs import Job, UnknownExport, job_of
from saldo.exports.configuration import dag_id_of
from saldo.exports.loading import load_accounting_exports
from saldo.warehouse.connection import Connection

from ..answers import Problem
from ..auth import may_see, refuse_strangers, visible_dags

#: Organisations there are exports of; by the index, however many rows they have.
_ORGANISATIONS = """
with recursive one as (
    (select j.organisation from ops.export_job as j order by j.organisation limit 1)
    union all
    select (select j.organisation from ops.export_job as j where j.organisation > o.organisation order by j.organisation limit 1)
    from one as o
    where o.organisation is not null
)

select o.organisation from one as o where o.organisation is not null
"""
_WHAT = "decide about exports"


def visible(connection: Connection, user: Any, *, only: str | None = None) -> list[str]:
    """The organisations with exports that the user may see, in order. only: that one, if they may."""
    found = [only] if only else [name for (name,) in connection.execute(_ORGANISATIONS.encode())]
    allowed = visible_dags(user, map(dag_id_of, found))
    return [name for name in found if dag_id_of(name) in allowed]


def job_to_see(connection: Connection, request: Request, user: Any, export_id: UUID) -> Job:
    """Raises Problem 404, the same for what is not there and for what the user may not see."""
    try:
        job = job_of(connection, export_id)
    except UnknownExport:
        raise _nothing() from None
    if not may_see(request, user, dag_id_of(job.organisation)):
        raise _nothing()
    return job


def job_to_decide(connection: Connection, request: Request, user: Any, export_id: UUID) -> Job:
    """Raises Problem 404 as job_to_see does, and 403 for whoever may look and not act."""
    job = job_to_see(connection, request, user, export_id)
    refuse_strangers(request, user, dag_id_of(job.organisation), job.organisation, what=_WHAT)
    return job


def export_of(organisation: str) -> AccountingExport:
    """Read at each request. Raises Problem 422 where the organisation has no accounting export that is switched on, 503 where its
    file is broken."""
    found = load_accounting_exports(only=organisation)
    for one in found.good:
        if one.organisation == organisation:
            return one
    if any(broken.path.stem == organisation for broken in found.broken):
        raise Problem(
            503,
            "The organisation's file is broken",
            f"Saldo cannot read {organisation}.yaml of its exports; Airflow's import errors say why. Ask again when it is mended.",
            {"Retry-After": "300"},
        )
    raise Problem(
        422,
        "This organisation exports nothing",
        f"{organisation!r} has no accounting export that is switched on. Correct the name, or write {organisation}.yaml.",
    )


def _nothing() -> Problem:
    return Problem(
        404,
        "No such export",
        "There is none with this id, or you may not see it. The list of exports has those that you may see.",
    )
