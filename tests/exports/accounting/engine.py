"""What tests of the engine share: an organisation that exports to the made-up system, a clock, and its books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from saldo.exports.accounting.expense import parse_expense
from saldo.exports.accounting.intake import store_expense
from saldo.exports.accounting.jobs import Job, jobs_of
from saldo.exports.accounting.sending import Export
from saldo.warehouse.connection import Connection
from tests.example_target.faults import Faults, Killed
from tests.example_target.kind import ExampleExport, example_configuration
from tests.example_target.ledger import Ledger
from tests.example_target.target import ExampleTarget

from .examples import expense, line


class Clock:
    """Goes on by a millisecond each time it is asked, and else as it is told."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now

    def later(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


class Desk:
    """The exports of one organisation, and the books they go to."""

    def __init__(self, dsn: str, warehouse: Connection) -> None:
        self.dsn, self.warehouse = dsn, warehouse
        warehouse.execute("set application_name = 'test'")  # no fault ends it
        self.ledger, self.clock = Ledger(dsn), Clock()
        self.configuration: ExampleExport = example_configuration()

    def export(self, faults: Faults | None = None, **more: Any) -> Export:
        target = ExampleTarget(self.ledger, faults, **more)
        return Export(
            self.dsn, self.configuration, target, actor="schedule", clock=self.clock, wait_s=0.2
        )

    def claims(self, *ids: str, **changes: Any) -> None:
        """Approved ones that came in."""
        for id in ids:
            self.claim(id=id, **changes)

    def claim(self, **changes: Any) -> None:
        sent = expense(**{"organisation": "example", "lines": [line()], **changes})
        store_expense(self.warehouse, parse_expense(sent), actor="ann", source="rest")

    def jobs(self) -> list[Job]:
        """In the order of their numbers."""
        found = jobs_of(self.warehouse, organisations=["example"], limit=5000)
        return sorted(found, key=lambda job: job.sequence_number)

    def statuses(self) -> list[str]:
        return [job.status for job in self.jobs()]

    def job(self, id: str = "EXP-2026-0001", revision: int = 1) -> Job:
        return next(job for job in self.jobs() if (job.source_id, job.revision) == (id, revision))

    def outcomes(self) -> list[tuple[str, str]]:
        """Calls with what became of them, in their order."""
        rows = self.warehouse.execute(
            "select distinct a.call_number, a.request ->> 'path', a.outcome from ops.export_attempt as a order by 1"
        ).fetchall()
        return [(path, outcome) for _, path, outcome in rows]

    def clear(self) -> None:
        self.warehouse.execute(
            "truncate ops.expense, ops.export_job, ops.export_breaker, ops.audit cascade"
        )
        self.ledger.clear()
        self.ledger.close()


@contextmanager
def dies() -> Iterator[None]:
    """A process that is killed in here."""
    try:
        yield
    except Killed:
        return
    raise AssertionError("it was not killed")
