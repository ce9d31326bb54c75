"""The companies the sandbox can play: size, accounting year, currencies, oddities.

A company is pure configuration. Everything in its books follows from it, the seed and the number
of working days that have passed, so that two processes with the same company show the same ledger.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

#: The last working day of the history a fresh sandbox shows; "next day" goes on from here.
HISTORY_ENDS = date(2026, 10, 30)


@dataclass(frozen=True)
class Company:
    """One company of the sandbox; `entries` is about how many ledger entries its history holds."""

    id: str
    agreement_number: int
    name: str
    seed: int
    entries: int = 5_000
    #: Month and day on which accounting years begin.
    year_starts_in: int = 1
    year_starts_on: int = 1
    #: The day on which the first one began, in the same month: that of the founding. None: as the others.
    founded_on: int | None = None
    first_year: int = 2024
    base_currency: str = "DKK"
    currencies: tuple[str, ...] = ()
    customers: int = 200
    suppliers: int = 60
    departments: bool = True
    #: The first accounting year may be short or long: 6 to 18 months.
    first_year_months: int = 12
    #: The invoices of one slot in so many stay half unpaid.
    bad_payers: int = 61
    #: Old vouchers vanish, customers get other numbers: nobody announces it.
    deletions: bool = False
    renumbers: bool = False
    #: The working day on which the newest closed year is opened again, for three days.
    reopens_on: int | None = None
    products: int = 120
    #: About how many orders, quotes and draft invoices are open, each.
    orders: int = 20
    #: About how many vouchers wait in the journals to be booked.
    drafts: int = 20
    #: How many old entries a day come to another department.
    department_moves: int = 5
    #: Oddities, each by the working day that brings it (0: the history has it; None: never). A voucher
    #: that does not balance, an entry on an account nobody has, an invoice that its lines do not sum to,
    #: a list of documents of which most are gone.
    unbalanced_voucher: int | None = None
    unknown_account: int | None = None
    odd_invoice: int | None = None
    documents_shrink_on: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "currencies", tuple(self.currencies))
        if not 6 <= self.first_year_months <= 18:
            raise ValueError("first_year_months must be 6 to 18, as accounting years may be long")
        starts = (self.year_starts_on, 1 if self.founded_on is None else self.founded_on)
        if not all(1 <= day <= 28 for day in starts):
            raise ValueError("year_starts_on and founded_on must be 1 to 28, days of every month")
        if self.bad_payers < 1:
            raise ValueError("bad_payers must be 1 (everybody) or more")
        if self.renumbers and self.customers > 45_000:
            raise ValueError("renumbers needs customers below 45,000: new numbers begin at 50,001")
        if self.reopens_on is not None and self.reopens_on < 1:
            raise ValueError("reopens_on is a working day: 1 or later")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Company:
        """Raises ValueError for a field nobody knows."""
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown company field(s) {unknown}; known are {sorted(known)}")
        return cls(**values)


#: Sizes of a small company that has something of everything.
SMALL: dict[str, Any] = {
    "entries": 1_500, "customers": 60, "suppliers": 20, "products": 30, "orders": 6, "drafts": 6,
}  # fmt: skip

COMPANIES = (
    Company(
        id="nordlys",
        agreement_number=1200001,
        name="Nordlys ApS",
        seed=11,
        entries=5_000,
        deletions=True,
        renumbers=True,
    ),
    Company(
        id="vestkyst",
        agreement_number=1200002,
        name="Vestkyst Maskinfabrik A/S",
        seed=22,
        entries=20_000,
        year_starts_in=7,
        first_year=2023,
        departments=False,
    ),
    Company(
        id="oresund",
        agreement_number=1200003,
        name="Øresund Handel & Søn A/S",
        seed=33,
        entries=100_000,
        currencies=("EUR", "SEK", "USD"),
        customers=1_500,
        suppliers=300,
    ),
    Company(
        id="havblik",
        agreement_number=1200004,
        name="Havblik Kaffe ApS",
        seed=44,
        entries=2_000,
        customers=60,
        suppliers=30,
        year_starts_in=3,
        founded_on=15,
        first_year=2025,
        first_year_months=10,
    ),
    Company(
        id="solbakken",
        agreement_number=1200005,
        name="Solbakken Friskole",
        seed=57,
        entries=3_000,
        customers=60,
        suppliers=30,
        year_starts_in=6,
        year_starts_on=16,
        first_year=2023,
    ),
)

#: A group of three and a company of its own: Norwegian kroner.
NORWEGIAN = (
    Company(
        id="fjordgruppen",
        agreement_number=100,
        name="Fjordgruppen AS",
        seed=47,
        entries=500,
        base_currency="NOK",
        customers=30,
        suppliers=15,
    ),
    Company(
        id="fjordbygg",
        agreement_number=110,
        name="Fjordgruppen Bygg AS",
        seed=4711,
        entries=4_000,
        base_currency="NOK",
        currencies=("EUR", "SEK", "USD"),
        customers=120,
        suppliers=50,
        deletions=True,
        renumbers=True,
    ),
    Company(
        id="fjorddrift",
        agreement_number=120,
        name="Fjordgruppen Drift AS",
        seed=4712,
        entries=1_000,
        base_currency="NOK",
        customers=40,
        suppliers=20,
    ),
    Company(
        id="lofoten",
        agreement_number=200,
        name="Lofoten Fisk AS",
        seed=48,
        entries=3_000,
        base_currency="NOK",
        year_starts_in=7,
        first_year=2023,
        customers=80,
        suppliers=30,
    ),
)

#: A Dutch one, in euro.
DUTCH = (
    Company(
        id="tulpenburg",
        agreement_number=300,
        name="Tulpenburg B.V.",
        seed=31,
        entries=3_000,
        base_currency="EUR",
        currencies=("USD", "SEK"),
        customers=60,
        suppliers=40,
    ),
)
