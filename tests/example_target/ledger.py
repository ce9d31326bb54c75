"""The books of the made-up system: a schema of the test's Postgres, reached by a connection of its own, as a server would be."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import psycopg

from saldo.exports.accounting.targets.target import Dispatch

_TABLES = """
create schema if not exists example_ledger;
create table if not exists example_ledger.document (
    copy integer generated always as identity primary key,
    company text not null, key text not null, number bigint not null, reference text not null default gen_random_uuid(),
    state text not null default 'waiting', total numeric not null, body text not null, receipts integer not null default 0,
    arrived boolean not null default true
);
"""


class Ledger:
    """One connection to the books of a company. Several may be open at once."""

    def __init__(self, dsn: str, company: str = "1") -> None:
        self.company = company
        self._connection = psycopg.connect(dsn, autocommit=True, application_name="example ledger")
        self._connection.execute("select pg_advisory_lock(77)")
        self._connection.execute(_TABLES)
        self._connection.execute("select pg_advisory_unlock(77)")

    def close(self) -> None:
        self._connection.close()

    def ask(self, statement: str, values: Any = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement.encode(), values).fetchall()

    def tell(self, statement: str, values: Any = None) -> None:
        self._connection.execute(statement.encode(), values)

    def make(self, dispatches: Sequence[Dispatch], *, arrived: bool = True) -> dict[str, str]:
        """Documents, all of them or none; key -> reference. arrived: else they are on their way, and in the books once `arrive` was
        called."""
        with self._connection.transaction():
            return {
                one.key: self.ask(
                    "insert into example_ledger.document (company, key, number, total, body, arrived) "
                    "values (%s, %s, %s, %s, %s, %s) returning reference",
                    [self.company, one.key, one.number, one.document.total, one.document.body.decode(), arrived],
                )[0][0]
                for one in dispatches
            }  # fmt: skip

    def arrive(self) -> None:
        """What was on its way is in the books."""
        self.tell("update example_ledger.document set arrived = true")

    def totals(self) -> dict[str, Decimal]:
        """Key -> what is owed, of all documents. Raises where one is there twice."""
        rows = self.ask("select key, total from example_ledger.document where arrived order by key")
        found = dict(rows)
        assert len(found) == len(rows), "a document is there twice"
        return found

    def states(self) -> list[str]:
        return [state for (state,) in self.ask("select state from example_ledger.document where arrived order by copy")]  # fmt: skip

    def drop_the_warehouse(self) -> None:
        """Whoever works with the warehouse loses the connection."""
        self.ask(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
            "and application_name = 'saldo'"
        )

    def clear(self) -> None:
        self.tell("truncate example_ledger.document")
