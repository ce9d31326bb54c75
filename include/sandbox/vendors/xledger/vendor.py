"""Xledger, played: one GraphQL endpoint, tokens of entities, and everything refused with status 200."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

from graphql import GraphQLResolveInfo
from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json
from sandbox.vendor import Endpoint, Vendor

from . import deltas, errors, import_editing, import_job, imports
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
from .parts import asked_in
from .registers import as_row
from .schema import DELTAS, ROOTS, STAGED, schema
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
    asked, files = asked_in(request, body)
    if asked is None:
        return errors.no_query(request)
    return _queried(replace(asker, files=files), asked)


def _queried(asker: Asker, asked: dict[str, Any]) -> Response:
    document, wrong = checked(asked["query"], asker.options.xledger_lacks)
    if document is None or wrong:
        return as_json({"data": None, "errors": errors.written(wrong)})
    is_read = any(
        root in STAGED for root in root_fields(document, asked.get("operationName") or "")
    )
    import_job.run_when_due(asker, is_read=is_read)
    data, failed = executed(document, asker, asked.get("variables"), asked.get("operationName"))
    told = [*errors.written(failed), *asker.told]
    if told:
        data += b',"errors":', json.dumps(told).encode()
    return Response(b"".join((b'{"data":', *data, b"}")), media_type="application/json")


# --- root fields ---------------------------------------------------------------------------------


def _viewer(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
    own = info.context.own
    row = info.context.kept(own).as_changed("entities", as_row(own))
    return {"entity": row, "description": "Integrasjon"}


def _rows(root: str, source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Page:
    asker: Asker = info.context
    if not asker.may(root):
        raise errors.Refused(errors.no_scope(root))
    return page(root, asker, args)


def _added(source: Any, info: GraphQLResolveInfo[Any], inputs: list[dict[str, Any]]) -> Page:
    asker: Asker = info.context
    if not asker.may("addGLImportItems"):
        raise errors.Refused(errors.no_scope("addGLImportItems"))
    rows, told = imports.add_items(asker, inputs, asker.files)
    asker.told.extend(told)
    return Page(rows, has_next=False, has_previous=False, cursor=lambda row: "", getters={})


def _changes(root: str, source: Any, info: GraphQLResolveInfo[Any], **args: Any) -> Page:
    asker: Asker = info.context
    if not asker.may(DELTAS[root]):
        raise errors.Refused(errors.no_scope(root))
    return deltas.page(DELTAS[root], asker, args)


def _give_resolvers() -> None:
    query = schema().query_type
    assert query is not None
    query.fields["viewer"].resolve = _viewer
    for root in (*ROOTS, *STAGED):
        query.fields[root].resolve = partial(_rows, root)
    for root in DELTAS:
        query.fields[root].resolve = partial(_changes, root)
    mutation = schema().mutation_type
    assert mutation is not None
    mutation.fields["addGLImportItems"].resolve = _added


_give_resolvers()


def _describe(request: Request, body: bytes) -> str:
    """The operation, its root fields and the company: what a fault's `match` is compared with."""
    asked, _ = asked_in(request, body)
    if asked is None:
        return ""
    document, _ = checked(asked["query"])
    name = asked.get("operationName") or ""
    roots = root_fields(document, name) if document else []
    return " ".join([name, *roots, company_of_token(request) or ""])


XLEDGER = Vendor(
    NAME,
    is_posted_into=True,
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
    controls=(Endpoint("/sandbox/companies/{id}/xledger", import_editing.answer, ("POST",)),),
)
