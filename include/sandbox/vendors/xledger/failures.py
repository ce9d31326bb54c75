"""How Xledger goes wrong on demand: errors in answers of status 200, and pages whose edges are not in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.fault import Fault
from sandbox.http import as_json
from sandbox.vendor import Failure, Lists, Page

from . import errors

#: After how many seconds there are credits again, if the fault does not say.
_CREDITS_S = 1_200


def _edges(body: Any) -> list[Any] | None:
    """The edges of the first root field that has any; a field of a row is node.<field>."""
    roots = (body.get("data") or {}).values()
    found = (root.get("edges") for root in roots if isinstance(root, dict))
    return next((edges for edges in found if edges), None)


# --- errors --------------------------------------------------------------------------------------


def _error(request: Request, fault: Fault, proper: Callable[[Request], Response]) -> Response:
    return errors.refuse(
        request, 200, fault.put or "An unexpected error occurred.", errors.UNHANDLED
    )


def _partial(request: Request, fault: Fault, proper: Callable[[Request], Response]) -> Response:
    """The answer with a hole in the middle, and an error that says so."""
    body = json.loads(bytes(proper(request).body))
    edges = _edges(body)
    if edges:
        del edges[len(edges) // 2]
    told = {"message": fault.put or "A part of the answer is missing.", "code": errors.UNHANDLED}
    return as_json({**body, "errors": [{**told, "path": list(body.get("data") or [])[:1]}]})


def _timeout(request: Request, fault: Fault, proper: Callable[[Request], Response]) -> Response:
    return errors.refuse(request, 200, errors.TIMED_OUT, errors.UNHANDLED)


def _scope(request: Request, fault: Fault, proper: Callable[[Request], Response]) -> Response:
    return errors.refuse(request, 200, errors.no_scope(fault.match or "entities"), errors.UNHANDLED)


def _unknown_field(
    request: Request, fault: Fault, proper: Callable[[Request], Response]
) -> Response:
    told = f"Cannot query field '{fault.field or 'dbId'}' on type 'Query'."
    return errors.refuse(request, 200, told, errors.BAD_QUERY)


FAILURES: Mapping[str, Failure] = {
    "graphql_error": _error,
    "partial": _partial,
    "query_timeout": _timeout,
    "burst": lambda request, fault, proper: errors.burst(request),
    "concurrency": lambda request, fault, proper: errors.concurrency(request),
    "credits": lambda request, fault, proper: errors.credits(
        request, fault.retry_after_s or _CREDITS_S
    ),
    "scope": _scope,
    "unknown_field": _unknown_field,
}


# --- pages ---------------------------------------------------------------------------------------


def _shuffled(page: Page) -> Any:
    edges = _edges(page.body)
    if edges:
        Random(len(edges)).shuffle(edges)
    return page.body


def _repeated(page: Page) -> Any:
    edges = _edges(page.body)
    if edges:
        edges += edges[: page.fault.count or 1]
    return page.body


def _empty(page: Page) -> Any:
    for root in (page.body.get("data") or {}).values():
        if isinstance(root, dict) and "edges" in root:
            root["edges"] = None
        if isinstance(root, dict) and "pageInfo" in root:
            root["pageInfo"] = dict.fromkeys(root["pageInfo"], False)
    return page.body


def _endless(page: Page) -> Any:
    """There is always another page, also behind the last one."""
    for root in (page.body.get("data") or {}).values():
        if isinstance(root, dict) and "pageInfo" in root:
            root["pageInfo"]["hasNextPage"] = True
    return page.body


LISTS = Lists(
    records=_edges,
    paging={"shuffled": _shuffled, "repeated": _repeated, "endless": _endless, "empty": _empty},
)
