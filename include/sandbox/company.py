"""The companies the sandbox can play: size, accounting year, currencies, tokens.

A company is pure configuration. Everything in its books follows from it, the seed and the number
of working days that have passed, so that two processes with the same company show the same ledger.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import date
from typing import Any

#: The last working day of the history a fresh sandbox shows; "next day" goes on from here.
HISTORY_ENDS = date(2026, 10, 30)


@dataclass(frozen=True)
class Company:
    """One agreement of the sandbox; `entries` is about how many ledger entries its history holds."""

    id: str
    agreement_number: int
    name: str
    seed: int
    entries: int = 5_000
    year_starts_in: int = 1
    first_year: int = 2024
    base_currency: str = "DKK"
    currencies: tuple[str, ...] = ()
    customers: int = 200
    suppliers: int = 60
    departments: bool = True
    tokens_per_minute: int = 10_000
    app_secret: str = "sandbox-app-secret"
    grant: str = field(default="")

    def __post_init__(self) -> None:
        if not self.grant:
            object.__setattr__(self, "grant", f"sandbox-grant-{self.id}")
        object.__setattr__(self, "currencies", tuple(self.currencies))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Company:
        known = {f.name for f in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(f"unknown company field(s) {unknown}; known are {sorted(known)}")
        return cls(**values)


COMPANIES = (
    Company(
        id="nordlys",
        agreement_number=1200001,
        name="Nordlys ApS",
        seed=11,
        entries=5_000,
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
)
