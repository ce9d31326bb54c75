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
from sandbox.vendor import Endpoint, Lists, Vendor

from . import errors
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
from .administration import Administration
from .limits import gate
from .resources import LISTED, SCOPES, SYNCED

_GENERAL = {
    "language": "nl", "country": "NL", "time_zone": "Europe/Amsterdam", "access": "user", "suspended": False,
    "period_locked_until": None,
}  # fmt: skip
_SYNCHRONIZATION = "/synchronization"


def _answer(request: Request, body: bytes) -> Response:
    token = credential_of(request)
    if token is None or not token.is_good:
        return errors.bad_token(request)
    try:
        return _answered(request, token, body)
    except errors.Refused as refused:
        return refused.response


def _answered(request: Request, token: Credential, body: bytes) -> Response:
    id, resource = path_of(request)
    if not resource and id == "administrations":
        return as_json([_administration(request, one) for one in token.opens])
    found = _resource(resource)
    if id not in token.opens or found is None:
        raise errors.not_found(request)
    if not any(token.may(scope) for scope in SCOPES[found]):
        return errors.no_access(SCOPES[found][-1])
    company = company_at(state_of(request), id)
    if company is None:
        return as_json([])
    rest = resource.removeprefix(found).strip("/")
    return _shown(request, administration_of(state_of(request), company), found, rest, body)


def _resource(path: str) -> str | None:
    """Which of the known ones a path is about."""
    return next((one for one in SCOPES if path == one or path.startswith(f"{one}/")), None)


def _shown(
    request: Request, administration: Administration, resource: str, rest: str, body: bytes
) -> Response:
    """rest: what stands behind the resource in the path."""
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
    record = synced.one(administration, rest)
    if record is None:
        raise errors.not_found(request)
    return as_json(record)


def _administration(request: Request, id: str) -> dict[str, Any]:
    state, found = state_of(request), {"id": id, **_GENERAL, "period_start_date": "2024-01-01"}
    company = company_at(state, id)
    if company is None:
        return {**found, "currency": "EUR", **EMPTY.get(id, {"name": "Onbekend"})}
    book = state.books[company].company
    is_suspended = options_of(state, company).moneybird_suspended
    return {
        **found, "name": book.name, "currency": book.base_currency, "suspended": is_suspended,
        "period_start_date": f"{book.first_year}-01-01",
    }  # fmt: skip


def _no_scope(request: Request) -> Response:
    resource = _resource(path_of(request)[1])
    return errors.no_access(SCOPES[resource][-1] if resource else "this resource")


MONEYBIRD = Vendor(
    NAME,
    endpoints=(
        Endpoint("/moneybird/api/v2/{path:path}", _answer, ("GET", "POST", "DELETE", "PATCH")),
    ),
    refuse=errors.refuse,
    refusals={"module": _no_scope, "revoked": errors.bad_token, "expired": errors.bad_token},
    throttled=errors.throttled,
    lists=Lists(records=lambda body: body if isinstance(body, list) else None),
    gate=gate,
    company_of=company_of,
    company_is_called=company_is_called,
    credentials=CREDENTIALS,
    issue=token_of,
    options=Options,
)
