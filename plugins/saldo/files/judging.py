"""What the warehouse says about a file that was just staged: SQL that gives a row for each thing that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from psycopg import ClientCursor

from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql
from saldo.warehouse.plans import joined_by_hash
from saldo.workbooks import Rejected
from saldo.workbooks.problems import Problem, Problems

FOLDER = SQL_DIR / "files"
_ROW = re.compile(r"\d+")
_TWICE = "the same account, department and month as in"


class Misfit(Rejected):
    """A file that does not fit what the warehouse knows now: it may fit when that changes. agreements: those it names."""

    def __init__(
        self, problems: list[Problem], *, more: int = 0, agreements: Iterable[str] = ()
    ) -> None:
        super().__init__(problems, more=more)
        self.agreements = frozenset(agreements)


def judge(
    connection: Connection,
    name: str,
    parameters: Mapping[str, Any],
    problems: Problems,
    *,
    place: Callable[[str, int, str], str],
    has_unknown: bool = False,
    agreements: Iterable[str] = (),
) -> None:
    """Add what SQL finds wrong, and raise Rejected if there is anything, Misfit if any of it is the warehouse's to say.

    name: of a file of include/sql/files. place: (sheet, line, column's role) -> cell, where SQL does not say it.
    """
    is_misfit, told = has_unknown, {(p.sheet, p.cell) for p in problems}
    told |= {(p.sheet, str(row_of(p.cell))) for p in problems if p.found.startswith(_TWICE)}
    with joined_by_hash(connection, sorts=False), ClientCursor(connection) as cursor:
        cursor.execute(read_sql(FOLDER / f"{name}.sql").encode(), parameters)
        for sheet, row_number, role, cell, found, expected, remedy in cursor:
            where = cell or place(sheet, row_number, role)
            line = str(row_number) if _TWICE in found else ""
            if where and {(sheet, where), (sheet, line)} & told:
                continue  # the reader has said what is wrong with it
            problems.add(Problem(sheet, where, found, expected, remedy))
            is_misfit = True
    try:
        problems.reject()
    except Rejected as error:
        if is_misfit:
            raise Misfit(error.problems, more=error.more, agreements=agreements) from None
        raise


def row_of(cell: str) -> int:
    """Of `D7`, 7; of `line 17, column 3`, 17."""
    found = _ROW.search(cell)
    return int(found[0]) if found else 0
