"""The books of one company as they stand on a working day."""

from __future__ import annotations

from dataclasses import dataclass

from .company import Company
from .ledger import Ledger


@dataclass
class Book:
    """`day`: how many working days have passed since the history's end."""

    company: Company
    day: int = 0
    _ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None or self._ledger.day != self.day:
            self._ledger = Ledger(self.company, day=self.day)
        return self._ledger
