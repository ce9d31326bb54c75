"""Idempotency-Key: the same request again gets the same answer, and is not carried out again.

As draft-ietf-httpapi-idempotency-key-header: another request with the key is refused (422), and one that is being worked
on is told so (409). Keys are each user's own. What is kept is what was done: a request that was refused (4xx, 5xx) may be sent
again with its key. A server that is ended in the middle leaves a row without an answer; the same request then starts again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import JSONResponse
from psycopg.types.json import Jsonb

from saldo.errors import Busy
from saldo.warehouse.connection import Connection, exclusive

from .answers import GUARDS, Problem

LONGEST = 255
_PATIENCE_S = 0.05
#: What a route declares; visible ASCII, as the draft has it.
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=LONGEST,
        pattern=r"^[\x21-\x7e]+$",
        description="Made by the caller, new for every request that is to be carried out: a UUID does well. The same request "
        "with the same key gets the same answer for seven days.",
    ),
]


@dataclass(frozen=True)
class Answer:
    """What a route did. body: JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self, **more: str) -> JSONResponse:
        """As it goes over the wire."""
        return JSONResponse(self.body, self.status, {**GUARDS, **self.headers, **more})


def request_hash(method: str, path: str, body: bytes) -> str:
    """What tells one request from another."""
    return hashlib.sha256(b"\0".join((method.encode(), path.encode(), body))).hexdigest()


def made_for(actor: str, key: str | None, hashed: str) -> str | None:
    """What a file is said to be made for, so that the same request finds it: also one that was never answered, or with an
    error, since the server or the warehouse went away at the end."""
    return None if key is None else f"key {actor} {key} {hashed}"


def once(
    connection: Connection,
    *,
    actor: str,
    key: str | None,
    method: str,
    path: str,
    body: bytes,
    act: Callable[[], Answer],
) -> JSONResponse:
    """The answer of `act`, or what it answered to the same request before. key: None where the caller gave none.

    Raises Problem 409 while the same key is being worked on, 422 where it was another request's, and whatever `act` raises.
    """
    if key is None:
        return act().response()
    with _alone(connection, actor, key):
        hashed = request_hash(method, path, body)
        if known := _known(connection, actor, key, hashed, f"{method} {path}"):
            return known.response(**{"Idempotent-Replayed": "true"})
        try:
            answer = act()
        except BaseException:
            _forget(connection, actor, key)
            raise
        _keep(connection, actor, key, answer)
        return answer.response()


@contextmanager
def _alone(connection: Connection, actor: str, key: str) -> Iterator[None]:
    """The lock is the session's: it ends with whoever holds it."""
    with ExitStack() as stack:
        try:
            stack.enter_context(
                exclusive(connection, f"{actor} {key}", "idempotency", wait_s=_PATIENCE_S)
            )
        except Busy:
            raise Problem(
                409,
                "The same request is being worked on",
                "One with this Idempotency-Key has not been answered yet. Ask again in a moment.",
                {"Retry-After": "5"},
            ) from None
        yield


def _known(connection: Connection, actor: str, key: str, hashed: str, path: str) -> Answer | None:
    """What was answered to this very request; None where it is new. Raises Problem 422 for another one."""
    connection.execute(
        "insert into ops.idempotency_key (actor, key, request_hash, path, asked_at) "
        "values (%s, %s, %s, %s, clock_timestamp()) on conflict (actor, key) do nothing",
        [actor, key, hashed, path],
    )
    row = connection.execute(
        "select request_hash, path, status, body, headers from ops.idempotency_key where actor = %s and key = %s",
        [actor, key],
    ).fetchone()
    if row is None:
        return None
    kept_hash, kept_path, status, body, headers = row
    if kept_hash != hashed:
        raise Problem(
            422,
            "This Idempotency-Key was another request's",
            f"It was used for {kept_path} with another content. Send this one with a key of its own.",
        )
    return None if status is None else Answer(status, body, headers or {})


def _forget(connection: Connection, actor: str, key: str) -> None:
    if not connection.broken and not connection.closed:
        connection.execute(
            "delete from ops.idempotency_key where actor = %s and key = %s and status is null",
            [actor, key],
        )


def _keep(connection: Connection, actor: str, key: str, answer: Answer) -> None:
    connection.execute(
        "update ops.idempotency_key set answered_at = clock_timestamp(), status = %s, body = %s, headers = %s "
        "where actor = %s and key = %s",
        [answer.status, Jsonb(answer.body), Jsonb(dict(answer.headers)), actor, key],
    )
