"""HTTP under trouble: what is waited out and how long, what fails at once, and what never leaks.

The sandbox plays the vendor; small local servers play what it cannot: bombs, drips, thieves.
"""

from __future__ import annotations

import gc
import gzip
import io
import itertools
import json
import re
import threading
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from tempfile import SpooledTemporaryFile
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saldo.declarations.source import EVERYTHING
from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    Evidence,
    NotLicensed,
    RateLimited,
    SaldoError,
    Unavailable,
)
from saldo.transport import (
    Caller,
    Dialect,
    Download,
    HeaderAuth,
    Policy,
    RenewableTokenAuth,
    Reply,
    TokenAuth,
    retry_after_s,
)
from saldo.transport.pdf import check_pdf
from saldo.transport.prefetch import prefetched
from saldo.vendors.economic.limits import DIALECT
from tests.serving import (
    TOKENS,
    Answer,
    Called,
    Server,
    assert_steps,
    call,
    in_turn,
    reply,
    serving,
)
from tests.support import ENTITIES, SECRET, Company, Sandbox


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Server]]:
    """Start a server that gives every request to one function."""
    with serving() as start:
        yield start


def call_sandbox(company: Company, **more: Any) -> Called:
    headers = {
        "X-AppSecretToken": SECRET,
        "X-AgreementGrantToken": f"sandbox-grant-{company.id}",
    }
    return call(company.sandbox.url, auth=HeaderAuth(headers), **more)


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("transport", entries=800)


def accounts(company: Company) -> str:
    return f"{company.sandbox.url}/economic/rest/accounts"


# --- Retry-After ---------------------------------------------------------------------------------

NOW = 1_800_000_000.0  # 15 January 2027, 08:00:00 UTC


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0),
        ("120", 120),
        (" 7 ", 7),
        ("soon", None),
        ("-5", None),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30),
        ("Fri, 15 Jan 2027 10:00:30 +0200", 30),
        ("Friday, 15-Jan-27 08:00:30 GMT", 30),
        ("Fri, 15 Jan 2027 07:59:00 GMT", 0),
        ("1800000030", 30),  # Moneybird: an instant
        ("1799999990", 0),
    ],
)
def test_retry_after_in_every_form(value: str | None, seconds: float | None) -> None:
    assert retry_after_s(value, now=NOW) == seconds


@pytest.fixture
def _in_copenhagen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Copenhagen")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_in_copenhagen")
@pytest.mark.parametrize(
    "value", ["Fri Jan 15 08:00:30 2027", "Fri, 15 Jan 2027 08:00:30 GMT"], ids=["asctime", "rfc"]
)
def test_a_date_in_retry_after_is_utc_wherever_the_server_stands(value: str) -> None:
    """RFC 9110 §5.6.7: all three forms of an HTTP date are GMT, also the one without a zone."""
    assert retry_after_s(value, now=NOW) == 30


@given(st.text(st.characters(max_codepoint=255)))
@example("²")
@example("9" * 400)
@example("Fri, 99 Jan 99999 99:99:99 GMT")
def test_a_strange_retry_after_never_breaks_the_run(value: str) -> None:
    found = retry_after_s(value, now=NOW)
    assert found is None or found >= 0


# --- waiting -------------------------------------------------------------------------------------


def test_waits_double_with_up_to_a_second_of_jitter(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(500))
    jitters = []
    for _ in range(5):
        called = call(server.url)
        with pytest.raises(Unavailable, match="failed with 500"):
            called.get(f"{server.url}/x")
        assert_steps(called.waits, [1, 2, 4, 8, 16])
        jitters += [wait % 1 for wait in called.waits]
    assert len(server.seen) == 5 * 6
    assert len(set(jitters)) > 20  # they differ, so that tasks do not come back together


def test_tries_and_longest_wait_are_set_by_the_policy(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(503))
    called = call(server.url, policy=Policy(max_tries=5, max_wait_s=3))
    with pytest.raises(Unavailable):
        called.get(f"{server.url}/x")
    assert_steps(called.waits, [1, 2, 3, 3])
    assert called.transport.usage.requests == 5


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("asked", ["20", "date", "epoch"])
def test_retry_after_is_waited_in_full(
    serve: Callable[[Answer], Server], status: int, asked: str
) -> None:
    """RFC 9110 §10.2.3: it comes with 429 and with 503 alike."""
    later = time.time() + 20
    value = {"date": formatdate(later, usegmt=True), "epoch": str(int(later) + 1)}.get(asked, asked)
    server = serve(in_turn(reply(status, Retry_After=value), reply(body=b"[1]")))
    called = call(server.url)
    assert called.get(f"{server.url}/x") == [1]
    (wait,) = called.waits
    assert 18 <= wait <= 22


