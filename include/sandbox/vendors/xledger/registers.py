"""The small lists of an entity: accounts, object kinds and values, tax rules, currencies, rates, the entity itself."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.books import chart, registers
from sandbox.books.amounts import RATES
from sandbox.books.calendar import add_months
from sandbox.books.chart import EQUITY
from sandbox.books.vouchers import UNKNOWN_ACCOUNT

from .entity import Entity, clock, stamp

Rows = list[dict[str, Any]]

#: Where ids begin in an entity's span; an account's is its number.
_KINDS, _COMPANY = 1, 100_000
_DEPARTMENTS, _COST_OBJECTS, _ACTIVITIES, _PROJECT_GROUPS = 82_000, 82_100, 82_200, 82_300
_TAX_RULES, _CHOICES, _TAX_TABLE, _CURRENCIES = 82_400, 82_500, 83_000, 84_000
_ACCOUNT_GROUPS, _RATES = 84_100, 87_000
#: Of object kinds, this one is everybody's.
TAX_RULE = 14
DEPARTMENT, COST_OBJECT, PROJECT, ACTIVITY, PROJECT_GROUP = (
    "Avdeling", "Kostnadsbærer", "Prosjekt", "Aktivitet", "Prosjektgruppe",
)  # fmt: skip
_OWN_KINDS = (DEPARTMENT, COST_OBJECT, PROJECT, ACTIVITY, PROJECT_GROUP)
#: The kinds of the dimension slots, in their order.
SLOTS = (DEPARTMENT, COST_OBJECT, PROJECT)
_CODES = ("AUD", "DKK", "EUR", "GBP", "NOK", "SEK", "USD")
_NAMES = {"NOK": "Norske kroner"}


# --- object kinds and values ---------------------------------------------------------------------


def kinds(entity: Entity) -> Rows:
    """Those of the entity on top; the others have none of their own."""
    if entity.above:
        return []
    found = [(TAX_RULE, "TAX_RULE")]
    found += [(entity.id(_KINDS + place), name) for place, name in enumerate(_OWN_KINDS)]
    return [
        {"dbId": id, **entity.fields(), "name": name, "code": name, "modifiedAt": "2024-01-02T10:00:00"}
        for id, name in found
    ]  # fmt: skip


def kind(entity: Entity, name: str) -> dict[str, Any]:
    """An object kind by its name."""
    return next(row for row in entity.top.of(kinds) if row["name"] == name)


def _value(
    entity: Entity, place: int, code: str, name: str, of: str, day: int = 0
) -> dict[str, Any]:
    found = kind(entity, of)
    made = clock(day) if day else "2024-01-02T10:00:00"
    return {
        "dbId": entity.id(place), **entity.fields(), "id": place, "code": code, "description": name,
        "objectKindDbId": found["dbId"], "objectKind": found, "posting": True,
        "dateFrom": date(2024, 1, 1), "dateTo": None, "createdAt": made, "modifiedAt": made,
    }  # fmt: skip


def departments(entity: Entity) -> dict[int, dict[str, Any]]:
    """Department of the books -> object value."""
    if not entity.company.departments:
        return {}
    # The books' sixth department opens on the second day.
    return {
        one.number: _value(
            entity, _DEPARTMENTS + one.number, str(one.number), one.name, DEPARTMENT,
            day=2 if one.number > 5 else 0,
        )
        for one in registers.departments(entity.day)
    }  # fmt: skip


def cost_objects(entity: Entity) -> dict[int, dict[str, Any]]:
    """Member of the books' second dimension -> object value."""
    return {
        n: _value(entity, _COST_OBJECTS + n, f"K{n:02d}", f"Kostnadsbærer {n}", COST_OBJECT)
        for n in (1, 2, 3)
    }


def activities(entity: Entity) -> Rows:
    names = ("Konsulenttimer", "Reisetid", "Internt arbeid", "Opplæring")
    return [
        _value(entity, _ACTIVITIES + n, f"A{n}", name, ACTIVITY) for n, name in enumerate(names)
    ]


