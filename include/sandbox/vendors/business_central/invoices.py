"""Purchase invoices and their lines: drafts with totals and VAT worked out from accounts and vendor."""

from __future__ import annotations

from decimal import Decimal

from . import accounts, dimensions
from .errors import Refused, malformed, rule, unrelated
from .fields import NIL, NO_DATE, Row, cents, empty, fields
from .ledger import Ledger
from .setup import CURRENCIES, TAX

INVOICES = fields(
    "id:guid! number:code20! postingDate:date invoiceDate:date dueDate:date vendorInvoiceNumber:code35 vendorId:guid "
    "vendorNumber:code20 vendorName:text100! currencyCode:code10 pricesIncludeTax:bool discountAmount:decimal "
    "shortcutDimension1Code:code20 shortcutDimension2Code:code20 totalAmountExcludingTax:decimal! "
    "totalTaxAmount:decimal! totalAmountIncludingTax:decimal! status:option! lastModifiedDateTime:datetime!"
)
LINES = fields(
    "id:guid! documentId:guid! sequence:int lineType:option lineObjectNumber:code20 accountId:guid itemId:guid "
    "description:text100 description2:text50 unitCost:decimal quantity:decimal discountAmount:decimal "
    "discountPercent:decimal taxCode:code20 taxPercent:decimal! amountExcludingTax:decimal! totalTaxAmount:decimal! "
    "amountIncludingTax:decimal! netAmount:decimal! netTaxAmount:decimal! netAmountIncludingTax:decimal!"
)
_LINE_TYPES = ("Comment", "Account", "Item", "Resource", "Fixed Asset", "Charge")
_HUNDRED = Decimal(100)
_SHORTCUTS = {"shortcutDimension1Code": "AFDELING", "shortcutDimension2Code": "PROJEKT"}
INVOICE, LINE = "purchaseInvoices", "purchaseInvoiceLines"


def create(ledger: Ledger, given: Row, parent: Row | None) -> Row:
    values = {**empty(INVOICES), "status": "Draft", **_resolved(ledger, given)}
    if not values["vendorNumber"]:
        raise rule('A "vendorNumber" or a "vendorID" must be provided.')
    for name in ("postingDate", "invoiceDate"):
        values[name] = given.get(name, ledger.today)
    values["dueDate"] = given.get("dueDate", values["invoiceDate"])
    if "currencyCode" not in given:
        vendor = ledger.one("vendors", number=values["vendorNumber"])
        values["currencyCode"] = vendor["currencyCode"] if vendor else ""
    ledger.serial += 1
    made = ledger.add(INVOICE, {**values, "number": f"PI{ledger.serial:06}"})
    _shortcuts(ledger, made, given)
    return made


def change(ledger: Ledger, row: Row, given: Row) -> Row:
    _check_draft(row)
    ledger.change(INVOICE, row, **_resolved(ledger, given))
    _shortcuts(ledger, row, given)
    for line in list(ledger.rows(LINE, documentId=row["id"])):
        ledger.change(LINE, line, **_amounts(ledger, row["id"], line))
    return total(ledger, row["id"])


def _shortcuts(ledger: Ledger, row: Row, given: Row) -> None:
    """Dimensions that are fields of the header. Raises Refused for a value nobody knows."""
    for name, code in _SHORTCUTS.items():
        value = {"code": code, "valueCode": given.get(name, "")}
        found = ledger.one("dimensionSetLines", parentId=row["id"], code=code)
        if value["valueCode"] and found:
            dimensions.change(ledger, found, value)
        elif value["valueCode"]:
            dimensions.create(ledger, value, row)


def delete(ledger: Ledger, row: Row) -> None:
    _check_draft(row)
    for line in list(ledger.rows(LINE, documentId=row["id"])):
        remove_below(ledger, line)
        ledger.remove(LINE, line)
    remove_below(ledger, row)
    ledger.remove(INVOICE, row)


