"""Heartbeats: every few minutes, whether each part is well, kept so that uptime has a history.

A row stands for the minutes until the next look is due. Where all rows of a time are missing,
nothing looked: the scheduler, the workers or the warehouse were away.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

import requests

from saldo.addresses import origin_of
from saldo.errors import SaldoError, Unavailable
from saldo.subject import AMONG, SubjectKey, Subjects, arrays
from saldo.warehouse.connection import Connection

_TIMEOUT_S = (5, 5)
#: Hosts asked in parallel.
_AT_ONCE = 8
#: How long a vendor's addresses are used before its connection is read again, and how many are read in one run.
_URLS_LAST = timedelta(hours=1)
_URLS_AT_ONCE = 50

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Beat:
    """One heartbeat: whether a component is well, and what was seen."""

    component: str
    ok: bool
    detail: str


def record_beats(
    connection: Connection, beats: Sequence[Beat], *, now: datetime, minutes: int
) -> None:
    """Write heartbeats, which stand for this many minutes. Idempotent: a second one for the same moment changes
    nothing."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.heartbeat (component, at, ok, detail, minutes) values (%s, %s, %s, %s, %s) "
            "on conflict do nothing",
            [(beat.component, now, beat.ok, beat.detail[:500], minutes) for beat in beats],
        )
    for beat in beats:
        if not beat.ok:
            log.warning("%s: %s", beat.component, beat.detail)


def warehouse_beat(connection: Connection) -> Beat:
    """A round trip to the warehouse. Where it fails nothing can be written: see `missed`."""
    began = perf_counter()
    connection.execute("select 1").fetchone()
    return Beat("warehouse", True, f"answered in {_ms(began)} ms")


def missed(
    connection: Connection,
    *,
    now: datetime,
    minutes: int,
    failed_at: Callable[[Sequence[datetime]], set[datetime]],
) -> None:
    """Fill the times since the last heartbeat at which a watch did run and found no warehouse.

    minutes: from one look to the next. failed_at: at which of these times, whole minutes, a watch failed; at
    most a day of them is asked for.
    """
    row = connection.execute("select max(at) from ops.heartbeat").fetchone()
    if row is None or row[0] is None:
        return
    first = _due_before(max(row[0], now - timedelta(days=1)), minutes)
    count = (_due_before(now, minutes) - first) // timedelta(minutes=minutes)
    times = [first + timedelta(minutes=n * minutes) for n in range(1, count)]
    if times:
        for at in sorted(failed_at(times)):
            beats = [
                Beat("scheduler", True, "the watch ran"),
                Beat("warehouse", False, "could not be used; written down afterwards"),
            ]
            record_beats(connection, beats, now=at, minutes=minutes)


def _due_before(moment: datetime, minutes: int) -> datetime:
    """When the look was due that was made at this moment."""
    return moment.replace(minute=moment.minute // minutes * minutes, second=0, microsecond=0)


# --- Airflow -------------------------------------------------------------------------------------


def airflow_beats(url: str) -> list[Beat]:
    """From the public health page of Airflow's API server. That this runs at all is the scheduler's own
    proof; what the page says of it is the detail."""
    here = "the watch runs"
    try:
        answer = requests.get(f"{url.rstrip('/')}/api/v2/monitor/health", timeout=_TIMEOUT_S)
        found = answer.json() if answer.ok else None
    except (requests.RequestException, ValueError) as error:
        return [Beat("scheduler", True, here), Beat("api-server", False, type(error).__name__)]
    if not isinstance(found, Mapping):
        return [
            Beat("scheduler", True, here),
            Beat("api-server", False, f"answered {answer.status_code}"),
        ]
    beats = [
        Beat("scheduler", True, f"{here}; its own heartbeat is {_status(found, 'scheduler')}"),
        Beat("api-server", True, f"answered {answer.status_code}"),
    ]
    for key, component in (("triggerer", "triggerer"), ("dag_processor", "dag-processor")):
        status = _status(found, key)
        beats.append(Beat(component, status == "healthy", status))
    return beats


def _status(found: Mapping[str, object], key: str) -> str:
    part = found.get(key)
    return str(part.get("status") or "not there") if isinstance(part, Mapping) else "not there"


# --- vendors -------------------------------------------------------------------------------------


def vendor_origins(
    connection: Connection,
    subjects: Subjects,
    *,
    now: datetime,
    urls_of: Callable[[SubjectKey], Sequence[str]],
) -> dict[str, str]:
    """Origin (scheme://host:port) -> system, each once.

    urls_of: the base addresses of a subject's system; raises SaldoError where they are not known.
    """
    rows = connection.execute(
        f"select subject_kind, subject_id from ops.watched where {AMONG} "
        "and (urls_read_at is null or urls_read_at < %(before)s) "
        "order by urls_read_at nulls first limit %(most)s".encode(),
        {**arrays(subjects), "before": now - _URLS_LAST, "most": _URLS_AT_ONCE},
    ).fetchall()
    for key in (SubjectKey(*row) for row in rows):
        try:
            origins = sorted({origin_of(url) for url in urls_of(key)})
        except Unavailable as error:
            # The others would wait for the same place; it is asked again with the next look.
            log.warning("%s: its vendor cannot be watched now: %s", key, error)
            break
        except (SaldoError, ValueError) as error:
            log.warning("%s: its vendor cannot be watched: %s", key, error)
            origins = []
        connection.execute(
            "update ops.watched set vendor_urls = %s, urls_read_at = %s "
            "where subject_kind = %s and subject_id = %s",
            [origins, now, *key],
        )
    known = connection.execute(
        f"select subject_kind, subject_id, unnest(vendor_urls) from ops.watched where {AMONG}".encode(),
        arrays(subjects),
    ).fetchall()
    return {origin: subjects[SubjectKey(kind, id)].system for kind, id, origin in sorted(known)}


def vendor_beats(origins: Mapping[str, str]) -> list[Beat]:
    """Whether each host answers at all. Without credentials, so no agreement's calls are spent."""
    if not origins:
        return []
    with ThreadPoolExecutor(min(_AT_ONCE, len(origins))) as pool:
        said = list(pool.map(_answers, origins))
    return [
        Beat(f"{vendor} {origin.partition('://')[2]}", ok, detail)
        for (origin, vendor), (ok, detail) in zip(origins.items(), said, strict=True)
    ]


def _answers(origin: str) -> tuple[bool, str]:
    began = perf_counter()
    try:
        with requests.head(f"{origin}/", timeout=_TIMEOUT_S, allow_redirects=False) as answer:
            return True, f"answered {answer.status_code} in {_ms(began)} ms"
    except requests.RequestException as error:
        return False, f"{type(error).__name__} after {_ms(began)} ms"


def _ms(began: float) -> int:
    return round((perf_counter() - began) * 1000)
