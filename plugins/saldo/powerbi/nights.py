"""Whether the nights that were due have ended: a model is refreshed once after all of them, not after each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from croniter import croniter

from saldo.agreements.agreement import Agreement
from saldo.alerts.lateness import ended, watched_since
from saldo.alerts.subjects import subject_of
from saldo.subject import Subject, by_key
from saldo.warehouse.connection import Connection

#: A night that was due earlier is no part of this batch: it has ended, or somebody has been told.
_LONGEST = timedelta(hours=20)


def waiting(
    connection: Connection,
    agreements: Iterable[Agreement],
    *,
    now: datetime,
    is_paused: Callable[[str], bool | None] = lambda dag_id: None,
) -> list[str]:
    """Ids of the agreements whose night was due within the last 20 hours and has not ended, well or badly.

    Not those that will have no night: switched off, on demand, with a paused DAG, or with a file or schedule newer than the time
    it was due. is_paused: of a DAG id; None, where it cannot be known, is waited for.
    """
    subjects = by_key(subject_of(each) for each in agreements if each.enabled)
    due = {key: at for key, of in subjects.items() if (at := _due(of, now)) and now - at < _LONGEST}
    since = watched_since(connection)
    due = {key: at for key, at in due.items() if since.get(key, at) <= at}
    late = due.keys() - ended(connection, subjects, due)
    return sorted(key.id for key in late if not is_paused(subjects[key].dag_id))


def _due(of: Subject, now: datetime) -> datetime | None:
    """When its last night was to begin. A time that the clocks skip or repeat is taken as the earlier instant."""
    if of.schedule is None:
        return None
    here = now.astimezone(of.zone).replace(tzinfo=None) + timedelta(microseconds=1)
    at: datetime = croniter(of.schedule, here).get_prev(datetime)
    return at.replace(tzinfo=of.zone).astimezone(UTC)
