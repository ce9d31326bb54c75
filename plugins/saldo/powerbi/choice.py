"""Which models of the Power BI service are refreshed after the nights, and when: SALDO_POWERBI_DATASETS and its neighbours.

Shared capacity (Pro) takes eight refreshes of a model a day, those of its own schedule included; Premium and Fabric take 48.
https://learn.microsoft.com/en-us/power-bi/connect-data/refresh-data
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from croniter import croniter

from saldo.errors import ConfigError
from saldo.schedules import cron_or_none

DATASETS, SCHEDULE = "SALDO_POWERBI_DATASETS", "SALDO_POWERBI_REFRESH"
CAPACITY, PATIENCE = "SALDO_POWERBI_CAPACITY", "SALDO_POWERBI_PATIENCE_MINUTES"
_DEFAULT_SCHEDULE, _DEFAULT_PATIENCE = "0 4 * * *", 180
#: Capacity -> refreshes of a model a day.
_A_DAY = {"shared": 8, "premium": 48}


@dataclass(frozen=True)
class Dataset:
    """A semantic model in the service; Power BI's addresses call it a data set. workspace, id: as its address has them."""

    workspace: str
    id: str


def datasets(environ: Mapping[str, str] = os.environ) -> tuple[Dataset, ...]:
    """The models to refresh, each once; none where nothing is said. Raises ConfigError."""
    said = environ.get(DATASETS, "").replace(";", ",").split(",")
    found = (_dataset(one.strip()) for one in said if one.strip())
    return tuple(dict.fromkeys(found))


def _dataset(said: str) -> Dataset:
    workspace, _, id = said.partition("/")
    try:
        return Dataset(str(UUID(workspace)), str(UUID(id)))
    except ValueError:
        raise ConfigError(
            f"{DATASETS}: {said[:100]!r} is no model; write <workspace>/<model>, both as the address of the model in "
            "app.powerbi.com has them: .../groups/<workspace>/datasets/<model>/..."
        ) from None


def schedule(environ: Mapping[str, str] = os.environ) -> str:
    """When to refresh, as cron in UTC. Raises ConfigError where that is no cron, or more often than the capacity takes."""
    capacity = environ.get(CAPACITY, "").strip().lower() or "shared"
    if capacity not in _A_DAY:
        raise ConfigError(f"{CAPACITY} is {capacity[:40]!r}; write {' or '.join(_A_DAY)}")
    said = environ.get(SCHEDULE, "").strip() or _DEFAULT_SCHEDULE
    try:
        cron_or_none(said)
    except ValueError as error:
        raise ConfigError(f"{SCHEDULE}: {error}") from None
    if (most := _most_a_day(said)) > _A_DAY[capacity]:
        raise ConfigError(
            f"{SCHEDULE}: {said!r} refreshes {most} times a day; {capacity} capacity takes {_A_DAY[capacity]}"
        )
    return said


def _most_a_day(cron: str) -> int:
    """The most runs within a day, of the next two weeks; counting ends where no capacity takes more."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    times: list[datetime] = []
    at = croniter(cron, begin)
    while len(times) <= 14 * max(_A_DAY.values()):
        moment = at.get_next(datetime)
        if moment > begin + timedelta(days=14):
            break
        times.append(moment)
    day = timedelta(days=1)
    return max((sum(first <= other < first + day for other in times) for first in times), default=0)


def patience(environ: Mapping[str, str] = os.environ) -> timedelta:
    """How long a refresh waits for nights that are late. Raises ConfigError."""
    said = environ.get(PATIENCE, "").strip() or str(_DEFAULT_PATIENCE)
    if not said.isdecimal() or not 0 <= int(said) <= 1_200:
        raise ConfigError(f"{PATIENCE} is {said[:20]!r}; write minutes, 0 to 1200")
    return timedelta(minutes=int(said))
