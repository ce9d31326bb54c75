"""Microsoft Graph, played: the files of a site of SharePoint, for apps of the identity platform.

Sources: https://learn.microsoft.com/graph/api/resources/onedrive, /graph/api/driveitem-delta, /graph/errors.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Lists, Vendor
from sandbox.vendors.entra.tokens import app_of

from . import content, editing, shapes, truth
from .answers import not_found, refuse
from .drives import in_drive
from .sites import Options, Site, company_of_drive, company_of_site, may_read, site_of


def _throttled(request: Request, fault: Fault) -> Response:
    told = "The app or user has been throttled."
    response = refuse(request, 429, told, "activityLimitReached")
    response.headers.update(fault.headers())
    return response


def _bad_token(request: Request) -> Response:
    told = "Access token is empty or has expired."
    return refuse(request, 401, told, "InvalidAuthenticationToken")


def _denied(request: Request) -> Response:
    return refuse(request, 403, "Access denied", "accessDenied")


def _resources(request: Request, body: bytes) -> Response:
    if app_of(request) is None:
        return _bad_token(request)
    return as_json({"value": [{"name": "sites", "kind": "EntitySet", "url": "sites"}]})


def _of_site(request: Request, body: bytes) -> Response:
    """/sites/{id}, /sites/{host}:/{path}, and the drives of a site by its id."""
    if app_of(request) is None:
        return _bad_token(request)
    if "search" in request.query_params:
        return _denied(request)
    key, rest = _parted(request.path_params["place"])
    company = company_of_site(state_of(request), key)
    if company is None:
        return not_found(request)
    found = site_of(state_of(request), company)
    if not _may(request, found):
        return _denied(request)
    if rest == "":
        return as_json(shapes.site(found))
    if rest == "drives":
        return as_json({"value": [shapes.drive(found, one) for one in found.libraries]})
    if rest == "drive":
        return as_json(shapes.drive(found, found.libraries[0]))
    return not_found(request)


def _parted(place: str) -> tuple[str, str]:
    """The site that is meant, and what is wanted of it; a path ends the address."""
    key, _, rest = place.partition("/") if "," in place else (place, "", "")
    return key, rest


def _of_drive(request: Request, body: bytes) -> Response:
    if app_of(request) is None:
        return _bad_token(request)
    drive = request.path_params["drive"]
    company = company_of_drive(state_of(request), drive)
    if company is None:
        return not_found(request)
    site = site_of(state_of(request), company)
    library = next((one for one in site.libraries if one.drive == drive), None)
    if library is None:
        return not_found(request)
    return in_drive(request, site, library) if _may(request, site) else _denied(request)


def _may(request: Request, site: Site) -> bool:
    app = state_of(request).credentials.of("entra", app_of(request))
    return app is not None and may_read(app, site.company)


def _company_of(request: Request) -> str | None:
    """Whose library is asked for: by drive, by site, or by the address of a file."""
    asked, state = request.path_params, state_of(request)
    if "drive" in asked:
        return company_of_drive(state, asked["drive"])
    if "place" in asked:
        return company_of_site(state, _parted(asked["place"])[0])
    return asked.get("company")


def _records(body: Any) -> list[Any] | None:
    found = body.get("value") if isinstance(body, dict) else None
    return found if isinstance(found, list) else None


GRAPH = Vendor(
    "graph",
    endpoints=(
        Endpoint("/graph/v1.0/", _resources),
        Endpoint("/graph/v1.0/sites/{place:path}", _of_site),
        Endpoint("/graph/v1.0/drives/{drive}/{rest:path}", _of_drive),
        Endpoint(content.PATH, content.answer),
    ),
    refuse=refuse,
    refusals={"revoked": _bad_token, "expired": _bad_token, "module": _denied},
    throttled=_throttled,
    lists=Lists(records=_records),
    company_of=_company_of,
    options=Options,
    truths={"library": truth.files, "budgets": truth.budgets},
    controls=(Endpoint("/sandbox/companies/{id}/library", editing.edit, ("POST",)),),
)