def remove_below(ledger: Ledger, row: Row) -> None:
    for table in ("dimensionSetLines", "attachments", "documentAttachments"):
        for below in list(ledger.rows(table, parentId=row["id"])):
            ledger.remove(table, below)


def _check_draft(row: Row) -> None:
    if row["status"] != "Draft":
        raise rule("The action can be applied to a draft invoice only.")


def _resolved(ledger: Ledger, given: Row) -> Row:
    """With the vendor's id, number and name, whichever was given. Raises Refused."""
    found = dict(given)
    code = found.get("currencyCode", "")
    if code == ledger.currency:
        found["currencyCode"] = ""
    elif code and code not in CURRENCIES:
        raise unrelated("Currency Code", code, "Purchase Header", "Currency")
    if "vendorId" not in given and "vendorNumber" not in given:
        return found
    vendor = (
        ledger.by_id("vendors", given["vendorId"])
        if "vendorId" in given
        else ledger.one("vendors", number=given["vendorNumber"])
    )
    if vendor is None or given.get("vendorNumber", vendor["number"]) != vendor["number"]:
        raise rule("The vendor cannot be found.")
    accounts.check(ledger, accounts.VENDOR, vendor["number"])
    return {
        **found, "vendorId": vendor["id"], "vendorNumber": vendor["number"],
        "vendorName": vendor["displayName"],
    }  # fmt: skip


# --- lines ---------------------------------------------------------------------------------------


def create_line(ledger: Ledger, given: Row, parent: Row | None) -> Row:
    assert parent is not None
    _check_draft(parent)
    before = [line["sequence"] for line in ledger.rows(LINE, documentId=parent["id"])]
    row = {
        **empty(LINES), "lineType": "Comment", "documentId": parent["id"],
        "sequence": max(before, default=0) + 10_000, **given,
    }  # fmt: skip
    if row["sequence"] in before:
        raise malformed(f"The sequence {row['sequence']} exists already.")
    row = _line(ledger, row, is_tax_given="taxCode" in given)
    if row["lineType"] == "Account":
        owner = {"accountType": accounts.GL, "accountNumber": row["lineObjectNumber"]}
        row["description"] = accounts.text_of(ledger, {**row, **owner}, given, "lineObjectNumber")
    made = ledger.add(LINE, {**row, **_amounts(ledger, parent["id"], row)})
    dimensions.bring(ledger, made, ledger.one("accounts", number=row["lineObjectNumber"]))
    total(ledger, parent["id"])
    return made


def change_line(ledger: Ledger, row: Row, given: Row) -> Row:
    _check_draft(ledger.tables[INVOICE][row["documentId"]])
    now = {**row, **given}
    if "lineObjectNumber" in given and "accountId" not in given:
        now["accountId"] = NIL
    now = _line(ledger, now, is_tax_given=True)
    made = ledger.change(LINE, row, **{**now, **_amounts(ledger, row["documentId"], now)})
    total(ledger, row["documentId"])
    return made


def delete_line(ledger: Ledger, row: Row) -> None:
    _check_draft(ledger.tables[INVOICE][row["documentId"]])
    remove_below(ledger, row)
    ledger.remove(LINE, row)
    total(ledger, row["documentId"])


def _line(ledger: Ledger, row: Row, *, is_tax_given: bool) -> Row:
    if row["lineType"] not in _LINE_TYPES:
        told = f'The value "{row["lineType"]}" cannot be evaluated into type Option.'
        raise Refused(400, "Application_EvaluateException", told)
    tax = row["taxCode"]
    if tax not in TAX:
        raise unrelated(
            "VAT Prod. Posting Group", tax, "Purchase Line", "VAT Product Posting Group"
        )
    if row["lineType"] != "Account":
        return row
    number, id = accounts.account_of(
        ledger, accounts.GL, row["lineObjectNumber"], row["accountId"], "No."
    )
    accounts.check(ledger, accounts.GL, number)
    account = ledger.one("accounts", number=number)
    if not is_tax_given:
        tax = account["taxGroupCode"] if account else ""
    return {**row, "lineObjectNumber": number, "accountId": id, "taxCode": tax}


