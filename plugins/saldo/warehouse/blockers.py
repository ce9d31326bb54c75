"""Who keeps a connection waiting for a lock: asked by a second one while it waits, because afterwards nobody knows."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from types import TracebackType

import psycopg
from psycopg.rows import class_row

from saldo.errors import SaldoError
from saldo.paths import SQL_DIR

from .connection import connect, read_sql

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Blocker:
    """A process of Postgres that is waited for. What it was told to do is nowhere in it: that is data.

    since: when its transaction began, UTC. waits_for: processes it waits for itself. Texts are empty where Postgres does not tell us.
    """

    pid: int
    name: str
    program: str
    kind: str
    state: str
    since: str
    waits_for: list[int]

    def words(self) -> str:
        if not self.pid:
            return "a prepared transaction (it is in pg_prepared_xacts)"
        waits = ", ".join(str(pid) for pid in self.waits_for)
        told = (
            f"user {self.name}" if self.name else "", self.program, self.kind, self.state,
            f"in a transaction since {self.since} UTC" if self.since else "",
            f"waits for process {waits} itself" if waits else "",
        )  # fmt: skip
        return f"process {self.pid} ({', '.join(filter(None, told))})"


class Blockers:
    """Looks at what a backend waits for, again and again, as long as the block lasts; `found` is the newest that kept it waiting.

    dsn, pid: of the backend's warehouse, and which it is. every_s: between two looks. A look that fails is no failure of the block:
    nothing was found then, which is what is said.
    """

    def __init__(self, dsn: str, pid: int, every_s: float) -> None:
        self.found: list[Blocker] = []
        self._dsn, self._pid, self._every_s = dsn, pid, every_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="saldo blockers", daemon=True)

    def __enter__(self) -> Blockers:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        query = read_sql(SQL_DIR / "warehouse" / "blockers.sql").encode()
        # What is over at once, as nearly everything is, is not worth a connection.
        if self._is_over.wait(self._every_s):
            return
        try:
            with connect(self._dsn) as connection, connection.cursor(row_factory=class_row(Blocker)) as cursor:  # fmt: skip
                while not self._is_over.wait(self._every_s):
                    self.found = cursor.execute(query, {"pid": self._pid}).fetchall() or self.found
        except (psycopg.Error, SaldoError) as error:
            self.found = []
            log.warning("who is waited for is not known: %s", type(error).__name__)

    def words(self) -> str:
        """Who was waited for last, and how to end that; how it is when nobody was seen."""
        if not self.found:
            return "Who held it could not be seen"
        first = next((blocker for blocker in self.found if blocker.pid and not blocker.waits_for), None)  # fmt: skip
        end = f", or end it: select pg_terminate_backend({first.pid})" if first else ""
        return f"It was held by {'; '.join(blocker.words() for blocker in self.found)}. Let it end{end}"
