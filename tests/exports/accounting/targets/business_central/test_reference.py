"""What the company's own setup says against documents, all of it, before anything is sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saldo.errors import Unavailable
from saldo.exports.accounting.document import AccountingDocument
from tests.support import Sandbox

from .support import Desk, desk, dinner, fee, taxi


@pytest.fixture
def one(sandbox: Sandbox) -> Desk:
    return desk(sandbox, "bcreference")


def said(one: Desk, *documents: AccountingDocument) -> dict[str, list[str]]:
    found = one.target.check(list(documents))
    return {key: [str(problem) for problem in problems] for key, problems in found.items()}


def only(one: Desk, *lines: dict[str, Any], **changes: Any) -> str:
    document = one.document("EXP-1", *lines, **changes)
    ((told,),) = said(one, document).values()
    return told


def test_nothing_is_wrong(one: Desk) -> None:
    documents = [
        one.document("EXP-1", taxi(dimensions={"department": "OPS", "project": "P1"}), dinner(2)),
        one.honorarium("HON-1", fee()).document,
    ]
    assert said(one, *documents) == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (taxi(category="nowhere"), "lines[line=1].category: account 9999, which the company does not have; expected: one of its accounts. "
         "Remedy: create it in Business Central, or correct mapping.accounts of bygg.yaml"),
        (taxi(category="old"), "lines[line=1].category: account 4450 (Old travel account) is blocked; expected: one that is not blocked."),
        (taxi(category="heading"), "account 4000 (Operating expenses) is of the type Heading; expected: one of the type Posting."),
        (taxi(category="indirect"), "account 5410 (Vendors) is not for direct posting; expected: one with Direct Posting."),
        (taxi(dimensions={"team": "A"}), "lines[line=1].dimensions: dimension TEAM, which the company does not have;"),
        (taxi(dimensions={"department": "P1"}), "AFDELING P1, which the company does not have; expected: a value of AFDELING."),
        (dinner(vat_code="7", vat_amount="8.18"), "lines[line=1].vat_code: VAT product posting group UNKNOWN, which the company does not have;"),
    ],
)  # fmt: skip
def test_what_a_line_has(one: Desk, line: dict[str, Any], words: str) -> None:
    assert words in only(one, line)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"employee": "V77777"}, "vendor V77777, which the company does not have; expected: one of its vendors. Remedy: create it in Business Central, or correct mapping.payable.expense of bygg.yaml"),
        ({"employee": "V00040"}, "vendor V00040 (Driver 40) is blocked (All);"),
    ],
)  # fmt: skip
def test_who_is_owed(one: Desk, changes: dict[str, Any], words: str) -> None:
    assert words in only(one, **changes)


def test_whom_nobody_may_pay_may_be_owed_more(one: Desk) -> None:
    """Blocked for payments, as a vendor in a dispute is."""
    claim = one.claim("EXP-1", employee="V00039")
    assert one.target.check([claim.document]) == {}
    one.send(claim)
    assert one.post(claim)[claim.key].where == "posted"


def test_a_vendor_with_a_currency_of_its_own(one: Desk) -> None:
    """A line of a journal would be booked in that currency: 121 euro instead of 121 kroner. An invoice says its own."""
    claim = one.claim("EXP-1", employee="V00038")
    assert only(one, employee="V00038") == (
        "vendor V00038 (Driver 38) has the currency EUR, in which its lines of the journal would be booked; expected: one in NOK. Remedy: "
        "have its Currency Code cleared in Business Central, owe it to another, or book it by hand as 121.00 NOK"
    )  # fmt: skip
    one.send(claim)
    one.post(claim)
    assert one.books.posted(claim.key)["4410"] == Decimal("1391.50")
    assert one.target.check([one.honorarium("HON-1", supplier="V00038").document]) == {}


def test_a_blocked_dimension_value_is_refused_by_its_line(one: Desk) -> None:
    """The API lists values without saying which are blocked, and refuses a question for that field."""
    claim = one.claim("EXP-1", taxi(dimensions={"department": "OLD"}))
    assert one.target.check([claim.document]) == {}
    outcome = one.send(claim)[claim.key]
    assert (outcome.what, outcome.where) == ("refused", "nowhere")
    assert "Dimension Value AFDELING - OLD is blocked." in outcome.message
    assert outcome.message.endswith("Remedy: have it unblocked in Business Central, or use another")


def test_periods(one: Desk) -> None:
    closed = said(one, one.document("EXP-1", date="2024-05-02"))
    (problems,) = closed.values()
    assert problems == [
        "date: posting date 2024-05-02, in the period from 2024-05-01, which is closed; expected: a period that is open. "
        "Remedy: approve it with another date, or book it by hand: a closed year of Business Central is never opened again"
    ]  # fmt: skip
    one.books.do("period", **{"from": "2026-03-01", "to": "2026-03-31"})
    for day, words in (("2026-02-28", "from 2026-03-01 until 2026-03-31"), ("2026-04-01", "from 2026-03-01 until 2026-03-31")):  # fmt: skip
        (problems,) = said(one.anew(), one.document("EXP-1", date=day)).values()
        assert words in problems[0]
    assert said(one.anew(), one.document("EXP-1", date="2026-03-31")) == {}
    one.books.do("period", **{"from": "0001-01-01", "to": "2026-03-31"})  # no bound
    (problems,) = said(one.anew(), one.document("EXP-1", date="2026-04-01")).values()
    assert "expected: a day that is open: until 2026-03-31." in problems[0]
    (problems,) = said(one, one.document("EXP-1", date="2000-01-05")).values()
    assert any("a day in one of the company's accounting periods" in told for told in problems)


def test_employees(one: Desk) -> None:
    staff = one.anew(payable={"expense": {"type": "employee"}})
    assert said(staff, staff.document("EXP-1", employee="E12")) == {}
    assert "employee E99, which the company does not have" in only(staff, employee="E99")


def test_currencies_journals_and_all_at_once(one: Desk) -> None:
    paid = one.honorarium("HON-1", currency="GBP").document
    assert "currency: GBP, which the company does not have" in said(one, paid)[paid.key][0]
    one.into("NONE")
    assert "no journal batch NONE; expected: one in Business Central" in only(one)
    one.into("SALDO")
    one.change(currency="DKK")
    assert only(one, currency="DKK").startswith("currency: books in NOK; expected: DKK, as bygg.yaml says")  # fmt: skip
    one.change(currency="NOK")
    bad = one.document("EXP-1", taxi(category="old"), taxi(2, category="nowhere"), employee="V00040")  # fmt: skip
    assert len(said(one, bad)[bad.key]) == 3


def test_it_is_read_once_in_one_request_for_many(one: Desk) -> None:
    documents = [one.document(f"EXP-{n}", taxi(), dinner(2)) for n in range(60)]
    one.target.check(documents[:1])
    before = one.client.usage.requests
    one.target.check(documents)
    assert one.client.usage.requests == before
    one.target.check([one.document("EXP-1", taxi(category="plain"))])
    assert one.client.usage.requests == before + 1


def test_a_table_the_app_may_not_read(one: Desk) -> None:
    document = one.document("EXP-1")
    one.look(one.claim("EXP-1"))
    one.books.company.fault("partial", match="taxGroups")
    with pytest.raises(Unavailable, match="was refused: Fault"):
        one.target.check([document])
    assert one.target.check([document]) == {}
