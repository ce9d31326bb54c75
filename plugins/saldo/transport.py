"""HTTP for every vendor: one session a thread, retries, limits, and errors translated once.

What a person must mend fails at once; what waiting may cure is tried again with 1, 2, 4, 8 … s plus up
to a second of jitter, or as long as `Retry-After` asks (seconds, an HTTP date, or Moneybird's epoch).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

import msgspec
import requests
import urllib3
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from .errors import (
    BODY_EXCERPT,
    AuthError,
    BadResponse,
    ConfigError,
    Evidence,
    NotLicensed,
    RateLimited,
    Unavailable,
)
from .limiter import WindowLimiter
from .reading import Usage

T = TypeVar("T")

#: Below this a number in Retry-After is seconds; above, an instant (Moneybird writes epochs).
_EPOCH_FROM = 1_000_000_000
_MAX_DIGITS = 12
#: Nobody means to be asked again in a year: what says so is written in another unit.
_LONGEST_S = 86_400.0
#: Bytes of a refused body that are searched for secrets; far more than is shown.
_LOOKED_AT = 64_000
_CHUNK = 1 << 18
#: When to look again whether calls of the last 24 hours have grown old.
_BUDGET_WAIT_S = 3_600.0
#: What only a person can mend: settings that make no request at all.
_UNUSABLE = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    UnicodeError,
)


_NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Policy:
    """first_wait_s: the wait after the first try; it doubles with every further one.

    max_wait_s: the longest wait between two tries; a vendor that asks for more fails the task, which
    Airflow tries again later without holding a worker.
    """

    max_tries: int = 6
    first_wait_s: float = 1
    max_wait_s: float = 300
    connect_timeout_s: float = 10
    read_timeout_s: float = 60
    answer_timeout_s: float = 600
    max_body_bytes: int = 64 << 20


@dataclass(frozen=True)
class Caller:
    """Who is calling, for messages: they name the vendor, the agreement and its connection."""

    vendor: str
    agreement: str
    connection: str


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Download:
    """is_measured: whether the answer told its own length, so that a shorter one was noticed."""

    size: int
    is_measured: bool


class Bearer(Protocol):
    """A token that runs out: fetched when it is needed, and again when the vendor refuses it."""

    def token(self) -> str:
        """One that lasts a while yet; raises what any request raises."""

    def drop(self, refused: str) -> None:
        """The next token() is a new one, unless another thread has fetched it already."""


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
        self._base_urls = tuple(url.rstrip("/") + "/" for url in base_urls)
        self._headers = dict(headers)
        self._bearer = bearer
        # A scheme such as Bearer is no secret; what follows it is.
        values = {part for value in headers.values() for part in (value, value.split(" ")[-1])}
        self._secrets = _longest_first({*values, *secrets})
        self._policy = policy or Policy()
        self._limiter = limiter or WindowLimiter()
        self._observe = observe
        self._is_unlicensed = is_unlicensed
        self._judge_body = judge
        self._sleep = sleep
        self._local = threading.local()

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
        self._check_allowed(url)
        found: T = self._retrying()(self._attempt, "GET", url, decode, params=params)
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
        self._check_allowed(url)
        sent = {"data": form} if json is None else {"json": json}
        found: T = self._retrying()(self._attempt, "POST", url, decode, **sent)
        return found

    def download(self, url: str, into: BinaryIO, *, accept: str) -> Download:
        """GET a file into `into` (seekable, emptied first), a chunk at a time, with retries.

        A file that arrives shorter than announced is Unavailable and tried again: what is in `into`
        after a normal return is all that was sent. Raises as `get` does; BadResponse for a body larger
        than the policy's ceiling.
        """
        self._check_allowed(url)
        done: Download = self._retrying()(self._fetch, url, into, accept)
        return done

    def _retrying(self) -> Retrying:
        return Retrying(
            stop=stop_after_attempt(self._policy.max_tries),
            wait=self._wait_s,
            retry=retry_if_exception(self._can_wait_out),
            before_sleep=self._count_retry,
            sleep=self._sleep,
            reraise=True,
        )

    # --- one attempt -----------------------------------------------------------------------------

    def _attempt(self, method: str, url: str, decode: Callable[[bytes], T], **asked: Any) -> T:
        self._wait_for_leave()
        place = f"{method} {urlsplit(url).path}"
        reply = self._send(url, place, method=method, **asked)
        self._judge(reply, url, place)
        try:
            return decode(reply.body)
        except msgspec.ValidationError as error:
            raise BadResponse(
                f"{self._who()}: {place} answered in another shape than declared: {error}. Compare the "
                "declaration with the vendor's changelog",
                self._evidence(reply),
            ) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Unavailable(
                f"{self._who()}: {place} answered with a body that is no complete JSON; it is tried "
                "again by itself",
                self._evidence(reply),
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
                f"{self._who()}: the calls the vendor's fair-use rule allows in 24 hours are used up; "
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
            self._judge_body(reply, lambda: self._evidence(reply))
        self._raise_for_status(reply, url, place)

    def _send(
        self, url: str, place: str, *, headers: Mapping[str, str] = _NONE, **asked: Any
    ) -> Reply:
        """One request, or two where the bearer's token has run out."""
        if self._bearer is None:
            return self._send_once(url, place, headers=headers, **asked)
        token = self._bearer.token()
        reply = self._send_once(url, place, headers=self._borne(headers, token), **asked)
        if reply.status != 401:
            return reply
        self._bearer.drop(token)
        token = self._bearer.token()
        return self._send_once(url, place, headers=self._borne(headers, token), **asked)

    def _borne(self, headers: Mapping[str, str], token: str) -> dict[str, str]:
        if token not in self._secrets:
            self._secrets = _longest_first({*self._secrets, token})
        return {**headers, "Authorization": f"Bearer {token}"}

    def _send_once(
        self, url: str, place: str, *, into: BinaryIO | None = None, **asked: Any
    ) -> Reply:
        """One request. A proper answer's body goes to `into` if that is given, any other is returned."""
        policy, deadline = self._policy, time.monotonic() + self._policy.answer_timeout_s
        self.usage.add(requests=1)
        try:
            with self._session.request(
                url=url,
                stream=True,
                allow_redirects=False,
                timeout=(policy.connect_timeout_s, policy.read_timeout_s),
                **asked,
            ) as response:
                body = bytearray()
                is_proper = 200 <= response.status_code < 300
                write = into.write if into is not None and is_proper else body.extend
                self._read(response.raw, place, deadline, write)
                self.usage.add(bytes_in=response.raw.tell())
                return Reply(response.status_code, response.headers, bytes(body))
        except _UNUSABLE:
            raise ConfigError(
                f"{self._who()}: the request cannot be sent; correct host and tokens of the Airflow "
                f"connection {self._caller.connection!r} (a full URL with https://, tokens without "
                "line ends or typographic quotes)"
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # The error's own text may hold the query or a header: only its kind is told.
            raise Unavailable(
                f"{self._who()}: {place} failed: {_kind(error)}; it is tried again by itself",
                reason=_kind(error),
            ) from None

    def _read(
        self,
        raw: urllib3.HTTPResponse,
        place: str,
        deadline: float,
        write: Callable[[bytes], object],
    ) -> None:
        """The whole body, as it arrives: a slow drip must not outlast the deadline."""
        size = 0
        while chunk := raw.read1(_CHUNK, decode_content=True):
            write(chunk)
            size += len(chunk)
            if size > self._policy.max_body_bytes:
                raise BadResponse(
                    f"{self._who()}: {place} answered with more than "
                    f"{self._policy.max_body_bytes >> 20} MB; no answer is meant to be that large"
                )
            if time.monotonic() > deadline:
                raise requests.Timeout

    @property
    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.headers.update(self._headers)
            self._local.session.trust_env = False  # no .netrc in place of our credentials
        session: requests.Session = self._local.session
        return session

    def _check_allowed(self, url: str) -> None:
        """Credentials go to the connection's own addresses only, whatever a link says."""
        if any(url.startswith(base) for base in self._base_urls) and not _climbs(url):
            return
        raise BadResponse(
            f"{self._who()}: refused to follow a link to {_shown(url)}, which is not below the host of "
            f"connection {self._caller.connection!r}: the tokens would leak. If the vendor has moved, "
            "correct the connection's host; if not, tell the vendor"
        )

    def _raise_for_status(self, reply: Reply, url: str, place: str) -> None:
        status, who = reply.status, self._who()
        if 200 <= status < 300:
            return
        evidence = self._evidence(reply)
        connection = self._caller.connection
        wait_s = retry_after_s(reply.headers.get("Retry-After"), now=time.time())
        if status == 403 and self._is_unlicensed(urlsplit(url).path, reply.body):
            raise NotLicensed(f"{who}: {place} belongs to a module that is not bought", evidence)
        if status in (401, 403):
            what = "refuses the credentials" if status == 401 else "denies the right"
            raise AuthError(
                f"{who}: {place} {what} ({status}); correct the tokens or their roles in the "
                f"Airflow connection {connection!r}",
                evidence,
            )
        if status == 429:
            raise RateLimited(
                f"{who}: {place} was refused for too many requests; it is tried again later by "
                "itself, more slowly with fewer tasks at once (pool)",
                evidence,
                retry_after_s=wait_s or 0,
            )
        if 300 <= status < 400:
            raise ConfigError(
                f"{who}: {place} is redirected elsewhere; correct the host of connection {connection!r}"
            )
        if status == 408 or status >= 500:
            raise Unavailable(
                f"{who}: {place} failed with {status}; it is tried again by itself",
                evidence,
                retry_after_s=wait_s or 0,
            )
        raise BadResponse(
            f"{who}: {place} was refused with {status}; compare host and path with connection "
            f"{connection!r} and the vendor's changelog",
            evidence,
        )

    def _evidence(self, reply: Reply) -> Evidence:
        """Masked before it is cut: half a token is still a secret."""
        body = reply.body[:_LOOKED_AT].decode("utf-8", "replace")
        for secret in self._secrets:
            body = body.replace(secret, "***")
        return Evidence(reply.status, reply.headers.get("X-RequestId"), body[:BODY_EXCERPT])

    def _who(self) -> str:
        return f"{self._caller.vendor} agreement {self._caller.agreement!r}"

    # --- retries ---------------------------------------------------------------------------------

    def _can_wait_out(self, error: BaseException) -> bool:
        if isinstance(error, RateLimited | Unavailable):
            return error.retry_after_s <= self._policy.max_wait_s
        return False

    def _wait_s(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        step = self._policy.first_wait_s * 2.0 ** (state.attempt_number - 1)
        step = min(step, self._policy.max_wait_s)
        if isinstance(error, RateLimited | Unavailable):
            step = max(step, error.retry_after_s)
        return step + random.random() * min(1.0, step)

    def _count_retry(self, state: RetryCallState) -> None:
        was_limited = state.outcome and isinstance(state.outcome.exception(), RateLimited)
        self.usage.add(retries=1, throttled=1 if was_limited else 0)


def retry_after_s(value: str | None, *, now: float) -> float | None:
    """Seconds to wait from a Retry-After header: seconds, an epoch, or an HTTP date; None if absent
    or unreadable (RFC 9110 §10.2.3)."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal():
        number = int(value[:_MAX_DIGITS])
        wait_s = number - now if number >= _EPOCH_FROM else float(number)
        return min(max(0.0, wait_s), _LONGEST_S)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:  # the old forms of an HTTP date name no zone: it is always UTC
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, moment.timestamp() - now), _LONGEST_S)


def _longest_first(secrets: Iterable[str]) -> list[str]:
    """Without what is empty; a secret that is part of another is masked after it."""
    return sorted(filter(None, secrets), key=len, reverse=True)


def _shown(url: str) -> str:
    """A URL without what may be secret in it: no user, no password, no query."""
    scheme, _, rest = url.partition("?")[0].partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"[:200]


def _climbs(url: str) -> bool:
    """Whether a path leads out of where it seems to be."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return True
    return any(part in (".", "..") for part in path.replace("\\", "/").split("/"))


def _kind(error: Exception) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return "the TLS certificate cannot be verified"
    if "NameResolutionError" in str(error):
        return "the host's name is not known here"
    if isinstance(error, requests.ConnectionError):
        return "the connection was refused or broke"
    if isinstance(error, urllib3.exceptions.ProtocolError):
        return "the answer broke off"
    if isinstance(error, urllib3.exceptions.DecodeError):
        return "the answer cannot be unpacked"
    return type(error).__name__
