"""Where files of exports lie, as SALDO_EXPORTS_URL says, and one that is made there."""

from __future__ import annotations

import os
from collections.abc import Mapping

from saldo.agreements.agreement import Agreement
from saldo.exports.layouts import layout_named
from saldo.exports.making import make_file
from saldo.exports.names import file_name
from saldo.exports.register import ExportedFile, export_purchases
from saldo.exports.store import FileStore
from saldo.exports.wanted import Wanted

from .object_store import opened, url_in

VARIABLE = "SALDO_EXPORTS_URL"


def exports_url(environ: Mapping[str, str] = os.environ) -> str:
    """SALDO_EXPORTS_URL, by default the folder `exports` of the run folder. Raises ConfigError for one that cannot be right."""
    return url_in(VARIABLE, "exports", environ)


def export_store() -> FileStore:
    """The store, ready to be asked; whether it answers shows when it is. Raises ConfigError."""
    url = exports_url()
    return FileStore(*opened(url, named_in=VARIABLE), url)


def export(
    dsn: str, agreement: Agreement, wanted: Wanted, *, actor: str, wait_s: float | None = None
) -> ExportedFile:
    """Make the file, and register it; raises as export_purchases does, and ConfigError for a layout there is none of.
    wait_s: how long to wait for another export of the agreement."""
    more = {} if wait_s is None else {"wait_s": wait_s}
    return export_purchases(
        dsn,
        agreement.id,
        wanted.choice,
        layout=layout_named(wanted.layout),
        extension=wanted.extension,
        is_logged=wanted.is_logged,
        again=wanted.again,
        actor=actor,
        store=export_store(),
        make=make_file,
        name_of=file_name,
        **more,
    )
