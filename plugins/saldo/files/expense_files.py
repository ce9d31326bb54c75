"""Expenses that people keep in files, into ops.expense: each as if it had been sent, and all of a file or none.

What a file brought stays when the file goes; of its next version, what is another one in it is sent again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from psycopg import ClientCursor, sql

from saldo.errors import ConfigError
from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.expense import MOST_LINES, Expense, parse_expense
from saldo.exports.accounting.intake import ExpenseConflict, lock_expenses
from saldo.exports.accounting.problems import InvalidExpense
from saldo.exports.accounting.storing import store_expenses
from saldo.exports.loading import accounting_export
from saldo.warehouse.connection import Connection, read_sql
from saldo.warehouse.plans import joined_by_hash
from saldo.workbooks.expenses import ExpenseTable, read_expenses
from saldo.workbooks.problems import Problem, Problems

from .companies import Companies
from .configuration import FileConfiguration
from .copying import copied
from .expense_claims import Claim, Row, claims_of
from .judging import FOLDER
from .kinds import Kind, Staged
from .layouts import layout_of
from .register import Reading

#: Expenses that are stored together.
_TOGETHER = 500
_UTC = ZoneInfo("UTC")


class Expenses(Kind):
    """Expenses. They are nobody's ledger's, and judged by themselves and by what is stored of them."""

    table = "staging.file_expense"
    outlasts_files = True

    def stage(
        self,
        connection: Connection,
        path: Path,
        reading: Reading,
        configuration: FileConfiguration,
        companies: Companies,
    ) -> Staged:
        """See Kind.stage. What is new in the file is stored with it, in the same transaction."""
        problems, whose = Problems(), configuration.organisation or ""
        if whose:
            accounting_export(
                whose
            )  # raises for one that has none: no file can do anything about it
        with read_expenses(path, layout_of(configuration), problems, is_named=bool(whose)) as table:
            head = (configuration.id, reading.file_id, reading.version)
            rows = copied(connection, self.table, _staged(table, whose), head=head)
            if not rows and not problems:
                problems.add(_nothing(table))
            _Storing(connection, table, problems, configuration, path.name).all(reading)
        problems.reject()
        return Staged(reading.version, rows, frozenset())

    def need_books(self, connection: Connection, agreements: Iterable[str]) -> None:
        """See Kind.need_books: none."""

    def hold(
        self,
        connection: Connection,
        versions: Sequence[tuple[int, int]],
        also: Iterable[str] = (),
    ) -> None:
        """See Kind.hold: storing them holds the organisations."""

    def bring_into_force(
        self, connection: Connection, file_id: int, versions: list[int], change_seq: int
    ) -> None:
        """See Kind.bring_into_force: they are stored already."""


class _Storing:
    """The expenses of a version that is staged, as long as nothing is wrong; then only what else is."""

    def __init__(
        self,
        connection: Connection,
        table: ExpenseTable,
        problems: Problems,
        configuration: FileConfiguration,
        name: str,
    ) -> None:
        self._connection, self._table, self._problems = connection, table, problems
        self._whose, self._actor = configuration.organisation, f"{configuration.id}: {name}"
        self._configurations: dict[str, AccountingExport | str] = {}
        self._batch: list[tuple[Claim, Expense]] = []

    def all(self, reading: Reading) -> None:
        self._hold(reading)
        for claim in claims_of(_rows(self._connection, reading)):
            expense = self._expense(claim)
            if expense is not None and claim.is_new:
                self._batch.append((claim, expense))
            if len(self._batch) == _TOGETHER:
                self._store()
        self._store()

    def _hold(self, reading: Reading) -> None:
        found = self._connection.execute(
            "select distinct s.organisation from staging.file_expense as s where s.file_id = %s and s.version = %s order by 1",
            [reading.file_id, reading.version],
        ).fetchall()
        for (organisation,) in found:
            lock_expenses(self._connection, organisation)

    def _expense(self, claim: Claim) -> Expense | None:
        for problem in claim.disagreements(self._table):
            self._problems.add(problem)
        zone = self._zone(claim)
        if claim.count > MOST_LINES:
            sheet, cell = claim.at("id", self._table)
            self._problems.add(Problem(
                sheet, cell, f"{claim.count:,} lines of one expense", f"at most {MOST_LINES}", "Make several expenses of it",
            ))  # fmt: skip
            return None
        try:
            return parse_expense(claim.json(zone, has_line_dates=self._table.has_line_dates))
        except InvalidExpense as error:
            for wrong in error.problems:
                if (found := claim.problem(wrong, self._table)) is not None:
                    self._problems.add(found)
            return None

    def _zone(self, claim: Claim) -> ZoneInfo:
        """Of its organisation; one that is none is a problem."""
        said = claim.rows[0].said.get("organisation")
        if self._whose and said not in (None, self._whose):
            self._note(claim, f"“{said}”", f"“{self._whose}”, as the configuration says", "Correct the cell, or empty it")  # fmt: skip
        name = claim.organisation
        if name not in self._configurations:
            try:
                self._configurations[name] = accounting_export(name)
            except ConfigError as error:
                self._configurations[name] = str(error)
        found = self._configurations[name]
        if isinstance(found, AccountingExport):
            return found.zone
        if name:
            self._note(
                claim, f"“{name}”", f"an organisation with an accounting export ({found})",
                "Correct the cell; or write that file, and start saldo_files with Read again",
            )  # fmt: skip
        return _UTC

    def _note(self, claim: Claim, found: str, expected: str, remedy: str) -> None:
        sheet, cell = claim.at("organisation", self._table)
        self._problems.add(Problem(sheet, cell, found, expected, remedy))

    def _store(self) -> None:
        batch, self._batch = self._batch, []
        if self._problems or not batch:
            return
        results = store_expenses(
            self._connection, [expense for _, expense in batch], actor=self._actor, source="file"
        )
        for (claim, _), result in zip(batch, results, strict=True):
            if isinstance(result, ExpenseConflict):
                self._problems.add(_conflict(claim, result, self._table))


def _staged(table: ExpenseTable, whose: str) -> Iterator[tuple[object, ...]]:
    for line in table.lines():
        said = line.values
        yield (
            line.sheet, table.place(line.sheet, line.row, "id"), line.row,
            whose or said.get("organisation", ""), said.get("id", ""),
            json.dumps(said, ensure_ascii=False), json.dumps(line.wrong, ensure_ascii=False),
        )  # fmt: skip


def _rows(connection: Connection, reading: Reading) -> Iterator[Row]:
    """The lines of a version, those of an expense together, a part at a time."""
    with connection.cursor(name="expense_lines") as cursor:
        cursor.itersize = 5 * _TOGETHER
        with joined_by_hash(connection):
            cursor.execute(_statement(connection, reading))
        for row in cursor:
            yield Row(*row)


def _statement(connection: Connection, reading: Reading) -> sql.SQL:
    text = read_sql(FOLDER / "expense_lines.sql").rstrip().removesuffix(";")
    values = {
        "file_id": reading.file_id,
        "version": reading.version,
        "in_force": reading.in_force,
    }
    return sql.SQL(ClientCursor(connection).mogrify(text.encode(), values))


def _conflict(claim: Claim, error: ExpenseConflict, table: ExpenseTable) -> Problem:
    """At the number of its revision, by which a change is meant."""
    sheet, cell = claim.at("revision", table)
    named = [one.path for one in error.differences[:5]]
    more = len(error.differences) - len(named)
    what = ", ".join(named) + (f" and {more} more" if more > 0 else "")
    return Problem(
        sheet, cell, f"another expense {claim.rows[0].id} than revision {error.revision}, which is exported or was sent since: {what}",
        "what was exported, or a higher revision",
        f"Put back what the cells said; or, if the change is meant, write {error.next} as revision into its lines",
    )  # fmt: skip


def _nothing(table: ExpenseTable) -> Problem:
    return Problem("", "", "no line below the headings", "a line of an expense", "Fill the table in, and save it")  # fmt: skip