def test_a_short_retry_after_is_no_shorter_wait_than_the_step(
    serve: Callable[[Answer], Server],
) -> None:
    server = serve(reply(429, Retry_After="0"))
    called = call(server.url, policy=Policy(max_tries=4))
    with pytest.raises(RateLimited):
        called.get(f"{server.url}/x")
    assert_steps(called.waits, [1, 2, 4])


def test_too_many_requests_without_a_word_of_when_wait_longer_each_time(
    serve: Callable[[Answer], Server],
) -> None:
    server = serve(in_turn(reply(429), reply(429), reply()))
    called = call(server.url)
    called.get(f"{server.url}/x")
    assert_steps(called.waits, [1, 2])


def test_a_wait_longer_than_allowed_fails_at_once_and_says_how_long(
    serve: Callable[[Answer], Server],
) -> None:
    server = serve(reply(429, Retry_After="3600"))
    called = call(server.url, policy=Policy(max_wait_s=300))
    with pytest.raises(RateLimited) as caught:
        called.get(f"{server.url}/x")
    assert caught.value.retry_after_s == 3600
    assert called.waits == []
    assert len(server.seen) == 1


def test_the_sandboxs_retry_after_date_is_waited(company: Company) -> None:
    company.fault("429", retry_after="date")
    called = call_sandbox(company)
    assert called.get(accounts(company))["collection"]
    assert_steps(called.waits, [1])


# --- what fails at once --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, BadResponse, "refused with 400"),
        (404, BadResponse, "refused with 404"),
        (401, AuthError, "correct the tokens .* connection 'economic_nordlys'"),
        (403, AuthError, "denies the right .* connection 'economic_nordlys'"),
        (302, ConfigError, "correct the host of connection 'economic_nordlys'"),
        (308, ConfigError, "correct the host"),
    ],
)
def test_what_waiting_cannot_cure_is_not_tried_again(
    serve: Callable[[Answer], Server], status: int, error: type[Exception], words: str
) -> None:
    elsewhere = serve(reply())
    server = serve(reply(status, Location=f"{elsewhere.url}/x"))
    called = call(server.url)
    with pytest.raises(error, match=words) as caught:
        called.get(f"{server.url}/books?filter=hidden")
    assert type(caught.value) is error
    assert "economic agreement 'nordlys'" in str(caught.value)
    assert "GET /books" in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert len(server.seen) == 1
    assert called.waits == []
    assert elsewhere.seen == []  # a redirect would carry the tokens away


@pytest.mark.parametrize(("path", "error"), [("sold", AuthError), ("unsold", NotLicensed)])
def test_a_module_that_is_not_bought_is_told_from_a_missing_right(
    serve: Callable[[Answer], Server], path: str, error: type[Exception]
) -> None:
    server = serve(reply(403))
    called = call(server.url, dialect=Dialect(is_unlicensed=lambda path, body: path == "/unsold"))
    with pytest.raises(error):
        called.get(f"{server.url}/{path}")
    assert len(server.seen) == 1


def test_an_error_carries_what_support_asks_for(serve: Callable[[Answer], Server]) -> None:
    body = b'{"message": "no such filter"}' + b" " * 600 + b"END"
    server = serve(reply(400, body, X_RequestId="req-77"))
    with pytest.raises(BadResponse) as caught:
        call(server.url, dialect=DIALECT).get(f"{server.url}/x")
    assert (caught.value.evidence.status, caught.value.evidence.request_id) == (400, "req-77")
    assert "request id req-77" in str(caught.value)
    assert "no such filter" in str(caught.value)
    assert "END" not in str(caught.value)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-AppSecretToken": "tail\n"}, id="pasted-line-end"),
        pytest.param({"X-AppSecretToken": "“quoted”"}, id="curly-quotes"),
    ],
)
def test_a_token_that_cannot_be_sent_fails_at_once(
    serve: Callable[[Answer], Server], headers: dict[str, str]
) -> None:
    """A person must mend the connection: no retries, and an error of ours."""
    server = serve(reply())
    called = call(server.url, auth=HeaderAuth(headers))
    with pytest.raises((ConfigError, AuthError), match="economic_nordlys"):
        called.get(f"{server.url}/x")
    assert called.waits == []


