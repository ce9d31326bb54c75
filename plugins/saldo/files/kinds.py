"""What becomes of the rows of a file, kind by kind: how they are staged, judged beside the ledger, and brought into force."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from psycopg import ClientCursor, sql

from saldo.warehouse.connection import Connection, read_sql
from saldo.warehouse.plans import joined_by_hash
from saldo.workbooks import Book, Rejected, read
from saldo.workbooks.periods import Month
from saldo.workbooks.problems import LISTED, Problem, Problems

from .companies import Companies, UnknownCompany
from .configuration import FileConfiguration
from .copying import copied
from .effects import Standing, standing
from .judging import FOLDER, judge, row_of
from .layouts import layout_of
from .locking import lock_agreements
from .register import Reading

Row = TypeVar("Row")
_Line = tuple[object, ...]
_TOO_MUCH = 10**15
_SMALLER = (
    "an amount of more than 15 digits",
    "an amount below a thousand million million",
    "Correct the amount",
)


@dataclass(frozen=True)
class Staged:
    """Rows of one version, staged and found good. agreements: those they are about."""

    version: int
    rows: int
    agreements: frozenset[str]


class BooksMissing(Exception):
    """The books of an agreement have not landed yet: nothing can be compared with them. The text names it."""


class Kind(ABC):
    """One kind of file. table: where its rows are staged."""

    table: ClassVar[str]
    #: Whether a file of it can be refused for what another one says.
    meets_others: ClassVar[bool] = False
    #: Whether what a file brought stays when the file goes.
    outlasts_files: ClassVar[bool] = False

    @abstractmethod
    def stage(
        self,
        connection: Connection,
        path: Path,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        """Copy the rows of a file, and hold what they are about. Raises Rejected with everything that is wrong with it, of
        which the caller's transaction leaves nothing; BooksMissing where the ledger is not there to compare with."""

    @abstractmethod
    def need_books(self, connection: Connection, agreements: Iterable[str]) -> None:
        """Raises BooksMissing where something about these agreements has to wait for their ledger."""

    @abstractmethod
    def hold(
        self,
        connection: Connection,
        versions: Sequence[tuple[int, int]],
        also: Iterable[str] = (),
    ) -> None:
        """Hold what staged versions (file_id, version) are about, and these agreements, until the transaction ends."""

    @abstractmethod
    def bring_into_force(
        self, connection: Connection, file_id: int, versions: list[int], change_seq: int
    ) -> None:
        """Renew what counts, where these versions of a file say something about it. The caller holds that."""

    def standing(
        self, connection: Connection, file_id: int, versions: list[int]
    ) -> Mapping[int, Standing]:
        """file_id -> what counts there, of kinds whose files replace each other."""
        return {}


