"""Documents in Xledger: staged by one call, booked by its import job, and found again in each state."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import Any

import pytest
import requests

from saldo.errors import AuthError, ConfigError
from saldo.exports.accounting.targets.xledger.nodes import MOST_BYTES
from tests.exports.accounting.examples import PDF, line, mileage, receipt
from tests.exports.accounting.targets.xledger.support import Books, Written, books, content
from tests.support import Sandbox

RICH: dict[str, Any] = {
    "lines": [
        line(receipts=[receipt('tåg "1".pdf')], dimensions={"project": "P1000"}),
        mileage(receipts=[receipt("km.pdf")]),
        line(3, category="fee", amount="-100.10", vat_code=None, vat_amount=None),
    ]
}  # fmt: skip


@pytest.fixture
def havn(sandbox: Sandbox) -> Books:
    return books(sandbox, "xlsend")


def wrong(number: int, havn: Books) -> Any:
    """A claim whose project nobody knows."""
    return havn.dispatch(number, lines=[line(), mileage(dimensions={"project": "P404"})])


def test_from_nowhere_to_the_ledger(havn: Books) -> None:
    one = havn.dispatch(7, **RICH)
    assert havn.found(one).where == "nowhere"
    [outcome] = havn.send(one).values()
    assert (outcome.what, outcome.where, outcome.reference) == ("done", "waiting", "7")
    found = havn.found(one)
    assert (found.where, found.difference, found.copies, found.message) == ("waiting", "", 1, "")
    assert found.is_complete
    [staged] = havn.truth()["staged"][f"{one.document.reference}-1"]
    assert staged["file"]["sha256"] == sha256(PDF).hexdigest()
    assert staged["file"]["name"] == "tåg %221%22.pdf"
    assert (staged["amount"], staged["account"], staged["trRegNumber"]) == ("125.00", "2410", 7)
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.difference, found.copies) == ("posted", "", 1)
    assert havn.copies(one) == [(0, 1)] * 4
    assert havn.truth()["payables"][one.key] == [{"amount": "-472.75", "subledger": "0011"}]
    assert havn.balances() == {Decimal(0)}


@pytest.mark.parametrize("vat", ["apart", "within"])
@pytest.mark.parametrize("processed", ["gone", "listed", "archived"])
def test_booked_is_booked_however_xledger_shows_it(havn: Books, processed: str, vat: str) -> None:
    havn.do("set", processed=processed, vat=vat)
    one = havn.dispatch(1, **RICH)
    havn.send(one)
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.difference, found.copies, found.message) == ("posted", "", 1, "")
    # The same again, which nobody should do: both are seen.
    havn.send(one)
    assert havn.found(one).copies == 2
    havn.do("run_import")
    assert havn.found(one).copies == 2


def test_an_honorarium_without_a_ledger_of_its_own(havn: Books) -> None:
    one = havn.dispatch(
        1, kind="honorarium", employee=None, supplier="D1", lines=[line(category="fee")]
    )
    havn.send(one)
    assert havn.found(one).difference == ""
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.difference) == ("posted", "")
    assert havn.truth()["payables"] == {}


def test_calls_are_filled_and_a_voucher_is_never_parted(havn: Books) -> None:
    long = [havn.dispatch(n, lines=[line(at) for at in range(1, 150)]) for n in (1, 2, 3, 4)]
    groups = havn.target().groups(long)
    assert [[one.number for one in group] for group in groups] == [[1, 2, 3], [4]]
    assert havn.target().groups([]) == []
    outcomes = havn.send(*long)
    assert {one.what for one in outcomes.values()} == {"done"}
    assert havn.calls.of("addGLImportItems") == ["done", "done"]
    havn.do("run_import")
    assert {one.where for one in havn.target().look_up(long).values()} == {"posted"}
    assert havn.balances() == {Decimal(0)}


def test_a_call_holds_only_so_many_bytes(havn: Books) -> None:
    large = receipt(content=b"%PDF-" + b"x" * (MOST_BYTES // 3))
    claims = [havn.dispatch(n, lines=[line(receipts=[large])]) for n in (1, 2, 3, 4)]
    groups = havn.target().groups(claims)
    assert [[one.number for one in group] for group in groups] == [[1, 2], [3, 4]]


# --- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["all", "first"])
@pytest.mark.parametrize("tells", ["path", "client_id", "text", "words", "nothing"])
def test_one_bad_voucher_keeps_no_other_from_being_staged(
    havn: Books, tells: str, told: str
) -> None:
    havn.do("set", tells=tells, errors=told)
    claims = [havn.dispatch(1), wrong(2, havn), havn.dispatch(3), havn.dispatch(4), wrong(5, havn)]
    outcomes = havn.send(*claims)
    assert [outcomes[one.key].what for one in claims] == [
        "done",
        "refused",
        "done",
        "done",
        "refused",
    ]
    for one in (claims[1], claims[4]):
        outcome = outcomes[one.key]
        assert (outcome.where, outcome.family) == ("nowhere", "DataRejected")
        assert "mapping.dimensions of fjell.yaml" in outcome.message
        if tells != "nothing":
            assert "line 2: project.code: No value matching" in outcome.message
            assert "'P404'" in outcome.message
    assert [havn.copies(one)[0] for one in claims] == [(1, 0), (0, 0), (1, 0), (1, 0), (0, 0)]


def test_an_unknown_employee_is_told_with_its_remedy(havn: Books) -> None:
    one = havn.dispatch(1, employee="E404")
    [outcome] = havn.send(one).values()
    assert outcome.what == "refused"
    assert "what is owed: subledger.code: No value matching owner" in outcome.message
    assert "mapping.payable of fjell.yaml" in outcome.message


def test_where_only_bad_lines_are_refused_nothing_is_believed(havn: Books) -> None:
    """Half of a voucher is staged then: it is looked up, and a person decides."""
    havn.do("set", refuses="some")
    good, bad = havn.dispatch(1), wrong(2, havn)
    outcomes = havn.send(good, bad)
    assert {one.what for one in outcomes.values()} == {"unknown"}
    found = havn.target().look_up([good, bad])
    assert (found[good.key].where, found[good.key].difference) == ("waiting", "")
    assert found[bad.key].difference == "line 2 is missing among the staged lines"
    assert havn.copies(good) == [(1, 0)] * 2


def test_a_number_that_fits_no_voucher(havn: Books) -> None:
    good, bad = havn.dispatch(2**31 - 1), havn.dispatch(2**31)
    outcomes = havn.send(good, bad)
    assert [outcomes[one.key].what for one in (good, bad)] == ["done", "refused"]
    assert "2147483648" in outcomes[bad.key].message


def test_what_is_written_down_holds_no_file(havn: Books) -> None:
    one = havn.dispatch(7, **RICH)
    havn.send(one)
    [call] = havn.calls.calls
    assert (call["keys"], call["outcome"], call["status"]) == ([one.key], "done", 200)
    assert '"trRegNumber":7' in call["body"]
    assert '"invoiceFile":"7-1-t' in call["body"]
    assert PDF.decode() not in call["body"]


# --- the company ---------------------------------------------------------------------------------


def test_the_company_is_named_by_its_id(havn: Books) -> None:
    id = havn.company.client().own_entity().id
    assert havn.target().company == f"xledger production {id}"


def test_a_renamed_or_another_company_is_not_written_to(havn: Books) -> None:
    havn.do("rename", description="Noen andre AS")
    with pytest.raises(
        ConfigError, match=r"names the company 'xlsend ApS', and .* opens 'Noen andre AS'"
    ):
        assert havn.target().company
    with pytest.raises(ConfigError):
        havn.send(havn.dispatch(1))
    assert havn.truth()["staged"] == {}
    assert havn.calls.calls == []


def test_lines_go_to_the_entity_of_the_connection_not_to_that_of_its_token(
    sandbox: Sandbox,
) -> None:
    above = books(sandbox, "xlabove")
    below = books(sandbox, "xlbelow", xledger_above=above.company.id)
    below.company.token = f"sandbox-xledger-token-{above.company.id}"
    below.company.owner = below.target(
        token=f"sandbox-xledger-token-{below.company.id}"
    ).company.split()[-1]
    one = below.dispatch(1)
    assert below.target().check([one.document]) == {}
    below.send(one)
    assert below.copies(one) == [(1, 0)] * 2
    assert above.truth()["staged"] == {}
    below.do("run_import")
    found = below.found(one)
    assert (found.where, found.difference) == ("posted", "")


def test_a_token_without_the_scope_sends_nothing(havn: Books) -> None:
    token = "sandbox-xledger-may-only-read-" + havn.company.id
    scopes = ["glImportItems", "glImportItemErrors", "transactions", "apTransactions"]
    url = f"{havn.company.sandbox.url}/sandbox/credentials/xledger/{token}"
    opens = [havn.company.client().own_entity().id]
    requests.put(url, json={"opens": opens, "scopes": scopes}, timeout=10).raise_for_status()
    target = havn.target(token=token)
    with pytest.raises(AuthError, match="may not call addGLImportItems"):
        target.send([havn.dispatch(1)], content, Written())
    assert havn.truth()["staged"] == {}
