"""What is found of a document when people and the import job were at it meanwhile."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from saldo.errors import ConfigError
from tests.exports.accounting.examples import line, mileage
from tests.exports.accounting.targets.xledger.support import Books, books
from tests.support import Sandbox


@pytest.fixture
def havn(sandbox: Sandbox) -> Books:
    return books(sandbox, "xllook")


def sent(havn: Books, number: int = 1, **changes: Any) -> Any:
    one = havn.dispatch(number, **({"lines": [line(), mileage()]} | changes))
    assert [outcome.what for outcome in havn.send(one).values()] == ["done"]
    return one


# --- changed there -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"amount": "125.01"}, "line 1: amount is 125.01 in Xledger, and 125.00 in the document"),
        ({"account": "3410"}, "line 1: account is 3410 in Xledger, and 2410 in the document"),
        ({"postedDate": "2026-10-16"}, "line 1: date is 2026-10-16 in Xledger, and 2026-10-15 in the document"),
        ({"taxAmount": "24.99"}, "line 1: VAT is 24.99 in Xledger, and 25.00 in the document"),
        ({"taxRule": "IVEU"}, "line 1: taxRule is IVEU in Xledger, and I25 in the document"),
        ({"glObject1": "2"}, "line 1: glObject1 is 2 in Xledger, and 1 in the document"),
        ({"trRegNumber": 9}, "line 1: trRegNumber is 9 in Xledger, and 1 in the document"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_staged_line_that_was_changed(havn: Books, change: dict[str, Any], words: str) -> None:
    one = sent(havn)
    havn.do("change_item", extIdentifier=f"{one.document.reference}-1", **change)
    found = havn.found(one)
    assert (found.where, found.copies, found.difference) == ("waiting", 1, words)


#: What the account's own setup may say of a line where the document says nothing.
FILLED_IN = [
    (2, {"taxRule": "I25"}),
    (2, {"taxRule": "I25", "taxAmount": "89.57"}),
    (2, {"taxAmount": "89.57"}),
    (2, {"project": "P1000"}),
    (0, {"taxRule": "IVEU"}),
    (0, {"glObject1": "2"}),
]


@pytest.mark.parametrize(("reference", "change"), FILLED_IN)
def test_what_xledger_fills_in_where_nothing_was_sent_is_no_difference(
    havn: Books, reference: int, change: dict[str, Any]
) -> None:
    one = sent(havn)
    havn.do("change_item", extIdentifier=f"{one.document.reference}-{reference}", **change)
    found = havn.found(one)
    assert (found.where, found.difference) == ("waiting", "")


@pytest.mark.parametrize("references", ["kept", "lost"])
@pytest.mark.parametrize("vat", ["apart", "within"])
@pytest.mark.parametrize(("reference", "change"), FILLED_IN)
def test_the_same_once_it_is_booked(
    havn: Books, reference: int, change: dict[str, Any], vat: str, references: str
) -> None:
    havn.do("set", vat=vat, references=references)
    one = sent(havn)
    havn.do("change_item", extIdentifier=f"{one.document.reference}-{reference}", **change)
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.difference, found.copies) == ("posted", "", 1)


def test_a_project_that_was_sent_is_compared(havn: Books) -> None:
    one = sent(havn, lines=[line(dimensions={"department": "10", "project": "P1000"})])
    havn.do("change_item", extIdentifier=f"{one.document.reference}-1", project="P1001")
    words = "line 1: project is P1001 in Xledger, and P1000 in the document"
    assert havn.found(one).difference == words


def test_the_payee_of_a_staged_line_was_changed(havn: Books) -> None:
    one = sent(havn)
    havn.do("change_item", extIdentifier=f"{one.document.reference}-0", subledger="0012")
    words = "what is owed: subledger is 0012 in Xledger, and 0011 in the document"
    assert havn.found(one).difference == words


def test_a_text_is_the_bookkeepers_own(havn: Books) -> None:
    one = sent(havn)
    havn.do("change_item", extIdentifier=f"{one.document.reference}-1", text="Tog")
    assert havn.found(one).difference == ""


def test_staged_lines_that_were_deleted(havn: Books) -> None:
    one = sent(havn)
    havn.do("delete_item", extIdentifier=f"{one.document.reference}-1")
    assert havn.found(one).difference == "line 1 is missing among the staged lines"
    for number in (2, 0):
        havn.do("delete_item", extIdentifier=f"{one.document.reference}-{number}")
    assert havn.found(one).where == "nowhere"


@pytest.mark.parametrize(
    ("reference", "change", "words"),
    [
        (1, {"amount": "99.99"}, "line 1: amount is 99.99 in Xledger, and 125.00 in the document"),
        (1, {"account": "3410"}, "line 1: account is 3410 in Xledger, and 2410 in the document"),
        (2, {"amount": "447.84"}, "line 2: amount is 447.84 in Xledger, and 447.85 in the document"),
        (0, {"subledger": "0012"}, "what is owed: subledger is 0012 in Xledger, and 0011 in the document"),
    ],
)  # fmt: skip
def test_a_posted_line_that_was_changed(
    havn: Books, reference: int, change: dict[str, Any], words: str
) -> None:
    one = sent(havn)
    havn.do("run_import")
    havn.do("change_posted", extIdentifier=f"{one.document.reference}-{reference}", **change)
    found = havn.found(one)
    assert (found.where, found.copies) == ("posted", 1)
    assert found.difference == words


def test_a_posted_voucher_that_was_deleted(havn: Books) -> None:
    one = sent(havn)
    havn.do("run_import")
    havn.do("delete_posted", extIdentifier=f"{one.document.reference}-1")
    assert havn.found(one).where == "nowhere"


def test_a_posted_voucher_that_was_deleted_while_its_lines_are_archived(havn: Books) -> None:
    """It is never sent again by itself."""
    havn.do("set", processed="archived")
    one = sent(havn)
    havn.do("run_import")
    havn.do("delete_posted", extIdentifier=f"{one.document.reference}-1")
    found = havn.found(one)
    assert found.where == "waiting"
    assert "none of them is in the ledger" in found.message


def test_a_reversal_is_a_second_copy(havn: Books) -> None:
    one = sent(havn)
    havn.do("run_import")
    havn.do("reverse_posted", extIdentifier=f"{one.document.reference}-1")
    assert havn.found(one).copies == 2
    [outcome] = havn.target().post([one], [one.key], havn.calls).values()
    assert outcome.what == "refused"
    assert "it is in Xledger 2 times" in outcome.message


@pytest.mark.parametrize("day", ["2026-10-15", "2026-11-02"])
@pytest.mark.parametrize("references", ["kept", "lost"])
def test_a_payment_of_what_is_owed_is_no_second_copy(
    havn: Books, references: str, day: str
) -> None:
    """It has the invoice number of what it pays."""
    havn.do("set", references=references)
    one = sent(havn)
    havn.do("run_import")
    havn.do("pay_posted", extIdentifier=f"{one.document.reference}-0", postedDate=day)
    found = havn.found(one)
    assert (found.where, found.difference, found.copies) == ("posted", "", 1)
    [outcome] = havn.target().post([one], [one.key], havn.calls).values()
    assert (outcome.what, outcome.where) == ("done", "posted")


# --- the import ----------------------------------------------------------------------------------


def test_a_closed_period_is_told_with_its_remedy_and_mended(havn: Books) -> None:
    one = sent(havn)
    havn.do("close_period", period="2026-10")
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.difference) == ("waiting", "")
    assert "The period 2026-10 is closed (line 1, line 2, what is owed)" in found.message
    assert "Its lines wait under GL import in Xledger" in found.message
    [outcome] = havn.target().post([one], [one.key], havn.calls).values()
    assert (outcome.what, outcome.where) == ("refused", "waiting")
    assert outcome.message.startswith(f"{found.message}. Remedy: mend it there")
    havn.do("open_period", period="2026-10")
    havn.do("run_import")
    assert havn.found(one).message == ""
    [outcome] = havn.target().post([one], [one.key], havn.calls).values()
    assert (outcome.what, outcome.where) == ("done", "posted")
    assert outcome.reference not in (None, "1")


def test_an_account_that_is_blocked_after_it_was_staged(havn: Books) -> None:
    one, other = sent(havn, 1), sent(havn, 2, lines=[line(category="fee")])
    havn.do("change", root="accounts", code="2410", posting=False)
    havn.do("run_import")
    found = havn.target().look_up([one, other])
    assert "The account 2410 is not open for posting (line 1)" in found[one.key].message
    assert (found[other.key].where, found[other.key].message) == ("posted", "")


def test_somebody_elses_line_with_our_number_makes_an_error_not_a_booking(havn: Books) -> None:
    one = sent(havn, 42)
    node = {
        "transactionSource": {"code": "GL"},
        "trRegNumber": 42,
        "postedDate": "2026-10-15",
        "account": {"code": "3410"},
        "amount": "10.00",
    }
    havn.do("add_item", node=node)
    havn.do("run_import")
    assert "The transaction 42 is not in balance: 10.00" in havn.found(one).message


def test_waiting_is_waiting_until_the_import_has_run(havn: Books) -> None:
    havn.do("set", runs_after_reads=3)
    one = sent(havn)
    states = [havn.target().post([one], [one.key], havn.calls)[one.key].where for _ in range(4)]
    assert states[0] == "waiting"
    assert states[-1] == "posted"
    assert "nowhere" not in states


def test_lines_that_are_held_wait(sandbox: Sandbox) -> None:
    held = books(sandbox, "xlheld", mapping={"job_level": "HOLD"})
    one = sent(held)
    held.do("run_import")
    assert held.found(one).where == "waiting"
    held.do("run_import", releases=True)
    assert held.found(one).where == "posted"


NOBODYS = {
    "kind": "honorarium",
    "employee": None,
    "supplier": "D1",
    "lines": [line(category="fee")],
}


@pytest.mark.parametrize("changes", [{}, NOBODYS], ids=["of_an_employee", "of_nobodys_ledger"])
@pytest.mark.parametrize("reads", [0, 1, 2])
def test_what_is_booked_between_two_requests_is_never_nowhere(
    havn: Books, reads: int, changes: dict[str, Any]
) -> None:
    """The job runs while a look-up is under way: with the first read of staged lines, or behind it."""
    havn.do("set", runs_after_reads=reads)
    one = sent(havn, **changes)
    for _ in range(4):
        assert havn.found(one).where != "nowhere"
    assert havn.found(one).where == "posted"


# --- completing, and posting ---------------------------------------------------------------------


def test_gone_is_told_by_complete_and_post(havn: Books) -> None:
    one = havn.dispatch(1)
    for outcomes in (
        havn.target().complete([one], lambda *_: b"", havn.calls),
        havn.target().post([one], {}, havn.calls),
    ):
        assert outcomes[one.key].what == "failed"
        assert "it is not in Xledger any more" in outcomes[one.key].message
    assert havn.target().post([], {}, havn.calls) == {}


def test_amounts_are_compared_as_decimals(havn: Books) -> None:
    one = sent(
        havn, lines=[line(at, amount="0.10", vat_code=None, vat_amount=None) for at in (1, 2, 3)]
    )
    havn.do("run_import")
    assert havn.found(one).difference == ""
    assert havn.balances() == {Decimal(0)}


# --- where booked lines do not say what they were ------------------------------------------------


@pytest.mark.parametrize("vat", ["apart", "within"])
@pytest.mark.parametrize("processed", ["gone", "archived", "listed"])
def test_a_voucher_is_found_by_what_is_owed(havn: Books, processed: str, vat: str) -> None:
    havn.do("set", references="lost", processed=processed, vat=vat)
    lines = [line(), line(2), mileage(3, dimensions={"department": "10", "project": "P1000"})]
    one, other = sent(havn, 1, lines=lines), sent(havn, 2)
    havn.do("run_import")
    found = havn.target().look_up([one, other])
    assert {(f.where, f.difference, f.copies) for f in found.values()} == {("posted", "", 1)}
    havn.send(one)
    havn.do("run_import")
    assert havn.found(one).copies == 2
    assert havn.found(other).copies == 1


def test_a_changed_line_is_told_though_it_does_not_say_which_it_was(havn: Books) -> None:
    havn.do("set", references="lost")
    one = sent(havn, lines=[line(), mileage()])
    havn.do("change_item", extIdentifier=f"{one.document.reference}-2", amount="447.84")
    havn.do("change_item", extIdentifier=f"{one.document.reference}-0", amount="-572.84")
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.copies) == ("posted", 1)
    assert "line 2: amount is 447.84 in Xledger, and 447.85 in the document" in found.difference
    assert (
        "what is owed: amount is -572.84 in Xledger, and -572.85 in the document"
        in found.difference
    )


def test_a_voucher_of_another_day_is_a_difference(havn: Books) -> None:
    havn.do("set", references="lost")
    one = sent(havn)
    for number in (1, 2, 0):
        havn.do(
            "change_item",
            extIdentifier=f"{one.document.reference}-{number}",
            postedDate="2026-10-20",
        )
    havn.do("run_import")
    found = havn.found(one)
    assert (found.where, found.copies) == ("posted", 1)
    assert "its voucher has no line of 2026-10-15" in found.difference


def test_root_fields_that_take_no_owner_set_or_status(sandbox: Sandbox) -> None:
    roots = (
        "entities", "glImportItems", "glImportItemErrors", "transactions", "apTransactions", "periods", "accounts",
    )  # fmt: skip
    lacks = [f"Query.{root}.{name}" for root in roots for name in ("ownerSet", "objectStatus")]
    havn = books(sandbox, "xlfewer", xledger_lacks=tuple(lacks))
    one = havn.dispatch(1)
    assert havn.target().check([one.document]) == {}
    assert havn.found(one).where == "nowhere"
    havn.send(one)
    assert havn.found(one).where == "waiting"
    havn.do("run_import")
    assert havn.found(one).where == "posted"


def test_a_schema_without_the_filter(havn: Books) -> None:
    """Claims of somebody's ledger are found all the same; the others are not sent at all."""
    one = sent(havn)
    nobodys = havn.dispatch(
        2, kind="honorarium", employee=None, supplier="D1", lines=[line(category="fee")]
    )
    target = havn.target()
    assert target.company
    assert target._importing.finds_lines
    del target._client._filters["transactions"]["extIdentifier_in"]
    havn.do("run_import")
    assert target.look_up([one])[one.key].where == "posted"
    with pytest.raises(ConfigError, match="Write subledger: true"):
        target.look_up([one, nobodys])
