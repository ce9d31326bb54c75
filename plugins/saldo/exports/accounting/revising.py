"""An expense is corrected where it is exported: its next revision, with other values in some of its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from saldo.warehouse.connection import Connection

from .configuration import AccountingExport
from .expense import Expense, InvalidExpense, parse_expense
from .intake import store_expense
from .jobs import Job, Rejected, job_of
from .kept import find, load_expense
from .problems import Problem, shown
from .registering import register

#: What of a line decides where it is booked, and not what is paid.
EDITABLE = ("category", "vat_code", "dimensions", "text", "date")


class NothingChanged(Rejected):
    """The lines are what they were."""


def revise(
    connection: Connection,
    job: Job,
    lines: Sequence[Mapping[str, Any]],
    *,
    actor: str,
    configuration: AccountingExport,
) -> Job:
    """Store it, cancel the job and register the new revision, with what stood over the mapping for the job, in the transaction that is open,
    which holds the expense, whose newest revision the job is of. See deciding.edit_lines."""
    organisation, id = job.organisation, job.source_id
    newest = find(connection, organisation, id)
    assert newest is not None
    expense = load_expense(connection, organisation, id, job.revision)
    revised = edited(expense, lines, newest.sent_as + 1)
    connection.execute(
        "update ops.export_job set status = 'cancelled', next_attempt_at = null, updated_at = clock_timestamp(), last_error = %s "
        "where export_id = %s",
        [f"revision {newest.sent_as + 1}, edited by {actor}, took its place", job.export_id],
    )
    stored = store_expense(connection, revised, actor=actor, source="rest", corrects=newest)
    if stored.outcome == "same":
        raise NothingChanged(f"expense {id!r} of {organisation!r}: these lines change nothing")
    made = register(connection, configuration, id, actor=actor)
    connection.execute(
        "update ops.export_job as j set override = o.override from ops.export_job as o where o.export_id = %s and j.export_id = %s",
        [job.export_id, made.export_id],
    )
    return job_of(connection, made.export_id)


def edited(expense: Expense, lines: Sequence[Mapping[str, Any]], revision: int) -> Expense:
    """The expense with other values in some lines. Raises InvalidExpense with every problem."""
    raw = msgspec.json.decode(msgspec.json.encode(expense))
    _edit(raw, lines)
    return parse_expense({**raw, "revision": revision})


def _edit(raw: dict[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
    """Raises InvalidExpense with every line and key that cannot be edited."""
    known = {line["line"]: line for line in raw["lines"]}
    problems = []
    for at, change in enumerate(lines):
        line = known.get(change.get("line"))
        if line is None:
            numbers = ", ".join(map(str, known))
            problems.append(
                Problem(f"lines[{at}].line", shown(change.get("line")), f"one of {numbers}", "correct it")
            )  # fmt: skip
            continue
        for key in change:
            if key not in (*EDITABLE, "line"):
                problems.append(
                    Problem(f"lines[{at}].{key}", "a key that cannot be edited", f"one of {', '.join(EDITABLE)}", "let whoever claimed it send it again")
                )  # fmt: skip
        line |= {key: value for key, value in change.items() if key in EDITABLE}
    if problems:
        raise InvalidExpense(f"expense {shown(raw['id'])}", problems)
