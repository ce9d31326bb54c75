"""Ledger accounts, tax rates, financial accounts and projects.

Accounts are found by what people call them (`account_id`), which may be missing and is not unique. On day 2 an
account gets another name, on day 3 one is new. The tax rates fill more than one page of a hundred; the one of old
receipts, no longer active, comes last. Two financial accounts are shown, one is no longer active and not listed.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from .administration import REGISTER, Administration, at, dated, stamp

Rows = list[dict[str, Any]]
_LONG_AGO = at(date(2023, 11, 1), 36_000, 430)


class Account(NamedTuple):
    place: int
    code: str | None
    name: str
    type: str
    taxonomy: str
    parent: int | None = None
    financial_account: int | None = None
    is_active: bool = True


INVENTORY, BANK, CARD, OLD_CARD, DEBTORS, CREDITORS, VAT, EQUITY, PRIVATE = range(9)
REVENUE_HOME, REVENUE_SERVICES, REVENUE_ABROAD, GOODS, FREIGHT, WAGES, HOUSING, CAR, FUEL = range(
    9, 18
)
SALES_COSTS, OFFICE, GENERAL, QUESTIONS, OFFICE_OLD, EXCHANGE, WAGE_TAX = range(18, 25)
PROVISION, NET_WAGES, SMALL = range(25, 28)
INPUT_TAX, OUTPUT_TAX, UNMATCHED, UNMATCHED_PAID, UNMATCHED_RECEIVED, OFFSETTING = range(28, 34)
RENAMED_ON, NEW_ON = 2, 3
_ACCOUNTS = (
    Account(INVENTORY, "0100", "Inventaris", "non_current_assets", "BMvaBeiVvp"),
    Account(BANK, "1100", "Rabobank zakelijk", "current_assets", "BLimBanRba", None, 0),
    Account(CARD, "1110", "Creditcard 0001", "current_liabilities", "BSchSakRba", None, 1),
    Account(OLD_CARD, "1120", "Oude spaarrekening", "current_assets", "BLimBanSpa", None, 2),
    Account(DEBTORS, "13011", "Debiteuren", "current_assets", "BVorDebHad"),
    Account(CREDITORS, "16011", "Crediteuren", "current_liabilities", "BSchCreHac"),
    Account(VAT, "16221.02", "Btw", "current_liabilities", "BSchBepBtwOvm"),
    Account(EQUITY, "0500", "Eigen vermogen", "equity", "BEivKapOnd"),
    Account(PRIVATE, "0510", "Privé-opnamen en -stortingen", "equity", "BEivKapPro", EQUITY),
    Account(REVENUE_HOME, "8000", "Omzet binnenland", "revenue", "WOmzNohOlh"),
    Account(REVENUE_SERVICES, "81180.01", "Omzet diensten", "revenue", "WOmzNooNdo"),
    Account(REVENUE_ABROAD, "8020", "Omzet buitenland", "revenue", "WOmzNohOlv"),
    Account(GOODS, "7000", "Inkoopwaarde", "direct_costs", "WKprInhInh"),
    Account(FREIGHT, "7010", "Vrachtkosten", "direct_costs", "WKprInhVra"),
    Account(WAGES, "4000", "Lonen en salarissen", "expenses", "WPerLesLon"),
    Account(HOUSING, "04100", "Huisvestingskosten", "expenses", "WBedHuiOhv"),
    Account(CAR, "4200", "Autokosten", "expenses", "WBedAutOak"),
    Account(FUEL, "4200.01", "Brandstof ⛽", "expenses", "WBedAutBra", CAR),
    Account(SALES_COSTS, "4500", "Verkoopkosten", "expenses", "WBedVkkOvr"),
    Account(OFFICE, "4600", "Kantoorkosten", "expenses", "WBedKanOka"),
    Account(GENERAL, "46801.01", "Algemene kosten", "expenses", "WBedAlkOal"),
    Account(QUESTIONS, None, "Vraagposten", "current_assets", "BVorOvrOvk"),
    Account(OFFICE_OLD, "4600", "Kantoorkosten (oud)", "expenses", "WBedKanOka", is_active=False),
    Account(EXCHANGE, "84601", "Koersverschillen", "other_income_expenses", "WFbeWisWis"),
    Account(WAGE_TAX, "1700", "Loonheffing", "current_liabilities", "BSchBepLhe"),
    Account(PROVISION, "0700", "Voorziening groot onderhoud", "provisions", "BVrzOvzVgo"),
    Account(NET_WAGES, "1710", "Te betalen nettolonen", "current_liabilities", "BSchSalNet"),
    Account(SMALL, "4900", "Kleine aanschaffingen", "expenses", "WBedKanKan"),
    Account(INPUT_TAX, "16221.04", "Te vorderen btw", "current_liabilities", "BSchBepBtwVoo", VAT),
    Account(OUTPUT_TAX, "16221.03", "Te betalen btw", "current_liabilities", "BSchBepBtwOlo", VAT),
    Account(UNMATCHED, "10510.04", "Te rubriceren transacties", "current_assets", "BLimKruSto"),
    Account(
        UNMATCHED_PAID, "10510.05", "Te rubriceren betalingen", "current_liabilities", "BLimKruSto"
    ),
    Account(
        UNMATCHED_RECEIVED,
        "10510.03",
        "Te rubriceren ontvangen betalingen",
        "current_assets",
        "BLimKruSto",
    ),
    Account(OFFSETTING, "14510", "Verrekeningen", "current_assets", "BVorTusTbt"),
)


class TaxRate(NamedTuple):
    """tenths: the percentage; None: the vendor says none."""

    place: int
    name: str
    tenths: int | None
    type: str
    is_active: bool | None = True
    country: str | None = None


BUY_HIGH, BUY_LOW, BUY_ZERO, BUY_SHIFTED, BUY_NONE, BUY_NULL, SELL_HIGH, SELL_LOW, SELL_ZERO = (
    range(9)
)
#: Comes last: on the second page.
BUY_OLD = 200
_OSS = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
_RATES = (
    TaxRate(BUY_HIGH, "21% btw", 210, "purchase_invoice"),
    TaxRate(BUY_LOW, "9% btw", 90, "purchase_invoice"),
    TaxRate(BUY_ZERO, "0% btw", 0, "purchase_invoice"),
    TaxRate(BUY_SHIFTED, "Btw verlegd", 0, "purchase_invoice"),
    TaxRate(BUY_NONE, "Geen btw", None, "purchase_invoice"),
    TaxRate(BUY_NULL, "6% btw", 60, "purchase_invoice", None),
    TaxRate(SELL_HIGH, "21% btw", 210, "sales_invoice"),
    TaxRate(SELL_LOW, "9% btw", 90, "sales_invoice"),
    TaxRate(SELL_ZERO, "0% btw", 0, "sales_invoice"),
    TaxRate(9, "21% btw", 210, "general_journal_document"),
    *(
        TaxRate(20 + place * 4 + step, f"{tenths // 10}% btw {country}", tenths, "sales_invoice", True, country)
        for place, country in enumerate(_OSS)
        for step, tenths in enumerate((200, 210, 100, 50))
    ),
    TaxRate(BUY_OLD, "19% btw", 190, "purchase_invoice", False),
)  # fmt: skip
TENTHS = {one.place: one.tenths or 0 for one in _RATES}
_FIRST_ACCOUNT, _FIRST_TAX, _FIRST_BANK, _FIRST_PROJECT = 201, 1_001, 101, 5_001
PROJECTS = 7


def account_id(administration: Administration, index: int) -> str:
    return administration.record_id(REGISTER, _FIRST_ACCOUNT + index)


def tax_rate_id(administration: Administration, index: int) -> str:
    return administration.record_id(REGISTER, _FIRST_TAX + index)


def financial_account_id(administration: Administration, index: int) -> str:
    return administration.record_id(REGISTER, _FIRST_BANK + index)


def project_id(administration: Administration, index: int) -> str:
    return administration.record_id(REGISTER, _FIRST_PROJECT + index)


def accounts(administration: Administration) -> list[Account]:
    """The chart on the administration's day."""
    day = administration.day
    found = [one for one in _ACCOUNTS if one.place != SMALL or day >= NEW_ON]
    if day >= RENAMED_ON:
        found[SALES_COSTS] = found[SALES_COSTS]._replace(name="Verkoop- en reclamekosten")
    return found


