"""Hard cases of the register: what was there once, what a person said once, and what only seems to be over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from saldo.errors import DataRejected, NotLicensed, Unavailable
from saldo.exports.accounting import deciding
from saldo.exports.accounting.intake import ExpenseConflict
from saldo.exports.accounting.registering import register
from saldo.exports.accounting.sending import Counts
from saldo.warehouse.connection import Connection, WarehouseUnavailable
from tests.example_target.faults import Faults
from tests.example_target.kind import example_configuration
from tests.example_target.target import ExampleTarget

from .engine import Desk
from .examples import line, receipt


@pytest.fixture
def desk(dsn: str, warehouse: Connection) -> Iterator[Desk]:
    found = Desk(dsn, warehouse)
    yield found
    found.clear()


def _gone(desk: Desk) -> Any:
    """An export that was posted, and is not at the target any more."""
    desk.claims("a")
    desk.export().run()
    desk.ledger.tell("delete from example_ledger.document")
    assert desk.export().reconcile().statuses == {"review": 1}
    return desk.job("a")


def _retry(desk: Desk, job: Any, **more: Any) -> None:
    deciding.retry(desk.warehouse, job.export_id, actor="bo", configuration=desk.configuration, **more)  # fmt: skip


def test_an_edited_claim_does_not_go_by_itself_where_the_earlier_one_was_there_once(
    desk: Desk,
) -> None:
    """A bookkeeper may have booked it under another number."""
    first = _gone(desk)
    desk.claims("a", revision=2, description="Another")
    assert desk.export().run() == Counts()
    assert desk.export().run() == Counts()
    assert desk.statuses() == ["review", "review"]
    assert (desk.job("a").last_error_family, desk.job("a", 2).last_error_family) == ("Gone", "ExpenseChanged")  # fmt: skip
    assert desk.ledger.states() == []
    # Both say how it goes on: the first is cancelled, and the second goes.
    deciding.cancel(desk.warehouse, first.export_id, actor="bo")
    assert desk.export().run().statuses == {"pending": 1, "created": 1, "posted": 1}


def test_a_retry_of_what_was_there_once_does_not_go_by_itself_when_it_is_edited(desk: Desk) -> None:
    first = _gone(desk)
    _retry(desk, first, accept_second=True)
    desk.claims("a", revision=2, description="Another")
    assert desk.export().run().statuses == {"review": 1}
    assert desk.statuses() == ["review", "review"]
    assert desk.ledger.states() == []
    _retry(desk, desk.job("a", 2), accept_second=True)
    assert desk.export().run().statuses == {"created": 1, "posted": 1}


def test_what_a_person_accepted_holds_until_it_is_sent_and_not_longer(desk: Desk) -> None:
    job = _gone(desk)
    _retry(desk, job, accept_second=True)
    with pytest.raises(Unavailable):
        desk.export(Faults(send=["unavailable"])).run()
    assert (desk.job("a").status, desk.job("a").is_second_accepted) == ("pending", True)
    assert desk.export().run().statuses == {"created": 1, "posted": 1}
    assert not desk.job("a").is_second_accepted


def test_an_accepted_revision_that_is_gone_needs_another_word(desk: Desk) -> None:
    desk.claims("a")
    desk.export().run()
    desk.claims("a", revision=2, description="Another")
    desk.export().run()
    _retry(desk, desk.job("a", 2), accept_second=True)
    desk.export().run()
    second = desk.job("a", 2)
    desk.ledger.tell("delete from example_ledger.document where key = %s", [second.key])
    assert desk.export().reconcile().statuses == {"review": 1}
    with pytest.raises(deciding.WrongStatus, match="accept_second"):
        _retry(desk, second)
    _retry(desk, second, accept_second=True)
    assert desk.export().run().statuses == {"created": 1, "posted": 1}


def test_what_may_be_there_is_not_cancelled_because_another_revision_comes(desk: Desk) -> None:
    """Found there by a register that was restored, retried by a person, and edited before the next run."""
    desk.claims("a")
    desk.export().run()
    desk.warehouse.execute("truncate ops.export_job cascade")
    desk.ledger.tell("update example_ledger.document set body = 'changed', reference = 'R'")
    assert desk.export().run().statuses == {"review": 1}
    found = desk.job("a")
    assert (found.status, found.attempts, found.may_be_there) == ("review", 0, True)
    _retry(desk, found)
    with pytest.raises(ExpenseConflict, match="its export has begun"):
        desk.claims("a", description="Another")
    desk.claims("a", revision=2, description="Another")
    assert desk.job("a").status == "pending"
    desk.export().run()
    assert desk.statuses() == ["review", "review"]
    assert len(desk.ledger.totals()) == 1


def test_what_waits_in_a_company_that_the_file_no_longer_names_is_for_a_person(desk: Desk) -> None:
    desk.claims("a", "b")
    desk.configuration = example_configuration(mapping={"booking": "leave"})
    desk.export().run()
    desk.ledger.company = "2"
    counts = desk.export().run()
    assert counts.statuses == {"review": 2}
    assert counts.told == ("2 exports were sent to another company than the file names now: they are in review",)  # fmt: skip
    assert "it was sent to example_target (example_target 1)" in (desk.job("a").last_error or "")
    # As it says: that one is named again, and it goes on.
    desk.ledger.company = "1"
    for job in desk.jobs():
        _retry(desk, job)
    assert desk.export().run().statuses == {"created": 2}


def test_what_is_asked_for_again_is_as_new(desk: Desk) -> None:
    """The file may name another system since it was cancelled."""
    desk.claims("a")
    desk.export().run()
    desk.claims("a", revision=2, description="Another")
    desk.export().run()
    second = desk.job("a", 2)
    _retry(desk, second, accept_second=True)
    deciding.cancel(desk.warehouse, second.export_id, actor="bo")
    desk.warehouse.execute("update ops.export_job set target = 'another' where revision = 2")
    again = register(desk.warehouse, desk.configuration, "a", actor="bo")
    assert (again.status, again.target, again.is_second_accepted) == ("review", "example_target", False)  # fmt: skip


def test_a_journal_is_not_posted_while_it_holds_a_changed_document_of_ours(desk: Desk) -> None:
    desk.claims("a")
    desk.export(Faults(post=["lost"])).run()
    desk.ledger.tell("update example_ledger.document set body = 'changed', state = 'waiting'")
    desk.clock.later(11)
    desk.claims("b")
    with pytest.raises(DataRejected, match="which must not be posted"):
        desk.export().run()
    assert (desk.statuses(), desk.ledger.states()) == (["review", "created"], ["waiting", "waiting"])  # fmt: skip
    assert desk.job("a").last_error_family == "FoundDifferent"


def test_what_a_target_says_may_hold_what_no_database_keeps(desk: Desk, monkeypatch: Any) -> None:
    desk.claims("a", lines=[line(receipts=[receipt()])])
    look_up = ExampleTarget.look_up

    def strange(target: ExampleTarget, dispatches: Any, calls: Any = None) -> Any:
        import msgspec

        found = look_up(target, dispatches, calls)
        return {
            key: msgspec.structs.replace(one, message="no\0 \ud800") if one.where == "waiting" else one
            for key, one in found.items()
        }  # fmt: skip

    with monkeypatch.context() as patched:
        patched.setattr(ExampleTarget, "look_up", strange)
        assert desk.export().run().statuses == {"created": 1, "review": 1}
    assert "says: no" in (desk.job("a").last_error or "")


@pytest.mark.parametrize("booking", ["post", "leave"])
def test_a_claim_that_is_withdrawn_after_its_export_is_for_a_person(
    desk: Desk, booking: Any
) -> None:
    desk.configuration = example_configuration(mapping={"booking": booking})
    desk.claims("a")
    desk.export().run()
    status, job = desk.statuses()[0], desk.job("a")
    desk.claims("a", revision=2, status="draft")
    assert desk.export().run() == Counts(), "it is being changed"
    desk.claims("a", revision=3, status="cancelled")
    counts = desk.export().run()
    assert counts.statuses == {"review": 1}
    assert len(counts.told) == 1
    said = desk.job("a").last_error
    assert said is not None
    assert said.startswith(f"revision 3 of it is cancelled, and this one is at example_target ({job.external_reference}, {status})")  # fmt: skip
    # It is told once, by night as well; and a retry without doing anything there says it again.
    assert (desk.export().run(), desk.export().reconcile()) == (Counts(), Counts())
    _retry(desk, job)
    desk.export().run()
    assert desk.job("a").last_error == said
    # The one remedy: it is deleted there.
    desk.ledger.tell("delete from example_ledger.document")
    _retry(desk, job)
    desk.export().run()
    assert desk.job("a").last_error_family == "Gone"
    deciding.cancel(desk.warehouse, job.export_id, actor="bo")
    assert desk.export().run() == Counts()


def _sent_and_not_posted(desk: Desk) -> None:
    """Up to where its run would post it."""
    export = desk.export()
    export.collect()
    for step in (export.settle, export.check):
        step()
    for ids in export.chunks(500):
        export.send(ids)
    assert set(desk.statuses()) == {"created"}


@pytest.mark.parametrize("status", ["rejected", "cancelled"])
def test_a_claim_that_is_withdrawn_while_its_run_goes_on_is_not_posted(
    desk: Desk, status: str
) -> None:
    desk.claims("a")
    _sent_and_not_posted(desk)
    desk.claims("a", revision=2, status=status)
    counts = desk.export().finish()
    assert (counts.statuses, len(counts.told)) == ({"review": 1}, 1)
    assert (desk.job("a").last_error_family, desk.ledger.states()) == ("ExpenseWithdrawn", ["waiting"])  # fmt: skip
    desk.claims("b")
    with pytest.raises(DataRejected, match="expense a: waits for a person's word"):
        desk.export().run()
    assert desk.ledger.states() == ["waiting", "waiting"]


def _withdrawing(desk: Desk, patched: pytest.MonkeyPatch, call: str) -> None:
    """The claim is withdrawn while the target is asked that."""
    asked = getattr(ExampleTarget, call)

    def meanwhile(*args: Any) -> Any:
        desk.claims("a", revision=2, status="cancelled")
        return asked(*args)

    patched.setattr(ExampleTarget, call, meanwhile)


@pytest.mark.parametrize("call", ["look_up", "complete"])
def test_a_claim_that_is_withdrawn_while_it_is_finished_is_not_posted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    desk.claims("a", lines=[line(receipts=[receipt()])])
    _sent_and_not_posted(desk)
    with monkeypatch.context() as patched:
        _withdrawing(desk, patched, call)
        assert desk.export().finish().statuses == {"review": 1}
    assert (desk.statuses(), desk.ledger.states()) == (["review"], ["waiting"])


def test_a_withdrawn_claim_is_for_a_person_though_the_target_does_not_say_what_became_of_others(
    desk: Desk,
) -> None:
    """Each night again: the run goes on to post after a step that failed."""
    desk.claims("a")
    _sent_and_not_posted(desk)
    desk.claims("b")
    desk.export().collect()
    desk.export(Faults(send=["late"])).send([desk.job("b").export_id])
    assert desk.statuses() == ["created", "unknown"]
    desk.claims("a", revision=2, status="cancelled")
    with pytest.raises(Unavailable):
        desk.export(Faults(look_up=["unavailable"])).settle()
    assert desk.statuses() == ["review", "unknown"]
    desk.export().finish()
    assert desk.ledger.states() == ["waiting"]


def test_another_organisations_withdrawn_claim_is_not_posted_by_the_way(desk: Desk) -> None:
    """In one company's journal."""
    desk.claims("a")
    _sent_and_not_posted(desk)
    desk.claims("a", revision=2, status="cancelled")
    desk.configuration = example_configuration(organisation="sister")
    desk.claims("b", organisation="sister")
    with pytest.raises(DataRejected, match="expense a: was withdrawn"):
        desk.export().run()
    assert desk.ledger.states() == ["waiting", "waiting"]


