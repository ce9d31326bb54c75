"""What becomes of the rows of a file, kind by kind: how they are staged, judged beside the ledger, and brought into force."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, ClassVar, Protocol

from psycopg import ClientCursor, sql

from saldo.paths import SQL_DIR
from saldo.warehouse.connection import Connection, read_sql
from saldo.workbooks import Book, Rejected
from saldo.workbooks.problems import LISTED, Problem, Problems

from .companies import Companies, UnknownCompany
from .configuration import FileConfiguration
from .copying import copied
from .register import Reading

_FOLDER = SQL_DIR / "files"
_ROW = re.compile(r"\d+")


@dataclass(frozen=True)
class Staged:
    """Rows of one version, staged and found good. agreements: those they are about."""

    rows: int
    agreements: frozenset[str]


class Kind(Protocol):
    """One kind of file. table: where its rows are staged."""

    table: ClassVar[str]

    def stage(
        self,
        connection: Connection,
        book: Book,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        """Copy the rows of an open file. Raises Rejected with everything that is wrong with it, of which the caller's
        transaction leaves nothing; BooksMissing where the ledger is not there to compare with."""
        ...

    def bring_into_force(
        self, connection: Connection, file_id: int, versions: list[int], change_seq: int
    ) -> None:
        """Renew core for the agreements that these versions of a file say something about."""
        ...


class BooksMissing(Exception):
    """The books of an agreement have not landed yet: nothing can be compared with them. The text names it."""


class Budgets:
    """Budgets, into core.budget."""

    table = "staging.file_budget"

    def stage(
        self,
        connection: Connection,
        book: Book,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        """See Kind.stage."""
        problems, found = Problems(), _Agreements(companies)
        head = (configuration.id, reading.file_id, reading.version)

        def lines() -> Iterator[tuple[object, ...]]:
            for row in _good(book.rows(), problems):
                agreement = found.of(row.company, row.sheet, row.cell, problems)
                if agreement:
                    yield (
                        *head, row.sheet, row.cell, _row_of(row.cell), agreement, row.scenario, row.account,
                        row.account_name or None, row.department, date(*row.period, 1), row.amount, row.currency or None,
                    )  # fmt: skip

        rows = copied(connection, self.table, lines())
        _need_books(connection, found.ids)
        parameters = {
            "file_id": reading.file_id,
            "version": reading.version,
            "accepts_unknown": configuration.unknown == "accept",
            "sign": configuration.sign,
            "may_repeat": configuration.agreement_column is not None,
        }
        _judge(connection, "budget_problems", parameters, book, problems)
        return Staged(rows, frozenset(found.ids))

    def bring_into_force(
        self, connection: Connection, file_id: int, versions: list[int], change_seq: int
    ) -> None:
        """See Kind.bring_into_force."""
        _in_force(connection, "budget_in_force", file_id, versions, change_seq)


class AccountMappings:
    """Mappings of accounts to the group's, into core.account_mapping."""

    table = "staging.file_account_mapping"

    def stage(
        self,
        connection: Connection,
        book: Book,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        """See Kind.stage."""
        problems, found = Problems(), _Agreements(companies)
        head = (configuration.id, reading.file_id, reading.version)

        def lines() -> Iterator[tuple[object, ...]]:
            for row in _good(book.mappings(), problems):
                agreement = found.of(row.company, row.sheet, row.cell, problems)
                if agreement:
                    yield (
                        *head, row.sheet, row.cell, agreement, row.low, row.high, row.group_account,
                        row.group_name or None, row.report_line or None,
                    )  # fmt: skip

        rows = copied(connection, self.table, lines())
        parameters = {"file_id": reading.file_id, "version": reading.version}
        _judge(connection, "mapping_problems", parameters, book, problems)
        return Staged(rows, frozenset(found.ids))

    def bring_into_force(
        self, connection: Connection, file_id: int, versions: list[int], change_seq: int
    ) -> None:
        """See Kind.bring_into_force."""
        _in_force(connection, "mapping_in_force", file_id, versions, change_seq)


KINDS: Mapping[str, Kind] = {"budget": Budgets(), "account_mapping": AccountMappings()}


class _Agreements:
    """The agreements of a file's rows; a company that is none is a problem in each of its cells."""

    def __init__(self, companies: Companies) -> None:
        self._companies = companies
        self._known: dict[str, str | UnknownCompany] = {}
        self._told: set[tuple[str, str, int]] = set()
        self.ids: set[str] = set()

    def of(self, company: str, sheet: str, cell: str, problems: Problems) -> str | None:
        """The id; None where a problem was added."""
        found = self._known.get(company)
        if found is None:
            try:
                found = self._companies.agreement(company)
                self.ids.add(found)
            except UnknownCompany as error:
                found = error
            self._known[company] = found
        if isinstance(found, str):
            return found
        line = (sheet, company, _row_of(cell))
        if line not in self._told and len(self._told) <= LISTED:
            self._told.add(line)
            what = f"company “{company}”" if company else "no company"
            problems.add(Problem(sheet, cell, what, str(found), "Correct the company in this line"))
        return None


def _good[Row](rows: Iterator[Row], problems: Problems) -> Iterator[Row]:
    """The rows of a file; what is wrong with it is added to problems."""
    try:
        yield from rows
    except Rejected as error:
        problems.add_all(error)


def _row_of(cell: str) -> int:
    """Of `D7`, 7; of `line 17, column 3`, 17."""
    found = _ROW.search(cell)
    return int(found[0]) if found else 0


def _need_books(connection: Connection, agreements: Iterable[str]) -> None:
    """Raises BooksMissing."""
    missing = connection.execute(
        "select a.id from unnest(%s::text[]) as a (id) where not exists "
        "(select from core.account as c where c.agreement_id = a.id) "
        "or not exists (select from core.agreement as g where g.agreement_id = a.id) order by 1",
        [list(agreements)],
    ).fetchall()
    if missing:
        names = ", ".join(id for (id,) in missing)
        raise BooksMissing(f"the books of {names} have not landed yet")


def _judge(
    connection: Connection,
    name: str,
    parameters: Mapping[str, Any],
    book: Book,
    problems: Problems,
) -> None:
    """Add what SQL finds wrong, and raise Rejected if there is anything."""
    with ClientCursor(connection) as cursor:
        cursor.execute(read_sql(_FOLDER / f"{name}.sql").encode(), parameters)
        for sheet, row_number, role, cell, found, expected, remedy in cursor:
            place = cell or book.place(sheet, row_number, role)
            problems.add(Problem(sheet, place, found, expected, remedy))
    problems.reject()


def _in_force(
    connection: Connection, name: str, file_id: int, versions: list[int], change_seq: int
) -> None:
    parameters = {"file_id": file_id, "versions": versions, "change_seq": change_seq}
    with ClientCursor(connection) as cursor:
        for statement in _statements(name):
            cursor.execute(statement, parameters)


@lru_cache
def _statements(name: str) -> list[sql.SQL]:
    """The statements of a file, which ends each with a line of its own."""
    text = read_sql(_FOLDER / f"{name}.sql")
    return [sql.SQL(part) for part in text.split("\n;\n")]
