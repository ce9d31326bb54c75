"""The lake in Azure: against Azurite, by Airflow's connections."""

from __future__ import annotations

import base64
import io
import itertools
import logging
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import AccessPolicy, BlobBlock, BlobClient, ContainerClient

from saldo.errors import AuthError, ConfigError
from saldo.exports.store import FileGone, FileStore, NameTaken
from saldo.files.configuration import FileConfiguration
from saldo.files.places.source import FileSource, Seen
from saldo.hooks.files import source_of
from saldo.hooks.lake import lake_store
from saldo.lake import Store
from saldo.lake.clients import BLOCK
from saldo.lake.store import LakeUnavailable
from tests.graph.site import names, settled
from tests.support import PROJECT, Sandbox, night
from tests.xledger import xledger_company

from .azurite import Azurite, connection
from .support import assert_as_staging, fetch, write

PATH = "economic-dev/nordlys/entries/full_sync-20261129_02_00_00-entries.parquet"
FOLDER = PATH.rpartition("/")[0]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def azurite() -> Iterator[Azurite]:
    with Azurite() as found:
        yield found


@pytest.fixture
def container(azurite: Azurite) -> str:
    """An empty one, of the test's own."""
    return azurite.container(f"lake-{next(_numbers)}")


class Lake:
    """Opens a place as a task does: by SALDO_LAKE_URL and a connection."""

    def __init__(self, azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
        self._azurite, self._monkeypatch = azurite, monkeypatch

    def __call__(self, place: str, *, key: str | None = None, sas: str | None = None) -> Store:
        opens = self._azurite.connection_string(key=key, sas=sas)
        self._monkeypatch.setenv("SALDO_LAKE_URL", f"abfs://lake@{place}")
        self._monkeypatch.setenv(
            "AIRFLOW_CONN_LAKE", connection(extra={"connection_string": opens})
        )
        return lake_store()


@pytest.fixture
def lake(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Lake:
    return Lake(azurite, monkeypatch)


def publish(store: Store, content: bytes = b"rows", path: str = PATH) -> None:
    with store.spill(path) as spilled:
        spilled.write_bytes(content)
        store.publish(spilled, path, sha256(content).hexdigest())


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/books", "/books/2026.eu"])
def test_a_file_is_written_read_listed_and_removed(
    azurite: Azurite, container: str, lake: Lake, prefix: str, tmp_path: Path
) -> None:
    store = lake(f"{container}{prefix}")
    assert store.sizes(FOLDER) == {}
    publish(store, b"first")
    publish(store, b"again, and longer")
    assert azurite.names(container) == [f"{prefix}/{PATH}".lstrip("/")]
    assert store.sizes(FOLDER) == {PATH: 17}
    assert store.sizes("economic-dev/nordlys") == {PATH: 17}
    assert store.sizes("economic-dev/nord") == {}
    assert store.sha256(PATH) == sha256(b"again, and longer").hexdigest()
    fetch(store, PATH, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"again, and longer"
    store.remove(PATH)
    store.remove(PATH)
    assert (store.sizes(FOLDER), store.sha256(PATH)) == ({}, None)


def test_without_a_container_the_first_folder_is_one(azurite: Azurite, lake: Lake) -> None:
    azurite.container("economic-dev")
    for place in ("", "/"):
        store = lake(place)
        assert store.url == "abfs://lake@"
        publish(store)
        assert store.sizes(FOLDER) == {PATH: 4}
        assert azurite.names("economic-dev") == [PATH.partition("/")[2]]
        store.remove(PATH)
    with pytest.raises(ConfigError, match="the first folder of a file is its container"):
        publish(store, path=PATH.replace("economic", "moneybird"))


def test_folders_of_an_account_that_has_them_are_no_files(
    azurite: Azurite, container: str, lake: Lake
) -> None:
    # As such an account shows them to the Blob API.
    store, parts = lake(container), FOLDER.split("/")
    for end in range(1, len(parts) + 1):
        folder = azurite.client.get_blob_client(container, "/".join(parts[:end]))
        folder.upload_blob(b"", metadata={"hdi_isfolder": "true"})
    assert store.sizes(FOLDER) == {}
    publish(store)
    assert store.sizes(FOLDER) == store.sizes(parts[0]) == {PATH: 4}
    store.remove(PATH)
    assert store.sizes(parts[0]) == {}


def test_nights_in_azure_are_what_staging_holds(
    azurite: Azurite, container: str, lake: Lake, sandbox: Sandbox, dsn: str, tmp_path: Path
) -> None:
    company, store = xledger_company(sandbox, "azure"), lake(f"{container}/books")
    for _ in range(2):
        assert not night(dsn, company).errors
        write(dsn, company, store)
        company.next_day()
    assert len(mirrored(store, "xledger", tmp_path)) == len(azurite.names(container))
    # The same files in a folder, as whoever reads them sees them.
    assert_as_staging(dsn, company, tmp_path)


def mirrored(store: Store, vendor: str, folder: Path) -> list[str]:
    paths = list(store.sizes(f"{vendor}-dev"))
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        fetch(store, path, folder / path)
    return paths


# --- whole or not at all -------------------------------------------------------------------------


def test_a_reader_sees_whole_files_while_they_are_replaced(
    azurite: Azurite, container: str, lake: Lake
) -> None:
    store = lake(container)
    # Of several blocks: they come one by one. Read by one request.
    contents = [bytes([n]) * (3 * BLOCK) for n in range(3)]
    reading = azurite.client.get_blob_client(container, PATH)
    publish(store, contents[0])
    seen, ended = list[bytes](), threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.append(reading.download_blob().readall())

    reader = threading.Thread(target=read)
    reader.start()
    for content in contents[1:]:
        publish(store, content)
    ended.set()
    reader.join()
    assert seen
    assert all(one in contents for one in seen)
    assert store.sha256(PATH) == sha256(contents[-1]).hexdigest()


#: Sends files of zeros of these sizes, each under a number; tells how much memory each took.
_SEND = """
import resource, sys
from saldo.hooks.lake import lake_store
from saldo.lake.parquet import sha256_of
store = lake_store()
for number, size in enumerate(map(int, sys.argv[1:])):
    path = f"economic-dev/{number}"
    with store.spill(path) as spilled:
        with spilled.open("wb") as file:
            file.truncate(size)
        store.publish(spilled, path, sha256_of(spilled))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)
"""


def test_memory_does_not_grow_with_the_file_and_a_kill_leaves_nothing_of_it(
    azurite: Azurite, container: str, lake: Lake, tmp_path: Path
) -> None:
    store, client = lake(container), azurite.client
    sizes = [4 * BLOCK, 28 * BLOCK, 100 * BLOCK]
    with subprocess.Popen(
        [sys.executable, "-c", _SEND, *map(str, sizes)],
        env={**os.environ, "PYTHONPATH": f"{PROJECT / 'plugins'}", "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        told = (int(line) for line in process.stdout if line.strip().isdigit())
        small, large = next(told), next(told)
        assert large - small < 8 * BLOCK
        third = client.get_blob_client(container, "economic-dev/2")
        while not uncommitted(third):
            assert process.poll() is None
            time.sleep(0.02)
        process.kill()
    second = client.get_blob_client(container, "economic-dev/1")
    assert {block.size for block in second.get_block_list()[0]} == {BLOCK}
    # Of the third blocks have arrived, and nobody sees them. What comes under its name is whole again.
    assert azurite.names(container) == ["economic-dev/0", "economic-dev/1"]
    assert store.sha256("economic-dev/2") is None
    publish(store, b"whole", "economic-dev/2")
    assert store.sizes("economic-dev")["economic-dev/2"] == 5


def uncommitted(blob: BlobClient) -> list[BlobBlock]:
    try:
        return blob.get_block_list("all")[1]
    except ResourceNotFoundError:
        return []


# --- what a person must correct ------------------------------------------------------------------


def refusals(store: Store) -> dict[str, str]:
    """What each thing one can do with a store says."""
    said = {}
    for name, do in {
        "publish": lambda: publish(store), "sizes": lambda: store.sizes(FOLDER),
        "sha256": lambda: store.sha256(PATH), "remove": lambda: store.remove(PATH),
    }.items():  # fmt: skip
        try:
            do()
        except ConfigError as error:
            said[name] = str(error)
    return said


EVERYTHING = {"publish", "sizes", "sha256", "remove"}


def test_a_missing_container_is_named_by_all_that_is_done(
    azurite: Azurite, lake: Lake, recwarn: pytest.WarningsRecorder
) -> None:
    # By a key, and by a signature for files alone, which may not ask whether a container is there.
    said = refusals(lake("not-there/books"))
    assert said.keys() == EVERYTHING
    assert all("abfs://lake@not-there/books is not there" in one for one in said.values())
    said = refusals(lake("not-there/books", sas=azurite.account_sas("rwdlac")))
    assert "is not there: its container does not exist" in said["publish"]
    # adlfs would take it for one that is there, and send the file to it again and again.
    assert not [one for one in recwarn if "Assume it exists" in str(one.message)]


@pytest.mark.parametrize(
    "how", ["wrong key", "no key", "expired", "revoked", "of another container"]
)
def test_what_does_not_open_it_is_a_sentence_without_a_secret(
    azurite: Azurite, container: str, lake: Lake, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    # Airflow's tasks log from INFO on.
    caplog.handler.setLevel(logging.INFO)
    key, sas = None, None
    match how:
        case "wrong key":
            key = azurite.key.swapcase()
        case "no key":
            key = "not+of/base64"
        case "expired":
            sas = azurite.sas(container, hours=-1)
        case "revoked":
            sas = revoked(azurite, container)
        case _:
            sas = azurite.sas("another")
    said = refusals(lake(f"{container}/books", key=key, sas=sas))
    assert said.keys() == EVERYTHING
    for sentence in said.values():
        assert f"the lake abfs://lake@{container}/books refuses what Saldo shows it (" in sentence
    told = "\n".join([*said.values(), caplog.text])
    secrets = [key] if key else (sas or "").split("&")
    for secret in secrets:
        assert secret not in told
    for word in ("Signature", "Authorization:", "x-ms-date", "sig="):
        assert word not in told


def revoked(azurite: Azurite, container: str) -> str:
    """A signature by a policy that was there, and is not any more."""
    of_container = azurite.client.get_container_client(container)
    terms = AccessPolicy(permission="racwdl", expiry=datetime.now(UTC) + timedelta(hours=1))
    of_container.set_container_access_policy({"saldo": terms})
    sas = azurite.sas(container, policy="saldo")
    with ContainerClient.from_container_url(f"{azurite.url}/{container}?{sas}") as opened:
        assert list(opened.list_blobs()) == []
    of_container.set_container_access_policy({})
    return sas


def test_a_signature_that_only_reads_is_refused_by_what_writes(
    azurite: Azurite, container: str, lake: Lake
) -> None:
    publish(lake(container))
    said = refusals(lake(container, sas=azurite.sas(container, "rl")))
    assert said.keys() == {"publish", "remove"}
    assert "(403 AuthorizationPermissionMismatch)" in said["publish"]
    assert azurite.names(container) == [PATH]


def test_a_signature_for_the_container_is_enough(
    azurite: Azurite, container: str, lake: Lake
) -> None:
    store = lake(container, sas=azurite.sas(container, "rcwdl"))
    publish(store)
    publish(store, b"again")
    assert store.sizes(FOLDER) == {PATH: 5}
    store.remove(PATH)
    assert azurite.names(container) == []


def test_a_key_that_was_exchanged_counts_from_the_next_task_on(
    azurite: Azurite, container: str, lake: Lake
) -> None:
    publish(lake(container))
    with pytest.raises(ConfigError):
        publish(lake(container, key=azurite.key.swapcase()))
    publish(lake(container))


def test_requests_are_not_in_the_log_of_a_task(
    container: str, lake: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = lake(container)
    caplog.clear()
    publish(store)
    store.sizes(FOLDER)
    assert caplog.text == ""


# --- when it is away -----------------------------------------------------------------------------


def test_a_storage_that_ends_midway_costs_a_run_of_the_lake_and_nothing_else(
    lake_that_ends: Azurite, monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, dsn: str, tmp_path: Path
) -> None:  # fmt: skip
    azurite = lake_that_ends
    container = azurite.container("books")
    company = sandbox.company("away", entries=200, is_ledger_only=True)
    store = Lake(azurite, monkeypatch)(container)
    assert not night(dsn, company).errors
    ended = EndsAfter(store, azurite, files=2)
    with pytest.raises(LakeUnavailable, match="cannot be used"):
        write(dsn, company, ended)
    company.next_day()
    # What lands does not wait for the lake.
    assert not night(dsn, company).errors
    azurite.start()
    assert len(azurite.names(container)) == 2
    write(dsn, company, store)
    mirrored(store, "economic", tmp_path)
    assert_as_staging(dsn, company, tmp_path)


@pytest.fixture
def lake_that_ends() -> Iterator[Azurite]:
    with Azurite() as found:
        yield found


class EndsAfter(Store):
    """A store whose Azurite is ended after so many files."""

    def __init__(self, store: Store, azurite: Azurite, files: int) -> None:
        super().__init__(store._fs, store._root, store.url)
        self._azurite, self._files = azurite, files

    def publish(self, spilled: Path, path: str, sha: str) -> None:
        if self._files == 0:
            self._azurite.stop()
        self._files -= 1
        super().publish(spilled, path, sha)


# --- drop folders --------------------------------------------------------------------------------


def test_a_drop_folder(azurite: Azurite, container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def source(place: str, **opens: str) -> FileSource:
        extra = {"connection_string": azurite.connection_string(**opens)}
        monkeypatch.setenv("AIRFLOW_CONN_DROP", connection(extra=extra))
        values = {"id": "drop", "kind": "budget", "agreement": "x", "match": "*.csv"}
        where = {"folder": f"abfs://drop@{place}"}
        return source_of(FileConfiguration.model_validate({**values, "source": where}))

    def put(name: str, text: str) -> None:
        blob = azurite.client.get_blob_client(container, f"in/{name}")
        blob.upload_blob(text.encode(), overwrite=True)

    put("a.csv", "first")
    put("b.csv", "b")
    put("below/c.csv", "c")
    here, into = source(f"{container}/in"), io.BytesIO()
    found = here.changes(Seen())
    assert names(found.changed) == ["a.csv", "b.csv"]
    put("a.csv", "again")
    azurite.client.get_blob_client(container, "in/b.csv").delete_blob()
    found = here.changes(settled(found))
    assert (names(found.changed), names(found.gone)) == (["a.csv"], ["b.csv"])
    assert here.fetch(found.changed[0], into, max_bytes=99) == found.changed[0]
    assert into.read() == b"again"
    assert here.changes(settled(found)).changed == ()

    list_only = source(f"{container}/in", sas=azurite.sas(container, "l"))
    [file] = list_only.changes(Seen()).changed
    with pytest.raises(AuthError, match=r"'a.csv' is refused by its store \(403 Auth"):
        list_only.fetch(file, into, max_bytes=99)
    over, other = azurite.sas(container, hours=-1), base64.b64encode(b"other").decode()
    for place, opens, kind, words in (
        (container, {"key": other}, AuthError, "refused by its store (403 Auth"),
        (container, {"sas": over}, AuthError, "check the key of the connection and its last day"),
        (container, {"sas": azurite.sas(container, "r")}, AuthError, "may list and read there"),
        ("nowhere", {}, ConfigError, "its container does not exist"),
        (f"{container}/other", {}, ConfigError, "there is no such folder"),
        (f"{container}/in/a.csv", {}, ConfigError, "is a file; `source.folder` must name a folder"),
    ):
        with pytest.raises(kind, match=re.escape(words)) as raised:
            source(place, **opens).changes(Seen())
        assert other not in str(raised.value)
        assert "sig=" not in str(raised.value)


def test_an_exported_file_takes_no_others_place(
    container: str, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store itself refuses it, where two make it at once."""
    fs, place = lake(container)._fs, f"{container}/exports"
    store, path, local = (
        FileStore(fs, place, f"abfs://lake@{place}"),
        "nordlys/a.xlsx",
        tmp_path / "a.xlsx",
    )
    local.write_bytes(b"first" * 2_000_000)
    assert store.put(path, local) == sha256(local.read_bytes()).hexdigest()
    assert store.names("nordlys") == {"a.xlsx": 10_000_000}
    local.write_bytes(b"other")
    with pytest.raises(NameTaken):
        store.put(path, local)
    monkeypatch.setattr(FileStore, "exists", lambda self, path: False)
    with pytest.raises(NameTaken):
        store.put(path, local)
    assert b"".join(store.chunks(path))[:5] == b"first"
    monkeypatch.undo()
    assert [store.delete(path), store.delete(path)] == [True, False]
    with pytest.raises(FileGone):
        next(store.chunks(path))
    with pytest.raises(ConfigError, match="its container does not exist"):
        FileStore(fs, "not-there", "abfs://lake@not-there").put(path, local)
