"""Documents in Xledger: staged by one call, booked by its import job, and found again in each state."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.exports.accounting.examples import PDF, line, mileage, receipt
from tests.exports.accounting.targets.xledger.support import Books, books
from tests.support import Sandbox


@pytest.fixture
def havn(sandbox: Sandbox) -> Books:
    return books(sandbox, "xlsend")


def test_from_nowhere_to_the_ledger(havn: Books) -> None:
    one = havn.dispatch(
        7,
        lines=[line(receipts=[receipt('tåg "1".pdf')], dimensions={"project": "P1000"}), mileage()],
    )
    assert havn.found(one).where == "nowhere"
    [outcome] = havn.send(one).values()
    assert (outcome.what, outcome.where, outcome.reference) == ("done", "waiting", "7")
    found = havn.found(one)
    assert (found.where, found.difference, found.copies, found.message) == ("waiting", "", 1, "")
    assert found.is_complete
    [staged] = havn.truth()["staged"][f"{one.document.reference}-1"]
    assert staged["file"]["sha256"] == sha256(PDF).hexdigest()
    assert staged["amount"] == "125.00"
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.difference, found.copies) == ("posted", "", 1)
    assert havn.copies(one) == [(0, 1)] * 3
    assert havn.truth()["payables"][one.key] == [{"amount": "-572.85", "subledger": "0011"}]
    assert havn.balances() == {0}
