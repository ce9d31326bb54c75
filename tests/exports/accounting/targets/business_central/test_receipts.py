"""Receipts: all of a claim on one line, two steps each, and what was cut off is finished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tests.exports.accounting.examples import PDF, PNG, receipt
from tests.support import Sandbox

from .support import CONTENTS, Desk, Register, desk, fee, taxi

OTHER = CONTENTS[2]


@pytest.fixture
def one(sandbox: Sandbox) -> Desk:
    return desk(sandbox, "bcreceipts")


def claim(one: Desk, id: str = "EXP-1") -> Any:
    return one.claim(
        id, taxi(receipts=[receipt(), receipt(content=OTHER)]),
        taxi(2, receipts=[receipt(), receipt("foto.png", PNG, "image/png")]),
    )  # fmt: skip


def files(one: Desk) -> list[tuple[str, int]]:
    return sorted((file["name"], file["bytes"]) for file in one.books.truth()["files"])


WHOLE = [
    ("1-ticket (2).pdf", len(OTHER)), ("1-ticket.pdf", len(PDF)), ("2-foto.png", len(PNG)), ("2-ticket.pdf", len(PDF)),
]  # fmt: skip


def test_all_hang_on_the_first_line_and_stay_when_it_is_posted(one: Desk) -> None:
    both = [claim(one), claim(one, "EXP-2")]
    one.send(*both)
    assert {found.is_complete for found in one.look(*both).values()} == {False}
    assert {out.what for out in one.complete(*both).values()} == {"done"}
    assert files(one) == sorted(2 * WHOLE)
    assert len({file["parent"] for file in one.books.truth()["files"]}) == 2
    assert {found.is_complete for found in one.look(*both).values()} == {True}
    one.register.calls.clear()
    assert {out.what for out in one.complete(*both).values()} == {"done"}
    assert one.register.told() + one.register.told("PATCH") == []
    one.post(*both)
    assert files(one) == sorted(2 * WHOLE)
    hashes = {file["sha256"] for file in one.books.truth()["files"]}
    assert len(hashes) == 3


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("2026-03-02T12:30:05.pdf", "1-2026-03-02T12-30-05.pdf"), ('Taxi? "Oslo" *<1>|.pdf', "1-Taxi- -Oslo- --1--.pdf"),
        ("ticket.", "1-ticket"), ("ticket." + 40 * "x", "1-ticket." + 30 * "x"), ("Kvittering nr. 5", "1-Kvittering nr. 5"),
    ],
)  # fmt: skip
def test_names_are_those_that_business_central_keeps(one: Desk, name: str, kept: str) -> None:
    """It calls a file with a sign that Windows does not take filename.txt: each look would miss it, and attach it again."""
    for sent in (one.claim("EXP-1", taxi(receipts=[receipt(name)])), one.honorarium("HON-1", fee(receipts=[receipt(name)]))):  # fmt: skip
        one.send(sent)
        assert one.complete(sent)[sent.key].what == "done"
        assert one.look(sent)[sent.key].is_complete
    assert files(one) == [(kept, len(PDF))] * 2


def test_an_invoice_has_them_too(one: Desk) -> None:
    paid = one.honorarium("HON-1", fee(receipts=[receipt(), receipt()]))
    one.send(paid)
    assert one.complete(paid)[paid.key].what == "done"
    assert files(one) == [("1-ticket (2).pdf", len(PDF)), ("1-ticket.pdf", len(PDF))]
    one.post(paid)
    assert one.look(paid)[paid.key].is_complete
    assert one.complete(paid)[paid.key].what == "done"
    assert len(files(one)) == 2


@pytest.mark.parametrize(
    ("kind", "match", "after"),
    [
        ("drop", "POST attachments", 0), ("lost", "POST attachments", 0), ("503", "POST attachments", 0),
        ("partial", "POST attachments", 0), ("lost", "attachmentContent", 0), ("503", "attachmentContent", 2),
        ("drop", "attachmentContent", 3), ("late", "attachmentContent", 1),
    ],
)  # fmt: skip
def test_what_was_cut_off_is_finished(one: Desk, kind: str, match: str, after: int) -> None:
    cut = claim(one)
    one.send(cut)
    one.books.company.fault(kind, match=match, after=after, times=3, seconds=3)
    outcome = one.complete(cut)[cut.key]
    assert outcome.what == "failed"
    one.books.company.sandbox.clear_faults()
    assert one.look(cut)[cut.key].difference == ""
    assert one.complete(cut)[cut.key].what == "done"
    assert files(one) == WHOLE


def test_another_file_of_that_name_is_left_alone(one: Desk) -> None:
    own = one.claim("EXP-1", taxi(receipts=[receipt()]))
    one.send(own)
    (line,) = one.books.truth()["lines"][own.key]
    made = one.books.made("attachments", {"parentId": line["id"], "parentType": "Journal", "fileName": "1-TICKET.pdf"})  # fmt: skip
    one.client.upload(one.books.truth()["id"], f"attachments({made['id']})/attachmentContent", b"mine", etag=made["@odata.etag"], key="")  # fmt: skip
    outcome = one.complete(own)[own.key]
    assert outcome.what == "refused"
    assert f"1-ticket.pdf (4 bytes there, {len(PDF)} here). Remove them" in outcome.message
    assert files(one) == [("1-TICKET.pdf", 4)]


def test_somebody_changes_the_record_in_between(one: Desk) -> None:
    own = one.claim("EXP-1", taxi(receipts=[receipt()]))
    one.send(own)
    one.books.company.fault("409", match="attachmentContent")
    outcome = one.complete(own)[own.key]
    assert (outcome.what, outcome.family) == ("failed", "Unavailable")
    assert one.complete(own)[own.key].what == "done"


def test_posted_while_its_receipts_were_attached(one: Desk) -> None:
    """Business Central takes a file for a line that is gone, and keeps it by itself."""

    class Posting(Register):
        def begin(self, keys: Sequence[str], method: str, path: str, body: Any = None) -> int:
            if method == "POST" and "attachments" in str(body):
                one.books.do("post_journal", journal="SALDO")
            return super().begin(keys, method, path, body)

    own, other = one.claim("EXP-1", taxi(receipts=[receipt()])), one.claim("EXP-2")
    one.send(own, other)
    one.register = Posting()
    outcomes = one.complete(own, other)
    assert (outcomes[own.key].what, outcomes[other.key].what) == ("refused", "done")
    assert "was posted before its receipts could be looked at" in outcomes[own.key].message


def test_posted_before_its_receipts_came(one: Desk) -> None:
    own = one.claim("EXP-1", taxi(receipts=[receipt()]))
    one.send(own)
    one.books.do("post_journal", journal="SALDO")
    outcome = one.complete(own)[own.key]
    assert (outcome.what, outcome.reference) == ("refused", own.key)
    assert "was posted before its receipts could be looked at" in outcome.message
    assert "1-ticket.pdf" in outcome.message
    one.books.do("delete_entries", documentNumber=own.key)
    assert "is not there any more, to attach its receipts to" in one.complete(own)[own.key].message  # fmt: skip


def test_without_receipts_there_is_nothing_to_do(one: Desk) -> None:
    own = one.claim("EXP-1")
    one.send(own)
    one.books.do("post_journal", journal="SALDO")
    assert (one.complete(own)[own.key].what, one.complete(own)[own.key].where) == ("done", "posted")
