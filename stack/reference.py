"""The warehouse reference, written from the catalogue of a freshly migrated database.

    python -m stack.reference        writes docs/warehouse.md

Every name, type and text comes from Postgres; what is missing here is missing in the migrations.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from saldo.warehouse.catalogue import Table, tables
from saldo.warehouse.migrations import migrate

from .postgres import Postgres
from .settings import PROJECT, Settings, free_port

PATH = PROJECT / "docs" / "warehouse.md"
_SCHEMAS = ("mart", "ops", "core", "staging")
_HEAD = """# The warehouse

Written from the database's own catalogue by `make reference`; a test says when it is out of date. Read
[Architecture](architecture.md) for how the rows come about. Reports read `mart` only (role `powerbi`).

Every dimension but dim_date has the members -1 unknown (a number was given, its row is missing), -2
unmapped and -3 not applicable (none given). Money is `numeric(19,4)`, debit positive, credit negative;
`_base` amounts are in the agreement's base currency. Instants in `mart` are UTC.
"""
_FUNCTIONS = """
select
    p.proname,
    pg_get_function_identity_arguments(p.oid),
    pg_get_function_result(p.oid),
    obj_description(p.oid, 'pg_proc')
from pg_proc as p
where p.pronamespace = %s::regnamespace
order by p.proname
"""


def text(connection: psycopg.Connection) -> str:
    """The reference of a migrated warehouse, as Markdown."""
    return "\n".join([_HEAD, *_lines(connection)]).rstrip() + "\n"


def _lines(connection: psycopg.Connection) -> Iterator[str]:
    for schema in _SCHEMAS:
        row = connection.execute(
            "select obj_description(%s::regnamespace, 'pg_namespace')", [schema]
        ).fetchone()
        yield f"## Schema {schema}\n\n{row[0] if row else ''}\n"
        for table in tables(connection, schema).values():
            mark = " (view)" if table.is_view else ""
            yield f"### {table.full_name}{mark}\n\n{_cell(table.comment)}\n"
            yield from _columns(table)
        for name, arguments, result, comment in connection.execute(_FUNCTIONS, [schema]).fetchall():
            yield f"### {schema}.{name}({arguments})\n\n{_cell(comment)}\n\nReturns `{result}`.\n"


def _columns(table: Table) -> Iterator[str]:
    yield "| Column | Type | Null | Meaning |\n|---|---|---|---|"
    for column in table.columns:
        name = f"**{column.name}**" if column.name in table.key else column.name
        null = "" if column.is_required else "yes"
        yield f"| {name} | {column.type} | {null} | {_cell(column.comment)} |"
    yield ""


def _cell(comment: str | None) -> str:
    return (comment or "").replace("|", r"\|").replace("\n", " ")


@contextmanager
def throwaway_warehouse() -> Iterator[psycopg.Connection]:
    """A migrated warehouse in a cluster of its own that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="saldo-reference-") as folder:
        settings = Settings({"SALDO_RUN_DIR": folder, "SALDO_PG_PORT": str(free_port())})
        keys, postgres = settings.prepare(), Postgres(settings)
        postgres.start(keys)
        try:
            dsn = settings.dsn("saldo", keys.warehouse, "saldo")
            migrate(dsn)
            with psycopg.connect(dsn) as connection:
                yield connection
        finally:
            postgres.stop(mode="immediate")
            postgres.remove()


def main(path: Path = PATH) -> None:
    with throwaway_warehouse() as connection:
        path.write_text(text(connection))
    print(f"written to {path}")


if __name__ == "__main__":
    main()