class OfAgreements(Kind):
    """Kinds about agreements. judged_by, in_force_by: files of include/sql/files."""

    judged_by: ClassVar[str]
    in_force_by: ClassVar[str]
    #: Whether its rows can only be judged beside the ledger.
    needs_books: ClassVar[bool] = True

    @abstractmethod
    def lines(self, book: Book, problems: Problems, found: Agreements) -> Iterator[_Line]:
        """The rows of an open file as staging has them, but for what `stage` puts before them."""

    def parameters(self, configuration: FileConfiguration, book: Book) -> Mapping[str, Any]:
        """Those of judged_by, beside file_id and version."""
        return {}

    def settle(self, connection: Connection, reading: Reading) -> Mapping[str, Any]:
        """Bring what was staged into the ledger's own words; returns more parameters of judged_by."""
        return {}

    def hold(
        self,
        connection: Connection,
        versions: Sequence[tuple[int, int]],
        also: Iterable[str] = (),
    ) -> None:
        """See Kind.hold: the agreements."""
        lock_agreements(connection, self.table, versions, also)

    def need_books(self, connection: Connection, agreements: Iterable[str]) -> None:
        """See Kind.need_books."""
        if self.needs_books:
            _need_books(connection, agreements)

    def stage(
        self,
        connection: Connection,
        path: Path,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        """See Kind.stage."""
        with read(path, layout_of(configuration)) as book:
            return self._staged(connection, book, reading, configuration, companies)

    def _staged(
        self,
        connection: Connection,
        book: Book,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        problems, found = Problems(), Agreements(companies)
        head = (configuration.id, reading.file_id, reading.version)
        lines = self.lines(book, problems, found)
        rows = copied(connection, self.table, lines, head=head)
        self.need_books(connection, found.ids)
        self.hold(connection, reading.versions)
        parameters = {
            "file_id": reading.file_id,
            "version": reading.version,
            **self.parameters(configuration, book),
            **self.settle(connection, reading),
        }
        judge(
            connection, self.judged_by, parameters, problems,
            place=book.place, has_unknown=found.has_unknown,
            agreements=found.ids,
        )  # fmt: skip
        return Staged(reading.version, rows, frozenset(found.ids))

    def bring_into_force(
        self, connection: Connection, file_id: int, versions: list[int], change_seq: int
    ) -> None:
        """See Kind.bring_into_force: core of these agreements."""
        parameters = {"file_id": file_id, "versions": versions, "change_seq": change_seq}
        with ClientCursor(connection) as cursor:
            for statement in _statements(self.in_force_by):
                cursor.execute(statement, parameters)


class Budgets(OfAgreements):
    """Budgets, into core.budget."""

    table = "staging.file_budget"
    judged_by, in_force_by = "budget_problems", "budget_in_force"

    def standing(
        self, connection: Connection, file_id: int, versions: list[int]
    ) -> Mapping[int, Standing]:
        """See Kind.standing."""
        return standing(connection, file_id, versions)

    def parameters(self, configuration: FileConfiguration, book: Book) -> Mapping[str, Any]:
        """See Kind.parameters. The reader has looked for lines that repeat each other, table by table, and under one name of a
        company."""
        return {
            "accepts_unknown": configuration.unknown == "accept",
            "sign": configuration.sign,
            "may_repeat": len(book.tables) > 1 or any("company" in t.columns for t in book.tables),
        }

    def settle(self, connection: Connection, reading: Reading) -> Mapping[str, Any]:
        """See Kind.settle. Lines that were not the same may be now."""
        parameters = {"file_id": reading.file_id, "version": reading.version}
        reworded = 0
        with joined_by_hash(connection, sorts=False), ClientCursor(connection) as cursor:
            for name in ("budget_departments", "budget_scenarios"):
                cursor.execute(read_sql(FOLDER / f"{name}.sql").encode(), parameters)
                reworded += cursor.rowcount
        return {"is_reworded": reworded > 0}

    def lines(self, book: Book, problems: Problems, found: Agreements) -> Iterator[_Line]:
        """See Kind.lines."""
        for row in _good(book.rows(), problems):
            if abs(row.amount) >= _TOO_MUCH:
                problems.add(Problem(row.sheet, row.cell, *_SMALLER))
                continue
            if agreement := found.of(row.company, row.sheet, row.cell, book, problems):
                yield (
                    row.sheet, row.cell, row.line, agreement, row.scenario, row.account, row.account_name or None,
                    row.department, _first_day(row.period), row.amount, row.currency or None,
                )  # fmt: skip


class AccountMappings(OfAgreements):
    """Mappings of accounts to the group's, into core.account_mapping. Accounts need not be there yet."""

    table = "staging.file_account_mapping"
    judged_by, in_force_by = "mapping_problems", "mapping_in_force"
    needs_books = False
    meets_others = True

    def lines(self, book: Book, problems: Problems, found: Agreements) -> Iterator[_Line]:
        """See Kind.lines."""
        for row in _good(book.mappings(), problems):
            if agreement := found.of(row.company, row.sheet, row.cell, book, problems):
                yield (
                    row.sheet, row.cell, agreement, row.low, row.high, row.group_account, row.group_name or None,
                    row.report_line or None,
                )  # fmt: skip


class Agreements:
    """The agreements of a file's rows; a company that is none is a problem in each of its cells."""

    def __init__(self, companies: Companies) -> None:
        self._companies = companies
        self._known: dict[str, str | UnknownCompany] = {}
        self._told: set[tuple[str, str, int]] = set()
        self.ids: set[str] = set()

    @property
    def has_unknown(self) -> bool:
        """Whether a company was named that is no agreement (yet)."""
        return bool(self._told)

    def of(self, company: str, sheet: str, cell: str, book: Book, problems: Problems) -> str | None:
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
        line = (sheet, company, row_of(cell))
        if line not in self._told and len(self._told) <= LISTED:
            self._told.add(line)
            what = f"company “{company}”" if company else "no company"
            place = book.place(sheet, line[2], "company") or cell
            problems.add(Problem(sheet, place, what, str(found), found.remedy))
        return None


@lru_cache
def _first_day(month: Month) -> date:
    return date(*month, 1)


def _good(rows: Iterator[Row], problems: Problems) -> Iterator[Row]:
    """The rows of a file; what is wrong with it is added to problems."""
    try:
        yield from rows
    except Rejected as error:
        problems.add_all(error)


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


@lru_cache
def _statements(name: str) -> list[sql.SQL]:
    """The statements of a file, which ends each with a line of its own."""
    text = read_sql(FOLDER / f"{name}.sql")
    return [sql.SQL(part) for part in text.split("\n;\n")]
