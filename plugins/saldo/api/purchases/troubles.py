"""What went wrong with purchase documents and their files, for whoever asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from saldo.errors import Busy, ConfigError, DataRejected, SaldoError
from saldo.exports.register import AlreadyExported, NotExportable, NothingToExport, UnknownFile
from saldo.exports.store import FileGone, NameTaken
from saldo.warehouse.connection import WarehouseUnavailable

from ..answers import Problem

log = logging.getLogger(__name__)
_RETRY = {"Retry-After": "30"}


@contextmanager
def told(as_problem: Callable[[SaldoError], Problem] | None = None) -> Iterator[None]:
    """Errors of Saldo become problems, as `problem_of` says unless told otherwise; the log has them, too."""
    try:
        yield
    except SaldoError as error:
        log.warning("%s", error)
        raise (as_problem or problem_of)(error) from None


def problem_of(error: SaldoError) -> Problem:
    """What the caller is told."""
    match error:
        case WarehouseUnavailable():
            return Problem(
                503,
                "The warehouse does not answer",
                "Airflow's API server cannot reach Saldo's warehouse. Try again in a minute.",
                _RETRY,
            )
        case Busy():
            return Problem(409, "Somebody else is at it", f"{error}.", _RETRY)
        case UnknownFile():
            return Problem(404, "No such file", f"{error}.")
        case AlreadyExported():
            return Problem(409, "Exported already", f"{error}.", more={"ids": list(error.ids)})
        case NothingToExport() | NotExportable():
            return Problem(
                422, "This cannot be exported", f"{error}.", more={"ids": list(error.ids)}
            )
        case NameTaken():
            return Problem(409, "The name is taken", f"{error}.")
        case FileGone():
            return Problem(404, "The file is gone", f"{error}.")
        case DataRejected():
            return Problem(422, "This cannot be done", f"{error}.")
        case ConfigError():
            return Problem(503, "Saldo is not set up for this", f"{error}.")
    if error.family == "Unavailable":
        return Problem(503, "The store of files does not answer", f"{error}.", _RETRY)
    return unknown()


def unknown() -> Problem:
    """What nobody who asks can mend."""
    return Problem(500, "Something went wrong", "The log of Airflow's API server tells what.")
