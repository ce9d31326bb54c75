"""What people decide about exports: only where it can be, and written down with who did it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from saldo.exports.accounting.deciding import WrongStatus, book_by_hand, cancel, edit_lines, retry
from saldo.exports.accounting.expense import InvalidExpense
from saldo.exports.accounting.jobs import STATUSES, Job, Rejected, job_of
from saldo.exports.accounting.kept import load_expense
from saldo.exports.accounting.mapping import NotMappable
from saldo.exports.accounting.overriding import InvalidOverride, overridden
from saldo.exports.accounting.revising import NothingChanged
from saldo.warehouse.connection import Connection

from .examples import configurations, line, receipt
from .register import FJELL, acts, all_jobs, clear, put, registered, stored


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    clear(warehouse)


def _cancel(warehouse: Connection, job: Job) -> Job:
    return cancel(warehouse, job.export_id, actor="bo")


def _retry(warehouse: Connection, job: Job, **more: Any) -> Job:
    return retry(warehouse, job.export_id, actor="bo", configuration=FJELL, **more)


def _book(warehouse: Connection, job: Job) -> Job:
    return book_by_hand(warehouse, job.export_id, "V-17", actor="bo")


def _edit(warehouse: Connection, job: Job, *lines: dict[str, Any]) -> Job:
    changes = lines or ({"line": 1, "text": "Bus"},)
    return edit_lines(warehouse, job.export_id, changes, actor="bo", configuration=FJELL)


@pytest.mark.parametrize(
    ("decide", "becomes", "possible", "act"),
    [
        (_cancel, "cancelled", {"pending", "failed", "review"}, "cancelled"),
        (_retry, "pending", {"failed", "review"}, "retried"),
        (_book, "posted", {"failed", "review"}, "booked by hand"),
        (_edit, "pending", {"pending", "failed", "review"}, "edited"),
    ],
    ids=["cancel", "retry", "book", "edit"],
)
@pytest.mark.parametrize("status", STATUSES)
def test_each_decision_is_possible_in_its_statuses_only(
    warehouse: Connection,
    decide: Callable[[Connection, Job], Job],
    becomes: str,
    possible: set[str],
    act: str,
    status: str,
) -> None:
    job = registered(warehouse)
    put(warehouse, job, status=status)
    warehouse.execute("truncate ops.audit")
    before = job_of(warehouse, job.export_id)
    if status in possible:
        assert decide(warehouse, before).status == becomes
        assert (f"accounting export {act}", "bo", "fjell") in acts(warehouse)
    else:
        with pytest.raises(WrongStatus, match=f"it is {status}, and only what is ") as caught:
            decide(warehouse, before)
        assert (caught.value.status, set(caught.value.possible)) == (status, possible)
        assert [job_of(warehouse, job.export_id), acts(warehouse)] == [before, []]


@pytest.mark.parametrize("decide", [_cancel, _edit], ids=["cancel", "edit"])
def test_what_may_be_at_the_target_is_neither_cancelled_nor_edited(
    warehouse: Connection, decide: Callable[[Connection, Job], Job]
) -> None:
    job = registered(warehouse)
    put(warehouse, job, status="review", may_be_there=True)
    with pytest.raises(WrongStatus, match="is at the target, or may be"):
        decide(warehouse, job)
    assert len(all_jobs(warehouse)) == 1


def test_booked_by_hand_says_who_and_what(warehouse: Connection) -> None:
    job = registered(warehouse)
    put(warehouse, job, status="failed")
    booked = _book(warehouse, job)
    assert (booked.external_reference, booked.booked_by, booked.last_error) == (
        "V-17",
        "bo",
        "booked by hand by bo",
    )
    with pytest.raises(Rejected, match="write the number of the voucher"):
        book_by_hand(warehouse, job.export_id, "  ", actor="bo")


def test_a_second_posting_needs_a_word_of_its_own(warehouse: Connection) -> None:
    put(warehouse, registered(warehouse), status="posted", may_be_there=True)
    second = registered(warehouse, revision=2, description="Another")
    assert second.status == "review"
    with pytest.raises(WrongStatus, match="say accept_second"):
        _retry(warehouse, second)
    accepted = _retry(warehouse, second, accept_second=True)
    assert (accepted.status, accepted.is_second_accepted, accepted.last_error) == (
        "pending",
        True,
        None,
    )


def test_a_mapping_is_overridden_for_one_export(warehouse: Connection) -> None:
    job = registered(warehouse, lines=[line(category="gifts")])
    put(warehouse, job, status="review", failures=3)
    with pytest.raises(NotMappable, match=r"mapping\.accounts"):
        _retry(warehouse, job, override={"texts": {"document": "{id}"}})
    with pytest.raises(
        InvalidOverride, match=r"mapping\.vat\.25\.rate: 'lots' is no number"
    ) as caught:
        _retry(warehouse, job, override={"vat": {"25": {"rate": "lots"}}, "colour": "red"})
    assert len(caught.value.problems) == 2
    assert job_of(warehouse, job.export_id).status == "review"
    override = {"accounts": {"gifts": "7400"}}
    found = _retry(warehouse, job, override=override)
    assert (found.override, found.status, found.failures) == (override, "pending", 0)
    put(warehouse, job, status="failed")
    assert _retry(warehouse, job).override == override, "it stays"
    put(warehouse, job, status="failed")
    assert _retry(warehouse, job, override={}).override is None


@pytest.mark.parametrize("name", sorted(configurations()))
def test_an_override_leaves_the_rest_of_the_file_as_it_is(name: str) -> None:
    configuration = configurations()[name]
    found = overridden(configuration, {"accounts": {"more": "9999"}})
    assert found.rules.accounts == {**configuration.rules.accounts, "more": "9999"}
    rest = found.model_dump()
    rest["mapping"]["accounts"].pop("more")
    assert rest == configuration.model_dump()
    assert overridden(configuration, None) is configuration


def test_edited_lines_are_the_next_revision(warehouse: Connection) -> None:
    job = registered(warehouse, lines=[line(receipts=[receipt()]), line(2, category="gifts")])
    put(warehouse, job, status="review")
    found = _edit(warehouse, job, {"line": 2, "category": "travel", "dimensions": {"department": "20"}, "date": "2026-03-05"})  # fmt: skip
    assert [(one.revision, one.status, one.last_error) for one in all_jobs(warehouse)] == [
        (1, "cancelled", "revision 2, edited by bo, took its place"),
        (2, "pending", None),
    ]
    assert (found.revision, found.created_by, found.differences) == (2, "bo", None)
    revised = load_expense(warehouse, "fjell", "EXP-2026-0001")
    assert [(one.category, one.dimensions, str(one.date)) for one in revised.lines] == [
        ("travel", {"department": "10"}, "2026-03-02"),
        ("travel", {"department": "20"}, "2026-03-05"),
    ]
    assert revised.total == load_expense(warehouse, "fjell", "EXP-2026-0001", 1).total
    assert len(revised.lines[0].receipts) == 1


def test_what_cannot_be_edited_is_said_at_once_and_changes_nothing(warehouse: Connection) -> None:
    job = registered(warehouse)
    with pytest.raises(InvalidExpense) as caught:
        _edit(warehouse, job, {"line": 1, "amount": "1.00"}, {"line": 9, "text": "x"})
    assert [problem.path for problem in caught.value.problems] == [
        "lines[0].amount",
        "lines[1].line",
    ]
    with pytest.raises(InvalidExpense, match="category"):
        _edit(warehouse, job, {"line": 1, "category": ""})
    with pytest.raises(NothingChanged, match="change nothing"):
        _edit(warehouse, job, {"line": 1, "category": "travel"})
    assert [(one.revision, one.status) for one in all_jobs(warehouse)] == [(1, "pending")]
    put(warehouse, job, status="review", attempts=1)
    stored(warehouse, revision=2, description="Another")
    with pytest.raises(WrongStatus, match="the expense has a later revision"):
        _edit(warehouse, job)