def test_a_host_without_scheme_fails_at_once() -> None:
    called = call("restapi.example.invalid")
    with pytest.raises(ConfigError, match="economic_nordlys"):
        called.get("restapi.example.invalid/accounts")
    assert called.waits == []


# --- what is tried again -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(reply(500), id="500"),
        pytest.param(reply(502), id="502"),
        pytest.param(reply(408), id="408"),
        pytest.param(reply(body=b"<html>Maintenance</html>"), id="web-page"),
        pytest.param(reply(body=b'{"a": [1, 2'), id="cut-json"),
        pytest.param(reply(body=b""), id="nothing"),
        pytest.param(reply(body=b'["\xff"]'), id="no-utf8"),
        pytest.param(reply(body=b"[1", length=100), id="broken-off"),
        pytest.param(reply(body=b"no gzip", Content_Encoding="gzip"), id="broken-gzip"),
    ],
)
def test_passing_trouble_is_tried_again(serve: Callable[[Answer], Server], trouble: Answer) -> None:
    server = serve(in_turn(trouble, trouble, reply(body=b"[1]")))
    called = call(server.url)
    assert called.get(f"{server.url}/x") == [1]
    assert_steps(called.waits, [1, 2])
    lasting = serve(trouble)
    with pytest.raises(Unavailable, match="economic agreement 'nordlys': GET /x"):
        call(lasting.url).get(f"{lasting.url}/x")


@pytest.mark.parametrize("kind", ["500", "503", "drop", "truncate", "html"])
def test_the_sandboxs_faults_are_waited_out(company: Company, kind: str) -> None:
    company.fault(kind, times=2)
    called = call_sandbox(company)
    assert called.get(accounts(company))["collection"]
    assert (called.transport.usage.requests, called.transport.usage.retries) == (3, 2)


def test_an_answer_that_does_not_come_is_waited_for_no_longer(company: Company) -> None:
    company.fault("timeout", seconds=1)
    called = call_sandbox(company, policy=Policy(max_tries=1, read_timeout_s=0.2))
    with pytest.raises(Unavailable, match="no answer in time"):
        called.get(accounts(company))


def test_nobody_there_is_unavailable(serve: Callable[[Answer], Server]) -> None:
    called = call("http://127.0.0.1:1", policy=Policy(max_tries=2))
    with pytest.raises(Unavailable, match="connection was refused or broke"):
        called.get("http://127.0.0.1:1/x?filter=hidden")
    assert_steps(called.waits, [1])


