"""Xledger, played: who a token belongs to, the entities it reaches, and which root fields its scopes open."""

from __future__ import annotations

import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.credentials import Credential
from sandbox.http import as_json
from sandbox.state import state_of
from sandbox.vendor import Endpoint, Lists, Vendor

from . import errors
from .graphql import Field, Refused, parse, select

NAME = "xledger"
#: Root fields that hold rows; each has a scope of its own.
ROWS = frozenset({
    "accounts", "transactions", "arTransactions", "apTransactions", "customers", "suppliers",
    "projects", "employees", "timesheets", "objectValues",
})  # fmt: skip
#: dbId -> code, name, and the entity above.
ENTITIES = {
    4700: ("100", "Fjordgruppen AS", None),
    4711: ("110", "Fjordgruppen Bygg AS", 4700),
    4712: ("120", "Fjordgruppen Drift AS", 4700),
    4800: ("200", "Lofoten Fisk AS", None),
}
_FORMAT = re.compile(r"[A-Za-z0-9_-]{20,}")
#: A token is made in an entity and reaches those below it.
CREDENTIALS = (
    Credential(NAME, "sandbox-xledger-fjordgruppen", ("4700",)),
    Credential(NAME, "sandbox-xledger-lofoten-fisk", ("4800",)),
    Credential(
        NAME, "sandbox-xledger-only-projects", ("4700",),
        scopes=frozenset({"projects", "timesheets"}),
    ),
    Credential(NAME, "sandbox-xledger-expired-token", ("4700",), standing="expired"),
)  # fmt: skip


_REFUSALS = {
    "module": errors.missing_scope,
    "revoked": errors.revoked,
    "expired": errors.expired,
}


def _given(request: Request) -> str | None:
    """The token of a request; None where it has another format."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    return given if scheme.lower() == "token" and _FORMAT.fullmatch(given) else None


def _company_of(request: Request) -> str | None:
    found = state_of(request).credentials.of(NAME, _given(request))
    return found.opens[0] if found and found.opens else None


def _answer(request: Request, body: bytes) -> Response:
    given = _given(request)
    if given is None:
        return errors.bad_format(request)
    token = state_of(request).credentials.of(NAME, given)
    if token is None or not token.opens:
        return errors.bad_token(request)
    if not token.is_good:
        return _REFUSALS[token.standing](request)
    try:
        asked = parse(json.loads(body)["query"])
        return as_json({"data": {name: _root(name, one, token) for name, one in asked.items()}})
    except Refused as refused:
        return errors.refused_query(request, str(refused))


def _root(name: str, asked: Field, token: Credential) -> Any:
    own = int(token.opens[0])
    if name == "viewer":
        return select({"entity": _entity(own)}, asked.fields, "Viewer")
    if name not in ROWS | {"entities"}:
        raise Refused(f"Cannot query field `{name}` on type `Query`.")
    if not token.may(name):
        raise Refused(errors.no_scope(name))
    rows = [{"dbId": 1}]
    if name == "entities":
        rows = [_entity(id) for id, (_, _, above) in ENTITIES.items() if own in (id, above)]
    return select(_connection(rows, asked.args), asked.fields, name)


def _connection(rows: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
    """Edges after a cursor, which is the last row's dbId; an empty list is null."""
    left = [row for row in rows if row["dbId"] > int(args.get("after", 0))]
    page = left[: args["first"]]
    edges = [{"cursor": str(row["dbId"]), "node": row} for row in page]
    more = {"hasNextPage": len(left) > len(page), "hasPreviousPage": False}
    return {"edges": edges or None, "pageInfo": more}


def _entity(id: int) -> dict[str, Any]:
    code, name, _ = ENTITIES[id]
    return {
        "dbId": id,
        "ownerDbId": id,
        "code": code,
        "description": name,
        "company": {"dbId": id + 100_000},
    }


def _records(body: Any) -> list[Any] | None:
    """The edges of the first root field that has any; a field of a row is node.<field>."""
    roots = (body.get("data") or {}).values()
    found = (root.get("edges") for root in roots if isinstance(root, dict))
    return next((edges for edges in found if edges), None)


XLEDGER = Vendor(
    NAME,
    endpoints=(Endpoint("/xledger/graphql", _answer, ("POST",)),),
    refuse=errors.refuse,
    refusals=_REFUSALS,
    throttled=errors.throttled,
    lists=Lists(records=_records),
    company_of=_company_of,
    credentials=CREDENTIALS,
)
