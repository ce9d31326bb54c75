"""How many rows are asked for at once: as many as Xledger manages in time.

A page of many rows with many fields fails with "Your query timed out.", a smaller one does not; so each failure halves the
pages that follow, and some good ones double them again. Fewer requests cost less: they are paid for one by one.
"""

from __future__ import annotations

from saldo.errors import Unavailable

#: The most rows a query gives, and fewer than which no query can be too large.
LARGEST, SMALLEST = 10_000, 100
#: Good pages after which a larger one is tried again.
_GROWS_AFTER = 5


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

    def timed_out(self) -> bool:
        """A page did not; returns whether a smaller one is worth a try."""
        if self.rows <= SMALLEST:
            return False
        self.rows, self._good = max(self.rows // 2, SMALLEST), 0
        return True
