"""A whole and its parts: both again until the whole has stood still, also over tries of one run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saldo.landing.together import ROUNDS, land_together
from saldo.runs.sync_run import Counts, Run, recorded, unfinished
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection
from tests.support import ENTITIES

LINES = ENTITIES["draft_invoice_lines"]
WANTED = ("draft_invoices", "draft_invoice_lines")


def landing(changes: list[int]) -> tuple[list[str], Iterator[int]]:
    return [], iter(changes)


@pytest.mark.parametrize(
    ("changes", "wanted", "pages", "landed"),
    [
        ([0], WANTED, 1, ["lines", "whole"]),
        ([2, 0], WANTED, 1, ["lines", "whole", "lines", "whole"]),
        # What moves faster is left to the next night, and ends with its lines.
        ([1, 1, 1], WANTED, 1, ["lines", "whole"] * (ROUNDS - 1) + ["lines"]),
        # Of nothing that was asked for, and of a whole that is excluded, there is nothing to read again.
        ([1], WANTED, 0, ["lines"]),
        ([1], ("draft_invoice_lines",), 1, ["lines"]),
    ],
)
def test_parts_are_read_until_their_whole_stands_still(
    changes: list[int], wanted: tuple[str, ...], pages: int, landed: list[str]
) -> None:
    done, moves = landing(changes)

    def land(name: str) -> Counts:
        is_whole = name == "draft_invoices"
        done.append("whole" if is_whole else "lines")
        return Counts(pages=pages, updated=next(moves) if is_whole else 1)

    land_together(LINES, land, wanted=wanted)
    assert done == landed


@pytest.mark.parametrize(("is_retry", "landed"), [(False, ["lines"]), (True, ["lines", "whole"])])
def test_parts_as_they_were_fit_the_whole_that_was_read_before(
    is_retry: bool, landed: list[str]
) -> None:
    """Not so in a retry: what its first try wrote is as it was for the second."""
    done: list[str] = []

    def land(name: str) -> Counts:
        done.append("whole" if name == "draft_invoices" else "lines")
        return Counts(pages=1)

    land_together(LINES, land, wanted=WANTED, is_retry=is_retry)
    assert done == landed


@pytest.mark.parametrize(
    ("tries", "left"),
    [
        (
            [("whole", 1, True), ("lines", 1, True), ("whole", 0, True)],
            ["whole", "lines"],
        ),  # all: none is undone
        ([("whole", 1, True), ("lines", 1, True), ("whole", 1, True)], ["lines"]),
        ([("whole", 1, True), ("lines", 1, True), ("whole", 0, False)], ["whole", "lines"]),
        ([("whole", 1, True), ("lines", 0, False)], ["lines"]),
        ([("whole", 1, True)], ["lines"]),
        ([("whole", 0, False), ("lines", 1, True)], ["whole"]),
        ([("whole", 0, False), ("lines", 1, True), ("whole", 1, True)], ["lines"]),
        ([], ["whole", "lines"]),
    ],
)
def test_a_retry_reads_parts_again_whose_whole_has_moved(
    dsn: str, warehouse: Connection, tries: list[tuple[str, int, bool]], left: list[str]
) -> None:
    warehouse.execute("delete from ops.sync_run where agreement_id = 'parts'")
    subject, run = SubjectKey("agreement", "parts"), Run("dag", "run")
    for entity, changed, is_well in tries:
        try:
            with recorded(warehouse, dsn, subject, entity, run) as sync_run:
                sync_run.counts.updated = changed
                if not is_well:
                    raise RuntimeError("killed")
        except RuntimeError:
            pass
    found = unfinished(
        warehouse, subject, ["whole", "lines"], run, wholes={"lines": "whole", "whole": None}
    )
    assert found == left
