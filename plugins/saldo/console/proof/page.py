"""GET /saldo/agreements/<id>/proof."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse

from saldo.api.auth import Reader
from saldo.api.routers import reader_router

from . import balances, find, postings
from .books import Books, Words, books_of, shown, to
from .controls import control_of
from .proofs import (
    DIFFERENCES,
    Line,
    choose,
    differences,
    matrix,
    moment_of,
    repairs_of,
    state_of,
    year_to_show,
)

router = reader_router("/agreements/{agreement_id}")
#: All of this room.
routers = (router, postings.router, balances.router, find.router)


@router.get("/proof")
def proof_page(
    agreement_id: str,
    request: Request,
    user: Reader,
    at: Words = "",
    year: Words = "",
    q: Words = "",
    after: Words = "",
) -> HTMLResponse:
    with books_of(request, user, agreement_id) as books:
        proofs, proof = choose(books, moment_of(at))
        values: dict[str, Any] = {
            "last_try": books.row("last_try"),
            "proofs": proofs,
            "proof": proof,
        }
        if proof:
            values |= _compared(books, proof, year=year, words=q, after=after)
            values["run"] = f"/dags/saldo__{agreement_id}/runs/{quote(proof.run_id, safe='')}"
            asked = {"at": at, "year": year, "q": q}
            more = values["more"]
            values["following"] = (
                to(request, agreement_id, "proof", **asked, after=more) if more else None
            )
            values["asked"] = asked
    return shown(
        request,
        user,
        books,
        "proof.html",
        view="proof",
        title=f"Proof of {books.head.name}",
        **values,
    )


def _compared(books: Books, proof: Any, *, year: str, words: str, after: str) -> dict[str, Any]:
    controls = books.rows("controls", checked_at=proof.checked_at)
    differing = sum(row.differing for row in controls)
    failing = sum(row.differing for row in controls if control_of(row.control).is_binding)
    found = differences(books, proof) if differing else []
    years = books.rows("years")
    chosen = year_to_show(years, year, found, proof)
    lines: list[Line] = []
    more = None
    if chosen:
        lines, more = matrix(books, proof, chosen.accounting_year, words=words, after=after)
    return {
        "controls": [(control_of(row.control), row) for row in controls],
        "comparisons": sum(row.comparisons for row in controls),
        "differing": differing,
        "failing": failing,
        "differences": found,
        "limit": DIFFERENCES,
        "state": state_of(proof, failing),
        "repairs": repairs_of(proof),
        "remedies": sorted({one.control for one in found}),
        "years": years,
        "chosen": chosen,
        "periods": _begun(books, chosen.accounting_year, proof) if chosen else [],
        "lines": lines,
        "more": more,
        "is_late": bool(books.facts_at and books.facts_at > proof.checked_at),
    }


def _begun(books: Books, year: str, proof: Any) -> list[Any]:
    """Periods that lie ahead have nothing to show yet."""
    rows = books.rows("periods", year=year)
    return [row for row in rows if row.start_date <= proof.checked_at.date()]
