"""Who tried what they may not do, in ops.audit."""

from __future__ import annotations

import logging

import psycopg

from saldo.errors import SaldoError
from saldo.hooks.warehouse import WarehouseHook
from saldo.runs.audit import Action, record
from saldo.warehouse.connection import connect

from .auth import NotAllowed

log = logging.getLogger(__name__)
#: Of the address, which is the caller's own.
_MOST = 300


def write_down(refused: NotAllowed, method: str, path: str) -> None:
    """A warehouse that is away, or of another version, does not change the answer: the log has it then."""
    detail = {
        "method": method,
        "path": path[:_MOST],
        "dag_id": refused.dag_id,
        "why": refused.title,
    }
    try:
        with connect(WarehouseHook().dsn()) as connection:
            record(connection, Action.ACCESS_REFUSED, actor=refused.actor, detail=detail)
    except (SaldoError, psycopg.Error) as error:
        log.warning(
            "%s was refused %s %s; not in ops.audit: %s", refused.actor, method, path, error
        )