@pytest.mark.parametrize("announced", [True, False], ids=["with-length", "chunked"])
def test_an_answer_that_drips_is_cut_off(
    serve: Callable[[Answer], Server], announced: bool
) -> None:
    """Every byte comes within the read time-out; the whole would take three seconds."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        name, value = ("Content-Length", "30") if announced else ("Transfer-Encoding", "chunked")
        handler.send_header(name, value)
        handler.end_headers()
        for _ in range(30):
            handler.wfile.write(b"1" if announced else b"1\r\n1\r\n")
            handler.wfile.flush()
            time.sleep(0.1)

    server = serve(drip)
    policy = Policy(max_tries=1, read_timeout_s=1, answer_timeout_s=0.3)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="no answer in time"):
        call(server.url, policy=policy).get(f"{server.url}/x")
    assert time.monotonic() - began < 1.5


# --- size and shape ------------------------------------------------------------------------------


def test_a_body_larger_than_allowed_is_refused_at_once(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(body=b"1" * (3 << 20)))
    called = call(server.url, policy=Policy(max_body_bytes=1 << 20))
    with pytest.raises(BadResponse, match="more than 1 MB"):
        called.get(f"{server.url}/x")
    assert len(server.seen) == 1
    assert called.waits == []
    assert call(server.url).get(f"{server.url}/x", decode=len) == 3 << 20


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(
    serve: Callable[[Answer], Server],
) -> None:
    bomb = gzip.compress(bytes(64 << 20), 9)
    assert len(bomb) < 1 << 17
    server = serve(reply(body=bomb, Content_Encoding="gzip"))
    called = call(server.url, policy=Policy(max_body_bytes=1 << 20))
    tracemalloc.start()
    with pytest.raises(BadResponse, match="more than 1 MB"):
        called.get(f"{server.url}/x")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20
    assert len(server.seen) == 1


class Account(msgspec.Struct):
    number: int


def test_json_of_another_shape_is_a_bad_response(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(body=b'{"number": "1010"}', X_RequestId="req-5"))
    called = call(server.url, dialect=DIALECT)
    with pytest.raises(
        BadResponse, match=r"another shape .*`int`, got `str` - at `\$\.number`"
    ) as c:
        called.get(f"{server.url}/x", decode=msgspec.json.Decoder(Account).decode)
    assert "req-5" in str(c.value)
    assert called.waits == []


def test_json_nested_deeper_than_anything_is_read_is_a_bad_response(
    serve: Callable[[Answer], Server],
) -> None:
    server = serve(reply(body=b'{"number": 1, "more": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"))
    called = call(server.url)
    with pytest.raises(BadResponse, match=r"another shape .*recursion depth"):
        called.get(f"{server.url}/x", decode=msgspec.json.Decoder(Account).decode)
    assert called.waits == []


def test_gzip_is_asked_for_and_understood(serve: Callable[[Answer], Server]) -> None:
    body = gzip.compress(json.dumps(["Køb"] * 1_000).encode())
    server = serve(reply(body=body, Content_Encoding="gzip"))
    called = call(server.url)
    assert called.get(f"{server.url}/x") == ["Køb"] * 1_000
    assert "gzip" in server.seen[0][1]["Accept-Encoding"]
    assert called.transport.usage.bytes_in == len(body)


def test_the_sandboxs_pages_travel_compressed(sandbox: Sandbox) -> None:
    company = sandbox.company("gzip", entries=1_500)
    called = call_sandbox(company)
    url = f"{sandbox.url}/economic/openapi/bookedEntriesapi/v7.0.0/booked-entries"
    size = len(json.dumps(called.get(url)))
    assert 0 < called.transport.usage.bytes_in < size / 4


def test_headers_and_parameters_are_sent(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply())
    call(server.url).get(f"{server.url}/x", params={"filter": "date$gte:2026-01-01", "pagesize": 5})
    ((path, headers),) = server.seen
    assert path == "/x?filter=date%24gte%3A2026-01-01&pagesize=5"
    assert {name: headers[name] for name in TOKENS} == TOKENS


# --- questions by POST ---------------------------------------------------------------------------


def test_a_question_is_posted_and_tried_again(serve: Callable[[Answer], Server]) -> None:
    server = serve(in_turn(reply(503), reply(429), reply(body=b'{"data": 1}')))
    called = call(server.url)
    asked = {"json": {"query": "{ ø }"}, "decode": msgspec.json.decode}
    assert called.transport.ask(f"{server.url}/graphql", **asked) == {"data": 1}
    assert [json.loads(body) for body in server.bodies] == [{"query": "{ ø }"}] * 3
    assert server.seen[0][1]["Content-Type"] == "application/json"
    assert_steps(called.waits, [1, 2])
    called.transport.ask(f"{server.url}/token", form={"a": "b&c"}, decode=msgspec.json.decode)
    assert server.bodies[-1] == b"a=b%26c"


def test_what_is_posted_in_a_form_is_not_shown(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(400, b'{"error": "no secret like s3cr3t-of-form"}'))
    called = call(server.url, auth=HeaderAuth({"X-Secret": "s3cr3t-of-form", "X-None": ""}))
    with pytest.raises(
        BadResponse, match=r"POST /token was refused with 400.*like \*\*\*"
    ) as raised:
        called.transport.ask(
            f"{server.url}/token", form={"secret": "s3cr3t-of-form"}, decode=msgspec.json.decode
        )
    assert "s3cr3t" not in str(raised.value)


def test_a_question_goes_to_the_connections_host_only(serve: Callable[[Answer], Server]) -> None:
    thief = serve(reply())
    with pytest.raises(BadResponse, match="refused to follow"):
        call("https://vendor.example").transport.ask(thief.url, json={}, decode=bytes)
    assert thief.seen == []


def test_a_vendor_that_refuses_with_status_200_is_judged_first(
    serve: Callable[[Answer], Server],
) -> None:
    def refusal(
        caller: Caller, reply: Reply, evidence: Callable[[], Evidence]
    ) -> RateLimited | None:
        if b"slowly" not in reply.body:
            return None
        return RateLimited("too fast", evidence(), retry_after_s=3)

    server = serve(in_turn(reply(body=b'"slowly"'), reply(400, b'"slowly"'), reply(body=b'"good"')))
    called = call(server.url, dialect=Dialect(refusal=refusal))
    assert called.get(f"{server.url}/x") == "good"
    assert_steps(called.waits, [3, 3])
    assert called.transport.usage.throttled == 2


# --- tokens that run out -------------------------------------------------------------------------


class Tokens(RenewableTokenAuth):
    """Tokens that count: token-1, token-2 …"""

    given = 1

    def token(self) -> str:
        return f"token-{self.given}"

    def drop(self, refused: str) -> None:
        assert refused == self.token()
        self.given += 1


def test_a_token_that_ran_out_is_renewed_once(serve: Callable[[Answer], Server]) -> None:
    server = serve(in_turn(reply(401), reply(body=b'"good"')))
    called = call(server.url, auth=Tokens())
    assert called.get(f"{server.url}/x") == "good"
    sent = [headers["Authorization"] for _, headers in server.seen]
    assert sent == ["Bearer token-1", "Bearer token-2"]
    assert called.waits == []
    server = serve(reply(401, b"token-1 and token-2 are no good"))
    with pytest.raises(AuthError, match=r"\*\*\* and \*\*\* are no good"):
        call(server.url, auth=Tokens()).get(f"{server.url}/x")
    assert len(server.seen) == 2


def test_a_file_is_fetched_with_a_renewed_token_too(serve: Callable[[Answer], Server]) -> None:
    server = serve(in_turn(reply(401, b"no"), reply(body=b"the file")))
    into = io.BytesIO()
    called = call(server.url, auth=Tokens())
    assert called.transport.download(f"{server.url}/x", into, accept="*/*").size == 8
    assert into.getvalue() == b"the file"


# --- where requests may go -----------------------------------------------------------------------


def test_a_link_to_another_host_is_refused_unasked(serve: Callable[[Answer], Server]) -> None:
    thief = serve(reply())
    server = serve(reply())
    called = call(f"{server.url}/rest")
    for link in (f"{thief.url}/rest/accounts", f"{thief.url}/rest/?next={server.url}/rest/"):
        with pytest.raises(BadResponse, match="refused to follow a link") as caught:
            called.get(link)
        assert "economic_nordlys" in str(caught.value)
    assert thief.seen == server.seen == []
    assert called.transport.usage.requests == 0
    assert called.waits == []


@pytest.mark.parametrize(
    "link",
    [
        "https://127.0.0.1:{port}/rest/x",
        "http://127.0.0.1:{other}/rest/x",
        "http://127.0.0.1/rest/x",
        "http://localhost:{port}/rest/x",
        "http://127.0.0.1:{port}.evil.example/rest/x",
        "http://127.0.0.1:{port}@evil.example/rest/x",
        "http://evil.example@127.0.0.1:{port}/rest/x",
        "http://evil.example/http://127.0.0.1:{port}/rest/x",
        "http://evil.example/#http://127.0.0.1:{port}/rest/x",
        "http://127.0.0.1:{port}/restful/x",
        "http://127.0.0.1:{port}/x",
        "http://127.0.0.1:{port}/rest/../x",
        "http://127.0.0.1:{port}/rest/../../x",
        "http://127.0.0.1:{port}/rest/%2e%2e/x",
        "http://127.0.0.1:{port}/rest/a/.%2E/../x",
        "//127.0.0.1:{port}/rest/x",
        "/rest/x",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_link_that_only_looks_right_is_refused_unasked(
    serve: Callable[[Answer], Server], link: str
) -> None:
    server = serve(reply())
    port = int(server.url.rpartition(":")[2])
    called = call(f"{server.url}/rest", policy=Policy(max_tries=1, connect_timeout_s=1))
    with pytest.raises(BadResponse, match="refused to follow a link"):
        called.get(link.format(port=port, other=port + 1))
    assert server.seen == []
    assert called.transport.usage.requests == 0


@pytest.mark.parametrize("link", ["http://[", "http://[::1/rest/x", "http://a:b:c/x"])
def test_a_link_that_is_no_url_is_refused_too(link: str) -> None:
    with pytest.raises(BadResponse, match="refused to follow a link"):
        call("http://127.0.0.1:1/rest").get(link)


def test_links_below_the_base_are_followed(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply())
    for base in (f"{server.url}/rest", f"{server.url}/rest/"):
        call(base).get(f"{server.url}/rest/a/b?skippages=1")
    assert [path for path, _ in server.seen] == ["/rest/a/b?skippages=1"] * 2


def test_a_next_page_on_another_host_is_never_asked(
    serve: Callable[[Answer], Server], sandbox: Sandbox
) -> None:
    thief = serve(reply(body=b'{"collection": [], "pagination": {"results": 0}}'))
    company = sandbox.company("links", entries=800, customers=1_100)
    company.fault(
        "replace", match="/customers?", find=r'"nextPage": "http://[^/]+', put=f'"nextPage": "{thief.url}'
    )  # fmt: skip
    pages = company.client().pages(ENTITIES["customers"], EVERYTHING)
    with pytest.raises(BadResponse, match=r"refused to follow a link to http://127\.0\.0\.1"):
        list(pages)
    assert thief.seen == []


# --- secrets -------------------------------------------------------------------------------------


def assert_no_secret(error: BaseException, secrets: dict[str, str] = TOKENS) -> None:
    """Not in the text, not in what a log shows of it, and not a piece of it either."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    for secret in secrets.values():
        pieces = {secret[i : i + 12] for i in range(len(secret) - 11)}
        assert not [piece for piece in pieces if piece in shown]


