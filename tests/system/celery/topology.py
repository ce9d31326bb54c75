"""Every service of docker-compose.yaml as processes of this machine: broker, four of Airflow, workers, sandbox.

Commands, environment and secrets are the file's own (tests/system/deploy/compose.py). The companies are small ones of
the tests, their connections files in the folder of secrets, their agreements files in a folder: as an operator
would add them.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests

from stack.airflow_api import AirflowApi
from tests.conftest import Cluster, free_port
from tests.support import SECRET, Company, Sandbox, write_agreement
from tests.system.deploy.compose import Machine, make_secrets
from tests.system.running import IMPATIENT, until

PASSWORD = "Long-enough-27-AB"
AIRFLOW = ("api-server", "scheduler", "dag-processor", "triggerer")
#: What is lost is looked for even sooner than in the running stack: here tests wait for it.
_IMPATIENT = {
    **IMPATIENT,
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
}


def broker_program() -> str:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    assert found, "no broker on this machine: tests/debian.sh installs one"
    return found


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes, timeout=20)


class Topology:
    """`docker compose up` without containers; every service by its name, workers as worker-1 and worker-2."""

    def __init__(self, folder: Path, *, is_impatient: bool = True, **variables: str) -> None:
        """is_impatient: waits of seconds where Airflow looks every minute or two; variables: of .env."""
        self.folder = folder
        self.cluster = Cluster(folder / "cluster")
        self.ports = {
            name: free_port() for name in ("api", "broker", "sandbox", "mail", "logs-1", "logs-2")
        }
        self.url = f"http://127.0.0.1:{self.ports['api']}"
        self.sandbox = Sandbox(f"http://127.0.0.1:{self.ports['sandbox']}")
        self.agreements = folder / "agreements"
        self.agreements.mkdir()
        self.machine = self._machine(variables, _IMPATIENT if is_impatient else {})
        self.companies: list[Company] = []
        self.running: dict[str, psutil.Process] = {}
        self._api: AirflowApi | None = None

    def _machine(self, variables: dict[str, str], waits: dict[str, str]) -> Machine:
        here = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        return Machine(
            self.folder,
            addresses={
                "postgres:5432": f"127.0.0.1:{self.cluster.settings.ports.postgres}",
                "http://api-server:8080": self.url,
                "broker:6379": here["broker"],
                "http://sandbox:8900": self.sandbox.url,
                "--host=0.0.0.0": "--host=127.0.0.1",
                "--port=8900": f"--port={self.ports['sandbox']}",
                "mail:8925": here["mail"],
                "0.0.0.0:8925": here["mail"],
            },
            variables={
                "SALDO_URL": self.url, "SALDO_WORKERS": "2", "SALDO_AGREEMENTS_DIR": str(self.agreements), **variables,
            },
            # The embedded server is built without TLS; tests/system/deploy/test_tls.py has one with it.
            more={
                "SALDO_PG_SSLMODE": "disable",
                "AIRFLOW__API__HOST": "127.0.0.1",
                "AIRFLOW__API__PORT": str(self.ports["api"]),
                "BROKER_PROGRAM": broker_program(),
                "BROKER_DIR": str(self.folder / "broker"),
                "BROKER_BIND": "127.0.0.1",
                "BROKER_PORT": str(self.ports["broker"]),
                **waits,
            },
        )  # fmt: skip

    # --- services --------------------------------------------------------------------------------

    def prepare(self, companies: int, **of_each: Any) -> list[Company]:
        """Databases, sandbox with these companies, their connections and agreements, `init`."""
        self.cluster.start()
        keys = self.cluster.keys
        make_secrets(
            self.machine.secrets, postgres_password=keys.postgres, warehouse_password=keys.warehouse,
            metadata_password=keys.metadata, admin_password=PASSWORD,
        )  # fmt: skip
        for name in ("broker", "sandbox"):
            (self.folder / name).mkdir(exist_ok=True)
        for name in ("broker", "sandbox"):
            self.start(name)
        until(lambda: self._answers(f"{self.sandbox.url}/sandbox/health"), patience_s=30)
        found = [self.add(f"remote{number}", **of_each) for number in range(companies)]
        done = self.machine.run("init")
        assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
        return found

    def add(self, name: str, **of_company: Any) -> Company:
        company = self.sandbox.company(name, **of_company)
        base = f"{self.sandbox.url}/economic"
        connection = {
            "conn_type": "economic", "host": f"{base}/rest", "password": f"sandbox-grant-{company.id}",
            "extra": {"app_secret_token": SECRET, "openapi_host": f"{base}/openapi"},
        }  # fmt: skip
        (self.machine.secrets / "connections" / f"economic_{company.id}").write_text(
            json.dumps(connection)
        )
        write_agreement(self.agreements, company.id)
        return company

    def start(self, name: str, **more: str) -> None:
        """A service; worker-1 and worker-2 are the service `worker` twice, as two containers are."""
        service, _, number = name.partition("-") if name[-1].isdigit() else (name, "", "")
        words: tuple[str, ...] = ()
        if service == "worker":
            words = ("--celery-hostname", f"{name}@%h")
            more = {
                "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports[f"logs-{number}"]),
                **more,
            }
        self.running[name] = psutil.Process(self.machine.start(service, *words, **more).pid)

    def start_all(self, workers: int = 2) -> None:
        names = (*AIRFLOW, *(f"worker-{number + 1}" for number in range(workers)))
        for name in names:
            self.start(name)
        for name in AIRFLOW:
            until(lambda name=name: self.is_healthy(name), patience_s=180)
        until(lambda: len(self.said("worker", "ready.")) >= workers, patience_s=180)

    def tree(self, name: str) -> list[psutil.Process]:
        """A service's process and all that came of it."""
        process = self.running[name]
        with contextlib.suppress(psutil.NoSuchProcess):
            return [process, *process.children(recursive=True)]
        return []

    def revive(self) -> None:
        """As `restart: unless-stopped`: services that have ended by themselves are started again."""
        for name, process in list(self.running.items()):
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                self.start(name)

    def kill(self, name: str) -> None:
        """As a container dies: everything in it at once."""
        _kill(self.tree(name))

    def stop(self, name: str, *, patience_s: float = 60) -> None:
        """As `docker compose stop`."""
        tree = self.tree(name)
        self.running.pop(name, None)
        if tree:
            tree[0].terminate()
        _, alive = psutil.wait_procs(tree, timeout=patience_s)
        _kill(alive)

    def remove(self) -> None:
        # All at once: what has lost its parent is waited for by init, which may take seconds.
        _kill([process for name in self.running for process in self.tree(name)])
        # What a process left that the kernel killed: its container would have ended with it.
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if Path(process.cwd()).is_relative_to(self.folder):
                    process.kill()
        self.cluster.remove()

    # --- looking ---------------------------------------------------------------------------------

    def is_healthy(self, name: str) -> bool:
        done = subprocess.run(
            self.machine.health_check(name),
            env=self.machine.environment(name),
            capture_output=True,
            check=False,
        )
        return done.returncode == 0

    def said(self, service: str, words: str) -> list[str]:
        """Lines of a service's output with these words."""
        text = (self.folder / f"{service}.out").read_text(errors="replace")
        return [line for line in text.splitlines() if words in line]

    def api(self) -> AirflowApi:
        if self._api is None:
            self._api = AirflowApi(self.url, PASSWORD)
            self._api.log_in()
        return self._api

    @property
    def dsn(self) -> str:
        return self.cluster.dsn

    def rows(
        self, statement: str, *parameters: object, database: str = "saldo"
    ) -> list[tuple[Any, ...]]:
        """Rows of the warehouse or of Airflow's own database."""
        settings, keys = self.cluster.settings, self.cluster.keys
        dsn = self.dsn if database == "saldo" else settings.dsn("airflow", keys.metadata, "airflow")
        with psycopg.connect(dsn, autocommit=True) as connection:
            return connection.execute(statement, parameters or None).fetchall()

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return requests.get(url, timeout=2).ok
        except requests.RequestException:
            time.sleep(0.1)
            return False
