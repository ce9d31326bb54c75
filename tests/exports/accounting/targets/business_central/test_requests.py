"""How many requests a hundred claims take: as few as there can be, since each is one of a limit."""

from __future__ import annotations

from saldo.exports.accounting.sections import Limits
from tests.exports.accounting.examples import receipt
from tests.support import Sandbox

from .support import Desk, desk, taxi


def spent(one: Desk, before: int) -> int:
    return one.client.usage.requests - before


def test_a_hundred_claims_of_five_lines(sandbox: Sandbox) -> None:
    """At least: five batches of a hundred lines, and one post. The rest is looking, a request each time."""
    one = desk(sandbox, "bcrequests")
    claims = [one.claim(f"EXP-{n}", *[taxi(line) for line in range(1, 6)]) for n in range(100)]
    one.target.check([claims[0].document])  # company, journal, setup

    before = one.client.usage.requests
    assert {found.where for found in one.look(*claims).values()} == {"nowhere"}
    assert spent(one, before) == 1
    assert {out.what for out in one.send(*claims).values()} == {"done"}
    assert spent(one, before) == 1 + 5
    assert {found.where for found in one.look(*claims).values()} == {"waiting"}
    assert spent(one, before) == 1 + 5 + 1
    outcomes = one.post(*claims)
    assert {out.where for out in outcomes.values()} == {"posted"}
    assert spent(one, before) == 1 + 5 + 1 + 4  # the journal, what is there, the post, the ledger


def test_receipts_are_looked_for_and_made_together(sandbox: Sandbox) -> None:
    """At least one upload each."""
    one = desk(sandbox, "bcfiles")
    claims = [one.claim(f"EXP-{n}", taxi(receipts=[receipt()])) for n in range(40)]
    one.send(*claims)
    before = one.client.usage.requests
    assert {out.what for out in one.complete(*claims).values()} == {"done"}
    assert spent(one, before) == 40 + 4  # lines, files that are there, records, lines once more


def test_nothing_is_asked_of_a_copy_that_lags(sandbox: Sandbox) -> None:
    """The sandbox's copy does not know the last twenty changes: the look-up after a write does."""
    one = desk(sandbox, "bcreplica")
    one.books.do("set", replica_lag=1_000)
    claim = one.claim("EXP-1")
    one.send(claim)
    assert one.look(claim)[claim.key].where == "waiting"


def test_no_more_than_the_file_allows(sandbox: Sandbox) -> None:
    one = desk(sandbox, "bclimits")
    one.change(limits=Limits(requests_a_minute=2))
    waits = [one.client.credentials.limiter.delay_s() for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert waits[2] > 0
