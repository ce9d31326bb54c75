"""Receipts: files at the first line of a claim in the journal, or at an invoice; made in two steps, each looked for first.

All of a claim hang on one line: of several lines with the same document number only one keeps its files when they are posted
(microsoft/BCApps#9476). A record without bytes, of a step that was cut off, is finished; it is known by its size of 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from saldo.errors import DataRejected, SaldoError
from saldo.vendors.business_central.batches import MOST, Answer, Inside
from saldo.vendors.business_central.odata import Query, Row, parts

from ...document import AccountingDocument, ReceiptReference
from ..target import Calls, Outcome, ReceiptContent
from .company import Company
from .wording import outcome_of, refused, refused_by

if TYPE_CHECKING:
    from .looking import Sight

_LONGEST_NAME, _LONGEST_ENDING = 100, 31
#: What no name on Windows has: Business Central calls such a file filename.txt, which nobody finds again.
_IN_NO_NAME = re.compile(r'[<>:"|?*\x00-\x1f]')
#: Families of errors that concern the target as a whole.
_OF_ALL = ("AuthError", "RateLimited", "Unavailable")


@dataclass
class Missing:
    """record: of the file, where it is made and has no bytes yet. other_size: of a file of that name that is not ours to replace."""

    receipt: ReceiptReference
    name: str
    record: Row | None = None
    other_size: int = 0


def names_of(document: AccountingDocument) -> list[tuple[str, ReceiptReference]]:
    """Each receipt with the name of its file: the line, its own name as Business Central keeps it, and a number where that is there twice."""
    found, taken = [], set[str]()
    for receipt in document.receipts:
        path = PurePath(_IN_NO_NAME.sub("-", receipt.name).rstrip("."))
        stem, ending = f"{receipt.line}-{path.stem}"[:_LONGEST_NAME], path.suffix[:_LONGEST_ENDING]
        name, copy = f"{stem}{ending}", 1
        while name.casefold() in taken:
            copy += 1
            name = f"{stem} ({copy}){ending}"
        taken.add(name.casefold())
        found.append((name, receipt))
    return found


def look(company: Company, sights: Sequence[Sight], calls: Calls | None = None) -> None:
    """Notes what is missing of documents that wait, or are invoices; what was posted from a journal cannot be asked, and nobody can say
    that it is complete."""
    wanted = [one for one in sights if one.dispatch.document.receipts]
    for sight in wanted:
        if sight.parent is None and sight.found.where == "posted":
            sight.found = msgspec.structs.replace(sight.found, is_complete=False)
    asked = [one for one in wanted if one.parent]
    queries = [Query(_path_of(one), "", "id,fileName,byteSize") for one in asked]
    answers = company.read(queries, keys=[one.dispatch.key for one in asked], calls=calls)
    for sight, rows in zip(asked, answers, strict=True):
        sight.missing = list(_missing(sight.dispatch.document, rows))
        if sight.missing:
            sight.found = msgspec.structs.replace(sight.found, is_complete=False)


def complete(
    company: Company, sights: Sequence[Sight], receipts: ReceiptContent, calls: Calls
) -> dict[str, Outcome]:
    """Attach what is missing. Raises where nothing was sent yet, as Company.batch does."""
    outcomes = {one.dispatch.key: standing(one) for one in sights}
    left = [one for one in sights if outcomes[one.dispatch.key].what == "done" and one.missing]
    new = [(one, file) for one in left for file in one.missing if file.record is None]
    for part in parts(new, MOST):
        outcomes |= _made(company, part, calls)
    trouble = next((one for one in outcomes.values() if one.family in _OF_ALL), None)
    for sight in left:
        key = sight.dispatch.key
        if outcomes[key].what == "done":
            outcomes[key] = trouble or _filled(company, sight, receipts, calls)
            if outcomes[key].family in _OF_ALL:
                trouble = outcomes[key]  # the others would fare the same
    return outcomes


def standing(sight: Sight) -> Outcome:
    """done: it can be gone on with."""
    found, names = sight.found, ", ".join(name for name, _ in names_of(sight.dispatch.document))
    if found.where == "nowhere":
        told = f"{sight.dispatch.key} is not there any more, to attach its receipts to: it is looked at again"
        return Outcome(what="failed", where="nowhere", message=told, family="DataRejected")
    if found.copies > 1:
        return refused(f"{sight.dispatch.key} is there {found.copies} times: its receipts are not attached. Delete what is too much in Business Central")  # fmt: skip
    other = [file for file in sight.missing if file.other_size]
    if other:
        told = ", ".join(f"{file.name} ({file.other_size} bytes there, {file.receipt.size} here)" for file in other)  # fmt: skip
        return refused(f"{sight.dispatch.key} has other files of the same name: {told}. Remove them in Business Central, and try again")  # fmt: skip
    if sight.parent is None and sight.dispatch.document.receipts:
        return refused(
            f"{sight.dispatch.key} was posted before its receipts could be looked at; see in Business Central that it has "
            f"{names}, and attach by hand what is missing. Then say that it is booked by hand, under its number there",
            reference=found.reference,
        )
    return Outcome(what="done", reference=found.reference, where=found.where)


def _missing(document: AccountingDocument, rows: Sequence[Row]) -> Iterator[Missing]:
    """By name, whatever case it has there. Of several of one name one that is whole counts."""
    for name, receipt in names_of(document):
        own = [row for row in rows if row["fileName"].casefold() == name.casefold()]
        if any(row["byteSize"] == receipt.size for row in own):
            continue
        empty = next((row for row in own if not row["byteSize"]), None)
        other = 0 if empty or not own else int(own[0]["byteSize"])
        yield Missing(receipt, name, empty, other)


def _made(
    company: Company, files: Sequence[tuple[Sight, Missing]], calls: Calls
) -> dict[str, Outcome]:
    """Records without bytes, a batch of them. Outcomes of documents for which it went wrong."""
    inside = [Inside("POST", _set_of(sight), _fields(sight, file)) for sight, file in files]
    keys = list(dict.fromkeys(sight.dispatch.key for sight, _ in files))
    try:
        answers = company.batch(inside, is_atomic=False, keys=keys, calls=calls)
    except SaldoError as error:
        return dict.fromkeys(keys, _again(error))
    told: dict[int, Answer] = {one.place: one for one in answers}
    outcomes = {}
    for place, (sight, file) in enumerate(files):
        answer = told.get(place)
        if answer is None:
            told_nothing = (
                "Business Central did not answer for all files; it is tried again by itself"
            )
            outcomes[sight.dispatch.key] = Outcome(what="failed", message=told_nothing, family="Unavailable")  # fmt: skip
        elif answer.refusal:
            outcomes[sight.dispatch.key] = refused_by(answer.refusal)
        else:
            file.record = answer.body
    return outcomes


def _filled(company: Company, sight: Sight, receipts: ReceiptContent, calls: Calls) -> Outcome:
    """The bytes of each."""
    key, of = sight.dispatch.key, sight.dispatch.document
    for file in sight.missing:
        assert file.record is not None
        path = f"{_set_of(sight)}({file.record['id']})/attachmentContent"
        try:
            content = receipts(of, file.receipt)
            company.upload(path, content, etag=file.record["@odata.etag"], keys=[key], calls=calls)
        except DataRejected as error:
            return refused(str(error))
        except SaldoError as error:
            return _again(error)
    return Outcome(what="done", reference=sight.found.reference, where=sight.found.where)


def _again(error: SaldoError) -> Outcome:
    """An outcome nobody saw is no danger here: it is looked for by name before it is made again."""
    found = outcome_of(error)
    return msgspec.structs.replace(found, what="failed") if found.what == "unknown" else found


def _fields(sight: Sight, file: Missing) -> dict[str, str]:
    kind = "Journal" if sight.dispatch.document.shape == "journal" else "Purchase Invoice"
    return {"parentId": sight.parent or "", "parentType": kind, "fileName": file.name}


def _set_of(sight: Sight) -> str:
    return "attachments" if sight.dispatch.document.shape == "journal" else "documentAttachments"


def _path_of(sight: Sight) -> str:
    above = "journalLines" if sight.dispatch.document.shape == "journal" else "purchaseInvoices"
    return f"{above}({sight.parent})/{_set_of(sight)}"
