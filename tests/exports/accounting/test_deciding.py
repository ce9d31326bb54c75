"""What people decide about exports: only where it can be, and written down with who did it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from saldo.exports.accounting.deciding import WrongStatus, book_by_hand, cancel, edit_lines, retry
from saldo.exports.accounting.expense import InvalidExpense, parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import STATUSES, Job, Rejected, job_of
from saldo.exports.accounting.kept import load_expense
from saldo.exports.accounting.mapping import NotMappable
from saldo.exports.accounting.overriding import InvalidOverride, overridden
from saldo.exports.accounting.preview import Changes, preview
from saldo.exports.accounting.revising import NothingChanged
from saldo.warehouse.connection import Connection
from saldo.warehouse.migrations import MIGRATIONS_DIR

from .examples import configurations, expense, line, receipt
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


@pytest.mark.parametrize("override", [None, {"accounts": {"gifts": "7400"}}])
def test_an_edited_revision_keeps_what_stands_over_the_mapping(
    warehouse: Connection, override: dict[str, Any] | None
) -> None:
    job = registered(warehouse, lines=[line(category="gifts")])
    put(warehouse, job, status="review")
    if override:
        _retry(warehouse, job, override=override)
    before = job_of(warehouse, job.export_id)
    found = _edit(warehouse, before)
    assert (found.revision, found.override) == (2, override)
    assert all_jobs(warehouse) == [job_of(warehouse, job.export_id), found]
    # What its preview showed before it was edited is what it is now.
    changes = Changes(lines=[{"line": 1, "text": "Bus"}])
    now = preview(warehouse, FJELL, "EXP-2026-0001")
    warehouse.execute("delete from ops.export_job where revision = 2")
    warehouse.execute("delete from ops.expense where revision = 2")
    then = preview(warehouse, FJELL, "EXP-2026-0001", changes=changes)
    assert now == then
    assert (now.document is None) == (override is None)


def _sent(warehouse: Connection, **changes: Any) -> tuple[int, str]:
    raw = parse_expense(expense(**changes))
    found = store_expense(warehouse, raw, actor="ann", source="rest")
    return found.revision, found.outcome


@pytest.mark.parametrize("status", ["pending", "review", "posted"])
@pytest.mark.parametrize("number", [None, 1, 2])
def test_a_correction_stays_when_the_same_comes_again_as_it_was_sent(
    warehouse: Connection, status: str, number: int | None
) -> None:
    sent = {"lines": [line(receipts=[receipt()]), line(2, category="gifts")], "revision": number}
    first = {**sent, "revision": None}
    job = registered(warehouse, **first)
    put(warehouse, _edit(warehouse, job), status=status)
    assert _sent(warehouse, **sent) == (2, "same")
    assert [one.status for one in all_jobs(warehouse)] == ["cancelled", status]


def test_a_claim_that_was_corrected_twice_stays_so(warehouse: Connection) -> None:
    second = _edit(warehouse, registered(warehouse), {"line": 1, "category": "mileage"})
    _edit(warehouse, second, {"line": 1, "text": "Bus"})
    assert _sent(warehouse) == (3, "same")
    # As somebody has made it in between is not how it was sent.
    assert _sent(warehouse, lines=[line(category="mileage")]) == (4, "revised")
    # What was sent since is what holds, and what was sent first is another.
    assert _sent(warehouse) == (5, "revised")


def test_a_corrected_claim_is_another_where_its_sender_says_so(warehouse: Connection) -> None:
    _edit(warehouse, registered(warehouse))
    assert _sent(warehouse, revision=3) == (3, "revised")
    assert [one.status for one in all_jobs(warehouse)] == ["cancelled", "cancelled"]


def test_a_corrected_claim_that_is_sent_otherwise_is_its_next_revision(
    warehouse: Connection,
) -> None:
    _edit(warehouse, registered(warehouse))
    assert _sent(warehouse, description="Another") == (3, "revised")


def test_corrections_of_before_are_known_by_what_took_the_place_of_what(
    warehouse: Connection,
) -> None:
    """As the migration finds them, however often one was corrected."""
    second = _edit(warehouse, registered(warehouse), {"line": 1, "category": "mileage"})
    _edit(warehouse, second, {"line": 1, "text": "Bus"})
    registered(warehouse, id="plain")
    registered(warehouse, id="plain", description="Another")
    known = "select expense_id, revision, sent_hash from ops.expense order by 1, 2"
    before = warehouse.execute(known).fetchall()
    assert [sent is None for *_, sent in before] == [True, False, False, True, True]
    warehouse.execute("update ops.expense set sent_hash = null")
    [migration] = MIGRATIONS_DIR.glob("*_corrected_claims.sql")
    text = migration.read_text()
    warehouse.execute(text[text.index("with recursive") :].encode())
    assert warehouse.execute(known).fetchall() == before
