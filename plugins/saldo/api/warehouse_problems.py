"""What can be wrong with the warehouse, told to whoever asked; what Postgres itself says is for the log."""

from __future__ import annotations

import logging

import psycopg

from saldo.errors import Busy, DataRejected, SaldoError
from saldo.warehouse.connection import WarehouseUnavailable

from .answers import Problem

log = logging.getLogger(__name__)
_RETRY = {"Retry-After": "30"}
#: What migrations bring, as a warehouse of another version lacks it.
_LACKS = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedObject,
    psycopg.errors.InvalidSchemaName,
)
#: Somebody was faster, or held what was wanted: the statement is undone.
_OVERTAKEN = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)


def problem_of(error: Exception, *, patience_s: int | None = None) -> Problem | None:
    """The problem, and a line of the log; None for what nobody who asks can mend. patience_s: when the warehouse was told to
    stop."""
    match error:
        case psycopg.DataError() | OverflowError():
            # Numbers and days of a request that are beyond what there can be.
            found = Problem(
                422,
                "The request cannot be read",
                "A number, a day or a text in it is beyond what there can be. Choose again.",
            )
        case psycopg.errors.InsufficientPrivilege():
            found = Problem(
                503,
                "The warehouse does not let Saldo do this",
                "The user of the Airflow connection saldo_warehouse lacks a right. It must be the owner of the warehouse, "
                "the role saldo. Then try again.",
                _RETRY,
            )
        case psycopg.errors.QueryCanceled():
            within = f"within {patience_s} seconds" if patience_s else "in time"
            found = Problem(
                503,
                "The warehouse takes too long",
                f"It gave no answer {within}. Try again in a minute; if it stays so, look at Health.",
                _RETRY,
            )
        case _ if isinstance(error, _OVERTAKEN):
            found = Problem(
                409,
                "Somebody else is at it",
                "Another request or a run works on the same. Try again in a minute.",
                _RETRY,
            )
        case WarehouseUnavailable() | psycopg.OperationalError() | psycopg.InterfaceError():
            found = Problem(
                503,
                "The warehouse does not answer",
                "Airflow's API server cannot reach Saldo's warehouse. Check that Postgres runs and what the Airflow connection "
                "saldo_warehouse says, then try again.",
                _RETRY,
            )
        case Busy():
            found = Problem(409, "Somebody else is at it", f"{error}.", _RETRY)
        case DataRejected():
            found = Problem(422, "This cannot be done", f"{error}.")
        case SaldoError():
            found = Problem(503, "Saldo is not set up for this", f"{error}.")
        case _ if isinstance(error, _LACKS):
            found = Problem(
                503,
                "The warehouse has another version",
                "It lacks what this version of Saldo reads. The next run of any agreement brings it up to date; "
                "so does make up, or docker compose up init. Then try again.",
                _RETRY,
            )
        case _:
            return None
    log.warning("%s: %s", found.title, error)
    return found
