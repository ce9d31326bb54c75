"""How far a task has come: counted here, written by ops.sync_run in the transactions that hold what was done."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .words import words

#: Seconds over which the rate is measured: recent, and longer than a vendor takes for a few pages.
_SPAN_S = 30.0
#: Less than that says nothing about the rate.
_LEAST_S = 1.0
#: Seconds between two lines in the task's log.
LOG_EVERY_S = 30.0

#: Told how much is done, of how much, and what comes next, as often as the work likes.
Tell = Callable[[int, int, str], None]

log = logging.getLogger(__name__)


def nobody(done: int, total: int, step: str) -> None:
    """A Tell without anybody who listens."""


class Meter:
    """Counts what is done of how much. name: of what it is, in the log. clock: seconds, from any moment."""

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.done: int | None = None
        #: What was done when it began.
        self.begun: int | None = None
        self.total: int | None = None
        self.is_estimate = False
        self.unit = "records"
        self.step: str | None = None
        self._clock, self._is_told = clock, False
        self._marks: deque[tuple[float, int]] = deque()
        self._logged_at = clock()

    def begin(
        self,
        *,
        done: int = 0,
        total: int | None = None,
        is_estimate: bool = False,
        unit: str = "records",
    ) -> None:
        """What is measured from now on. done: what earlier tries have committed of the same."""
        self.done = self.begun = done
        self.total, self.is_estimate, self.unit = total, is_estimate, unit
        self._marks.clear()
        self._marks.append((self._clock(), done))

    def expect(self, total: int, *, is_estimate: bool = False) -> None:
        """How much there is, what is done included, as far as is known now; nothing before `begin`."""
        if self.done is not None:
            self.total, self.is_estimate = total, is_estimate

    def add(self, count: int) -> None:
        """So much more is done; nothing before `begin`."""
        if self.done is not None:
            self.done += count

    def tell(self, done: int, total: int | None, unit: str, step: str | None) -> None:
        """So much is done now, and this comes next."""
        if self.done is None or self.unit != unit:
            self.begin(unit=unit)
        self._is_told = True
        self.done, self.total, self.step = done, total, step

    def end(self, *, is_whole: bool) -> None:
        """Nothing more comes. is_whole: all that was told of is done; what is told step by step is told before each."""
        if is_whole and self._is_told:
            self.done = self.total
        if is_whole:
            self.step = None

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is counted within is forgotten where it fails."""
        before = self.done
        try:
            yield
        except BaseException:
            self.done = before
            raise

    def measured(self) -> float | None:
        """Note where it stands now, and log it from time to time; returns the rate since half a minute ago, in units a second;
        None where there is none."""
        if self.done is None:
            return None
        now = self._clock()
        self._marks.append((now, self.done))
        while len(self._marks) > 2 and now - self._marks[1][0] >= _SPAN_S:
            self._marks.popleft()
        (since, before), rate = self._marks[0], None
        if now - since >= _LEAST_S and self.done > before:
            rate = (self.done - before) / (now - since)
        if now - self._logged_at >= LOG_EVERY_S:
            self._logged_at = now
            log.info("%s: %s", self.name, self.words(rate))
        return rate

    def words(self, rate: float | None) -> str:
        """As people read it."""
        return words(
            done=self.done, total=self.total, is_estimate=self.is_estimate, unit=self.unit, step=self.step, rate_per_s=rate,
        )  # fmt: skip
