"""An expense as a document of its organisation's accounting system: the one place where it is decided what is posted.

Pure: the same expense and the same file give the same document, to the byte. It is what is shown before, what is sent, and
what is compared with what is found there.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from .configuration import AccountingExport
from .document import AccountingDocument
from .draft import Draft
from .drafting import drafted, receipts_of
from .expense import Expense
from .problems import ExpenseProblems, Problem, shown
from .targets import kind_of
from .targets.kind import TargetKind


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
    kind = kind_of(configuration)
    draft = drafted(expense, configuration, kind.lengths)
    kind.check(draft, configuration)
    if draft.problems:
        raise NotMappable(_what(expense), draft.problems)
    return _document(draft, kind)


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


def _document(draft: Draft, kind: TargetKind) -> AccountingDocument:
    expense, configuration = draft.expense, draft.configuration
    shape, entries, payload = kind.shaped(draft, configuration)
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
        amounts=kind.amounts,
        notes=tuple(draft.notes),
    )
