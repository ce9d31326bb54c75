"""What Business Central has of a document beside the document: the same, to the last amount, or what is another.

Texts are not compared: a bookkeeper may word them better. Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from saldo.vendors.business_central.odata import Row, option

from ...document import AccountingDocument, Entry
from ...drafting import VAT_TOLERANCE
from .wording import money

_LISTED = 5


@dataclass
class Comparison:
    """difference: in words, empty for none. lacks: (id of a line there, its dimensions that are not there yet). others: (id of a line
    there, ids of its dimensions that have another value there -> ours)."""

    copies: int = 1
    notes: list[str] = field(default_factory=list)
    lacks: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    others: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def difference(self) -> str:
        more = len(self.notes) - _LISTED
        return "; ".join(self.notes[:_LISTED]) + (f"; and {more} more" if more > 0 else "")


def lines_of(document: AccountingDocument) -> list[dict[str, Any]]:
    """Lines of the journal or of the invoice as they are sent, whatever a register has made of their numbers."""
    if document.shape == "journal":
        return [_exact(line) for line in document.payload["journalLines"]]
    return [_exact(line) for line in document.payload["purchaseInvoice"]["purchaseInvoiceLines"]]


def dimensions_of(line: Mapping[str, Any]) -> dict[str, str]:
    """Code -> value."""
    return {one["code"]: one["valueCode"] for one in line.get("dimensionSetLines") or ()}


def journal_lines(document: AccountingDocument, rows: Sequence[Row]) -> Comparison:
    """Lines of the journal that have the document's number. Each of ours is found by its external number."""
    wanted = {line["externalDocumentNumber"]: line for line in lines_of(document)}
    there: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        there[row["externalDocumentNumber"]].append(row)
    found = Comparison(copies=max(1, min(len(there.get(name, ())) for name in wanted)))
    for name, line in wanted.items():
        number, own = name.rpartition("-")[2], there.pop(name, [])
        if len(own) != found.copies:
            times = f"there {len(own)} times" if own else "not there"
            found.notes.append(f"line {number} ({money(line['amount'])}) is {times}")
        for row in own:
            found.notes += _of_line(f"line {number}", line, row)
            _dimensions(found, f"line {number}", line, row)
    found.notes += [
        f"a line more: {money(row['amount'])} on account {row['accountNumber']}"
        for rows in there.values()
        for row in rows
    ]
    return found


def entries(document: AccountingDocument, rows: Sequence[Row]) -> Comparison:
    """Entries of the ledger that have the number of a document of the journal, whose costs and what is owed for each take turns. What is owed is there gross, each line of it; costs are net, as
    Business Central takes VAT out of them."""
    owing = document.entries[1::2]
    owed = Counter(entry.amount for entry in owing)
    costs = {entry.number for entry in document.entries[::2]}
    costs -= {entry.number for entry in owing if entry.owner == "account"}
    amounts = [(row["accountNumber"], _amount(row)) for row in rows]
    there = Counter(amount for number, amount in amounts if number not in costs)
    times = _times_owed([both for both in amounts if both[0] not in costs], -document.total)
    found = Comparison(copies=max(1, times))
    for amount, count in owed.items():
        if there[amount] < count:
            found.notes.append(f"{money(-amount)} owed is not among its entries")
    if not times and not found.notes:
        found.notes.append(f"{money(document.total)} owed is out of the ledger again")
    found.notes += _costs(document, amounts, found.copies)
    for day in sorted({row["postingDate"] for row in rows} - {document.posting_date.isoformat()}):
        found.notes.append(f"posted on {day} there, {document.posting_date} here")
    return found


def invoice(document: AccountingDocument, row: Row, books: str) -> Comparison:
    """A purchase invoice, draft or posted, with its lines. books: their currency, which is also written as none."""
    ours, found = document.payload["purchaseInvoice"], Comparison()
    totals = (row["totalAmountIncludingTax"], row["totalTaxAmount"])
    if row["vendorNumber"] != ours["vendorNumber"]:
        found.notes.append(f"vendor {row['vendorNumber']} there, {ours['vendorNumber']} here")
    if (row["currencyCode"] or books) != document.currency:
        found.notes.append(
            f"currency {row['currencyCode'] or books} there, {document.currency} here"
        )
    if totals[0] != document.total:
        found.notes.append(f"total {money(totals[0])} there, {money(document.total)} here")
    taxed = sum(1 for entry in document.entries if entry.vat_amount)
    if abs(Decimal(totals[1]) - document.total_vat) > VAT_TOLERANCE * taxed:
        found.notes.append(f"VAT {money(totals[1])} there, {money(document.total_vat)} here")
    if row["postingDate"] != str(ours["postingDate"]):
        found.notes.append(f"posting date {row['postingDate']} there, {ours['postingDate']} here")
    _invoice_lines(found, document, row.get("purchaseInvoiceLines"))
    return found


