"""Addresses of stores as people write them: file:///folder, abfs://connection@container/folder, s3://connection@bucket/folder."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from saldo.errors import ConfigError
from saldo.paths import PROJECT

from .object_store import SCHEMES, file_system

#: What Azure takes as a container and S3 as a bucket; S3 takes dots, too, with which TLS does not work.
_CONTAINER = r"(?=.{3,63}(?:/|$))[a-z0-9]+(?:-[a-z0-9]+)*"
#: Folders: no dot at their end, which Azure drops, and none that means this one, or the one above.
_FOLDERS = r"(?:/[A-Za-z0-9._-]*[A-Za-z0-9_-])*"
_PLACE = re.compile(rf"(?P<conn_id>[\w.-]+)@(?P<root>(?:{_CONTAINER}{_FOLDERS})?)", re.ASCII)
_FORM = "{scheme}://connection@{what}/folder"
_LONGEST = 400


def store_url(variable: str, folder: str, environ: Mapping[str, str] = os.environ) -> str:
    """What a variable says, by default a folder of the run folder. Raises ConfigError for one that cannot be right."""
    run_dir = (PROJECT / (environ.get("SALDO_RUN_DIR") or ".run")).resolve()
    url = environ.get(variable, "").strip() or f"file://{run_dir}/{folder}"
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


def opened(url: str, variable: str) -> tuple[Any, str]:
    """The file system of an address that `store_url` returned, and the place in it. Raises ConfigError."""
    scheme, _, place = url.partition("://")
    conn_id, _, root = ("", "", place) if scheme == "file" else place.partition("@")
    return file_system(scheme, conn_id, named_in=variable), root


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
