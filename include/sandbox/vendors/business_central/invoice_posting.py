"""A purchase invoice is posted: it gets another number, as a rule another id, and entries of the general ledger."""

from __future__ import annotations

from decimal import Decimal

from .fields import Row, cents
from .invoices import INVOICE, LINE, check_invoice
from .ledger import Ledger
from .posting import add_entry
from .setup import CURRENCIES, PAYABLES, VAT_ACCOUNT


def post_invoice(ledger: Ledger, row: Row) -> None:
    """Raises Refused, and then nothing is posted."""
    lines = check_invoice(ledger, row)
    ledger.serial += 1
    number = f"PPI{ledger.serial:06}"
    rate = CURRENCIES.get(row["currencyCode"], Decimal(1))
    values = {
        "postingDate": row["postingDate"], "documentNumber": number, "documentType": "Invoice",
        "_external": row["vendorInvoiceNumber"], "_party": row["vendorNumber"],
    }  # fmt: skip
    header = list(ledger.rows("dimensionSetLines", parentId=row["id"]))
    owed = Decimal(0)
    for line in lines:
        own = list(ledger.rows("dimensionSetLines", parentId=line["id"]))
        codes = {one["code"] for one in own}
        dimensions = own + [one for one in header if one["code"] not in codes]
        for account, part in (
            (line["lineObjectNumber"], line["netAmount"]),
            (VAT_ACCOUNT, line["netTaxAmount"]),
        ):
            amount = cents(part * rate)
            owed += amount
            if amount:
                told = line["description"]
                add_entry(ledger, account, amount, dimensions, description=told, **values)
    add_entry(ledger, PAYABLES, -owed, header, description=f"Invoice {number}", **values)
    _move(ledger, row, number)
    ledger.commit()


def _move(ledger: Ledger, row: Row, number: str) -> None:
    """The draft becomes the posted document."""
    if ledger.settings.keeps_invoice_id:
        ledger.change(INVOICE, row, number=number, status="Open")
        return
    posted = ledger.add(INVOICE, {**row, "number": number, "status": "Open"})
    for line in list(ledger.rows(LINE, documentId=row["id"])):
        ledger.change(LINE, line, documentId=posted["id"])
    for table in ("dimensionSetLines", "attachments", "documentAttachments"):
        for below in list(ledger.rows(table, parentId=row["id"])):
            ledger.change(table, below, parentId=posted["id"])
    ledger.remove(INVOICE, row)
