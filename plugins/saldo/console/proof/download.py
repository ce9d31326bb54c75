"""Postings as a CSV file for a spreadsheet, by a file on disk: however many, none of them is held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryFile
from threading import BoundedSemaphore
from typing import IO, Any

from psycopg import ClientCursor

from saldo.api.answers import Problem
from saldo.hooks.warehouse import WarehouseHook
from saldo.paths import SQL_DIR
from saldo.warehouse.connection import connect, read_sql

from ..shell.reading import troubles

#: Each holds a connection and a thread of the API server while it is written.
_AT_ONCE, _TIMEOUT_S = 4, 120
_seats = BoundedSemaphore(_AT_ONCE)
_CHUNK = 1 << 16
#: A spreadsheet knows by it that the file is UTF-8.
_BOM = b"\xef\xbb\xbf"
#: What a spreadsheet may take for a formula, as in saldo/exports/texts.py, in the words of Postgres.
FORMULA = (
    "^([\\s\\u0085\\u00a0\\u00ad\\u1680\\u180e\\u2000-\\u200f\\u2028\\u2029\\u202f\\u205f\\u2060\\u3000\\ufeff]*"
    "[=+@\\uff1d\\uff0b\\uff0d\\uff20-]|[\\t\\n\\r])"
)


def postings_file(parameters: dict[str, Any]) -> Iterator[bytes]:
    """Blocks of the file. parameters: of proof/postings_file.sql but for the formula. All of it has left the warehouse
    when this returns: trouble is still an answer of its own, and who reads slowly holds a file and nothing else.
    Raises Problem 503."""
    if not _seats.acquire(timeout=5):
        raise Problem(
            503,
            "Too many files at once",
            f"{_AT_ONCE} files are being written already. Try again in a moment.",
            {"Retry-After": "10"},
        )
    # Without a name in its folder: it is gone with whoever holds it, even where that is killed.
    file = TemporaryFile()  # noqa: SIM115 (the answer closes it)
    try:
        _write(file, parameters)
    except BaseException:
        file.close()
        raise
    finally:
        _seats.release()
    file.seek(0)
    return _blocks(file)


def _write(file: IO[bytes], parameters: dict[str, Any]) -> None:
    text = read_sql(SQL_DIR / "console" / "proof" / "postings_file.sql")
    file.write(_BOM)
    with troubles(), connect(WarehouseHook().dsn()) as connection:
        connection.execute(f"set statement_timeout = '{_TIMEOUT_S}s'".encode())
        connection.execute("set default_transaction_read_only = on")
        cursor = ClientCursor(connection)
        query = f"copy ({text}) to stdout with (format csv, header)".encode()
        with cursor.copy(query, {**parameters, "formula": FORMULA}) as copy:
            for row in copy:
                file.write(row)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_CHUNK):
            yield block
