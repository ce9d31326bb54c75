"""Writing beside the work: a connection of its own, for rows that people look at while a transaction is open."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import psycopg

from saldo.warehouse.connection import Connection

#: Seconds between two writes, and before the first: what is over by then needs none, and no connection.
EVERY_S = 2.0
#: A row that somebody holds is not waited for longer: it is only told how far something is.
_PATIENCE = "-c lock_timeout=500ms -c statement_timeout=2000ms -c timezone=UTC"

log = logging.getLogger(__name__)


class Beside:
    """Opens its connection with the first write. What goes wrong here is nobody's failure: it is logged, and no more is written."""

    def __init__(self, dsn: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """dsn: empty where nothing is to be written."""
        self._dsn, self._clock = dsn, clock
        self._written_at = clock()
        self._connection: Connection | None = None

    def write(self, write: Callable[[Connection], None]) -> None:
        """Write, if it is time again."""
        if not self._dsn or self._clock() - self._written_at < EVERY_S:
            return
        self._written_at = self._clock()
        try:
            if self._connection is None:
                self._connection = psycopg.connect(
                    self._dsn, autocommit=True, connect_timeout=2, options=_PATIENCE, application_name="saldo progress",
                )  # fmt: skip
            write(self._connection)
        except psycopg.Error as error:
            log.info("progress is not shown any more (%s); the work goes on", type(error).__name__)
            self.close()
            self._dsn = ""

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
