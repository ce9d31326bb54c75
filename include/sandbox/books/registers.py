"""The small lists of a played company (groups, terms, VAT, currencies, employees), day by day.

None of them has a change marker, as the vendor: on day 2 a payment term is renamed, on day 3 a journal
is renamed and an employee is new, on day 4 a VAT account is barred, an employee too, and a supplier
group is new, on day 5 a customer group nobody uses is gone and a currency new, on day 6 a distribution
gets other percentages, a payment term is new and an employee is gone, on day 7 a VAT zone is renamed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from .chart import CREDITORS, DEBTORS, VAT_PURCHASES, VAT_SALES

#: Distributions made by users; below it, the system's own: one for each department, of its number.
FIRST_DISTRIBUTION = 101


@dataclass(frozen=True)
class Journal:
    number: int
    name: str
    first_voucher: int
    last_voucher: int
    restricted_to: str | None = None


@dataclass(frozen=True)
class Group:
    """A group of customers or suppliers and the account it is booked on."""

    number: int
    name: str
    account: int


@dataclass(frozen=True)
class Department:
    number: int
    name: str


@dataclass(frozen=True)
class Distribution:
    number: int
    name: str
    parts: tuple[tuple[Decimal, int], ...]

    @property
    def is_of_users(self) -> bool:
        return self.number >= FIRST_DISTRIBUTION


@dataclass(frozen=True)
class Terms:
    number: int
    name: str
    type: str
    days: int | None = None


@dataclass(frozen=True)
class VatAccount:
    code: str
    name: str
    rate: Decimal
    type: int
    account: int
    contra_account: int | None = None
    is_barred: bool = False


@dataclass(frozen=True)
class VatType:
    number: int
    name: str


@dataclass(frozen=True)
class VatZone:
    number: int
    name: str
    for_customers: bool = True
    for_suppliers: bool = True


@dataclass(frozen=True)
class Currency:
    code: str
    name: str
    iso_number: str


@dataclass(frozen=True)
class Employee:
    number: int
    name: str
    group: int
    email: str | None = None
    phone: str | None = None
    is_barred: bool = False


def journals(day: int) -> list[Journal]:
    return [
        Journal(1, "Daglig", 1, 49_999),
        Journal(
            2, "Kreditorer" if day < 3 else "Kreditorfakturaer", 50_000, 99_999, "supplierInvoice"
        ),
        Journal(3, "Periodisering", 100_000, 149_999, "financeVoucher"),
    ]


def customer_groups(day: int) -> list[Group]:
    found = [
        Group(1, "Indland", DEBTORS),
        Group(2, "EU", DEBTORS),
        Group(3, "Øvrige udland", DEBTORS),
    ]
    return found if day >= 5 else [*found, Group(4, "Koncern (ubrugt)", DEBTORS)]


def supplier_groups(day: int) -> list[Group]:
    found = [Group(1, "Varekreditorer", CREDITORS), Group(2, "Tjenester", CREDITORS)]
    return found if day < 4 else [*found, Group(3, "Koncern & søsterselskaber", CREDITORS)]


def departments(day: int) -> list[Department]:
    names = ["Salg", "Lager", "Administration", "Udvikling", "Butik"]
    names += ["Webshop"] if day >= 2 else []
    return [Department(number, name) for number, name in enumerate(names, start=1)]


def distributions(day: int) -> list[Distribution]:
    own = [Distribution(d.number, d.name, ((Decimal(100), d.number),)) for d in departments(day)]
    larger = Decimal(60) if day < 6 else Decimal("62.5")
    third = Decimal("33.33")
    return [
        *own,
        Distribution(FIRST_DISTRIBUTION, "Salg og lager", ((larger, 1), (100 - larger, 2))),
        Distribution(
            FIRST_DISTRIBUTION + 1, "Fælles", ((third, 1), (third, 3), (100 - 2 * third, 5))
        ),
    ]


def payment_terms(day: int) -> list[Terms]:
    found = [
        Terms(1, "Netto 14 dage" if day < 2 else "14 dage netto", "net", 14),
        Terms(2, "Netto 30 dage", "net", 30),
        Terms(3, "Løbende måned 30 dage", "invoiceMonth", 30),
        Terms(4, "Kontant", "paidInCash"),
        Terms(5, "Forud", "prepaid"),
        Terms(6, "Betalingskort", "creditcard"),
        Terms(7, "Netto 0 dage", "net", 0),
    ]
    return found if day < 6 else [*found, Terms(8, "Uge", "invoiceWeekStartingMonday", 8)]


def vat_accounts(day: int) -> list[VatAccount]:
    quarter, none = Decimal(25), Decimal(0)
    found = [
        VatAccount("I25", "Købsmoms", quarter, 2, VAT_PURCHASES),
        VatAccount("IVEU", "Varekøb i EU", quarter, 3, VAT_PURCHASES, VAT_SALES),
        VatAccount("IYEU", "Ydelseskøb i EU", quarter, 4, VAT_PURCHASES, VAT_SALES),
        VatAccount("REP", "Repræsentation", Decimal("6.25"), 2, VAT_PURCHASES),
        VatAccount("U25", "Salgsmoms", quarter, 1, VAT_SALES),
        VatAccount("UEUV", "Varesalg til EU", none, 1, VAT_SALES),
        VatAccount("UEUY", "Ydelsessalg til EU", none, 1, VAT_SALES),
    ]
    return [replace(a, is_barred=True) if day >= 4 and a.code == "REP" else a for a in found]


def vat_types() -> list[VatType]:
    return [
        VatType(1, "Salgsmoms"),
        VatType(2, "Købsmoms"),
        VatType(3, "Moms af varekøb i udlandet"),
        VatType(4, "Moms af ydelseskøb i udlandet"),
    ]


def vat_zones(day: int) -> list[VatZone]:
    return [
        VatZone(1, "Indland"),
        VatZone(2, "EU"),
        VatZone(3, "Udland" if day < 7 else "Uden for EU"),
        VatZone(4, "Indland uden moms", for_suppliers=False),
    ]


def currencies(day: int) -> list[Currency]:
    found = [
        Currency("AUD", "Australske dollar", "036"),
        Currency("DKK", "Danske kroner", "208"),
        Currency("EUR", "Euro", "978"),
        Currency("GBP", "Britiske pund", "826"),
        Currency("SEK", "Svenske kroner", "752"),
        Currency("USD", "Amerikanske dollar", "840"),
    ]
    if day >= 5:
        found.append(Currency("NOK", "Norske kroner", "578"))
    return sorted(found, key=lambda c: c.code)


def employees(day: int) -> list[Employee]:
    found = [
        Employee(1, "Åse Bøgh", 1, "aase@firma.example"),
        Employee(2, "Jens O'Hara", 1, phone="+45 12 34 56 78", is_barred=day >= 4),
        Employee(3, "Søren Ærlig", 2, "soeren@firma.example"),
    ]
    if day >= 6:
        del found[2]
    return found if day < 3 else [*found, Employee(4, "Ny Medarbejder", 2, "ny@firma.example")]
