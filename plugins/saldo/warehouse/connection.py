"""Postgres: connections, locks, and the text of SQL files. Its failures are raised as Saldo's own
errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from saldo.errors import Busy, DataRejected, SaldoError

Connection = psycopg.Connection[tuple[Any, ...]]

#: How long a run waits for another one that works on the same (agreement, entity).
LOCK_WAIT_S = 60


class WarehouseUnavailable(SaldoError):
    """The warehouse cannot be reached or went away; tried again like a vendor's outage."""

    @property
    def family(self) -> str:
        """It waits like a vendor that is away."""
        return "Unavailable"


#: Class of SQLSTATE: psycopg takes it for the server's trouble, and it is about a value.
_TOO_LARGE = "54"
_CHECK = "Check that Postgres runs and what the Airflow connection saldo_warehouse says"
#: With keepalives of the server's: it learns within two minutes that a machine is gone which could not say so, and gives
#: back the locks its runs held.
_SESSION = "set timezone = 'UTC'; set tcp_keepalives_idle = 60; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 6"
_MAKE_ROOM = "Make room on the disk of Postgres: what is committed is kept, and the next try goes on from there"


def connect(dsn: str, *, wait_s: int = 10) -> Connection:
    """A connection in autocommit mode: transactions are opened explicitly where they begin. wait_s: for the server to answer."""
    with translated():
        connection = psycopg.connect(
            dsn, autocommit=True, connect_timeout=wait_s, application_name="saldo"
        )
        connection.execute(_SESSION)
    return connection


@contextmanager
def translated() -> Iterator[None]:
    """Connection trouble becomes WarehouseUnavailable; what no try can store, DataRejected. A DSN may hold a password: it
    is not shown."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        if isinstance(error, psycopg.errors.LockNotAvailable):
            raise
        if _state_of(error).startswith(_TOO_LARGE):
            raise DataRejected(
                f"the warehouse cannot store what it was given ({type(error).__name__}): {_first_line(error)}. Nothing of "
                "it was stored; shorten the value where it comes from"
            ) from None
        remedy = _MAKE_ROOM if isinstance(error, psycopg.errors.DiskFull) else _CHECK
        raise WarehouseUnavailable(
            f"the warehouse cannot be used ({type(error).__name__}): {_first_line(error)}. {remedy}"
        ) from None


def is_trouble(connection: Connection, error: Exception) -> bool:
    """Whether an error is the warehouse's own: it went away (class 08 of SQLSTATE), has no room (53) or was told to stop (57).
    The others of psycopg's OperationalError are about what it was given, such as a text that fits no index."""
    if connection.broken or connection.closed:
        return True
    return _state_of(error)[:2] in ("08", "53", "57")


def _state_of(error: Exception) -> str:
    return (error.sqlstate if isinstance(error, psycopg.Error) else None) or ""


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else "no detail"


@contextmanager
def exclusive(
    connection: Connection,
    subject_id: str,
    what: str,
    *,
    said: str | None = None,
    wait_s: float | None = None,
) -> Iterator[None]:
    """Serialise the work on one (agreement, entity), or on what else there is one of; raises Busy after waiting wait_s
    (LOCK_WAIT_S unless told) seconds. said: what messages call the subject, where it is no agreement.

    The lock belongs to the session: it is gone when the process or the connection is.
    """
    name, wait_s = f"saldo {subject_id} {what}", LOCK_WAIT_S if wait_s is None else wait_s
    connection.execute("select set_config('lock_timeout', %s, false)", [f"{int(wait_s * 1000)}ms"])
    try:
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", [name])
    except psycopg.errors.LockNotAvailable:
        raise Busy(
            f"{said or f'agreement {subject_id!r}'}: another run has worked on {what} for more than {wait_s:g} s; "
            "this one tries again later"
        ) from None
    finally:
        if can_be_asked(connection):
            connection.execute("set lock_timeout = 0")
    try:
        yield
    finally:
        if can_be_asked(connection):
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", [name])


def can_be_asked(connection: Connection) -> bool:
    """Whether it answers, and is not at work: a task whose time was up left it in the middle, and what is said of that must
    not take the place of why."""
    return (
        not connection.broken
        and not connection.closed
        and connection.info.transaction_status is not TransactionStatus.ACTIVE
    )


@lru_cache(maxsize=256)
def read_sql(path: Path) -> str:
    return path.read_text(encoding="utf-8")
