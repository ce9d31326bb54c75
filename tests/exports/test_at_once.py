"""Two at once: exports of the same documents, and exports while documents land."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from saldo.errors import Busy
from saldo.exports.register import AlreadyExported, Filters
from saldo.warehouse.connection import connect
from tests.exports.support import Books, Folder, plain_file


@pytest.fixture
def books(dsn: str, tmp_path: Path) -> Books:
    books = Books(dsn, Folder(tmp_path))
    for id in "123":
        books.write(id)
    return books


class Gate:
    """A writer of files that stops before it writes until it is let through."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()

    def make(self, *given: Any) -> Any:
        self.reached.set()
        assert self.open.wait(20)
        return plain_file(*given)


def test_one_wins_and_the_other_is_told(books: Books) -> None:
    gate = Gate()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(books.export, "1", "2", make=gate.make)
        assert gate.reached.wait(20)
        second = pool.submit(books.export, "2", "3")
        with pytest.raises(Busy, match=r"for more than 0\.1 s"):
            books.export("3", wait_s=0.1)
        gate.open.set()
        won = first.result(20)
        with pytest.raises(AlreadyExported) as told:
            second.result(20)
    assert told.value.ids == ("2",)
    assert books.store.names == {won.name}
    assert books.list(Filters(not_exported=True)).keys() == {"3"}


def test_what_lands_meanwhile_is_a_change_since(books: Books) -> None:
    """The file and the register have what there was when the documents were chosen."""
    gate = Gate()
    with ThreadPoolExecutor(1) as pool:
        export = pool.submit(books.export, "1", make=gate.make)
        assert gate.reached.wait(20)
        books.write("1", (("4100", "7"),), state="paid")
        gate.open.set()
        file = export.result(20)
    assert '"open", "4000", "100.0000"' in (books.store.path / file.name).read_text()
    assert [m.field_name for m in books.list()["1"].mutations] == ["status", "amounts", "lines"]
    assert books.list()["1"].mutations[0].old_value == "open"


@pytest.mark.parametrize("is_deleted", [False, True])
def test_landing_and_registering_cannot_overlook_each_other(books: Books, is_deleted: bool) -> None:
    """What has not been committed when the file is registered is waited for."""
    with connect(books.dsn) as landing, ThreadPoolExecutor(1) as pool:
        with landing.transaction():
            books.write_in(landing, "1", state="late", is_deleted=is_deleted)
            export = pool.submit(books.export, "1", "2")
            wait_until(lambda: bool(waiting(books)))
            assert books.list()["1"].file_name is None
        export.result(20)
    [mutation] = books.list()["1"].mutations
    assert mutation.field_name == ("deleted" if is_deleted else "status")
    assert books.list()["2"].mutations == []


def waiting(books: Books) -> list[tuple[Any, ...]]:
    return books.rows(
        "select 1 from pg_locks where %s <> '' and locktype = 'advisory' and not granted"
    )


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(400):
        if happened():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not happen")
