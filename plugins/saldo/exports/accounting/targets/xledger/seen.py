"""What there is of one document in Xledger, and what that comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from saldo.vendors.xledger import import_records as api

from ..target import Dispatch, Found
from . import comparing
from .nodes import Line, lines_of

_GONE = (
    "its staged lines are archived, and none of them is in the ledger: somebody has deleted the voucher, or the import threw the lines "
    "away"
)


T = TypeVar("T", api.Item, api.Line)


@dataclass
class Seen:
    """items: staged lines; booked: lines of the ledger, with their references; payables: what is owed; errors: by item's dbId."""

    key: str
    day: date
    lines: list[Line]
    items: list[api.Item] = field(default_factory=list)
    booked: list[api.Line] = field(default_factory=list)
    payables: list[api.Payable] = field(default_factory=list)
    errors: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def of(cls, dispatch: Dispatch) -> Seen:
        return cls(dispatch.key, dispatch.document.posting_date, lines_of(dispatch))

    @property
    def invoice(self) -> str:
        """The invoice number of what is owed; empty where nobody's ledger is named."""
        return next((str(line.node["invoiceNumber"]) for line in self.lines if line.is_owed), "")

    @property
    def headers(self) -> dict[str, api.Header]:
        return {str(one.header.db_id): one.header for one in self.booked}

    @property
    def hidden_vouchers(self) -> set[str]:
        """DbIds of vouchers that what is owed shows, and no line does."""
        return {str(one.transaction_header.db_id) for one in self.payables} - self.headers.keys()

    @property
    def waiting(self) -> list[api.Item]:
        """Staged lines that are not what the ledger has."""
        since = max(
            (h.imported_at or h.created_at or "" for h in self.headers.values()), default=""
        )
        return [
            one
            for one in self.items
            if not one.archive and (not since or (one.created_at or "") > since)
        ]


def matched(one: Seen, lines: Sequence[api.Line]) -> Iterator[api.Line]:
    """Lines of a voucher with the references of those they were, as far as accounts and amounts tell."""
    left = list(lines)
    for line in one.lines:
        account, amount = str(line.node["account"]["code"]), Decimal(line.node["amount"])
        net = amount - Decimal(line.node.get("taxAmount", 0))
        ranked = [
            (
                there.amount not in (amount, net),
                (there.account and there.account.code) != account,
                at,
            )
            for at, there in enumerate(left)
        ]
        # One that has neither is no line of ours.
        best = min((rank for rank in ranked if not (rank[0] and rank[1])), default=None)
        if best is not None:
            yield msgspec.structs.replace(left.pop(best[2]), ext_identifier=line.reference)


def found_of(one: Seen, owner: str) -> Found:
    waiting, staged, booked = one.waiting, _by_reference(one.waiting), _by_reference(one.booked)
    if one.hidden_vouchers:
        header = one.payables[-1].transaction_header
        return Found(
            where="posted",
            reference=str(header.transaction_number or header.db_id),
            difference=f"what is owed is in the ledger under {one.invoice}, and its voucher has no line of {one.day}",
            copies=len(one.headers) + len(one.hidden_vouchers),
        )
    copies = len(one.headers) + max(map(len, staged.values()), default=0)
    if one.booked:
        # What is there twice in one voucher counts as well.
        copies += (
            max(map(len, booked.values())) - len(one.headers) if _is_doubled(one, booked) else 0
        )
        return _posted(one, {name: found[-1] for name, found in booked.items()}, copies, owner)
    if not waiting:
        return Found(where="waiting", message=_GONE) if one.items else Found(where="nowhere")
    newest = {name: found[-1] for name, found in staged.items()}
    return Found(
        where="waiting",
        reference=str(waiting[0].tr_reg_number or waiting[0].db_id),
        difference=comparing.of_items(one.lines, newest, owner),
        copies=copies,
        is_complete=_has_files(one.lines, newest),
        message=_message(one, waiting),
    )


def _is_doubled(one: Seen, booked: Mapping[str, list[api.Line]]) -> bool:
    return max(map(len, booked.values())) > len(one.headers)


def _posted(one: Seen, lines: Mapping[str, api.Line], copies: int, owner: str) -> Found:
    header = max(one.headers.values(), key=lambda found: found.created_at or "")
    owed = {
        p.invoice_number or "": p
        for p in one.payables
        if str(p.transaction_header.db_id) in one.headers
    }
    return Found(
        where="posted",
        reference=str(header.transaction_number or header.db_id),
        difference=comparing.of_ledger(one.lines, lines, owed, owner),
        copies=copies,
    )


def _by_reference(found: Sequence[T]) -> dict[str, list[T]]:
    by: dict[str, list[T]] = defaultdict(list)
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


def _message(one: Seen, waiting: Sequence[api.Item]) -> str:
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
    return f"Xledger's import cannot book it: {told}. Its lines wait under GL import in Xledger, where they can be corrected, or deleted"
