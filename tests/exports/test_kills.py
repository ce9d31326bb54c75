"""Killed anywhere, nothing is lost and nothing is there twice: neither documents nor files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from saldo.errors import Busy, ConfigError
from saldo.exports import claims
from saldo.exports.register import AlreadyExported, Filters, NothingToExport, files
from saldo.exports.store import NameTaken
from saldo.warehouse.connection import connect
from tests.exports.support import Books, Folder, Killed, plain_file
from tests.support import PROJECT


@pytest.fixture
def books(dsn: str, tmp_path: Path) -> Books:
    books = Books(dsn, Folder(tmp_path))
    for id in "12":
        books.write(id)
    return books


def at(verb: str) -> Callable[[str, str], None]:
    def kill(what: str, name: str) -> None:
        if what == verb:
            raise Killed(f"{what} {name}")

    return kill


def killed_before_writing(*given: Any) -> Any:
    raise Killed


def killed_after_writing(*given: Any) -> Any:
    plain_file(*given)
    raise Killed


@pytest.mark.parametrize(
    ("where", "is_registered"),
    [("claimed", False), ("before it is sent", False), ("sent", True), ("stored", True)],
)
def test_an_export_that_is_killed(books: Books, where: str, is_registered: bool) -> None:
    how: dict[str, Any] = {}
    match where:
        case "claimed":
            how["make"] = killed_before_writing
        case "before it is sent":
            books.store.before = at("put")
        case "sent":
            books.store.after = at("put")
        case "stored":
            how["make"] = killed_after_writing
    with pytest.raises(Killed):
        books.export("1", "2", **how)
    books.store.before = books.store.after = lambda verb, name: None
    assert books.list()["1"].file_name is None, "nothing counts before it is registered"

    if is_registered:
        with pytest.raises(AlreadyExported):
            books.export("1", "2")
        assert books.statuses() == ["registered"]
        with connect(books.dsn) as connection:
            [file] = files(connection, books.agreement_id)
        assert (file.documents, file.rows, file.created_by) == (2, 2, "ann")
        assert file.note
        assert "killed" in file.note
    else:
        assert books.export("1", "2").documents == 2
        assert books.statuses() == ["abandoned", "registered"]
    assert books.store.names == {books.list()["1"].file_name}


@pytest.mark.parametrize("where", ["sent", "registered"])
def test_who_asked_gets_the_file_of_a_try_that_was_killed(books: Books, where: str) -> None:
    """Whatever is asked for: also what is exported already, or no longer there to export."""
    new = Filters(not_exported=True)
    if where == "sent":
        books.store.after = at("put")
        with pytest.raises(Killed):
            books.export(filters=new, again=True, made_for="run 1")
        books.store.after = lambda verb, name: None
    else:
        books.export(filters=new, again=True, made_for="run 1")
    books.write("3")
    file = books.export(filters=new, again=True, made_for="run 1")
    assert (file.documents, books.statuses()) == (2, ["registered"])
    assert books.export(filters=new, made_for="run 2").documents == 1
    books.delete(file.name)
    assert books.export("1", "2", made_for="run 1").file_id > file.file_id


def test_who_did_not_ask_is_told_of_the_file_that_was_found(books: Books) -> None:
    new = Filters(not_exported=True)
    books.store.after = at("put")
    with pytest.raises(Killed):
        books.export(filters=new)
    books.store.after = lambda verb, name: None
    with pytest.raises(NothingToExport, match=r"fits the filters.*\d{4}\.xlsx was stored by a run"):
        books.export(filters=new)


def test_a_file_that_was_stored_in_part_is_removed(books: Books) -> None:
    books.store.after = at("put")
    with pytest.raises(Killed):
        books.export("1")
    books.store.after = lambda verb, name: None
    [name] = books.store.names
    (books.store.path / name).write_bytes(b"half of i")
    [told] = books.settle()
    assert "came to nothing" in told
    assert (books.store.names, books.statuses()) == (set(), ["abandoned"])
    assert books.settle() == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_deletion_that_is_killed(books: Books, moment: str) -> None:
    file = books.export("1")
    setattr(books.store, moment, at("delete"))
    with pytest.raises(Killed):
        books.delete(file.name)
    setattr(books.store, moment, lambda verb, name: None)
    assert books.list()["1"].all_files == [], "it does not count, whether it is there or not"
    second = books.export("1")
    assert books.store.names == {second.name}
    assert books.statuses() == ["deleted", "registered"]


def test_a_process_that_is_killed_leaves_its_lock_to_nobody(books: Books) -> None:
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from tests.exports.support import Books, Folder\n"
        "folder = Folder(Path(sys.argv[2]), after=lambda verb, name: os.kill(os.getpid(), signal.SIGKILL))\n"
        "Books(sys.argv[1], folder, sys.argv[3]).export('1', '2')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, books.dsn, str(books.store.path), books.agreement_id],
        cwd=PROJECT, env={**os.environ, "PYTHONPATH": "plugins:."}, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    assert len(books.store.names) == 2, "the file, and what it was written to on this machine"
    [told] = books.settle()
    assert "is registered now" in told
    assert books.list()["1"].file_name in books.store.names


# --- what fails without a kill ----------------------------------------------------------------------


def refused(verb: str, name: str) -> None:
    raise ConfigError(f"the store takes no {verb}")


def test_a_store_that_refuses_marks_no_document(books: Books) -> None:
    books.store.before = lambda verb, name: refused(verb, name) if verb == "put" else None
    with pytest.raises(ConfigError, match="takes no put"):
        books.export("1")
    assert (books.list()["1"].all_files, books.store.names) == ([], set())
    assert books.rows("select status, note from ops.export_file where agreement_id = %s") == [
        ("abandoned", "ConfigError: the store takes no put")
    ]
    books.store.before = lambda verb, name: None
    assert books.export("1").documents == 1


def test_a_store_that_is_away_altogether(books: Books) -> None:
    """Not even cleaning up works: the next run does it, and says so while the store is away."""
    books.store.before = refused
    with pytest.raises(ConfigError, match="takes no put"):
        books.export("1")
    assert books.statuses() == ["stored"]
    with pytest.raises(ConfigError, match="takes no put"):
        books.export("1")
    assert books.statuses() == ["abandoned", "stored"], "nothing of the first was there to remove"
    books.store.before = lambda verb, name: None
    assert books.export("1").documents == 1
    assert books.statuses() == ["abandoned", "abandoned", "registered"]


def test_a_file_that_has_the_name_already_stays(books: Books) -> None:
    def taken(verb: str, name: str) -> None:
        (books.store.path / name).write_bytes(b"of somebody else")
        raise NameTaken(f"there is a file {name} already")

    books.store.before = taken
    with pytest.raises(NameTaken):
        books.export("1")
    books.store.before = lambda verb, name: None
    assert books.settle() == []
    assert (len(books.store.names), books.statuses()) == (1, ["abandoned"])


def test_a_file_that_cannot_be_removed_does_not_count_any_more(books: Books) -> None:
    file = books.export("1")
    books.store.before = refused
    with pytest.raises(ConfigError, match=r"takes no delete\. .* does not count any more"):
        books.delete(file.name)
    assert (books.list()["1"].all_files, books.statuses()) == ([], ["deleting"])
    books.store.before = lambda verb, name: None
    [told] = books.settle()
    assert "removed now" in told
    assert books.store.names == set()


@pytest.mark.parametrize("is_sent", [False, True])
def test_who_lost_the_lock_registers_nothing(books: Books, is_sent: bool) -> None:
    """A run that is cut off from the warehouse for a while, and goes on when another has taken its claim for dead."""

    def slow(*given: Any) -> Any:
        if not is_sent:
            taken_for_dead()
            return plain_file(*given)
        made = plain_file(*given)
        [content] = [path.read_bytes() for path in books.store.path.glob("*.xlsx")]
        name = taken_for_dead()
        (books.store.path / name).write_bytes(content)
        return made

    def taken_for_dead() -> str:
        with connect(books.dsn) as other:
            [claim] = claims.left_behind(other, books.agreement_id)
            books.store.delete(claim.name)
            claims.abandon(other, claim, "taken for dead")
        return claim.name

    with pytest.raises(Busy, match=r"nothing was marked.*Export again"):
        books.export("1", make=slow)
    assert len(books.store.names) == is_sent
    assert books.export("1").documents == 1
    assert books.store.names == {books.list()["1"].file_name}, "what was written late is gone"
