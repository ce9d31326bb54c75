"""The books of one agreement, as the pages of this room read them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import psycopg
from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator

from saldo.api.answers import link

from ..shell import Reading, page, warehouse
from ..shell.head import Head, agreement_head


def _clean(text: str) -> str:
    """Without what a database takes in no text."""
    return text.replace("\0", "").strip()


#: A text of a page's address.
Words = Annotated[str, Query(max_length=200), AfterValidator(_clean)]


@dataclass(frozen=True)
class Books:
    """key: of dim_agreement; None before anything has landed. facts_at: when the facts were last written (UTC)."""

    reading: Reading
    head: Head
    key: int | None
    currency: str
    facts_at: datetime | None

    def rows(self, file: str, **more: Any) -> list[Any]:
        """Rows of include/sql/console/proof/<file>.sql."""
        named = {"agreement_id": self.head.id, "agreement_key": self.key, **more}
        return self.reading.rows(f"proof/{file}", named)

    def row(self, file: str, **more: Any) -> Any:
        """The first row; None where there is none."""
        return next(iter(self.rows(file, **more)), None)


@contextmanager
def books_of(request: Request, user: Any, agreement_id: str) -> Iterator[Books]:
    """Raises Problem 404 where nobody knows the agreement, 503 where the warehouse cannot be read."""
    with warehouse() as reading:
        head = agreement_head(request, user, agreement_id, reading)
        row = reading.row("proof/books", {"agreement_id": agreement_id})
        yield Books(
            reading,
            head,
            row.agreement_key if row else None,
            row.base_currency if row else "",
            row.facts_at if row else None,
        )


def shown(
    request: Request,
    user: Any,
    books: Books,
    template: str,
    *,
    view: str,
    title: str,
    **values: Any,
) -> HTMLResponse:
    """A page of the room. view: proof, balances or find, the one it belongs to."""
    return page(
        request,
        user,
        f"proof/{template}",
        title=title,
        section="overview",
        now=books.reading.now,
        head=books.head,
        tab="proof",
        view=view,
        books=books,
        to=lambda path, **asked: to(request, books.head.id, path, **asked),
        **values,
    )


def to(request: Request, agreement_id: str, path: str, **asked: Any) -> str:
    """The address of a page of this agreement; what is None or empty is left out. from_: the parameter `from`."""
    said = urlencode(
        {name.rstrip("_"): value for name, value in asked.items() if value not in (None, "")},
        quote_via=quote,
    )
    return link(request, f"/agreements/{agreement_id}/{path}") + (f"?{said}" if said else "")


def like(words: str) -> str | None:
    """The pattern of a text that holds the words; None where there are none."""
    if not words:
        return None
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def in_time(books: Books, seconds: float, file: str, named: dict[str, Any]) -> list[Any] | None:
    """Rows of a file of SQL; None where they took longer."""
    connection = books.reading.connection
    try:
        with connection.transaction():
            connection.execute(f"set local statement_timeout = '{seconds}s'".encode())
            return books.rows(file, **named)
    except psycopg.errors.QueryCanceled:
        return None
