"""Postings as a CSV file for a spreadsheet, by a file on disk: however many, none of them is held in memory."""

from __future__ import annotations

from typing import Any

from psycopg import ClientCursor

from saldo.hooks.warehouse import WarehouseHook
from saldo.paths import SQL_DIR
from saldo.warehouse.connection import connect, read_sql

from ..shell.disk import DiskFile, disk_file
from ..shell.reading import troubles

_TIMEOUT_S = 120
_SMALLER = "Choose a year of the account, one of its periods, or fewer days."
#: A spreadsheet knows by it that the file is UTF-8.
_BOM = b"\xef\xbb\xbf"
#: What a spreadsheet may take for a formula, as in saldo/exports/texts.py, in the words of Postgres.
FORMULA = (
    "^([\\s\\u0085\\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200f\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff]*"
    "[=+@\\uff1d\\uff0b\\uff0d\\uff20-]|[\\t\\n\\r])"
)


def postings_file(parameters: dict[str, Any]) -> DiskFile:
    """parameters: of proof/postings_file.sql but for the formula. All of it has left the warehouse when this returns: trouble is still
    an answer of its own, and who reads slowly holds a file and nothing else. Raises Problem 422, 503 (shell/disk.py)."""
    text = read_sql(SQL_DIR / "console" / "proof" / "postings_file.sql")
    query = f"copy ({text}) to stdout with (format csv, header)".encode()
    with disk_file(_SMALLER) as file, troubles(_TIMEOUT_S), connect(WarehouseHook().dsn()) as connection:  # fmt: skip
        file.write(_BOM)
        connection.execute(f"set statement_timeout = '{_TIMEOUT_S}s'".encode())
        connection.execute("set default_transaction_read_only = on")
        with ClientCursor(connection).copy(query, {**parameters, "formula": FORMULA}) as copy:
            for row in copy:
                file.write(row)
    return file
