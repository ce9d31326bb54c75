"""Honoraria as purchase invoices: drafts, totals that must be ours, posted one by one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from saldo.exports.accounting.document import AccountingDocument
from saldo.exports.accounting.targets.business_central.invoices import _unanswered
from saldo.exports.accounting.targets.target import Found
from saldo.vendors.business_central.batches import Answer
from tests.support import Sandbox

from .support import Desk, desk, fee


@pytest.fixture
def one(sandbox: Sandbox) -> Desk:
    return desk(sandbox, "bchonoraria")


def test_an_honorarium_becomes_an_invoice_and_is_posted(one: Desk) -> None:
    paid = one.honorarium("HON-1", fee(), fee(2, "-12.50", category="plain", vat_code=None, vat_amount=None))  # fmt: skip
    assert one.look(paid) == {paid.key: Found(where="nowhere")}
    made = one.send(paid)[paid.key]
    assert (made.what, made.where) == ("done", "waiting")
    assert one.look(paid)[paid.key] == Found(where="waiting", reference=made.reference)
    posted = one.post(paid)[paid.key]
    assert (posted.what, posted.where) == ("done", "posted")
    (invoice,) = one.books.truth()["invoices"]
    assert (invoice["number"], invoice["status"], invoice["amount"]) == (posted.reference, "Open", "1037.50")  # fmt: skip
    assert posted.reference != made.reference
    assert one.look(paid)[paid.key] == Found(where="posted", reference=posted.reference)
    assert one.post(paid)[paid.key] == posted
    assert len([call for call in one.register.told() if call[0] == "Microsoft.NAV.post"]) == 1


def test_its_lines_keep_their_texts(one: Desk) -> None:
    """An account that is said after the text brings its own."""
    paid = one.honorarium("HON-1", fee(), fee(2))
    text = msgspec.json.encode(paid.document, order="sorted")
    stored = msgspec.json.decode(text, type=AccountingDocument)
    one.send(msgspec.structs.replace(paid, document=stored))
    (invoice,) = one.books.found("purchaseInvoices")
    there = one.books.found(f"purchaseInvoices({invoice['id']})/purchaseInvoiceLines")
    ours = paid.document.payload["purchaseInvoice"]["purchaseInvoiceLines"]
    assert [row["description"] for row in there] == [line["description"] for line in ours]


def test_dimensions_of_its_lines(one: Desk) -> None:
    paid = one.honorarium("HON-1", fee(dimensions={"department": "OPS"}))
    one.send(paid)
    assert one.look(paid)[paid.key].difference == ""
    (invoice,) = one.books.found("purchaseInvoices")
    path = f"purchaseInvoices({invoice['id']})/purchaseInvoiceLines"
    (line,) = one.books.found(path)
    inner = f"purchaseInvoiceLines({line['id']})/dimensionSetLines"
    (dimension,) = one.books.found(inner)
    one.books.do("ask", method="PATCH", path=f"{inner}({dimension['id']})", body={"valueCode": "ADM"})  # fmt: skip
    assert one.look(paid)[paid.key].difference == "line 1: AFDELING ADM there, OPS here"


def test_a_dimension_the_account_has_by_default_is_ours_then(one: Desk) -> None:
    one.books.do("account", number="4520", _defaults={"AFDELING": "ADM", "PROJEKT": "P2"})
    paid = [one.honorarium("HON-1", fee(dimensions={"department": "OPS"})), one.honorarium("HON-2")]
    assert {out.what for out in one.send(*paid).values()} == {"done"}
    assert {(found.difference, found.is_complete) for found in one.look(*paid).values()} == {("", True)}  # fmt: skip
    assert len(one.books.truth()["invoices"]) == 2


def test_dimensions_are_sent_apart_where_they_must_be(one: Desk) -> None:
    one.books.do("set", takes_inner_dimensions=False)
    paid = [one.honorarium("HON-1", fee(dimensions={"department": "OPS"})), one.honorarium("HON-2")]
    assert {out.what for out in one.send(*paid).values()} == {"done"}
    assert {(found.where, found.is_complete) for found in one.look(*paid).values()} == {("waiting", True)}  # fmt: skip
    assert len(one.books.truth()["invoices"]) == 2


def test_totals_that_are_not_ours_are_refused_with_both_numbers(one: Desk) -> None:
    """The file says 25 %, the company's group has 12: the draft does not stay."""
    bad, good = one.honorarium("HON-1", fee(vat_code="15")), one.honorarium("HON-2")
    outcomes = one.send(bad, good)
    assert (outcomes[bad.key].what, outcomes[bad.key].where) == ("refused", "nowhere")
    assert "is not what HON-1 says: VAT 112.50 there, 210.00 here. The draft was deleted" in outcomes[bad.key].message  # fmt: skip
    assert [invoice["external"] for invoice in one.books.truth()["invoices"]] == [good.document.reference]  # fmt: skip
    one.books.company.fault("503", match="DELETE")
    stays = one.send(bad)[bad.key]
    assert (stays.what, stays.where) == ("unknown", "waiting")  # and its look-up says so
    assert "It was not posted: delete it there" in stays.message
    posted = one.post(bad, good)
    assert (posted[bad.key].what, posted[good.key].where) == ("refused", "posted")
    assert "VAT 112.50 there, 210.00 here" in posted[bad.key].message
    assert set(one.books.truth()["posted"]) == {posted[good.key].reference}


