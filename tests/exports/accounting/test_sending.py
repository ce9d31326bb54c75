"""Exports are sent once, whatever goes wrong on the way: what was not seen is looked up, and nothing is lost or posted twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import psycopg
import pytest

from saldo.errors import Busy, DataRejected, Unavailable
from saldo.exports.accounting import deciding
from saldo.exports.accounting.jobs import attempts_of
from saldo.exports.accounting.register.counts import counts_of
from saldo.exports.accounting.sending import Counts, Export
from saldo.warehouse.connection import Connection, WarehouseUnavailable, connect, exclusive
from tests.example_target.faults import Faults, Killed
from tests.example_target.kind import example_configuration
from tests.example_target.target import ExampleTarget
from tests.support import PROJECT

from .engine import Desk, dies
from .examples import line, receipt


@pytest.fixture
def desk(dsn: str, warehouse: Connection) -> Iterator[Desk]:
    found = Desk(dsn, warehouse)
    yield found
    found.clear()


def test_how_many_are_sent_is_told_group_by_group(desk: Desk) -> None:
    desk.claims("a", "b", "c")
    heard: list[tuple[int, int, int]] = []

    def tell(done: int, total: int, step: str) -> None:
        heard.append((done, total, sum(status == "created" for status in desk.statuses())))

    export = Export(
        desk.dsn, desk.configuration, ExampleTarget(desk.ledger), actor="ann", clock=desk.clock, tell=tell
    )  # fmt: skip
    export.run()
    dones = [done for done, _, _ in heard]
    assert dones[0] == 0
    assert dones == sorted(dones)
    for done, total, created in heard:
        assert done <= created <= total == 3


def test_what_is_approved_is_posted_with_its_receipts(desk: Desk) -> None:
    desk.claims(
        "a",
        lines=[
            line(receipts=[receipt(), receipt("2.pdf")]),
            line(2, amount="40.5", vat_amount="8.1"),
        ],
    )
    desk.claims("b")
    counts = desk.export().run()
    assert (counts.statuses, counts.adopted, counts.held, counts.told) == (
        {"created": 2, "posted": 2},
        0,
        "",
        (),
    )
    found = desk.job("a")
    assert (found.status, found.attempts, found.is_complete, found.total) == (
        "posted",
        1,
        True,
        Decimal("165.5"),
    )
    assert found.external_reference
    assert found.document is not None
    assert (found.key, found.company) == (found.document.key, "example_target 1")
    assert found.posted_at is not None
    assert found.sent_at is not None
    assert found.sent_at < found.posted_at <= desk.clock.now
    assert desk.ledger.ask("select key, number, body, receipts from example_ledger.document order by copy")[0] == (
        found.key, found.sequence_number, found.document.body.decode(), 2,
    )  # fmt: skip
    # Everything was written down, and nothing is left to do.
    assert desk.outcomes() == [
        (f"/{what}", "done") for what in ("look_up", "send", "look_up", "complete", "post")
    ]
    assert desk.export().run() == Counts()
    assert desk.ledger.states() == ["posted", "posted"]


def test_what_the_bookkeeper_posts_is_seen_by_night(desk: Desk) -> None:
    desk.configuration = example_configuration(mapping={"booking": "leave"})
    desk.claims("a", "b")
    assert desk.export().run().statuses == {"created": 2}
    desk.ledger.tell("update example_ledger.document set state = 'posted' where copy = 1 or true")
    counts = desk.export().reconcile()
    assert (counts.statuses, counts.told) == ({"posted": 2}, ())
    assert desk.export().reconcile() == Counts()
    assert counts_of(counts.as_dict()) == counts


def test_all_problems_of_a_batch_are_said_at_once_and_the_others_go_on(desk: Desk) -> None:
    desk.claims("good")
    desk.claims("unmapped", lines=[line(category="gifts"), line(2, dimensions={"colour": "red"})])
    desk.claims("blocked", lines=[line(category="mileage")])
    export = desk.export(blocked=["7100"])
    export.collect()
    counts = export.check()
    assert counts.statuses == {"review": 2}
    assert len(counts.told) == 2
    unmapped, blocked = desk.job("unmapped"), desk.job("blocked")
    assert unmapped.last_error is not None
    assert "lines[0].category: 'gifts'" in unmapped.last_error
    assert "lines[1].dimensions: 'colour'" in unmapped.last_error
    assert blocked.last_error is not None
    assert "account 7100, which is blocked" in blocked.last_error
    assert (desk.job("good").status, desk.outcomes()) == ("pending", [])
    # Once it is mended a person says so, and it goes.
    assert export.run()["posted"] == 1
    override = {"accounts": {"gifts": "7400"}, "dimensions": {"colour": {"to": "colour"}}}
    deciding.retry(desk.warehouse, unmapped.export_id, actor="bo", configuration=desk.configuration, override=override)  # fmt: skip
    deciding.retry(desk.warehouse, blocked.export_id, actor="bo", configuration=desk.configuration)
    assert desk.export().run()["posted"] == 2
    assert desk.job("unmapped").document.entries[0].number == "7400"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("lost", "no answer"),
        ("killed_after", "a process ended while it was being sent (POST /send, begun at "),
        ("drop", "a process ended while it was being sent (POST /send, begun at "),
    ],
)
def test_what_was_done_without_a_word_is_found_and_not_sent_again(
    desk: Desk, fault: Any, said: str
) -> None:
    desk.claims("a", "b", lines=[line(receipts=[receipt()])])
    with pytest.raises((Killed, WarehouseUnavailable)) if fault != "lost" else _nothing():
        desk.export(Faults(send=[fault])).run()
    if fault != "lost":
        assert desk.statuses() == ["sending", "sending"]
        # Nobody cancels, or sends, what may be there.
        with pytest.raises(deciding.WrongStatus):
            deciding.cancel(desk.warehouse, desk.job("a").export_id, actor="bo")
    with pytest.raises(Unavailable):
        desk.export(Faults(look_up=["unavailable"])).settle()
    unknown = desk.job("a")
    assert (unknown.status, unknown.last_error_family) == ("unknown", "OutcomeUnknown")
    assert unknown.last_error is not None
    assert unknown.last_error.startswith(said)
    counts = desk.export().run()
    assert (counts.statuses, counts.adopted) == ({"created": 2, "posted": 2}, 2)
    assert [job.attempts for job in desk.jobs()] == [1, 1]
    assert len(desk.ledger.totals()) == 2


def _body(desk: Desk, id: str) -> Any:
    """As a call has it: amounts are texts in the register."""
    document = desk.job(id).document
    assert document is not None
    return msgspec.to_builtins(document.payload)


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize(
    ("call", "fault", "left"),
    [
        ("look_up", "killed_before", "pending"),
        ("send", "killed_before", "sending"),
        ("send", "killed_after", "sending"),
        ("complete", "killed_after", "created"),
        ("post", "killed_before", "created"),
        ("post", "killed_after", "created"),
    ],
)
def test_a_process_that_is_killed_leaves_what_the_next_one_makes_right(
    desk: Desk, call: str, fault: str, left: str
) -> None:
    desk.claims("a", "b", lines=[line(receipts=[receipt()])])
    killed = subprocess.run(
        [sys.executable, "-m", "tests.example_target.worker", desk.dsn, call, fault],
        cwd=PROJECT, env={**os.environ, "PYTHONPATH": "plugins:include:."}, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL
    assert desk.statuses() == [left, left]
    desk.clock.later(11)
    desk.export().run()
    desk.clock.later(5)
    desk.export().run()
    assert desk.statuses() == ["posted", "posted"]
    assert desk.ledger.totals() == {job.key: job.total for job in desk.jobs()}
    assert desk.ledger.ask("select receipts from example_ledger.document") == [(1,), (1,)]


@pytest.mark.parametrize("fault", ["late", "killed_late"])
def test_what_may_still_be_carried_out_is_not_sent_again(desk: Desk, fault: Any) -> None:
    desk.claims("a")
    if fault == "late":
        desk.export(Faults(send=[fault])).run()
    else:
        with dies():
            desk.export(Faults(send=[fault])).run()
    desk.clock.later(9)
    assert desk.export().run()["pending"] == 0
    assert desk.statuses() == ["unknown"]
    desk.ledger.arrive()
    assert desk.export().run().statuses == {"created": 1, "posted": 1}
    assert len(desk.ledger.totals()) == 1


def test_what_never_came_is_sent_again_and_after_five_times_a_person_decides(desk: Desk) -> None:
    desk.claims("a")
    for n in range(1, 6):
        with dies():
            desk.export(Faults(send=["killed_before"])).run()
        desk.clock.later(11)
        counts = desk.export().settle()
        assert counts.statuses == {"unknown": 1, "pending" if n < 5 else "review": 1}
        assert desk.job("a").attempts == n
        desk.clock.later(60)
    assert desk.job("a").last_error == (
        "failed 5 times, the last time with: no answer came, and nothing of it is there. Remedy: mend the cause, then retry it here"
    )
    assert len(counts.told) == 1
    deciding.retry(desk.warehouse, desk.job("a").export_id, actor="bo", configuration=desk.configuration)  # fmt: skip
    assert desk.export().run()["posted"] == 1
    assert desk.ledger.states() == ["posted"]


def test_of_a_call_with_one_that_is_refused_or_fails_the_others_are_made(desk: Desk) -> None:
    desk.claims("a", "b", "c", "d")
    counts = desk.export(Faults(send=["refused", "failed"]), size=2).run()
    assert counts.statuses == {"created": 2, "review": 1, "failed": 1, "posted": 2}
    refused, failed = desk.job("a"), desk.job("c")
    assert (refused.status, refused.last_error, refused.may_be_there) == (
        "review",
        f"{refused.key} was refused",
        False,
    )
    assert (failed.status, failed.failures, failed.may_be_there) == ("failed", 1, False)
    assert failed.next_attempt_at is not None
    assert 59 < (failed.next_attempt_at - desk.clock.now).total_seconds() <= 90
    assert desk.export().run() == Counts(), "it waits"
    desk.clock.later(2)
    assert desk.export().run().statuses == {"created": 1, "posted": 1}


def test_an_outage_leaves_everything_as_it_was_and_opens_the_breaker(desk: Desk) -> None:
    desk.claims("a")
    desk.export().collect()
    for _ in range(5):
        with pytest.raises(Unavailable):
            desk.export(Faults(send=["unavailable"])).run()
        found = desk.job("a")
        assert (found.status, found.attempts, found.may_be_there, found.last_error_family) == (
            "pending",
            0,
            False,
            "Unavailable",
        )
    # Look-ups went well in between: it is the sending that fails.
    assert desk.outcomes()[-2:] == [("/look_up", "done"), ("/send", "failed")]
    calls = len(desk.outcomes())
    counts = desk.export().run()
    assert counts.held.startswith("the circuit breaker of example_target 1 is open since ")
    assert "5 calls failed, the last with: the example is down" in counts.held
    assert (desk.statuses(), len(desk.outcomes())) == (["pending"], calls)
    # After five minutes one call tries, and decides.
    later = "update ops.export_breaker set opened_at = opened_at - interval '301 s'"
    desk.warehouse.execute(later)
    with pytest.raises(Unavailable):
        desk.export(Faults(look_up=["unavailable"])).run()
    assert desk.export().run().held
    desk.warehouse.execute(later)
    assert desk.export().run()["posted"] == 1
    assert desk.warehouse.execute("select state, failures from ops.export_breaker").fetchone() == (
        "closed",
        0,
    )


def test_two_of_one_company_do_not_work_at_once(desk: Desk, dsn: str) -> None:
    desk.claims("a")
    export = desk.export()
    with (
        connect(dsn) as other,
        exclusive(other, "example_target 1", "accounting export"),
        pytest.raises(Busy, match="company example_target 1: another run has worked on"),
    ):
        export.run()
    assert export.run()["posted"] == 1


def test_what_is_there_already_is_taken_for_what_it_is(desk: Desk) -> None:
    """The register was restored from an older backup, say."""
    desk.claims("same", "other", "twice")
    desk.export().run()
    other, twice = desk.job("other"), desk.job("twice")
    desk.warehouse.execute("truncate ops.export_job cascade")
    desk.ledger.tell(
        "update example_ledger.document set body = 'changed' where key = %s", [other.key]
    )
    desk.ledger.tell("insert into example_ledger.document (company, key, number, total, body) select company, key, number, total, body from example_ledger.document where key = %s", [twice.key])  # fmt: skip
    counts = desk.export().run()
    assert (counts.statuses, counts.adopted) == ({"posted": 1, "review": 2}, 1)
    found = {
        job.source_id: (job.status, job.last_error_family, job.attempts) for job in desk.jobs()
    }
    assert found == {
        "same": ("posted", None, 0), "other": ("review", "FoundDifferent", 0), "twice": ("review", "FoundTwice", 0),
    }  # fmt: skip
    assert "which is not what was sent: it is changed" in (desk.job("other").last_error or "")
    assert "2 times. Remedy: delete or reverse all but one there" in (
        desk.job("twice").last_error or ""
    )


def test_what_waits_there_and_nobody_knew_of_is_finished(desk: Desk) -> None:
    desk.configuration = example_configuration(mapping={"booking": "leave"})
    desk.claims("a", lines=[line(receipts=[receipt()])])
    desk.export(Faults(complete=["lost"])).run()
    before = desk.job("a")
    desk.warehouse.execute("truncate ops.export_job cascade")
    desk.ledger.tell("update example_ledger.document set receipts = 0")
    desk.configuration = example_configuration()
    counts = desk.export().run()
    assert (counts.statuses, counts.adopted) == ({"created": 1, "posted": 1}, 1)
    found = desk.job("a")
    assert (found.key, found.company, found.document, found.is_complete) == (
        before.key,
        before.company,
        found.document,
        True,
    )
    assert found.document is not None
    assert desk.export().reconcile() == Counts()
    desk.ledger.tell("delete from example_ledger.document")
    assert desk.export().reconcile().statuses == {"review": 1}, "it is compared as all others are"


def test_what_is_gone_or_changed_there_is_told_once_and_heals_when_it_is_mended(desk: Desk) -> None:
    desk.claims("1-gone", "2-changed", "3-good")
    desk.export().run()
    gone, changed = desk.job("1-gone"), desk.job("2-changed")
    desk.ledger.tell("update example_ledger.document set company = 'elsewhere' where key = %s", [gone.key])  # fmt: skip
    desk.ledger.tell("update example_ledger.document set body = body || ' ' where key = %s", [changed.key])  # fmt: skip
    counts = desk.export().reconcile()
    assert counts.statuses == {"review": 2}
    assert [one.partition(":")[0] for one in counts.told] == [
        "1-gone (revision 1)",
        "2-changed (revision 1)",
    ]
    assert "and has it no more. Remedy: find out who deleted it" in counts.told[0]
    assert desk.export().reconcile() == Counts(), "told once"
    desk.ledger.tell("update example_ledger.document set body = trim(body), company = '1'")
    counts = desk.export().reconcile()
    assert counts.statuses == {"posted": 2}
    assert counts.told[0] == "1-gone (revision 1): is right again at the target: posted"
    # What is gone is not booked again because somebody retries it: that needs a word of its own.
    desk.ledger.tell("delete from example_ledger.document where key = %s", [gone.key])
    desk.export().reconcile()
    again: dict[str, Any] = {"actor": "bo", "configuration": desk.configuration}
    deciding.retry(desk.warehouse, gone.export_id, **again)
    assert desk.export().run().statuses == {"review": 1}
    deciding.retry(desk.warehouse, gone.export_id, **again, accept_second=True)
    assert desk.export().run().statuses == {"created": 1, "posted": 1}
    assert not desk.job("1-gone").is_second_accepted


def test_what_was_booked_by_hand_is_neither_sent_nor_compared(desk: Desk) -> None:
    desk.claims("a")
    desk.export(Faults(send=["refused"])).run()
    deciding.book_by_hand(desk.warehouse, desk.job("a").export_id, "V-17", actor="bo")
    assert (desk.export().run(), desk.export().reconcile()) == (Counts(), Counts())
    assert (desk.job("a").external_reference, desk.ledger.states()) == ("V-17", [])


def test_a_posting_that_nobody_saw_is_not_made_again(desk: Desk) -> None:
    desk.claims("a", "b")
    with dies():
        desk.export(Faults(post=["killed_after"])).run()
    assert desk.statuses() == ["created", "created"]
    assert desk.outcomes()[-1] == ("/post", "running")
    faults = Faults()
    assert desk.export(faults).run().statuses == {"posted": 2}
    assert faults.met == {"look_up": 1}, "it was looked up, and was there"


def test_receipts_that_may_still_get_there_are_not_attached_again_at_once(desk: Desk) -> None:
    desk.claims("a", "b", lines=[line(receipts=[receipt()])])
    with dies():
        desk.export(Faults(complete=["killed_before"])).run()
    desk.clock.later(9)
    faults = Faults(complete=["lost"])
    desk.export(faults).run()
    assert faults.met == {"look_up": 1}
    desk.clock.later(2)
    desk.export(faults).run()
    found = desk.job("a")
    assert found.next_attempt_at is not None
    assert 599 < (found.next_attempt_at - desk.clock.now).total_seconds() <= 600
    desk.clock.later(11)
    assert desk.export().run().statuses == {"posted": 2}


def test_what_is_nobodys_keeps_a_journal_from_being_posted(desk: Desk) -> None:
    desk.claims("a")
    desk.ledger.tell("insert into example_ledger.document (company, key, number, total, body) values ('1', 'STRANGE', 0, 1, '')")  # fmt: skip
    for _ in range(6):
        with pytest.raises(
            DataRejected, match="holds STRANGE, which must not be posted: it is not ours"
        ):
            desk.export().run()
        desk.clock.later(5)
    found = desk.job("a")
    assert (found.status, found.failures) == ("created", 0)
    assert "STRANGE" in (found.last_error or "")
    desk.ledger.tell("delete from example_ledger.document where key = 'STRANGE'")
    desk.clock.later(5)
    assert desk.export().run().statuses == {"posted": 1}
    assert desk.job("a").last_error is None


def test_what_is_left_for_the_bookkeeper_is_never_posted_by_the_way(desk: Desk) -> None:
    """In one journal all is posted or nothing: it waits until the bookkeeper has posted what is theirs."""
    desk.configuration = example_configuration(mapping={"booking": "leave"})
    desk.claims("a")
    desk.export().run()
    desk.configuration = example_configuration()
    desk.claims("b")
    with pytest.raises(DataRejected, match="expense a: is left for the bookkeeper to post"):
        desk.export().run()
    assert desk.ledger.states() == ["waiting", "waiting"]
    desk.ledger.tell(
        "update example_ledger.document set state = 'posted' where key = %s", [desk.job("a").key]
    )
    desk.export().reconcile()
    desk.clock.later(60)
    desk.export().run()
    assert desk.statuses() == ["posted", "posted"]


def test_a_claim_that_was_edited_after_its_export_is_not_posted_by_itself(desk: Desk) -> None:
    desk.claims("a")
    desk.export().run()
    desk.claims("a", revision=2, description="Another")
    assert desk.export().run() == Counts()
    second = desk.job("a", 2)
    assert (second.status, second.differences) == (
        "review", [{"path": "description", "stored": "Course in Oslo", "sent": "Another"}],
    )  # fmt: skip
    assert len(desk.ledger.totals()) == 1
    deciding.retry(desk.warehouse, second.export_id, actor="bo", configuration=desk.configuration, accept_second=True)  # fmt: skip
    assert desk.export().run()["posted"] == 1
    assert len(desk.ledger.totals()) == 2


@pytest.mark.parametrize("fault", ["refused", "failed", "killed_before"])
def test_an_edited_claim_takes_the_place_of_one_that_is_not_there(desk: Desk, fault: Any) -> None:
    desk.claims("a")
    if fault == "killed_before":
        with dies():
            desk.export(Faults(send=[fault])).run()
    else:
        desk.export(Faults(send=[fault])).run()
    desk.claims("a", revision=2, description="Another")
    desk.export().run()
    desk.clock.later(11)
    desk.export().run()
    assert [(job.revision, job.status) for job in desk.jobs()] == [(1, "cancelled"), (2, "posted")]
    assert desk.job("a", 2).differences is None
    assert list(desk.ledger.totals()) == [desk.job("a", 2).key]


def test_an_edited_claim_waits_where_the_earlier_one_is_found(desk: Desk) -> None:
    desk.claims("a")
    with dies():
        desk.export(Faults(send=["killed_late"])).run()
    desk.claims("a", revision=2, description="Another")
    desk.ledger.arrive()
    desk.export().run()
    assert [(job.revision, job.status) for job in desk.jobs()] == [(1, "posted"), (2, "review")]
    assert len(desk.ledger.totals()) == 1


def test_another_company_in_the_file_is_not_sent_what_the_first_one_may_have(desk: Desk) -> None:
    desk.claims("a", "b")
    desk.export(Faults(send=["lost", "failed"]), size=1).run()
    desk.ledger.company = "2"
    desk.clock.later(11)
    counts = desk.export().run()
    assert (counts["review"], counts["posted"]) == (1, 1)
    found = desk.job("a")
    assert (found.status, found.last_error_family) == ("review", "ConfigError")
    assert f"look there for {found.key}" in (found.last_error or "")
    assert desk.job("b").company == "example_target 2"


def test_calls_are_kept_with_what_was_said(desk: Desk) -> None:
    desk.claims("a", "b")
    with dies():
        desk.export(Faults(send=["killed_before"])).run()
    look_up, send = attempts_of(desk.warehouse, desk.job("a").export_id)
    assert (look_up.outcome, look_up.status_code, look_up.answer) == ("done", 200, "{}")
    assert look_up.duration_ms is not None
    assert (send.outcome, send.status_code, send.duration_ms) == ("running", None, None)
    assert send.request == {
        "method": "POST",
        "path": "/send",
        "documents": 2,
        "body": [_body(desk, "a"), _body(desk, "b")],
    }
    other = attempts_of(desk.warehouse, desk.job("b").export_id)[1]
    assert (other.call_number, "body" in other.request) == (send.call_number, False)


def test_receipts_that_do_not_get_there_are_tried_again(desk: Desk) -> None:
    desk.claims("a", lines=[line(receipts=[receipt()])])
    desk.export(Faults(complete=["lost"])).run()
    found = desk.job("a")
    assert (found.status, found.is_complete, found.failures) == ("created", False, 1)
    desk.clock.later(11)
    assert desk.export().run().statuses == {"posted": 1}


def test_what_was_erased_is_no_trouble(desk: Desk) -> None:
    desk.claims("posted")
    desk.export().run()
    desk.claims("unknown")
    desk.export(Faults(send=["lost"])).run()
    desk.warehouse.execute("update ops.export_job set payload = '{}'")
    assert desk.export().reconcile() == Counts()
    assert desk.export().run().statuses == {"review": 1}
    assert "is not kept any more" in (desk.job("unknown").last_error or "")
    assert desk.job("posted").total == Decimal(125)


def test_nothing_is_sent_in_a_status_that_a_person_changed_meanwhile(desk: Desk) -> None:
    desk.claims("a")
    export = desk.export()
    export.collect()
    (ids,) = export.chunks(10)
    deciding.cancel(desk.warehouse, desk.job("a").export_id, actor="bo")
    assert export.send(ids) == Counts()
    assert desk.ledger.states() == []


def test_a_task_whose_time_is_up_in_a_call_leaves_what_is_looked_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.claims("a")

    def too_long(*_: Any, **__: Any) -> Any:
        raise TimeoutError("the task's time is up")

    with monkeypatch.context() as patched:
        patched.setattr(ExampleTarget, "send", too_long)
        with pytest.raises(TimeoutError):
            desk.export().run()
    found = desk.job("a")
    assert (found.status, found.last_error) == (
        "unknown",
        "TimeoutError while it was being sent: the task's time is up",
    )
    desk.clock.later(11)
    desk.export().settle()
    desk.clock.later(2)
    assert desk.export().run()["posted"] == 1


def test_what_a_person_decides_in_the_middle_of_a_step_stands(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.claims("a")
    desk.export().run()
    desk.ledger.tell("update example_ledger.document set body = body || ' '")
    assert desk.export().reconcile().statuses == {"review": 1}
    desk.ledger.tell("update example_ledger.document set body = trim(body)")
    look_up = ExampleTarget.look_up

    def decided_meanwhile(*asked: Any) -> Any:
        deciding.book_by_hand(desk.warehouse, desk.job("a").export_id, "V-17", actor="bo")
        return look_up(*asked)

    monkeypatch.setattr(ExampleTarget, "look_up", decided_meanwhile)
    assert desk.export().reconcile() == Counts()
    found = desk.job("a")
    assert (found.status, found.external_reference, found.booked_by) == ("posted", "V-17", "bo")


def test_what_is_changed_while_it_is_about_to_be_sent_is_not_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.claims("a", "b")
    desk.export(Faults(send=["failed"]), size=1).run()
    groups = ExampleTarget.groups

    def changed_meanwhile(target: ExampleTarget, dispatches: Any) -> Any:
        desk.claims("a", revision=2, description="Another")
        return groups(target, dispatches)

    desk.clock.later(2)
    with monkeypatch.context() as patched:
        patched.setattr(ExampleTarget, "groups", changed_meanwhile)
        assert desk.export().run().statuses == {}
    assert desk.export().run().statuses == {"cancelled": 1, "pending": 1, "created": 1, "posted": 1}
    assert list(desk.ledger.totals()) == sorted([desk.job("a", 2).key, desk.job("b").key])  # type: ignore[type-var]


def test_the_register_takes_any_target(warehouse: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        warehouse.execute("insert into ops.export_breaker values ('c', 'broken', 0, 0, null, null, null, now())")  # fmt: skip
