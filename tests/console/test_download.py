"""Files that are too large for memory: on the disk of the API server, but few, small enough, and never left behind."""

from __future__ import annotations

import asyncio
import itertools
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import pytest
from fastapi.testclient import TestClient

from saldo.api.answers import Problem
from saldo.console.shell import disk
from saldo.console.shell.disk import AT_ONCE, DiskAnswer, DiskFile, disk_file, limit_mb
from saldo.warehouse.connection import connect
from tests.console.landed import land_and_prove, show
from tests.small_disk import CAN_MOUNT
from tests.support import Company, Sandbox

BROWSER = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where files go; after a test nothing is in it, nor open, and every seat is free."""
    found = tmp_path / "temporary"
    found.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(found))
    seats = BoundedSemaphore(AT_ONCE)
    monkeypatch.setattr(disk, "_seats", seats)
    monkeypatch.setattr(disk, "_SEAT_WAIT_S", 0.01)
    yield found
    assert [*found.iterdir()] == []
    assert held(found) == 0
    assert all(seats.acquire(blocking=False) for _ in range(AT_ONCE))


def held(folder: Path) -> int:
    """Files without a name that this process has open there."""
    links = (os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
    return sum(link.startswith(str(folder)) for link in links)


def written(data: bytes = b"x" * 200_000) -> DiskFile:
    with disk_file("Choose less.") as file:
        file.write(data)
    return file


@pytest.fixture(scope="module")
def landed(dsn: str, sandbox: Sandbox) -> Company:
    """With 16,000 postings on one account: more than a megabyte."""
    found = sandbox.company("download", entries=300)
    land_and_prove(dsn, found)
    with connect(dsn) as connection:
        connection.execute(
            "insert into mart.fact_journal_entries select (jsonb_populate_record(f, jsonb_build_object("
            "'journal_entry_key', 900000000 + n, 'entry_number', 'x' || n))).* from mart.fact_journal_entries as f, "
            "generate_series(1, 16000) as n where f.journal_entry_key = (select min(journal_entry_key) "
            "from mart.fact_journal_entries where agreement_id = %s)",
            [found.id],
        )  # fmt: skip
    return found


@pytest.fixture
def address(landed: Company, dsn: str, client: TestClient, tmp_path: Path) -> str:
    """Of the file of those postings."""
    show(tmp_path / "SALDO_AGREEMENTS_DIR", landed)
    client.cookies.set("_token", "vera")
    with connect(dsn) as connection:
        row = connection.execute(
            "select account_number, accounting_year from mart.fact_journal_entries where agreement_id = %s and entry_number = 'x1'",
            [landed.id],
        ).fetchone()
    assert row
    return f"/agreements/{landed.id}/postings.csv?account={row[0]}&year={row[1]}"


# --- how large -----------------------------------------------------------------------------------


def test_a_file_that_would_be_too_large_is_a_page_that_says_what_to_choose(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    whole = client.get(address)
    assert (whole.status_code, int(whole.headers["content-length"])) == (200, len(whole.content))
    assert len(whole.content) > 1_000_000
    monkeypatch.setenv("SALDO_DOWNLOAD_MB", "1")
    for _ in range(AT_ONCE + 1):
        answer = client.get(address, headers=BROWSER)
        assert answer.status_code == 422
        assert "larger than 1 MB. Choose a year of the account, one of its periods" in answer.text
        assert held(folder) == 0
    assert client.get(address).json()["title"] == "Too much for one file"
    monkeypatch.setenv("SALDO_DOWNLOAD_MB", "2")
    assert client.get(address).content == whole.content


@pytest.mark.parametrize(("told", "mb"), [("", 256), ("12", 12), (" 12 ", 12), ("0", 256), ("-1", 256), ("a lot", 256)])  # fmt: skip
def test_what_is_no_limit_is_the_usual_one(told: str, mb: int) -> None:
    assert limit_mb({"SALDO_DOWNLOAD_MB": told}) == mb


# --- how many ------------------------------------------------------------------------------------


def test_as_many_as_there_may_be_and_then_a_page(client: TestClient, address: str) -> None:
    """Whoever has not read on holds a seat: what is on the disk is bounded, however slow readers are."""
    files = [written() for _ in range(AT_ONCE)]
    answer = client.get(address, headers=BROWSER)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert f"{AT_ONCE} files are being written or downloaded already" in answer.text
    files[3].close()
    assert client.get(address).status_code == 200
    for file in files:
        file.close()


def test_who_takes_too_long_gives_way_and_never_seems_whole(
    client: TestClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [written() for _ in range(AT_ONCE)]
    monkeypatch.setattr(disk, "PATIENCE_S", 0)
    slow, other = files[0].blocks(), files[1].blocks()
    assert len(next(slow)) < files[0].size
    next(other)
    assert client.get(address).status_code == 200
    with pytest.raises(OSError, match="took too long"):
        next(slow)
    assert len(b"".join(other)) > 0
    for file in files:
        file.close()


def test_a_reader_who_goes_away_gives_the_file_back(folder: Path) -> None:
    sent = itertools.count(1)

    async def send(_: Any) -> None:
        if next(sent) == 3:
            raise OSError("the browser has gone")

    async def receive() -> Any:
        await asyncio.Event().wait()

    answer = DiskAnswer(written(), {}, "text/csv")
    # In a thread of its own: a browser of other tests may have left a loop in this one.
    with ThreadPoolExecutor(1) as threads, pytest.raises(BaseException):  # noqa: B017, PT011 (what a server makes of it is its own)
        threads.submit(asyncio.run, answer({"type": "http"}, receive, send)).result()
    assert held(folder) == 0
    assert next(sent) >= 4


def test_an_answer_that_nobody_gave_gives_the_file_back(folder: Path) -> None:
    DiskAnswer(written(), {}, "text/csv")
    assert held(folder) == 0


# --- when there is no room, and when the server is killed ------------------------------------------


@contextmanager
def no_more_than(size: int) -> Iterator[None]:
    """No file of this process may be larger: the system refuses it as it refuses what a full disk does not take."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_without_room_is_a_page_and_leaves_nothing(
    client: TestClient, address: str, folder: Path
) -> None:
    with no_more_than(300_000):
        for _ in range(AT_ONCE + 1):
            answer = client.get(address, headers=BROWSER)
            assert answer.status_code == 503
            assert "No room for the file" in answer.text
            assert "Choose a year" in answer.text
            assert held(folder) == 0
    assert client.get(address).status_code == 200