def account_named(administration: Administration, id: str) -> int | None:
    """The place of an account in the chart, by its id."""
    found = administration.index_of(REGISTER, id)
    index = None if found is None else found - _FIRST_ACCOUNT
    return index if index in {one.place for one in accounts(administration)} else None


def ledger_accounts(administration: Administration) -> Rows:
    return [_ledger_account(administration, one) for one in accounts(administration)]


def _ledger_account(administration: Administration, one: Account) -> dict[str, Any]:
    changed = _LONG_AGO
    if one.place == SALES_COSTS and administration.day >= RENAMED_ON:
        changed = administration.evening(RENAMED_ON, 7)
    if one.place == SMALL:
        changed = administration.evening(NEW_ON, 8)
    parent, bank = one.parent, one.financial_account
    return {
        "id": account_id(administration, one.place), "administration_id": administration.id,
        "name": one.name, "account_type": one.type, "account_id": one.code,
        "parent_id": None if parent is None else account_id(administration, parent),
        "active": one.is_active, "created_at": stamp(min(changed, _LONG_AGO) if one.place != SMALL else changed),
        "updated_at": stamp(changed), "allowed_document_types": _allowed(one),
        "taxonomy_item": _taxonomy(one),
        "financial_account_id": None if bank is None else financial_account_id(administration, bank),
    }  # fmt: skip