def test_what_is_withdrawn_and_stays_is_booked_by_hand_and_not_posted_by_others(desk: Desk) -> None:
    desk.claims("a")
    desk.export(Faults(post=["unavailable"])).collect()
    with pytest.raises(Unavailable):
        desk.export(Faults(post=["unavailable"])).run()
    assert desk.statuses() == ["created"]
    desk.claims("a", revision=2, status="rejected")
    desk.claims("b")
    for _ in range(7):
        with pytest.raises(DataRejected, match="which must not be posted"):
            desk.export().run()
        desk.clock.later(600)
    assert desk.statuses() == ["review", "created"], "b waits, and is nobody's to decide"
    assert desk.ledger.states() == ["waiting", "waiting"]
    desk.ledger.tell("update example_ledger.document set state = 'posted' where key = %s", [desk.job("a").key])  # fmt: skip
    deciding.book_by_hand(desk.warehouse, desk.job("a").export_id, "V-1", actor="bo")
    assert desk.export().run().statuses == {"posted": 1}
    assert desk.export().run() == Counts()


def test_what_is_said_of_a_changed_document_helps_when_it_is_done(desk: Desk) -> None:
    desk.claims("a")
    desk.export().run()
    desk.ledger.tell("update example_ledger.document set body = 'changed'")
    desk.export().reconcile()
    said = desk.job("a").last_error or ""
    assert "or delete it there, then retry it here with accept_second" in said
    with pytest.raises(deciding.WrongStatus, match="retry this, which sees that it is gone"):
        deciding.cancel(desk.warehouse, desk.job("a").export_id, actor="bo")
    desk.ledger.tell("delete from example_ledger.document")
    _retry(desk, desk.job("a"), accept_second=True)
    assert desk.export().run().statuses == {"created": 1, "posted": 1}


