"""The store of exports as SALDO_EXPORTS_URL says: a file system of Airflow, whose connection holds what opens it."""

from __future__ import annotations

import os
from collections.abc import Mapping

from saldo.errors import ConfigError
from saldo.exports.store import FileStore

from .store_url import opened, store_url

VARIABLE = "SALDO_EXPORTS_URL"


def exports_url(environ: Mapping[str, str] = os.environ) -> str:
    """SALDO_EXPORTS_URL, by default the folder `exports` of the run folder. Raises ConfigError for one that cannot be
    right."""
    url = store_url(VARIABLE, "exports", environ)
    if url.endswith("@"):
        raise ConfigError(
            f"{VARIABLE} names no container: write {url}container, or {url}container/folder"
        )
    return url


def exports_store() -> FileStore:
    """The store, ready to be asked; whether it answers shows when it is. Raises ConfigError."""
    url = exports_url()
    return FileStore(*opened(url, VARIABLE), url)