# --- parts ---------------------------------------------------------------------------------------


def _invoice_lines(
    found: Comparison, document: AccountingDocument, rows: Sequence[Row] | None
) -> None:
    """In their order; None where they were not read."""
    if rows is None:
        return
    ours = lines_of(document)
    there = [row for row in rows if option(row["lineType"]) != "Comment"]
    if len(there) != len(ours):
        found.notes.append(f"{len(there)} lines there, {len(ours)} here")
        return
    for number, (line, row) in enumerate(zip(ours, there, strict=True), start=1):
        if row["lineObjectNumber"] != line["lineObjectNumber"]:
            found.notes.append(
                f"line {number}: account {row['lineObjectNumber']} there, {line['lineObjectNumber']} here"
            )
        gross = line["quantity"] * line["unitCost"]
        if row["amountIncludingTax"] != gross:
            found.notes.append(
                f"line {number}: {money(row['amountIncludingTax'])} there, {money(gross)} here"
            )
        _dimensions(found, f"line {number}", line, row)


def _of_line(where: str, line: Mapping[str, Any], row: Row) -> Iterator[str]:
    owed = (option(row["balanceAccountType"]), row["balancingAccountNumber"])
    for what, there, here in (
        ("account", row["accountNumber"], line["accountNumber"]),
        ("posting date", row["postingDate"], str(line["postingDate"])),
        ("owed to", " ".join(owed), f"{line['balanceAccountType']} {line['balancingAccountNumber']}"),
        ("VAT code", row["taxCode"], line.get("taxCode", row["taxCode"])),
    ):  # fmt: skip
        if there != here:
            yield f"{where}: {what} {there or 'none'} there, {here} here"
    if row["amount"] != line["amount"]:
        yield f"{where}: {money(row['amount'])} there, {money(line['amount'])} here"


def _dimensions(found: Comparison, where: str, line: Mapping[str, Any], row: Row) -> None:
    """More of them may be there, which an account brings; those that are not there yet are lacking, no difference."""
    if "dimensionSetLines" not in row:
        return
    there, ours = dimensions_of(row), dimensions_of(line)
    lacking = {code: value for code, value in ours.items() if code not in there}
    if lacking:
        found.lacks.append((row["id"], lacking))
    others = {
        one["id"]: ours[one["code"]]
        for one in row["dimensionSetLines"] or ()
        if ours.get(one["code"], one["valueCode"]) != one["valueCode"]
    }
    if others:
        found.others.append((row["id"], others))
    found.notes += [
        f"{where}: {code} {there[code]} there, {value} here"
        for code, value in ours.items()
        if there.get(code, value) != value
    ]


def _times_owed(amounts: Sequence[tuple[str, Decimal]], owed: Decimal) -> int:
    """How often what is owed stands on an account: 0 where it was reversed, which leaves its entries and adds their opposites."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for account, amount in amounts:
        sums[account] += amount
    return max([0, *(int(one / owed) for one in sums.values() if not one % owed)])


def _costs(
    document: AccountingDocument, amounts: Sequence[tuple[str, Decimal]], copies: int
) -> Iterator[str]:
    """Where no VAT code was sent the account's own setup decides: then it is only asked whether the account is there."""
    of_accounts: dict[str, list[Entry]] = defaultdict(list)
    for entry in document.entries[::2]:
        of_accounts[entry.number].append(entry)
    for number, lines in of_accounts.items():
        own = [amount for account, amount in amounts if account == number]
        net = sum((one.amount - one.vat_amount for one in lines), Decimal(0)) * copies
        there = sum(own, Decimal(0))
        off = VAT_TOLERANCE * sum(1 for one in lines if one.vat_amount) * copies
        is_open = any(one.vat_code is None for one in lines)
        if not own or (not is_open and abs(there - net) > off):
            yield f"account {number} has {money(there)} there, {money(net)} here (without VAT)"


def _amount(row: Row) -> Decimal:
    return Decimal(row["debitAmount"]) - Decimal(row["creditAmount"])


def _exact(line: Mapping[str, Any]) -> dict[str, Any]:
    numbers = {
        name: Decimal(str(line[name])) for name in ("amount", "unitCost", "quantity") if name in line
    }  # fmt: skip
    return {**line, **numbers}