def _amounts(ledger: Ledger, invoice: str, line: Row) -> Row:
    """What the vendor's server works out of a line: net, VAT and both."""
    rate = TAX[line["taxCode"]]
    gross = line["unitCost"] * line["quantity"]
    discount = line["discountAmount"] or cents(gross * line["discountPercent"] / _HUNDRED)
    amount = cents(gross - discount)
    if ledger.tables[INVOICE][invoice]["pricesIncludeTax"]:
        net = cents(amount * _HUNDRED / (_HUNDRED + rate))
        tax = amount - net
    else:
        net, tax = amount, cents(amount * rate / _HUNDRED)
    return {
        "taxPercent": rate, "amountExcludingTax": net, "totalTaxAmount": tax,
        "amountIncludingTax": net + tax, "netAmount": net, "netTaxAmount": tax,
        "netAmountIncludingTax": net + tax,
    }  # fmt: skip


def total(ledger: Ledger, invoice: str) -> Row:
    """The header with the sums of its lines: it is changed, too."""
    lines, row = list(ledger.rows(LINE, documentId=invoice)), ledger.tables[INVOICE][invoice]
    net = sum((line["netAmount"] for line in lines), Decimal(0)) - row["discountAmount"]
    tax = sum((line["netTaxAmount"] for line in lines), Decimal(0))
    return ledger.change(
        INVOICE, row, totalAmountExcludingTax=net, totalTaxAmount=tax,
        totalAmountIncludingTax=net + tax,
    )  # fmt: skip


# --- before posting ------------------------------------------------------------------------------


def check_invoice(ledger: Ledger, row: Row) -> list[Row]:
    """The lines that will be posted. Raises Refused, and then nothing is posted."""
    _check_draft(row)
    where = f"Purchase Header Document Type='Invoice',No.='{row['number']}'"
    if not row["vendorInvoiceNumber"] and ledger.settings.requires_vendor_number:
        raise rule(
            "You need to enter the document number of the document from the vendor in the Vendor Invoice No. "
            f"field, so that this document stays linked to the original. ({where})"
        )
    for other in ledger.rows(INVOICE, vendorInvoiceNumber=row["vendorInvoiceNumber"]):
        is_posted = other["status"] != "Draft" and other["vendorNumber"] == row["vendorNumber"]
        if is_posted and row["vendorInvoiceNumber"]:
            raise rule(
                f"Purchase Invoice {row['vendorInvoiceNumber']} already exists for this vendor."
            )
    accounts.check(ledger, accounts.VENDOR, row["vendorNumber"])
    if row["postingDate"] == NO_DATE:
        raise rule(f"Posting Date must have a value in {where}.")
    accounts.check_date(ledger, row["postingDate"], where)
    lines = [
        line for line in ledger.rows(LINE, documentId=row["id"]) if line["lineType"] != "Comment"
    ]
    if not lines:
        raise rule("There is nothing to post.")
    header = {one["code"] for one in ledger.rows("dimensionSetLines", parentId=row["id"])}
    for line in lines:
        _check_line(ledger, line, header)
    return lines


def _check_line(ledger: Ledger, line: Row, header: set[str]) -> None:
    where = f"Purchase Line Document Type='Invoice',Line No.='{line['sequence']}'"
    for name, words in (("lineObjectNumber", "No."), ("quantity", "Quantity")):
        if not line[name]:
            told = f"{words} must have a value in {where}. It cannot be zero or empty."
            raise Refused(400, "Application_FieldValidationException", told)
    number = line["lineObjectNumber"]
    codes = {one["code"] for one in ledger.rows("dimensionSetLines", parentId=line["id"])}
    accounts.check(ledger, accounts.GL, number)
    accounts.check_dimensions(ledger, accounts.GL, number, codes | header, where)
