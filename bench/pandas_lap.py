"""One lap of pandas with a file of people, in a process of its own: read, amounts made exact, written by to_sql.

Nothing of the file is checked, and its table has no key. Reads its task from standard input, prints what it measured.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl  # noqa: F401  (read_excel would import it while the clock runs)
import pandas as pd
from sqlalchemy import Date, Numeric, Text, create_engine

from .measure import Clock, memory_mb

_COLUMNS = ["account", "department", "month", "amount"]
_TYPES = {"account": Text(), "department": Text(), "month": Date(), "amount": Numeric(19, 4)}
#: Arguments of to_sql: none, and those that its documentation names for speed.
_WAYS: dict[str, dict[str, Any]] = {"plain": {}, "multi": {"method": "multi", "chunksize": 1_000}}


def of_csv(path: str) -> pd.DataFrame:
    """Texts, of which amounts and months are made: a float would not be exact."""
    frame = pd.read_csv(path, sep=";", dtype=str, encoding="utf-8-sig")
    frame.columns = _COLUMNS
    frame["amount"] = frame["amount"].str.replace(",", ".").map(Decimal)
    frame["month"] = frame["month"].map(lambda text: date.fromisoformat(f"{text}-01"))
    return frame


def of_workbook(path: str) -> pd.DataFrame:
    """Cells as Excel has them: its numbers are floats, of which the shortest decimal is the one that was typed."""
    frame = pd.read_excel(path, engine="openpyxl", dtype={"Konto": str, "Afdeling": str})
    frame.columns = _COLUMNS
    frame["amount"] = frame["amount"].map(lambda value: Decimal(repr(value)))
    frame["month"] = frame["month"].dt.date
    return frame


def main() -> None:
    values = json.load(sys.stdin)
    path: str = values["path"]
    engine = create_engine(values["dsn"].replace("postgresql://", "postgresql+psycopg://"))
    engine.connect().close()  # connected, as Saldo is
    clock = Clock()
    frame = of_csv(path) if path.endswith(".csv") else of_workbook(path)
    with engine.begin() as connection:
        frame.to_sql("budget", connection, index=False, dtype=_TYPES, **_WAYS[values["what"]])
    found = {"rows": len(frame), "written": len(frame)}
    print(json.dumps({**found, **clock.read(), "peak_mb": memory_mb("VmHWM")}))


if __name__ == "__main__":
    main()
