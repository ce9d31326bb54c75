"""What would be sent of an expense, and all that is wrong with it, with nothing written."""

from __future__ import annotations

import logging
from threading import BoundedSemaphore

from saldo.errors import SaldoError
from saldo.exports.accounting.configuration import AccountingExport
from saldo.exports.accounting.preview import NO_CHANGES, Changes, preview
from saldo.exports.accounting.preview import Preview as Found
from saldo.transport import Policy
from saldo.warehouse.connection import Connection, WarehouseUnavailable

from . import troubles
from .models import Preview
from .shown import document_shown

log = logging.getLogger(__name__)

#: A person waits: one retry, and short.
_PATIENCE = Policy(
    max_tries=2, first_wait_s=0.5, max_wait_s=2, connect_timeout_s=5, read_timeout_s=20
)
#: Slow accounting systems must not take all of the API server's threads.
_AT_ONCE = 4
_seats = BoundedSemaphore(_AT_ONCE)
_BUSY = "The accounting system was not asked: others are asking just now. Try again in a moment."


def previewed(
    connection: Connection,
    export: AccountingExport,
    expense_id: str,
    changes: Changes = NO_CHANGES,
) -> Preview:
    """Of the newest revision, whatever its status; where it can be mapped, the accounting system is asked what it would refuse.
    Raises UnknownExpense, and for changes that cannot be as preview does."""
    found = preview(connection, export, expense_id, changes=changes)
    if found.document is None:
        return _shown(found, note="The accounting system was not asked: there is no document yet.")
    if not _seats.acquire(blocking=False):
        return _shown(found, note=_BUSY)
    try:
        return _shown(_checked(connection, export, expense_id, changes))
    except WarehouseUnavailable:
        raise
    except SaldoError as error:
        log.warning("%s", error)
        return _shown(found, note=f"The accounting system could not be asked: {error}")
    finally:
        _seats.release()


def _checked(
    connection: Connection, export: AccountingExport, expense_id: str, changes: Changes
) -> Found:
    from saldo.hooks.accounting import open_target

    return preview(connection, export, expense_id, open_target(export, policy=_PATIENCE), changes)


def _shown(found: Found, *, note: str | None = None) -> Preview:
    document = document_shown(found.document) if found.document else None
    problems = troubles.shown(found.problems)
    return Preview(document=document, problems=problems, is_checked=note is None, note=note)  # type: ignore[arg-type]
