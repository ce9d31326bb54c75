"""Circuit breakers: a company whose system fails again and again is left in peace for some minutes, then one call tries.

pybreaker's, with its state in ops.export_breaker, where people and other processes see it. Only who holds the company's lock
calls, so what was read once holds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn, TypeVar

from pybreaker import (
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
    CircuitBreakerStorage,
)

from saldo.errors import AuthError, SaldoError, Unavailable
from saldo.warehouse.connection import Connection, can_be_asked

from .wording import storable

#: Calls that fail one after the other until nothing is sent, and for how long.
FAILURES = 5
PAUSE_S = 300
_WRITE = """
insert into ops.export_breaker (
    company, organisation, state, failures, successes, opened_at, last_error_family, last_error, changed_at
)
values (
    %(company)s, %(organisation)s, %(state)s, %(failures)s, %(successes)s, %(opened_at)s, %(family)s, %(error)s, clock_timestamp()
)
on conflict (company) do update
set organisation = excluded.organisation, state = excluded.state, failures = excluded.failures, successes = excluded.successes, opened_at = excluded.opened_at,
    last_error_family = excluded.last_error_family, last_error = excluded.last_error, changed_at = excluded.changed_at
"""
T = TypeVar("T")


class Held(Exception):
    """The breaker is open: nothing was called. The text says why, and until when."""


class _Failed(Exception):
    """A call that came back, and was no use."""

    def __init__(self, answer: object, why: str) -> None:
        super().__init__(why)
        self.answer = answer


class Breaker:
    """The breaker of a company. organisation: whose exports call, for people."""

    def __init__(
        self, connection: Connection, company: str, organisation: str | None = None
    ) -> None:
        self._row = _Row(connection, company, organisation)
        self._breaker = CircuitBreaker(
            fail_max=FAILURES,
            reset_timeout=PAUSE_S,
            exclude=[lambda error: not isinstance(error, _Failed | Unavailable | AuthError)],
            listeners=[_Noted(self._row)],
            state_storage=self._row,
            name=company,
            throw_new_error_on_trip=False,
        )

    @property
    def held(self) -> str:
        """Why nothing may be sent; empty where it may, or where it is time to try."""
        opened = self._row.opened_at
        if self._row.state != "open" or opened is None:
            return ""
        until = opened + timedelta(seconds=PAUSE_S)
        if datetime.now(UTC) >= until:
            return ""
        return (
            f"the circuit breaker of {self._row.name} is open since {opened:%Y-%m-%d %H:%M} UTC: {self._row.counter} calls failed, "
            f"the last with: {self._row.error}. Nothing is sent; it is tried again at {until:%H:%M} UTC"
        )

    def ask(self, what: Callable[[], T]) -> T:
        """The answer to a question. A failure counts as that of any call; an answer closes nothing, since a system that can be read may
        still refuse to be written. Raises Held, and what `what` raises."""
        if self.held:
            raise Held(self.held)
        try:
            return what()
        except (Unavailable, AuthError) as error:
            return self._breaker.call(_raising(error))

    def call(self, what: Callable[[], T], *, failed: Callable[[T], str] = lambda _: "") -> T:
        """The answer. failed: why an answer counts as a failure; empty where it does not. Raises Held, and what `what` raises."""
        if self.held:
            raise Held(self.held)

        def called() -> T:
            answer = what()
            why = failed(answer)
            if why:
                raise _Failed(answer, why)
            return answer

        try:
            return self._breaker.call(called)
        except _Failed as error:
            return error.answer  # type: ignore[return-value]
        except CircuitBreakerError as error:
            raise Held(self.held or str(error)) from None


def _raising(error: Exception) -> Callable[[], NoReturn]:
    def call() -> NoReturn:
        raise error

    return call


class _Row(CircuitBreakerStorage):
    """The row of a company; what is not there yet is closed."""

    def __init__(self, connection: Connection, company: str, organisation: str | None) -> None:
        super().__init__(company)
        self._connection, self._organisation = connection, organisation
        row = connection.execute(
            "select b.state, b.failures, b.successes, b.opened_at, b.last_error_family, b.last_error from ops.export_breaker as b "
            "where b.company = %s",
            [company],
        ).fetchone()
        found = row or ("closed", 0, 0, None, None, None)
        self._state, self._failures, self._successes = found[:3]
        self._opened_at: datetime | None = found[3]
        self.family, self.error = found[4:]

    @property
    def state(self) -> str:
        return str(self._state)

    @state.setter
    def state(self, state: str) -> None:
        self._set("_state", state)

    @property
    def counter(self) -> int:
        return int(self._failures)

    def increment_counter(self) -> None:
        self._set("_failures", self._failures + 1)

    def reset_counter(self) -> None:
        self._set("_failures", 0)

    @property
    def success_counter(self) -> int:
        return int(self._successes)

    def increment_success_counter(self) -> None:
        self._set("_successes", self._successes + 1)

    def reset_success_counter(self) -> None:
        self._set("_successes", 0)

    @property
    def opened_at(self) -> datetime | None:
        return self._opened_at

    @opened_at.setter
    def opened_at(self, opened_at: datetime) -> None:
        self._set("_opened_at", opened_at)

    def note(self, family: str, error: str) -> None:
        """What went wrong."""
        self.family = family
        self._set("error", error)

    def _set(self, name: str, value: object) -> None:
        """Written where it changes something, and where the connection can be asked: a task whose time was up left it in the middle."""
        if getattr(self, name) == value:
            return
        setattr(self, name, value)
        if not can_be_asked(self._connection):
            return
        values = {
            "company": self.name, "organisation": self._organisation, "state": self._state, "failures": self._failures, "successes": self._successes,
            "opened_at": self._opened_at, "family": self.family, "error": self.error,
        }  # fmt: skip
        self._connection.execute(_WRITE, values)


class _Noted(CircuitBreakerListener):
    """What went wrong, for people."""

    def __init__(self, row: _Row) -> None:
        self._row = row

    def failure(self, cb: CircuitBreaker, exc: BaseException) -> None:
        family = exc.family if isinstance(exc, SaldoError) else "Unavailable"
        self._row.note(family, storable(str(exc)[:2000]))
