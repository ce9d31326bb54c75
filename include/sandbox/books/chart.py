"""The chart of accounts every played company uses: a small Danish one with headings and sums."""

from __future__ import annotations

from dataclasses import dataclass

BANK, DEBTORS, CREDITORS = 5820, 5600, 6800
VAT_SALES, VAT_PURCHASES, EQUITY, TAX_OWED = 6902, 6903, 6110, 6910
REVENUE = (1010, 1020, 1030)
EXPENSES = (1310, 2410, 2750, 3410, 3620)
SALARY, RENT, FEES, REMINDER_FEES = 2210, 3410, 3680, 1050


@dataclass(frozen=True)
class Account:
    number: int
    name: str
    type: str
    total_from: int | None = None

    @property
    def is_balance(self) -> bool:
        return self.type == "status"


def _p(number: int, name: str) -> Account:
    return Account(number, name, "profitAndLoss")


def _s(number: int, name: str) -> Account:
    return Account(number, name, "status")


CHART = (
    Account(1000, "Resultatopgørelse", "heading"),
    Account(1001, "Omsætning", "headingStart"),
    _p(1010, "Salg af varer m/moms"),
    _p(1020, "Salg af ydelser m/moms"),
    _p(1030, "Salg til udlandet"),
    _p(1050, "Rykkergebyrer"),
    Account(1099, "Omsætning i alt", "totalFrom", 1001),
    Account(1300, "Variable omkostninger", "headingStart"),
    _p(1310, "Varekøb"),
    Account(1399, "Variable omkostninger i alt", "totalFrom", 1300),
    Account(2200, "Personale", "headingStart"),
    _p(2210, "Løn"),
    _p(2410, "Øvrige personaleudgifter"),
    Account(2499, "Personale i alt", "totalFrom", 2200),
    Account(2700, "Salg og administration", "headingStart"),
    _p(2750, "Annoncer og reklame"),
    _p(3410, "Husleje"),
    _p(3620, "Telefon og internet"),
    _p(3680, "Gebyrer og kursdifferencer"),
    Account(3999, "Salg og administration i alt", "totalFrom", 2700),
    Account(4999, "Resultat", "sumInterval", 1001),
    Account(5000, "Balance", "heading"),
    Account(5500, "Aktiver", "headingStart"),
    _s(5600, "Debitorer"),
    _s(5820, "Bank"),
    Account(5999, "Aktiver i alt", "totalFrom", 5500),
    Account(6000, "Passiver", "headingStart"),
    _s(6110, "Egenkapital"),
    _s(6800, "Kreditorer"),
    _s(6902, "Salgsmoms"),
    _s(6903, "Købsmoms"),
    _s(6910, "Skyldig A-skat"),
    Account(6999, "Passiver i alt", "totalFrom", 6000),
)

BALANCE_ACCOUNTS = tuple(a.number for a in CHART if a.is_balance and a.number != EQUITY)


def accounts(day: int) -> list[Account]:
    """The chart after `day` working days: from day 2 an account is renamed, from day 3 one is new."""
    found = list(CHART)
    if day >= 2:
        found = [_p(1010, "Salg af varer, indland") if a.number == 1010 else a for a in found]
    if day >= 3:
        found.append(_p(3690, "Småanskaffelser"))
    return sorted(found, key=lambda a: a.number)
