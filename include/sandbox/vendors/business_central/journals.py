"""General journals (batches) and their lines, before they are posted."""

from __future__ import annotations

from decimal import Decimal

from . import accounts, dimensions
from .errors import Refused, rule, same_key
from .fields import NIL, NO_DATE, Row, cents, empty, fields
from .ledger import Ledger

JOURNALS = fields(
    "id:guid! code:code10 displayName:text100 templateDisplayName:text80 balancingAccountId:guid "
    "balancingAccountNumber:code20! lastModifiedDateTime:datetime!"
)
LINES = fields(
    "id:guid! journalId:guid! journalDisplayName:text100! lineNumber:int accountType:option accountId:guid "
    "accountNumber:code20 postingDate:date documentNumber:code20 externalDocumentNumber:code35 amount:decimal "
    "description:text100 comment:text250 taxCode:code20 balanceAccountType:option balancingAccountId:guid "
    "balancingAccountNumber:code20 lastModifiedDateTime:datetime!"
)
#: What the page of lines shows: a line whose main account is another one is made, and never seen again.
_SHOWN = ("G/L Account", "Customer", "Vendor", "Bank Account")
_STEP = 10_000


def create_journal(ledger: Ledger, given: Row, parent: Row | None) -> Row:
    accounts.required(given, ("code",))
    if ledger.one("journals", code=given["code"]):
        key = f"Journal Template Name='GENERAL',Name='{given['code']}'"
        raise same_key("Gen. Journal Batch", key)
    row = {**empty(JOURNALS), "templateDisplayName": "GENERAL", **given}
    return ledger.add("journals", row)


def change_journal(ledger: Ledger, row: Row, given: Row) -> Row:
    code = given.get("code", row["code"])
    if code != row["code"] and ledger.one("journals", code=code):
        raise same_key("Gen. Journal Batch", f"Journal Template Name='GENERAL',Name='{code}'")
    return ledger.change("journals", row, **given)


def delete_journal(ledger: Ledger, row: Row) -> None:
    for line in list(ledger.rows("journalLines", journalId=row["id"])):
        delete_line(ledger, line)
    ledger.remove("journals", row)


def is_shown(line: Row) -> bool:
    return line["accountType"] in _SHOWN


# --- lines ---------------------------------------------------------------------------------------


def create_line(ledger: Ledger, given: Row, parent: Row | None) -> Row:
    """Raises Refused for what a line cannot be; dates, balance and dimensions are checked when it is posted."""
    assert parent is not None
    last = _last(ledger, parent, is_numbered="lineNumber" in given)
    row = {
        **empty(LINES), "accountType": accounts.GL, "balanceAccountType": accounts.GL,
        "journalId": parent["id"], "journalDisplayName": parent["code"],
        "lineNumber": last["lineNumber"] + _STEP if last else _STEP,
        "postingDate": last["postingDate"] if last else ledger.today, **given,
    }  # fmt: skip
    row["_place"] = (parent["id"], row["lineNumber"])
    if ledger.one("journalLines", _place=row["_place"]):
        key = f"Journal Batch Name='{parent['code']}',Line No.='{row['lineNumber']}'"
        raise same_key("Gen. Journal Line", key)
    if not row["documentNumber"]:
        row["documentNumber"] = _number_of(ledger, row, last)
    row = _checked(ledger, row, {})
    row["description"] = accounts.text_of(ledger, row, given, "accountNumber")
    if "taxCode" not in given and row["accountType"] == accounts.GL and row["accountNumber"]:
        account = ledger.one("accounts", number=row["accountNumber"])
        row["taxCode"] = account["taxGroupCode"] if account else ""
    made = ledger.add("journalLines", row)
    dimensions.bring(ledger, made, *accounts.owners(ledger, made))
    return made


def change_line(ledger: Ledger, row: Row, given: Row) -> Row:
    now = {**row, **given}
    now["_place"] = (now["journalId"], now["lineNumber"])
    if now["_place"] != row["_place"] and ledger.one("journalLines", _place=now["_place"]):
        raise same_key("Gen. Journal Line", f"Line No.='{now['lineNumber']}'")
    for type, id, number in (
        ("accountType", "accountId", "accountNumber"),
        ("balanceAccountType", "balancingAccountId", "balancingAccountNumber"),
    ):
        if {type, number} & set(given) and id not in given:
            now[id] = NIL
        elif id in given and number not in given:
            now[number] = ""
    checked = _checked(ledger, now, row)
    return ledger.change("journalLines", row, **checked)


