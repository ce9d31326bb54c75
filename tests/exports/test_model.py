"""Whatever documents and people do, and whatever is killed: the list says what a plain model says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saldo.exports.register import ExportRefused, Filters
from saldo.warehouse.connection import connect
from tests.exports.support import Books, Folder, Killed, plain_file

IDS = "123"
PLACES = ("", "claimed", "before", "after")


@dataclass(frozen=True)
class Content:
    """What a document is."""

    kind: str = "receipt"
    state: str = "open"
    day: int = 0
    supplier: str | None = "s1"
    currency: str = "EUR"
    lines: tuple[tuple[str, str], ...] = (("4000", "10"),)
    is_deleted: bool = False

    def since(self, old: Content) -> list[str]:
        if self.is_deleted:
            return ["deleted"]
        both = {
            "invoiceDate": (old.day, self.day), "status": (old.state, self.state), "type": (old.kind, self.kind),
            "contact": (old.supplier, self.supplier), "currency": (old.currency, self.currency),
            "amounts": (old.total, self.total), "lines": (sorted(old.lines), sorted(self.lines)),
        }  # fmt: skip
        return [name for name, (was, now) in both.items() if was != now]

    @property
    def total(self) -> int:
        return sum(int(amount) for _, amount in self.lines)


@dataclass
class File:
    name: str
    is_logged: bool
    documents: dict[str, Content]


@dataclass
class Model:
    now: dict[str, Content] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    def newest(self, id: str) -> File | None:
        return next((f for f in reversed(self.files) if f.is_logged and id in f.documents), None)

    def mutations(self, id: str) -> list[str]:
        newest = self.newest(id)
        return self.now[id].since(newest.documents[id]) if newest else []

    def list(self) -> dict[str, tuple[str, str, str | None, list[str], list[str]]]:
        found = {}
        for id, content in self.now.items():
            names = [file.name for file in self.files if id in file.documents]
            if names or not content.is_deleted:
                newest = self.newest(id)
                status = "deleted" if content.is_deleted else content.state
                name = newest.name if newest else None
                found[id] = (content.kind, status, name, names, self.mutations(id))
        return found

    def may_export(self, ids: list[str], is_logged: bool, again: bool) -> bool:
        if not ids or any(id not in self.now or self.now[id].is_deleted for id in ids):
            return False
        done = [id for id in ids if self.newest(id) and not self.mutations(id)]
        return again or not is_logged or not done


edits = st.one_of(
    st.fixed_dictionaries({"state": st.sampled_from(["open", "paid", "new"])}),
    st.fixed_dictionaries({"day": st.integers(0, 1)}),
    st.fixed_dictionaries({"kind": st.sampled_from(["receipt", "purchase_invoice"])}),
    st.fixed_dictionaries({"supplier": st.sampled_from(["s1", "s2", None])}),
    st.fixed_dictionaries({"currency": st.sampled_from(["EUR", "USD"])}),
    st.fixed_dictionaries({"is_deleted": st.booleans()}),
    st.fixed_dictionaries(
        {
            "lines": st.lists(
                st.tuples(st.sampled_from(["4000", "4100"]), st.sampled_from(["10", "-5"])),
                max_size=2,
            ).map(tuple)
        }
    ),
)
acts = st.one_of(
    st.tuples(st.just("edit"), st.sampled_from(IDS), edits),
    st.tuples(
        st.just("export"), st.one_of(st.none(), st.lists(st.sampled_from(IDS), max_size=3, unique=True)),
        st.booleans(), st.booleans(), st.sampled_from(PLACES),
    ),
    st.tuples(st.just("delete"), st.integers(0, 5), st.sampled_from(PLACES)),
)  # fmt: skip


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)  # fmt: skip
@given(doings=st.lists(acts, min_size=3, max_size=10))
def test_the_list_is_what_a_model_says(dsn: str, doings: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        books, model = Books(dsn, Folder(Path(folder))), Model()
        for id in IDS[:2]:
            edit(books, model, id, {})
        for what, *details in doings:
            {"edit": edit, "export": export, "delete": delete}[what](books, model, *details)
            agree(books, model)


def agree(books: Books, model: Model) -> None:
    seen = {
        id: (s.type, s.status, s.file_name, s.all_files, [m.field_name for m in s.mutations])
        for id, s in books.list().items()
    }
    assert seen == model.list()
    assert books.store.names == {file.name for file in model.files}
    assert set(books.statuses()) <= {"registered", "abandoned", "deleted"}
    mutated = {id for id in model.now if model.mutations(id)}
    assert books.list(Filters(mutated=True)).keys() == mutated


def edit(books: Books, model: Model, id: str, change: dict[str, Any]) -> None:
    content = model.now[id] = replace(model.now.get(id, Content()), **change)
    books.write(id, **{name: getattr(content, name) for name in Content.__dataclass_fields__})


def export(
    books: Books, model: Model, ids: list[str] | None, is_logged: bool, again: bool, kill: str
) -> None:
    wanted = ids
    how: dict[str, Any] = {"filters": Filters(not_exported=True, mutated=True)}
    if ids is None:  # all that is not exported or changed, but for what nobody has worked on
        wanted = [
            id for id, content in sorted(model.now.items())
            if not content.is_deleted and content.state != "new"
            and (model.newest(id) is None or model.mutations(id))
        ]  # fmt: skip
    else:
        how = {}
    make = killed if kill == "claimed" else plain_file

    def go() -> str:
        return books.export(*(ids or ()), is_logged=is_logged, again=again, make=make, **how).name

    assert wanted is not None
    if not model.may_export(wanted, is_logged, again):
        with pytest.raises(ExportRefused):
            go()
        return
    name = run(books, "put", kill, go)
    if kill in ("", "after"):
        documents = {id: model.now[id] for id in wanted}
        model.files.append(File(name or newest_name(books), is_logged, documents))


def delete(books: Books, model: Model, place: int, kill: str) -> None:
    if not model.files:
        return
    file = model.files.pop(place % len(model.files))
    run(books, "delete", kill, lambda: books.delete(file.name))


def killed(*given: Any) -> Any:
    raise Killed


def run(books: Books, verb: str, kill: str, go: Callable[[], str | None]) -> str | None:
    """Do it; killed before or after what the store does, the next run settles what was left."""

    def dies(what: str, name: str) -> None:
        if what == verb:
            raise Killed

    if kill in ("before", "after"):
        setattr(books.store, kill, dies)
    try:
        return go()
    except Killed:
        books.store.before = books.store.after = lambda verb, name: None
        books.settle()
        return None


def newest_name(books: Books) -> str:
    with connect(books.dsn) as connection:
        row = connection.execute(
            "select name from ops.export_file where agreement_id = %s order by file_id desc limit 1",
            [books.agreement_id],
        ).fetchone()
    assert row
    return str(row[0])