def echo(status: int, *, times: int = 1, padding: int = 0) -> Answer:
    """A vendor that says back what it was sent."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        sent = "".join(handler.headers[name] for name in TOKENS)
        reply(status, f'{{"number": "got {"." * padding}{sent * times}"}}'.encode())(handler)

    return send


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_tokens_a_server_echoes_are_not_shown(
    serve: Callable[[Answer], Server], status: int
) -> None:
    server = serve(echo(status))
    called = call(server.url, policy=Policy(max_tries=1))
    with pytest.raises(SaldoError) as caught:
        called.get(f"{server.url}/x", decode=msgspec.json.Decoder(Account).decode)
    assert "got ***" in str(caught.value)
    assert_no_secret(caught.value)


def test_tokens_in_a_proper_answer_get_no_further(serve: Callable[[Answer], Server]) -> None:
    """What is decoded is stored as it came, and quoted where a record is wrong."""
    server = serve(echo(200))
    assert call(server.url).get(f"{server.url}/x") == {"number": "got ******"}


def test_a_short_secret_is_left_in_the_books(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(body=b'{"text": "Konto 1000"}'))
    called = call(server.url, auth=HeaderAuth({"X-AppSecretToken": "Konto"}))
    assert called.get(f"{server.url}/x") == {"text": "Konto 1000"}


def test_tokens_echoed_in_a_web_page_are_not_shown(serve: Callable[[Answer], Server]) -> None:
    page = f"<html>{TOKENS['X-AppSecretToken']}</html>".encode()
    server = serve(reply(body=page))
    with pytest.raises(Unavailable, match=r"<html>\*\*\*") as caught:
        call(server.url, policy=Policy(max_tries=1)).get(f"{server.url}/x")
    assert_no_secret(caught.value)


@pytest.mark.parametrize("padding", range(0, 86, 20))
def test_no_part_of_a_token_is_shown_where_the_body_is_cut(
    serve: Callable[[Answer], Server], padding: int
) -> None:
    server = serve(echo(400, times=100, padding=padding))
    with pytest.raises(BadResponse) as caught:
        call(server.url).get(f"{server.url}/x")
    assert_no_secret(caught.value)


def test_a_bearer_token_is_not_shown_without_its_scheme(
    serve: Callable[[Answer], Server],
) -> None:
    """Moneybird and Xledger take "Authorization: Bearer <token>"; an error may quote the token alone."""
    token = TOKENS["X-AppSecretToken"]
    server = serve(reply(401, f'{{"error": "{token} has expired"}}'.encode()))
    called = call(server.url, auth=TokenAuth(token))
    with pytest.raises(AuthError) as caught:
        called.get(f"{server.url}/x")
    assert_no_secret(caught.value, {"token": token})


def test_network_errors_show_neither_tokens_nor_query() -> None:
    called = call("http://127.0.0.1:1", policy=Policy(max_tries=1))
    with pytest.raises(Unavailable) as caught:
        called.get("http://127.0.0.1:1/x", params={"filter": "a" * 30})
    assert_no_secret(caught.value, {**TOKENS, "query": "a" * 30})


def test_a_refused_link_does_not_show_its_query() -> None:
    with pytest.raises(BadResponse) as caught:
        call("http://127.0.0.1:1").get("http://u:hidden@evil.example/x?token=hidden")
    assert "evil.example" in str(caught.value)
    assert "hidden" not in str(caught.value)


# --- counting ------------------------------------------------------------------------------------


def test_usage_counts_requests_retries_and_throttling(serve: Callable[[Answer], Server]) -> None:
    server = serve(
        in_turn(reply(500, b"12345"), reply(429, b"123", Retry_After="1"), reply(body=b'"1234567"'))
    )
    called = call(server.url)
    called.get(f"{server.url}/x")
    usage = called.transport.usage
    assert (usage.requests, usage.retries, usage.throttled) == (3, 2, 1)
    assert usage.bytes_in == 5 + 3 + 9
    called.get(f"{server.url}/x")
    assert (usage.requests, usage.retries, usage.throttled) == (4, 2, 1)


def test_near_the_limit_calls_are_held_back_and_counted(
    serve: Callable[[Answer], Server],
) -> None:
    limit = "token-limit-100-per-60-seconds: 90/100"
    server = serve(reply(X_RateLimiting=limit, X_CallCost="1"))
    called = call(server.url, dialect=DIALECT)
    for _ in range(3):
        called.get(f"{server.url}/x")
    assert called.waits == [pytest.approx(6, abs=0.5)] * 2  # the first call knew of no limit
    usage = called.transport.usage
    assert (usage.requests, usage.retries, usage.throttled) == (3, 0, 2)


def test_the_limit_is_heard_from_errors_too(serve: Callable[[Answer], Server]) -> None:
    limit = "token-limit-100-per-60-seconds: 90/100"
    server = serve(in_turn(reply(500, X_RateLimiting=limit, X_CallCost="1"), reply(body=b"[1]")))
    called = call(server.url, dialect=DIALECT)
    assert called.get(f"{server.url}/x") == [1]
    assert len(called.waits) == 2  # the step after the error, then the limit


# --- prefetching ---------------------------------------------------------------------------------


def prefetchers() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith("prefetch") and t.is_alive()]


def have_ended() -> bool:
    """Threads are left, not waited for: they end by themselves, soon. Those of errors that earlier tests have left behind
    end when these are collected."""
    gc.collect()
    deadline = time.monotonic() + 5
    while prefetchers() and time.monotonic() < deadline:
        time.sleep(0.01)
    return prefetchers() == []


def test_prefetching_keeps_the_order_and_ends_its_thread() -> None:
    assert list(prefetched(iter(range(50)))) == list(range(50))
    assert list(prefetched(iter([]))) == []
    assert have_ended()


def test_prefetching_passes_nothing_values_on() -> None:
    assert list(prefetched(iter([None, 0, False, None]))) == [None, 0, False, None]


def test_a_few_items_are_fetched_while_one_is_worked_on() -> None:
    fetched: list[int] = []
    second = threading.Event()

    def source() -> Iterator[int]:
        for number in range(50):
            fetched.append(number)
            if number == 1:
                second.set()
            yield number

    items = prefetched(source())
    assert next(items) == 0
    assert second.wait(5)  # without anyone asking for it
    time.sleep(0.05)
    assert len(fetched) <= 8  # and no more: memory is bounded
    items.close()  # type: ignore[attr-defined]


def test_prefetching_passes_an_error_on_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise Unavailable("page 3")

    items = prefetched(source())
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(Unavailable, match="page 3"):
        next(items)
    assert have_ended()


def test_prefetching_ends_its_thread_when_the_consumer_stops_early() -> None:
    items = prefetched(itertools.count())
    assert [next(items), next(items)] == [0, 1]
    assert prefetchers() != []
    items.close()  # type: ignore[attr-defined]
    assert have_ended()


def test_prefetching_ends_its_thread_when_the_consumer_fails() -> None:
    def consume() -> None:
        for item in prefetched(itertools.count()):
            if item == 3:
                raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        consume()
    deadline = time.monotonic() + 2
    while prefetchers() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert have_ended()


# --- files ---------------------------------------------------------------------------------------

_PDF = b"%PDF-1.4\n" + b"0" * 300_000 + b"\n%%EOF\n"


def chunked(body: bytes, *, is_whole: bool = True) -> Answer:
    """An answer that does not say how long it is; without its last chunk it broke off."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(body), body))
        if is_whole:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    return send


