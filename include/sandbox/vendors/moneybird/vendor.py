"""Moneybird, played: administrations, their registers, documents and bank, by token and scope.

A missing scope is a 401, as a wrong token is; too many requests are answered with a bare text, and
Retry-After is an epoch.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Vendor

from . import downloads, editing, errors, oauth, webhooks
from .access import (
    CREDENTIALS,
    EMPTY,
    NAME,
    Options,
    administration_of,
    company_at,
    company_is_called,
    company_of,
    credential_of,
    options_of,
    path_of,
    token_of,
)
from .administration import DOCUMENT, Administration
from .failures import FAILURES, LISTS
from .limits import gate
from .oauth import is_over
from .reports import REPORTS, Report
from .resources import LISTED, SCOPES, SYNCED
from .truth import TRUTHS

_GENERAL = {
    "language": "nl", "country": "NL", "time_zone": "Europe/Amsterdam", "access": "user", "suspended": False,
    "period_locked_until": None,
}  # fmt: skip


def _answer(request: Request, body: bytes) -> Response:
    token = credential_of(request)
    if token is None or not token.is_good or is_over(state_of(request), token.token):
        return errors.bad_token(request)
    try:
        return _answered(request, token, body)
    except errors.Refused as refused:
        return refused.response


def _answered(request: Request, token: Credential, body: bytes) -> Response:
    id, resource = path_of(request)
    if not resource and id == "administrations":
        return as_json([_administration(request, one) for one in token.opens])
    state, found = state_of(request), _resource(resource)
    report = REPORTS.get(resource.removeprefix("reports/")) if "reports/" in resource else None
    if id not in token.opens or (found is None and report is None):
        raise errors.not_found(request)
    missing = _missing(token, found, report)
    if missing:
        return errors.no_access(missing)
    company = company_at(state, id)
    if company is None:
        return as_json([])
    if report is not None:
        return report[1](administration_of(state, company), request)
    assert found is not None
    rest = resource.removeprefix(found).strip("/")
    return _shown(request, administration_of(state, company), found, rest, body)


def _missing(
    token: Credential, resource: str | None, report: tuple[tuple[str, ...], Report] | None
) -> str:
    """The scopes a token lacks, as Moneybird names them: a resource needs any of its own, a report all of them."""
    if report is not None:
        needed = report[0]
        return "" if all(token.may(scope) for scope in needed) else " and ".join(needed)
    scopes = SCOPES[resource or ""]
    return "" if any(token.may(scope) for scope in scopes) else scopes[-1]


def _resource(path: str) -> str | None:
    """Which of the known ones a path is about."""
    return next((one for one in SCOPES if path == one or path.startswith(f"{one}/")), None)


def _shown(
    request: Request, administration: Administration, resource: str, rest: str, body: bytes
) -> Response:
    """rest: what stands behind the resource in the path."""
    if resource == "webhooks":
        return webhooks.answer(request, administration, rest, body)
    if resource in LISTED and not rest and request.method == "GET":
        return LISTED[resource](administration, request)
    synced = SYNCED.get(resource)
    if synced is None:
        raise errors.not_found(request)
    if rest == "synchronization":
        is_get = request.method == "GET"
        return (
            synced.ids(administration, request) if is_get else synced.fetched(administration, body)
        )
    if request.method != "GET":
        raise errors.not_found(request)
    if not rest:
        return synced.listed(administration, request)
    id, _, below = rest.partition("/")
    record = synced.one(administration, id)
    if record is None:
        raise errors.not_found(request)
    return _file(request, administration, id, below) if below else as_json(record)


def _file(request: Request, administration: Administration, id: str, path: str) -> Response:
    """path: attachments/<id>/download."""
    parts, place = path.split("/"), administration.index_of(DOCUMENT, id)
    is_download = len(parts) == 3 and (parts[0], parts[2]) == ("attachments", "download")
    found = None
    if is_download and place is not None:
        found = downloads.redirect(request, administration, place, parts[1])
    if found is None:
        raise errors.not_found(request)
    return found


def _administration(request: Request, id: str) -> dict[str, Any]:
    state, found = state_of(request), {"id": id, **_GENERAL, "period_start_date": "2024-01-01"}
    company = company_at(state, id)
    if company is None:
        return {**found, "currency": "EUR", **EMPTY.get(id, {"name": "Onbekend"})}
    book = state.books[company].company
    options = options_of(state, company)
    return {
        **found, "name": book.name, "currency": book.base_currency, "suspended": options.moneybird_suspended,
        "period_start_date": options.moneybird_starts_on or f"{book.first_year}-01-01",
    }  # fmt: skip


def _no_scope(request: Request) -> Response:
    resource = _resource(path_of(request)[1])
    return errors.no_access(SCOPES[resource][-1] if resource else "this resource")


MONEYBIRD = Vendor(
    NAME,
    endpoints=(
        Endpoint("/moneybird/api/v2/{path:path}", _answer, ("GET", "POST", "DELETE", "PATCH")),
        Endpoint(oauth.PATH, oauth.answer, ("POST",)),
        Endpoint(downloads.PATH, downloads.answer),
    ),
    refuse=errors.refuse,
    refusals={"module": _no_scope, "revoked": errors.bad_token, "expired": errors.bad_token},
    throttled=errors.throttled,
    failures=FAILURES,
    lists=LISTS,
    gate=gate,
    company_of=company_of,
    company_is_called=company_is_called,
    credentials=CREDENTIALS,
    issue=token_of,
    options=Options,
    truths=TRUTHS,
    controls=(Endpoint("/sandbox/companies/{id}/moneybird", editing.answer, ("GET", "POST")),),
)
