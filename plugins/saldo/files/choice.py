"""From what a configuration calls a kind of file to what is done with it."""

from __future__ import annotations

from collections.abc import Mapping

from .expense_files import Expenses
from .kinds import AccountMappings, Budgets, Kind
from .own_rates import ExchangeRates

KINDS: Mapping[str, Kind] = {
    "budget": Budgets(),
    "account_mapping": AccountMappings(),
    "exchange_rates": ExchangeRates(),
    "expenses": Expenses(),
}
