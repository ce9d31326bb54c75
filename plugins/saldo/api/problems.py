"""What went wrong between Saldo and a vendor, for whoever opened a link; the log has the rest."""

from __future__ import annotations

from functools import singledispatch
from http import HTTPStatus
from typing import Any

from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    NotLicensed,
    OutcomeUnknown,
    RateLimited,
    SaldoError,
    Unavailable,
)
from saldo.warehouse.connection import WarehouseUnavailable

from .answers import PROBLEM, Problem

_RETRY_S = 30


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Problems of a route, as FastAPI wants them for the OpenAPI document; any other is one, too."""
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }
    return {**found, "default": {"description": "Any other problem", "content": content}}


@singledispatch
def problem_of(error: SaldoError, *, vendor: str, company: str, connection: str) -> Problem:
    """vendor: as people call it; company: the agreement's name; connection: its id in Airflow."""
    return Problem(500, "Something went wrong", "The log of Airflow's API server tells what.")


@problem_of.register
def _(error: RateLimited, *, vendor: str, company: str, connection: str) -> Problem:
    who = vendor if error.evidence.status == 429 else "Saldo"
    wait_s = _wait_s(error)
    return Problem(
        429,
        "Too many requests",
        f"{who} allows no more requests for {company} now. Try again in {wait_s} seconds.",
        {"Retry-After": str(wait_s)},
    )


@problem_of.register
def _(error: OutcomeUnknown, *, vendor: str, company: str, connection: str) -> Problem:
    return Problem(
        502,
        f"{vendor} did not say what became of it",
        f"It may have been carried out. Look in {vendor} before you do it again.",
    )


@problem_of.register
def _(error: AuthError | NotLicensed, *, vendor: str, company: str, connection: str) -> Problem:
    return Problem(
        403,
        f"{vendor} refuses",
        f"{vendor} refuses the tokens of {company}, or they lack the role for documents "
        f"({error.evidence.status}). The Test button of the Airflow connection {connection!r} tells "
        "an administrator which.",
    )


@problem_of.register
def _(error: BadResponse, *, vendor: str, company: str, connection: str) -> Problem:
    if error.evidence.status == 404:
        return Problem(
            404,
            f"{vendor} has no such document any more",
            f"It was there when {company} was last read, and has been removed since.",
        )
    return Problem(
        502,
        f"{vendor} sent no PDF",
        f"What {vendor} answered is no PDF, or one too large. Try again; if it stays so, open the "
        f"document in {vendor} itself.",
    )


@problem_of.register
def _(error: Unavailable, *, vendor: str, company: str, connection: str) -> Problem:
    headers = {"Retry-After": str(_wait_s(error))}
    if error.evidence.status is not None:
        return Problem(
            503,
            f"{vendor} is in trouble",
            f"{vendor} answers with {error.evidence.status}. Try again in a minute.",
            headers,
        )
    return Problem(
        503,
        f"{vendor} cannot be reached",
        f"Airflow's API server got no whole answer from {vendor} ({error.reason}). Try again in a "
        "minute. If the nightly runs succeed meanwhile, the API server lacks the network's way to it.",
        headers,
    )


@problem_of.register
def _(error: WarehouseUnavailable, *, vendor: str, company: str, connection: str) -> Problem:
    return Problem(
        503,
        "The warehouse does not answer",
        "Airflow's API server cannot reach Saldo's warehouse. Try again in a minute.",
        {"Retry-After": str(_RETRY_S)},
    )


@problem_of.register
def _(error: ConfigError, *, vendor: str, company: str, connection: str) -> Problem:
    return Problem(503, "Airflow's API server cannot fetch documents", f"{error}.")


def _wait_s(error: RateLimited | Unavailable) -> int:
    return max(1, round(error.retry_after_s)) if error.retry_after_s else _RETRY_S
