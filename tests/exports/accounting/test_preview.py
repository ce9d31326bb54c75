"""A preview says what would be sent, and everything against it, and leaves no trace."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saldo.exports.accounting import deciding
from saldo.exports.accounting.kept import UnknownExpense
from saldo.exports.accounting.preview import preview
from saldo.warehouse.connection import Connection
from tests.example_target.faults import Faults
from tests.example_target.target import ExampleTarget

from .engine import Desk
from .examples import line, receipt


@pytest.fixture
def desk(dsn: str, warehouse: Connection) -> Iterator[Desk]:
    found = Desk(dsn, warehouse)
    yield found
    found.clear()


def test_a_preview_is_what_is_sent(desk: Desk) -> None:
    desk.claims("a", lines=[line(receipts=[receipt()])])
    seen = preview(desk.warehouse, desk.configuration, "a", ExampleTarget(desk.ledger))
    assert (seen.problems, desk.jobs(), desk.ledger.states()) == ([], [], [])
    assert seen.document is not None
    desk.export().run()
    sent = desk.job("a").document
    assert sent is not None
    assert (seen.document.body, seen.document.receipts) == (sent.body, sent.receipts)


def test_a_preview_says_everything_against_it(desk: Desk) -> None:
    desk.claims(
        "unmapped",
        status="draft",
        approved_at=None,
        lines=[line(category="gifts"), line(2, category="wine")],
    )
    seen = preview(desk.warehouse, desk.configuration, "unmapped")
    assert (seen.document, [one.path for one in seen.problems]) == (
        None,
        ["lines[0].category", "lines[1].category"],
    )
    desk.claims("blocked")
    seen = preview(
        desk.warehouse, desk.configuration, "blocked", ExampleTarget(desk.ledger, blocked=["7140"])
    )
    assert seen.document is not None
    assert [one.found for one in seen.problems] == ["account 7140, which is blocked"]
    with pytest.raises(UnknownExpense, match="there is no expense 'nobody'"):
        preview(desk.warehouse, desk.configuration, "nobody")


def test_a_preview_has_what_a_person_wrote_over_the_mapping(desk: Desk) -> None:
    desk.claims("a")
    desk.export(Faults(send=["refused"])).run()
    override = {"accounts": {"travel": "7999"}}
    deciding.retry(desk.warehouse, desk.job("a").export_id, actor="bo", configuration=desk.configuration, override=override)  # fmt: skip
    seen = preview(desk.warehouse, desk.configuration, "a")
    assert seen.document is not None
    assert seen.document.entries[0].number == "7999"
