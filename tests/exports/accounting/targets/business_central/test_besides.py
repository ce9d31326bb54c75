"""What else lies in the journal of ours when it is posted: nothing is booked by the way that must not be yet."""

from __future__ import annotations

import pytest

from saldo.errors import DataRejected
from saldo.warehouse.connection import Connection
from tests.exports.accounting.examples import receipt
from tests.support import Sandbox

from .support import taxi
from .test_engine import Office


@pytest.fixture
def office(dsn: str, warehouse: Connection, sandbox: Sandbox) -> Office:
    return Office(dsn, warehouse, sandbox, "bcbesides")


def posted(office: Office) -> set[str]:
    return set(office.books.truth()["posted"])


def test_a_claim_without_its_receipts_is_not_posted_with_the_others(office: Office) -> None:
    office.expense("EXP-1", taxi(receipts=[receipt()]))
    office.expense("EXP-2", taxi())
    office.books.company.fault("503", match="attachmentContent", times=9)
    with pytest.raises(DataRejected, match=r"EXP-1: its receipts are not there yet"):
        office.run()
    assert (posted(office), office.statuses()) == (set(), {"EXP-1": "created", "EXP-2": "created"})
    office.books.company.sandbox.clear_faults()
    office.clock.later(60)
    office.run()
    assert office.statuses() == {"EXP-1": "posted", "EXP-2": "posted"}
    assert len(office.books.truth()["files"]) == 1


def test_what_a_person_must_decide_is_never_posted_by_the_way(office: Office) -> None:
    """Somebody has changed a line there; runs go on."""
    office.expense("EXP-1", taxi())
    office.export().collect()
    export = office.export()
    for ids in export.chunks(10):
        export.send(ids)
    key = str(office.jobs()["EXP-1"].key)
    office.books.do("change_line", documentNumber=key, amount=7)
    office.expense("EXP-2", taxi())
    for _ in range(7):
        with pytest.raises(DataRejected, match=f"{key} .expense EXP-1: waits for a person"):
            office.run()
        office.clock.later(60)
    assert posted(office) == set()
    assert office.statuses() == {"EXP-1": "review", "EXP-2": "created"}
    office.books.do("change_line", documentNumber=key, amount=121)
    office.export().reconcile()
    office.run()
    assert office.statuses() == {"EXP-1": "posted", "EXP-2": "posted"}


def test_receipts_that_the_bookkeeper_was_faster_than_are_told_of(office: Office) -> None:
    """Posted there before they were attached: nothing can be attached any more, and somebody must know."""
    office.expense("EXP-1", taxi(receipts=[receipt()]))
    office.expense("EXP-2", taxi())
    export = office.export()
    export.collect()
    for ids in export.chunks(10):
        export.send(ids)
    office.books.do("post_journal", journal="SALDO")
    office.run()
    job = office.jobs()["EXP-1"]
    assert office.statuses() == {"EXP-1": "review", "EXP-2": "posted"}
    assert "was posted before its receipts could be looked at" in str(job.last_error)
