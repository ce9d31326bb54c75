"""What Xledger has of documents: staged lines, what the import says against them, and lines of the ledger.

Staged lines are read before the ledger: what is booked in between is then seen twice, never not at all. Whether lines that were
booked are still listed among the staged is not known; a staged line is a second copy where it is younger than the
voucher of the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from saldo.vendors.xledger import importing as api

from ..target import Dispatch, Found
from . import comparing
from .nodes import Line, lines_of

_GONE = (
    "Xledger has archived its staged lines, and none of them is in the ledger: somebody has deleted the voucher, or the import threw "
    "them away. Look for it in Xledger, and book it by hand or accept that it is sent again"
)


@dataclass
class _Seen:
    """What there is of one document."""

    lines: list[Line]
    items: list[api.Item] = field(default_factory=list)
    booked: list[api.Line] = field(default_factory=list)
    payables: dict[str, api.Payable] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def headers(self) -> dict[str, api.Header]:
        return {str(one.header.db_id): one.header for one in self.booked}

    @property
    def waiting(self) -> list[api.Item]:
        """Staged lines that are not what the ledger has."""
        since = max(
            (h.imported_at or h.created_at or "" for h in self.headers.values()), default=None
        )
        return [
            one
            for one in self.items
            if not one.archive and (since is None or (one.created_at or "") > since)
        ]


def look_up(api_: api.Importing, dispatches: Sequence[Dispatch], owner: str) -> Mapping[str, Found]:
    """Key -> what is there, for every one."""
    seen = {one.key: _Seen(lines_of(one)) for one in dispatches}
    keys = {line.reference: key for key, one in seen.items() for line in one.lines}
    for item in api_.items(list(keys)):
        if item.ext_identifier in keys:
            seen[keys[item.ext_identifier]].items.append(item)
    for booked in api_.lines(list(keys)):
        if booked.ext_identifier in keys:
            seen[keys[booked.ext_identifier]].booked.append(booked)
    _add_payables(api_, seen)
    _add_errors(api_, seen)
    return {key: _found(one, owner) for key, one in seen.items()}


def _add_payables(api_: api.Importing, seen: Mapping[str, _Seen]) -> None:
    """Whom the ledger owes, of what is booked."""
    wanted = {
        str(line.node["invoiceNumber"]): one
        for one in seen.values()
        if one.booked
        for line in one.lines
        if line.is_owed
    }
    for payable in api_.payables(list(wanted)) if wanted else ():
        of = wanted.get(payable.invoice_number or "")
        if of and str(payable.transaction_header.db_id) in of.headers:
            of.payables[payable.invoice_number or ""] = payable


def _add_errors(api_: api.Importing, seen: Mapping[str, _Seen]) -> None:
    whose = {str(item.db_id): one for one in seen.values() for item in one.waiting}
    for error in api_.errors(list(whose)) if whose else ():
        id = str(error.transaction_db_id)
        if id in whose:
            whose[id].errors[id].append(error.message or "an error without words")


def _found(one: _Seen, owner: str) -> Found:
    waiting, headers = one.waiting, one.headers
    staged, booked = _by_reference(waiting), _by_reference(one.booked)
    copies = len(headers) + max((len(found) for found in staged.values()), default=0)
    if not copies:
        return Found(where="waiting", message=_GONE) if one.items else Found(where="nowhere")
    newest = {name: found[-1] for name, found in staged.items()}
    if headers:
        header = max(headers.values(), key=lambda h: h.created_at or "")
        lines = {name: found[-1] for name, found in booked.items()}
        difference = comparing.of_ledger(one.lines, lines, one.payables, owner)
        number = header.transaction_number or header.db_id
        found = Found(where="posted", reference=str(number), difference=difference, copies=copies)
        # What is booked twice in one voucher counts as well.
        twice = max(len(lines) for lines in booked.values())
        return (
            found if twice <= len(headers) else _with(found, copies=copies + twice - len(headers))
        )
    return Found(
        where="waiting",
        reference=str(waiting[0].tr_reg_number or waiting[0].db_id),
        difference=comparing.of_items(one.lines, newest, owner),
        copies=copies,
        is_complete=_has_files(one.lines, newest),
        message=_message(one, waiting),
    )


def _with(found: Found, *, copies: int) -> Found:
    return Found(
        where=found.where, reference=found.reference, difference=found.difference, copies=copies
    )


def _by_reference(found: Sequence[api.Item] | Sequence[api.Line]) -> dict[str, list]:  # type: ignore[type-arg]
    by: dict[str, list] = defaultdict(list)  # type: ignore[type-arg]
    for one in found:
        by[one.ext_identifier or ""].append(one)
    return by


def _has_files(lines: Sequence[Line], found: Mapping[str, api.Item]) -> bool:
    """Whether each receipt is shown. Where none is, Xledger does not show them: they came with their lines."""
    wanted = [
        found[line.reference]
        for line in lines
        if "invoiceFile" in line.node and line.reference in found
    ]
    shown = [item for item in wanted if item.invoice_file and item.invoice_file.url]
    return not shown or len(shown) == len(wanted)


def _message(one: _Seen, waiting: Sequence[api.Item]) -> str:
    """What the import says, in words."""
    paths = {line.reference: line.path for line in one.lines}
    said: dict[str, list[str]] = defaultdict(list)
    for item in waiting:
        for message in one.errors.get(str(item.db_id), ()):
            said[message].append(paths[item.ext_identifier or ""])
    if not said:
        return ""
    told = "; ".join(
        f"{message.rstrip('.')} ({', '.join(dict.fromkeys(of))})" for message, of in said.items()
    )
    return (
        f"Xledger's import cannot book it: {told}. Remedy: correct it in Xledger, where its lines wait under GL import, and let the "
        "import run again; or delete the lines there, correct the expense or its mapping, and retry"
    )
