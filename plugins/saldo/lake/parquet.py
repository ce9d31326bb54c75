"""Parquet files in constant memory, and what is read back of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from hashlib import file_digest
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from saldo.errors import SaldoError

from .columns import Column
from .conversion import Problem, repeated, table_of
from .manifest import Content

#: A row group ends when it has so many rows, or takes so much memory: what a writer holds at once.
_ROWS, _BYTES = 128 * 1024, 16 * 1024 * 1024
#: A column gets a dictionary when its first rows have few values: another one only makes files larger and slower to write.
_SAMPLE, _ROWS_A_VALUE = 10_000, 10


#: How many values that do not fit are kept by name.
_PROBLEMS_KEPT = 100


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
    rows, misfits, problems = 0, 0, list[Problem]()
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        for group, found in _groups(batches, columns, constants, schema):
            writer = writer or stack.enter_context(_writer(path, group))
            if group.num_rows:
                writer.write_table(group, row_group_size=group.num_rows)
            misfits += len(found)
            problems += found[: _PROBLEMS_KEPT - len(problems)]
            rows += group.num_rows
            del group  # or two are held while the next one is read
    return check(
        path, Content(rows, path.stat().st_size, sha256_of(path), misfits, tuple(problems))
    )


def _groups(
    batches: Iterable[bytes],
    columns: tuple[Column, ...],
    constants: Mapping[str, str],
    schema: pa.Schema,
) -> Iterator[tuple[pa.Table, list[Problem]]]:
    """Row groups, at least one: an empty set is a file, too."""
    group, problems, is_empty = list[pa.Table](), list[Problem](), True
    for csv in batches:
        table, misfits = table_of(csv, columns)
        group.append(_with(table, constants, schema))
        problems += misfits
        if sum(t.num_rows for t in group) >= _ROWS or sum(t.nbytes for t in group) >= _BYTES:
            yield pa.concat_tables(group), problems
            group, problems, is_empty = [], [], False
    if group or is_empty:
        yield pa.concat_tables(group) if group else schema.empty_table(), problems


def _writer(path: Path, first: pa.Table) -> pq.ParquetWriter:
    return pq.ParquetWriter(
        path,
        first.schema,
        compression="zstd",
        use_dictionary=_with_few_values(first.slice(0, _SAMPLE)),
        write_page_checksum=True,
    )


def _with_few_values(sample: pa.Table) -> list[str]:
    """Texts and whole numbers; amounts and days seldom repeat that often."""
    most = sample.num_rows // _ROWS_A_VALUE
    return [
        field.name
        for field, values in zip(sample.schema, sample.columns, strict=True)
        if (pa.types.is_string(field.type) or pa.types.is_int64(field.type))
        and pc.count_distinct(values).as_py() <= most
    ]


def _with(table: pa.Table, constants: Mapping[str, str], schema: pa.Schema) -> pa.Table:
    alike = {name: repeated(value, table.num_rows) for name, value in constants.items()}
    arrays = [alike[name] if name in alike else table.column(name) for name in schema.names]
    return pa.table(arrays, schema=schema)


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