def until_close(body: bytes) -> Answer:
    """An answer that ends where the connection does: nobody can tell whether it is whole."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return send


@pytest.mark.parametrize(
    "broken",
    [reply(body=_PDF[:1000], length=len(_PDF)), chunked(_PDF[:1000], is_whole=False), reply(503)],
    ids=["length", "chunked", "503"],
)
def test_a_file_that_breaks_off_is_fetched_again_from_its_start(
    serve: Callable[[Answer], Server], broken: Answer
) -> None:
    server, file = serve(in_turn(broken, chunked(_PDF))), io.BytesIO()
    called = call(server.url)
    done = called.transport.download(f"{server.url}/x/pdf", file, accept="application/pdf")
    assert done == Download(len(_PDF), is_measured=True)
    assert file.read() == _PDF
    assert server.seen[0][1]["Accept"] == "application/pdf"
    assert called.transport.usage.snapshot()[:2] == (2, 1)
    assert_steps(called.waits, [1])


def test_a_file_that_breaks_off_again_and_again_is_unavailable(
    serve: Callable[[Answer], Server],
) -> None:
    server = serve(reply(body=_PDF[:1000], length=len(_PDF)))
    called = call(server.url, policy=Policy(max_tries=2))
    with pytest.raises(Unavailable) as raised:
        called.transport.download(f"{server.url}/x", io.BytesIO(), accept="application/pdf")
    assert raised.value.reason == "the answer broke off"


def test_a_refused_file_leaves_nothing_behind_and_tells_why(
    serve: Callable[[Answer], Server],
) -> None:
    server, file = serve(reply(404, b'{"message": "none"}')), io.BytesIO(b"of before")
    with pytest.raises(BadResponse) as raised:
        call(server.url).transport.download(f"{server.url}/x", file, accept="application/pdf")
    assert raised.value.evidence.status == 404
    assert '"none"' in raised.value.evidence.body
    assert file.getvalue() == b""


def test_a_file_larger_than_allowed_is_refused_at_once(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(body=b"1" * (3 << 20)))
    called = call(server.url, policy=Policy(max_body_bytes=1 << 20))
    with pytest.raises(BadResponse, match="more than 1 MB"):
        called.transport.download(f"{server.url}/x", io.BytesIO(), accept="application/pdf")
    assert len(server.seen) == 1


def test_what_is_no_pdf_or_has_no_end_is_no_document(serve: Callable[[Answer], Server]) -> None:
    for answer, error in (
        (reply(body=b"<html>Log in</html>"), BadResponse),
        (reply(body=b""), BadResponse),
        (until_close(_PDF[:2000]), Unavailable),
    ):
        server, file = serve(answer), io.BytesIO()
        done = call(server.url).transport.download(f"{server.url}/x", file, accept="a/b")
        with pytest.raises(error):
            check_pdf(file, done)
    server, file = serve(until_close(_PDF)), io.BytesIO()
    check_pdf(file, call(server.url).transport.download(f"{server.url}/x", file, accept="a/b"))
    assert file.read() == _PDF


def test_a_name_nobody_knows_is_told_from_a_refused_connection() -> None:
    called = call("http://nowhere.invalid", policy=Policy(max_tries=1))
    with pytest.raises(Unavailable, match="the host's name is not known here"):
        called.get("http://nowhere.invalid/x")


def test_a_large_file_passes_through_little_memory(serve: Callable[[Answer], Server]) -> None:
    server = serve(reply(body=_PDF[:-7] + bytes(48 << 20) + b"\n%%EOF\n"))
    called = call(server.url)
    with SpooledTemporaryFile(max_size=1 << 20) as file:
        tracemalloc.start()
        done = called.transport.download(f"{server.url}/x", file, accept="a/b")  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert done.size > 48 << 20
        check_pdf(file, done)  # type: ignore[arg-type]
    assert peak < 6 << 20


def test_where_an_answer_leads_is_told_and_nobody_goes_there() -> None:
    with serving() as start:
        elsewhere = start(reply())
        server = start(
            in_turn(
                reply(503), reply(200, b"<html>"), reply(302, b"", Location=f"{elsewhere.url}/a")
            )
        )
        called = call(server.url)
        assert called.transport.location(f"{server.url}/x") == f"{elsewhere.url}/a"
        assert len(called.waits) == 2
        assert elsewhere.seen == []


def test_a_relative_way_on_is_made_whole() -> None:
    with serving() as start:
        server = start(reply(302, b"", Location="/b?c=1"))
        assert call(server.url).transport.location(f"{server.url}/x") == f"{server.url}/b?c=1"


def test_what_a_dialect_calls_private_is_in_no_message() -> None:
    with serving() as start:
        server = start(reply(400, b'{"link": "https://x.example/?key=hidden", "told": "no"}'))
        dialect = Dialect(private=re.compile(r"key=[^\"]*"))
        with pytest.raises(BadResponse, match="told") as raised:
            call(server.url, dialect=dialect).get(f"{server.url}/x")
    assert "hidden" not in str(raised.value)
