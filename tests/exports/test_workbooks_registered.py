"""The register with what it uses when it is told nothing else: a layout of Saldo's, workbooks, and a store that compares."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fsspec.implementations.local import LocalFileSystem

from saldo.exports.layouts import layout_named
from saldo.exports.making import make_file
from saldo.exports.register import Choice, ExportedFile, Filters, export_purchases, files
from saldo.exports.store import DamagedFile, FileStore
from saldo.warehouse.connection import connect
from tests.exports.support import Books, Folder, Killed


class Part:
    """An agreement's part of a store, by names."""

    def __init__(self, store: FileStore, folder: str) -> None:
        self.store, self.folder = store, folder

    def put(self, path: str, local: Path) -> str:
        return self.store.put(path, local)

    def listing(self) -> dict[str, int]:
        return self.store.names(self.folder)

    def exists(self, name: str) -> bool:
        return self.store.exists(f"{self.folder}/{name}")

    def chunks(self, name: str) -> Iterator[bytes]:
        return self.store.chunks(f"{self.folder}/{name}")

    def delete(self, name: str) -> None:
        self.store.delete(f"{self.folder}/{name}")


@pytest.fixture
def books(dsn: str, tmp_path: Path) -> Books:
    books = Books(dsn, Folder(tmp_path))
    books.write("1", (("4000", "100.10"), ("4100", "-3")), day=1)
    books.write("2", (), day=2, state="saved")
    return books


def export(books: Books, store: Any, **how: Any) -> ExportedFile:
    return export_purchases(
        books.dsn, books.agreement_id, Choice(filters=Filters()), layout=layout_named("purchases"), actor="ann",
        store=store, **how,
    )  # fmt: skip


def test_a_workbook_is_made_and_registered(books: Books, tmp_path: Path) -> None:
    store = Part(FileStore(LocalFileSystem(), str(tmp_path), str(tmp_path)), books.agreement_id)
    file = export(books, store, extension="jan")
    assert file.name.startswith("purchase-export-")
    assert file.name.endswith(f"-{file.file_id:04d}-jan.xlsx")
    assert (file.path, file.layout) == (f"{books.agreement_id}/{file.name}", "purchases")
    workbook = openpyxl.load_workbook(BytesIO(b"".join(store.chunks(file.name))))
    [header, *rows] = workbook.active.iter_rows(values_only=True)
    ids = header.index("id")
    assert [row[ids] for row in rows] == ["1", "1", "2"]
    assert (file.documents, file.rows) == (2, 3)
    with connect(books.dsn) as connection:
        [listed] = files(connection, books.agreement_id, store=store)
    assert listed.is_missing is False
    assert store.exists(file.name)


def test_a_workbook_says_how_many_rows_are_written(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.exports.making._TOLD_EVERY", 2)
    heard: list[tuple[int, int, str]] = []
    store = Part(FileStore(LocalFileSystem(), str(tmp_path), str(tmp_path)), books.agreement_id)
    export(books, store, make=partial(make_file, tell=lambda *told: heard.append(told)))
    assert heard == [(0, 3, ""), (2, 3, "")]


def test_a_workbook_that_was_being_stored_is_removed_by_the_next_run(
    books: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(beside: Path, target: Path) -> None:
        beside.rename(left)
        raise Killed

    left, root = tmp_path / "left", tmp_path / "store"
    store = Part(FileStore(LocalFileSystem(), str(root), str(root)), books.agreement_id)
    with monkeypatch.context() as patch:
        patch.setattr("saldo.exports.store._name_once", killed)
        with pytest.raises(Killed):
            export(books, store)
    [(name,)] = books.rows("select name from ops.export_file where agreement_id = %s")
    left.rename(root / books.agreement_id / f".{name}.part")
    file = export(books, store)
    assert [path.name for path in root.rglob("*") if path.is_file()] == [file.name]


def test_a_workbook_that_was_damaged_on_its_way_marks_no_document(
    books: Books, tmp_path: Path
) -> None:
    class Damaging(FileStore):
        def put(self, path: str, local: Path) -> str:
            local.write_bytes(local.read_bytes()[:-1])
            raise DamagedFile("the file was damaged on its way; make it again")

    store = Part(Damaging(LocalFileSystem(), str(tmp_path), str(tmp_path)), books.agreement_id)
    with pytest.raises(DamagedFile):
        export(books, store)
    assert books.statuses() == ["abandoned"]
    assert {summary.file_name for summary in books.list().values()} == {None}
