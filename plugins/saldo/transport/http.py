"""One request over a socket: sessions, timeouts, the ceiling of an answer, and where requests may go."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from saldo.declarations.source import Usage
from saldo.errors import BadResponse, ConfigError, Unavailable

from .messages import Caller, Reply, Request
from .retry_policy import Policy

_CHUNK = 1 << 18
#: Unavailable.reason of an answer that did not come in time.
LATE = "no answer in time"
#: What only a person can correct: settings with which no request can be made.
_UNUSABLE = (
    requests.exceptions.InvalidHeader,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    UnicodeError,
)


class Http:
    """Sessions of one caller, one a thread. Requests go to base_urls (scheme, host, path prefix) only."""

    def __init__(
        self,
        caller: Caller,
        usage: Usage,
        *,
        base_urls: tuple[str, ...],
        headers: Mapping[str, str],
        policy: Policy,
    ) -> None:
        self._caller, self._usage, self._policy = caller, usage, policy
        self._base_urls = tuple(url.rstrip("/") + "/" for url in base_urls)
        self._headers = headers
        self._local = threading.local()

    def check_allowed(self, url: str) -> None:
        """Raise BadResponse for any but the connection's own addresses: credentials go nowhere else,
        whatever a link says."""
        if any(url.startswith(base) for base in self._base_urls) and not _climbs(url):
            return
        raise BadResponse(
            f"{self._caller.name}: refused to follow a link to {_without_secrets(url)}, which is not below the host of "
            f"connection {self._caller.connection!r}: the tokens would leak. If the vendor has moved, "
            "correct the connection's host; if not, tell the vendor"
        )

    def send(self, request: Request, *, into: BinaryIO | None = None) -> Reply:
        """One request. A proper answer's body goes to `into` if that is given, any other is returned.

        Raises Unavailable without a whole answer, BadResponse for one that is too large (of a write, both say
        whether it may have been carried out), ConfigError for what cannot be sent.
        """
        policy, deadline = self._policy, time.monotonic() + self._policy.answer_timeout_s
        self._usage.add(requests=1)
        try:
            with self._session.request(
                request.method,
                request.url,
                params=request.params,
                headers=request.headers,
                json=request.json,
                data=request.form if request.content is None else request.content,
                stream=True,
                allow_redirects=False,
                timeout=(policy.connect_timeout_s, policy.read_timeout_s),
            ) as response:
                reply, body = Reply(response.status_code, response.headers, b""), bytearray()
                write = into.write if into is not None and reply.is_success else body.extend
                self._read(response.raw, request, deadline, write)
                self._usage.add(bytes_in=response.raw.tell())
                return replace(reply, body=bytes(body))
        except _UNUSABLE:
            raise ConfigError(
                f"{self._caller.name}: the request cannot be sent; correct host and tokens of the Airflow "
                f"connection {self._caller.connection!r} (a full URL with https://, tokens without "
                "line ends or typographic quotes)"
            ) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # The error's own text may hold the query or a header: only its kind is shown.
            raise Unavailable(
                f"{self._caller.name}: {request.place} failed: {_kind(error)}; it is tried again by itself",
                reason=_kind(error),
                may_be_done=request.is_write and not _is_unsent(error),
            ) from None

    def _read(
        self,
        raw: urllib3.HTTPResponse,
        request: Request,
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
                    f"{self._caller.name}: {request.place} answered with more than "
                    f"{self._policy.max_body_bytes >> 20} MB; no answer is meant to be that large",
                    may_be_done=request.is_write,
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


def _without_secrets(url: str) -> str:
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


def _is_unsent(error: Exception) -> bool:
    """Whether the vendor has certainly received nothing: there was no connection."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.SSLError):
        return isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(
        reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
    )


def _kind(error: Exception) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return LATE
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
