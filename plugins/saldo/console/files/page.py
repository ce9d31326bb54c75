"""GET /saldo/files: files of people, one configuration of them, and one version of a file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from saldo.api import runs
from saldo.api.answers import Problem
from saldo.api.auth import User, may_see, may_trigger
from saldo.api.routers import viewer_router
from saldo.console.shell import fragment, page, warehouse, written
from saldo.workbooks.phrases import PHRASES
from saldo.workbooks.problems import Problem as Wrong

from .listing import STATES, fits, listed
from .looking import look_of
from .rights import DAG_ID, fed_by, seen_by, visible
from .sheets import drawn
from .templates_of import KINDS as WITH_TEMPLATE
from .templates_of import suggested_month

#: Configurations, and versions, on a page.
MOST = 50
#: Files of one configuration that are shown one by one.
_FILES = 100
#: Of what is wrong in no cell that is shown.
_PROBLEMS = 100
MESSAGES = {
    "look": "A look was asked for. Files that are new or have changed are read within a minute or two.",
    "waits": "A look waits for its turn already; it reads these files, too.",
}
#: A form sends what nobody filled in as an empty text.
FileNumber = Annotated[
    Annotated[int, Field(ge=1, le=2**62)] | None, BeforeValidator(lambda value: value or None)
]
Status = Literal["", "accepted", "rejected", "unchanged", "gone"]

router = viewer_router()


class ListQuery(BaseModel):
    model_config = ConfigDict(extra="ignore")

    q: str = Field("", max_length=100)
    kind: str = Field("", max_length=40)
    state: Literal["", "bad", "warn", "good", "quiet"] = ""
    page: int = Field(1, ge=1, le=1000)


class VersionsQuery(BaseModel):
    """at, before_file, before_version: the last row of the page before."""

    model_config = ConfigDict(extra="ignore")

    file: FileNumber = None
    status: Status = ""
    at: AwareDatetime | None = None
    before_file: int = Field(0, ge=0, le=2**62)
    before_version: int = Field(0, ge=0, le=2**31 - 1)


@router.get("/files")
def files(request: Request, user: User, query: Annotated[ListQuery, Query()]) -> HTMLResponse:
    configurations, broken = visible(user)
    with warehouse() as books:
        everything = listed(books, configurations)
    found = [
        one for one in everything if fits(one, text=query.q, kind=query.kind, state=query.state)
    ]
    first = (query.page - 1) * MOST
    return page(
        request, user, "files/files.html",
        title="Files", section="files", found=found[first : first + MOST], count=len(found), all=len(everything),
        broken=broken, query=query, plan=runs.plans([DAG_ID]).get(DAG_ID), states=STATES,
        kinds={one.configuration.kind: one.kind for one in everything}, pages=-(-len(found) // MOST),
    )  # fmt: skip


@router.get("/files/{config_id}")
def configuration(
    config_id: str, request: Request, user: User, query: Annotated[VersionsQuery, Query()]
) -> HTMLResponse:
    of = seen_by(user, config_id)
    with warehouse() as books:
        [one] = listed(books, [of])
        known = books.rows("files/files", {"id": of.id, "most": _FILES})
        waiting = books.rows("files/waiting", {"id": of.id, "most": _FILES})
        versions = books.rows("files/versions", _asked(of.id, query))
    return page(
        request, user, "files/configuration.html",
        title=of.id, section="files", one=one, files=known, waiting=waiting, versions=versions[:MOST], older=_older(versions),
        query=query, plan=runs.plans([DAG_ID]).get(DAG_ID), look=look_of(of.id), may_look=may_trigger(request, user, DAG_ID),
        is_filled=bool(of.agreement) and may_see(request, user, fed_by(of)), languages=list(PHRASES), has_template=of.kind in WITH_TEMPLATE,
        month=suggested_month(), told=written(request, MESSAGES), dag_id=DAG_ID,
    )  # fmt: skip


@router.get("/files/{config_id}/state")
def state(config_id: str, request: Request, user: User) -> HTMLResponse:
    """What is at work, for a page that is open."""
    of = seen_by(user, config_id)
    return fragment(
        request, "files/state.html", one_id=of.id, look=look_of(of.id), dag_id=DAG_ID, was_busy=True
    )


@router.get("/files/{config_id}/{file_id}/{version}")
def version(
    config_id: str, file_id: int, version: int, request: Request, user: User, start: Annotated[int, Query(alias="from", ge=0, le=2000)] = 0
) -> HTMLResponse:  # fmt: skip
    of = seen_by(user, config_id)
    with warehouse() as books:
        found = books.row(
            "files/version", {"id": of.id, "file": _within(file_id), "version": _within(version)}
        )
    if found is None:
        raise Problem(
            404,
            "No such version",
            "It was never read, or longer ago than it is kept. The list of versions has what there is.",
        )
    seen = drawn(found.sheets, [Wrong(**one) for one in found.problems or ()])
    return page(
        request, user, "files/version.html",
        title=found.name, section="files", of=of, found=found, drawn=seen, count=len(found.problems or ()) + found.more_problems,
        others=seen.others[start : start + _PROBLEMS], start=start, most=_PROBLEMS, dag_id=DAG_ID,
    )  # fmt: skip


def _asked(config_id: str, query: VersionsQuery) -> dict[str, Any]:
    return {
        "id": config_id, "file": query.file, "status": query.status or None, "at": query.at, "before_file": query.before_file,
        "before_version": query.before_version, "most": MOST + 1,
    }  # fmt: skip


def _older(versions: list[Any]) -> dict[str, int | datetime] | None:
    """The parameters of the next page; None on the last one."""
    if len(versions) <= MOST:
        return None
    last = versions[MOST - 1]
    return {
        "at": last.read_at.isoformat(),
        "before_file": last.file_id,
        "before_version": last.version,
    }


def _within(number: int) -> int:
    """What no column holds is nobody's number."""
    return number if 0 <= number < 2**31 else 0