def test_totals_that_come_after_the_answer_are_waited_for(one: Desk) -> None:
    one.books.do("set", totals_come_late=True)
    bad, good = one.honorarium("HON-1", fee(vat_code="15")), one.honorarium("HON-2")
    outcomes = one.send(bad, good)
    assert (outcomes[bad.key].what, outcomes[good.key].what) == ("refused", "done")
    assert "VAT 112.50 there, 210.00 here. The draft was deleted" in outcomes[bad.key].message
    assert [invoice["external"] for invoice in one.books.truth()["invoices"]] == [good.document.reference]  # fmt: skip


def test_one_that_is_released_is_not_posted_yet(one: Desk) -> None:
    paid = one.honorarium("HON-1")
    one.send(paid)
    for status in ("Open", "In Review"):
        one.books.do("change_invoice", vendorInvoiceNumber=paid.document.reference, status=status)
        assert one.look(paid)[paid.key].where == "waiting"
    outcome = one.post(paid)[paid.key]
    assert (outcome.what, "The action can be applied to a draft invoice only." in outcome.message) == ("refused", True)  # fmt: skip
    one.books.do("change_invoice", vendorInvoiceNumber=paid.document.reference, status="Draft")
    assert one.post(paid)[paid.key].where == "posted"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"totalAmountIncludingTax": "5"}, "total 5.00 there, 1050.00 here"),
        ({"vendorNumber": "V00030"}, "vendor V00030 there, V00031 here"),
        ({"postingDate": "2026-03-09"}, "posting date 2026-03-09 there, 2026-03-02 here"),
        ({"currencyCode": "EUR"}, "currency EUR there, NOK here"),
        ({"status": "Canceled"}, "was cancelled in Business Central"),
    ],
)  # fmt: skip
def test_what_somebody_changed_is_said(one: Desk, change: dict[str, Any], words: str) -> None:
    paid = one.honorarium("HON-1")
    one.send(paid)
    one.books.do("change_invoice", vendorInvoiceNumber=paid.document.reference, **change)
    assert words in one.look(paid)[paid.key].difference


def test_a_second_draft_is_seen_and_none_is_posted(one: Desk) -> None:
    paid = one.honorarium("HON-1")
    one.send(paid)
    one.send(paid)
    found = one.look(paid)[paid.key]
    assert (found.copies, found.where, found.difference) == (2, "waiting", "")
    outcome = one.post(paid)[paid.key]
    assert (outcome.what, one.books.truth()["posted"]) == ("refused", {})
    assert "is there 2 times (PI" in outcome.message


def test_one_that_is_refused_keeps_no_other(one: Desk) -> None:
    paid = [one.honorarium("HON-1"), one.honorarium("HON-2", supplier="V99999"), one.honorarium("HON-3")]  # fmt: skip
    one.books.do("set", batch_goes_on=True)
    outcomes = one.send(*paid)
    assert [outcomes[each.key].what for each in paid] == ["done", "refused", "done"]
    assert (outcomes[paid[1].key].where, "The vendor cannot be found." in outcomes[paid[1].key].message) == ("nowhere", True)  # fmt: skip
    assert len(one.books.truth()["invoices"]) == 2


