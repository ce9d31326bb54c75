"""Exports are sent, exactly once: the engine.

Each step takes the company's lock, does its part of what is due, and may be killed anywhere and run again: what it is about to do
is committed before the call that does it, and what nobody saw the end of is looked up before it is sent again. Decisions are in
register/, SQL as well; what a target is, in targets/target.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID

from saldo.runs.meter import Tell, nobody
from saldo.warehouse.connection import LOCK_WAIT_S, Connection, connect, exclusive, translated

from .breaker import Breaker, Held
from .configuration import AccountingExport
from .register import checking, dispatching, finishing, reconciling, settling
from .register.counts import Counts
from .register.work import Work
from .registering import register_approved
from .targets.target import Target

__all__ = ["Counts", "Export"]

_LOCK = "accounting export"


def _now() -> datetime:
    return datetime.now(UTC)


class Export:
    """The exports of one organisation.

    clock: the time, in UTC. wait_s: how long it waits for another process that works on the same company.
    tell: hears how many claims of a `send` are done. Every step but `collect`
    raises Busy after that, WarehouseUnavailable, and what the target raises as a whole (AuthError, RateLimited, Unavailable,
    ConfigError), after all is written. While the circuit breaker is open a step does nothing, and `Counts.held` says so.
    """

    def __init__(
        self,
        dsn: str,
        configuration: AccountingExport,
        target: Target,
        *,
        actor: str,
        clock: Callable[[], datetime] = _now,
        wait_s: float = LOCK_WAIT_S,
        tell: Tell = nobody,
    ) -> None:
        self._dsn, self._configuration, self._target = dsn, configuration, target
        self._actor, self._clock, self._wait_s = actor, clock, wait_s
        self._tell = tell

    def collect(self) -> int:
        """Register every approved expense that has no export; how many."""
        with translated(), connect(self._dsn) as connection:
            return register_approved(connection, self._configuration, actor=self._actor)

    def settle(self) -> Counts:
        """Look up what nobody saw the end of, what a killed process left, and revisions that another one has replaced."""
        return self._step(settling.settle)

    def check(self) -> Counts:
        """Map all that is due, and let the target check it: what has problems is in review, with all of them."""
        return self._step(checking.check)

    def chunks(self, size: int) -> list[list[UUID]]:
        """Ids of what may be sent now, in parts of at most so many."""
        company = self._target.company
        with translated(), connect(self._dsn) as connection:
            ids = dispatching.due(self._work(connection, company))
        return [ids[begin : begin + size] for begin in range(0, len(ids), size)]

    def send(self, ids: Collection[UUID]) -> Counts:
        """Those of them that are still due: looked up, and sent where nothing of them is there."""
        return self._step(lambda work: dispatching.send(work, ids))

    def finish(self) -> Counts:
        """Attach receipts, and post where the file says so."""
        return self._step(finishing.finish)

    def reconcile(self) -> Counts:
        """Compare all that was sent with what is there. Once a night."""
        return self._step(reconciling.reconcile)

    def run(self, size: int = 500) -> Counts:
        """All in order, but `reconcile`. size: exports of one `send`."""
        self.collect()
        counts = self.settle() + self.check()
        for ids in self.chunks(size):
            counts += self.send(ids)
        return counts + self.finish()

    def _step(self, step: Callable[[Work], Counts]) -> Counts:
        with self._working() as work:
            try:
                return step(work)
            except Held as error:
                return Counts(held=str(error))

    @contextmanager
    def _working(self) -> Iterator[Work]:
        company = self._target.company
        said = f"company {company}"
        with (
            translated(),
            connect(self._dsn) as connection,
            exclusive(connection, company, _LOCK, said=said, wait_s=self._wait_s),
        ):
            yield self._work(connection, company)

    def _work(self, connection: Connection, company: str) -> Work:
        return Work(
            connection=connection,
            configuration=self._configuration,
            target=self._target,
            company=company,
            breaker=Breaker(connection, company, self._configuration.organisation),
            clock=self._clock,
            tell=self._tell,
        )
