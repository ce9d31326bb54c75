"""The lake as SALDO_LAKE_URL says: an ObjectStoragePath of Airflow, whose connection holds what opens it."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from airflow.sdk import ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException

from saldo.declarations.keys import installation
from saldo.errors import ConfigError
from saldo.lake import Store
from saldo.paths import PROJECT

VARIABLE = "SALDO_LAKE_URL"
#: What is behind a scheme, and what must be installed for it.
_SCHEMES = {
    "file": "a folder",
    "abfs": "Azure Data Lake (apache-airflow-providers-microsoft-azure)",
    "abfss": "Azure Data Lake (apache-airflow-providers-microsoft-azure)",
    "s3": "S3 (pip install 'apache-airflow-providers-amazon[s3fs]')",
}
#: What names of folders, containers and buckets may hold everywhere.
_PLAIN = re.compile(r"[A-Za-z0-9._/-]*")
#: Azure's library logs every request with its headers.
_NOISY = "azure.core.pipeline.policies.http_logging_policy", "azure.identity", "adlfs"
_ENVIRONMENTS = {"production": "prod", "development": "dev"}


def environment() -> str:
    """dev or prod, as folders of the lake are called; test where the installation is for tests."""
    here = installation()
    return _ENVIRONMENTS.get(here, here)


def lake_url(environ: Mapping[str, str] = os.environ) -> str:
    """SALDO_LAKE_URL, by default the folder `lake` of the run folder. Raises ConfigError for one that cannot be
    right."""
    run_dir = (PROJECT / (environ.get("SALDO_RUN_DIR") or ".run")).resolve()
    url = environ.get(VARIABLE, "").strip() or f"file://{run_dir}/lake"
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES:
        raise ConfigError(
            f"{VARIABLE} begins with {parts.scheme or 'no scheme'!r}: write file:///folder, "
            "abfs://connection@container/folder, or s3://connection@bucket/folder"
        )
    if parts.password or parts.query or parts.fragment:
        raise ConfigError(
            f"{VARIABLE} holds more than a place: name an Airflow connection before the @, and put keys "
            "and signatures into it"
        )
    place = parts.path if parts.scheme == "file" else f"{parts.hostname or ''}{parts.path}"
    if parts.scheme != "file" and not _PLAIN.fullmatch(place):
        raise ConfigError(
            f"{VARIABLE}: {place!r} holds characters that stores refuse; use letters, digits, dots, hyphens "
            "and underscores"
        )
    return url.rstrip("/")


def lake_store() -> Store:
    """The lake, ready to be asked; whether it answers shows when it is. Raises ConfigError."""
    url = lake_url()
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    scheme, has_place = urlsplit(url).scheme, not url.endswith("@")
    try:
        # Without a container, the first folder below the lake is one: economic-prod, xledger-prod.
        path = ObjectStoragePath(url if has_place else f"{url}/")
        fs = path.fs
    except AirflowNotFoundException:
        raise ConfigError(
            f"{VARIABLE} names the Airflow connection {urlsplit(url).username!r}, which does not exist; make it "
            "(docs/lake.md says of which type), or correct the name before the @"
        ) from None
    except (ImportError, ValueError) as error:
        raise ConfigError(
            f"{VARIABLE}: {scheme}:// is {_SCHEMES[scheme]}, and cannot be used as it is set up: {str(error)[:150]}"
        ) from None
    return Store(fs, path.path, url)