def test_what_the_target_may_not_do_was_not_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.claims("a")

    def not_bought(*_: Any, **__: Any) -> Any:
        raise NotLicensed("imports belong to a module that is not bought")

    with monkeypatch.context() as patched:
        patched.setattr(ExampleTarget, "send", not_bought)
        with pytest.raises(NotLicensed):
            desk.export().run()
    found = desk.job("a")
    assert (found.status, found.attempts, found.may_be_there, found.last_error_family) == (
        "pending", 0, False, "NotLicensed",
    )  # fmt: skip
    assert desk.export().run().statuses == {"created": 1, "posted": 1}


def test_a_call_goes_on_while_another_worker_has_got_the_lock(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.claims("a")
    send, others = ExampleTarget.send, list[dict[str, int]]()

    def slow(target: ExampleTarget, group: Any, receipts: Any, calls: Any) -> Any:
        number = calls.begin([one.key for one in group], "POST", "/send")
        desk.ledger.drop_the_warehouse()
        monkeypatch.setattr(ExampleTarget, "send", send)
        desk.clock.later(9)
        others.append(desk.export().run().statuses)
        target.ledger.make(group)
        calls.end(number, "done", status=201, answer="")

    monkeypatch.setattr(ExampleTarget, "send", slow)
    with pytest.raises(WarehouseUnavailable):
        desk.export().run()
    assert others == [{"unknown": 1}]
    assert desk.export().run().statuses == {"created": 1, "posted": 1}
    assert len(desk.ledger.totals()) == 1
