"""One look of the watch: what is well, what has gone wrong, and who must be notified.

Every step commits by itself. A step that fails stops no other; the watch fails at its end and names
it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from saldo import alerts
from saldo.declarations.keys import Key
from saldo.errors import SaldoError
from saldo.subject import Subject, SubjectKey, Subjects, by_key
from saldo.warehouse.connection import Connection, WarehouseUnavailable
from saldo.watch_minutes import watch_minutes

from . import health

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Environment:
    """What the watch asks of Airflow.

    health_url, ui_url: the API server as tasks and as people reach it. urls_of: the addresses of
    a subject's system, see health.vendor_origins. key_of: of a connection's id, see alerts.judge_keys.
    is_paused: of a DAG id, None when unknown. failed_at: see health.missed. minutes: from one look to the next.
    give_rights: makes the rights to read what the files of readers say.
    """

    health_url: str
    ui_url: str
    urls_of: Callable[[SubjectKey], Sequence[str]]
    key_of: Callable[[str], Key]
    is_paused: Callable[[str], bool | None]
    failed_at: Callable[[Sequence[datetime]], set[datetime]]
    open_mailer: Callable[[], Iterator[alerts.Mailer]]
    minutes: int
    give_rights: Callable[[Connection], object] = lambda _: None


class WatchFailed(SaldoError):
    """A step of the watch failed; the others were done."""


def watch(
    connection: Connection,
    subjects: Sequence[Subject],
    environment: Environment,
    *,
    now: datetime,
    broken: Collection[SubjectKey] = (),
) -> None:
    """Run all steps. broken: subjects whose file cannot be read now. Raises WatchFailed when a step
    failed."""
    known = by_key(subjects)
    steps: dict[str, Callable[[], object]] = {
        "settings": watch_minutes,
        "readers": lambda: environment.give_rights(connection),
        "what was missed": lambda: health.missed(
            connection, now=now, minutes=environment.minutes, failed_at=environment.failed_at
        ),
        "nights": lambda: alerts.judge_nights(
            connection, known, now=now, broken=broken, is_paused=environment.is_paused
        ),
        "keys": lambda: alerts.judge_keys(connection, known, now=now, key_of=environment.key_of),
        "set aside": lambda: alerts.judge_set_aside(connection, known, now=now),
        "new words": lambda: alerts.judge_words(connection, known, now=now),
        "failures": lambda: alerts.judge_failures(connection, known, now=now),
        "heartbeats": lambda: _beat(connection, environment, now),
        "vendors": lambda: _look_at_vendors(connection, known, environment, now),
        "mails": lambda: alerts.tell(connection, known, now=now, ui_url=environment.ui_url),
        "sending": lambda: alerts.deliver(connection, environment.open_mailer, now=now),
    }
    failed = []
    for name, step in steps.items():
        try:
            step()
        except (psycopg.OperationalError, psycopg.InterfaceError, WarehouseUnavailable):
            raise
        except Exception as error:
            # Whatever it is, heartbeats and other people's mails do not wait for it.
            log.exception("%s", name)
            failed.append(f"{name}: {type(error).__name__}: {error}")
    if failed:
        raise WatchFailed("\n".join(failed))


def _beat(connection: Connection, environment: Environment, now: datetime) -> None:
    beats = [health.warehouse_beat(connection), *health.airflow_beats(environment.health_url)]
    health.record_beats(connection, beats, now=now, minutes=environment.minutes)


def _look_at_vendors(
    connection: Connection, subjects: Subjects, environment: Environment, now: datetime
) -> None:
    origins = health.vendor_origins(connection, subjects, now=now, urls_of=environment.urls_of)
    beats = health.vendor_beats(origins)
    health.record_beats(connection, beats, now=now, minutes=environment.minutes)
