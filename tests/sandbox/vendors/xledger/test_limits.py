"""Limits of a token, and trouble on demand, all with status 200."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.sandbox.vendors.xledger.asking import ROOT, Xledger

_ONE = "{ accounts(first: 1) { edges { node { dbId } } } }"
_LINES = "query Lines { transactions(first: 20) { edges { cursor node { dbId } } pageInfo { hasNextPage } } }"
_TWO = "{ projects(first: 5) { edges { node { dbId } } } customers(first: 5) { edges { node { dbId } } } }"


def code_of(answer: Any) -> str | None:
    assert answer.status_code == 200
    found = answer.json().get("errors")
    return found[0]["code"] if found else None


def test_so_many_requests_in_five_seconds(
    xledger: Xledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = xledger.company("hasty", xledger_burst=4)
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert [code_of(xledger.answer(_ONE, token)) for _ in range(4)] == [None] * 4
    assert code_of(xledger.answer(_ONE, token)) == "BAD_REQUEST.BURST_RATE_LIMIT_REACHED"
    other = xledger.company("calm", xledger_burst=4)
    assert code_of(xledger.answer(_ONE, other)) is None  # of each token
    now += 5.1
    assert code_of(xledger.answer(_ONE, token)) is None


def test_so_many_requests_at_once(xledger: Xledger) -> None:
    token = xledger.company("crowd", xledger_concurrency=2)
    xledger.fault("latency", seconds=0.2, times=9)

    async def asked() -> list[Any]:
        transport = httpx.ASGITransport(xledger.http.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            headers = {"Authorization": f"token {token}"}
            requests = (
                client.post("/xledger/graphql", json={"query": _ONE}, headers=headers)
                for _ in range(5)
            )
            return list(await asyncio.gather(*requests))

    codes = [code_of(answer) for answer in asyncio.run(asked())]
    assert codes.count(None) == 2
    assert set(codes) == {None, "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED"}
    xledger.state.faults.clear()
    assert code_of(xledger.answer(_ONE, token)) is None


def test_an_option_that_cannot_be_is_told_why(xledger: Xledger) -> None:
    body = {"agreement_number": 1, "name": "x", "seed": 1, "xledger_db_id": 20_000}
    answer = xledger.http.put("/sandbox/companies/never", json=body)
    assert answer.status_code == 400
    assert "xledger_db_id" in answer.text


# --- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "code", "words"),
    [
        ("graphql_error", {"put": "Odd."}, "UNHANDLED_ERROR", "Odd."),
        ("query_timeout", {}, "UNHANDLED_ERROR", "Your query timed out."),
        ("burst", {}, "BAD_REQUEST.BURST_RATE_LIMIT_REACHED", ""),
        ("concurrency", {}, "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED", ""),
        ("credits", {"retry_after": 90}, "BAD_REQUEST.INSUFFICIENT_CREDITS", ""),
        ("scope", {"match": "accounts"}, "UNHANDLED_ERROR", "`accounts` needs a scope"),
        ("unknown_field", {"field": "glObject5"}, "BAD_REQUEST", "Cannot query field 'glObject5'"),
    ],
)
def test_errors_on_demand(
    xledger: Xledger, kind: str, more: dict[str, Any], code: str, words: str
) -> None:
    xledger.fault(kind, **more)
    answer = xledger.answer(_ONE)
    assert code_of(answer) == code
    assert words in answer.json()["errors"][0]["message"]
    assert answer.json()["data"] is None
    assert code_of(xledger.answer(_ONE)) is None


def test_credits_come_back_at_a_moment_that_is_told(xledger: Xledger) -> None:
    xledger.fault("credits", retry_after=90)
    error = xledger.answer(_ONE).json()["errors"][0]
    wait = datetime.fromisoformat(error["extensions"]["resetAt"]).timestamp() - time.time()
    assert 80 < wait <= 90


def test_data_and_errors_in_one_answer(xledger: Xledger) -> None:
    whole = xledger.ask(_LINES)["transactions"]["edges"]
    xledger.fault("partial")
    answer = xledger.answer(_LINES).json()
    left = answer["data"]["transactions"]["edges"]
    assert [edge for edge in whole if edge in left] == left
    assert len(left) == len(whole) - 1
    assert answer["errors"][0]["path"] == ["transactions"]


def test_edges_out_of_order_and_again(xledger: Xledger) -> None:
    whole = xledger.ask(_LINES)["transactions"]["edges"]
    xledger.fault("shuffled")
    found = xledger.ask(_LINES)["transactions"]["edges"]
    assert found != whole
    assert sorted(found, key=lambda edge: int(edge["node"]["dbId"])) == whole
    xledger.fault("repeated", count=2)
    assert xledger.ask(_LINES)["transactions"]["edges"] == [*whole, *whole[:2]]
    xledger.fault("duplicate")
    assert len(xledger.ask(_LINES)["transactions"]["edges"]) == len(whole) + 1
    xledger.fault("missing")
    assert len(xledger.ask(_LINES)["transactions"]["edges"]) == len(whole) - 1
    xledger.fault("empty")
    nothing = {"edges": None, "pageInfo": {"hasNextPage": False}}
    assert xledger.ask(_LINES)["transactions"] == nothing
    xledger.fault("endless")
    query = _LINES.replace("first: 20", 'first: 20, filter: {dbId: "1"}')
    assert xledger.ask(query)["transactions"] == {"edges": None, "pageInfo": {"hasNextPage": True}}


@pytest.mark.parametrize(
    ("match", "hits"),
    [
        ("transactions", True), ("Lines", True), ("fjordgruppen", True), ("transaction_deltas", False),
        ("arTransactions", False), ("fjordbygg", False), ("projects", False),
    ],
)  # fmt: skip
def test_a_fault_is_aimed_at_operation_field_or_company(
    xledger: Xledger, match: str, hits: bool
) -> None:
    xledger.fault("query_timeout", match=match)
    answer = xledger.answer(_LINES, ROOT, operationName="Lines").json()
    assert ("errors" in answer) == hits


@pytest.mark.parametrize(
    ("agreement", "hits"), [("fjordgruppen", True), ("4700", True), ("4711", False)]
)
def test_a_fault_is_aimed_at_a_company(xledger: Xledger, agreement: str, hits: bool) -> None:
    xledger.fault("query_timeout", agreement=agreement)
    assert ("errors" in xledger.answer(_ONE).json()) == hits


def test_a_fault_is_aimed_at_a_later_field(xledger: Xledger) -> None:
    xledger.fault("query_timeout", match="customers")
    assert "errors" not in xledger.answer(_ONE).json()
    assert "errors" in xledger.answer(_TWO).json()


def test_a_record_comes_again_on_the_next_page_of_its_own_list(xledger: Xledger) -> None:
    xledger.fault("duplicate", where="next")
    last = xledger.ask(_LINES)["transactions"]["edges"][-1]
    assert "edges" in xledger.ask(_ONE)["accounts"]
    assert xledger.ask(_LINES)["transactions"]["edges"][0] == last


def test_kinds_of_xledger_do_nothing_elsewhere(xledger: Xledger) -> None:
    xledger.fault("burst", times=2)
    headers = {
        "X-AppSecretToken": "sandbox-app-secret",
        "X-AgreementGrantToken": "sandbox-grant-nordlys",
    }
    assert xledger.http.get("/economic/rest/self", headers=headers).status_code == 200
