"""Rows as COPY's binary format: the bytes of a record go to jsonb as they are, without escaping.

Format: https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from .records import Row

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
#: The byte that precedes the text of a jsonb.
_JSONB_VERSION = b"\x01"
_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_WRITE_BYTES = 1 << 18
_length = struct.Struct(">i").pack


def text(value: str) -> bytes:
    return _field(value.encode())


def bigint(value: int) -> bytes:
    return _field(struct.pack(">q", value))


def instant(moment: datetime) -> bytes:
    delta = moment - _POSTGRES_EPOCH
    return bigint((delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds)


def stream(
    rows: Iterable[Row], *, before: tuple[bytes, ...] = (), after: tuple[bytes, ...] = ()
) -> Iterator[bytes]:
    """Blocks to write: per row the fields `before`, its key, payload and hash, the fields `after`."""
    head = struct.pack(">h", len(before) + 3 + len(after)) + b"".join(before)
    tail = b"".join(after)
    buffer = bytearray(_HEADER)
    for row in rows:
        key = row.source_key.encode()
        buffer += head + _length(len(key)) + key
        buffer += _length(len(row.payload) + 1) + _JSONB_VERSION + row.payload
        buffer += _length(len(row.payload_hash)) + row.payload_hash + tail
        if len(buffer) > _WRITE_BYTES:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer + _TRAILER)


def _field(value: bytes) -> bytes:
    return _length(len(value)) + value
