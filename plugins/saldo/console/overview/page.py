"""GET /saldo/."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from saldo.api.answers import link
from saldo.api.auth import User, may_see
from saldo.api.routers import member_router
from saldo.vendors import title_of

from ..shell import agreements, page, warehouse
from . import reading
from .strip import LOOKS

router = member_router()


@router.get("/")
def overview(
    request: Request,
    user: User,
    q: Annotated[str, Query(max_length=200)] = "",
    state: Annotated[str, Query(max_length=20)] = "",
    vendor: Annotated[str, Query(max_length=40)] = "",
    nth: Annotated[int, Query(alias="page", ge=1, le=1000)] = 1,
) -> HTMLResponse:
    files = agreements.agreements()
    with warehouse() as books:
        everything = reading.lines(books, user, files)
        found = reading.chosen(everything, words=q, state=state, vendor=vendor)
        first = (nth - 1) * reading.PAGE
        part = found[first : first + reading.PAGE]
        rows = reading.shown(books, part, history=link(request, "/agreements/{}/history"))
        elsewhere = reading.elsewhere(books, user)
        unwatched = reading.unwatched_since(books)
    broken = [file for file in files.broken if may_see(request, user, f"saldo__{file.path.stem}")]  # fmt: skip

    def address(**changed: object) -> str:
        asked = {"q": q, "state": state, "vendor": vendor, **changed}
        said = urlencode({key: value for key, value in asked.items() if value})
        return link(request, "/") + (f"?{said}" if said else "")

    return page(
        request,
        user,
        "overview/overview.html",
        title="Overview",
        section="overview",
        now=books.now,
        rows=rows,
        all=len(everything),
        count=len(found),
        counts=reading.counts(reading.chosen(everything, words=q, state="", vendor=vendor)),
        vendors=sorted((one, title_of(one)) for one in {line.vendor for line in everything} if one),
        filters=reading.FILTERS,
        asked={"q": q, "state": state, "vendor": vendor},
        address=address,
        first=first,
        newer=address(page=nth - 1) if nth > 1 else None,
        older=address(page=nth + 1) if first + reading.PAGE < len(found) else None,
        broken=broken,
        elsewhere=elsewhere,
        unwatched=unwatched,
        looks=LOOKS,
    )  # fmt: skip
