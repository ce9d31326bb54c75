"""Files at a line, a journal or an invoice, in two steps: the record, then its bytes with the record's ETag."""

from __future__ import annotations

import re
from hashlib import sha256

from . import accounts
from .errors import Refused, malformed, rule
from .fields import NIL, Row, empty, fields
from .ledger import Ledger

ATTACHMENTS = fields(
    "id:guid! parentId:guid parentType:option fileName:text250 byteSize:int! lastModifiedDateTime:datetime!"
)
DOCUMENT_ATTACHMENTS = fields(
    "id:guid! parentId:guid parentType:option fileName:text250 byteSize:int! lineNumber:int "
    "documentFlowSales:bool documentFlowPurchase:bool lastModifiedDateTime:datetime!"
)
#: Type of parent -> where it may be. A line of a journal is one of the type Journal.
_PARENTS = {
    "Journal": ("journalLines", "journals"),
    "Purchase Invoice": ("purchaseInvoices", "purchaseInvoiceLines"),
}
_IN_NO_NAME = re.compile(r'[<>:"|?*\\/\x00-\x1f]')
_MOST_BYTES = 350 * 1024 * 1024


def create(table: str, ledger: Ledger, given: Row) -> Row:
    accounts.required(given, ("parentId", "parentType", "fileName"))
    tables = _PARENTS.get(given["parentType"])
    if tables is None:
        told = f'The value "{given["parentType"]}" cannot be evaluated into type Option.'
        raise Refused(400, "Application_EvaluateException", told)
    if not any(ledger.by_id(one, given["parentId"]) for one in tables):
        if table == "documentAttachments":
            raise rule("The document attachments parent cannot be found.")
        given = {**given, "parentId": NIL}  # it is kept, unlinked
    known = ATTACHMENTS if table == "attachments" else DOCUMENT_ATTACHMENTS
    name = _kept(given["fileName"])
    return ledger.add(table, {**empty(known), "_content": b"", "_hash": "", **given, "fileName": name})  # fmt: skip


def _kept(name: str) -> str:
    """The name is kept in two parts; one that Windows does not take gives way to another."""
    if _IN_NO_NAME.search(name):
        return "filename.txt"
    stem, _, ending = name.rpartition(".")
    return f"{stem}.{ending[:30]}".rstrip(".") if stem else name


def put_content(table: str, ledger: Ledger, row: Row, kind: str, body: bytes) -> None:
    """kind: the content type. The record has another ETag then."""
    if kind.partition(";")[0] == "application/json":
        raise malformed("The content must be sent as application/octet-stream.")
    if len(body) > _MOST_BYTES:
        raise Refused(413, "BadRequest_RequestEntityTooLarge", "Request entity too large.")
    digest = sha256(body).hexdigest()
    ledger.change(table, row, byteSize=len(body), _content=body, _hash=digest)


def change(table: str, ledger: Ledger, row: Row, given: Row) -> Row:
    if set(given) & {"parentId", "parentType"}:
        raise rule("The parent of an attachment cannot be changed.")
    return ledger.change(table, row, **given)
