"""What leaves Saldo: purchase documents as files of people, and expenses as documents of an accounting system.

The functions here work from a plain prompt (`PYTHONPATH=plugins python`); operations.py says what they need. An id that several
organisations use is an error that lists them (AmbiguousExpense), unless organisation= says which is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from .accounting.document import AccountingDocument
    from .accounting.expense import Expense
    from .accounting.preview import Preview
    from .operations import Batch, ExportStatus


def map_to_accounting_schema(
    expense: Expense | bytes | dict[str, Any], target_system: str
) -> AccountingDocument:
    """What an expense becomes in its organisation's accounting system; nothing is asked or sent.

    expense: or its JSON. target_system: business_central or xledger. Raises InvalidExpense or NotMappable with every problem,
    ConfigError where the organisation has no good file.
    """
    from .accounting.expense import Expense, parse_expense
    from .accounting.mapping import map_to_accounting_schema as mapped
    from .loading import accounting_export

    found = expense if isinstance(expense, Expense) else parse_expense(expense)
    return mapped(found, target_system, accounting_export(found.organisation))


@overload
def export_expense(
    expense_id: str, target_system: str, *, organisation: str | None = None, dry_run: Literal[False] = False
) -> ExportStatus: ...  # fmt: skip
@overload
def export_expense(
    expense_id: str, target_system: str, *, organisation: str | None = None, dry_run: Literal[True]
) -> Preview: ...
def export_expense(
    expense_id: str,
    target_system: str,
    *,
    organisation: str | None = None,
    dry_run: bool = False,
) -> ExportStatus | Preview:
    """Export an approved expense now; asked again it is the same export, and nothing is booked twice.

    Where somebody else is sending, or the target does not answer, it stays, `note` says why, and the next run sends it. dry_run: what it
    would become and what the target would say, nothing is written or sent. Raises DataRejected for what cannot be exported,
    ConfigError, AuthError.
    """
    from .operations import here

    if dry_run:
        return here().rehearse([expense_id], target_system, organisation=organisation)[expense_id]
    found = here().export([expense_id], target_system, organisation=organisation, refuses=False)
    return found[expense_id]


@overload
def batch_export(
    expense_ids: Sequence[str], target_system: str, *, organisation: str | None = None, dry_run: Literal[False] = False
) -> Batch: ...  # fmt: skip
@overload
def batch_export(
    expense_ids: Sequence[str], target_system: str, *, organisation: str | None = None, dry_run: Literal[True]
) -> dict[str, Preview]: ...  # fmt: skip
def batch_export(
    expense_ids: Sequence[str],
    target_system: str,
    *,
    organisation: str | None = None,
    dry_run: bool = False,
) -> Batch | dict[str, Preview]:
    """Export several now, in as few calls as the target allows. What cannot be asked for is in `refused` with the reason, and keeps
    no other from being sent. dry_run: expense -> see export_expense."""
    from .operations import here

    if isinstance(expense_ids, str):
        raise TypeError("expense_ids is one text; write a list of ids, or use export_expense")
    if dry_run:
        return here().rehearse(expense_ids, target_system, organisation=organisation)
    return here().export(expense_ids, target_system, organisation=organisation)


def get_export_status(expense_id: str, *, organisation: str | None = None) -> ExportStatus:
    """Where the newest revision of an expense is, why, what comes next, and every call that was made about it."""
    from .operations import here

    return here().status(expense_id, organisation=organisation)


def retry_failed_exports(organization_id: str, *, dry_run: bool = False) -> Batch:
    """Send again now what failed, and what is in review with nothing of it at the target. What needs a person's word is in
    `refused`, by export, with the reason. dry_run: only which."""
    from .operations import here

    return here().retry(organization_id, dry_run=dry_run)
