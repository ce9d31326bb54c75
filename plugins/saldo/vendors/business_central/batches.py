"""`$batch`: up to a hundred requests in one, each with a status of its own inside an answer of 200.

Source: https://learn.microsoft.com/dynamics365/business-central/dev-itpro/webservices/use-odata-batch. With `Isolation: snapshot`
all of it is done or nothing, and an answer of 201 to a request before the one that failed means nothing. What comes after
a failure is not answered, and not done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from .refusals import Refusal, refusal_of

#: Operations of a batch.
MOST = 100


@dataclass(frozen=True)
class Inside:
    """A request inside a batch. path: below the company. etag: of the record as it was read."""

    method: str
    path: str
    body: Any = None
    etag: str = ""

    def written(self, place: int) -> dict[str, Any]:
        """As JSON; its id is its place."""
        found: dict[str, Any] = {"id": str(place), "method": self.method, "url": self.path}
        headers = {"If-Match": self.etag} if self.etag else {}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
            found["body"] = self.body
        return {**found, "headers": headers} if headers else found


@dataclass(frozen=True)
class Answer:
    """What became of the request at that place."""

    place: int
    status: int
    body: Any

    @property
    def refusal(self) -> Refusal | None:
        """None where it was done."""
        return None if 200 <= self.status < 300 else refusal_of(self.status, self.body)


class _Response(msgspec.Struct):
    id: str
    status: int
    body: Any = None


class _Responses(msgspec.Struct):
    responses: list[_Response]


_responses = msgspec.json.Decoder(_Responses, float_hook=Decimal).decode


def body_of(requests: Sequence[Inside]) -> dict[str, Any]:
    return {"requests": [one.written(place) for place, one in enumerate(requests)]}


def answers_of(body: bytes) -> list[Answer]:
    """In the order of the requests. Raises msgspec.ValidationError for an answer to nothing that was asked."""
    found = []
    for one in _responses(body).responses:
        if not one.id.isdecimal():
            raise msgspec.ValidationError(f"an answer to {one.id!r}, which was not asked")
        found.append(Answer(int(one.id), one.status, one.body))
    return sorted(found, key=lambda answer: answer.place)


def first_refusal(answers: Sequence[Answer]) -> tuple[int, Refusal] | None:
    """Place and words of the first request that failed."""
    return next(((one.place, found) for one in answers if (found := one.refusal)), None)
