"""Parquet files in constant memory, and what is read back of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import file_digest
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from saldo.errors import SaldoError

from .columns import Column
from .conversion import Problem, repeated, table_of
from .manifest import Content

#: A row group ends when it has so many rows, or takes so much memory: what a writer holds at once.
_ROWS, _BYTES = 128 * 1024, 16 * 1024 * 1024


class Damaged(SaldoError):
    """A file is not as it was written; it is written again."""

    @property
    def family(self) -> str:
        """Tried again like an outage."""
        return "Unavailable"


def write(
    path: Path,
    batches: Iterable[bytes],
    columns: tuple[Column, ...],
    constants: Mapping[str, str],
    schema: pa.Schema,
    metadata: Mapping[str, str],
) -> Content:
    """Write rows (CSV: a key, then a value for each column) and read back what is there.

    schema: all columns, those in which every row has the same (constants) included.

    The same rows give the same bytes. Raises Damaged, and OSError where the disk is full.
    """
    schema = schema.with_metadata(dict(metadata))
    rows, problems = 0, list[Problem]()
    with _writer(path, schema) as writer:
        group: list[pa.Table] = []
        for csv in batches:
            table, misfits = table_of(csv, columns)
            table = _with(table, constants, schema)
            problems += misfits
            rows += table.num_rows
            group.append(table)
            if sum(t.num_rows for t in group) >= _ROWS or sum(t.nbytes for t in group) >= _BYTES:
                _flush(writer, group)
                group = []
        _flush(writer, group)
    return check(path, Content(rows, path.stat().st_size, sha256_of(path), tuple(problems)))


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    # Dictionaries of numbers cost more than they save.
    words = [field.name for field in schema if pa.types.is_string(field.type)]
    return pq.ParquetWriter(
        path, schema, compression="zstd", use_dictionary=words, write_page_checksum=True
    )


def _with(table: pa.Table, constants: Mapping[str, str], schema: pa.Schema) -> pa.Table:
    alike = {name: repeated(value, table.num_rows) for name, value in constants.items()}
    arrays = [alike[name] if name in alike else table.column(name) for name in schema.names]
    return pa.table(arrays, schema=schema)


def _flush(writer: pq.ParquetWriter, group: list[pa.Table]) -> None:
    if group:
        table = pa.concat_tables(group)
        writer.write_table(table, row_group_size=max(table.num_rows, 1))


def check(path: Path, content: Content) -> Content:
    """Read a file's own account of its rows. Raises Damaged where it differs from what was written."""
    try:
        found = pq.read_metadata(path).num_rows
    except pa.ArrowException as error:
        raise Damaged(f"{path.name} cannot be read back ({error}); it is written again") from None
    if found != content.rows:
        raise Damaged(
            f"{path.name} has {found} rows where {content.rows} were written; it is written again"
        )
    return content


def sha256_of(path: Path) -> str:
    """In hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
