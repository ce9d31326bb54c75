"""A line for each agreement: was its last night proven? For the journal of the host (morning.sh), and alerts out of it.

A night is judged when it was due four hours ago or longer. Agreements without a schedule have no nights.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
from croniter import croniter

from saldo.agreements.agreement import Agreement
from saldo.agreements.loading import load_agreements
from saldo.vendors import entity_names

_TAKES_AT_MOST = timedelta(hours=4)
_QUERY = "select agreement_id, last_proven at time zone 'utc' from mart.sync_status"


def lines(
    agreements: Iterable[Agreement], proven: Mapping[str, datetime | None], *, now: datetime
) -> Iterator[str]:
    """proven: agreement -> when it was last, aware. now: aware."""
    for agreement in agreements:
        if agreement.schedule is None:
            continue
        due = last_due(agreement.schedule, agreement.timezone, before=now - _TAKES_AT_MOST)
        last = proven.get(agreement.id)
        if last and last >= due:
            yield f"proven {agreement.id}: at {last:%Y-%m-%d %H:%M} UTC"
        else:
            when = f"last at {last:%Y-%m-%d %H:%M} UTC" if last else "never yet"
            yield f"not proven {agreement.id}: {when}; due since {due:%Y-%m-%d %H:%M} UTC"


def last_due(schedule: str, timezone: str, *, before: datetime) -> datetime:
    """The latest scheduled time, in UTC."""
    zone = ZoneInfo(timezone)
    local = before.astimezone(zone).replace(tzinfo=None)
    due: datetime = croniter(schedule, local).get_prev(datetime)
    return due.replace(tzinfo=zone).astimezone(UTC)


def main() -> None:
    with psycopg.connect(os.environ["SALDO_DSN"], connect_timeout=10) as connection:
        connection.execute("set timezone = 'UTC'")
        proven: dict[str, datetime | None] = dict(connection.execute(_QUERY).fetchall())
    agreements = load_agreements(vendors=entity_names()).good
    for line in lines(agreements, proven, now=datetime.now(UTC)):
        print(line)
    print(f"looked at {len(agreements)} agreements")


if __name__ == "__main__":
    main()
