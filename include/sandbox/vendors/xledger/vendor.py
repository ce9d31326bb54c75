"""Xledger, played: who a token belongs to, the entities it reaches, and which root fields its scopes open.

Errors come with status 200 and in `errors`, as at the vendor. What it answers to a wrong token is documented
nowhere: here an unknown one gets 200 with errors, an expired one 401.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .economic_errors import as_json
from .front import endpoint
from .graphql import Field, Refused, parse, select

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
_BAD_FORMAT = 'Bad format for API Token. Expected header: "Authorization: token <your-token>"'


@dataclass(frozen=True)
class Token:
    """Made in an entity, with read scopes."""

    entity: int
    scopes: frozenset[str] = ROWS | {"entities"}
    is_expired: bool = False


TOKENS = {
    "sandbox-xledger-fjordgruppen": Token(4700),
    "sandbox-xledger-lofoten-fisk": Token(4800),
    "sandbox-xledger-only-projects": Token(4700, frozenset({"projects", "timesheets"})),
    "sandbox-xledger-expired-token": Token(4700, is_expired=True),
}


def _refuse(request: Request, status: int, message: str, code: str) -> Response:
    return as_json({"data": None, "errors": [{"message": message, "code": code}]}, status)


def _answer(request: Request, body: bytes) -> Response:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "token" or not _FORMAT.fullmatch(given):
        return _refuse(request, 200, _BAD_FORMAT, "UNHANDLED_ERROR")
    token = TOKENS.get(given)
    if token is None:
        return _refuse(request, 200, "The API token is not valid.", "UNHANDLED_ERROR")
    if token.is_expired:
        return _refuse(request, 401, "The API token has expired.", "UNHANDLED_ERROR")
    try:
        asked = parse(json.loads(body)["query"])
        return as_json({"data": {name: _root(name, one, token) for name, one in asked.items()}})
    except Refused as refused:
        return _refuse(request, 200, str(refused), "UNHANDLED_ERROR")


def _root(name: str, asked: Field, token: Token) -> Any:
    if name == "viewer":
        return select({"entity": _entity(token.entity)}, asked.fields, "Viewer")
    if name not in ROWS | {"entities"}:
        raise Refused(f"Cannot query field `{name}` on type `Query`.")
    if name not in token.scopes:
        raise Refused(f"Not authorized: the field `{name}` needs a scope the token lacks.")
    rows = [{"dbId": 1}]
    if name == "entities":
        rows = [
            _entity(id) for id, (_, _, above) in ENTITIES.items() if token.entity in (id, above)
        ]
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


ROUTES = [Route("/xledger/graphql", endpoint("xledger", _answer, _refuse), methods=["POST"])]
