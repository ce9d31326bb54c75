"""`make readers`: the rights to read that files say are given now, instead of at the watch's next look."""

from __future__ import annotations

from saldo.agreements.loading import agreement_files, load_agreements
from saldo.readers.applying import apply_readers, note_personal_accounts
from saldo.readers.loading import readers_of
from saldo.vendors import entity_names
from saldo.warehouse.connection import connect
from saldo.warehouse.migrations import migrate

from .screen import fail, say, show_readers


def apply() -> int:
    """Print who reads what. Exit code 1 where a file is broken: its reader keeps what it had."""
    # Imported here: what needs no Airflow does not wait for it.
    from saldo.hooks.warehouse import WarehouseHook

    vendors = entity_names()
    found = readers_of(agreement_files(vendors=vendors))
    dsn = WarehouseHook().dsn()
    migrate(dsn)
    with connect(dsn) as connection:
        note_personal_accounts(connection, load_agreements(vendors=vendors).good)
        changed = apply_readers(connection, found)
    show_readers(found.good)
    say("Rights were changed." if changed else "All rights were as the files say.")
    for file in found.broken:
        fail(f"{file}\n  Whoever it was for keeps what they could read.")
    return 1 if found.broken else 0
