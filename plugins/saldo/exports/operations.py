"""Accounting exports from a prompt: asked for and sent at once, looked at, and sent again, as the DAG of an organisation does it.

`saldo.exports` has the names. They need what a task of Airflow has: the connections `saldo_warehouse` and that of the organisation's file,
and SALDO_EXPORTS_DIR.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from saldo.errors import Busy, ConfigError, DataRejected, RateLimited, Unavailable
from saldo.warehouse.connection import Connection, connect, translated

from .accounting.configuration import AccountingExport
from .accounting.deciding import retry
from .accounting.jobs import Attempt, Job, attempts_of, job_of, jobs_of
from .accounting.kept import UnknownExpense
from .accounting.preview import Preview, preview
from .accounting.registering import register
from .accounting.sending import Export
from .accounting.targets.target import Target
from .loading import accounting_export

#: How long a person at a prompt waits for another who sends.
WAIT_S = 20
#: Exports of one retry.
MOST = 5_000
#: Status -> what becomes of it by itself, or what a person does.
_NEXT = {
    "pending": "it is sent by the next run, or now with export_expense",
    "sending": "a run is sending it, or was killed: the next one looks it up before anything else",
    "unknown": "it was sent, and the answer was not seen: it is looked up before anything else",
    "created": "it is there; the next run attaches what is missing, and posts it where the file says so",
    "posted": "it is in the books; nothing more is done",
    "failed": "it is tried again, or now with retry_failed_exports",
    "review": "a person decides: mend what is said, then retry it; or cancel it, or mark it as booked by hand",
    "cancelled": "it is not sent, unless somebody asks for it again",
}

Open = Callable[[AccountingExport, str], Target]


class AmbiguousExpense(DataRejected):
    """Several organisations have an expense of that id. organisations: which."""

    def __init__(self, expense_id: str, organisations: Sequence[str]) -> None:
        self.organisations = tuple(organisations)
        super().__init__(
            f"expense {expense_id!r} is there in several organisations: {', '.join(organisations)}; say organisation="
        )

    @property
    def family(self) -> str:
        """That of data which must not pass without a person's word."""
        return "DataRejected"


class ExportStatus(msgspec.Struct, frozen=True, kw_only=True):
    """An expense and its export. export_id: None where nobody has asked for one; status is then `none`.

    reference: what the target calls it; key: its document's number there. total: in currency, VAT included. problem: why it is where it
    is; next: what becomes of it, or what to do. note: why it was not sent now, although it was asked for. calls: to the target, the
    oldest first.
    """

    organisation: str
    expense_id: str
    revision: int
    target: str
    status: str
    export_id: UUID | None = None
    kind: str | None = None
    reference: str | None = None
    key: str | None = None
    total: Decimal | None = None
    currency: str | None = None
    posting_date: str | None = None
    attempts: int = 0
    next_attempt_at: datetime | None = None
    posted_at: datetime | None = None
    problem: str = ""
    next: str = ""
    note: str = ""
    calls: tuple[Attempt, ...] = ()


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Of several. refused: expense or export -> why it was not asked for, in words; note: see ExportStatus."""

    exports: tuple[ExportStatus, ...] = ()
    refused: dict[str, str] = {}
    note: str = ""

    def __getitem__(self, expense_id: str) -> ExportStatus:
        """That of an expense. Raises KeyError."""
        for one in self.exports:
            if one.expense_id == expense_id:
                return one
        raise KeyError(expense_id)


def _open(configuration: AccountingExport, dsn: str) -> Target:
    from saldo.hooks.accounting import open_target

    return open_target(configuration, dsn=dsn)


def _dsn() -> str:
    from saldo.hooks.warehouse import WarehouseHook
    from saldo.warehouse.migrations import migrate

    dsn = WarehouseHook().dsn()
    migrate(dsn)
    return dsn


class Operations:
    """The names on one warehouse. open: what sends to the company of a file, given it and the warehouse's DSN. actor: who asks."""

    def __init__(self, dsn: str, *, actor: str, open: Open = _open) -> None:
        self._dsn, self._actor, self._open = dsn, actor, open

    def export(
        self,
        ids: Sequence[str],
        target_system: str,
        *,
        organisation: str | None = None,
        refuses: bool = True,
    ) -> Batch:
        """Ask for the exports of expenses, and send them. refuses: what cannot be exported is told in the result; else it is raised. Raises
        AmbiguousExpense and ConfigError before anything is done."""
        with self._connected() as connection:
            whose = _organisations(connection, ids, organisation)
            exporting = {name: _exporting(name, target_system) for name in set(whose.values())}
            jobs: dict[str, Job] = {}
            refused: dict[str, str] = {}
            for id in dict.fromkeys(ids):
                try:
                    jobs[id] = _registered(connection, exporting, whose, id, self._actor)
                except (DataRejected, Busy) as error:
                    if not refuses:
                        raise
                    refused[id] = str(error)
            notes = [self._send(one, jobs.values()) for one in exporting.values()]
            note = " ".join(filter(None, notes))
            exports = tuple(_status(job_of(connection, job.export_id), note) for job in jobs.values())  # fmt: skip
        return Batch(exports=exports, refused=refused, note=note)

    def rehearse(
        self, ids: Sequence[str], target_system: str, *, organisation: str | None = None
    ) -> dict[str, Preview]:
        """Expense -> what it would become, and what its target would say of it. Nothing is written or sent."""
        with self._connected() as connection:
            whose = _organisations(connection, ids, organisation)
            exporting = {name: _exporting(name, target_system) for name in set(whose.values())}
            targets = {name: self._open(one, self._dsn) for name, one in exporting.items()}
            return {
                id: preview(connection, exporting[name], id, targets[name])
                for id, name in whose.items()
            }

    def status(self, expense_id: str, *, organisation: str | None = None) -> ExportStatus:
        """Of the newest revision, with the calls about it. Raises UnknownExpense, AmbiguousExpense."""
        with self._connected() as connection:
            [name] = _organisations(connection, [expense_id], organisation).values()
            [(revision, status)] = connection.execute(
                "select e.revision, e.status from ops.expense as e where e.organisation = %s and e.expense_id = %s "
                "order by e.revision desc limit 1",
                [name, expense_id],
            ).fetchall()
            found = jobs_of(connection, organisations=[name], source_id=expense_id, limit=MOST)
            job = next((one for one in found if one.revision == revision), None)
            if job is not None:
                return _status(job, calls=tuple(attempts_of(connection, job.export_id)))
            target = accounting_export(name).target
            asks = "nobody has asked for it; the next run does, or export_expense now"
            return ExportStatus(
                organisation=name, expense_id=expense_id, revision=revision, target=target, status="none",
                next=asks if status == "approved" else f"the expense is {status}; only what is approved is exported",
            )  # fmt: skip

    def retry(self, organisation: str, *, dry_run: bool = False) -> Batch:
        """Send again what failed, and what is in review with nothing of it at the target: what was wrong may be mended. What an earlier
        revision, or something that is or was at the target, stands against is refused, and stays for a person. dry_run: only say which."""
        configuration = accounting_export(organisation)
        with self._connected() as connection:
            found = jobs_of(
                connection, organisations=[organisation], status=("failed", "review"), limit=MOST
            )
            refused = {str(one.export_id): _why(one) for one in found if _why(one)}
            jobs = [one for one in reversed(found) if str(one.export_id) not in refused]
            note = ""
            if not dry_run:
                for job in jobs:
                    try:
                        retry(
                            connection, job.export_id, actor=self._actor, configuration=configuration
                        )  # fmt: skip
                    except (DataRejected, Busy) as error:
                        refused[str(job.export_id)] = str(error)
                note = self._send(configuration, jobs)
            exports = tuple(_status(job_of(connection, job.export_id), note) for job in jobs)
        return Batch(exports=exports, refused=refused, note=note)

    def _send(self, configuration: AccountingExport, jobs: Collection[Job]) -> str:
        """Everything that is due of the organisation is checked, these are sent; returns why nothing was. Raises what a person must
        mend first: ConfigError, AuthError."""
        ids = [one.export_id for one in jobs if one.organisation == configuration.organisation]
        if not ids:
            return ""
        target = self._open(configuration, self._dsn)
        export = Export(self._dsn, configuration, target, actor=self._actor, wait_s=WAIT_S)
        try:
            counts = export.settle() + export.check() + export.send(ids) + export.finish()
        except (Busy, RateLimited, Unavailable) as error:
            return f"{configuration.organisation}: not sent now, and left for the next run: {error}"
        return f"{configuration.organisation}: {counts.held}" if counts.held else ""

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with translated(), connect(self._dsn) as connection:
            yield connection


