"""Folders on disks, in Azure and in S3: a file system by an address's scheme and the Airflow connection it names."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from typing import Any

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.io import get_fs, has_fs

from saldo.errors import ConfigError
from saldo.lake.clients import OF_S3, calmed
from saldo.paths import PROJECT
from saldo.store_answers import said

#: What is behind a scheme, and what must be installed for it.
SCHEMES = {
    "file": ("a folder", ""),
    "abfs": ("Azure Data Lake", "apache-airflow-providers-microsoft-azure"),
    "abfss": ("Azure Data Lake", "apache-airflow-providers-microsoft-azure"),
    "s3": ("S3", "apache-airflow-providers-amazon[s3fs]"),
}
#: What Azure takes as a container and S3 as a bucket; S3 takes dots, too, with which TLS does not work.
_CONTAINER = r"(?=.{3,63}(?:/|$))[a-z0-9]+(?:-[a-z0-9]+)*"
#: Folders: no dot at their end, which Azure drops, and none that means this one, or the one above.
_FOLDERS = r"(?:/[A-Za-z0-9._-]*[A-Za-z0-9_-])*"
_PLACE = re.compile(rf"(?P<conn_id>[\w.-]+)@(?P<root>(?:{_CONTAINER}{_FOLDERS})?)", re.ASCII)
_FORM = "{scheme}://connection@{what}/folder"
_LONGEST = 400
#: Azure's library logs every request with its headers.
_NOISY = "azure", "adlfs"


def url_in(variable: str, default: str, environ: Mapping[str, str] = os.environ) -> str:
    """The address of a store that a variable holds, by default a folder of the run folder. Raises ConfigError for one that
    cannot be right."""
    run_dir = (PROJECT / (environ.get("SALDO_RUN_DIR") or ".run")).resolve()
    url = environ.get(variable, "").strip() or f"file://{run_dir}/{default}"
    scheme, found, place = url.partition("://")
    place = place.rstrip("/")
    if not found or scheme not in SCHEMES:
        shown = scheme if found and scheme.isalnum() else "no scheme"
        raise ConfigError(
            f"{variable} begins with {shown!r}: write file:///folder, abfs://connection@container/folder, "
            "or s3://connection@bucket/folder"
        )
    _refuse(variable, scheme, place)
    return f"{scheme}://{place}"


def opened(url: str, *, named_in: str) -> tuple[Any, str]:
    """The file system of an address of `url_in`, and the folder in it. Raises as file_system does."""
    scheme, _, place = url.partition("://")
    conn_id, _, root = ("", "", place) if scheme == "file" else place.partition("@")
    return file_system(scheme, conn_id, named_in=named_in), root


def file_system(scheme: str, conn_id: str, *, named_in: str) -> Any:
    """A file system of fsspec, made anew by every task: ObjectStoragePath keeps the first one of a process, and the key that
    it was made with. conn_id: empty for none. named_in: where a person has written the address, for messages.

    Raises ConfigError for a library or a connection that is missing or cannot be used; whether the store answers shows when
    it is asked.
    """
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    what, package = SCHEMES[scheme]
    if not has_fs(scheme):
        raise ConfigError(
            f"{named_in}: {scheme}:// is {what}, for which {package} is not installed; see docs/lake-stores.md"
        )
    try:
        return calmed(get_fs(scheme, conn_id or None, _options(scheme, conn_id)))
    except AirflowNotFoundException:
        raise ConfigError(
            f"{named_in} names the Airflow connection {conn_id!r}, which does not exist; make it "
            "(docs/lake-stores.md says how), or correct the name before the @"
        ) from None
    except ImportError as error:
        raise ConfigError(
            f"{named_in}: {scheme}:// is {what}, for which {package} is not wholly installed ({said(error)}); "
            "see docs/lake-stores.md"
        ) from None
    except Exception as error:
        raise ConfigError(
            f"{named_in}: the Airflow connection {conn_id!r} cannot be used for {what} ({said(error)}); "
            "docs/lake-stores.md says which fields it takes"
        ) from None


def _refuse(variable: str, scheme: str, place: str) -> None:
    """Raise ConfigError for a place that no store would take. What it is is not repeated: it may hold a key."""
    if scheme == "file":
        if not re.fullmatch(r"/[^\0-\x1f]+", place):
            raise ConfigError(
                f"{variable} names no folder: write file:///folder, with three slashes"
            )
        return
    form = _FORM.format(scheme=scheme, what="bucket" if scheme == "s3" else "container")
    if re.search(r"[?#]|//|:.*@", place):
        raise ConfigError(
            f"{variable} holds more than a place: write {form}; name an Airflow connection before the @, and put "
            "keys and signatures into it"
        )
    if (
        place.endswith((".dfs.core.windows.net", ".blob.core.windows.net"))
        or ".windows.net/" in place
    ):
        raise ConfigError(
            f"{variable} holds the address of an account in Azure: write {form}; the account is in the Airflow "
            "connection"
        )
    match = _PLACE.fullmatch(place)
    if "@" not in place or place.startswith("@"):
        raise ConfigError(f"{variable} names no Airflow connection: write {form}")
    if not match or len(place) > _LONGEST or (scheme == "s3" and not match["root"]):
        raise ConfigError(
            f"{variable} holds names or characters that stores refuse: write {form}. A container or bucket has 3 to 63 small "
            "letters, digits and single hyphens; folders have letters, digits, dots (not last), hyphens and underscores"
        )


def _options(scheme: str, conn_id: str) -> dict[str, Any]:
    if scheme == "s3":
        return OF_S3
    return _account(BaseHook.get_connection(conn_id)) if conn_id else {}


def _account(connection: Connection) -> dict[str, Any]:
    """The account, where the connection has it as Airflow's own hooks for Azure read it (the login beside a key, the
    host's first name) and not as its file system does."""
    extra = connection.extra_dejson
    if extra.get("connection_string") or extra.get("account_name"):
        return {}
    host = (connection.host or "").rpartition("//")[2]
    name = host.partition(".")[0] if "." in host else None
    if not extra.get("tenant_id"):
        name = connection.login or name
    return {"account_name": name} if name else {}
