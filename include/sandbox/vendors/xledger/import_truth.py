"""What imports have come to in a company, for whoever compares a register with it: staged, posted, refused, by extIdentifier."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sandbox.books.csv_stream import money
from sandbox.state import State

from .access import entity_of, kept_of
from .import_job import ERRORS, ITEMS, LINES, PAYABLES
from .written import Written


def imports(state: State, company: str) -> dict[str, Any]:
    """staged: lines that wait; posted: lines of the ledger; both by extIdentifier ("": those without). payables: what is owed by
    invoice number; vouchers: their lines by trRegNumber, as amounts; errors: by extIdentifier."""
    kept = kept_of(state, entity_of(state, company))
    items = kept.rows.get(ITEMS, {})
    staged, posted, payables, errors, vouchers = (
        defaultdict[str, list[Any]](list) for _ in range(5)
    )
    for row in items.values():
        if not row["_booked"]:
            staged[row["extIdentifier"] or ""].append(
                _line(row) | {"trRegNumber": row["trRegNumber"]}
            )
    for row in kept.rows.get(LINES, {}).values():
        posted[row["extIdentifier"] or ""].append(_line(row) | {"voucher": row["header"]["dbId"]})
        vouchers[str(row["header"]["trRegNumber"])].append(money(row["amount"]))
    for row in kept.rows.get(PAYABLES, {}).values():
        payables[row["invoiceNumber"] or ""].append(
            {"amount": money(row["amount"]), "subledger": row["subledger"]["code"]}
        )
    for row in kept.rows.get(ERRORS, {}).values():
        errors[items[row["transactionDbId"]]["extIdentifier"] or ""].append(row["message"])
    return {
        "staged": staged,
        "posted": posted,
        "payables": payables,
        "errors": errors,
        "vouchers": vouchers,
    }


def _line(row: Written) -> dict[str, Any]:
    return {
        "account": row["account"]["code"], "amount": money(row["amount"]), "text": row["text"], "date": row["postedDate"],
        "file": row["_file"],
    }  # fmt: skip
