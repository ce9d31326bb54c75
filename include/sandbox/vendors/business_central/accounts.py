"""Whom a line is booked on: found by type and number or by id, and whether it may be used."""

from __future__ import annotations

from collections.abc import Iterator

from .errors import Refused, field_value, rule, unrelated
from .fields import NIL, Row
from .ledger import Ledger

GL, VENDOR, EMPLOYEE, BANK = "G/L Account", "Vendor", "Employee", "Bank Account"
#: Type of account -> where its accounts are.
_TABLES = {GL: "accounts", VENDOR: "vendors", EMPLOYEE: "employees"}
TYPES = (GL, "Customer", VENDOR, BANK, "Fixed Asset", "IC Partner", EMPLOYEE)
_LINE = "Gen. Journal Line"


def account_of(ledger: Ledger, type: str, number: str, id: str, field: str) -> tuple[str, str]:
    """(number, id) of the account a line names; field: of the vendor's table, in words. Raises Refused."""
    if type not in TYPES:
        told = f'The value "{type}" cannot be evaluated into type Option.'
        raise Refused(400, "Application_EvaluateException", told)
    table = _TABLES.get(type)
    if id not in ("", NIL):
        found = ledger.by_id("accounts", id) if type == GL else None
        if found is None:
            raise rule('The "accountId" does not match a G/L Account or a Bank Account.')
        if number and found["number"] != number:
            raise rule('The "accountNumber" and the "accountId" belong to different accounts.')
        return found["number"], id
    if not number or type == BANK:  # there is one bank, whatever it is called
        return number, NIL
    found = ledger.one(table, number=number) if table else None
    if found is None:
        raise unrelated(field, number, _LINE, type)
    return number, found["id"] if type == GL else NIL


def owners(ledger: Ledger, line: Row) -> Iterator[Row]:
    """The account of a line of a journal, and the vendor it is owed to, as far as they have default dimensions."""
    for type, number in (
        (line["accountType"], line["accountNumber"]),
        (line["balanceAccountType"], line["balancingAccountNumber"]),
    ):
        found = ledger.one(_TABLES[type], number=number) if type in (GL, VENDOR) else None
        if found:
            yield found


def text_of(ledger: Ledger, line: Row, given: Row, number: str) -> str:
    """The text of a line. Fields are set one after the other, as they were given: an account that comes after the text brings its own."""
    names = list(given)
    if number not in names:
        return str(line["description"])
    if "description" in names and names.index("description") > names.index(number):
        return str(line["description"])
    table = _TABLES.get(line["accountType"])
    found = ledger.one(table, number=line["accountNumber"]) if table else None
    return str(found["displayName"]) if found else str(line["description"])


def check(ledger: Ledger, type: str, number: str) -> None:
    """Whether an account may be booked on by hand. Raises Refused."""
    table = _TABLES.get(type)
    row = ledger.one(table, number=number) if table and number else None
    if row is None:
        return
    if type == GL:
        _check_gl(row)
    elif type == VENDOR and row["blocked"] == "All":  # with Payment only payments are refused
        raise rule(
            "You cannot create this type of document when Vendor "
            f"{number} is blocked with type {row['blocked']}"
        )


def _check_gl(row: Row) -> None:
    where = f"in G/L Account: No.={row['number']}."
    if row["accountType"] != "Posting":
        told = f"Account Type must be equal to 'Posting' {where} Current value is '{row['accountType']}'."
        raise field_value(told)
    if row["blocked"]:
        raise field_value(f"Blocked must be equal to 'No' {where} Current value is 'Yes'.")
    if not row["directPosting"]:
        raise field_value(f"Direct Posting must be equal to 'Yes' {where} Current value is 'No'.")


def check_date(ledger: Ledger, day: str, where: str) -> None:
    """Whether a day lies in the allowed range. Raises Refused."""
    settings = ledger.settings
    is_late = settings.posting_to != "0001-01-01" and day > settings.posting_to
    if day < settings.posting_from or is_late:
        raise rule(f"Posting Date is not within your range of allowed posting dates in {where}.")


def check_dimensions(ledger: Ledger, type: str, number: str, codes: set[str], where: str) -> None:
    """Whether a line has the dimensions its account wants. Raises Refused."""
    row = ledger.one("accounts", number=number) if type == GL else None
    wanted = row["_wants"] if row else ""
    if wanted and wanted not in codes:
        raise rule(
            f"A dimension used in {where} has caused an error. Select a Dimension Value Code for the Dimension Code {wanted} "
            f"for G/L Account {number}."
        )


def required(values: Row, names: tuple[str, ...]) -> None:
    """Raises Refused for a field that must be there and is not."""
    missing = [name for name in names if not values.get(name)]
    if missing:
        raise Refused(
            400,
            "BadRequest_RequiredParamNotProvided",
            f"Field '{missing[0]}' must not be blank or empty.",
        )
