"""A file of purchase documents, from the warehouse to its store: written, opened again, stored, read back and compared.

Nothing is registered here: whoever calls writes down what a file holds once `make_file` has returned.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saldo.errors import DataRejected
from saldo.runs.meter import Tell, nobody
from saldo.store_answers import said
from saldo.warehouse.connection import Connection

from .layouts import Layout
from .reading import NoWorkbook, rows_in
from .rows import Row, count_rows, purchase_rows
from .store import Store
from .store_errors import StoreUnavailable
from .xlsx import MOST_ROWS, Written, too_many, write_workbook

_PREFIX = "saldo-export-"
#: A file that is being written is touched, or its run has ended, long before.
_ABANDONED_S = 86_400
#: Rows between two words about how far the file is.
_TOLD_EVERY = 2_000
#: How many documents a message names.
_NAMED = 5


@dataclass(frozen=True)
class MadeFile:
    """path: in the store, `<agreement>/<name>`. rows: without the header. notes: what a reader should know, in sentences."""

    name: str
    path: str
    rows: int
    documents: int
    bytes: int
    sha256: str
    notes: tuple[str, ...] = ()


def make_file(
    connection: Connection,
    agreement_id: str,
    document_numbers: Sequence[str],
    layout: Layout,
    name: str,
    store: Store,
    *,
    tell: Tell = nobody,
) -> MadeFile:
    """Make a file of these documents, and have it in the store. tell: hears how many rows are written.

    Raises DataRejected for no documents, for some that the warehouse does not have (any more), and for more rows than a sheet
    holds; what the store raises (Store.put); WarehouseUnavailable. Then there is no file.
    """
    wanted = dict.fromkeys(document_numbers)
    if not wanted:
        raise DataRejected("no document was chosen, so there is no file; choose at least one")
    rows = count_rows(connection, agreement_id, tuple(wanted))
    if rows >= MOST_ROWS:
        raise too_many(rows)
    _remove_left_over(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        local = Path(folder) / name
        seen: set[str] = set()
        found = purchase_rows(connection, agreement_id, tuple(wanted))
        with closing(found):
            written = _write(layout, _noted(found, seen, lambda done: tell(done, rows, "")), local)
        _check_all(wanted, seen, agreement_id)
        _check_content(local, written, layout)
        path = f"{agreement_id}/{name}"
        digest = store.put(path, local)
        return MadeFile(
            name, path, written.rows, written.documents, local.stat().st_size, digest,
            tuple(written.sentences()),
        )  # fmt: skip


def _remove_left_over(folder: Path) -> None:
    """Files of runs that were killed hold a company's books, and fill the disk."""
    for left in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            touched = max(path.stat().st_mtime for path in (left, *left.iterdir()))
            if time.time() - touched > _ABANDONED_S:
                shutil.rmtree(left, ignore_errors=True)


def _write(layout: Layout, rows: Iterator[Row], local: Path) -> Written:
    try:
        with local.open("xb") as file:
            return write_workbook(layout, rows, file, folder=str(local.parent))
    except OSError as error:
        raise StoreUnavailable(
            f"the file {local.name} could not be written on this machine ({said(error)}); nothing was stored. Make room for "
            f"temporary files in {tempfile.gettempdir()}, and export again"
        ) from None


def _noted(rows: Iterator[Row], seen: set[str], written: Callable[[int], None]) -> Iterator[Row]:
    for nth, row in enumerate(rows):
        if nth % _TOLD_EVERY == 0:
            written(nth)
        seen.add(row["document_number"])
        yield row


def _check_all(wanted: Mapping[str, Any], seen: set[str], agreement_id: str) -> None:
    missing = [number for number in wanted if number not in seen]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise DataRejected(
            f"{agreement_id}: {', '.join(missing[:_NAMED])}{more} is no document that the warehouse has, or was deleted at the "
            "vendor; leave it out, or sync first"
        )


def _check_content(local: Path, written: Written, layout: Layout) -> None:
    """Whether the file can be opened, and holds what was written."""
    try:
        rows, why = rows_in(local, layout.sheet), ""
    except NoWorkbook as error:
        rows, why = -1, f" ({error})"
    if rows != written.rows:
        found = f"{rows:,} rows" if rows >= 0 else f"something else{why}"
        raise StoreUnavailable(
            f"the file {local.name} holds {found} instead of {written.rows:,} rows; nothing was stored. Make it again, and if it "
            f"stays so, check the disk of {tempfile.gettempdir()}"
        )