def test_a_batch_that_is_refused_is_sent_one_by_one(one: Desk) -> None:
    paid = [one.honorarium(f"HON-{n}") for n in (1, 2, 3)]
    one.books.company.fault("400", match="POST purchaseInvoices", times=2)
    assert sorted(out.what for out in one.send(*paid).values()) == ["done", "done", "refused"]
    assert len(one.books.truth()["invoices"]) == 2


def test_one_that_failed_there_may_have_been_made(one: Desk) -> None:
    """A failure of the server within a batch: nobody may change or cancel it before it was looked for."""
    paid = [one.honorarium(f"HON-{n}") for n in (1, 2, 3)]
    one.books.company.fault("partial", match="POST purchaseInvoices")
    assert sorted(out.what for out in one.send(*paid).values()) == ["done", "done", "unknown"]


@pytest.mark.parametrize(
    ("statuses", "unseen", "not_made"),
    [
        ({0: 201, 1: 201, 2: 201}, [], []),
        ({0: 201, 1: 400}, [], [2]),
        ({0: 201, 2: 400}, [1], []),
        ({0: 400, 2: 201}, [1], []),
        ({0: 201}, [1, 2], []),
        ({}, [0, 1, 2], []),
    ],
)  # fmt: skip
def test_only_what_certainly_was_not_made_is_made_again(
    one: Desk, statuses: dict[int, int], unseen: list[int], not_made: list[int]
) -> None:
    paid = [one.honorarium(f"HON-{n}") for n in range(3)]
    answers = [Answer(place, status, {}) for place, status in statuses.items()]
    assert _unanswered(paid, answers) == ([paid[n] for n in unseen], [paid[n] for n in not_made])


def test_the_books_currency_is_said_to_a_vendor_of_another(one: Desk) -> None:
    paid = one.honorarium("HON-1", supplier="V00038")
    assert one.send(paid)[paid.key].what == "done"
    assert one.look(paid)[paid.key].difference == ""
    one.books.do("change_invoice", vendorInvoiceNumber=paid.document.reference, currencyCode="NOK")
    assert one.look(paid)[paid.key].difference == ""  # a live company writes it so


def test_foreign_currency_is_its_own(one: Desk) -> None:
    paid = one.honorarium("HON-1", currency="EUR")
    assert one.target.check([paid.document]) == {}
    one.send(paid)
    assert one.look(paid)[paid.key].difference == ""
    assert one.post(paid)[paid.key].where == "posted"


@pytest.mark.parametrize("kind", ["drop", "lost", "late"])
def test_outcomes_nobody_saw(one: Desk, kind: str) -> None:
    paid = [one.honorarium("HON-1"), one.honorarium("HON-2")]
    one.books.company.fault(kind, match="POST purchaseInvoices", seconds=3)
    assert {out.what for out in one.send(*paid).values()} == {"unknown"}
    assert {found.where for found in one.look(*paid).values()} == {"waiting"}
    one.books.company.fault(kind, match="Microsoft.NAV.post", seconds=3)
    outcomes = one.post(*paid)
    assert {(out.what, out.where) for out in outcomes.values()} == {("done", "posted")}


def test_one_that_cannot_be_posted_keeps_no_other(one: Desk) -> None:
    early, later = one.honorarium("HON-1", date="2026-02-02"), one.honorarium("HON-2")
    one.send(early, later)
    one.books.do("close_on_post", **{"from": "2026-03-01"})
    outcomes = one.post(early, later)
    assert (outcomes[early.key].what, outcomes[later.key].where) == ("refused", "posted")
    assert "Remedy: open the period" in outcomes[early.key].message
    one.books.company.fault("504", match="Microsoft.NAV.post")
    one.books.do("period", **{"from": "2026-01-01"})
    assert one.post(early)[early.key].what == "unknown"
    one.books.do("delete_invoice", vendorInvoiceNumber=early.document.reference)
    gone = one.post(early)[early.key]
    assert (gone.what, gone.where) == ("failed", "nowhere")  # and its look-up says so


def test_an_earlier_post_is_carried_out_while_this_one_is_refused(one: Desk) -> None:
    paid = one.honorarium("HON-1")
    one.send(paid)
    one.books.company.fault("lost", match="Microsoft.NAV.post", by=400)
    assert one.post(paid)[paid.key].where == "posted"
