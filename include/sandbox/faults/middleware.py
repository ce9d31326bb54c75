"""The one place where a vendor misbehaves: what a fault makes of its answer.

Errors, waits, connections and bytes go wrong in the same way everywhere. What depends on how a vendor writes
errors and lists is asked of the vendor: `refuse`, `refusals`, `failures` and `lists`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.http import as_json, with_query
from sandbox.vendor import Page, Vendor

from .bodies import BODIES
from .connections import Half, Slow
from .fault import Fault
from .records import RECORDS

#: Answers a request properly.
Proper = Callable[[Request], Response]
#: Kind of fault -> status and message, for vendors that have no shape of their own for it.
_REFUSALS = {
    "module": (403, "The module is missing."),
    "revoked": (401, "The token has been revoked."),
    "expired": (401, "The token has expired."),
}


async def misbehaving(
    vendor: Vendor, request: Request, faults: Sequence[Fault], proper: Proper, *, about: str = ""
) -> Response:
    """The answer to a request: the proper one, unless a fault hits it. about: what the path does not say."""
    if not faults:
        return proper(request)
    company = vendor.company_of(request)
    place = f"{request.url.path} {about}".rstrip()
    name = f"{request.method} {request.url.path}?{request.url.query} {about}".rstrip()
    called = (company, vendor.company_is_called(request))
    fault = next((f for f in faults if f.hits(vendor.name, called, name)), None)
    again = [row for f in faults for row in f.again(company, place)]
    if fault is None:
        response = proper(request)
    else:
        response = await _Hit(vendor, request, company, place, fault, proper).answer()
    return _with_repeats(vendor, response, again) if again else response


@dataclass(frozen=True)
class _Hit:
    """A request that a fault hits."""

    vendor: Vendor
    request: Request
    company: str | None
    place: str
    fault: Fault
    proper: Proper

    async def answer(self) -> Response:
        """What comes instead of the proper answer."""
        fault = self.fault
        refused = self._refused()
        if refused is not None:
            return refused
        if fault.kind in ("timeout", "latency"):
            await asyncio.sleep(fault.seconds)
        if fault.kind == "timeout":
            return self.vendor.refuse(self.request, 504, "Too late.", "Fault")
        response = self.proper(self.vendor.lists.rewind(self.request))
        if fault.kind == "late":
            await asyncio.sleep(fault.seconds)
            return response
        if fault.kind == "lost":
            status = fault.by if fault.by >= 400 else 504
            return self.vendor.refuse(self.request, status, "It was lost.", "Fault")
        if fault.kind == "drop":
            return _with_headers_of(response, _half(response))
        if fault.kind == "slow":
            slow = Slow(response.body, response.status_code, media_type=response.media_type)
            slow.seconds = fault.seconds
            return _with_headers_of(response, slow)
        if fault.kind in BODIES:
            changed = BODIES[fault.kind](fault, response)
            # A web page comes from somebody else, who knows nothing of the vendor's headers.
            return changed if fault.kind == "html" else _with_headers_of(response, changed)
        return self._spoiled(response)

    def _refused(self) -> Response | None:
        """The error the fault asks for, as the vendor writes it; None where it asks for none."""
        vendor, kind, status = self.vendor, self.fault.kind, self.fault.status
        if kind in vendor.failures:
            return vendor.failures[kind](self.request, self.fault, self.proper)
        if kind in vendor.refusals:
            return vendor.refusals[kind](self.request)
        if kind in _REFUSALS:
            return vendor.refuse(self.request, *_REFUSALS[kind], "Fault")
        if status is None:
            return None
        if status == 429 and vendor.throttled:
            return vendor.throttled(self.request, self.fault)
        response = vendor.refuse(self.request, status, f"Fault {status}.", "Fault")
        response.headers.update(self.fault.headers())
        return response

    def _spoiled(self, response: Response) -> Response:
        """The proper response with other records, counts or pages."""
        lists = self.vendor.lists
        change = lists.paging.get(self.fault.kind) or RECORDS.get(self.fault.kind)
        is_json = "json" in (response.media_type or "")
        if change is None or response.status_code != 200 or not is_json:
            return response
        body = json.loads(bytes(response.body))
        page = Page(self.fault, self.request, self.company, self.place, body, lists, self._ask)
        return _with_headers_of(response, as_json(change(page)))

    def _ask(self, **changes: Any) -> Any:
        return json.loads(bytes(self.proper(with_query(self.request, **changes)).body))


def _half(response: Response) -> Half:
    """Where an answer has no body, one is announced: else it would be whole."""
    if response.body:
        return Half(response.body, response.status_code, media_type=response.media_type)
    return Half(b"{}", 200, media_type="application/json")


def _with_repeats(vendor: Vendor, response: Response, again: list[Any]) -> Response:
    """The answer with records of an earlier page at its start: those that `duplicate` sends again."""
    if response.status_code != 200:
        return response
    body = json.loads(bytes(response.body))
    rows = vendor.lists.records(body)
    if rows is None:
        return response
    rows[:0] = again
    return _with_headers_of(response, as_json(body))


def _with_headers_of(proper: Response, changed: Response) -> Response:
    """The changed answer with what the proper one said beside its body: links to other pages, counts."""
    for name, value in proper.headers.items():
        if not name.startswith("content-"):
            changed.headers[name] = value
    return changed
