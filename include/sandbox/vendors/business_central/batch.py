"""$batch: up to a hundred requests in one, each with a status of its own inside an answer of 200.

Without `Isolation: snapshot` what was done before a failure stays. A failure ends the batch, and what comes after it is not
answered, unless `Prefer: odata.continue-on-error` or the company's setting `batch_goes_on` lets it go on. With it all of it is one
transaction, up to what posting has committed: after a failure earlier answers of 201 stand, but nothing of them is there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .errors import Refused, body_of, malformed
from .ledger import Ledger
from .serving import Asked, Told

#: Serves one request; ledger: whose.
Serve = Callable[[Asked], Told]
_MOST = 100


class _Failed(Exception):
    """Takes the transaction back."""


@dataclass
class Batch:
    """serve: one request. fails_at: the request a fault hits, from 0."""

    ledger: Ledger
    root: str
    company: str | None
    serve: Serve
    fails_at: int | None = None

    def answered(self, asked: Asked) -> Told:
        requests = asked.values().get("requests")
        if not isinstance(requests, list):
            raise malformed("The request body must hold requests.")
        if len(requests) > _MOST:
            raise Refused(
                413, "BadRequest", f"The number of operations in a batch must not exceed {_MOST}."
            )
        is_atomic = asked.headers.get("isolation", "").lower() == "snapshot"
        goes_on = not is_atomic and (
            self.ledger.settings.batch_goes_on
            or "odata.continue-on-error" in asked.headers.get("prefer", "")
        )
        told: list[dict[str, Any]] = []
        if not is_atomic:
            self._run(requests, told, goes_on=goes_on)
        else:
            try:
                with self.ledger.transaction():
                    if not self._run(requests, told, goes_on=False):
                        raise _Failed
            except _Failed:
                pass
        return Told(200, {"responses": told})

    def _run(self, requests: list[Any], told: list[dict[str, Any]], *, goes_on: bool) -> bool:
        """Whether all went well."""
        is_good = True
        for place, one in enumerate(requests):
            answer = self._one(place, one)
            id = one.get("id", str(place)) if isinstance(one, dict) else str(place)
            told.append({"id": id, **answer})
            if answer["status"] >= 400:
                is_good = False
                if not goes_on:
                    break
        return is_good

    def _one(self, place: int, one: Any) -> dict[str, Any]:
        try:
            if place == self.fails_at:
                raise Refused(500, "Internal_ServerError", "Fault.")
            told = self.serve(self._asked(one))
        except Refused as refused:
            told = Told(refused.status, body_of(refused.code, refused.text))
        headers = {"Content-Type": "application/json; odata.metadata=minimal", **told.headers}
        answer: dict[str, Any] = {"status": told.status, "headers": headers}
        if isinstance(told.body, bytes):
            answer["body"] = base64.b64encode(told.body).decode()
        elif told.body is not None:
            answer["body"] = told.body
        return answer

    def _asked(self, one: Any) -> Asked:
        """A request inside: its path from the root of the service on, or below the company of the batch."""
        if not isinstance(one, dict) or "url" not in one or "method" not in one:
            raise malformed("A request of a batch needs id, method and url.")
        url = urlsplit(str(one["url"]))
        path = url.path.rpartition("/api/v2.0/")[2].lstrip("/")
        if not path.startswith("companies") and self.company:
            path = f"companies({self.company})/{path}"
        headers = {str(k).lower(): str(v) for k, v in (one.get("headers") or {}).items()}
        return Asked(
            str(one["method"]).upper(), path, f"{self.root}{path}", dict(parse_qsl(url.query)),
            headers, _bytes_of(one.get("body")),
        )  # fmt: skip


def _bytes_of(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body, default=float).encode()


def requests_of(body: bytes) -> str:
    """ "METHOD url" of the requests inside, for what a fault is matched with."""
    try:
        found = json.loads(body)["requests"]
        return " ".join(f"{one['method']} {one['url']}" for one in found)
    except (ValueError, KeyError, TypeError):
        return ""
