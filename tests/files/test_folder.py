"""Drop folders: the same questions as SharePoint's, on a disk and in a store."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from saldo.errors import ConfigError, Unavailable
from saldo.files.configuration import FileConfiguration
from saldo.files.places.folder import FolderSource
from saldo.files.places.source import FileGone, Seen
from saldo.graph.errors import TooLarge
from tests.graph.site import kept, names, settled


def source(folder: Path, fs: Any = None, **other: Any) -> FolderSource:
    values = {
        "id": "drop", "kind": "budget", "source": {"folder": f"file://{folder}"}, "match": "*.csv",
        "agreement": "x", **other,
    }  # fmt: skip
    return FolderSource(
        fs or LocalFileSystem(), str(folder), FileConfiguration.model_validate(values)
    )


def write(folder: Path, name: str, text: str = "a", *, second: int = 0) -> Path:
    """second: after the epoch, when it was written."""
    path = folder / name
    path.write_text(text)
    os.utime(path, (second, second))
    return path


def changes(folder: Path, seen: Seen | None = None, **other: Any) -> Any:
    return source(folder, **other).changes(seen or Seen())


def test_the_first_run_sees_what_is_meant(tmp_path: Path) -> None:
    for name in ("B æøå #1 50%.csv", "a.CSV", "c.xlsx", "~$a.csv"):
        write(tmp_path, name)
    write(tmp_path, "empty.csv", "")
    (tmp_path / "below").mkdir()
    write(tmp_path / "below", "d.csv")
    assert names(changes(tmp_path).changed) == ["a.CSV", "B æøå #1 50%.csv"]


def test_names_that_are_no_text_stay_apart(tmp_path: Path) -> None:
    """As programs of Windows leave them on a disk."""
    for name in ("Ær.csv", "Ør.csv", "år.csv"):
        (tmp_path / os.fsdecode(name.encode("cp1252"))).write_text(name)
    write(tmp_path, "år.csv", "text")
    found = changes(tmp_path)
    assert sorted(names(found.changed)) == ["\\xc6r.csv", "\\xd8r.csv", "\\xe5r.csv", "år.csv"]
    assert sorted(found.seen.files) == sorted(names(found.changed))
    place = source(tmp_path)
    contents = []
    for file in place.changes(Seen()).changed:
        into = io.BytesIO()
        place.fetch(file, into, max_bytes=99)
        contents.append(into.getvalue().decode())
    assert sorted(contents) == sorted(["Ær.csv", "Ør.csv", "år.csv", "text"])


def test_only_what_was_written_again_comes_again(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    write(tmp_path, "b.csv")
    seen = settled(changes(tmp_path))
    write(tmp_path, "b.csv", "b", second=9)
    found = changes(tmp_path, kept(seen))
    assert (names(found.changed), found.unchanged) == (["b.csv"], 1)
    seen = settled(found)
    write(tmp_path, "b.csv", "longer", second=9)
    assert names(changes(tmp_path, seen).changed) == ["b.csv"]
    assert changes(tmp_path, settled(changes(tmp_path, seen))).changed == ()


def test_renamed_is_gone_and_new_and_deleted_is_gone(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    write(tmp_path, "b.csv")
    seen = settled(changes(tmp_path))
    (tmp_path / "a.csv").rename(tmp_path / "c.csv")
    (tmp_path / "b.csv").unlink()
    found = changes(tmp_path, seen)
    assert (names(found.changed), sorted(names(found.gone))) == (["c.csv"], ["a.csv", "b.csv"])


def test_a_file_that_is_empty_while_it_is_written_is_as_it_was(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    seen = settled(changes(tmp_path))
    write(tmp_path, "a.csv", "", second=5)
    found = changes(tmp_path, seen)
    assert (found.changed, found.gone) == ((), ())


def test_a_file_is_fetched_as_it_is_now(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    of, into = source(tmp_path), io.BytesIO(b"what was there before, and longer")
    [file] = of.changes(Seen()).changed
    write(tmp_path, "a.csv", "newer", second=7)
    fetched = of.fetch(file, into, max_bytes=10)
    assert into.read() == b"newer"
    assert fetched.version != file.version


def test_a_file_that_goes_before_it_is_fetched(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv")
    of = source(tmp_path)
    [file] = of.changes(Seen()).changed
    path.unlink()
    with pytest.raises(FileGone, match=r"'a\.csv' was deleted"):
        of.fetch(file, io.BytesIO(), max_bytes=10)


def test_a_file_above_the_ceiling(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "x" * 3_000_000)
    of, into = source(tmp_path), io.BytesIO()
    [file] = of.changes(Seen()).changed
    with pytest.raises(TooLarge, match=r"'a\.csv' has 2 MB, and max_mb allows 1"):
        of.fetch(file, into, max_bytes=1 << 20)
    assert into.getvalue() == b""


class Growing(LocalFileSystem):  # type: ignore[misc]
    """Somebody writes on whenever the file is opened."""

    cachable = False
    times = 1

    def open(self, path: str, *more: Any, **others: Any) -> Any:
        if self.times:
            self.times -= 1
            with Path(path).open("a") as file:
                file.write("more")
        return super().open(path, *more, **others)


def test_a_file_that_is_being_written_is_read_again(tmp_path: Path) -> None:
    write(tmp_path, "a.csv")
    fs = Growing()
    of, into = source(tmp_path, fs), io.BytesIO()
    [file] = of.changes(Seen()).changed
    assert of.fetch(file, into, max_bytes=100).size == 5
    fs.times = 9
    with pytest.raises(Unavailable, match=r"'a\.csv' is being written"):
        of.fetch(file, into, max_bytes=100)


def test_no_folder_and_no_right(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder"):
        changes(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"is a file; `source.folder` must name a folder"):
        changes(write(tmp_path, "a.csv"))

    class Locked(LocalFileSystem):  # type: ignore[misc]
        cachable = False

        def ls(self, *more: Any, **others: Any) -> Any:
            raise PermissionError(13, "key=AKIASECRET")

    with pytest.raises(ConfigError, match="may not be read") as raised:
        source(tmp_path, Locked()).changes(Seen())
    assert "AKIASECRET" not in str(raised.value)


def test_a_store_that_does_not_answer(tmp_path: Path) -> None:
    class Away(LocalFileSystem):  # type: ignore[misc]
        cachable = False

        def ls(self, *more: Any, **others: Any) -> Any:
            raise TimeoutError("https://x.example/?sig=SECRET")

    with pytest.raises(Unavailable, match="TimeoutError") as raised:
        source(tmp_path, Away()).changes(Seen())
    assert "SECRET" not in str(raised.value)


def test_a_store_in_place_of_a_disk(tmp_path: Path) -> None:
    """Any file system of fsspec; what it calls the moment and the ETag differs."""

    class Store(MemoryFileSystem):  # type: ignore[misc]
        store: dict[str, Any] = {}  # noqa: RUF012
        pseudo_dirs: list[str] = [""]  # noqa: RUF012
        cachable = False

        def info(self, path: str, **others: Any) -> Any:
            found = super().info(path, **others)
            return {**found, "etag": f'"{len(found.get("name", ""))}-{found["size"]}"'}

        def ls(self, path: str, detail: bool = True, **others: Any) -> Any:
            return [self.info(p) for p in super().ls(path, detail=False, **others)]

    fs = Store()
    fs.pipe("/drop/a.csv", b"1")
    of = source(Path("/drop"), fs)
    [file] = of.changes(Seen()).changed
    assert file.version == '"11-1"' == file.etag
    into = io.BytesIO()
    assert of.fetch(file, into, max_bytes=5) == file
    assert into.read() == b"1"
    seen = settled(of.changes(Seen()))
    assert of.changes(seen).changed == ()
    fs.pipe("/drop/a.csv", b"22")
    assert names(of.changes(seen).changed) == ["a.csv"]
