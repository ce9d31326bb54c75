"""Calls whose outcome is not seen: nothing is sent twice, and nothing is believed that was not looked up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from saldo.errors import AuthError, RateLimited, Unavailable
from saldo.exports.accounting.targets.target import Dispatch
from saldo.transport import Policy
from tests.exports.accounting.examples import line, mileage, receipt
from tests.exports.accounting.targets.xledger.support import Books, books
from tests.support import Sandbox

ADD = "addGLImportItems"
#: Reads are tried again; the answer to a write is not waited for long.
HASTY = Policy(max_tries=3, first_wait_s=0.01, read_timeout_s=1.5)


@pytest.fixture
def havn(sandbox: Sandbox) -> Iterator[Books]:
    yield books(sandbox, "xlfault")
    sandbox.clear_faults()


def claims(havn: Books, many: int = 3) -> list[Dispatch]:
    lines = [line(receipts=[receipt()]), mileage()]
    return [havn.dispatch(n, lines=lines) for n in range(1, many + 1)]


def copies(havn: Books, dispatches: list[Dispatch]) -> set[int]:
    """How often lines are there, staged or booked."""
    return {sum(one) for dispatch in dispatches for one in havn.copies(dispatch)}


# --- it is done, and nobody knows ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("drop", {}), ("lost", {"by": 504}), ("lost", {"by": 500}), ("late", {"seconds": 2.0}), ("truncate", {}), ("html", {}),
        ("empty", {}), ("missing", {}), ("partial", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_was_done_and_not_seen_is_found(havn: Books, kind: str, more: dict[str, Any]) -> None:
    sent = claims(havn)
    havn.company.fault(kind, match=ADD, times=1, **more)
    outcomes = havn.send(*sent, target=havn.target(policy=HASTY))
    assert {one.what for one in outcomes.values()} == {"unknown"}
    assert havn.calls.of(ADD) == ["unknown"]
    found = havn.target().look_up(sent)
    assert {(one.where, one.difference, one.copies) for one in found.values()} == {
        ("waiting", "", 1)
    }
    havn.do("run_import")
    assert {one.where for one in havn.target().look_up(sent).values()} == {"posted"}
    assert copies(havn, sent) == {1}
    assert havn.balances() == {Decimal(0)}


# --- it is not done ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more"),
    [("503", {}), ("504", {}), ("graphql_error", {"put": "An unexpected error occurred."}), ("query_timeout", {}), ("timeout", {"seconds": 2.0})],
)  # fmt: skip
def test_what_may_have_been_done_is_unknown_even_if_it_was_not(
    havn: Books, kind: str, more: dict[str, Any]
) -> None:
    sent = claims(havn)
    havn.company.fault(kind, match=ADD, times=1, **more)
    outcomes = havn.send(*sent, target=havn.target(policy=HASTY))
    assert {(one.what, one.family) for one in outcomes.values()} == {("unknown", "OutcomeUnknown")}
    assert {one.where for one in havn.target().look_up(sent).values()} == {"nowhere"}
    assert {one.what for one in havn.send(*sent).values()} == {"done"}
    assert copies(havn, sent) == {1}


@pytest.mark.parametrize("kind", ["burst", "concurrency"])
def test_a_limit_is_waited_for_and_then_raised(havn: Books, kind: str) -> None:
    sent = claims(havn)
    hurried = havn.target(policy=Policy(max_tries=1))
    havn.company.fault(kind, match=ADD, times=1)
    with pytest.raises(RateLimited):
        havn.send(*sent, target=hurried)
    assert havn.calls.of(ADD) == ["failed"]
    assert copies(havn, sent) == {0}
    assert {one.what for one in havn.send(*sent).values()} == {"done"}
    assert copies(havn, sent) == {1}


@pytest.mark.parametrize("kind", ["scope", "expired"])
def test_rights_are_told_as_such(havn: Books, kind: str) -> None:
    havn.company.fault(kind, match=ADD, times=1)
    with pytest.raises(AuthError):
        havn.send(*claims(havn))
    assert havn.calls.of(ADD) == ["failed"]
    assert havn.truth()["staged"] == {}


def test_no_connection_is_raised_and_nothing_was_sent(havn: Books) -> None:
    target = havn.target(policy=Policy(max_tries=1))
    assert target.company
    target._client.url = target._client.url.replace(str(_port(havn)), "9")
    target._client._writes._http._base_urls = ("http://127.0.0.1:9/",)
    with pytest.raises(Unavailable):
        havn.send(*claims(havn), target=target)
    assert havn.calls.of(ADD) == ["failed"]


def _port(havn: Books) -> int:
    return int(havn.company.sandbox.url.rpartition(":")[2])


@pytest.mark.parametrize("status", ["413", "404"])
def test_a_call_that_is_too_large_is_sent_in_parts(havn: Books, status: str) -> None:
    sent = claims(havn)
    havn.company.fault(status, match=ADD, times=1)
    assert {one.what for one in havn.send(*sent).values()} == {"done"}
    assert havn.calls.of(ADD) == ["failed", "done", "done"]
    assert copies(havn, sent) == {1}


def test_a_claim_that_is_too_large_for_a_call_is_refused_for_itself(havn: Books) -> None:
    sent = claims(havn)
    havn.company.fault("413", match=ADD, times=2)
    outcomes = havn.send(*sent)
    assert [outcomes[one.key].what for one in sent] == ["refused", "done", "done"]
    assert "the call is too large for it, with 0.0 MB of receipts" in outcomes[sent[0].key].message
    assert copies(havn, sent[1:]) == {1}


# --- in the middle -------------------------------------------------------------------------------


def wrong(havn: Books, number: int) -> Dispatch:
    return havn.dispatch(number, lines=[line(dimensions={"project": "P404"})])


def test_the_call_after_a_refused_one_fails_for_itself(havn: Books) -> None:
    """What was refused is refused, the others may be tried again: nothing is raised once something was sent."""
    sent = [havn.dispatch(1), wrong(havn, 2), havn.dispatch(3)]
    target = havn.target(policy=Policy(max_tries=1))
    havn.company.fault("burst", match=ADD, after=1, times=1)
    outcomes = havn.send(*sent, target=target)
    assert [outcomes[one.key].what for one in sent] == ["failed", "refused", "failed"]
    assert copies(havn, sent) == {0}
    havn.company.fault("drop", match=ADD, after=1, times=1)
    outcomes = havn.send(*sent)
    assert [outcomes[one.key].what for one in sent] == ["unknown", "refused", "unknown"]
    assert [havn.found(one).where for one in sent] == ["waiting", "nowhere", "waiting"]


def test_a_look_up_that_fails_is_raised_and_never_nowhere(havn: Books) -> None:
    [one] = claims(havn, 1)
    havn.send(one)
    for kind in ("graphql_error", "truncate", "503", "partial"):
        havn.company.fault(kind, match="glImportItems", times=9)
        with pytest.raises(Unavailable):
            havn.target().look_up([one], havn.calls)
        havn.company.sandbox.clear_faults()
    assert havn.calls.calls[-1]["outcome"] == "failed"


def test_a_look_up_after_a_refusal_that_fails_sends_nothing_more(havn: Books) -> None:
    sent = [havn.dispatch(1), wrong(havn, 2)]
    havn.company.fault("503", match="glImportItems", times=9)
    outcomes = havn.send(*sent)
    assert {one.what for one in outcomes.values()} == {"unknown"}
    assert havn.calls.of(ADD) == ["refused"]


def test_pages_of_a_look_up_are_read_to_their_end(sandbox: Sandbox) -> None:
    """A page of many rows times out there; smaller ones do not."""
    small = books(sandbox, "xlpages", xledger_page=100)
    sent = [small.dispatch(n, lines=[line(at) for at in range(1, 60)]) for n in (1, 2, 3, 4)]
    small.send(*sent)
    assert {one.difference for one in small.target().look_up(sent).values()} == {""}
    small.do("run_import")
    assert {(one.where, one.difference) for one in small.target().look_up(sent).values()} == {
        ("posted", "")
    }
