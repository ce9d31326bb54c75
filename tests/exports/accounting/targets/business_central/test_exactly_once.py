"""Whatever goes wrong on the way, each document is in the ledger once, with its own amounts, or refused and not there at all."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from decimal import Decimal

import pytest

from saldo.errors import SaldoError
from saldo.exports.accounting.targets.target import Dispatch, Outcome
from saldo.transport import Policy
from tests.exports.accounting.examples import receipt
from tests.support import IS_WHOLE_SUITE, Sandbox

from .support import Desk, desk, dinner, fee, opened, taxi

#: One try each, so that trouble is not waited out.
_ONCE = Policy(max_tries=1, connect_timeout_s=5, read_timeout_s=1.5)
_FAULTS = ("drop", "lost", "late", "partial", "429", "503", "500", "expired", "revoked", "truncate", "html")  # fmt: skip
_ROUNDS = 40


def documents(one: Desk) -> list[Dispatch]:
    claims = [
        one.claim(f"EXP-{n}", taxi(receipts=[receipt()]), dinner(2, f"{100 + n}.50"), taxi(3, f"-{n}.25")) for n in range(1, 8)
    ]  # fmt: skip
    bad = one.claim("EXP-8", taxi(), taxi(2, category="old"))
    return [
        *claims,
        bad,
        *[one.honorarium(f"HON-{n}", fee(receipts=[receipt()])) for n in (1, 2, 3)],
    ]


def step(one: Desk, left: Sequence[Dispatch], act: Callable[..., dict[str, Outcome]]) -> dict[str, Outcome]:  # fmt: skip
    """What a run does with what a look-up found; trouble of the target as a whole ends it."""
    try:
        return act(*left) if left else {}
    except SaldoError:
        return {}


def night(one: Desk, all_of_them: Sequence[Dispatch], refused: set[str]) -> set[str]:
    """One run after another's: looks, sends what is nowhere, completes, posts. Gives the keys that are posted."""
    left = [each for each in all_of_them if each.key not in refused]
    try:
        found = one.look(*left)
    except SaldoError:
        return set()
    assert {(key, seen.copies, seen.difference) for key, seen in found.items()} == {(each.key, 1, "") for each in left}  # fmt: skip
    outcomes = step(one, [each for each in left if found[each.key].where == "nowhere"], one.send)
    refused |= {key for key, out in outcomes.items() if out.what == "refused"}
    waiting = [each for each in left if found[each.key].where == "waiting"]
    step(one, [each for each in waiting if not found[each.key].is_complete], one.complete)
    whole = [each for each in waiting if found[each.key].is_complete]
    keys = [each.key for each in all_of_them]
    step(one, whole, lambda *ready: one.post(*ready, expected=keys) if len(whole) == len(waiting) else {})  # fmt: skip
    return {key for key, seen in found.items() if seen.where == "posted"}


@pytest.mark.parametrize("seed", range(30 if IS_WHOLE_SUITE else 4))
def test_exactly_once(sandbox: Sandbox, seed: int) -> None:
    draw = random.Random(seed)
    one = desk(sandbox, f"bconce{seed}")
    all_of_them, refused, posted = documents(one), set[str](), set[str]()
    for round in range(_ROUNDS):
        for _ in range(draw.randrange(3) if round < _ROUNDS // 2 else 0):
            one.books.company.fault(draw.choice(_FAULTS), after=draw.randrange(4), seconds=2)
        posted = night(opened(one.books, policy=_ONCE), all_of_them, refused)
        if len(posted) + len(refused) == len(all_of_them):
            break
    truth = one.books.truth()
    assert refused == {all_of_them[7].key}
    assert (truth["lines"], len(truth["invoices"])) == ({}, 3)
    for each in all_of_them[:7]:
        rows = truth["posted"][each.key]
        assert len(rows) == 7  # three costs, what is owed for each, and VAT
        owed = sum(Decimal(row["amount"]) for row in rows if row["account"] == "5410")
        assert owed == -each.document.total
    assert {invoice["status"] for invoice in truth["invoices"]} == {"Open"}
    assert len(truth["posted"]) == 10
    assert len({(file["parent"], file["document"], file["name"]) for file in truth["files"] if file["bytes"]}) == 10  # fmt: skip