def project_groups(entity: Entity) -> Rows:
    names = ("Nybygg", "Rehabilitering", "Service")
    return [
        _value(entity, _PROJECT_GROUPS + n, f"PG{n}", name, PROJECT_GROUP)
        for n, name in enumerate(names)
    ]


def tax_rules(entity: Entity) -> dict[str, dict[str, Any]]:
    """Tax code -> object value, of the entity on top."""
    if entity.above:
        return entity.top.of(tax_rules)
    return {
        vat.code: _value(entity, _TAX_RULES + n, vat.code, vat.name, "TAX_RULE")
        for n, vat in enumerate(registers.vat_accounts(0))
    }


def object_values(entity: Entity) -> Rows:
    own = [] if entity.above else list(entity.of(tax_rules).values())
    return [
        *entity.of(departments).values(), *entity.of(cost_objects).values(),
        *entity.of(activities), *entity.of(project_groups), *own,
    ]  # fmt: skip


def is_tax_rule(row: dict[str, Any]) -> bool:
    return bool(row["objectKindDbId"] == TAX_RULE)


def choice(entity: Entity, place: int, code: str, name: str) -> dict[str, Any]:
    """One of the values that only fields of others name: payment terms, groups, types of time."""
    return {
        "dbId": entity.id(_CHOICES + place), "ownerDbId": entity.db_id, "code": code,
        "description": name, "name": name,
    }  # fmt: skip


# --- tax, currencies -----------------------------------------------------------------------------


def tax_tables(entity: Entity) -> Rows:
    """The rates of tax rules; one had another rate before 2025, one ends when the books bar it."""
    if entity.above:
        return []
    found: Rows = []
    for n, vat in enumerate(registers.vat_accounts(entity.day)):
        ends = _barred_on(entity) if vat.is_barred else None
        since = date(2025, 1, 1) if vat.code == "REP" else date(2020, 1, 1)
        found.append(_rate(entity, n * 2 + 1, vat.code, vat.rate, vat.account, since, ends))
        if vat.code == "REP":
            before = since - timedelta(days=1)
            found.append(
                _rate(entity, n * 2, vat.code, Decimal(6), vat.account, date(2020, 1, 1), before)
            )
    return found


def _barred_on(entity: Entity) -> date:
    return date.fromisoformat(clock(4)[:10])


def _rate(
    entity: Entity, place: int, code: str, percent: Decimal, number: int, since: date, until: date | None
) -> dict[str, Any]:  # fmt: skip
    rule, account = entity.of(tax_rules)[code], entity.of(accounts_by_number)[number]
    return {
        "dbId": entity.id(_TAX_TABLE + place), **entity.fields(), "objectValueDbId": rule["dbId"],
        "objectValue": rule, "dateFrom": since, "dateTo": until, "taxPercent": float(percent),
        "correctionPercent": 100.0, "accountDbId": account["dbId"], "account": account,
        "modifiedAt": stamp(until or since),
    }  # fmt: skip


def currencies_by_code(entity: Entity) -> dict[str, dict[str, Any]]:
    names = {one.code: one.name for one in registers.currencies(entity.day)}
    known = {**_NAMES, **names}
    return {
        code: {
            "dbId": entity.id(_CURRENCIES + place), "ownerDbId": entity.db_id, "code": code,
            "description": known[code],
        }
        for place, code in enumerate(_CODES) if code in known
    }  # fmt: skip


def currencies(entity: Entity) -> Rows:
    return list(entity.of(currencies_by_code).values())


