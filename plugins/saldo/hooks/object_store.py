"""Folders on disks, in Azure and in S3: a file system by an address's scheme and the Airflow connection it names."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.io import get_fs, has_fs

from saldo.errors import ConfigError
from saldo.lake.clients import OF_S3, calmed
from saldo.store_answers import said

#: What is behind a scheme, and what must be installed for it.
SCHEMES = {
    "file": ("a folder", ""),
    "abfs": ("Azure Data Lake", "apache-airflow-providers-microsoft-azure"),
    "abfss": ("Azure Data Lake", "apache-airflow-providers-microsoft-azure"),
    "s3": ("S3", "apache-airflow-providers-amazon[s3fs]"),
}
#: Azure's library logs every request with its headers.
_NOISY = "azure", "adlfs"


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
