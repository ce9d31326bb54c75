"""What killed runs have left behind: every file that was begun is registered, or gone from the store."""

from __future__ import annotations

from contextlib import suppress

from saldo.errors import SaldoError
from saldo.warehouse.connection import Connection

from . import claims
from .claims import Claim
from .stores import Store, digest_in

#: Who did what a killed run had been told to do.
_KILLED = "the run that made it was killed"


def settle(connection: Connection, agreement_id: str, store: Store) -> list[str]:
    """Finish what was begun, under the agreement's lock; returns a sentence for each file.

    A file that was sent is registered when the store has it as it was sent, and removed when it has something else of
    that name. Of what was not sent there is nothing to remove. A deletion is carried out. Raises what the store raises.
    """
    return [
        told
        for claim in claims.left_behind(connection, agreement_id)
        if (told := _settled(connection, claim, store))
    ]


def _settled(connection: Connection, claim: Claim, store: Store) -> str:
    if claim.status == "deleting":
        store.delete(claim.name)
        claims.removed(connection, claim)
        return f"{claim.name}: its deletion had been interrupted; it is removed now"
    found = digest_in(store, claim.name) if claim.sha256 else None
    is_whole = found is not None and found == claim.sha256
    if claim.status == "abandoned":
        if is_whole:
            store.delete(claim.name)
        return f"{claim.name} was stored after it was abandoned; it is removed" if is_whole else ""
    if is_whole:
        note = f"{_KILLED} before it was registered; the next run found it whole"
        claims.register(connection, claim, actor=_actor(connection, claim), note=note)
        return f"{claim.name} was stored by a run that was killed; it is registered now"
    if found is not None:
        store.delete(claim.name)
    elif claim.sha256:
        with suppress(SaldoError):  # nothing has its name; a part of it may be beside
            store.delete(claim.name)
    claims.abandon(connection, claim, f"{_KILLED} before the store had all of it")
    return f"{claim.name} came to nothing, since {_KILLED}; none of its documents is marked as exported"


def _actor(connection: Connection, claim: Claim) -> str:
    [(actor,)] = connection.execute(
        "select created_by from ops.export_file where file_id = %s", [claim.file_id]
    ).fetchall()
    return str(actor)
