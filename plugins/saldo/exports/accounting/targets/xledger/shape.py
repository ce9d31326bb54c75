"""Documents as Xledger takes them: the lines of one voucher for `addGLImportItems`.

The number of the voucher (`trRegNumber`) is not here: a sequence that is kept gives it when the expense is sent.
"""

from __future__ import annotations

from typing import Any

from ...document import Entry, Shape
from ...draft import Draft, DraftLine, Lengths
from ...keys import line_reference
from .configuration import XledgerExport, XledgerPayable

#: Undocumented; those of Business Central are safe anywhere.
LENGTHS = Lengths(text=100, number=20)


def check(draft: Draft, configuration: XledgerExport) -> None:
    """Notes what Xledger would refuse of a draft, besides what every target would."""
    expense = draft.expense
    if expense.currency != configuration.currency:
        expected = (
            f"{configuration.currency}: other currencies need a rate, which expenses do not have"
        )
        draft.note(
            "currency",
            expense.currency,
            expected,
            f"claim it in {configuration.currency}, or book it by hand",
        )
    if configuration.mapping.receipts == "leave_out":
        return
    for line in draft.lines:
        files = len(line.source.receipts)
        if files > 1:
            draft.note(
                f"lines[{line.at}].receipts",
                f"{files} files",
                "one: Xledger takes one for each line",
                "make one PDF of them",
            )


def shaped(
    draft: Draft, configuration: XledgerExport
) -> tuple[Shape, tuple[Entry, ...], dict[str, Any]]:
    """The shape, the entries and the payload of a draft without problems."""
    payable = configuration.payable(draft.expense.kind)
    assert payable is not None  # checked with the draft
    costs = [_cost(line) for line in draft.lines]
    entries = (*costs, _owed(draft, payable))
    nodes = [_node(draft, configuration, entry, at) for at, entry in enumerate(entries, start=1)]
    for node, line in zip(nodes, draft.lines, strict=False):
        node |= _of_a_line(draft, line)
    if payable.subledger:
        nodes[-1] |= {"subledger": {"code": draft.owed_to}, "invoiceNumber": draft.key}
    items = [{"clientId": str(at), "node": node} for at, node in enumerate(nodes, start=1)]
    return "import", entries, {"inputs": items}


def _cost(line: DraftLine) -> Entry:
    return Entry(
        line=line.source.line,
        owner="account",
        number=line.account,
        amount=line.amount,
        vat_code=line.vat_code,
        vat_amount=line.vat_amount,
        text=line.text,
        dimensions=line.dimensions,
    )


def _owed(draft: Draft, payable: XledgerPayable) -> Entry:
    is_named = payable.subledger
    is_vendor = draft.expense.kind == "honorarium"
    return Entry(
        line=None,
        owner=("vendor" if is_vendor else "employee") if is_named else "account",
        number=draft.owed_to if is_named else payable.account,
        account=payable.account,
        amount=-draft.total,
        text=draft.text,
        dimensions={},
    )


def _node(draft: Draft, configuration: XledgerExport, entry: Entry, at: int) -> dict[str, Any]:
    node: dict[str, Any] = {
        "transactionSource": {"code": configuration.mapping.source},
        "trItemNumber": at,
        "postedDate": draft.posting_date,
        "invoiceDate": draft.expense.date,
        "account": {"code": entry.account or entry.number},
        "text": entry.text,
        "amount": entry.amount,
        "currency": {"code": draft.expense.currency},
        "extIdentifier": line_reference(draft.reference, entry.line or 0),
    }
    node |= {place: {"code": value} for place, value in sorted(entry.dimensions.items())}
    if entry.vat_code:
        node |= {"taxRule": {"code": entry.vat_code}, "taxAmount": entry.vat_amount}
    if configuration.mapping.job_level:
        node["jobLevel"] = {"code": configuration.mapping.job_level}
    return node


def _of_a_line(draft: Draft, line: DraftLine) -> dict[str, Any]:
    values: dict[str, Any] = {"quantity": line.source.quantity}
    if line.source.receipts and draft.configuration.rules.receipts == "attach":
        values["invoiceFile"] = file_part(line.source.line, line.source.receipts[0].name)
    return values


def file_part(line: int, name: str) -> str:
    """The name of a receipt's part in a multipart request: two lines may have files of one name."""
    return f"{line}-{name}"
