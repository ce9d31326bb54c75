"""Posting a journal: once, all of ours, nothing of anybody else's, and one bad claim does not keep the others."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from saldo.errors import DataRejected, RateLimited
from saldo.exports.accounting.targets.business_central.comparing import entries
from saldo.exports.accounting.targets.business_central.posting import _lines_named
from saldo.exports.accounting.targets.target import Dispatch, Found
from saldo.vendors.business_central.refusals import Refusal
from tests.sandbox.vendors.business_central.asking import TAXI
from tests.support import Sandbox

from .support import Desk, desk, dinner, taxi


@pytest.fixture
def one(sandbox: Sandbox) -> Desk:
    return desk(sandbox, "bcposting")


def sent(one: Desk, *claims: Dispatch) -> tuple[Dispatch, ...]:
    assert {out.what for out in one.send(*claims).values()} <= {"done"}
    one.register.calls.clear()
    return claims


def three(one: Desk) -> tuple[Dispatch, ...]:
    return sent(
        one, one.claim("EXP-1", taxi(), dinner(2)), one.claim("EXP-2", dinner(amount="99.99")),
        one.claim("EXP-3", taxi(), taxi(2, "-121.00"), taxi(3, "5.00")),
    )  # fmt: skip


def test_all_are_posted_at_once_and_the_ledger_says_so(one: Desk) -> None:
    claims = three(one)
    outcomes = one.post(*claims)
    assert {(out.what, out.where) for out in outcomes.values()} == {("done", "posted")}
    assert one.lines() == {}
    assert one.register.told() == [("Microsoft.NAV.post", "done", 204)]
    assert one.books.posted(claims[0].key) == {
        "4410": Decimal("121.00"), "4430": Decimal("100.00"), "5630": Decimal("25.00"), "5410": Decimal("-125.00"),
    }  # fmt: skip
    for claim in claims:
        assert one.look(claim)[claim.key] == Found(where="posted", reference=claim.key)
    assert {(out.what, out.where) for out in one.post(*claims).values()} == {("done", "posted")}
    assert len(one.register.told()) == 1


def test_what_is_in_the_ledger_is_compared(one: Desk) -> None:
    claims = three(one)
    one.post(*claims)
    one.books.do("change_entry", documentNumber=claims[0].key, debitAmount="120.00")
    assert one.look(claims[0])[claims[0].key].difference == "account 4410 has 120.00 there, 121.00 here (without VAT)"  # fmt: skip
    one.books.do("change_entry", documentNumber=claims[1].key, debitAmount="79.99", accountNumber="4420")  # fmt: skip
    assert "account 4430 has 0.00 there, 79.99 here" in one.look(claims[1])[claims[1].key].difference  # fmt: skip
    one.books.do("change_entry", documentNumber=claims[2].key, postingDate="2026-03-05")
    assert one.look(claims[2])[claims[2].key].difference == "posted on 2026-03-05 there, 2026-03-02 here"  # fmt: skip
    one.books.do("delete_entries", documentNumber=claims[2].key)
    assert one.look(claims[2])[claims[2].key].where == "nowhere"


def test_what_was_reversed_in_the_ledger_is_not_there(one: Desk) -> None:
    """Its entries stay, and so do their opposites; also where the accounts decide the VAT, and nobody knows what they cost."""
    one = one.anew(no_vat=None)
    document = one.document("EXP-1", taxi(), taxi(2, "-21.00"))

    def booked(number: str, amount: str) -> dict[str, Any]:
        value, day = Decimal(amount), str(document.posting_date)
        sides = {"debitAmount": max(value, Decimal(0)), "creditAmount": max(-value, Decimal(0))}
        return {"accountNumber": number, "postingDate": day, **sides}

    there = [
        booked("4410", "96.80"), booked("5630", "24.20"), booked("5410", "-121.00"), booked("4410", "-21.00"), booked("5410", "21.00"),
    ]  # fmt: skip
    back = [{**row, "debitAmount": row["creditAmount"], "creditAmount": row["debitAmount"]} for row in there]  # fmt: skip
    told = [
        (found.difference, found.copies)
        for found in (entries(document, rows) for rows in (there, there + back, there + back + there, there + there))
    ]  # fmt: skip
    assert told == [("", 1), ("100.00 owed is out of the ledger again", 1), ("", 1), ("", 2)]


def test_it_is_in_the_ledger_twice(one: Desk) -> None:
    (claim,) = sent(one, one.claim("EXP-1", taxi(), dinner(2)))
    one.post(claim)
    sent(one, claim)
    found = one.look(claim)[claim.key]
    assert (found.copies, found.where) == (2, "posted")
    outcome = one.post(claim)[claim.key]
    assert (outcome.what, one.register.told()) == ("refused", [])
    assert "there 2 times, in the journal and in the ledger" in outcome.message
    one.books.do("post_journal", journal="SALDO")
    assert one.look(claim)[claim.key].copies == 2


def test_a_late_copy_of_another_claim_is_never_posted(one: Desk) -> None:
    """What was posted, and whose lost first request is carried out later, lies in the journal once more."""
    (old,) = sent(one, one.claim("EXP-1"))
    one.post(old)
    sent(one, old)
    (new,) = sent(one, one.claim("EXP-2"))
    with pytest.raises(DataRejected, match=f"cannot be posted while it holds {old.key}"):
        one.post(new, expected=[old.key])
    assert set(one.books.truth()["posted"]) == {old.key}


def test_what_is_twice_in_the_journal_is_never_posted_by_the_way(one: Desk) -> None:
    twice, good = sent(one, one.claim("EXP-1", taxi(), taxi(2)), one.claim("EXP-2"))
    sent(one, structs.replace(twice, number=77))
    with pytest.raises(DataRejected, match=f"cannot be posted while it holds {twice.key}"):
        one.post(good, expected=[twice.key])
    assert one.books.truth()["posted"] == {}


def test_lines_of_somebody_else_are_never_posted(one: Desk) -> None:
    claims = three(one)
    (journal,) = one.books.found("journals", "code eq 'SALDO'")
    for n in range(7):
        one.books.made(f"journals({journal['id']})/journalLines", {**TAXI, "documentNumber": f"HAND-{n}"})  # fmt: skip
    with pytest.raises(DataRejected) as raised:
        one.post(*claims)
    told = str(raised.value)
    assert "SALDO holds 7 lines that are none of these expenses: document HAND-0, line " in told
    assert ": 121.00 on account 4410 (Taxi, de Vries); document HAND-1" in told
    assert "HAND-4" in told
    assert "HAND-5" not in told
    assert "and 2 more" in told
    assert (one.register.told(), one.books.truth()["posted"]) == ([], {})
    for n in range(7):
        one.books.do("delete_line", documentNumber=f"HAND-{n}")
    with pytest.raises(DataRejected, match=claims[2].key):
        one.post(*claims[:2])
    assert {out.where for out in one.post(*claims[:2], expected=[claims[2].key]).values()} == {"posted"}  # fmt: skip


@pytest.mark.parametrize("kind", ["drop", "lost", "late"])
def test_a_post_nobody_saw_is_looked_up_in_the_ledger(one: Desk, kind: str) -> None:
    claims = three(one)
    one.books.company.fault(kind, match="Microsoft.NAV.post", seconds=3)
    outcomes = one.post(*claims)
    assert {(out.what, out.where) for out in outcomes.values()} == {("done", "posted")}
    assert one.register.told() == [("Microsoft.NAV.post", "unknown", 504 if kind == "lost" else None if kind == "late" else 200)] or kind == "drop"  # fmt: skip


def test_a_post_that_was_not_done_is_unknown_while_it_may_be(one: Desk) -> None:
    claims = three(one)
    one.books.company.fault("504", match="Microsoft.NAV.post")
    outcomes = one.post(*claims)
    assert {out.what for out in outcomes.values()} == {"unknown"}
    assert {found.where for found in one.look(*claims).values()} == {"waiting"}
    one.books.company.fault("429", match="Microsoft.NAV.post", times=9)
    with pytest.raises(RateLimited):
        one.post(*claims)


def test_the_period_closes_between_check_and_post(one: Desk) -> None:
    """Of three claims one is of a month that closes: it is taken out, the others are posted."""
    early = one.claim("EXP-1", date="2026-02-02")
    later = [one.claim("EXP-2"), one.claim("EXP-3", dinner())]
    sent(one, early, *later)
    assert one.target.check([early.document]) == {}
    one.books.do("close_on_post", **{"from": "2026-03-01"})
    outcomes = one.post(early, *later)
    assert [outcomes[claim.key].where for claim in later] == ["posted", "posted"]
    bad = outcomes[early.key]
    assert (bad.what, bad.where) == ("refused", "nowhere")
    assert "Posting Date is not within your range of allowed posting dates" in bad.message
    assert "Remedy: open the period" in bad.message
    assert "Its lines were taken out of the journal, so that the others could be posted" in bad.message  # fmt: skip
    assert one.lines() == {}
    assert one.look(early)[early.key].where == "nowhere"
    taken = [request for call in one.register.calls if call[3] and call[1] == "POST" for request in call[3]["requests"]]  # fmt: skip
    assert [(request["method"], request["headers"]["If-Match"][:3]) for request in taken] == [("DELETE", 'W/"')]  # fmt: skip
    assert [call[:2] for call in one.register.told()] == [
        ("Microsoft.NAV.post", "refused"), ("$batch", "done"), ("Microsoft.NAV.post", "done"),
    ]  # fmt: skip
    one.books.do("period", **{"from": "2026-01-01"})
    assert one.send(early)[early.key].what == "done"
    assert one.post(early)[early.key].where == "posted"


def test_a_dimension_that_an_account_demands(one: Desk) -> None:
    bad, good = sent(one, one.claim("EXP-1", taxi(category="mileage")), one.claim("EXP-2"))
    outcomes = one.post(bad, good)
    assert (outcomes[bad.key].what, outcomes[good.key].where) == ("refused", "posted")
    assert "Select a Dimension Value Code for the Dimension Code AFDELING" in outcomes[bad.key].message  # fmt: skip
    assert "map the dimension the account wants" in outcomes[bad.key].message


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("A dimension used in Gen. Journal Line GENERAL, SALDO, 10000 has caused an error. Select", {10000}),
        ("A dimension used in Gen. Journal Line GENERAL, SALDO, 1,234,500 has caused an error.", {1234500}),
        ("in Gen. Journal Line Journal Template Name='GENERAL',Journal Batch Name='SALDO',Line No.='20.000'.", {20000}),
        ("Document No. EXP-1 is out of balance by 3.", set()),
    ],
)  # fmt: skip
def test_lines_are_known_by_what_is_said_of_them(text: str, numbers: set[int]) -> None:
    assert _lines_named(Refusal(400, "Application_DialogException", text)) == numbers


def test_what_the_setup_says_of_several_is_found_at_once(one: Desk) -> None:
    claims = sent(
        one, one.claim("EXP-1", dinner()), one.claim("EXP-2"), one.claim("EXP-3", employee="V00007"), one.claim("EXP-4"),
    )  # fmt: skip
    one.target.check([claim.document for claim in claims])
    one.books.do("account", number="4430", blocked=True)
    one.books.do("vendor", number="V00007", blocked="All")
    outcomes = one.post(*claims)
    assert [outcomes[claim.key].where for claim in claims] == ["nowhere", "posted", "nowhere", "posted"]  # fmt: skip
    assert "vendor V00007 (Driver 7) is blocked (All)" in outcomes[claims[2].key].message
    assert len([call for call in one.register.told() if call[0] == "Microsoft.NAV.post"]) == 2


def test_somebody_changes_a_line_before_it_is_taken_out(one: Desk) -> None:
    bad, good = sent(one, one.claim("EXP-1", taxi(category="mileage")), one.claim("EXP-2"))
    one.books.company.fault("partial", match="DELETE")
    outcomes = one.post(bad, good)
    assert (outcomes[bad.key].what, outcomes[bad.key].where) == ("refused", "waiting")
    assert "could not be taken out of the journal" in outcomes[bad.key].message
    assert outcomes[good.key].what == "failed"
    assert outcomes[good.key].message == f"waits for {bad.key}, which Business Central will not post"  # fmt: skip
    assert one.lines() == {bad.key: 1, good.key: 1}


def test_nobody_knows_which_it_is(one: Desk) -> None:
    claims = three(one)
    one.books.do("lock", writes=1)
    outcomes = one.post(*claims)
    assert {out.what for out in outcomes.values()} <= {"failed", "unknown"}
    one.books.company.fault("400", match="Microsoft.NAV.post")
    outcomes = one.post(*claims)
    assert {out.what for out in outcomes.values()} == {"refused"}
    assert "which line is to blame cannot be told" in outcomes[claims[0].key].message
    assert set(one.lines()) == {claim.key for claim in claims}


def test_what_was_changed_or_deleted_since_is_not_posted(one: Desk) -> None:
    changed, deleted, good = sent(one, *[one.claim(f"EXP-{n}") for n in (1, 2, 3)])
    one.books.do("delete_line", documentNumber=deleted.key)
    one.books.do("change_line", documentNumber=changed.key, amount=7)
    outcomes: dict[str, Any] = one.post(changed, deleted, good)
    assert "is not as it was sent: line 1: 7.00 there, 121.00 here" in outcomes[changed.key].message
    assert "neither in the journal any more nor in the ledger" in outcomes[deleted.key].message
    assert (outcomes[good.key].what, outcomes[good.key].family) == ("failed", "DataRejected")
    assert one.books.truth()["posted"] == {}
    one.books.do("change_line", documentNumber=changed.key, amount=121)
    assert one.post(changed, good)[good.key].where == "posted"


def test_each_claim_is_looked_for_in_the_journal_it_was_sent_to(one: Desk) -> None:
    """The file names another journal meanwhile."""
    (old,) = sent(one, one.claim("EXP-1"))
    one.books.journal("NEW")
    one.into("NEW")
    assert one.look(old)[old.key].where == "waiting"
    (new,) = sent(one, one.claim("EXP-2"))
    assert {out.where for out in one.post(old, new).values()} == {"posted"}
    (journal,) = one.books.found("journals", "code eq 'SALDO'")
    one.books.ask("DELETE", f"journals({journal['id']})")
    one.into("NEW")
    assert one.look(old)[old.key].where == "posted"


def test_a_copy_that_is_nobodys_any_more_is_called_by_its_name(one: Desk) -> None:
    (old,) = sent(one, one.claim("EXP-1"))
    one.post(old)
    sent(one, old)
    (new,) = sent(one, one.claim("EXP-2"))
    with pytest.raises(DataRejected, match=f"document {old.key}, which the ledger has already, line 200"):  # fmt: skip
        one.post(new)


def test_an_earlier_post_is_carried_out_while_this_one_is_refused(one: Desk) -> None:
    claims = three(one)
    one.books.company.fault("lost", match="Microsoft.NAV.post", by=400)
    assert {(out.what, out.where) for out in one.post(*claims).values()} == {("done", "posted")}


def test_lines_of_somebody_else_do_not_keep_invoices(one: Desk) -> None:
    paid, (claim,) = one.honorarium("HON-1"), sent(one, one.claim("EXP-1"))
    sent(one, paid)
    (journal,) = one.books.found("journals", "code eq 'SALDO'")
    one.books.made(f"journals({journal['id']})/journalLines", {**TAXI, "documentNumber": "HAND"})
    with pytest.raises(DataRejected, match="document HAND"):
        one.post(claim, paid)
    assert one.look(paid)[paid.key].where == "posted"
