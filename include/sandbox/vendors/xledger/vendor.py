"""Xledger, played: one GraphQL endpoint, tokens of entities, and everything refused with status 200."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from graphql import GraphQLResolveInfo
from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json
from sandbox.vendor import Endpoint, Vendor

from . import deltas, errors
from .access import (
    CREDENTIALS,
    NAME,
    Asker,
    Options,
    asker_of,
    company_of,
    company_of_token,
    credential_of,
    given_token,
    token_of,
)
from .connections import page
from .execution import Page, checked, executed, root_fields
from .failures import FAILURES, LISTS
from .limits import gate
from .registers import as_row
from .schema import DELTAS, ROOTS, schema
from .tables import TABLES
from .truth import TRUTHS

_REFUSALS = {
    "module": errors.missing_scope,
    "revoked": errors.revoked,
    "expired": errors.expired,
}


def _answer(request: Request, body: bytes) -> Response:
    if given_token(request) is None:
        return errors.bad_format(request)
    token = credential_of(request)
    asker = asker_of(request, token) if token else None
    if token is None or asker is None:
        return errors.bad_token(request)
    if not token.is_good:
        return _REFUSALS[token.standing](request)
    asked = _asked(body)
    return errors.no_query(request) if asked is None else _queried(asker, asked)


def _asked(body: bytes) -> dict[str, Any] | None:
    """What a request carries; None where that is no query."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("query"), str) else None


def _queried(asker: Asker, asked: dict[str, Any]) -> Response:
    document, wrong = checked(asked["query"])
    if document is None or wrong:
        return as_json({"data": None, "errors": errors.written(wrong)})
    data, failed = executed(document, asker, asked.get("variables"), asked.get("operationName"))
    if failed:
        data += b',"errors":', json.dumps(errors.written(failed)).encode()
    return Response(b"".join((b'{"data":', *data, b"}")), media_type="application/json")


# --- root fields ---------------------------------------------------------------------------------


def _viewer(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
    return {"entity": as_row(info.context.own), "description": "Integrasjon"}


def _rows(root: str, source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Page:
    asker: Asker = info.context
    if not asker.may(root):
        raise errors.Refused(errors.no_scope(root))
    return page(ROOTS[root], TABLES[root], asker, args)


def _changes(root: str, source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Page:
    asker: Asker = info.context
    if not asker.may(DELTAS[root]):
        raise errors.Refused(errors.no_scope(root))
    return deltas.page(DELTAS[root], asker, args)


def _give_resolvers() -> None:
    query = schema().query_type
    assert query is not None
    query.fields["viewer"].resolve = _viewer
    for root in ROOTS:
        query.fields[root].resolve = partial(_rows, root)
    for root in DELTAS:
        query.fields[root].resolve = partial(_changes, root)


_give_resolvers()


def _describe(request: Request, body: bytes) -> str:
    """The operation, its root fields and the company: what a fault's `match` is compared with."""
    asked = _asked(body)
    if asked is None:
        return ""
    document, _ = checked(asked["query"])
    name = asked.get("operationName") or ""
    roots = root_fields(document, name) if document else []
    return " ".join([name, *roots, company_of_token(request) or ""])


XLEDGER = Vendor(
    NAME,
    endpoints=(Endpoint("/xledger/graphql", _answer, ("POST",)),),
    refuse=errors.refuse,
    refusals=_REFUSALS,
    failures=FAILURES,
    describe=_describe,
    gate=gate,
    throttled=errors.throttled,
    lists=LISTS,
    company_of=company_of,
    company_is_called=company_of_token,
    credentials=CREDENTIALS,
    issue=token_of,
    options=Options,
    truths=TRUTHS,
)
