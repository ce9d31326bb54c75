"""Every service of docker-compose.yaml as a process, two workers, and the first night of three companies."""

from __future__ import annotations

import re

import pytest

from tests.system.celery.nights import (
    LANDING,
    WORKERS,
    assert_all_end_in_the_truth,
    dag_of,
    line_of,
    trigger_all,
    worker_of,
)
from tests.system.celery.topology import Topology
from tests.system.running import until

pytestmark = pytest.mark.timeout(900)


def test_a_worker_is_killed_while_it_lands_and_the_broker_restarts(topology: Topology) -> None:
    company = topology.companies[0]
    company.fault("slow", match="bookedEntriesapi", seconds=60, after=5)
    runs = trigger_all(topology)
    until(lambda: topology.rows(LANDING, company.id))
    killed = worker_of(topology, dag_of(company), runs[dag_of(company)], "land.entries")
    topology.kill(killed)
    topology.stop("broker")
    topology.start("broker")
    topology.start(killed)
    assert_all_end_in_the_truth(topology, runs)
    tries = topology.rows(
        "select error_family from ops.sync_run where agreement_id = %s and entity = 'entries' and run_id = %s order by sync_run_id",
        company.id,
        runs[dag_of(company)],
    )
    assert tries == [("Killed",), (None,)]


def test_tasks_are_forked_from_what_has_been_imported(topology: Topology) -> None:
    """As in the stack of `make up`: nights are slower without, and nothing says so."""
    for name in WORKERS:
        # Whoever has run a task keeps the name it then had.
        pool = [
            p
            for p in topology.tree(name)
            if re.search("ForkPoolWorker|airflow supervisor", line_of(p))
        ]
        assert len(pool) == 2
        for process in pool:
            assert any("pandas" in each.path for each in process.memory_maps()), process
