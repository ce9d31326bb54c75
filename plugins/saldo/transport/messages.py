"""What a request and its answer are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

_NONE: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Caller:
    """Who is calling, for messages: they name the vendor, the agreement and its connection.

    kind: what has the id `agreement`, where it is no agreement but, say, a file.
    """

    vendor: str
    agreement: str
    connection: str
    kind: str = "agreement"

    @property
    def name(self) -> str:
        return f"{self.vendor} {self.kind} {self.agreement!r}"


@dataclass(frozen=True)
class Request:
    """What is asked of a vendor; at most one of json, form and content, which is sent as it is.

    is_write: whether it changes something there. A read may be sent as often as it takes, whatever its method.
    """

    method: str
    url: str
    params: Mapping[str, str | int] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    is_write: bool = False

    @property
    def path(self) -> str:
        """The path of the URL, without the query."""
        return urlsplit(self.url).path

    @property
    def place(self) -> str:
        """Method and path, for messages."""
        return f"{self.method} {self.path}"

    def adding(
        self, *, headers: Mapping[str, str] = _NONE, form: Mapping[str, str] = _NONE
    ) -> Request:
        """The same request with more headers and more form fields."""
        more_form = {**(self.form or {}), **form} or None
        return replace(self, headers={**self.headers, **headers}, form=more_form)


@dataclass(frozen=True)
class Reply:
    """An answer; body is empty where it went into a file."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def leads_on(self) -> bool:
        """Whether it says where to go instead."""
        return self.status in (301, 302, 303, 307, 308) and bool(self.headers.get("Location"))


@dataclass(frozen=True)
class Download:
    """is_measured: whether the answer gave its own length, so that a shorter one was noticed."""

    size: int
    is_measured: bool