def here() -> Operations:
    """On the warehouse of Airflow's connection, as whoever is logged in on this machine."""
    try:
        actor = getpass.getuser()
    except (KeyError, OSError):
        actor = "(prompt)"
    return Operations(_dsn(), actor=actor)


def _exporting(organisation: str, target_system: str) -> AccountingExport:
    found = accounting_export(organisation)
    if found.target != target_system:
        raise ConfigError(
            f"organisation {organisation!r} exports to {found.target}, not to {target_system}; say {found.target!r}, or correct "
            f"{organisation}.yaml"
        )
    return found


def _organisations(
    connection: Connection, ids: Sequence[str], organisation: str | None
) -> dict[str, str]:
    """Expense -> whose it is; the one that was said. Raises UnknownExpense, AmbiguousExpense."""
    if organisation is not None:
        return dict.fromkeys(ids, organisation)
    rows = connection.execute(
        "select e.expense_id, array_agg(distinct e.organisation order by e.organisation) from ops.expense as e "
        "where e.expense_id = any(%s) group by e.expense_id",
        [list(ids)],
    )
    known: dict[str, list[str]] = dict(rows.fetchall())
    for id in ids:
        if id not in known:
            raise UnknownExpense(
                f"there is no expense {id!r}; send it, or look for its id in ops.expense"
            )
        if len(known[id]) > 1:
            raise AmbiguousExpense(id, known[id])
    return {id: known[id][0] for id in ids}


def _registered(
    connection: Connection,
    exporting: dict[str, AccountingExport],
    whose: dict[str, str],
    id: str,
    actor: str,
) -> Job:
    return register(connection, exporting[whose[id]], id, actor=actor)


def _why(job: Job) -> str:
    """Why a person must look at it first; empty where it may simply be tried again."""
    was_there = job.external_reference is not None and not job.is_second_accepted
    if job.status == "review" and (job.may_be_there or was_there or job.differences is not None):
        return f"{job.kind} {job.source_id}, revision {job.revision}, is for a person: {job.last_error}"
    return ""


def _status(job: Job, note: str = "", calls: tuple[Attempt, ...] = ()) -> ExportStatus:
    is_open = job.status not in ("created", "posted", "review", "cancelled")
    return ExportStatus(
        organisation=job.organisation, expense_id=job.source_id, revision=job.revision, target=job.target, status=job.status,
        export_id=job.export_id, kind=job.kind, reference=job.external_reference, key=job.key, total=job.total,
        currency=job.currency, posting_date=None if job.posting_date is None else job.posting_date.isoformat(),
        attempts=job.attempts, next_attempt_at=job.next_attempt_at, posted_at=job.posted_at, problem=job.last_error or "",
        next=_NEXT[job.status], note=note if is_open else "", calls=calls,
    )  # fmt: skip
