"""An expense as a document of its organisation's accounting system: the one place where it is decided what is posted.

Pure: the same expense and the same file give the same document, to the byte. It is what is shown before, what is sent, and
what is compared with what is found there.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from . import business_central, xledger
from .configuration import AccountingExport, BusinessCentralExport, XledgerExport
from .document import AccountingDocument
from .draft import Draft, Lengths
from .drafting import drafted, receipts_of
from .expense import Expense
from .problems import ExpenseProblems, Problem, shown

#: Target -> the longest texts that it takes.
_LENGTHS: dict[str, Lengths] = {
    "business_central": business_central.LENGTHS,
    "xledger": xledger.LENGTHS,
}
TARGETS = tuple(_LENGTHS)


class NotMappable(ExpenseProblems):
    """An expense that cannot be booked as its organisation's file says."""


def map_to_accounting_schema(
    expense: Expense, target_system: str, configuration: AccountingExport
) -> AccountingDocument:
    """Raises NotMappable with every problem, each of which names the expense's field or the key of the file."""
    if target_system != configuration.target:
        wrong = Problem(
            "target", shown(target_system), f"{configuration.target}, which {configuration.organisation}.yaml names",
            "ask for that one, or change the file",
        )  # fmt: skip
        raise NotMappable(_what(expense), [wrong])
    draft = drafted(expense, configuration, _LENGTHS[target_system])
    _check(draft)
    if draft.problems:
        raise NotMappable(_what(expense), draft.problems)
    return _document(draft)


def problems_of(
    expenses: Sequence[Expense], configuration: AccountingExport
) -> dict[str, list[Problem]]:
    """Id -> its problems, of each that has some: those of a whole batch at once."""
    found = {}
    for expense in expenses:
        try:
            map_to_accounting_schema(expense, configuration.target, configuration)
        except NotMappable as error:
            found[expense.id] = error.problems
    return found


def _what(expense: Expense) -> str:
    return f"{expense.organisation}: {expense.kind} {expense.id} cannot be booked"


def _check(draft: Draft) -> None:
    if isinstance(draft.configuration, BusinessCentralExport):
        business_central.check(draft, draft.configuration)
    elif isinstance(draft.configuration, XledgerExport):
        xledger.check(draft, draft.configuration)


def _document(draft: Draft) -> AccountingDocument:
    expense, configuration = draft.expense, draft.configuration
    if isinstance(configuration, BusinessCentralExport):
        shape, entries, payload = business_central.shaped(draft, configuration)
    else:
        assert isinstance(configuration, XledgerExport)
        shape, entries, payload = xledger.shaped(draft, configuration)
    return AccountingDocument(
        organisation=expense.organisation,
        target=configuration.target,
        company=configuration.company,
        shape=shape,
        kind=expense.kind,
        source_id=expense.id,
        revision=draft.revision,
        key=draft.key,
        reference=draft.reference,
        posting_date=draft.posting_date,
        currency=expense.currency,
        total=draft.total,
        total_vat=sum((line.vat_amount for line in draft.lines), Decimal(0)),
        text=draft.text,
        entries=entries,
        payload=payload,
        receipts=receipts_of(draft),
        booking=configuration.rules.booking,
        notes=tuple(draft.notes),
    )
