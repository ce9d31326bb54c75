"""A night of many agreements on two Celery workers: the services of docker-compose.yaml as processes of this machine.

Every agreement lands for the first time, then a day is booked at one in five and all of them are due in the same minute.
Reported is what an operator asks: when it is over, how long tasks wait, and for what.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

from sandbox.company import SMALL
from tests.support import assert_true
from tests.system.celery.topology import Topology

from .children import ChildFailed
from .measure import Lap
from .night import cpu_of, postgres_of, until

FIRST, NIGHT = "first load of them", "night, a day booked at one in five"
WORKERS = 2
_STEP_S = 2.0
#: A task's way, from Airflow's own table: until the scheduler had a slot for it, until a worker took it, until its end.
_TASKS = """
select
    t.task_id, t.state, extract(epoch from t.scheduled_dttm - began.at),
    extract(epoch from t.queued_dttm - t.scheduled_dttm), extract(epoch from t.start_date - t.queued_dttm),
    extract(epoch from t.end_date - t.start_date), extract(epoch from t.end_date - began.at), t.dag_id
from task_instance as t
cross join (select %s::timestamptz as at) as began
inner join dag_run as r on r.dag_id = t.dag_id and r.run_id = t.run_id
where r.queued_at >= began.at and r.dag_id = any(%s)
"""


@dataclass
class Night:
    """What a night was like; seconds."""

    what: str
    waits: dict[str, list[float]] = field(default_factory=dict)
    ends: list[float] = field(default_factory=list)
    cpu_s: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)

    def rows(self) -> list[tuple[str, str, str, str]]:
        """What, median, 95 of 100, most."""
        return [(what, *_spread(seconds)) for what, seconds in self.waits.items()]

    def over(self) -> list[tuple[str, str]]:
        """Share of the agreements -> when it was done."""
        ends = sorted(self.ends)
        return [
            (f"{share} %", f"{ends[-(-len(ends) * share // 100) - 1]:.0f}")
            for share in (1, 25, 50, 75, 100)
        ]


def section_of(count: int) -> str:
    return f"A night of {count} agreements on {WORKERS} Celery workers"


class Fleet:
    """Services started, companies added, both nights."""

    def __init__(self, count: int, folder: Path, show: Callable[[Lap], None]) -> None:
        self._count, self._show = count, show
        folder = folder / f"fleet-{count}"
        folder.mkdir()
        self._topology = Topology(folder, is_impatient=False)

    def run(self) -> list[Night]:
        try:
            companies = self._topology.prepare(self._count, **SMALL, tokens_per_minute=10**9)
            self._topology.start_all(WORKERS)
            dag_ids = [f"saldo__{company.id}" for company in companies]
            until(lambda: set(dag_ids) <= self._topology.api().dag_ids(), "the DAGs")
            nights = [self._night(FIRST, dag_ids)]
            for company in companies[::5]:
                company.next_day()
            nights.append(self._night(NIGHT, dag_ids))
            for company in companies[::10]:
                assert_true(self._topology.dsn, company)
            return nights
        finally:
            self._topology.remove()

    def _night(self, what: str, dag_ids: list[str]) -> Night:
        night, lap = Night(what), Lap(section_of(self._count), what)
        [(began,)] = self._topology.rows("select now()", database="airflow")
        with self._metered(night, lap) as look:
            api = self._topology.api()
            for dag_id in dag_ids:
                api.trigger(dag_id)
            until(lambda: look() or self._are_over(dag_ids, began), what)
        tasks = self._topology.rows(_TASKS, began, dag_ids, database="airflow")
        lap.rows = len(tasks)
        self._read(night, tasks)
        self._show(lap)
        return night

    def _are_over(self, dag_ids: list[str], began: object) -> bool:
        time.sleep(_STEP_S)
        [(over,)] = self._topology.rows(
            "select count(*) from dag_run where dag_id = any(%s) and queued_at >= %s and end_date is not null",
            dag_ids, began, database="airflow",
        )  # fmt: skip
        return bool(over == len(dag_ids))

    def _read(self, night: Night, tasks: list[tuple[Any, ...]]) -> None:
        states = {state for _, state, *_ in tasks}
        if states != {"success"}:
            bad = [
                (dag_id, task_id, state)
                for task_id, state, *_, dag_id in tasks
                if state != "success"
            ]
            raise ChildFailed(
                f"{night.what}: {len(bad)} tasks did not succeed, the first: {bad[:5]}"
            )
        for place, name in (
            (3, "wait for a slot of the pool or of the scheduler"),
            (4, "wait for a worker"),
            (5, "work"),
        ):
            night.waits[name] = [float(task[place]) for task in tasks]
        ends: dict[str, float] = {}
        begins: dict[str, float] = {}
        for _, _, scheduled, *_, end, dag_id in tasks:
            ends[dag_id] = max(ends.get(dag_id, 0), float(end))
            begins[dag_id] = min(begins.get(dag_id, 1e9), float(scheduled))
        night.ends = list(ends.values())
        night.waits["an agreement, from its first task to its last"] = [
            ends[dag_id] - begins[dag_id] for dag_id in ends
        ]

    @contextmanager
    def _metered(self, night: Night, lap: Lap) -> Iterator[Callable[[], None]]:
        """CPU per service, and the most memory its processes held; yields what looks at the memory."""

        def look() -> None:
            for name in self._topology.running:
                held = sum(_pss_mb(process) for process in self._topology.tree(name))
                night.peak_mb[name] = max(night.peak_mb.get(name, 0.0), held)

        before, began = self._cpu_s(), time.monotonic()
        yield look
        lap.seconds = time.monotonic() - began
        night.cpu_s = {name: now - before.get(name, 0.0) for name, now in self._cpu_s().items()}
        lap.postgres_cpu_s = night.cpu_s["postgres"]
        lap.client_cpu_s = sum(
            s for name, s in night.cpu_s.items() if name not in ("postgres", "sandbox")
        )
        lap.peak_mb = max(night.peak_mb.values())

    def _cpu_s(self) -> dict[str, float]:
        found = {name: cpu_of(self._topology.tree(name)) for name in self._topology.running}
        return {**found, "postgres": cpu_of(postgres_of(self._topology.cluster.settings.run_dir))}


def _spread(seconds: list[float]) -> tuple[str, str, str]:
    return (f"{median(seconds):.1f}", f"{quantiles(seconds, n=20)[-1]:.1f}", f"{max(seconds):.1f}")


def _pss_mb(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        return float(process.memory_full_info().pss) / 2**20
    return 0.0
