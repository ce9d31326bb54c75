"""What a running sandbox remembers: companies, working days passed, faults, calls; kept in one file."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .calendar import working_day
from .company import COMPANIES, Company
from .faults import Fault
from .ledger import Ledger


@dataclass
class Book:
    """One company as it stands now; `tokens` is what its rate-limit window has spent."""

    company: Company
    day: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    window: int = 0
    tokens: int = 0
    _ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        if self._ledger is None or self._ledger.day != self.day:
            self._ledger = Ledger(self.company, day=self.day)
        return self._ledger

    def spend(self, cost: int) -> tuple[int, int | None]:
        """(tokens used in this minute, seconds to wait when the limit is passed else None)."""
        now = time.time()
        if self.window != int(now // 60):
            self.window, self.tokens = int(now // 60), 0
        if self.tokens + cost > self.company.tokens_per_minute:
            return self.tokens, 60 - int(now % 60)
        self.tokens += cost
        return self.tokens, None


class State:
    """Everything an admin call can change. With a file, it outlives the process."""

    def __init__(self, path: Path | None = None, companies: Iterable[Company] = COMPANIES) -> None:
        self._path = path
        self.books: dict[str, Book] = {c.id: Book(c) for c in companies}
        self.faults: list[Fault] = []
        if path and path.exists():
            for item in json.loads(path.read_text()):
                company = Company.from_json(item["company"])
                self.books[company.id] = Book(company, item["day"])

    def by_grant(self, grant: str | None) -> Book | None:
        return next((b for b in self.books.values() if b.company.grant == grant), None)

    def put(self, company: Company) -> None:
        self.books[company.id] = Book(company)
        self._save()

    def next_day(self, id: str, days: int = 1) -> str:
        book = self.books[id]
        book.day += days
        self._save()
        return working_day(book.day).isoformat()

    def describe(self) -> dict[str, Any]:
        return {
            id: {
                "day": book.day,
                "today": working_day(book.day).isoformat(),
                "entries": book.ledger.count(),
                "requests": dict(book.requests),
                **{k: v for k, v in book.company.to_json().items() if k not in ("grant",)},
            }
            for id, book in self.books.items()
        }

    def _save(self) -> None:
        if self._path is None:
            return
        items = [{"company": b.company.to_json(), "day": b.day} for b in self.books.values()]
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(items))
        draft.replace(self._path)