def _allowed(one: Account) -> list[str]:
    if one.place in (INPUT_TAX, OUTPUT_TAX, UNMATCHED):
        return ["general_journal_document"]
    type = one.type
    first = {"revenue": ["sales_invoice"], "expenses": ["purchase_invoice"]}.get(type, [])
    if type in ("direct_costs", "other_income_expenses", "non_current_assets"):
        first = ["purchase_invoice"]
    return [*first, "financial_mutation", "general_journal_document"]


def _taxonomy(one: Account) -> dict[str, Any]:
    return {
        "taxonomy_version": "3.5", "code": one.taxonomy, "name": one.name, "name_english": one.name,
        "reference": one.code,
    }  # fmt: skip


def tax_rates(administration: Administration) -> Rows:
    return [_tax_rate(administration, one) for one in _RATES]


def _tax_rate(administration: Administration, one: TaxRate) -> dict[str, Any]:
    percentage = None if one.tenths is None else f"{one.tenths // 10}.{one.tenths % 10}"
    return {
        "id": tax_rate_id(administration, one.place), "administration_id": administration.id,
        "name": one.name, "percentage": percentage, "tax_rate_type": one.type, "show_tax": one.tenths is not None,
        "active": one.is_active, "country": one.country, **dated(_LONG_AGO),
    }  # fmt: skip


def financial_accounts(administration: Administration) -> Rows:
    shown = (
        (0, "BankAccount", "Rabobank zakelijk", "NL91RABO0417164300"),
        (1, "CreditCardAccount", "Creditcard 0001", "0001"),
    )
    return [
        {
            "id": financial_account_id(administration, index), "administration_id": administration.id,
            "type": type, "name": name, "identifier": identifier, "currency": administration.currency,
            "provider": None, "moneybird_account": False, "active": True, **dated(_LONG_AGO),
        }
        for index, type, name, identifier in shown
    ]  # fmt: skip


def projects(administration: Administration) -> Rows:
    """One more every fifth working day; the third is archived on day 4."""
    count = PROJECTS + administration.day // 5
    names = ("Nieuwbouw", "Onderhoud", "Webshop", "Beurs", 'Project "Merel"', "R&D", "Übersee")
    return [
        {
            "id": project_id(administration, index), "name": f"{names[index % len(names)]} {index + 1}",
            "state": "archived" if index == 2 and administration.day >= 4 else "active",
            "budget": None if index % 2 else 1_000 * (index + 1),
        }
        for index in range(count)
    ]  # fmt: skip
