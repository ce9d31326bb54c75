"""The page of one export: the claim, what it becomes, what is wrong, what was tried, and the forms by which a person decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from saldo.api import runs
from saldo.api.accounting_exports.details import details
from saldo.api.accounting_exports.words import status_text, title_of
from saldo.api.auth import may_trigger
from saldo.errors import SaldoError
from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.jobs import Job
from saldo.exports.accounting.register.judging import DIFFERENT, GONE
from saldo.exports.configuration import dag_id_of
from saldo.exports.loading import accounting_export

from ..shell import Reading, page
from . import overrides, words

#: What a run is at, and what none will be at again.
_MOVING = ("pending", "sending")
_OVER = ("posted", "cancelled")


def one_page(
    request: Request,
    user: Any,
    books: Reading,
    job: Job,
    *,
    told: str | None = None,
    typed: Mapping[str, str] | None = None,
    preview: Any = None,
    problem: Any = None,
    status: int = 200,
) -> Response:
    """typed: what was filled in, where the page comes again. preview: what that would become. problem: what is wrong with it."""
    found = details(books.connection, request, job)
    lines = (found.expense or {}).get("lines", [])
    configuration = _configuration(job.organisation)
    dag_id = dag_id_of(job.organisation)
    return page(
        request,
        user,
        "exports/one.html",
        title=f"{job.source_id}, revision {job.revision}",
        section="exports",
        status=status,
        told=told,
        job=job,
        run=run_of(job),
        found=found,
        lines=lines,
        status_text=status_text(job),
        target=title_of(job.target),
        actions={one.action for one in found.actions},
        needs_second=_needs_second(job),
        may_accept=_needs_second(job) or job.last_error_family in (GONE, DIFFERENT),
        is_newest=bool(found.revisions) and found.revisions[0].revision == job.revision,
        may_act=may_trigger(request, user, dag_id),
        dag_id=dag_id,
        rules=configuration.rules if configuration else None,
        is_over=job.status in _OVER,
        is_unsent=_is_unsent(job),
        places=_places(found.expense, configuration, job),
        acts=books.rows("exports/acts", {"export_id": str(job.export_id)}),
        typed=typed or {},
        preview=preview,
        problem=problem,
        words=words,
    )


def _needs_second(job: Job) -> bool:
    """An earlier revision was exported: this one goes by a person's word only."""
    return job.differences is not None and not job.is_second_accepted


def _is_unsent(job: Job) -> bool:
    """It is over, and was never sent: a person booked it by hand, or cancelled it."""
    return job.attempts == 0 and (job.booked_by is not None or job.status == "cancelled")


def run_of(job: Any) -> runs.DagRun | None:
    """The run that is at it, or that it waits for; None where there is none."""
    if job.status not in _MOVING:
        return None
    for run in runs.at_work(dag_id_of(job.organisation)):
        named = run.conf.get("exports")
        if not run.conf.get("dry_run") and (not named or str(job.export_id) in named):
            return run
    return None


def _configuration(organisation: str) -> AccountingExport | None:
    """None where the file is gone, off or broken: the page is there without what it says."""
    try:
        return accounting_export(organisation)
    except SaldoError:
        return None


def _places(
    expense: Mapping[str, Any] | None, configuration: AccountingExport | None, job: Job
) -> list[overrides.Place]:
    if expense is None or configuration is None or configuration.target != job.target:
        return []
    return overrides.places(expense, configuration, job.override)
