"""What every step of an export works with: the company's lock is held as long as there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from saldo.runs.meter import Tell, nobody
from saldo.warehouse.connection import Connection

from .. import kept
from ..breaker import Breaker
from ..configuration import AccountingExport
from ..document import AccountingDocument, ReceiptReference
from ..jobs import Job, select_jobs
from ..targets.target import Dispatch, Found, Target
from .calls import RegisteredCalls

#: Documents of one look-up.
AT_ONCE = 500
#: Jobs that this organisation's file is about, in the company it names.
OURS = (
    "where j.organisation = %(organisation)s and j.target = %(target)s and j.kind in ('expense', 'honorarium') "
    "and (j.company is null or j.company = %(company)s or not j.may_be_there) and "
)
NEWER = (
    "exists (select from ops.expense as n where n.organisation = j.organisation and n.expense_id = j.source_id "
    "and n.revision > j.revision)"
)
DUE = "j.status in ('pending', 'failed') and (j.next_attempt_at is null or j.next_attempt_at <= %(now)s) and not "
IN_ORDER = " order by j.sequence_number"


@dataclass(frozen=True)
class Work:
    """One organisation's, in one company of its target. tell: hears how many are sent of those that are."""

    connection: Connection
    configuration: AccountingExport
    target: Target
    company: str
    breaker: Breaker
    clock: Callable[[], datetime]
    tell: Tell = nobody

    @property
    def values(self) -> dict[str, object]:
        """What the pieces of SQL above name."""
        return {
            "organisation": self.configuration.organisation, "target": self.configuration.target, "company": self.company,
            "now": self.clock(),
        }  # fmt: skip

    def jobs(self, where: str, **values: object) -> list[Job]:
        """Ours, in the order of their numbers."""
        return select_jobs(self.connection, OURS + where + IN_ORDER, {**self.values, **values})

    def ids(self, where: str, **values: object) -> list[UUID]:
        """Of the same, without their documents: there may be many."""
        sql = f"select j.export_id from ops.export_job as j {OURS}{where}{IN_ORDER}"
        rows = self.connection.execute(sql.encode(), {**self.values, **values})
        return [id for (id,) in rows]

    def calls(self, documents: Mapping[UUID, AccountingDocument]) -> RegisteredCalls:
        ids = {document.key: id for id, document in documents.items()}
        return RegisteredCalls(self.connection, ids, self.clock)

    def look_up(
        self,
        jobs: Sequence[Job],
        documents: Mapping[UUID, AccountingDocument],
        *,
        noted: bool = True,
    ) -> dict[UUID, Found]:
        """What the target has of each, with calls written down unless told otherwise. Raises Held."""
        found: dict[UUID, Found] = {}
        for begin in range(0, len(jobs), AT_ONCE):
            part = jobs[begin : begin + AT_ONCE]
            dispatches = [dispatch(job, documents[job.export_id]) for job in part]
            calls = self.calls(documents) if noted else None
            seen = self.breaker.ask(partial(self.target.look_up, dispatches, calls))
            found |= {job.export_id: seen[documents[job.export_id].key] for job in part}
        return found

    def receipts(self, document: AccountingDocument, reference: ReceiptReference) -> bytes:
        """The content of a receipt, for the target."""
        return kept.receipt_content(
            self.connection, document.organisation, document.source_id, document.revision, reference.line, reference.sha256,
        )  # fmt: skip


def dispatch(job: Job, document: AccountingDocument) -> Dispatch:
    return Dispatch(document=document, number=job.sequence_number, reference=job.external_reference)


def documents_of(jobs: Iterable[Job]) -> dict[UUID, AccountingDocument]:
    """Those that were kept with jobs."""
    return {job.export_id: job.document for job in jobs if job.document is not None}
