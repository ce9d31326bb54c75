"""The truth as CSV, streamed: absent values are empty, money has its sign and two decimals."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from decimal import Decimal

_BATCH = 2_000


def money(cents: int | None) -> str:
    return "" if cents is None else str(Decimal(cents).scaleb(-2))


def csv_of(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[bytes]:
    """CSV with a header, streamed; absent values are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for count, row in enumerate(rows, start=1):
        writer.writerow(row)
        if count % _BATCH == 0:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()
