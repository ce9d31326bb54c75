"""Where a lake may lie, and what is said of a place that cannot be one."""

from __future__ import annotations

import os
import re
import string
import tempfile
import time
from pathlib import Path

import fsspec
import pytest
from azure.core.exceptions import HttpResponseError
from hypothesis import given
from hypothesis import strategies as st

from saldo.errors import ConfigError, SaldoError
from saldo.hooks.lake import lake_store, lake_url
from saldo.lake import Store
from saldo.lake.store_errors import LakeUnavailable, translation
from saldo.store_answers import said

from .support import local


def url_of(text: str) -> str:
    return lake_url({"SALDO_LAKE_URL": text})


@pytest.mark.parametrize(
    "url",
    [
        "file:///srv/lake", "file:///srv/Ægte lager", "abfs://azure_lake@", "abfs://azure_lake@lake",
        "abfs://lake.eu-1@books-2026/a/B_c.d/2026", "abfss://lake@lake", "s3://aws@bucket/prefix",
    ],
)  # fmt: skip
def test_places_that_can_be_a_lake(url: str) -> None:
    assert url_of(url) == url
    assert url_of(f"  {url}/ ") == url


def test_without_the_variable_it_is_a_folder_of_the_run_folder(tmp_path: Path) -> None:
    assert lake_url({"SALDO_RUN_DIR": str(tmp_path)}) == f"file://{tmp_path}/lake"


