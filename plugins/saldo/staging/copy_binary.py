"""Rows as COPY's binary format: the bytes of a record go to jsonb as they are, without escaping.

Format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from saldo.declarations.source import Row

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_ROWS = 1_000  # a write
_length = struct.Struct(">i").pack


def text(value: str) -> bytes:
    """A field of type text."""
    return _field(value.encode())


def bigint(value: int) -> bytes:
    """A field of type bigint."""
    return _field(struct.pack(">q", value))


def instant(moment: datetime) -> bytes:
    """A field of type timestamptz."""
    delta = moment - _POSTGRES_EPOCH
    return bigint((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds)


def stream(
    rows: Iterable[Row], *, before: tuple[bytes, ...] = (), after: tuple[bytes, ...] = ()
) -> Iterator[bytes]:
    """Blocks to write: per row the fields `before`, its key, payload and hash, the fields `after`."""
    head = struct.pack(">h", len(before) + 3 + len(after)) + b"".join(before)
    tail = b"".join(after)
    yield _HEADER
    rows = iter(rows)
    while some := list(islice(rows, _ROWS)):
        yield b"".join([_row(head, row, tail) for row in some])
    yield _TRAILER


def _row(head: bytes, row: Row, tail: bytes) -> bytes:
    key, payload, digest = row.source_key.encode(), row.payload, row.payload_hash
    return b"%b%b%b%b\x01%b%b%b%b" % (
        head, _length(len(key)), key, _length(len(payload) + 1), payload, _length(len(digest)),
        digest, tail,
    )  # fmt: skip


def _field(value: bytes) -> bytes:
    return _length(len(value)) + value