def rates(entity: Entity) -> Rows:
    """A rate a month and currency, per hundred units."""
    company, found = entity.company, Rows()
    first, month = date(company.first_year, 1, 1), date(company.first_year, 1, 1)
    while month <= entity.today:
        place = (month.year - first.year) * 12 + month.month - 1
        for n, code in enumerate(company.currencies):
            found.append({
                "dbId": entity.id(_RATES + place * 10 + n), **entity.fields(), "fromDate": month,
                "toDate": add_months(month, 1) - timedelta(days=1), "currencyFromCode": code,
                "currencyToCode": company.base_currency, "currencyUnit": 100,
                "exchangeRate": (RATES[code] + place % 7 * 10) / 100, "modifiedAt": stamp(month),
            })  # fmt: skip
        month = add_months(month, 1)
    return found


# --- accounts ------------------------------------------------------------------------------------


def accounts_by_number(entity: Entity) -> dict[int, dict[str, Any]]:
    """Everything lines can be on, and the headings: what is in no chart as well."""
    found: dict[int, dict[str, Any]] = {}
    group: dict[str, Any] | None = None
    for account in chart.accounts(entity.day):
        if account.type == "headingStart":
            group = {
                "dbId": entity.id(_ACCOUNT_GROUPS + account.number % 97), "code": str(account.number),
                "description": account.name, "codeTranslated": str(account.number),
            }  # fmt: skip
        found[account.number] = _account(entity, account, group)
    unknown = chart.Account(UNKNOWN_ACCOUNT, "", "status")
    return {**found, UNKNOWN_ACCOUNT: _account(entity, unknown, None)}


def _account(
    entity: Entity, account: chart.Account, group: dict[str, Any] | None
) -> dict[str, Any]:
    number, posts = account.number, account.type in ("status", "profitAndLoss")
    is_result = account.type == "profitAndLoss"
    changed = {1010: 2, 3690: 3}.get(number, 0)
    return {
        "dbId": entity.id(number), **entity.fields(), "code": str(number), "description": account.name,
        "descriptionTranslated": account.name,
        "modifiedAt": clock(changed) if 0 < changed <= entity.day else "2024-01-02T10:00:00",
        "balanceSheet": account.is_balance, "asset": 5_000 <= number < 6_000,
        "liabilities": 6_200 <= number < 7_000, "equity": number == EQUITY,
        "revenue": is_result and number < 1_100, "cost": is_result and number >= 1_100,
        "credit": number < 1_100 or 6_000 <= number < 7_000, "finance": number == chart.BANK,
        "vat": number in (chart.VAT_SALES, chart.VAT_PURCHASES), "yearEnd": False,
        "posting": posts, "group": not posts, "accountGroup": group,
        "accountGroupDbId": group["dbId"] if group else None, "chartOfAccountDbId": entity.id(0),
    }  # fmt: skip


def accounts(entity: Entity) -> Rows:
    """The chart: accounts that are posted on, and the headings above them."""
    shown = {
        a.number for a in chart.accounts(entity.day) if a.type not in ("totalFrom", "sumInterval")
    }
    return [row for number, row in entity.of(accounts_by_number).items() if number in shown]


# --- the entity ----------------------------------------------------------------------------------


def as_row(entity: Entity) -> dict[str, Any]:
    company = entity.company
    entries = [
        {"dbId": entity.id(place), "fieldObject": {"dbId": entity.id(place), "objectKind": kind(entity, name)}}
        for place, name in enumerate(SLOTS, start=1)
    ]  # fmt: skip
    return {
        "dbId": entity.db_id, **entity.fields(), "code": str(company.agreement_number),
        "description": company.name, "createdAt": "2024-01-02T10:00:00",
        "modifiedAt": "2024-01-02T10:00:00", "company": _company(entity),
        "currency": entity.of(currencies_by_code)[company.base_currency], "glSetupEntries": entries,
    }  # fmt: skip


def _company(entity: Entity) -> dict[str, Any]:
    return {
        "dbId": entity.db_id + _COMPANY, "name": entity.company.name,
        "description": entity.company.name, "companyNumber": f"9{entity.db_id:08d}",
        "country": {"code": entity.country, "description": entity.country},
    }  # fmt: skip


def entities(entity: Entity) -> Rows:
    return [as_row(entity)]
