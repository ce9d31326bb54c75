"""The measures in SQL: what Power BI shows of an agreement and a range of days, asked of the warehouse itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql

from .measures import MEASURES
from .measures.measure import Rows

FOLDER = SQL_DIR / "powerbi"


@dataclass(frozen=True)
class Choice:
    """What a reader has chosen: the agreement and the days from first to last, both included; scenario: of the budget.

    fiscal_start: month in which fiscal years begin. cash_lines: what cash is called.
    """

    agreement_key: int
    first_day: date
    last_day: date
    scenario: str = ""
    fiscal_start: int = 1
    cash_lines: Sequence[str] = ("bank", "cash")

    @property
    def parameters(self) -> dict[str, Any]:
        """As the files of SQL name them."""
        lines = [name.strip().lower() for name in self.cash_lines]
        return {**self.__dict__, "cash_lines": [name for name in lines if name]}


def days(connection: Connection, choice: Choice) -> dict[str, Any]:
    """Those of the measures Balance day and Comparison day, and whether any day chosen is one up to the newest refresh."""
    found = connection.execute(read_sql(FOLDER / "day.sql").encode(), choice.parameters)
    row = found.fetchone()
    assert row  # an aggregate has one
    assert found.description
    return dict(zip((column.name for column in found.description), row, strict=True))


def values(
    connection: Connection, rows: Rows, choice: Choice, by: str = ""
) -> dict[Any, dict[str, Any]]:
    """Values of all measures over these rows, by name; for each value of the column `by`, or for all together under None."""
    measures = [one for one in MEASURES if one.rows == rows]
    shown = ", ".join(one.sql for one in measures)
    base = read_sql(FOLDER / f"{rows}.sql")
    head, tail = (f"r.{by}, ", " group by 1") if by else ("null, ", "")
    parameters = {**choice.parameters, **days(connection, choice)}
    found = connection.execute(
        f"select {head}{shown} from ({base}) as r{tail}".encode(), parameters
    ).fetchall()
    return {
        key: dict(zip((one.name for one in measures), row, strict=True)) for key, *row in found
    }  # fmt: skip
