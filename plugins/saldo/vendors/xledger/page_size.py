"""How many rows are asked for at once: as many as Xledger manages in time.

A page of many rows with many fields fails with "Your query timed out.", a smaller one does not; so each failure halves the
pages that follow, and some good ones double them again. Fewer requests cost less: they are paid for one by one. One that
nobody waits for any longer, here or before Xledger (408, 504), is halved, too, when it was tried as often as any other; pages of
that size are not asked for again, since each costs minutes.
"""

from __future__ import annotations

from saldo.errors import Unavailable
from saldo.transport.http import LATE

#: The most rows a query gives, and fewer than which no query can be too large.
LARGEST, SMALLEST = 10_000, 100
#: Good pages after which a larger one is tried again.
_GROWS_AFTER = 5
_LATE = (408, 504)


class QueryTimedOut(Unavailable):
    """The query was too large for Xledger to answer in time. To send it again as it is would not help: the transport
    does not."""

    waiting_helps = False

    @property
    def family(self) -> str:
        return Unavailable.__name__


class PageSize:
    """The size of the pages of one read."""

    def __init__(self, largest: int = LARGEST) -> None:
        self.rows = self._largest = largest
        self._good = 0

    def answered(self) -> None:
        """A page came in time."""
        self._good += 1
        if self._good >= _GROWS_AFTER and self.rows < self._largest:
            self.rows, self._good = min(self.rows * 2, self._largest), 0

    def failed(self, error: Unavailable) -> bool:
        """A page did not; returns whether a smaller one is worth a try."""
        is_late = error.reason == LATE or error.evidence.status in _LATE
        if self.rows <= SMALLEST or not (is_late or isinstance(error, QueryTimedOut)):
            return False
        self.rows, self._good = max(self.rows // 2, SMALLEST), 0
        if is_late:
            self._largest = self.rows
        return True