def test_what_does_not_fit_only_at_the_end_is_no_half_file() -> None:
    """The last block leaves the memory when all has been written."""
    with no_more_than(10), pytest.raises(Problem) as told:
        written(b"x" * 100)
    assert told.value.status == 503


@pytest.mark.skipif(not CAN_MOUNT, reason="root alone can mount; SALDO_TEST_EVERYTHING=1 runs it")
def test_a_full_disk(client: TestClient, address: str, folder: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)], check=True)
    try:
        answer = client.get(address, headers=BROWSER)
        free = os.statvfs(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
    assert answer.status_code == 503
    assert "No room for the file" in answer.text
    assert free.f_bfree == free.f_blocks


def test_a_server_that_is_killed_leaves_nothing(folder: Path) -> None:
    """Its files never had a name: there is nothing that a start or maintenance would have to remove."""
    code = (
        "from saldo.console.shell.disk import disk_file\n"
        "with disk_file('') as file:\n"
        "    file.write(b'x' * 1_000_000)\n"
        "    print('written', flush=True)\n"
        "    input()\n"
    )
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": "plugins"}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout
        assert server.stdout.readline() == "written\n"
        files = [os.readlink(link) for link in Path(f"/proc/{server.pid}/fd").iterdir()]
        assert any(file.startswith(str(folder)) for file in files)
        server.kill()
    assert [*folder.iterdir()] == []
