"""What a version of a budget adds up to, in figures that its owner knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from saldo.warehouse.connection import Connection

from .kinds import Budgets


@dataclass(frozen=True)
class Total:
    """What a file says in one scenario. company: as people call it. year: such as 2026 or 2025/2026. amount: the sum of all
    amounts as they are written, signs unturned, in whole units of the currency."""

    company: str
    scenario: str
    year: str
    rows: int
    amount: Decimal


def totals_of(
    connection: Connection, kind: str, file_id: int, version: int, names: Mapping[str, str]
) -> list[Total]:
    """Of rows that are staged; none of a kind without amounts. names: agreement id -> name."""
    if kind != "budget":
        return []
    rows = connection.execute(
        "select s.agreement_id, s.scenario, "
        "concat_ws('/', to_char(min(s.month), 'YYYY'), nullif(to_char(max(s.month), 'YYYY'), to_char(min(s.month), 'YYYY'))), "
        f"count(*), sum(s.amount) from {Budgets.table} as s where s.file_id = %s and s.version = %s "
        "group by 1, 2 order by 1, 2".encode(),
        [file_id, version],
    )
    return [
        Total(names.get(id, id), scenario, year, count, amount)
        for id, scenario, year, count, amount in rows
    ]
