"""What is taken out of an event, whatever failed: errors as Airflow's provider puts them into one."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from openlineage.client import event_v2, facet_v2
from psycopg import connect
from psycopg.errors import UniqueViolation

from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    DataRejected,
    Evidence,
    NotProven,
    SaldoError,
    Unavailable,
)
from saldo.openlineage.withholding import WithoutBooks

#: A row of the books, which must be in no event.
ROW = "Nilsen, 1 204.50"


def sent(facets: dict[str, Any]) -> Any:
    event = event_v2.RunEvent(
        eventType=event_v2.RunState.FAIL,
        eventTime="2026-11-01T03:00:00Z",
        run=event_v2.Run("01a226eb-fd17-7c3f-bae1-34c0e99d6777", facets),
        job=event_v2.Job("default", "saldo__nord.land.entries"),
        producer="https://example.com",
    )
    return WithoutBooks({}).transform(event).run.facets


def told(fail: Callable[[], object]) -> str:
    """The message that leaves of what `fail` raises."""
    with pytest.raises(Exception) as raised:  # noqa: PT011  whatever it is
        fail()
    trace = "".join(traceback.format_exception(raised.value))
    assert ROW in str(raised.value) + trace
    facet = facet_v2.error_message_run.ErrorMessageRunFacet(str(raised.value), "python", trace)
    found = sent({"errorMessage": facet})["errorMessage"]
    assert found.stackTrace is None
    return str(found.message)


def raising(error: Exception, cause: Exception | None = None) -> Callable[[], None]:
    def fail() -> None:
        raise error from cause

    return fail


_EVIDENCE = Evidence(status=503, request_id="r-1", body=f'{{"name": "{ROW}"}}')


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            Unavailable("economic agreement 'nord': GET /x answered 503", _EVIDENCE),
            "Unavailable: economic agreement 'nord': GET /x answered 503",
        ),
        (AuthError("refused", Evidence(body=ROW)), "AuthError: refused"),
        (ConfigError(f"the window is upside down\n{ROW}"), "ConfigError: the window is upside down"),
        (BadResponse(f"customer 7: name {ROW!r} is a text"), "BadResponse; the log"),
        (DataRejected(f"agreement 'nord': 1 rule\n{ROW}"), "DataRejected; the log"),
        (NotProven(f"account 1010 {ROW}", differences=1), "NotProven; the log"),
        (SaldoError(ROW), "SaldoError; the log"),
        (ValueError(f"Unavailable: {ROW}"), "ValueError; the log"),
    ],
)  # fmt: skip
def test_an_error_tells_its_family_and_no_row(error: Exception, message: str) -> None:
    text = told(raising(error))
    assert text.startswith(message)
    assert ROW not in text


def test_what_an_error_came_from_stays_here() -> None:
    said = told(raising(Unavailable("the warehouse is away"), ValueError(ROW)))
    assert said == "Unavailable: the warehouse is away"


def test_what_postgres_says_of_a_row_stays_here(dsn: str) -> None:
    def fail() -> None:
        with connect(dsn) as connection:
            connection.execute("create temporary table names (name text unique)")
            connection.execute("insert into names values (%(row)s), (%(row)s)", {"row": ROW})

    assert told(fail).startswith(f"{UniqueViolation.__name__}; the log")


@pytest.mark.parametrize(
    ("text", "message"),
    [("task_failure", "task_failure"), (f"task failed: {ROW}", "failed; the log of the task")],
)
def test_a_run_keeps_airflows_own_word_only(text: str, message: str) -> None:
    facet = facet_v2.error_message_run.ErrorMessageRunFacet(text, "python")
    assert str(sent({"errorMessage": facet})["errorMessage"].message).startswith(message)


@pytest.mark.parametrize("facet", ["airflow", "airflowDagRun"])
def test_who_started_a_run_stays_here(facet: str) -> None:
    run = {"run_id": "manual__1", "triggering_user_name": "vera", "note": "as Vera asked"}
    assert sent({facet: SimpleNamespace(dagRun=run)})[facet].dagRun == {"run_id": "manual__1"}


def test_other_events_leave_as_they_are() -> None:
    assert sent({}) == {}
