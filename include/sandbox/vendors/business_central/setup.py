"""What a company is set up with: chart, vendors, employees, dimensions, tax groups, currencies, periods.

Among it there is what an export must not use: accounts that are blocked, headings, or not for direct posting; blocked vendors and
dimension values; an account that wants a dimension.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .fields import Fields, Row, empty, fields
from .ledger import Ledger

ACCOUNTS = fields(
    "id:guid! number:code20! displayName:text100! category:option! subCategory:text80! blocked:bool! "
    "accountType:option! directPosting:bool! netChange:decimal! taxGroupCode:code20! lastModifiedDateTime:datetime!"
)
VENDORS = fields(
    "id:guid! number:code20! displayName:text100! email:text80! phoneNumber:text30! taxRegistrationNumber:text20! "
    "currencyCode:code10! blocked:option! balance:decimal! lastModifiedDateTime:datetime!"
)
EMPLOYEES = fields(
    "id:guid! number:code20! displayName:text100! email:text80! iban:code50! status:option! "
    "lastModifiedDateTime:datetime!"
)
DIMENSIONS = fields("id:guid! code:code20! displayName:text30! lastModifiedDateTime:datetime!")
DIMENSION_VALUES = fields(
    "id:guid! code:code20! dimensionId:guid! displayName:text50! consolidationCode:code20! lastModifiedDateTime:datetime!"
)
GENERAL_LEDGER_SETUP = fields(
    "id:guid! allowPostingFrom:date! allowPostingTo:date! localCurrencyCode:code10! lastModifiedDateTime:datetime!"
)
PERIODS = fields(
    "id:guid! startingDate:date! name:text10! newFiscalYear:bool! closed:bool! dateLocked:bool! "
    "lastModifiedDateTime:datetime!"
)
TAX_GROUPS = fields("id:guid! code:code20! displayName:text100! lastModifiedDateTime:datetime!")
CURRENCY_FIELDS = fields("id:guid! code:code10! displayName:text30! lastModifiedDateTime:datetime!")

#: VAT product posting group -> per cent.
TAX: dict[str, Decimal] = {
    "": Decimal(0), "STANDARD": Decimal(25), "REDUCED": Decimal(12), "ZERO": Decimal(0),
}  # fmt: skip
#: What one of a currency costs in the local one.
CURRENCIES = {"EUR": Decimal("11.50"), "USD": Decimal("10.40"), "SEK": Decimal("1.02")}
#: Where postings of vendors, employees and VAT end up.
PAYABLES, EMPLOYEES_OWED, VAT_ACCOUNT, BANK = "5410", "5830", "5630", "2910"
_CHART = (
    # number, name, category, type, for direct posting, blocked, tax group, dimension it wants
    ("2910", "Bank", "Assets", "Posting", True, False, "", ""),
    ("4000", "Operating expenses", "Expense", "Heading", False, False, "", ""),
    ("4410", "Travel", "Expense", "Posting", True, False, "", ""),
    ("4420", "Hotels", "Expense", "Posting", True, False, "REDUCED", ""),
    ("4430", "Representation", "Expense", "Posting", True, False, "STANDARD", ""),
    ("4440", "Mileage and per diem", "Expense", "Posting", True, False, "", "AFDELING"),
    ("4450", "Old travel account", "Expense", "Posting", True, True, "", ""),
    ("4510", "Honoraria", "Expense", "Posting", True, False, "", ""),
    ("4520", "Honoraria with VAT", "Expense", "Posting", True, False, "STANDARD", ""),
    ("4999", "Total operating expenses", "Expense", "End Total", False, False, "", ""),
    ("5410", "Vendors", "Liabilities", "Posting", False, False, "", ""),
    ("5630", "Purchase VAT", "Liabilities", "Posting", False, False, "", ""),
    ("5830", "Employees", "Liabilities", "Posting", True, False, "", ""),
)
_DIMENSIONS = {
    "AFDELING": ("Afdeling", (("OPS", False), ("ADM", False), ("SALG", False), ("OLD", True))),
    "PROJEKT": ("Projekt", (("P1", False), ("P2", False), ("P9", True))),
}
_VENDORS, _EMPLOYEES, _FIRST_YEAR, _YEARS = 40, 30, 2024, 4


def set_up(ledger: Ledger) -> Ledger:
    """The ledger of a new company."""
    for number, name, category, type, is_direct, is_blocked, tax, wanted in _CHART:
        _add(ledger, "accounts", ACCOUNTS, number=number, displayName=name, category=category,
             accountType=type, directPosting=is_direct, blocked=is_blocked, taxGroupCode=tax,
             _wants=wanted, _defaults={})  # fmt: skip
    for n in range(1, _VENDORS + 1):
        _add(ledger, "vendors", VENDORS, number=f"V{n:05}", displayName=f"Driver {n}",
             email=f"driver{n}@example.org", taxRegistrationNumber=f"9{n:08}",
             blocked={39: "Payment", 40: "All"}.get(n, " "), currencyCode="EUR" if n == 38 else ledger.currency, _defaults={})  # fmt: skip
    for n in range(1, _EMPLOYEES + 1):
        _add(ledger, "employees", EMPLOYEES, number=f"E{n}", displayName=f"Employee {n}",
             email=f"employee{n}@example.org", status="Active")  # fmt: skip
    for code, (name, values) in _DIMENSIONS.items():
        dimension = _add(ledger, "dimensions", DIMENSIONS, code=code, displayName=name)
        for value, is_blocked in values:
            _add(ledger, "dimensionValues", DIMENSION_VALUES, code=value, displayName=value.title(),
                 dimensionId=dimension["id"], _blocked=is_blocked)  # fmt: skip
    for code in TAX:
        if code:
            _add(ledger, "taxGroups", TAX_GROUPS, code=code, displayName=code.title())
    for code in CURRENCIES:
        _add(ledger, "currencies", CURRENCY_FIELDS, code=code, displayName=code)
    for month in range(12 * _YEARS):
        day = date(_FIRST_YEAR + month // 12, month % 12 + 1, 1)
        is_old = day.year < _FIRST_YEAR + 1
        _add(ledger, "accountingPeriods", PERIODS, startingDate=day.isoformat(), name=day.strftime("%B")[:10],
             newFiscalYear=day.month == 1, closed=is_old, dateLocked=is_old)  # fmt: skip
    _add(ledger, "generalLedgerSetup", GENERAL_LEDGER_SETUP, localCurrencyCode=ledger.currency,
         allowPostingFrom=ledger.settings.posting_from)  # fmt: skip
    return ledger


def _add(ledger: Ledger, table: str, known: Fields, **values: object) -> Row:
    return ledger.add(table, {**empty(known), **values})


def allow_posting(ledger: Ledger, since: str, until: str) -> None:
    """The allowed range; both may be "0001-01-01", which is no bound. Months that end before it are closed."""
    ledger.settings.posting_from, ledger.settings.posting_to = since, until
    for row in ledger.rows("generalLedgerSetup"):
        ledger.change("generalLedgerSetup", row, allowPostingFrom=since, allowPostingTo=until)
    for row in ledger.rows("accountingPeriods"):
        is_closed = row["startingDate"][:7] < since[:7]
        if row["closed"] != is_closed:
            ledger.change("accountingPeriods", row, closed=is_closed, dateLocked=is_closed)
