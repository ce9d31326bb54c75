"""Postings as a CSV file for a spreadsheet, streamed out of the warehouse: however many, none of them is held in memory."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from threading import BoundedSemaphore
from typing import Any

from psycopg import ClientCursor

from saldo.api.answers import Problem
from saldo.hooks.warehouse import WarehouseHook
from saldo.paths import SQL_DIR
from saldo.warehouse.connection import connect, read_sql

from ..shell.reading import troubles

#: Each holds a connection and a thread of the API server until whoever asked has it all.
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
    """Blocks of the file. parameters: of proof/postings_file.sql but for the formula. The first block is there when this
    returns, so that trouble with the warehouse is still an answer of its own. Raises Problem 503."""
    if not _seats.acquire(timeout=5):
        raise Problem(
            503,
            "Too many files at once",
            f"{_AT_ONCE} files are being written already. Try again in a moment.",
            {"Retry-After": "10"},
        )
    blocks = _blocks(parameters)
    try:
        first = next(blocks)
    except BaseException:
        blocks.close()
        raise
    return _all(first, blocks)


def _all(first: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from blocks


def _blocks(parameters: dict[str, Any]) -> Generator[bytes, None, None]:
    text = read_sql(SQL_DIR / "console" / "proof" / "postings_file.sql")
    held = bytearray(_BOM)
    try:
        with troubles(), connect(WarehouseHook().dsn()) as connection:
            connection.execute(f"set statement_timeout = '{_TIMEOUT_S}s'".encode())
            connection.execute("set default_transaction_read_only = on")
            cursor = ClientCursor(connection)
            query = f"copy ({text}) to stdout with (format csv, header)".encode()
            with cursor.copy(query, {**parameters, "formula": FORMULA}) as copy:
                for row in copy:
                    held += row
                    if len(held) >= _CHUNK:
                        yield bytes(held)
                        held.clear()
            yield bytes(held)
    finally:
        _seats.release()
