"""What Xledger has of documents: staged lines, what the import says against them, and lines of the ledger.

Staged lines are read before the ledger: what is booked in between is then seen twice, never not at all. Whether lines that were
booked are still listed among the staged is not known; a staged line is a second copy where it is younger than the voucher. Nor is it
known whether lines of the ledger keep their extIdentifier: what is owed is looked for by its invoice number as well, and leads to its
voucher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from saldo.errors import ConfigError
from saldo.vendors.xledger.importing import Importing

from ..target import Dispatch, Found
from .seen import Seen, found_of, matched


def look_up(api: Importing, dispatches: Sequence[Dispatch], owner: str) -> Mapping[str, Found]:
    """Key -> what is there, for every one."""
    seen = {one.key: Seen.of(one) for one in dispatches}
    by_reference = {line.reference: one for one in seen.values() for line in one.lines}
    for item in api.items(list(by_reference)):
        if item.ext_identifier in by_reference:
            by_reference[item.ext_identifier].items.append(item)
    _add_lines(api, by_reference)
    every = list(seen.values())
    _add_payables(api, every)
    _add_vouchers(api, every)
    _add_errors(api, every)
    return {key: found_of(one, owner) for key, one in seen.items()}


def _add_lines(api: Importing, by_reference: Mapping[str, Seen]) -> None:
    if not api.finds_lines:
        unnamed = next((one for one in by_reference.values() if not one.invoice), None)
        if unnamed:
            raise ConfigError(
                f"Xledger cannot find {unnamed.key} once it is booked: its schema knows no filter of transactions by extIdentifier, and "
                "the claim names nobody's ledger. Write subledger: true under mapping.payable in the file of the organisation"
            )
        return
    for line in api.lines(list(by_reference)):
        if line.ext_identifier and line.ext_identifier in by_reference:
            by_reference[line.ext_identifier].booked.append(line)


def _add_payables(api: Importing, seen: Sequence[Seen]) -> None:
    """What the ledger of suppliers and employees has; what was paid of it since is no copy of it."""
    by_invoice = {one.invoice: one for one in seen if one.invoice}
    for payable in api.payables(list(by_invoice)) if by_invoice else ():
        if payable.invoice_number in by_invoice and not payable.is_payment:
            by_invoice[payable.invoice_number].payables.append(payable)


def _add_vouchers(api: Importing, seen: Sequence[Seen]) -> None:
    """Lines of vouchers that were found by what is owed only."""
    hidden = {id: one for one in seen for id in one.hidden_vouchers}
    if not hidden:
        return
    days = [one.day for one in hidden.values()]
    lines = api.lines_of(hidden.keys(), min(days), max(days))
    for id, one in hidden.items():
        one.booked += matched(one, [line for line in lines if str(line.header.db_id) == id])


def _add_errors(api: Importing, seen: Sequence[Seen]) -> None:
    whose = {str(item.db_id): one for one in seen for item in one.waiting}
    for error in api.errors(list(whose)) if whose else ():
        id = str(error.transaction_db_id)
        if id in whose:
            whose[id].errors[id].append(error.message or "an error without words")
