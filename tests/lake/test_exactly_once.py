"""Killed, disturbed or damaged at any step: the next run ends in the same files, nothing lost and nothing twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from saldo.errors import Busy
from saldo.lake import parquet
from saldo.lake.manifest import Manifest
from saldo.lake.store import LakeUnavailable, Store
from saldo.warehouse.connection import Connection, connect
from tests.support import PROJECT, Company, Sandbox, night

from .support import assert_as_staging, digests, local, names, write

ENTITIES = ("self", "accounts", "entries")
NOW = datetime(2026, 11, 29, 3, 0, 7, tzinfo=UTC)


class Killed(BaseException):
    """As if the process had ended: nobody catches it."""


def before(owner: Any, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        def killed(*_: Any, **__: Any) -> None:
            raise Killed

        monkeypatch.setattr(owner, name, killed)

    return patch


def after(owner: Any, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        original = getattr(owner, name)

        def killed(*args: Any, **more: Any) -> None:
            original(*args, **more)
            raise Killed

        monkeypatch.setattr(owner, name, killed)

    return patch


STEPS = {
    "before a file is owed": before(Manifest, "owe"),
    "after it is owed": after(Manifest, "owe"),
    "while rows are written": before(parquet, "table_of"),
    "after the rows, before the file's end": before(parquet, "check"),
    "before it is noted as written": before(Manifest, "written"),
    "after it": after(Manifest, "written"),
    "before it is seen": before(Store, "publish"),
    "after it is seen": after(Store, "publish"),
    "before it is noted as published": before(Manifest, "published"),
    "after it is": after(Manifest, "published"),
}


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("once", is_ledger_only=True, entries=400)


def a_night(dsn: str, company: Company) -> None:
    done = night(dsn, company, entities=ENTITIES)
    assert not done.errors


def published(dsn: str, company: Company, folder: Path) -> list[tuple[Any, ...]]:
    """(path, rows, bytes, sha256, state) of the files of a lake, whatever their state"""
    with connect(dsn) as connection:
        return connection.execute(
            "select path, rows, bytes, sha256, state from ops.lake_file where agreement_id = %s "
            "and lake = %s and retired_at is null order by path",
            [company.id, f"file://{folder}"],
        ).fetchall()


def assert_registered(dsn: str, company: Company, folder: Path) -> None:
    """What is in the folder is what the manifest says, and no more."""
    found = published(dsn, company, folder)
    assert {row[4] for row in found} == {"published"}
    assert {row[0]: row[3] for row in found} == digests(folder)
    assert all(row[2] == (folder / row[0]).stat().st_size for row in found)


def test_a_kill_at_any_step_ends_in_the_same_bytes(
    dsn: str, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a first file and of one of changes; in between the books go on, and the file is written as it was owed. Every
    step has a lake of its own beside one that nothing disturbs; all are of the same nights."""
    whole, killed = tmp_path / "whole", {step: tmp_path / step.replace(" ", "-") for step in STEPS}
    for day in range(2):
        company.next_day()
        a_night(dsn, company)
        now, run_id = NOW + timedelta(days=day), company.run_id
        write(dsn, company, local(whole), now=now)
        undisturbed = digests(whole)
        begun = {}
        for step, folder in killed.items():
            earlier = published(dsn, company, folder)
            with monkeypatch.context() as patched:
                STEPS[step](patched)
                with pytest.raises(Killed):
                    write(dsn, company, local(folder), now=now)
            begun[step] = {row[0] for row in published(dsn, company, folder)} - {
                row[0] for row in earlier
            }
            assert len(begun[step]) == (step != "before a file is owed"), step
        company.next_day()
        a_night(dsn, company)
        write(dsn, company, local(whole), now=now + timedelta(hours=1))
        for step, folder in killed.items():
            write(dsn, company, local(folder), now=now, run_id=run_id)
            found = digests(folder)
            same = {path: undisturbed[path] for path in begun[step]}
            assert {path: found[path] for path in begun[step]} == same, step
        for folder in (whole, *killed.values()):
            assert_registered(dsn, company, folder)
            assert_as_staging(dsn, company, folder, *ENTITIES)


def test_the_same_run_again_writes_nothing(dsn: str, company: Company, tmp_path: Path) -> None:
    a_night(dsn, company)
    write(dsn, company, local(tmp_path))
    before = digests(tmp_path)
    for _ in range(2):
        assert write(dsn, company, local(tmp_path)).written.files == []
    assert digests(tmp_path) == before
    assert_registered(dsn, company, tmp_path)


