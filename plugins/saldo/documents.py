"""The PDF of a voucher or an invoice, fetched from the vendor when a person opens it.

Only documents that the warehouse knows can be fetched. Every request is counted in ops.sync_run, so
that nights and documents share one daily budget; documents take no more of it than the vendor's
object allows. Who opened what is in ops.audit.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO

import psycopg

from saldo.declarations.source import DocumentKind, DocumentSource
from saldo.errors import ConfigError, RateLimited, SaldoError
from saldo.runs import audit
from saldo.runs.sync_run import Run, recorded
from saldo.subject import SubjectKey
from saldo.vendors.vendor import Documents
from saldo.warehouse.connection import Connection, translated

#: What distinguishes an opened document from a night's task in ops.sync_run. (`documents` is an entity.)
ENTITY, DAG_ID = "document_pdf", "saldo_documents"
#: Bytes held in memory; what is larger goes to a temporary file.
_IN_MEMORY = 1 << 20

_NUMBER = re.compile(r"[0-9]{1,18}")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")

#: Numbers are texts in the mart; a digit string is compared with exactly one of the two columns.
_KNOWN = {
    "document_number": "d.document_number = %(number)s",
    "attached_document_number": "d.attached_document_number = %(number)s",
}
_FIND = """
select d.accounting_year, d.document_number
from mart.dim_document as d
inner join mart.dim_agreement as a on a.agreement_key = d.agreement_key
where a.agreement_id = %(agreement_id)s and d.kind = %(kind)s and d.has_pdf and """
_OPENED = """
select
    count(*) filter (where started_at > clock_timestamp() - interval '1 minute'),
    count(*),
    coalesce(extract(epoch from min(started_at) + interval '24 hours' - clock_timestamp()), 0)
from ops.sync_run
where agreement_id = %s and entity = %s and started_at > clock_timestamp() - interval '24 hours'
"""


@dataclass(frozen=True)
class Document:
    """number: what the vendor hands it out by; document_number: what people call it."""

    agreement_id: str
    kind: str
    number: str
    document_number: str
    accounting_year: str | None

    @property
    def subject(self) -> SubjectKey:
        return SubjectKey("agreement", self.agreement_id)

    @property
    def filename(self) -> str:
        parts = (self.agreement_id, self.kind, self.accounting_year, self.document_number)
        return _UNSAFE.sub("-", "-".join(part for part in parts if part)) + ".pdf"


def find(
    connection: Connection, agreement_id: str, kind: DocumentKind, number: str
) -> Document | None:
    """The document of that number, None when the warehouse knows none with a PDF. Raises ConfigError
    before any agreement has run."""
    if not _NUMBER.fullmatch(number):
        return None
    try:
        with translated():
            row = connection.execute(
                _FIND + _KNOWN[kind.number],
                {"agreement_id": agreement_id, "kind": kind.name, "number": number},
            ).fetchone()
    except psycopg.errors.UndefinedTable:
        raise ConfigError(
            "the warehouse has no table of documents yet: it comes with the first run of any agreement"
        ) from None
    return Document(agreement_id, kind.name, number, str(row[1]), row[0]) if row else None


def fetch(
    connection: Connection,
    dsn: str,
    source: DocumentSource,
    document: Document,
    *,
    offered: Documents,
    actor: str,
) -> IO[bytes]:
    """The whole PDF, at its start; the caller closes it.

    It is whole before the first byte is passed on: what broke off at the vendor must not look like a
    document. Raises RateLimited beyond the agreement's allowance, and what the vendor's client raises.
    """
    _check_allowance(connection, document.agreement_id, offered)
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
    run = Run(DAG_ID, f"{document.kind}__{uuid.uuid4()}")
    what = f"{document.kind} {document.number}"
    refused: SaldoError | None = None
    try:
        with recorded(connection, dsn, document.subject, ENTITY, run) as sync_run:
            sync_run.watch(source)
            sync_run.note = what
            try:
                source.document(document.kind, document.number, file)  # type: ignore[arg-type]
            except SaldoError as error:
                # Whoever asked sees the error. No task has failed, so nobody gets a mail.
                sync_run.skip(f"{what}: {error}")
                refused = error
        if refused is not None:
            raise refused
        _audit(connection, document, actor)
    except BaseException:
        file.close()
        raise
    return file


def _check_allowance(connection: Connection, agreement_id: str, offered: Documents) -> None:
    with translated():
        row = connection.execute(_OPENED, [agreement_id, ENTITY]).fetchone()
    in_minute, in_day, until_free_s = row or (0, 0, 0)
    for opened, allowed, span, wait_s in (
        (in_day, offered.per_day, "24 hours", float(until_free_s)),
        (in_minute, offered.per_minute, "minute", 60.0),
    ):
        if opened >= allowed:
            raise RateLimited(
                f"agreement {agreement_id!r}: {opened} documents were opened in the last {span}, and no "
                f"more than {allowed} may be, so that the nights keep their share of the vendor's calls",
                retry_after_s=max(1.0, wait_s),
            )


def _audit(connection: Connection, document: Document, actor: str) -> None:
    detail = {
        "kind": document.kind,
        "number": document.number,
        "accounting_year": document.accounting_year,
        "document_number": document.document_number,
    }
    audit.record(
        connection,
        audit.Action.DOCUMENT_OPENED,
        actor=actor,
        subject=document.subject,
        detail=detail,
    )
