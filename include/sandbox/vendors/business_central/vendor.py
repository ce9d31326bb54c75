"""Business Central, played: the companies of an environment, for apps that are registered in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.faults.fault import Fault
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Lists, Vendor
from sandbox.vendors.entra.tokens import TENANT, app_of

from . import editing
from .batch import Batch, requests_of
from .companies import NAME, PATH, companies_in, company_in, ledger_of, own_company
from .errors import Refused, bad_token, no_rights, not_found, refuse, throttled
from .ledger import Ledger
from .limits import gate
from .serving import Asked, Told, served
from .truth import TRUTHS

_TABLES = "tables"
_PARTIAL = "business central partial"
#: Registered on the page "Microsoft Entra applications"; one of them without permission sets.
CREDENTIALS = (
    Credential(NAME, "app-all"),
    Credential(NAME, "app-without-rights", scopes=frozenset()),
    Credential(NAME, "app-short-lived"),
)


def _answer(request: Request, body: bytes) -> Response:
    app = state_of(request).credentials.of(NAME, app_of(request))
    if app is None or not app.is_good:
        return bad_token(request)
    companies = companies_in(state_of(request), request.path_params["environment"])
    if request.path_params["tenant"] != TENANT or companies is None:
        return refuse(request, 404, "Environment does not exist.", "NoEnvironment")
    path = request.path_params["path"]
    try:
        if path == "companies" and request.method == "GET":
            return as_json({"value": [_company(*one) for one in companies]})
        if not app.may(_TABLES):
            return no_rights(request)
        return _response(_served(request, _asked(request, path, body)))
    except Refused as refused:
        return refuse(request, refused.status, refused.text, refused.code)


def _asked(request: Request, path: str, body: bytes) -> Asked:
    url = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(request.method, path, url, dict(request.query_params), headers, body)


def _served(request: Request, asked: Asked) -> Told:
    """A request to a company, or many of them."""
    if asked.path.rpartition("/")[2] == "$batch":
        return _batch(request, asked)
    if asked.path.startswith("companies"):
        match = PATH.fullmatch(asked.path)
        company, path = (match[1], match[2]) if match else ("", "")
    else:
        company, path = asked.params.get("company", ""), asked.path
    ledger = _ledger(request, company)
    if not path:
        return Told(200, _company(ledger.id, ledger.name, ledger.display_name))
    rest = {name: value for name, value in asked.params.items() if name != "company"}
    return served(ledger, Asked(asked.method, path, asked.url, rest, asked.headers, asked.body))


def _batch(request: Request, asked: Asked) -> Told:
    """Of one company: that of the address, or of the first request inside."""
    if asked.method != "POST":
        raise Refused(405, "BadRequest_MethodNotAllowed", "A batch is sent by POST.")
    outer = asked.params.get("company") or (m[1] if (m := PATH.match(asked.path)) else None)
    inner = PATH.search(requests_of(asked.body))
    id = outer or (inner[1].partition(")")[0] if inner else "")
    root = f"{asked.url.rpartition('/api/v2.0/')[0]}/api/v2.0/"
    count = len(asked.values().get("requests") or [])
    fails_at = count // 2 if request.scope.get(_PARTIAL) else None
    one: Callable[[Asked], Told] = lambda inside: _served(request, inside)  # noqa: E731
    return Batch(_ledger(request, id), root, outer, one, fails_at).answered(asked)


def _ledger(request: Request, company: str) -> Ledger:
    environment = request.path_params["environment"]
    found = ledger_of(state_of(request), environment, company.strip("'").lower())
    if found is None:
        raise not_found(f"The company {company} does not exist.")
    return found


def _response(told: Told) -> Response:
    if told.body is None:
        return Response(status_code=told.status)
    if isinstance(told.body, bytes):
        return Response(told.body, told.status, media_type="application/octet-stream")
    response = as_json(told.body, told.status)
    response.headers.update(told.headers)
    return response


def _company(id: str, name: str, display_name: str) -> dict[str, Any]:
    return {"id": id, "name": name, "displayName": display_name, "systemVersion": "27.0"}


def _records(body: Any) -> list[Any] | None:
    found = body.get("value") if isinstance(body, dict) else None
    return found if isinstance(found, list) else None


# --- faults --------------------------------------------------------------------------------------


def _partial(request: Request, fault: Fault, proper: Callable[[Request], Response]) -> Response:
    """The request in the middle of a batch fails."""
    return proper(Request({**request.scope, _PARTIAL: True}, request.receive))


def _own_company(request: Request) -> str | None:
    company = company_in(request)
    return own_company(state_of(request), company) if company else None


def _describe(request: Request, body: bytes) -> str:
    return requests_of(body) if request.url.path.endswith("$batch") else ""


BUSINESS_CENTRAL = Vendor(
    NAME,
    is_posted_into=True,
    endpoints=(
        Endpoint(
            "/business_central/v2.0/{tenant}/{environment}/api/v2.0/{path:path}",
            _answer,
            ("GET", "POST", "PATCH", "PUT", "DELETE"),
        ),
    ),
    refuse=refuse,
    refusals={"module": no_rights, "revoked": bad_token, "expired": bad_token},
    throttled=throttled,
    failures={"partial": _partial},
    lists=Lists(records=_records),
    describe=_describe,
    company_of=company_in,
    company_is_called=_own_company,
    gate=gate,
    credentials=CREDENTIALS,
    truths=TRUTHS,
    controls=(Endpoint("/sandbox/companies/{id}/business_central", editing.answer, ("POST",)),),
)
