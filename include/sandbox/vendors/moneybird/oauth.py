"""Access tokens by OAuth2: POST /moneybird/oauth/token with a refresh token or a code.

Client sandbox-moneybird-client, secret sandbox-moneybird-secret; every company has the refresh token
sandbox-moneybird-refresh-<company> and the code sandbox-moneybird-code-<company>. `expires_in` is told where the company has one; a
refresh token is good once only where its company says so.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.http import as_json
from sandbox.state import State, state_of

from .access import NAME, administration_id, options_of

PATH = "/moneybird/oauth/token"
CLIENT, SECRET = "sandbox-moneybird-client", "sandbox-moneybird-secret"
_REFRESH, _CODE = "sandbox-moneybird-refresh-", "sandbox-moneybird-code-"
_SCOPES = "sales_invoices documents estimates bank time_entries settings"


@dataclass
class _Given:
    """until: access token -> the epoch at which it ends; companies: access token -> whose it is; refresh: what refreshes now, by
    company; asked: how often."""

    until: dict[str, float] = field(default_factory=dict)
    companies: dict[str, str] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    asked: int = 0


_given: WeakKeyDictionary[State, _Given] = WeakKeyDictionary()


def is_over(state: State, token: str) -> bool:
    """Whether an access token has run out."""
    given = _given.get(state)
    return given is not None and given.until.get(token, time.time() + 1) <= time.time()


def company_of_access(state: State, token: str) -> str | None:
    """Whose access token it is; None where it is none."""
    given = _given.get(state)
    return None if given is None else given.companies.get(token)


def answer(request: Request, body: bytes) -> Response:
    asked, state = dict(parse_qsl(body.decode())), state_of(request)
    if (asked.get("client_id"), asked.get("client_secret")) != (CLIENT, SECRET):
        return _error(401, "invalid_client", "Client authentication failed")
    given = _given.setdefault(state, _Given())
    if asked.get("grant_type") == "refresh_token":
        company = _refreshed(state, given, asked.get("refresh_token", ""))
    elif asked.get("grant_type") == "authorization_code":
        company = _named(state, _CODE, asked.get("code", ""))
    else:
        return _error(400, "unsupported_grant_type", "The authorization grant type is unknown")
    if company is None:
        return _error(400, "invalid_grant", "The provided authorization grant is invalid")
    return as_json(_token(state, given, company))


def _named(state: State, prefix: str, text: str) -> str | None:
    company = text.removeprefix(prefix)
    return company if text.startswith(prefix) and company in state.books else None


def _refreshed(state: State, given: _Given, text: str) -> str | None:
    for company, token in given.refresh.items():
        if token == text:
            return company
    named = _named(state, _REFRESH, text)
    return None if named in given.refresh else named


def _token(state: State, given: _Given, company: str) -> dict[str, Any]:
    options = options_of(state, company)
    given.asked += 1
    token = f"sandbox-moneybird-access-{company}-{given.asked}"
    state.credentials.add(Credential(NAME, token, (administration_id(state, company),)))
    given.companies[token] = company
    refresh = f"{_REFRESH}{company}"
    if options.moneybird_refresh_rotates:
        refresh = given.refresh[company] = f"{refresh}-{given.asked}"
    told: dict[str, Any] = {
        "access_token": token, "token_type": "Bearer", "refresh_token": refresh, "scope": _SCOPES,
        "created_at": int(time.time()),
    }  # fmt: skip
    if options.moneybird_expires_in is not None:
        given.until[token] = time.time() + options.moneybird_expires_in
        told["expires_in"] = options.moneybird_expires_in
    return told


def _error(status: int, code: str, text: str) -> Response:
    return as_json({"error": code, "error_description": text}, status)
