"""What is wrong with the warehouse, or with what it was asked for, in the words of whoever asked: on pages and by REST alike."""

from __future__ import annotations

import psycopg

from saldo.warehouse.connection import WarehouseUnavailable

from .answers import Problem

_RETRY = {"Retry-After": "30"}
#: What one version of the code reads or writes, and a warehouse of another does not have.
_LACKS = (
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedObject,
    psycopg.errors.InvalidSchemaName,
)
_OVERTAKEN = (
    psycopg.errors.LockNotAvailable,
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
)
#: What `problem_of_warehouse` may know.
TROUBLES = (psycopg.Error, WarehouseUnavailable, OverflowError)


def problem_of_warehouse(error: BaseException, *, patience_s: int | None = None) -> Problem | None:
    """None for what is no trouble of the warehouse, but a mistake of Saldo's. patience_s: when the warehouse was told to stop, where
    it is known."""
    match error:
        case _ if isinstance(error, _LACKS):
            return Problem(
                503,
                "The warehouse has another version",
                "It lacks what this version of Saldo reads or writes. The next run of any agreement brings it up to date; so does "
                "`make up` or the service `migrate`. Then try again.",
                _RETRY,
            )
        case psycopg.errors.InsufficientPrivilege():
            return Problem(
                503,
                "The warehouse refuses this to Saldo",
                "The role of the Airflow connection saldo_warehouse has no right to what this reads or writes. Let the connection name "
                "the role that the service `migrate` runs as, which owns Saldo's tables. Then try again.",
                _RETRY,
            )
        case psycopg.DataError() | OverflowError():
            # Numbers and days of an address that are beyond what there can be.
            return Problem(
                422,
                "The address cannot be read",
                "A number, a day or a text in it is beyond what there can be. Go back, and choose again.",
            )
        case psycopg.errors.QueryCanceled():
            within = f" within {patience_s} seconds" if patience_s else " in time"
            return Problem(
                503,
                "The warehouse takes too long",
                f"It gave no answer{within}. Try again in a minute; if it stays so, look at Health.",
                _RETRY,
            )
        case _ if isinstance(error, _OVERTAKEN):
            return Problem(
                409,
                "Somebody else is at it",
                "Another request or a run works on the same, and nothing was done here. Try again in a minute.",
                _RETRY,
            )
        case WarehouseUnavailable() | psycopg.OperationalError() | psycopg.InterfaceError():
            return Problem(
                503,
                "The warehouse does not answer",
                "Airflow's API server cannot reach Saldo's warehouse. Check that Postgres runs and what the Airflow connection "
                "saldo_warehouse says, then try again.",
                _RETRY,
            )
    return None
