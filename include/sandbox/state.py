"""What a running sandbox remembers: books and their day, kept in one file; credentials, faults and calls."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

from starlette.requests import Request

from .books.book import Book
from .books.calendar import working_day
from .books.company import COMPANIES, Company
from .credentials import Credentials
from .faults.fault import Fault
from .traffic import Traffic


class State:
    """Everything a call of /sandbox can change. With a file, companies and days outlive the process."""

    def __init__(self, path: Path | None = None, companies: Iterable[Company] = COMPANIES) -> None:
        self._path = path
        self.books: dict[str, Book] = {}
        self.traffic: dict[str, Traffic] = {}
        #: How often a company was made: what is worked out of all of them holds as long.
        self.version = 0
        #: How vendors treat a company, by company: what was given with it beside its own fields.
        self._options: dict[str, dict[str, Any]] = {}
        self.faults: list[Fault] = []
        self.credentials = Credentials()
        #: What vaults keep, by vault and name.
        self.secrets: dict[tuple[str, str], str] = {}
        #: The banks' day, where it is not that of the companies.
        self.market_day: date | None = None
        #: What vendors keep of a company beside its books, by company; gone when it begins anew.
        self._kept: dict[str, dict[str, Any]] = {}
        for company in companies:
            self._keep(Book(company), {})
        if path and path.exists():
            for item in json.loads(path.read_text()):
                own, options = _parted(item["company"], Company)
                self._keep(Book(Company(**own), item["day"]), options)

    def _keep(self, book: Book, options: dict[str, Any]) -> None:
        self.books[book.company.id] = book
        self.traffic[book.company.id] = Traffic()
        self._options[book.company.id] = options
        self._kept.pop(book.company.id, None)
        self.version += 1

    def put(self, company: Company, **options: Any) -> None:
        """A company that is there already begins anew. options: how vendors treat it."""
        self._keep(Book(company), options)
        self._save()

    def options_of(self, company: str, vendors: type[Any]) -> dict[str, Any]:
        """What was given for one vendor's options, a dataclass."""
        return _parted(self._options[company], vendors)[0]

    def kept_of(self, company: str) -> dict[str, Any]:
        """What vendors keep of it, each under its name."""
        return self._kept.setdefault(company, {})

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
                "requests": dict(self.traffic[id].requests),
                **self._described(id),
            }
            for id, book in self.books.items()
        }

    def _described(self, id: str) -> dict[str, Any]:
        """The fields a company was made of."""
        return {**self.books[id].company.to_json(), **self._options[id]}

    def _save(self) -> None:
        if self._path is None:
            return
        items = [{"company": self._described(id), "day": b.day} for id, b in self.books.items()]
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(items))
        draft.replace(self._path)


def _parted(values: dict[str, Any], known: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The fields of a dataclass, and the others."""
    names = {f.name for f in fields(known)}
    own = {name: value for name, value in values.items() if name in names}
    return own, {name: value for name, value in values.items() if name not in names}


def state_of(request: Request) -> State:
    """The state of the sandbox that was asked."""
    state: State = request.app.state.sandbox
    return state
