"""A file is deleted: its documents are in their earlier files again, or in none."""

from __future__ import annotations

import logging

from saldo.errors import SaldoError
from saldo.warehouse.connection import connect, translated

from . import claims
from .claims import WAIT_S, one_at_a_time
from .refusals import UnknownFile
from .settling import settle
from .stores import Store

_log = logging.getLogger(__name__)


def delete_file(
    dsn: str, agreement_id: str, name: str, *, actor: str, store: Store, wait_s: float = WAIT_S
) -> None:
    """Take a file out of the register, write down who did, then remove it from the store; one that is not there any more
    is no trouble. Killed in between, or the store being away, the next export or deletion removes it.

    Raises UnknownFile, Busy where another export of the agreement takes longer than wait_s seconds, and what the store
    raises.
    """
    with translated(), connect(dsn) as connection, one_at_a_time(connection, agreement_id, wait_s):
        for told in settle(connection, agreement_id, store):
            _log.warning("agreement %s: %s", agreement_id, told)
        claim = claims.find(connection, agreement_id, name)
        if claim is None:
            raise UnknownFile(
                f"agreement {agreement_id!r}: the register has no file {name!r}, or it was deleted before; look at the "
                "list of files"
            )
        claims.withdraw(connection, claim, actor=actor, detail={"sha256": claim.sha256})
        try:
            store.delete(name)
        except SaldoError as error:
            error.args = (
                f"{error}. {name} does not count any more; the next export or deletion removes it from the store",
            )
            raise
        claims.removed(connection, claim)
