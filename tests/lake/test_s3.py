"""The lake in S3: against the server that moto is, through s3fs as Airflow's provider sets it up. The provider itself,
which no other part of Saldo needs, is not installed for tests."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from s3fs import S3FileSystem

from saldo.errors import AuthError, ConfigError
from saldo.exports.store import FileGone, FileStore, NameTaken
from saldo.files.configuration import FileConfiguration
from saldo.files.places.folder import FolderSource
from saldo.files.places.source import Changes, Seen
from saldo.lake import Store
from saldo.lake.clients import BLOCK, OF_S3, calmed
from saldo.lake.store import LakeUnavailable
from tests.conftest import free_port
from tests.support import Sandbox, night

from .support import assert_as_staging, fetch, write

PATH = "economic-dev/nordlys/entries/full_sync-20261129_02_00_00-entries.parquet"
FOLDER = PATH.rpartition("/")[0]
_numbers = itertools.count(1)


@dataclass
class Server:
    """A moto that asks for keys: admin's opens everything, reader's reads."""

    url: str
    admin: tuple[str, str] = ("", "")
    reader: tuple[str, str] = ("", "")

    def client(self, service: str) -> Any:
        key, secret = self.admin if self.admin[0] else ("first", "first")
        return boto3.client(
            service, endpoint_url=self.url, region_name="eu-north-1", aws_access_key_id=key,
            aws_secret_access_key=secret,
        )  # fmt: skip

    def bucket(self) -> str:
        name = f"books-{next(_numbers)}"
        self.client("s3").create_bucket(
            Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"}
        )
        return name

    def user(self, name: str, *actions: str) -> tuple[str, str]:
        iam = self.client("iam")
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=document)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def store(self, place: str, keys: tuple[str, str] | None = None) -> Store:
        key, secret = keys or self.admin
        fs = S3FileSystem(
            key=key, secret=secret, endpoint_url=self.url, config_kwargs=OF_S3,
            client_kwargs={"region_name": "eu-north-1"}, skip_instance_cache=True,
        )  # fmt: skip
        return Store(calmed(fs), place, f"s3://aws@{place}")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    found, deadline = Server(f"http://127.0.0.1:{port}"), time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            requests.get(f"{found.url}/moto-api/", timeout=5)
            break
        time.sleep(0.1)
    found.admin = found.user("admin", "*")
    found.reader = found.user("reader", "s3:Get*", "s3:List*", "s3:Head*")
    # From here on it asks who is there.
    requests.post(f"{found.url}/moto-api/reset-auth", data=b"0", timeout=5).raise_for_status()
    yield found
    process.terminate()
    process.wait(20)


@pytest.fixture
def bucket(server: Server) -> str:
    return server.bucket()


def publish(store: Store, content: bytes = b"rows") -> None:
    with store.spill(PATH) as spilled:
        spilled.write_bytes(content)
        store.publish(spilled, PATH, sha256(content).hexdigest())


@pytest.mark.parametrize("prefix", ["", "/books/2026"])
def test_a_file_is_written_read_listed_and_removed(
    server: Server, bucket: str, prefix: str, tmp_path: Path
) -> None:
    store = server.store(f"{bucket}{prefix}")
    assert store.sizes(FOLDER) == {}
    publish(store, b"first")
    # What is left of a run that was killed is replaced.
    publish(store, b"again, and longer")
    assert store.sizes("economic-dev/nordlys") == {PATH: 17}
    assert store.sizes("economic-dev/nord") == {}
    fetch(store, PATH, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b"again, and longer"
    store.remove(PATH)
    store.remove(PATH)
    assert (store.sizes(FOLDER), store.sha256(PATH)) == ({}, None)


def test_a_night_in_s3_is_what_staging_holds(
    server: Server, bucket: str, sandbox: Sandbox, dsn: str, tmp_path: Path
) -> None:
    company = sandbox.company("s3", entries=150, is_ledger_only=True)
    store = server.store(f"{bucket}/books")
    assert not night(dsn, company).errors
    write(dsn, company, store)
    for path in store.sizes("economic-dev"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        fetch(store, path, tmp_path / path)
    assert_as_staging(dsn, company, tmp_path)


def test_a_file_of_several_parts_is_seen_whole_or_not_at_all(server: Server, bucket: str) -> None:
    store = server.store(bucket)
    contents = [bytes([n]) * (5 * BLOCK) for n in range(3)]
    publish(store, contents[0])
    s3, seen, ended = server.client("s3"), list[bytes](), threading.Event()

    def read() -> None:
        while not ended.is_set():
            seen.append(s3.get_object(Bucket=bucket, Key=PATH)["Body"].read())

    reader = threading.Thread(target=read)
    reader.start()
    for content in contents[1:]:
        publish(store, content)
    ended.set()
    reader.join()
    assert seen
    assert all(one in contents for one in seen)
    # Sent in parts: the store's mark of such a file says how many.
    assert s3.head_object(Bucket=bucket, Key=PATH)["ETag"].strip('"').endswith("-3")


EVERYTHING = {"publish", "sizes", "sha256", "remove"}


def refusals(store: Store) -> dict[str, str]:
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


def test_a_missing_bucket_is_named(server: Server) -> None:
    said = refusals(server.store("not-there/books"))
    assert said.keys() == EVERYTHING
    assert all("s3://aws@not-there/books is not there" in one for one in said.values())


@pytest.mark.parametrize("how", ["unknown", "wrong secret"])
def test_a_key_that_does_not_open_it_is_a_sentence(server: Server, bucket: str, how: str) -> None:
    keys = ("AKIAUNKNOWN", "spilt") if how == "unknown" else (server.admin[0], "spilt")
    said = refusals(server.store(bucket, keys))
    assert said.keys() == EVERYTHING
    for one in said.values():
        assert "refuses what Saldo shows it (403 " in one
        assert "spilt" not in one


def test_who_may_only_read_is_refused_by_what_writes(server: Server, bucket: str) -> None:
    publish(server.store(bucket))
    said = refusals(server.store(bucket, server.reader))
    assert said.keys() == {"publish", "remove"}


def test_a_server_that_is_away_is_waited_for(server: Server) -> None:
    away = Server(f"http://127.0.0.1:{free_port()}", server.admin)
    with pytest.raises(LakeUnavailable, match="cannot be used"):
        away.store("books").sizes(FOLDER)


def test_what_a_drop_folder_says(server: Server, bucket: str) -> None:
    def look(place: str, keys: tuple[str, str] | None = None) -> Changes:
        values = {"id": "drop", "kind": "budget", "agreement": "x", "match": "*.csv"}
        place_of = {"folder": f"s3://drop@{place}"}
        says = FileConfiguration.model_validate({**values, "source": place_of})
        return FolderSource(server.store(place, keys)._fs, place, says).changes(Seen())

    server.client("s3").put_object(Bucket=bucket, Key="in/a.csv", Body=b"1")
    assert [file.name for file in look(f"{bucket}/in").changed] == ["a.csv"]
    none = server.user("no-lists", "s3:GetObject")
    for place, keys, kind, words in (
        (f"{bucket}/in", (server.admin[0], "wrong"), AuthError, "(403 SignatureDoesNotMatch)"),
        (f"{bucket}/in", none, AuthError, "(403 AccessDenied)"),
        ("nowhere/in", None, ConfigError, "does not exist (in S3: its bucket)"),
        (f"{bucket}/other", None, ConfigError, "there is no such folder"),
    ):
        with pytest.raises(kind, match=re.escape(words)):
            look(place, keys)


@pytest.mark.parametrize("size", [100, 20_000_000])
def test_an_exported_file_takes_no_others_place(
    server: Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """The store itself refuses it, where two make it at once."""
    fs, place, url = server.store(bucket)._fs, f"{bucket}/exports", f"s3://aws@{bucket}/exports"
    store, path, local = FileStore(fs, place, url), "nordlys/a.xlsx", tmp_path / "a.xlsx"
    local.write_bytes(b"first" * (size // 5))
    assert store.put(path, local) == sha256(local.read_bytes()).hexdigest()
    assert store.names("nordlys") == {"a.xlsx": size}
    local.write_bytes(b"other" * (size // 5))
    with pytest.raises(NameTaken):
        store.put(path, local)
    monkeypatch.setattr(FileStore, "exists", lambda self, path: False)
    with pytest.raises(NameTaken):
        store.put(path, local)
    assert b"".join(store.chunks(path))[:5] == b"first"
    monkeypatch.undo()
    assert store.delete(path)
    assert not store.delete(path)
    with pytest.raises(FileGone):
        next(store.chunks(path))


def test_an_export_that_may_not_be_written_is_told(
    server: Server, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"rows")
    for place, keys, sentence in (
        (bucket, server.reader, r"store of exports s3://.* refuses what Saldo shows it \(403"),
        ("not-there", None, "its container does not exist"),
    ):
        fs = server.store(place, keys)._fs
        with pytest.raises(ConfigError, match=sentence):
            FileStore(fs, place, f"s3://aws@{place}").put("nordlys/a.xlsx", tmp_path / "a.xlsx")