def test_what_was_deleted_or_changed_by_hand_is_written_again_with_the_same_bytes(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    kept: dict[str, str] = {}
    for day in range(4):
        a_night(dsn, company)
        write(dsn, company, local(tmp_path), now=NOW + timedelta(days=day))
        kept |= digests(tmp_path)
        company.next_day()
    assert len([path for path in kept if "/entries/" in path]) > 2
    chance = random.Random(1)
    for path in chance.sample(sorted(kept), 3):
        (tmp_path / path).unlink()
    torn = tmp_path / sorted(kept)[-1]
    torn.write_bytes(b"torn")
    writer = write(dsn, company, local(tmp_path), now=NOW + timedelta(days=5))
    assert "gone or changed, and are written again" in (writer.written.note or "")
    assert digests(tmp_path) == kept
    assert_registered(dsn, company, tmp_path)


def test_what_cannot_be_made_again_begins_a_new_set(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    """History is kept for a time: older files cannot be made again from it."""
    for day in range(2):
        a_night(dsn, company)
        write(dsn, company, local(tmp_path), now=NOW + timedelta(days=day))
        company.next_day()
    for path in digests(tmp_path):
        if "/entries/sync_changes" in path:
            (tmp_path / path).unlink()
    a_night(dsn, company)
    late = NOW + timedelta(days=40)
    write(dsn, company, local(tmp_path), now=late, kept_since=NOW + timedelta(days=30))
    kinds = [name.split("-")[0] for name in names(tmp_path, company, "entries")]
    assert kinds == ["full_sync", "full_sync"]
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)


def test_a_lake_that_is_empty_all_of_a_sudden_is_not_filled_again_unasked(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    """A disk that is not mounted is an empty folder."""
    a_night(dsn, company)
    write(dsn, company, local(tmp_path), now=NOW)
    kept = digests(tmp_path)
    shutil.rmtree(tmp_path / "economic-dev")
    with pytest.raises(
        LakeUnavailable, match=rf"none of the 3 files .* make lake AGREEMENT={company.id}"
    ):
        write(dsn, company, local(tmp_path), now=NOW + timedelta(days=1))
    assert digests(tmp_path) == {}
    write(dsn, company, local(tmp_path), now=NOW + timedelta(days=1), may_be_empty=True)
    assert digests(tmp_path) == kept
    assert_registered(dsn, company, tmp_path)


def test_two_runs_at_once_write_every_file_once(dsn: str, company: Company, tmp_path: Path) -> None:
    a_night(dsn, company)
    errors: list[BaseException] = []

    def run() -> None:
        try:
            write(dsn, company, local(tmp_path))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert all(isinstance(error, Busy) for error in errors)
    assert len(digests(tmp_path)) == len(ENTITIES)
    assert_registered(dsn, company, tmp_path)


def test_names_stay_ordered_when_the_clock_goes_back(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    for hours in (0, -2, -2, 1):
        a_night(dsn, company)
        write(dsn, company, local(tmp_path), now=NOW + timedelta(hours=hours))
        company.next_day()
    found = names(tmp_path, company, "entries")
    assert found[0] == "full_sync-20261129_03_00_07-entries.parquet"
    assert found[1] == "sync_changes-20261129_03_00_08-entries.parquet"
    assert len(found) == len(set(found)) == 4
    a_night(dsn, company)
    write(dsn, company, local(tmp_path), now=NOW + timedelta(hours=3))
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)


_CHILD = """
import sys
from pathlib import Path
from saldo.lake import parquet
from tests.lake.support import local, write
from tests.support import Company, Sandbox
dsn, url, id, folder = sys.argv[1:]
print("started", flush=True)
write(dsn, Company(Sandbox(url), id, 0, is_ledger_only=True), local(Path(folder)), run_id="run")
"""


def test_the_kernel_kills_it_and_the_next_run_finishes(
    dsn: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    company = sandbox.company("shot", is_ledger_only=True, entries=20_000)
    a_night(dsn, company)
    chance, ends = random.Random(3), []
    path = os.pathsep.join(str(PROJECT / part) for part in ("plugins", "include", "."))
    for _ in range(3):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, dsn, company.sandbox.url, company.id, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout
        child.stdout.readline()
        time.sleep(chance.uniform(0.02, 0.5))
        child.send_signal(signal.SIGKILL)
        child.communicate()
        ends.append(child.returncode)
    assert -signal.SIGKILL in ends
    write(dsn, company, local(tmp_path), run_id="run")
    assert_registered(dsn, company, tmp_path)
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for very little."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=False, capture_output=True
    )  # fmt: skip
    if done.returncode:
        pytest.skip("it mounts a small disk, which needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_told_and_the_next_run_catches_up(
    dsn: str, sandbox: Sandbox, small: Path
) -> None:
    company = sandbox.company("full", is_ledger_only=True, entries=6_000)
    a_night(dsn, company)
    with pytest.raises(
        LakeUnavailable, match=r"has no room .* what is owed is written by the next run"
    ):
        write(dsn, company, local(small))
    assert not [path for path in digests(small) if path.endswith(".part")]
    subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
    company.next_day()
    a_night(dsn, company)
    write(dsn, company, local(small))
    assert_registered(dsn, company, small)
    assert_as_staging(dsn, company, small, *ENTITIES)


def test_a_folder_that_is_none_is_told(dsn: str, company: Company, tmp_path: Path) -> None:
    a_night(dsn, company)
    place = tmp_path / "lake"
    place.write_text("a file where a folder should be")
    with pytest.raises(LakeUnavailable, match="SALDO_LAKE_URL"):
        write(dsn, company, local(place))
    place.unlink()
    write(dsn, company, local(place))
    assert_registered(dsn, company, place)


def test_a_write_that_fails_leaves_the_connection_and_the_lock_free(
    dsn: str,
    company: Company,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    warehouse: Connection,
) -> None:
    a_night(dsn, company)

    def broken(*_: Any) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(parquet, "table_of", broken)
        with pytest.raises(LakeUnavailable, match="Input/output"):
            write(dsn, company, local(tmp_path))
    write(dsn, company, local(tmp_path))
    assert_registered(dsn, company, tmp_path)


def test_an_entity_that_is_not_whole_is_not_in_the_lake_yet(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    """Rows of a read that has not ended are in staging; the lake shows whole reads, as facts do."""
    company.fault("drop", match="booked-entries?", after=1, times=50)
    done = night(dsn, company, entities=ENTITIES)
    assert set(done.errors) == {"entries"}
    write(dsn, company, local(tmp_path))
    assert names(tmp_path, company, "entries") == []
    assert names(tmp_path, company, "accounts") != []
    company.sandbox.clear_faults()
    a_night(dsn, company)
    write(dsn, company, local(tmp_path))
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)
