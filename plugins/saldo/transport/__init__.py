"""HTTP for every vendor: one session a thread, retries, limits, and errors translated once.

What a person must mend fails at once; what waiting may cure is tried again with 1, 2, 4, 8 … s plus up
to a second of jitter, or as long as `Retry-After` asks (seconds, an HTTP date, or Moneybird's epoch).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urlsplit

import msgspec

from saldo.errors import BadResponse, Evidence, RateLimited, Unavailable
from saldo.limiter import WindowLimiter
from saldo.reading import Usage

from .messages import Bearer, Caller, Download, Reply
from .patience import Policy, retry_after_s, retrying
from .refusals import Secrets, refusal
from .wire import Wire

__all__ = ["Bearer", "Caller", "Download", "Policy", "Reply", "Transport", "retry_after_s"]

T = TypeVar("T")

#: When to look again whether calls of the last 24 hours have grown old.
_BUDGET_WAIT_S = 3_600.0
_NONE: Mapping[str, str] = {}


class Transport:
    """Requests of one agreement to one vendor; none of them changes anything there.

    headers: sent with every request, credentials among them; their values never reach a message.
    bearer: a token sent in `Authorization`; with a 401 a new one is fetched and tried, once.
    secrets: what a request's body holds and no message may show.
    base_urls: the only places (scheme, host, path prefix) a request may go to.
    is_unlicensed: tells a refusal for want of a module from one for want of rights.
    observe: reads the vendor's rate-limit headers into `limiter`.
    judge: raises what the vendor says in words of its own, before the status is looked at; its second
    argument makes the error's evidence.
    """

    def __init__(
        self,
        caller: Caller,
        *,
        base_urls: tuple[str, ...],
        headers: Mapping[str, str],
        bearer: Bearer | None = None,
        secrets: Iterable[str] = (),
        policy: Policy | None = None,
        limiter: WindowLimiter | None = None,
        observe: Callable[[WindowLimiter, Mapping[str, str]], None] | None = None,
        is_unlicensed: Callable[[str, bytes], bool] = lambda path, body: False,
        judge: Callable[[Reply, Callable[[], Evidence]], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.usage = Usage()
        self._caller = caller
        self._bearer = bearer
        # A scheme such as Bearer is no secret; what follows it is.
        values = {part for value in headers.values() for part in (value, value.split(" ")[-1])}
        self._secrets = Secrets({*values, *secrets})
        policy = policy or Policy()
        self._wire = Wire(caller, self.usage, base_urls=base_urls, headers=headers, policy=policy)
        self._retrying = retrying(policy, self.usage, sleep)
        self._limiter = limiter or WindowLimiter()
        self._observe = observe
        self._is_unlicensed = is_unlicensed
        self._judge_body = judge
        self._sleep = sleep

    def get(
        self,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        decode: Callable[[bytes], T],
    ) -> T:
        """GET and decode, with retries.

        decode may raise msgspec.DecodeError for a body that is no JSON (retried as Unavailable) and
        msgspec.ValidationError for one of another shape (BadResponse).
        Raises AuthError, NotLicensed, BadResponse, ConfigError at once; RateLimited and Unavailable
        when the tries are used up.
        """
        self._wire.check_allowed(url)
        found: T = self._retrying(self._attempt, "GET", url, decode, params=params)
        return found

    def ask(
        self,
        url: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        decode: Callable[[bytes], T],
    ) -> T:
        """POST a question (a query in JSON, or a form) and decode the answer, with retries as `get`.

        Only for what may be sent twice without doing anything twice. Raises as `get` does.
        """
        self._wire.check_allowed(url)
        sent = {"data": form} if json is None else {"json": json}
        found: T = self._retrying(self._attempt, "POST", url, decode, **sent)
        return found

    def download(self, url: str, into: BinaryIO, *, accept: str) -> Download:
        """GET a file into `into` (seekable, emptied first), a chunk at a time, with retries.

        A file that arrives shorter than announced is Unavailable and tried again: what is in `into`
        after a normal return is all that was sent. Raises as `get` does; BadResponse for a body larger
        than the policy's ceiling.
        """
        self._wire.check_allowed(url)
        done: Download = self._retrying(self._fetch, url, into, accept)
        return done

    # --- one attempt -----------------------------------------------------------------------------

    def _attempt(self, method: str, url: str, decode: Callable[[bytes], T], **asked: Any) -> T:
        self._wait_for_leave()
        place = f"{method} {urlsplit(url).path}"
        reply = self._send(url, place, method=method, **asked)
        self._judge(reply, url, place)
        try:
            return decode(self._secrets.hidden(reply.body))
        except msgspec.ValidationError as error:
            raise BadResponse(
                f"{self._caller.name}: {place} answered in another shape than declared: {error}. Compare the "
                "declaration with the vendor's changelog",
                self._secrets.evidence(reply),
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable(
                f"{self._caller.name}: {place} answered with a body that is no complete JSON; it is tried "
                "again by itself",
                self._secrets.evidence(reply),
            ) from None

    def _fetch(self, url: str, into: BinaryIO, accept: str) -> Download:
        self._wait_for_leave()
        place = f"GET {urlsplit(url).path}"
        into.seek(0)
        into.truncate()
        reply = self._send(url, place, method="GET", into=into, headers={"Accept": accept})
        self._judge(reply, url, place)
        size = into.tell()
        into.seek(0)
        is_measured = "Content-Length" in reply.headers or "Transfer-Encoding" in reply.headers
        return Download(size, is_measured)

    def _wait_for_leave(self) -> None:
        """Neither past the day's calls nor, as far as the vendor has told, past the minute's."""
        if self.usage.is_spent:
            raise RateLimited(
                f"{self._caller.name}: the calls the vendor's fair-use rule allows in 24 hours are used up; "
                "what was landed stays, and the rest is read when calls are free again",
                retry_after_s=_BUDGET_WAIT_S,
            )
        delay_s = self._limiter.delay_s()
        if delay_s:
            self.usage.add(throttled=1)
            self._sleep(delay_s)

    def _judge(self, reply: Reply, url: str, place: str) -> None:
        if self._observe:
            self._observe(self._limiter, reply.headers)
        if self._judge_body:
            self._judge_body(reply, lambda: self._secrets.evidence(reply))
        if not 200 <= reply.status < 300:
            raise refusal(
                reply,
                self._secrets.evidence(reply),
                caller=self._caller,
                place=place,
                is_unlicensed=lambda: self._is_unlicensed(urlsplit(url).path, reply.body),
            )

    def _send(
        self, url: str, place: str, *, headers: Mapping[str, str] = _NONE, **asked: Any
    ) -> Reply:
        """One request, or two where the bearer's token has run out."""
        if self._bearer is None:
            return self._wire.send(url, place, headers=headers, **asked)
        token = self._bearer.token()
        reply = self._wire.send(url, place, headers=self._borne(headers, token), **asked)
        if reply.status != 401:
            return reply
        self._bearer.drop(token)
        token = self._bearer.token()
        return self._wire.send(url, place, headers=self._borne(headers, token), **asked)

    def _borne(self, headers: Mapping[str, str], token: str) -> dict[str, str]:
        self._secrets.add(token)
        return {**headers, "Authorization": f"Bearer {token}"}