FORM = "write abfs://connection@container/folder"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("lake", "begins with 'no scheme'"),
        ("gs://bucket", "begins with 'gs'"),
        ("https://acc.blob.core.windows.net/lake", "begins with 'https'"),
        ("file://relative/folder", "names no folder: write file:///folder"),
        ("file:///", "names no folder: write file:///folder"),
        ("abfs://lake", f"names no Airflow connection: {FORM}"),
        ("abfs://@lake", f"names no Airflow connection: {FORM}"),
        ("abfs://lake:spilt@lake", f"holds more than a place: {FORM}"),
        ("abfs://lake@lake/a?sv=2026&sig=spilt", f"holds more than a place: {FORM}"),
        ("abfs://lake@lake/a#b", f"holds more than a place: {FORM}"),
        ("abfs://lake@lake//a", f"holds more than a place: {FORM}"),
        ("abfss://lake@account.dfs.core.windows.net/a", "holds the address of an account in Azure"),
        ("abfs://lake@Lake", "holds names or characters that stores refuse"),
        ("abfs://lake@la", "holds names or characters that stores refuse"),
        ("abfs://lake@a--b", "holds names or characters that stores refuse"),
        ("abfs://lake@-lake", "holds names or characters that stores refuse"),
        ("abfs://lake@lake_1", "holds names or characters that stores refuse"),
        ("abfs://lake@" + "a" * 64, "holds names or characters that stores refuse"),
        ("abfs://lake@lake/../other", "holds names or characters that stores refuse"),
        ("abfs://lake@lake/./a", "holds names or characters that stores refuse"),
        ("abfs://lake@lake/dot.", "holds names or characters that stores refuse"),
        ("abfs://lake@lake/a b", "holds names or characters that stores refuse"),
        ("abfs://lake@lake/ægte", "holds names or characters that stores refuse"),
        ("abfs://lake@lake/a\\b", "holds names or characters that stores refuse"),
        ("abfs://lake@lake/a\nb", "holds names or characters that stores refuse"),
        ("abfs://lake@lake:10000/a", "holds names or characters that stores refuse"),
        ("abfs://lake@[/a", "holds names or characters that stores refuse"),
        ("abfs://lake@lake/" + "a" * 400, "holds names or characters that stores refuse"),
        ("s3://aws@", "holds names or characters that stores refuse"),
    ],
)  # fmt: skip
def test_places_that_cannot(url: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        url_of(url)
    assert str(error.value).startswith(f"SALDO_LAKE_URL {sentence}")
    assert "spilt" not in str(error.value)


_ODD = st.text(alphabet=string.ascii_letters + "0-._/:@?#%& \\~$æ\n\x00[]", max_size=40)


@given(st.sampled_from(["file", "abfs", "abfss", "s3", "gs", ""]), _ODD)
def test_any_text_is_a_place_that_all_stores_take_or_a_sentence(scheme: str, place: str) -> None:
    try:
        url = url_of(f"{scheme}://{place}")
    except ConfigError:
        return
    scheme, _, place = url.partition("://")
    if scheme == "file":
        assert place.startswith("/")
        assert not place.endswith("/")
        return
    conn_id, _, root = place.partition("@")
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", conn_id)
    container, *folders = root.split("/")
    # As Azure puts it, and S3 is no stricter.
    if root or scheme == "s3":
        assert 3 <= len(container) <= 63
        assert all(re.fullmatch(r"[a-z0-9]+", part) for part in container.split("-"))
    for folder in folders:
        assert re.fullmatch(r"[A-Za-z0-9._-]+", folder)
        assert not folder.endswith(".")


_NAME = st.from_regex(r"[a-z0-9]{1,10}(-[a-z0-9]{1,10}){2}", fullmatch=True)
_FOLDER = st.from_regex(r"[A-Za-z0-9_.-]{0,9}[A-Za-z0-9_-]", fullmatch=True)


@given(_NAME, st.lists(_FOLDER, max_size=4))
def test_names_that_stores_take_are_taken(container: str, folders: list[str]) -> None:
    url = "/".join([f"abfs://azure_lake@{container}", *folders])
    assert url_of(url) == url


def test_a_connection_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALDO_LAKE_URL", "abfs://nobody@lake")
    with pytest.raises(ConfigError, match="names the Airflow connection 'nobody', which does not"):
        lake_store()


def test_what_must_be_installed_for_s3_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALDO_LAKE_URL", "s3://aws@bucket")
    with pytest.raises(ConfigError, match=r"s3:// is S3, for which apache-airflow-providers-amazon\[s3fs\] is not installed"):  # fmt: skip
        lake_store()


def test_a_folder_is_a_lake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SALDO_LAKE_URL", f"file://{tmp_path}/lake")
    store = lake_store()
    assert store.sizes("economic-dev/nordlys") == {}
    with store.spill("economic-dev/nordlys/a") as spilled:
        spilled.write_bytes(b"rows")
        store.publish(spilled, "economic-dev/nordlys/a", sha_of(b"rows"))
    assert store.sizes("economic-dev/nordlys") == {"economic-dev/nordlys/a": 4}
    assert local(tmp_path / "lake").sha256("economic-dev/nordlys/a") == sha_of(b"rows")


def test_what_killed_tasks_left_on_the_worker_is_removed_after_a_day(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    day_ago = time.time() - 90_000
    for name, touched in {
        "saldo-lake-old": day_ago,
        "saldo-lake-new": None,
        "other": day_ago,
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.parquet").write_bytes(b"rows")
        if touched:
            os.utime(tmp_path / name / "a.parquet", (touched, touched))
            os.utime(tmp_path / name, (touched, touched))
    store = Store(fsspec.filesystem("memory"), "/lake", "memory://lake")
    with store.spill("economic-dev/nordlys/a") as spilled:
        spilled.write_bytes(b"rows")
        assert {path.name for path in tmp_path.iterdir()} == {
            "saldo-lake-new", "other", spilled.parent.name,
        }  # fmt: skip
    assert not spilled.parent.exists()


def sha_of(content: bytes) -> str:
    from hashlib import sha256

    return sha256(content).hexdigest()


# --- what stores say -----------------------------------------------------------------------------


class Answer(HttpResponseError):
    """As azure-storage raises them: status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{code}\nAuthenticationErrorDetail: string to sign was spilt")
        self.status_code, self.error_code = status, code


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidResourceName", ConfigError), (401, "NoAuthenticationInformation", ConfigError),
        (403, "AuthorizationFailure", ConfigError), (404, "ContainerNotFound", ConfigError),
        (405, "UnsupportedHttpVerb", ConfigError), (409, "ContainerBeingDeleted", LakeUnavailable),
        (409, "BlobImmutableDueToPolicy", ConfigError),
        (412, "LeaseIdMissing", LakeUnavailable), (429, "TooManyRequests", LakeUnavailable),
        (500, "InternalError", LakeUnavailable), (503, "ServerBusy", LakeUnavailable),
    ],
)  # fmt: skip
def test_what_waits_for_a_person_and_what_passes(
    status: int, code: str, kind: type[SaldoError]
) -> None:
    error = translation(Answer(status, code), "abfs://lake@lake")
    assert isinstance(error, kind)
    assert "spilt" not in str(error)
    if code != "ContainerNotFound":
        assert f"({status} {code})" in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "cannot GET https://acc.blob.core.windows.net/lake/a?sv=2026&sig=spilt%3D: reset",
        "bad string SharedAccessSignature=sv=2026&sig=spilt;BlobEndpoint=…",
        "AccountName=acc;AccountKey=spilt+/==;EndpointSuffix=core.windows.net is malformed",
        "client_secret=spilt was refused", "aws_secret_access_key=spilt", "sas_token=sv=1&sig=spilt",
    ],
)  # fmt: skip
def test_secrets_in_what_libraries_say_are_left_out(text: str) -> None:
    for error in (OSError(text), ValueError(text)):
        assert "spilt" not in said(error)
        assert type(error).__name__ in said(error)
