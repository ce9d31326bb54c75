"""Files from the warehouse to a store: what is there is what was made, nothing takes another's place, and trouble is told."""

from __future__ import annotations

import errno
import hashlib
import os
from datetime import date
from pathlib import Path
from typing import Any

import fsspec
import pytest

from saldo.errors import ConfigError, DataRejected, SaldoError
from saldo.exports import making, rows, xlsx
from saldo.exports.layouts import load_layouts
from saldo.exports.making import make_file
from saldo.exports.store import DamagedFile, FileGone, FileStore, NameTaken, StoreUnavailable
from saldo.warehouse.connection import Connection

from .papers import Books, cells, local

LAYOUTS = load_layouts()
NAME = "purchase-export-20260301_101500-0001.xlsx"


def made(
    books: Books, store: Any, *numbers: str, name: str = NAME, layout: str = "purchases"
) -> Any:
    return make_file(books.warehouse, books.id, numbers, LAYOUTS[layout], name, store)


# --- making --------------------------------------------------------------------------------------


def test_a_file_holds_its_documents_by_column(warehouse: Connection, tmp_path: Path) -> None:
    books, store = Books(warehouse), local(tmp_path)
    numbers = [
        books.document(
            {"net_amount": "100", "account_number": "A1", "quantity_text": "2 x"},
            {"net_amount": "-0.50", "vat_code": "V9", "description": "=korting"}, gross_amount="120.45",
        ),
        books.document({"net_amount": "0"}, supplier_number=None, date=date(2026, 3, 1)),
        books.document(net_amount="10", gross_amount="12.10", date=date(2026, 3, 2)),
    ]  # fmt: skip
    found = made(books, store, *numbers)
    path = tmp_path / books.id / NAME
    assert (found.name, found.path, found.rows, found.documents) == (
        NAME,
        f"{books.id}/{NAME}",
        4,
        3,
    )
    assert (found.bytes, found.sha256) == (
        path.stat().st_size,
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    assert found.notes == (f"1 {xlsx.GUARDED}", f"1 {xlsx.NO_LINES}")
    shown = cells(path)
    by_hand = {
        "id": [numbers[0], numbers[0], numbers[1], numbers[2]],
        "contact": ["Bakkerij Jansen B.V."] * 2 + [None, "Bakkerij Jansen B.V."],
        "omschrijving": ["Taxi", "'=korting", "Taxi", None],
        "totaalprijs exclusief btw": [100, -0.5, 0, 10],
        "totaalprijs inclusief btw": [121, -0.55, 0, 12.1],
        "totaalprijs inclusief btw (EUR)": [121, -0.55, 0, 12.1],
        "btw": [21, -0.05, 0, 2.1],
        "btw-tarief": [21, 9, 21, None],
    }
    for column, values in by_hand.items():
        assert [row[column] for row in shown] == values, column
    assert b"".join(store.chunks(found.path)) == path.read_bytes()
    assert sorted(os.listdir(tmp_path / books.id)) == [NAME]


def test_exact_onlines_columns_are_those_of_its_import(
    warehouse: Connection, tmp_path: Path
) -> None:
    books = Books(warehouse)
    number = books.document(
        {"net_amount": "100.0", "period_start": date(2026, 1, 1), "period_end": date(2026, 1, 31)},
        {"net_amount": "50.0", "vat_code": "V9"}, currency="USD", exchange_rate="0.92", net_amount="150.0",
        gross_amount="175.5", entry_number="26700012", reference="000123",
    )  # fmt: skip
    books.warehouse.execute(
        "update core.purchase_document_line set quantity = 2.5 where document_number = %s", [number]
    )
    found = made(books, local(tmp_path), number, layout="exact_online")
    first, second = cells(tmp_path / found.path)
    expected = {
        "Dagboek: Code": "60", "Boekjaar": 2026, "Periode": 2, "Boekstuknummer": 26700012,
        "Factuurdatum": date(2026, 2, 27), "Valuta": "USD", "Wisselkoers": 0.92, "Uw ref.": "000123",
        "Code": "K-001", "Naam": "Bakkerij Jansen B.V.", "Omschrijving": "Taxi", "BTW-code": None,
        "BTW-percentage": 21, "Bedrag": 100, "BTW-bedrag": 21, "Aantal": 2.5, "Opmerkingen": number,
        "Van": date(2026, 1, 1), "Naar": date(2026, 1, 31), "Project": None,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected
    assert [second[name] for name in ("Boekstuknummer", "Bedrag", "BTW-bedrag")] == [
        26700012,
        50,
        4.5,
    ]


def test_no_document_makes_no_file(warehouse: Connection, tmp_path: Path) -> None:
    with pytest.raises(DataRejected, match="choose at least one"):
        made(Books(warehouse), local(tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_document_that_is_not_there_makes_no_file(warehouse: Connection, tmp_path: Path) -> None:
    books = Books(warehouse)
    number = books.document({"net_amount": "1"})
    gone = books.document({"net_amount": "1"}, is_deleted=True)
    with pytest.raises(DataRejected, match=rf"{books.id}: {gone}, 17 is no document"):
        made(books, local(tmp_path), number, gone, "17")
    with pytest.raises(DataRejected, match="0, 1, 2, 3, 4 and 3 more is no document"):
        made(books, local(tmp_path), *"01234567")
    assert not list(tmp_path.iterdir())


def test_more_rows_than_a_sheet_holds_are_refused_before_writing(
    warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Books(warehouse)
    number = books.document(*({"net_amount": "1"} for _ in range(4)))
    monkeypatch.setattr(making, "MOST_ROWS", 4)
    monkeypatch.setattr(making, "purchase_rows", None)
    with pytest.raises(DataRejected, match=r"^4 rows are more than"):
        made(books, local(tmp_path), number)


def test_rows_are_fetched_in_parts_and_all_of_one_moment(
    warehouse: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when somebody changes the documents in between, and in a transaction of the caller's."""
    monkeypatch.setattr(rows, "_AT_ONCE", 2)
    books = Books(warehouse)
    number = books.document(*({"net_amount": "1"} for _ in range(7)))
    found = rows.purchase_rows(warehouse, books.id, [number])
    first = next(found)
    warehouse.execute("update core.purchase_document_line set net_amount = 2")
    assert [row["net_amount"] for row in (first, *found)] == [1] * 7
    with warehouse.transaction():
        assert [r["net_amount"] for r in rows.purchase_rows(warehouse, books.id, [number])] == [
            2
        ] * 7
    assert warehouse.execute("select count(*) from pg_cursors").fetchone() == (0,)


def test_what_killed_runs_left_on_this_machine_is_removed(
    warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    old, new = tmp_path / "saldo-export-old", tmp_path / "saldo-export-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / NAME).write_bytes(b"books")
    for path in (old / NAME, old):
        os.utime(path, (0, 0))
    books = Books(warehouse)
    made(books, local(tmp_path / "store"), books.document({"net_amount": "1"}))
    assert sorted(os.listdir(tmp_path)) == ["saldo-export-new", "store"]


def test_a_file_that_does_not_hold_what_was_written_is_not_stored(
    warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = Books(warehouse)
    monkeypatch.setattr(making, "rows_in", lambda path, sheet: 0)
    with pytest.raises(
        StoreUnavailable, match="holds 0 rows instead of 1 rows; nothing was stored"
    ):
        made(books, local(tmp_path), books.document({"net_amount": "1"}))
    assert not list(tmp_path.iterdir())


# --- the store -----------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "local.xlsx"
    path.write_bytes(os.urandom(100_000))
    return path


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return local(tmp_path / "exports")


def test_no_file_takes_the_place_of_another(store: FileStore, file: Path, tmp_path: Path) -> None:
    store.put(f"a/{NAME}", file)
    before = file.read_bytes()
    file.write_bytes(b"other")
    with pytest.raises(NameTaken, match=r"has a file .* already; it stays"):
        store.put(f"a/{NAME}", file)
    assert (tmp_path / "exports/a" / NAME).read_bytes() == before
    assert store.names("a") == {NAME: len(before)}


def test_a_disk_without_links_keeps_names_apart_too(
    store: FileStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refusing)
    store.put(f"a/{NAME}", file)
    assert b"".join(store.chunks(f"a/{NAME}")) == file.read_bytes()
    with pytest.raises(NameTaken):
        store.put(f"a/{NAME}", file)


def test_a_file_is_deleted_once(store: FileStore, file: Path) -> None:
    store.put(f"a/{NAME}", file)
    assert store.exists(f"a/{NAME}")
    assert [store.delete(f"a/{NAME}"), store.delete(f"a/{NAME}")] == [True, False]
    assert not store.exists(f"a/{NAME}")
    with pytest.raises(FileGone, match=r"is not in file://.* any more"):
        next(store.chunks(f"a/{NAME}"))


def test_what_was_left_beside_a_file_is_deleted_with_it(store: FileStore, tmp_path: Path) -> None:
    folder = tmp_path / "exports/a"
    folder.mkdir(parents=True)
    (folder / f".{NAME}.part").write_bytes(b"half")
    assert not store.delete(f"a/{NAME}")
    assert os.listdir(folder) == []


def test_what_was_left_half_written_is_no_file(
    store: FileStore, file: Path, tmp_path: Path
) -> None:
    """A kill leaves a hidden file beside the name; the next try writes over it."""
    folder = tmp_path / "exports/a"
    folder.mkdir(parents=True)
    (folder / f".{NAME}.part").write_bytes(b"half")
    assert store.names("a") == {}
    assert not store.exists(f"a/{NAME}")
    store.put(f"a/{NAME}", file)
    assert os.listdir(folder) == [NAME]


@pytest.mark.parametrize(
    "path", ["../x.xlsx", "a/../x.xlsx", "/etc/passwd", "a//x.xlsx", "a/.x", "a/x.xlsx\0", "", "a/x y.xlsx", "a\\x"]
)  # fmt: skip
def test_no_path_leads_out_of_the_store(store: FileStore, file: Path, path: str) -> None:
    for use in (
        lambda: store.put(path, file),
        lambda: store.exists(path),
        lambda: store.delete(path),
        lambda: next(store.chunks(path)),
    ):
        with pytest.raises(DataRejected, match="is no name of a file that Saldo made"):
            use()


def test_a_place_that_cannot_be_written_is_told(file: Path, tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file where a folder should be")
    with pytest.raises(ConfigError, match=r"store of exports file:.* refuses .*No file was made"):
        local(tmp_path / "exports").put(f"a/{NAME}", file)
    # Who only looks is not told that nothing counts: it may well.
    with pytest.raises(ConfigError) as looking:
        next(local(tmp_path / "exports").chunks(f"a/{NAME}"))
    assert "counts as exported" not in str(looking.value)


@pytest.mark.parametrize(
    ("number", "kind", "sentence"),
    [
        (errno.EACCES, ConfigError, "refuses what Saldo shows it"),
        (errno.EROFS, ConfigError, "refuses what Saldo shows it"),
        (errno.ENOSPC, StoreUnavailable, "has no room"),
        (errno.EIO, StoreUnavailable, "cannot be used"),
    ],
)
def test_trouble_of_a_disk_is_a_sentence_and_leaves_nothing(
    store: FileStore, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    number: int, kind: type[SaldoError], sentence: str,
) -> None:  # fmt: skip
    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(kind, match=sentence):
        store.put(f"a/{NAME}", file)
    assert os.listdir(tmp_path / "exports/a") == []


def test_what_comes_back_otherwise_is_removed(
    store: FileStore, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaging(source: Any, copy: Any, length: int) -> None:
        copy.write(source.read()[:-1])

    monkeypatch.setattr("shutil.copyfileobj", damaging)
    with pytest.raises(DamagedFile, match=r"was damaged on its way to .* make it again"):
        store.put(f"a/{NAME}", file)
    assert os.listdir(tmp_path / "exports/a") == []


# --- a store that is no disk ---------------------------------------------------------------------


@pytest.fixture
def bucket() -> Any:
    """fsspec's own object store, in memory."""
    fs = fsspec.filesystem("memory")
    fs.store.clear()
    return fs


def test_an_object_store_holds_what_was_sent(bucket: Any, file: Path) -> None:
    store = FileStore(bucket, "/books/exports", "s3://aws@books/exports")
    sha = store.put(f"a/{NAME}", file)
    assert sha == hashlib.sha256(file.read_bytes()).hexdigest()
    assert b"".join(store.chunks(f"a/{NAME}")) == file.read_bytes()
    assert store.names("a") == {NAME: 100_000}
    with pytest.raises(NameTaken):
        store.put(f"a/{NAME}", file)
    assert store.delete(f"a/{NAME}")
    with pytest.raises(FileGone):
        next(store.chunks(f"a/{NAME}"))


def test_what_was_sent_twice_since_an_answer_was_lost_is_ours(
    bucket: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure's library tries again by itself, and is told that there is a file of that name: its own."""
    store = FileStore(bucket, "/books", "abfs://azure@books")
    put = type(bucket).put_file
    of_others = b""

    def losing(self: Any, local: str, place: str, **more: Any) -> None:
        if of_others:
            self.pipe_file(place, of_others)
        else:
            put(self, local, place, **more)
        raise FileExistsError("File already exists!")

    monkeypatch.setattr(type(bucket), "put_file", losing)
    assert store.put(f"a/{NAME}", file) == hashlib.sha256(file.read_bytes()).hexdigest()
    of_others = b"somebody else's"
    with pytest.raises(NameTaken):
        store.put(f"b/{NAME}", file)
    assert b"".join(store.chunks(f"b/{NAME}")) == of_others


def test_an_object_that_was_damaged_is_removed(
    bucket: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileStore(bucket, "/books", "s3://aws@books")
    put = type(bucket).put_file

    def damaging(self: Any, local: str, place: str, **more: Any) -> None:
        Path(local).write_bytes(b"changed on its way")
        put(self, local, place, **more)

    monkeypatch.setattr(type(bucket), "put_file", damaging)
    with pytest.raises(DamagedFile):
        store.put(f"a/{NAME}", file)
    assert store.names("a") == {}
