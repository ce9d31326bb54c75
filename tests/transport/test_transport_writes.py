"""Writes under trouble: repeated where nothing was done, an error that says so where nobody can know."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest

from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    Evidence,
    OutcomeUnknown,
    RateLimited,
    SaldoError,
    Unavailable,
)
from saldo.transport import Caller, Dialect, HeaderAuth, Policy, RenewableTokenAuth, Reply
from saldo.transport.limiter import WindowLimiter
from tests.serving import TOKENS, Answer, Server, assert_steps, call, in_turn, reply, serving

Serve = Callable[[Answer], Server]
KEY = "EXP-2026-0001"
BODY = {"documentNumber": KEY, "description": "Ærø, hidden-in-body"}


@pytest.fixture
def serve() -> Iterator[Serve]:
    with serving() as start:
        yield start


def cut(handler: BaseHTTPRequestHandler) -> None:
    """The request arrived; the connection breaks before a word of the answer."""
    handler.close_connection = True


def late(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


class Booked(msgspec.Struct):
    id: str


def send(server: Server, method: str = "POST", **more: Any) -> tuple[Any, list[float]]:
    """A write to /journalLines, and the waits it took."""
    sent = {"json": BODY, "idempotency_key": KEY, "decode": msgspec.json.decode, **more}
    given = {name: sent.pop(name) for name in ("auth", "dialect", "policy") if name in sent}
    called = call(server.url, **given)
    return called.send(method, f"{server.url}/journalLines?token=hidden", **sent), called.waits


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_arrives_once(serve: Serve, method: str) -> None:
    server = serve(reply(201, b'{"id": "6f"}'))
    found, waits = send(
        server, method, headers={"If-Match": 'W/"1"'}, decode=msgspec.json.Decoder(Booked).decode
    )
    assert (found, waits) == (Booked("6f"), [])
    ((_, headers),) = server.seen
    assert [json.loads(body) for body in server.bodies] == [BODY]
    assert headers["If-Match"] == 'W/"1"'
    assert {name: headers[name] for name in TOKENS} == TOKENS


def test_bytes_are_sent_as_they_are(serve: Serve) -> None:
    server = serve(reply(204, b""))
    kind = {"Content-Type": "application/octet-stream"}
    for content in (b"\x00\xff\r\n", b""):
        assert send(server, "PATCH", json=None, content=content, headers=kind, decode=bytes)[0] == b""  # fmt: skip
    assert server.bodies == [b"\x00\xff\r\n", b""]
    assert server.seen[0][1]["Content-Type"] == "application/octet-stream"


def test_an_empty_answer_is_an_answer(serve: Serve) -> None:
    assert send(serve(reply(204, b"")), decode=bytes)[0] == b""


# --- nobody can know -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        pytest.param(cut, "the connection was refused or broke", id="cut-before-headers"),
        pytest.param(reply(201, b'{"id', length=99), "the answer broke off", id="cut-in-the-body"),
        pytest.param(late, "no answer in time", id="time-out-after-receipt"),
        pytest.param(reply(500), "answered with 500", id="500"),
        pytest.param(reply(503, Retry_After="1"), "answered with 503", id="503"),
        pytest.param(reply(504), "answered with 504", id="504"),
        pytest.param(reply(408), "answered with 408", id="408"),
        pytest.param(reply(302, Location="/x"), "answered with 302", id="found"),
        pytest.param(reply(303, Location="/x"), "answered with 303", id="see-other"),
        pytest.param(reply(200, b"<html>"), "the answer cannot be read", id="web-page"),
        pytest.param(reply(201, b'{"id": 7}'), "the answer cannot be read", id="shape"),
        pytest.param(reply(201, b"1" * (2 << 20)), "the answer cannot be read", id="too-large"),
        pytest.param(reply(400, b"no", length=9), "the answer broke off", id="cut-refusal"),
    ],
)
def test_a_write_whose_outcome_was_not_seen_is_sent_once_only(
    serve: Serve, trouble: Answer, why: str
) -> None:
    server = serve(in_turn(trouble, reply(201, b'{"id": "second"}')))
    policy = Policy(read_timeout_s=0.3, max_body_bytes=1 << 20)
    with pytest.raises(OutcomeUnknown) as caught:
        send(server, policy=policy, decode=msgspec.json.Decoder(Booked).decode)
    assert len(server.bodies) == 1
    error = caught.value
    assert (error.method, error.path) == ("POST", "/journalLines")
    assert error.idempotency_key == KEY
    assert error.family == "OutcomeUnknown"
    text = str(error)
    assert "economic agreement 'nordlys': POST /journalLines was sent" in text
    assert f"({why}); look at the vendor for {KEY!r} before it is sent again" in text
    assert "again by itself" not in text
    assert "hidden" not in text
    assert error.__suppress_context__


def test_an_error_of_the_vendor_is_kept_as_evidence(serve: Serve) -> None:
    token = TOKENS["X-AgreementGrantToken"]
    server = serve(reply(500, f"boom for {token}".encode(), X_Request_Id="req-9"))
    with pytest.raises(
        OutcomeUnknown, match=r"request id req-9; the answer began: boom for \*\*\*"
    ):
        send(server)


# --- certain that nothing was done ---------------------------------------------------------------


def test_without_a_connection_it_is_tried_again() -> None:
    called = call("http://127.0.0.1:1", policy=Policy(max_tries=3))
    with pytest.raises(Unavailable, match="connection was refused"):
        called.send("POST", "http://127.0.0.1:1/x", json=BODY)
    assert_steps(called.waits, [1, 2])
    nowhere = call("http://nowhere.invalid", policy=Policy(max_tries=1))
    with pytest.raises(Unavailable, match="name is not known"):
        nowhere.send("POST", "http://nowhere.invalid/x", json=BODY)


def test_too_many_requests_are_waited_out(serve: Serve) -> None:
    server = serve(in_turn(reply(429, Retry_After="7"), reply(429), reply(201, b'{"id": "6f"}')))
    found, waits = send(server)
    assert found == {"id": "6f"}
    assert_steps(waits, [7, 2])
    assert len(server.bodies) == 3
    with pytest.raises(RateLimited):
        send(serve(reply(429)), policy=Policy(max_tries=2))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadResponse), (401, AuthError), (403, AuthError), (404, BadResponse), (409, BadResponse),
        (412, BadResponse), (307, ConfigError), (308, ConfigError),
    ],
)  # fmt: skip
def test_a_refusal_is_final_and_proves_that_nothing_was_done(
    serve: Serve, status: int, error: type[SaldoError]
) -> None:
    elsewhere = serve(reply())
    server = serve(reply(status, Location=f"{elsewhere.url}/x"))
    with pytest.raises(error) as caught:
        send(server)
    assert type(caught.value) is error
    assert (len(server.bodies), elsewhere.seen) == (1, [])


class Tokens(RenewableTokenAuth):
    given = 1

    def token(self) -> str:
        if self.given > 2:
            raise Unavailable("the identity provider is away")
        return f"token-{self.given}"

    def drop(self, refused: str) -> None:
        self.given += 1


def test_a_refused_token_is_renewed_and_the_write_sent_again(serve: Serve) -> None:
    server = serve(in_turn(reply(401), reply(201, b'{"id": "6f"}')))
    assert send(server, auth=Tokens())[0] == {"id": "6f"}
    assert [headers["Authorization"] for _, headers in server.seen] == [
        "Bearer token-1",
        "Bearer token-2",
    ]
    server = serve(in_turn(reply(401), cut))
    with pytest.raises(OutcomeUnknown):
        send(server, auth=Tokens())
    assert len(server.bodies) == 2


def test_trouble_with_the_token_is_no_trouble_with_the_write(serve: Serve) -> None:
    server, auth = serve(reply(401)), Tokens()
    auth.given = 2
    with pytest.raises(Unavailable, match="identity provider"):
        send(server, auth=auth, policy=Policy(max_tries=1))
    assert len(server.bodies) == 1


def test_a_vendor_may_say_in_its_own_words_that_nothing_was_done(serve: Serve) -> None:
    """And that it does not know: what times out inside the vendor may be booked."""

    def refusal(
        caller: Caller, answer: Reply, evidence: Callable[[], Evidence]
    ) -> RateLimited | Unavailable | None:
        if answer.status == 503 and "Retry-After" in answer.headers:
            return RateLimited("busy", evidence(), retry_after_s=3)
        return Unavailable("too slow", evidence()) if b"timed out" in answer.body else None

    dialect = Dialect(refusal=refusal)
    server = serve(in_turn(reply(503, Retry_After="3"), reply(body=b'"done"')))
    assert send(server, dialect=dialect)[0] == "done"
    assert len(server.bodies) == 2
    with pytest.raises(OutcomeUnknown):
        send(serve(reply(body=b'"timed out"')), dialect=dialect)
    with pytest.raises(OutcomeUnknown):
        send(serve(reply(503)), dialect=dialect)


def test_a_write_goes_to_the_connections_host_only(serve: Serve) -> None:
    thief = serve(reply())
    with pytest.raises(BadResponse, match="refused to follow"):
        call("https://vendor.example").send("POST", thief.url, json=BODY)
    assert thief.seen == []


# --- idempotent ----------------------------------------------------------------------------------


def test_an_idempotent_write_is_tried_again_as_a_read_is(serve: Serve) -> None:
    server = serve(in_turn(cut, reply(500), reply(201, b'{"id": "6f"}')))
    found, waits = send(server, is_idempotent=True, headers={"Idempotency-Key": KEY})
    assert found == {"id": "6f"}
    assert_steps(waits, [1, 2])
    assert [headers["Idempotency-Key"] for _, headers in server.seen] == [KEY] * 3


@pytest.mark.parametrize("second", [409, 412, 401, 429, 500])
def test_no_refusal_proves_anything_after_a_try_that_was_not_seen(
    serve: Serve, second: int
) -> None:
    """The ETag that no longer fits may be the first try's work."""
    server = serve(in_turn(cut, reply(second)))
    with pytest.raises(OutcomeUnknown, match="look at the vendor"):
        send(server, "PATCH", is_idempotent=True, policy=Policy(max_tries=2))
    assert len(server.bodies) == 2


# --- limits --------------------------------------------------------------------------------------


def test_limits_are_read_from_bodies_and_shared_by_what_uses_one_token(serve: Serve) -> None:
    class Credits(msgspec.Struct):
        limit: int
        used: int

    def observe(limiter: WindowLimiter, answer: Reply) -> None:
        if answer.status == 200:
            told = msgspec.json.decode(answer.body, type=Credits)
            limiter.observe(limit=told.limit, window_s=60, used=told.used, cost=1)

    server, auth = serve(reply(body=b'{"limit": 100, "used": 90}')), HeaderAuth(TOKENS)
    one, other = (call(server.url, auth=auth, dialect=Dialect(observe=observe)) for _ in range(2))
    one.get(f"{server.url}/x")
    other.get(f"{server.url}/x")
    assert one.waits == []
    assert other.waits == [pytest.approx(6, abs=0.5)]
