"""What is another in Xledger than in the document, in words.

What was not sent is not compared: the account's own setup may give a line a tax rule and its VAT, or what it is booked on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from saldo.vendors.xledger import import_records as api

from .configuration import PLACES
from .nodes import Line

_LISTED = 5


def of_items(lines: Sequence[Line], found: Mapping[str, api.Item], owner: str) -> str:
    """Between a document and its staged lines, by reference."""
    return _said(one for line in lines for one in _of_item(line, found.get(line.reference), owner))


def of_ledger(
    lines: Sequence[Line],
    found: Mapping[str, api.Line],
    payables: Mapping[str, api.Payable],
    owner: str,
) -> str:
    """The same of lines of the ledger; payables: by invoice number."""
    return _said(
        one for line in lines for one in _of_line(line, found.get(line.reference), payables, owner)
    )


def _said(differences: Iterator[str]) -> str:
    found = list(differences)
    more = [f"and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
    return "; ".join([*found[:_LISTED], *more])


def _of_item(line: Line, item: api.Item | None, owner: str) -> Iterator[str]:
    if item is None:
        yield f"{line.path} is missing among the staged lines"
        return
    node = line.node
    yield from _either(line, "entity", owner, item.owner_db_id and str(item.owner_db_id))
    yield from _either(line, "trRegNumber", line.dispatch.number, item.tr_reg_number)
    yield from _either(line, "date", _day(node["postedDate"]), item.posted_date)
    yield from _either(line, "amount", Decimal(node["amount"]), item.amount)
    if "taxAmount" in node:
        yield from _either(line, "VAT", Decimal(node["taxAmount"]), item.tax_amount or Decimal(0))
    yield from _either(
        line, "invoice number", node.get("invoiceNumber"), item.invoice_number or None
    )
    for name, there in (
        ("account", item.account), ("subledger", item.subledger), ("currency", item.currency),
        ("transactionSource", item.transaction_source),
    ):  # fmt: skip
        yield from _either(line, name, _code(node.get(name)), _code_of(there))
    for name, there in (
        ("taxRule", item.tax_rule), ("project", item.project), ("glObject1", item.object1), ("glObject2", item.object2),
        ("glObject3", item.object3), ("glObject4", item.object4), ("glObject5", item.object5),
    ):  # fmt: skip
        if name in node:
            yield from _either(line, name, _code(node[name]), _code_of(there))


def _of_line(
    line: Line, found: api.Line | None, payables: Mapping[str, api.Payable], owner: str
) -> Iterator[str]:
    if found is None:
        yield f"{line.path} is missing in the voucher"
        return
    node = line.node
    yield from _either(line, "entity", owner, found.owner_db_id and str(found.owner_db_id))
    yield from _either(line, "date", _day(node["postedDate"]), found.header.posted_date)
    yield from _either(line, "account", _code(node["account"]), _code_of(found.account))
    if "taxRule" in node:
        yield from _either(line, "taxRule", _code(node["taxRule"]), _code_of(found.tax_rule))
    yield from _amounts(line, found)
    there = found.gl_dimension or api.Objects()
    codes = [
        one and one.code
        for one in (there.object1, there.object2, there.object3, there.object4, there.object5)
    ]
    for name in PLACES:
        meant = _code(node.get(name))
        if name == "project":
            # A dimension of the books, in whichever place.
            if meant is not None and meant not in codes:
                yield f"{line.path}: project {meant} is not in the voucher"
        elif meant is not None:
            yield from _either(line, name, meant, codes[int(name[-1]) - 1])
    if line.is_owed:
        yield from _owed(line, payables.get(node["invoiceNumber"]))


def _amounts(line: Line, found: api.Line) -> Iterator[str]:
    """Xledger may keep VAT within a line, or take it out of it into a line of its own."""
    is_sent = "taxAmount" in line.node
    gross = Decimal(line.node["amount"])
    vat = Decimal(line.node["taxAmount"]) if is_sent else found.tax_amount or Decimal(0)
    if found.amount not in (gross, gross - vat):
        yield from _either(line, "amount", gross, found.amount)
    if is_sent and found.tax_amount is not None:
        yield from _either(line, "VAT", vat, found.tax_amount)


def _owed(line: Line, payable: api.Payable | None) -> Iterator[str]:
    if payable is None:
        yield f"{line.path} is not in the ledger of suppliers and employees under {line.node['invoiceNumber']}"
        return
    yield from _either(line, "amount owed", Decimal(line.node["amount"]), payable.amount)
    there = _code_of(payable.subledger)
    yield from _either(line, "subledger", _code(line.node["subledger"]), there)


def _either(line: Line, what: str, meant: Any, there: Any) -> Iterator[str]:
    if meant != there:
        shown = "nothing" if there is None else there
        yield f"{line.path}: {what} is {shown} in Xledger, and {'nothing' if meant is None else meant} in the document"


def _code(reference: Any) -> str | None:
    return None if reference is None else str(reference["code"])


def _code_of(there: api.Code | None) -> str | None:
    return None if there is None else there.code


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
