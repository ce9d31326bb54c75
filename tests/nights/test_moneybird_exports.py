"""Days of a company on Moneybird whose purchase documents leave in files: edits, deletions, changes of kind, nights with trouble,
exports of every sort, files deleted, all of it killed now and then. The list says what the sandbox's own books say."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem
from openpyxl import load_workbook

from saldo.exports.layouts import layout_named
from saldo.exports.register import (
    Choice,
    ExportRefused,
    Filters,
    delete_file,
    export_purchases,
    settle,
    summaries,
)
from saldo.exports.store import FileStore
from saldo.warehouse.connection import connect
from tests.exports.support import Killed
from tests.exports.test_workbooks_registered import Part
from tests.moneybird import MoneybirdCompany, moneybird_company
from tests.support import IS_WHOLE_SUITE, Sandbox, night

DAYS = 30 if IS_WHOLE_SUITE else 4
_TROUBLES: tuple[dict[str, Any], ...] = (
    {"kind": "partial", "match": "purchase_invoices/synchronization"},
    {"kind": "500", "match": "receipts/synchronization"},
    {"kind": "truncate", "match": "purchase_invoices/synchronization"},
    {"kind": "drop", "match": "receipts/synchronization"},
)
_LINE = (
    "description", "amount", "quantity", "price", "tax_rate_id", "ledger_account_id", "project_id", "period", "net", "net_base",
)  # fmt: skip
_EXACT = ("quantity", "price", "net", "net_base", "gross", "gross_base")


@dataclass(frozen=True)
class Content:
    """What the sandbox says a document is; lines in any order."""

    kind: str
    state: str
    date: str
    contact: str
    currency: str
    amounts: tuple[Any, ...]
    lines: tuple[Any, ...]

    def since(self, old: Content) -> list[str]:
        names = {
            "invoiceDate": "date", "status": "state", "type": "kind", "contact": "contact", "currency": "currency",
            "amounts": "amounts", "lines": "lines",
        }  # fmt: skip
        return [said for said, name in names.items() if getattr(self, name) != getattr(old, name)]


@dataclass
class File:
    name: str
    is_logged: bool
    documents: dict[str, Content]


@dataclass
class Model:
    """What the list must say. known: every document there was; now: those there are."""

    known: dict[str, Content] = field(default_factory=dict)
    now: dict[str, Content] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    def look(self, company: MoneybirdCompany) -> None:
        """What the vendor has, once a night has read it."""
        self.now = contents(company)
        self.known |= self.now

    def newest(self, id: str) -> File | None:
        return next((f for f in reversed(self.files) if f.is_logged and id in f.documents), None)

    def mutations(self, id: str) -> list[str]:
        newest = self.newest(id)
        if newest is None:
            return []
        return self.now[id].since(newest.documents[id]) if id in self.now else ["deleted"]

    def list(self) -> dict[str, tuple[Any, ...]]:
        found = {}
        for id, content in self.known.items():
            names = [file.name for file in self.files if id in file.documents]
            if id in self.now or names:
                newest = self.newest(id)
                state = content.state if id in self.now else "deleted"
                name = newest.name if newest else None
                found[id] = (content.kind, content.date, state, name, names, self.mutations(id))
        return found

    def fitting(self, filters: Filters) -> set[str]:
        """Those that an export by these filters takes."""
        return {
            id for id, content in self.now.items()
            if content.state != "new"
            and ((filters.not_exported and not self.newest(id)) or (filters.mutated and self.mutations(id)))
        }  # fmt: skip


def contents(company: MoneybirdCompany) -> dict[str, Content]:
    lines: dict[str, list[tuple[Any, ...]]] = {}
    for row in told(company, "moneybird-lines"):
        lines.setdefault(row["document_id"], []).append(tuple(value(row, name) for name in _LINE))
    return {
        row["id"]: Content(
            row["kind"], row["state"], row["date"], row["contact_id"], row["currency"],
            tuple(value(row, name) for name in ("net", "gross", "net_base", "gross_base")),
            tuple(sorted(lines.get(row["id"], ()), key=repr)),
        )
        for row in told(company, "moneybird-documents")
    }  # fmt: skip


def told(company: MoneybirdCompany, what: str) -> Iterable[dict[str, str]]:
    return csv.DictReader(company.truth_of(what).decode().splitlines(keepends=True))


def value(row: dict[str, str], name: str) -> object:
    text = row[name]
    return Decimal(text) if name in _EXACT and text else text


class Deadly(Part):
    """A store whose user is killed before or after what is done to it."""

    at: tuple[str, str] | None = None

    def put(self, path: str, local: Path) -> str:
        return self._do("put", lambda: super(Deadly, self).put(path, local))

    def delete(self, name: str) -> None:
        self._do("delete", lambda: super(Deadly, self).delete(name))

    def _do(self, verb: str, act: Callable[[], Any]) -> Any:
        self._die("before", verb)
        done = act()
        self._die("after", verb)
        return done

    def _die(self, when: str, verb: str) -> None:
        if self.at == (when, verb):
            self.at = None
            raise Killed


@dataclass
class Office:
    """Who exports: by chance."""

    dsn: str
    company: MoneybirdCompany
    store: Deadly
    chance: random.Random
    model: Model = field(default_factory=Model)

    def act(self) -> None:
        what = self.chance.choice(
            ["new", "new", "mutated", "both", "again", "unlogged", "twice", "delete"]
        )
        if what == "delete":
            self.delete()
        elif what in ("again", "unlogged", "twice"):
            ids = self.chance.sample(sorted(self.model.now), min(5, len(self.model.now)))
            self.export(Choice(ids), set(ids), again=what == "again", is_logged=what != "unlogged")
        else:
            filters = Filters(not_exported=what != "mutated", mutated=what != "new")
            self.export(Choice(filters=filters), self.model.fitting(filters))

    def export(self, choice: Choice, wanted: set[str], **how: bool) -> None:
        done = {id for id in wanted if self.model.newest(id) and not self.model.mutations(id)}
        is_refused = not wanted or (
            done and how.get("is_logged", True) and not how.get("again", False)
        )
        with _Killed(self, "put") as place:
            try:
                file = export_purchases(
                    self.dsn, self.company.id, choice, layout=layout_named("purchases"), actor="ann", store=self.store, **how
                )  # fmt: skip
                assert file.documents == len(wanted)
                self.check_rows(file.name, wanted)
            except ExportRefused:
                assert is_refused
                return
        assert not is_refused
        if place != "before":
            documents = {id: self.model.now[id] for id in wanted}
            name = self.newest_name()
            self.model.files.append(File(name, how.get("is_logged", True), documents))

    def check_rows(self, name: str, wanted: set[str]) -> None:
        path = Path(self.store.store._root) / self.company.id / name
        header, *rows = load_workbook(path).worksheets[0].iter_rows(values_only=True)
        at = header.index("id")
        assert {row[at] for row in rows} == wanted
        assert len(rows) == sum(max(1, len(self.model.now[id].lines)) for id in wanted)

    def delete(self) -> None:
        if self.model.files:
            file = self.model.files.pop(self.chance.randrange(len(self.model.files)))
            with _Killed(self, "delete"):
                delete_file(self.dsn, self.company.id, file.name, actor="ann", store=self.store)

    def newest_name(self) -> str:
        with connect(self.dsn) as connection:
            [(name,)] = connection.execute(
                "select name from ops.export_file where agreement_id = %s order by file_id desc limit 1",
                [self.company.id],
            ).fetchall()
        return str(name)

    def compare(self) -> None:
        with connect(self.dsn) as connection:
            page = summaries(connection, self.company.id, most=None)
        found = {
            one.id: (
                one.type, str(one.invoice_date or ""), one.status, one.file_name, one.all_files,
                [m.field_name for m in one.mutations],
            )
            for one in page.documents
        }  # fmt: skip
        assert found == self.model.list()
        names = {file.name for file in self.model.files}
        assert set(self.store.store.names(self.company.id)) == names


class _Killed:
    """Every third time somebody is killed in it, and the next run settles what was left."""

    def __init__(self, office: Office, verb: str) -> None:
        self._office = office
        self._at = office.chance.choice([None, None, None, None, "before", "after"])
        self._verb = verb

    def __enter__(self) -> str | None:
        if self._at:
            self._office.store.at = (self._at, self._verb)
        return self._at

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        self._office.store.at = None
        if kind is not Killed:
            return False
        with connect(self._office.dsn) as connection:
            settle(connection, self._office.company.id, self._office.store)
        return True


def test_days_of_exports_end_in_the_truth(sandbox: Sandbox, dsn: str, tmp_path: Path) -> None:
    company = moneybird_company(sandbox, "mexports", entries=400, currencies=["USD"])
    root = str(tmp_path / "store")
    store = Deadly(FileStore(LocalFileSystem(auto_mkdir=True), root, root), company.id)
    office = Office(dsn, company, store, random.Random(17))
    seen: set[str] = set()
    for day in range(DAYS):
        if day:
            company.next_day()
        if day % 3 == 1:
            company.fault(**office.chance.choice(_TROUBLES))
            with suppress(AssertionError):
                night(dsn, company)
        assert not night(dsn, company, run_id=f"day {day}").errors
        office.model.look(company)
        office.compare()
        for _ in range(4):
            office.act()
            office.compare()
        seen |= {m for id in office.model.known for m in office.model.mutations(id)}
    # It has been tried: what happened to documents that had been exported.
    assert {"status", "deleted"} <= seen, seen
    assert len(office.model.files) > 3
