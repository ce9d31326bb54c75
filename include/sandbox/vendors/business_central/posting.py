"""Posting: lines of a journal and purchase invoices become entries of the general ledger, which are never changed."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from . import accounts
from .fields import Row, cents, empty, fields
from .journals import check_journal, delete_line
from .ledger import Ledger
from .setup import BANK, CURRENCIES, EMPLOYEES_OWED, PAYABLES, TAX, VAT_ACCOUNT

ENTRIES = fields(
    "id:guid! entryNumber:int! postingDate:date! documentNumber:code20! documentType:option! accountId:guid! "
    "accountNumber:code20! description:text100! debitAmount:decimal! creditAmount:decimal! "
    "additionalCurrencyDebitAmount:decimal! additionalCurrencyCreditAmount:decimal! lastModifiedDateTime:datetime!"
)
#: What a type of account is booked on in the general ledger.
_CONTROL = {accounts.VENDOR: PAYABLES, accounts.EMPLOYEE: EMPLOYEES_OWED, accounts.BANK: BANK}


def post_journal(ledger: Ledger, journal: Row) -> None:
    """Every line of the batch, whoever wrote it. Raises Refused, and then nothing is posted."""
    lines = check_journal(ledger, journal)
    kept: set[tuple[str, str]] = set()
    for line in lines:
        _post_line(ledger, line)
        _keep_files(ledger, line, kept)
        delete_line(ledger, line)
    ledger.commit()


def _post_line(ledger: Ledger, line: Row) -> None:
    dimensions = list(ledger.rows("dimensionSetLines", parentId=line["id"]))
    whole = cents(line["amount"] * _rate(ledger, line))
    sides = [(line["accountType"], line["accountNumber"], whole, line["taxCode"])]
    if line["balancingAccountNumber"]:
        sides.append((line["balanceAccountType"], line["balancingAccountNumber"], -whole, ""))
    for type, number, amount, tax in sides:
        for account, part in _parts(type, number, amount, tax):
            add_entry(
                ledger, account, part, dimensions, postingDate=line["postingDate"],
                documentNumber=_number(ledger, line), description=line["description"],
                _external=line["externalDocumentNumber"],
                _party=number if type in (accounts.VENDOR, accounts.EMPLOYEE) else "",
            )  # fmt: skip


def _rate(ledger: Ledger, line: Row) -> Decimal:
    """A line is in the currency of its vendor, which the API neither shows nor takes."""
    sides = (("accountType", "accountNumber"), ("balanceAccountType", "balancingAccountNumber"))
    owed = [line[number] for type, number in sides if line[type] == accounts.VENDOR]
    vendor = ledger.one("vendors", number=owed[0]) if owed else None
    return CURRENCIES.get(vendor["currencyCode"], Decimal(1)) if vendor else Decimal(1)


def _number(ledger: Ledger, line: Row) -> str:
    """Another one where the journal has a posting number series."""
    number = str(line["documentNumber"])
    return f"P{number}"[:20] if ledger.settings.renumbers else number


def _parts(type: str, number: str, amount: Decimal, tax: str) -> list[tuple[str, Decimal]]:
    """Account and amount, VAT taken out of it where the line names a tax group: amounts are with VAT."""
    account = _CONTROL.get(type, number)
    rate = TAX.get(tax, Decimal(0))
    vat = cents(amount * rate / (100 + rate))
    return [(account, amount - vat), (VAT_ACCOUNT, vat)] if vat else [(account, amount)]


def add_entry(
    ledger: Ledger, account: str, amount: Decimal, dimensions: Iterable[Row], **values: object
) -> None:
    """amount: debit positive, in the local currency."""
    row = ledger.one("accounts", number=account)
    assert row is not None
    ledger.entries += 1
    entry = ledger.add(
        "generalLedgerEntries",
        {
            **empty(ENTRIES), "entryNumber": ledger.entries, "accountId": row["id"],
            "accountNumber": account, "debitAmount": max(amount, Decimal(0)),
            "creditAmount": max(-amount, Decimal(0)), "_external": "", "_party": "", **values,
        },
    )  # fmt: skip
    for one in dimensions:
        ledger.add("dimensionSetLines", {**one, "parentId": entry["id"]})
    ledger.change("accounts", row, netChange=row["netChange"] + amount)


def _keep_files(ledger: Ledger, line: Row, kept: set[tuple[str, str]]) -> None:
    """Files of a line go with it; of several lines with one document number and date only the first one's stay."""
    key = (line["documentNumber"], line["postingDate"])
    files = list(ledger.rows("attachments", parentId=line["id"]))
    for file in files:
        if key in kept:
            ledger.remove("attachments", file)
        else:
            ledger.change("attachments", file, parentId="", _document=key[0])
    if files:
        kept.add(key)