def delete_line(ledger: Ledger, row: Row) -> None:
    for table in ("dimensionSetLines", "attachments"):
        for below in list(ledger.rows(table, parentId=row["id"])):
            ledger.remove(table, below)
    ledger.remove("journalLines", row)


def _last(ledger: Ledger, journal: Row, *, is_numbered: bool) -> Row | None:
    """The line with the highest number: the newest one, as long as nobody gives numbers."""
    newest = ledger.newest("journalLines", "journalId", journal["id"])
    if newest is None:
        return None
    taken = ledger.one("journalLines", _place=(journal["id"], newest["lineNumber"] + _STEP))
    if not is_numbered and taken is None and newest["lineNumber"] % _STEP == 0:
        return newest
    lines = ledger.rows("journalLines", journalId=journal["id"])
    return max(lines, key=lambda line: int(line["lineNumber"]))


def _number_of(ledger: Ledger, row: Row, last: Row | None) -> str:
    """That of the line before, or the next one of the series when the external number is another."""
    if last is not None and last["externalDocumentNumber"] == row["externalDocumentNumber"]:
        return str(last["documentNumber"])
    ledger.serial += 1
    return f"G{ledger.serial:05}"


def _checked(ledger: Ledger, row: Row, before: Row) -> Row:
    """A line with its accounts resolved. Raises Refused."""
    number, id = accounts.account_of(
        ledger, row["accountType"], row["accountNumber"], row["accountId"], "Account No."
    )
    other, other_id = accounts.account_of(
        ledger, row["balanceAccountType"], row["balancingAccountNumber"], row["balancingAccountId"],
        "Bal. Account No.",
    )  # fmt: skip
    if number != before.get("accountNumber"):
        accounts.check(ledger, row["accountType"], number)
    if other != before.get("balancingAccountNumber"):
        accounts.check(ledger, row["balanceAccountType"], other)
    if row["taxCode"] and ledger.one("taxGroups", code=row["taxCode"]) is None:
        raise Refused(
            400,
            "Internal_InvalidTableRelation",
            f"The field VAT Prod. Posting Group of table Gen. Journal Line contains a value ({row['taxCode']}) "
            "that cannot be found in the related table (VAT Product Posting Group).",
        )
    return {
        **row, "accountNumber": number, "accountId": id, "balancingAccountNumber": other,
        "balancingAccountId": other_id, "amount": cents(row["amount"]),
    }  # fmt: skip


# --- before posting ------------------------------------------------------------------------------


def check_journal(ledger: Ledger, journal: Row) -> list[Row]:
    """The lines that can be posted, in their order. Raises Refused: one bad line, and nothing is posted."""
    lines = sorted(
        ledger.rows("journalLines", journalId=journal["id"]), key=lambda line: line["lineNumber"]
    )
    lines = [line for line in lines if line["accountNumber"] or line["amount"]]
    if not lines:
        raise rule("There is nothing to post.")
    for line in lines:
        _check_line(ledger, journal, line)
    sums: dict[tuple[str, str], Decimal] = {}
    for line in lines:
        if not line["balancingAccountNumber"]:
            key = (line["postingDate"], line["documentNumber"])
            sums[key] = sums.get(key, Decimal(0)) + line["amount"]
    off = next(((key, value) for key, value in sums.items() if value), None)
    if off:
        raise rule(
            f"Document No. {off[0][1]} is out of balance by {off[1]}. Please check that Posting Date, Document "
            "Type, Document No. and Amount are correct for each line."
        )
    return lines


def _check_line(ledger: Ledger, journal: Row, line: Row) -> None:
    where = (
        f"Gen. Journal Line Journal Template Name='GENERAL',Journal Batch Name='{journal['code']}',"
        f"Line No.='{line['lineNumber']}'"
    )
    for name, words in (("accountNumber", "Account No."), ("amount", "Amount")):
        if not line[name]:
            raise Refused(
                400,
                "Application_FieldValidationException",
                f"{words} must have a value in {where}. It cannot be zero or empty.",
            )
    if line["postingDate"] == NO_DATE:
        told = f"Posting Date must have a value in {where}. It cannot be zero or empty."
        raise Refused(400, "Application_FieldValidationException", told)
    accounts.check_date(ledger, line["postingDate"], where)
    codes = {row["code"] for row in ledger.rows("dimensionSetLines", parentId=line["id"])}
    for type, number in (
        (line["accountType"], line["accountNumber"]),
        (line["balanceAccountType"], line["balancingAccountNumber"]),
    ):
        accounts.check(ledger, type, number)
        place = f"Gen. Journal Line GENERAL, {journal['code']}, {line['lineNumber']}"
        accounts.check_dimensions(ledger, type, number, codes, place)
