"""HTTP for every vendor: one session a thread, retries, limits, and errors translated once.

What a person must correct fails immediately; what waiting may cure is tried again with 1, 2, 4, 8 … s plus up
to a second of jitter, or as long as `Retry-After` asks (seconds, an HTTP date, or Moneybird's epoch).
The caller says what is a read (`get`, `ask`, `download`: sent as often as it takes) and what is a write
(`send`: never repeated where it may have been carried out); the HTTP method does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urljoin

import msgspec

from saldo.declarations.source import Usage
from saldo.errors import (
    BODY_EXCERPT,
    BadResponse,
    Evidence,
    RateLimited,
    SaldoError,
    Unavailable,
    VendorError,
)

from .auth import Auth, HeaderAuth, RenewableTokenAuth, TokenAuth
from .dialect import Dialect
from .error_mapping import error_of_status
from .http import Http
from .messages import Caller, Download, Reply, Request
from .retry_policy import Policy, retry_after_s, retrying
from .secrets import Secrets
from .writing import Write

__all__ = [
    "Auth",
    "Caller",
    "Dialect",
    "Download",
    "HeaderAuth",
    "Policy",
    "RenewableTokenAuth",
    "Reply",
    "Request",
    "TokenAuth",
    "Transport",
    "retry_after_s",
]

T = TypeVar("T")

#: Wait before a day's calls are counted again, once they are used up.
_BUDGET_WAIT_S = 3_600.0
_NONE: Mapping[str, str] = {}


class Transport:
    """Requests of one agreement to one vendor.

    base_urls: the only places (scheme, host, path prefix) a request may go to.
    auth: gives each request its credentials; they never reach a message.
    dialect: how the vendor is spoken to and how it answers.
    usage: what it counts in, where several count together.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        base_urls: tuple[str, ...],
        auth: Auth,
        dialect: Dialect | None = None,
        policy: Policy | None = None,
        usage: Usage | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.usage = Usage() if usage is None else usage
        self._caller, self._auth, self._sleep = caller, auth, sleep
        self._dialect = dialect or Dialect()
        self._secrets = Secrets(auth)
        policy = policy or Policy()
        self._http = Http(
            caller, self.usage, base_urls=base_urls, headers=self._dialect.headers, policy=policy
        )
        self._retrying = retrying(policy, self.usage, sleep)

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        decode: Callable[[bytes], T],
    ) -> T:
        """GET and decode, with retries.

        decode may raise msgspec.DecodeError for a body that is no JSON (retried as Unavailable) and
        msgspec.ValidationError for one of another shape, or RecursionError for one nested too deep (BadResponse).
        Raises AuthError, NotLicensed, BadResponse, ConfigError immediately; RateLimited and Unavailable
        when the tries are used up.
        """
        return self._read(Request("GET", url, params=params), decode)[0]

    def get_with_headers(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        decode: Callable[[bytes], T],
    ) -> tuple[T, Mapping[str, str]]:
        """The same, with the answer's headers: of vendors that say there how a list goes on."""
        return self._read(Request("GET", url, params=params), decode)

    def ask(
        self,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = _NONE,
        decode: Callable[[bytes], T],
    ) -> T:
        """POST a question (a query in JSON, or a form) and decode the answer, with retries as `get`.

        Only for what may be sent twice without doing anything twice. Raises as `get` does.
        """
        return self._read(Request("POST", url, headers=headers, json=json, form=form), decode)[0]

    def download(self, url: str, into: BinaryIO, *, accept: str) -> Download:
        """GET a file into `into` (seekable, emptied first), a chunk at a time, with retries.

        A file that arrives shorter than announced is Unavailable and tried again: what is in `into`
        after a normal return is all that was sent. Raises as `get` does; BadResponse for a body larger
        than the policy's ceiling.
        """
        self._http.check_allowed(url)
        request = Request("GET", url, headers={"Accept": accept})
        done: Download = self._retrying(self._fetch, request, into)
        return done

    def location(self, url: str) -> str:
        """Where a GET leads on to (301, 302, 303, 307, 308), with retries; nobody goes there.

        An answer that leads nowhere, as a proxy's page does, is Unavailable. Raises as `get` does.
        """
        self._http.check_allowed(url)
        found: str = self._retrying(self._led_to, Request("GET", url))
        return found

    def send(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] = _NONE,
        decode: Callable[[bytes], T],
        idempotency_key: str = "",
        is_idempotent: bool = False,
    ) -> T:
        """Write something at the vendor (POST, PUT, PATCH, DELETE) and decode the answer.

        content: a body that is sent as it is, in place of `json`; its Content-Type is one of `headers`.
        idempotency_key: what the write can be found by at the vendor; the caller puts it where the vendor
        looks for it. is_idempotent: the vendor carries it out once however often it is sent, since it honours
        that key, or an ETag among `headers`.
        Tried again where it is certain that nothing was done (no connection, 429, 401 with a new token), an
        idempotent one as a read is. Raises OutcomeUnknown where it may have been carried out and no good
        answer was seen; else as `get` does, and then nothing was done.
        """
        self._http.check_allowed(url)
        request = Request(method, url, headers=headers, json=json, content=content, is_write=True)
        write = Write(self._caller, request, idempotency_key, is_idempotent=is_idempotent)
        return write.carried_out(self._retrying, lambda: self._attempt(request, decode)[0])

    # --- one attempt -----------------------------------------------------------------------------

    def _read(self, request: Request, decode: Callable[[bytes], T]) -> tuple[T, Mapping[str, str]]:
        self._http.check_allowed(request.url)
        found: tuple[T, Mapping[str, str]] = self._retrying(self._attempt, request, decode)
        return found

    def _attempt(
        self, request: Request, decode: Callable[[bytes], T]
    ) -> tuple[T, Mapping[str, str]]:
        reply = self._answer(request)
        body = reply.body if self._dialect.gives_secrets else self._secrets.hidden(reply.body)
        try:
            return decode(body), reply.headers
        # What is nested deeper than any decoder goes is no answer either.
        except (msgspec.ValidationError, RecursionError) as error:
            raise BadResponse(
                f"{self._caller.name}: {request.place} answered in another shape than declared: {error}. Compare "
                "the declaration with the vendor's changelog",
                self._evidence(reply),
                may_be_done=request.is_write,
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable(
                f"{self._caller.name}: {request.place} answered with a body that is no complete JSON; it is "
                "tried again by itself",
                self._evidence(reply),
                may_be_done=request.is_write,
            ) from None

    def _fetch(self, request: Request, into: BinaryIO) -> Download:
        into.seek(0)
        into.truncate()
        reply = self._answer(request, into=into)
        size = into.tell()
        into.seek(0)
        is_measured = "Content-Length" in reply.headers or "Transfer-Encoding" in reply.headers
        return Download(size, is_measured)

    def _led_to(self, request: Request) -> str:
        reply = self._answer(request, leads_on=True)
        if not reply.leads_on:
            raise Unavailable(
                f"{self._caller.name}: {request.place} leads nowhere; it is tried again by itself",
                self._evidence(reply),
            )
        return urljoin(request.url, reply.headers["Location"])

    def _answer(
        self, request: Request, *, into: BinaryIO | None = None, leads_on: bool = False
    ) -> Reply:
        """A good answer, or the error that it is. leads_on: one that leads elsewhere is good, too."""
        self._throttle()
        reply = self._exchange(request, into)
        self._dialect.observe(self._auth.limiter, reply)
        if leads_on and reply.leads_on:
            return reply
        error = self._error_of(reply, request)
        if error is None:
            return reply
        # A good status with an error in the body may be a part of what was asked for that was done.
        is_part = reply.is_success and not isinstance(error, RateLimited)
        if request.is_write and isinstance(error, VendorError):
            error.may_be_done = error.may_be_done or is_part or isinstance(error, Unavailable)
        raise error

    def _throttle(self) -> None:
        """Respect the day's calls and, as far as the vendor reports them, the minute's."""
        if self.usage.is_spent:
            raise RateLimited(
                f"{self._caller.name}: the calls the vendor's fair-use rule allows in 24 hours are used up; "
                "what was landed stays, and the rest is read when calls are free again",
                retry_after_s=_BUDGET_WAIT_S,
            )
        delay_s = self._auth.limiter.delay_s()
        if delay_s:
            self.usage.add(throttled=1)
            self._sleep(delay_s)

    def _exchange(self, request: Request, into: BinaryIO | None) -> Reply:
        """Send what the auth object yields; more than once if it asks for it."""
        flow = self._auth.flow(request)
        authorized = next(flow)
        while True:
            reply = self._http.send(authorized, into=into)
            try:
                authorized = flow.send(reply)
            except StopIteration:
                return reply

    def _error_of(self, reply: Reply, request: Request) -> SaldoError | None:
        """The vendor's own words first, then the status; None for a good answer."""
        error = self._dialect.refusal(self._caller, reply, lambda: self._evidence(reply))
        if error or reply.is_success:
            return error
        return error_of_status(
            reply,
            self._evidence(reply),
            caller=self._caller,
            request=request,
            is_unlicensed=lambda: self._dialect.is_unlicensed(request.path, reply.body),
        )

    def _evidence(self, reply: Reply) -> Evidence:
        """Masked before it is cut: half a token is still a secret."""
        request_id = reply.headers.get(self._dialect.request_id_header)
        text, private = self._secrets.beginning(reply.body), self._dialect.private
        if private:
            text = private.sub("***", text)
        return Evidence(reply.status, request_id, text[:BODY_EXCERPT])
