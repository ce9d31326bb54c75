"""GET /saldo/agreements/<id>/postings, the same as .csv, and /vouchers: what a figure is made of."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse, Response

from saldo.api.answers import GUARDS, Problem
from saldo.api.auth import Reader
from saldo.api.documents import document
from saldo.api.routers import reader_router

from ..shell.disk import DiskAnswer
from .books import Books, Words, books_of, shown, to
from .download import postings_file
from .figures import figure_of, page_of
from .proofs import moment_of
from .scopes import Scope, scope_of
from .vouchers import LINES, documents_of, hands_out, number_to_ask, of_whom

router = reader_router("/agreements/{agreement_id}")
_From = Annotated[date | None, Query(alias="from")]
_To = Annotated[date | None, Query(alias="to")]
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


@router.get("/postings")
def postings(
    agreement_id: str,
    request: Request,
    user: Reader,
    account: Words = "",
    year: Words = "",
    period: int | None = None,
    first: _From = None,
    last: _To = None,
    movement: bool = False,
    at: Words = "",
    after: Words = "",
    before: Words = "",
) -> HTMLResponse:
    with books_of(request, user, agreement_id) as books:
        scope = scope_of(
            books, account, year=year, period=period, first=first, last=last, movement=movement
        )
        found, total = page_of(books, scope, after=after, before=before)
        figure = figure_of(books, scope, total, at=moment_of(at))
    asked = {**scope.asked, "at": at}
    return shown(
        request,
        user,
        books,
        "postings.html",
        view="balances" if scope.is_days else "proof",
        title=f"{scope.account} {scope.name or '(not in the chart)'}",
        scope=scope,
        found=found,
        figure=figure,
        newer=to(request, agreement_id, "postings", **asked, before=found.before)
        if found.before
        else None,
        older=to(request, agreement_id, "postings", **asked, after=found.after)
        if found.after
        else None,
        file=to(request, agreement_id, "postings.csv", **scope.asked),
    )


@router.get("/postings.csv")
def postings_csv(
    agreement_id: str,
    request: Request,
    user: Reader,
    account: Words = "",
    year: Words = "",
    period: int | None = None,
    first: _From = None,
    last: _To = None,
    movement: bool = False,
) -> Response:
    """Not async on purpose: the warehouse is waited for in a thread."""
    with books_of(request, user, agreement_id) as books:
        scope = scope_of(
            books, account, year=year, period=period, first=first, last=last, movement=movement
        )
    file = postings_file({"agreement_id": agreement_id, "agreement_key": books.key, **scope.named})
    disposition = f'attachment; filename="{_filename(agreement_id, scope)}"'
    headers = {**GUARDS, "Content-Disposition": disposition}
    return DiskAnswer(file, headers, "text/csv; charset=utf-8")


def _filename(agreement_id: str, scope: Scope) -> str:
    parts = (agreement_id, "postings", scope.account, scope.label)
    return _UNSAFE.sub("-", "-".join(parts)) + ".csv"


@router.get("/vouchers")
def voucher(
    agreement_id: str,
    request: Request,
    user: Reader,
    year: Words = "",
    number: Words = "",
    entry: Words = "",
) -> HTMLResponse:
    named = {"number": number or None, "year": year or None, "entry": entry or None}
    with books_of(request, user, agreement_id) as books:
        lines = books.rows("voucher", **named, limit=LINES)
        if not lines:
            raise _no_voucher(books, number or entry, year)
        documents = documents_of(books, **named, is_hidden=lines[0].is_hidden)
    what = f"Voucher {number}" if number else f"Posting {entry}"
    return shown(
        request,
        user,
        books,
        "voucher.html",
        view="",
        title=what,
        lines=lines,
        first=lines[0],
        whom=of_whom(lines),
        documents=documents,
        hands_out=hands_out(books),
        limit=LINES,
        number=number,
    )


@router.get("/vouchers/documents/{document_key}")
def voucher_document(
    agreement_id: str, document_key: int, request: Request, user: Reader
) -> Response:
    """Its PDF, for a page on which its number is hidden: who opens it sees it, and that is written down."""
    with books_of(request, user, agreement_id) as books:
        row = books.row("document", document_key=document_key)
        number = number_to_ask(books, row) if row else None
    if number is None:
        raise Problem(404, "No such document", f"{books.head.name} has no PDF of that. Go back to the voucher, and load it again.")  # fmt: skip
    return document(agreement_id, row.kind, number, user)


def _no_voucher(books: Books, number: str, year: str) -> Problem:
    return Problem(
        404,
        "No such voucher",
        f"The facts of {books.head.name} have no voucher {number!r}{f' in {year}' if year else ''}. It may have been deleted at the "
        "vendor since, or be one that is not posted yet.",
    )
