"""Trouble on demand: what the sandbox does instead of answering properly.

kind       what the client sees
429        too many requests; `retry_after` = seconds, "date" (HTTP date in 1 s) or null (no header)
500, 503   the vendor's error body
401, 403   refused
timeout    no answer for `seconds`
drop       the connection closes in the middle of the body
truncate   a complete answer whose JSON is cut in half
html       a 200 with a web page instead of JSON
empty      the collection has no items
replace    `find` (regular expression) becomes `put` in the body, `count` times (0 = everywhere)

A fault hits the first `times` requests whose "METHOD /path?query" contains `match`, after letting
`after` of them pass. `agreement` limits it to one company.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formatdate
from time import time
from typing import Any

KINDS = {"timeout", "drop", "truncate", "html", "empty", "replace"}


@dataclass
class Fault:
    kind: str
    match: str = ""
    agreement: str | None = None
    times: int = 1
    after: int = 0
    retry_after: str | int | None = None
    seconds: float = 30.0
    find: str = ""
    put: str = ""
    count: int = 1

    def __post_init__(self) -> None:
        if self.kind not in KINDS and not self.status:
            raise ValueError(f"unknown fault {self.kind!r}; known are {sorted(KINDS)} and statuses")

    @property
    def status(self) -> int | None:
        return int(self.kind) if self.kind.isdigit() else None

    def hits(self, agreement: str, request: str) -> bool:
        """Whether this request is to fail; counts it."""
        if self.times <= 0 or self.match not in request or self.agreement not in (None, agreement):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True

    def headers(self) -> dict[str, str]:
        if self.retry_after is None:
            return {}
        if self.retry_after == "date":
            return {"Retry-After": formatdate(time() + 1, usegmt=True)}
        return {"Retry-After": str(self.retry_after)}

    def spoil(self, body: bytes) -> bytes:
        """The body as this fault would have it."""
        if self.kind == "truncate":
            return body[: len(body) // 2]
        if self.kind == "html":
            return b"<html><body><h1>Maintenance</h1></body></html>"
        if self.kind == "empty":
            body = re.sub(rb'("(?:collection|items)":\s*)\[.*\]', rb"\1[]", body, flags=re.DOTALL)
            return re.sub(rb'("results(?:WithoutFilter)?":\s*)\d+', rb"\g<1>0", body)
        if self.kind == "replace":
            return re.sub(self.find.encode(), self.put.encode(), body, count=self.count)
        return body

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Fault:
        return cls(**values)
