"""The store of exports as SALDO_EXPORTS_URL says: a file system of Airflow, whose connection holds what opens it. And one
export into it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from saldo.agreements.agreement import Agreement
from saldo.errors import ConfigError
from saldo.exports.layouts import layout_named
from saldo.exports.making import make_file
from saldo.exports.names import file_name
from saldo.exports.register import ExportedFile, export_purchases
from saldo.exports.store import FileStore
from saldo.exports.wanted import Wanted
from saldo.runs.meter import Tell, nobody

from .object_store import opened, url_in

VARIABLE = "SALDO_EXPORTS_URL"


def exports_url(environ: Mapping[str, str] = os.environ) -> str:
    """SALDO_EXPORTS_URL, by default the folder `exports` of the run folder. Raises ConfigError for one that cannot be
    right."""
    url = url_in(VARIABLE, "exports", environ)
    if url.endswith("@"):
        raise ConfigError(
            f"{VARIABLE} names no container: write {url}container, or {url}container/folder"
        )
    return url


def exports_store() -> FileStore:
    """The store, ready to be asked; whether it answers shows when it is. Raises ConfigError."""
    url = exports_url()
    return FileStore(*opened(url, named_in=VARIABLE), url)


class AgreementFiles:
    """The files of one agreement, by their names: what the register and the routes ask of the store."""

    def __init__(self, store: FileStore, agreement_id: str) -> None:
        self._store, self._agreement_id = store, agreement_id

    @property
    def url(self) -> str:
        """The store's, as people write it."""
        return self._store.url

    def put(self, path: str, local: Path) -> str:
        """See FileStore.put; path: with the agreement's folder, or the name alone."""
        return self._store.put(path if "/" in path else self._path(path), local)

    def exists(self, name: str) -> bool:
        """See FileStore.exists."""
        return self._store.exists(self._path(name))

    def listing(self) -> dict[str, int]:
        """See FileStore.names."""
        return self._store.names(self._agreement_id)

    def chunks(self, name: str) -> Iterator[bytes]:
        """See FileStore.chunks."""
        return self._store.chunks(self._path(name))

    def delete(self, name: str) -> bool:
        """See FileStore.delete."""
        return self._store.delete(self._path(name))

    def _path(self, name: str) -> str:
        return f"{self._agreement_id}/{name}"


def agreement_files(agreement_id: str) -> AgreementFiles:
    """The agreement's part of the store; see exports_store."""
    return AgreementFiles(exports_store(), agreement_id)


def export(
    dsn: str,
    agreement: Agreement,
    wanted: Wanted,
    *,
    actor: str,
    made_for: str | None = None,
    wait_s: float | None = None,
    tell: Tell = nobody,
) -> ExportedFile:
    """Make the file, and register it; raises as export_purchases does, and ConfigError for a layout there is none of.
    wait_s: how long to wait for another export of the agreement. tell: hears how many rows are written."""
    more: dict[str, Any] = {} if wait_s is None else {"wait_s": wait_s}
    return export_purchases(
        dsn,
        agreement.id,
        wanted.choice,
        layout=layout_named(wanted.layout),
        extension=wanted.extension,
        is_logged=wanted.is_logged,
        again=wanted.again,
        actor=actor,
        made_for=made_for,
        store=agreement_files(agreement.id),
        make=partial(make_file, tell=tell),
        name_of=partial(file_name, zone=agreement.zone),
        **more,
    )
