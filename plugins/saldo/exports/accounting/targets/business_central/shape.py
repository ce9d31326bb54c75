"""Documents as Business Central takes them: lines of a journal, or a purchase invoice.

Lines of a journal balance by themselves: the cost is their account, what is owed their balancing account. An employee on the
other side would be a line that the API does not show again.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ...document import Entry, Shape
from ...draft import Draft, DraftLine, Lengths
from ...keys import line_reference
from ...wording import cut
from .configuration import BusinessCentralExport

LENGTHS = Lengths(text=100, number=20)
_COMMENT = 250
#: Of a `$batch`, which is what keeps the lines of an expense together.
_MOST_LINES = 100
_TYPES = {"vendor": "Vendor", "employee": "Employee", "account": "G/L Account"}


def check(draft: Draft, configuration: BusinessCentralExport) -> None:
    """Notes what Business Central would refuse of a draft, besides what every target would."""
    expense = draft.expense
    if len(draft.lines) > _MOST_LINES:
        draft.note(
            "lines", f"{len(draft.lines)} lines", f"at most {_MOST_LINES}", "part the expense"
        )
    if shape_of(draft, configuration) == "journal" and expense.currency != configuration.currency:
        expected = f"{configuration.currency}, the only currency of a journal's lines"
        draft.note(
            "currency",
            expense.currency,
            expected,
            f"claim it in {configuration.currency}, or book it by hand",
        )


def shape_of(draft: Draft, configuration: BusinessCentralExport) -> Shape:
    """What the expense becomes."""
    is_invoice = draft.expense.kind == "honorarium" and configuration.mapping.honoraria == "invoice"
    return "purchase_invoice" if is_invoice else "journal"


def shaped(
    draft: Draft, configuration: BusinessCentralExport
) -> tuple[Shape, tuple[Entry, ...], dict[str, Any]]:
    """The shape, the entries and the payload of a draft without problems."""
    shape = shape_of(draft, configuration)
    owner, number = _owed(draft, configuration)
    costs = [_cost(line) for line in draft.lines]
    if shape == "purchase_invoice":
        owed = Entry(
            line=None, owner=owner, number=number, amount=-draft.total, text=draft.text, dimensions={}
        )  # fmt: skip
        return shape, (*costs, owed), _invoice(draft, costs, number)
    entries = []
    for cost in costs:
        owed = Entry(
            line=cost.line, owner=owner, number=number, amount=-cost.amount, text=cost.text, dimensions=cost.dimensions
        )  # fmt: skip
        entries += [cost, owed]
    lines = [
        _journal_line(draft, *both, owner, number) for both in zip(draft.lines, costs, strict=True)
    ]
    return shape, tuple(entries), {"journal": configuration.batch.journal, "journalLines": lines}


def _owed(draft: Draft, configuration: BusinessCentralExport) -> tuple[Any, str]:
    payable = configuration.payable(draft.expense.kind)
    assert payable is not None  # checked with the draft
    return payable.type, (payable.account or draft.owed_to).upper()


def _cost(line: DraftLine) -> Entry:
    """Codes in capitals, as they come back."""
    return Entry(
        line=line.source.line,
        owner="account",
        number=line.account.upper(),
        amount=line.amount,
        vat_code=line.vat_code.upper() if line.vat_code else None,
        vat_amount=line.vat_amount,
        text=line.text,
        dimensions={code.upper(): value.upper() for code, value in line.dimensions.items()},
    )


def _journal_line(
    draft: Draft, line: DraftLine, cost: Entry, owner: str, number: str
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "accountType": "G/L Account",
        "accountNumber": cost.number,
        "postingDate": draft.posting_date,
        "documentNumber": draft.key,
        "externalDocumentNumber": line_reference(draft.reference, line.source.line),
        "amount": line.amount,
        "description": line.text,
        "balanceAccountType": _TYPES[owner],
        "balancingAccountNumber": number,
    }
    if line.full_text != line.text:
        values["comment"] = cut(line.full_text, _COMMENT)
    return values | _tax_and_dimensions(cost)


def _invoice(draft: Draft, costs: list[Entry], vendor: str) -> dict[str, Any]:
    values: dict[str, Any] = {
        "vendorNumber": vendor,
        "invoiceDate": draft.expense.date,
        "postingDate": draft.posting_date,
        "vendorInvoiceNumber": draft.reference,
        # That of the books as well: else it would be the vendor's.
        "currencyCode": draft.expense.currency,
        "pricesIncludeTax": True,
        "purchaseInvoiceLines": [_invoice_line(cost) for cost in costs],
    }
    return {"purchaseInvoice": values}


def _invoice_line(cost: Entry) -> dict[str, Any]:
    """A cost is not below zero there: what is deducted is -1 of it."""
    values = {
        "lineType": "Account",
        "lineObjectNumber": cost.number,
        "description": cost.text,
        "quantity": Decimal(1 if cost.amount > 0 else -1),
        "unitCost": abs(cost.amount),
    }
    return values | _tax_and_dimensions(cost)


def _tax_and_dimensions(cost: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if cost.vat_code:
        values["taxCode"] = cost.vat_code
    if cost.dimensions:
        values["dimensionSetLines"] = [
            {"code": code, "valueCode": value} for code, value in sorted(cost.dimensions.items())
        ]
    return values
