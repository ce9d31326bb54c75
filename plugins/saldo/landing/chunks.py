"""A vendor's pages as chunks: decoded, cut off, and as many of them together as one transaction takes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from saldo.declarations.source import Page, Row
from saldo.staging.records import Decoder
from saldo.ways.context import Chunk

#: Pages in one transaction, or as many as have so many rows: small enough to hold in memory, large enough to make
#: COPY worth it.
PAGES_PER_CHUNK, ROWS_PER_CHUNK = 10, 10_000


def chunks_of(pages: Iterator[Page], decoder: Decoder, *, upto: int | None) -> Iterator[Chunk]:
    """upto: the cutoff; rows with a marker beyond it are left to the next run."""
    span = decoder.entity.reads.span
    while some := list(_together(pages)):
        decoded = [decoder.rows(page) for page in some]
        deleted = _deleted(some, decoded)
        rows = read = [row for page in decoded for row in page]
        if upto is not None:
            rows = [row for row in read if row.marker <= upto]
        # Another run may read further: it must not go on after what this one leaves out.
        onward = some[-1].next if len(rows) == len(read) else None
        if deleted:
            rows = [row for row in rows if row.source_key not in deleted]
        announced = [page.announced for page in some if page.announced is not None]
        stands_at = next((page.stands_at for page in reversed(some) if page.stands_at), None)
        yield Chunk.of(
            rows,
            onward,
            announced,
            len(some),
            deleted=tuple(deleted),
            span=span(rows),
            stands_at=stands_at,
            about=some[0].about,
            of_all=some[0].of_all if len({page.of_all for page in some}) == 1 else None,
        )


def _together(pages: Iterator[Page]) -> Iterator[Page]:
    """The next pages that go into one transaction."""
    rows = 0
    for page in islice(pages, PAGES_PER_CHUNK):
        yield page
        rows += len(page.records)
        if rows >= ROWS_PER_CHUNK:
            return


def _deleted(pages: list[Page], decoded: list[list[Row]]) -> dict[str, None]:
    """What is gone after these pages: a record that came back on a later page is not."""
    gone: dict[str, None] = {}
    if any(page.deleted for page in pages):
        for page, rows in zip(pages, decoded, strict=True):
            for row in rows:
                gone.pop(row.source_key, None)
            gone.update(dict.fromkeys(page.deleted))
    return gone
