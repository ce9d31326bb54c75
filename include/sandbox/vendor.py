"""What the sandbox must know of a vendor: where it is mounted, how it answers, and how its errors and lists look."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from .credentials import Credential
from .faults.fault import Fault
from .state import State

#: A proper answer to a request and its body.
Answer = Callable[[Request, bytes], Response]
#: A fault that is a whole answer of its own: request, fault, and what answers properly.
Failure = Callable[[Request, Fault, Callable[[Request], Response]], Response]
#: What a warehouse must show of a company: rows as CSV, or something small as JSON.
Truth = Callable[[State, str], Iterator[bytes] | dict[str, Any]]
Handler = Callable[[Request], Awaitable[Response]]
#: An error as the vendor writes it: request, status, message, code.
Refuse = Callable[[Request, int, str, str], Response]
#: Answers the request with other query parameters, decoded: None removes one.
Ask = Callable[..., Any]


@dataclass(frozen=True)
class Endpoint:
    """A path as Starlette writes it, from the sandbox's root on."""

    path: str
    answer: Answer
    methods: tuple[str, ...] = ("GET",)


def _no_records(body: Any) -> list[Any] | None:
    return None


def _no_counts(body: Any, change: Callable[[int], int]) -> Any:
    return body


def _as_asked(request: Request) -> Request:
    return request


@dataclass(frozen=True)
class Lists:
    """How a vendor's lists look to a fault. What a vendor does not tell, no fault of that kind can spoil.

    records: the rows of a decoded body, to be changed in place; None where it has none.
    recount: the body with every count in it changed.
    paging: kind of fault -> what it makes of a page.
    rewind: the request that a page made up by `endless` stands for.
    """

    records: Callable[[Any], list[Any] | None] = _no_records
    recount: Callable[[Any, Callable[[int], int]], Any] = _no_counts
    paging: Mapping[str, Callable[[Page], Any]] = field(default_factory=dict)
    rewind: Callable[[Request], Request] = _as_asked


@dataclass(frozen=True)
class Page:
    """A proper answer that a fault spoils. company: whose; place: of which list; body: decoded; ask: for
    other pages."""

    fault: Fault
    request: Request
    company: str | None
    place: str
    body: Any
    lists: Lists
    ask: Ask


async def _open_gate(request: Request, answer: Handler) -> Response:
    return await answer(request)


def _nothing(request: Request, body: bytes) -> str:
    return ""


def _nobody(request: Request) -> str | None:
    return None


@dataclass(frozen=True)
class Vendor:
    """A vendor that is played.

    name: what the `vendor` of a fault is compared with.
    refuse: how it writes an error. refusals: those of the faults module, revoked and expired that have words of
    their own. throttled: what it says of too many requests, where that has a shape of its own.
    failures: kind of fault -> the answer it gets here, for kinds that not every vendor plays.
    describe: what a request is about that its path does not say; the `match` of faults is compared with it, too.
    company_of: whose books a request asks for, so that a fault can be aimed at them.
    company_is_called: the sandbox's own id of that company, where the vendor's is another one.
    gate: stands before every answer, spoiled or not: who may pass, what a call costs, headers of all answers.
    credentials: tokens that are always there; issue: the one that every company gets.
    options: a dataclass, how it treats a company; its fields are given with the company.
    truths: what a warehouse must show of this vendor, by the last part of the path under a company's truth.
    controls: calls under /sandbox that only this vendor has; no fault and no gate is before them.
    is_posted_into: what it keeps of a company under its name (State.kept_of) outlives the process.
    """

    name: str
    endpoints: tuple[Endpoint, ...]
    refuse: Refuse
    refusals: Mapping[str, Callable[[Request], Response]] = field(default_factory=dict)
    throttled: Callable[[Request, Fault], Response] | None = None
    failures: Mapping[str, Failure] = field(default_factory=dict)
    lists: Lists = Lists()
    describe: Callable[[Request, bytes], str] = _nothing
    company_of: Callable[[Request], str | None] = _nobody
    company_is_called: Callable[[Request], str | None] = _nobody
    gate: Callable[[Request, Handler], Awaitable[Response]] = _open_gate
    credentials: tuple[Credential, ...] = ()
    issue: Callable[[State, str], Credential] | None = None
    options: type[Any] | None = None
    truths: Mapping[str, Truth] = field(default_factory=dict)
    controls: tuple[Endpoint, ...] = ()
    is_posted_into: bool = False
