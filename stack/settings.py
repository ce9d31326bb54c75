"""Where the stack keeps things, on which ports it listens, and the environment all of it shares."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shlex
import socket
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import sandbox

PROJECT = Path(__file__).resolve().parents[1]
SANDBOX_AGREEMENTS = (*sandbox.ECONOMIC, *sandbox.XLEDGER, *sandbox.MONEYBIRD)
#: Digests of what .run/env exported: a variable that still has its digest was not set by the caller.
_DIGESTS = "SALDO_ENV_DIGESTS"


class StackError(Exception):
    """Something a person must put right; the text says what and how."""


@dataclass(frozen=True)
class Ports:
    postgres: int
    ui: int
    sandbox: int
    smtp: int
    logs: int


@dataclass(frozen=True)
class Secrets:
    """Generated once per .run/ and kept there, readable by its owner only."""

    postgres: str
    warehouse: str
    metadata: str
    ui: str
    jwt: str
    fernet: str
    session: str


class Settings:
    """The settings of the stack: from SALDO_* variables, else defaults."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = {k: v for k, v in environ.items() if not _is_ours(k, v, environ)}
        self.run_dir = (PROJECT / self._environ.get("SALDO_RUN_DIR", ".run")).resolve()
        self.with_sandbox = self._environ.get("SALDO_SANDBOX") != "0"
        self.ports = Ports(
            self._port("SALDO_PG_PORT", 55432),
            self._port("SALDO_UI_PORT", 8080),
            self._port("SALDO_SANDBOX_PORT", 8900),
            self._port("SALDO_SMTP_PORT", 8925),
            self._port("SALDO_LOG_PORT", 8793),
        )
        self.airflow_home = self.run_dir / "airflow"
        self.log_dir = self.run_dir / "log"
        self.env_file = self.run_dir / "env"
        self.passwords_file = self.airflow_home / "passwords.json"

    @property
    def ui_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.ui}"

    @property
    def sandbox_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.sandbox}"

    def dsn(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.ports.postgres}/{database}"

    def is_ours(self) -> bool:
        """Whether the run folder was made by `make up`."""
        return (self.run_dir / "secrets.json").exists()

    def prepare(self) -> Secrets:
        """Make the folders and the secrets."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        # Rows of the books are in all of them. The run folder itself is passed by the user Postgres runs as.
        for folder in (
            self.airflow_home, self.log_dir, self.run_dir / "data_docs", self.run_dir / "lake",
            self.run_dir / "exports",
        ):  # fmt: skip
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
        path = self.run_dir / "secrets.json"
        if not path.exists():
            made = {name: secrets.token_urlsafe(24) for name in Secrets.__annotations__}
            made["ui"] = secrets.token_urlsafe(9)
            made["fernet"] = urlsafe_b64encode(secrets.token_bytes(32)).decode()
            write_private(path, json.dumps(made))
        found = Secrets(**json.loads(path.read_text()))
        write_private(self.passwords_file, json.dumps({"admin": found.ui}))
        return found

    def environment(self, keys: Secrets) -> dict[str, str]:
        """What every process of the stack sees; what the caller has set wins."""
        defaults = {
            "AIRFLOW_HOME": str(self.airflow_home),
            "SALDO_RUN_DIR": str(self.run_dir),
            "SALDO_DSN": self.dsn("saldo", keys.warehouse, "saldo"),
            "SALDO_SANDBOX_STATE": str(self.run_dir / "sandbox.json"),
            "SALDO_SANDBOX_URL": self.sandbox_url,
            "SALDO_ENVIRONMENT": "development",
            "SALDO_LAKE_URL": f"file://{self.run_dir}/lake",
            "SALDO_EXPORTS_URL": f"file://{self.run_dir}/exports",
            "GX_ANALYTICS_ENABLED": "false",
            **self._airflow(keys),
            **self._connections(keys),
        }
        chosen = {name: self._environ.get(name, value) for name, value in defaults.items()}
        own = {
            name: value
            for name, value in self._environ.items()
            if name.startswith(("AIRFLOW_CONN_", "AIRFLOW__", "SALDO_"))
        }
        return {**chosen, **own, "PYTHONPATH": self._python_path()}

    def _python_path(self) -> str:
        """Airflow finds Saldo's connection types only with plugins/ on the path, whatever else is there."""
        plugins = str(PROJECT / "plugins")
        others = [path for path in self._environ.get("PYTHONPATH", "").split(os.pathsep) if path]
        return os.pathsep.join([plugins, *(path for path in others if path != plugins)])

    def write_env_file(self, environment: Mapping[str, str]) -> None:
        digests = json.dumps({name: _digest(value) for name, value in sorted(environment.items())})
        lines = [
            f"export {name}={shlex.quote(value)}"
            for name, value in sorted({**environment, _DIGESTS: digests}.items())
        ]
        # psql comes with the embedded Postgres; the venv's programs go first.
        programs = f"{PROJECT / '.venv' / 'bin'}:{self.run_dir / 'bin'}"
        lines.append(f'export PATH={shlex.quote(programs)}:"$PATH"')
        write_private(self.env_file, "\n".join(lines) + "\n")

    def _port(self, name: str, default: int) -> int:
        value = self._environ.get(name, str(default))
        if not value.isdigit() or not 0 < int(value) < 65_536:
            raise StackError(f"{name}={value!r} is not a port; set it to a number below 65536")
        return int(value)

    def _airflow(self, keys: Secrets) -> dict[str, str]:
        metadata = self.dsn("airflow", keys.metadata, "airflow")
        return {
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(max(4, os.cpu_count() or 2)),
            # Tasks are forked from a process that has imported what they need: half of a night's CPU.
            "AIRFLOW__SCHEDULER__MP_START_METHOD": "forkserver",
            "AIRFLOW__SCHEDULER__MP_FORKSERVER_PRELOAD": (
                "airflow.executors.local_executor,saldo.airflow.preload"
            ),
            "AIRFLOW__CORE__FERNET_KEY": keys.fernet,
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.ui_url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.passwords_file),
            "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": metadata.replace("://", "+psycopg2://", 1),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.ports.ui),
            "AIRFLOW__API__BASE_URL": self.ui_url,
            "AIRFLOW__API__SECRET_KEY": keys.session,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": keys.jwt,
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            # A killed scheduler's tasks are taken up again after two minutes, not after five.
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "120",
            # How long a slot may stay taken after its task (docs/scaling.md).
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
            "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(self.airflow_home / "logs"),
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports.logs),
            # Lineage is told to nobody who was not named: docs/observability.md.
            "AIRFLOW__OPENLINEAGE__DISABLED": "true",
            "AIRFLOW__OPENLINEAGE__EXECUTE_IN_THREAD": "true",
            "AIRFLOW__OPENLINEAGE__EXECUTION_TIMEOUT": "5",
            # Where the API server finds what a task logs while it runs: on this machine, whatever it is called.
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "saldo.addresses.loopback",
        }

    def _connections(self, keys: Secrets) -> dict[str, str]:
        found = {
            "AIRFLOW_CONN_SALDO_WAREHOUSE": json.dumps(
                {
                    "conn_type": "postgres",
                    "host": "127.0.0.1",
                    "port": self.ports.postgres,
                    "login": "saldo",
                    "password": keys.warehouse,
                    "schema": "saldo",
                }
            ),
            # Airflow hides its own database from tasks; the weekly clean-up needs it.
            "AIRFLOW_CONN_AIRFLOW_METADATA": json.dumps(
                {
                    "conn_type": "postgres",
                    "host": "127.0.0.1",
                    "port": self.ports.postgres,
                    "login": "airflow",
                    "password": keys.metadata,
                    "schema": "airflow",
                }
            ),
            **sandbox.mail_connection("127.0.0.1", self.ports.smtp),
        }
        if self.with_sandbox:
            found |= sandbox.vendor_connections(self.sandbox_url)
        return found


def write_private(path: Path, text: str) -> None:
    """Write a file only its owner can read."""
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(text)


def free_port() -> int:
    """A port nobody listens on now, for a throw-away server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def venv_program(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def _is_ours(name: str, value: str, environ: Mapping[str, str]) -> bool:
    """Whether a variable comes from sourcing an earlier .run/env, not from the caller."""
    digests = json.loads(environ.get(_DIGESTS, "{}"))
    return name == _DIGESTS or digests.get(name) == _digest(value)
