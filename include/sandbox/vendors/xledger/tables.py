"""Which table a root field shows."""

from __future__ import annotations

from . import parties, registers
from .balances import balances
from .ledger import HEADER, Transactions
from .periods import periods
from .projects import projects
from .rendering import Getter
from .schema import ROOTS, STAGED
from .subledgers import PAYABLES, RECEIVABLES
from .table import Listed, Table
from .timesheets import Timesheets

TABLES: dict[str, Table] = {
    "entities": Listed(registers.entities),
    "accounts": Listed(registers.accounts),
    "objectKinds": Listed(registers.kinds, shared=lambda row: True),
    "objectValues": Listed(registers.object_values, shared=registers.is_tax_rule),
    "taxTableSetups": Listed(registers.tax_tables, shared=lambda row: True),
    "currencies": Listed(registers.currencies),
    "exchangeRates": Listed(registers.rates),
    "periods": Listed(periods),
    "accountBalances": Listed(balances),
    "timesheets": Timesheets(),
    "projects": Listed(projects),
    "employees": Listed(parties.employees),
    "customers": Listed(parties.customers),
    "suppliers": Listed(parties.suppliers),
    "transactions": Transactions(),
    "arTransactions": RECEIVABLES,
    "apTransactions": PAYABLES,
    **{root: Listed(lambda entity: []) for root in STAGED},
}
#: How the fields of types are read whose rows are no dicts.
GETTERS: dict[str, dict[str, Getter]] = {
    "TransactionHeader": HEADER,
    **{ROOTS[root]: table.getters for root, table in TABLES.items() if table.getters},
}
