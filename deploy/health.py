"""health.py api-server | scheduler | dag-processor | triggerer | worker: ends with 0 when that part is well.

`airflow jobs check` and `celery inspect` ask the same, but load all of Airflow for it: five seconds of CPU, every
time, for every container. The heartbeats are those Airflow's own health page looks at.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deploy.environment import environment

_JOBS = {
    "scheduler": "SchedulerJob",
    "dag-processor": "DagProcessorJob",
    "triggerer": "TriggererJob",
}
#: As Airflow's health page: [scheduler] scheduler_health_check_threshold and its like.
_OLDEST_S = 30
_HEARTBEAT = """
select extract(epoch from now() - latest_heartbeat)
from job
where job_type = %s and state = 'running' and hostname = any(%s)
order by latest_heartbeat desc
limit 1
"""


class Unwell(Exception):
    """Why, for `docker inspect`."""


def main(part: str) -> None:
    environ = environment(os.environ)
    if part == "api-server":
        _ask_api(environ.get("AIRFLOW__API__PORT", "8080"))
    elif part == "worker":
        _ask_worker(environ["AIRFLOW__CELERY__BROKER_URL"])
    else:
        _look_at_heartbeat(environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], _JOBS[part])


def _ask_api(port: str) -> None:
    with urlopen(f"http://127.0.0.1:{port}/api/v2/monitor/health", timeout=8) as answer:
        if b'"metadatabase":{"status":"healthy"}' not in answer.read():
            raise Unwell("the API server cannot reach Airflow's database")


def _look_at_heartbeat(url: str, job_type: str) -> None:
    import psycopg

    dsn = url.replace("postgresql+psycopg2://", "postgresql://", 1)
    with psycopg.connect(dsn, connect_timeout=8) as connection:
        names = [socket.gethostname(), _canonical_name()]
        row = connection.execute(_HEARTBEAT, [job_type, names]).fetchone()
    if row is None:
        raise Unwell(f"no {job_type} of this container has been seen")
    if row[0] > _OLDEST_S:
        raise Unwell(f"the last heartbeat of this container's {job_type} is {row[0]:.0f} s old")


def _canonical_name() -> str:
    """As airflow.utils.net.getfqdn, the default of [core] hostname_callable, without the import of Airflow."""
    host = socket.gethostname()
    with suppress(OSError):
        host = (
            socket.getaddrinfo(host, None, 0, socket.SOCK_DGRAM, 0, socket.AI_CANONNAME)[0][3]
            or host
        )
    return host


def _ask_worker(broker_url: str) -> None:
    from celery import Celery

    name = f"celery@{os.environ.get('SALDO_WORKER_NAME') or socket.gethostname()}"
    with Celery(broker=broker_url) as app:
        if not app.control.ping(destination=[name], timeout=8):
            raise Unwell(f"{name} does not answer")


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Unwell as why:
        sys.exit(f"saldo: {why}")
    except Exception as error:  # a driver's text may hold the address with its password
        sys.exit(f"saldo: {type(error).__name__}")
