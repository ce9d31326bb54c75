"""Workbooks as controllers keep them, small and plain; the same numbers give the same bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache

from openpyxl import Workbook

_MOMENT = datetime(2026, 1, 1)  # noqa: DTZ001 (workbooks know no zones)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Maj", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dec")


@lru_cache(maxsize=64)
def budget(seed: int, version: int) -> bytes:
    """A budget: account, department, and a column for each month."""
    rows: list[Sequence[object]] = [("Konto", "Afdeling", *_MONTHS)]
    for place, account in enumerate((1010, 2010, 3010, 3020)):
        base = (seed * 37 + place * 1_000 + version * 250) % 90_000 + 10_000
        rows.append((account, "1", *(base + month * 100 for month in range(12))))
    return workbook(rows, sheet="Budget 2026")


@lru_cache(maxsize=64)
def mapping(seed: int, version: int) -> bytes:
    """Accounts and the group's accounts they belong to."""
    rows = [
        ("Konto", "Koncernkonto", "Navn"),
        *((1010 + n * 1_000, 100 + n, f"Gruppe {version}") for n in range(3)),
    ]
    return workbook(rows, sheet="Kontoplan")


def workbook(rows: Iterable[Sequence[object]], *, sheet: str) -> bytes:
    """One sheet with these rows."""
    book = Workbook()
    book.properties.created = book.properties.modified = _MOMENT
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    draft = io.BytesIO()
    book.save(draft)
    return _without_times(draft.getvalue())


def _without_times(data: bytes) -> bytes:
    """The same archive, whose parts say no moment at which they were written."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            new.writestr(zipfile.ZipInfo(part.filename, (2026, 1, 1, 0, 0, 0)), _body(old, part))
    return packed.getvalue()


def _body(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    body = archive.read(part)
    if part.filename != "docProps/core.xml":
        return body
    start, end = body.find(b"<dcterms:modified"), body.find(b"</cp:coreProperties>")
    return body[:start] + body[end:] if start > 0 else body
