"""Airflow's API server with Saldo's plugin, as the stack starts it; no scheduler, no other process."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from stack.settings import Settings, venv_program
from tests.conftest import Cluster, free_port
from tests.support import PROJECT, Sandbox, write_agreement

PASSWORDS = {"admin": "of-admin", "vera": "of-vera", "nora": "of-nora"}


@dataclass
class Server:
    """An API server; `folder` holds its agreement files."""

    url: str
    folder: Path
    log: Path

    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, user: str) -> str:
        if user not in self.tokens:
            body = {"username": user, "password": PASSWORDS[user]}
            answer = requests.post(f"{self.url}/auth/token", json=body, timeout=30)
            answer.raise_for_status()
            self.tokens[user] = answer.json()["access_token"]
        return self.tokens[user]

    def get(self, path: str, user: str | None = "vera", **headers: str) -> requests.Response:
        """As a program with a token; header names are written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            sent["Authorization"] = f"Bearer {self.token(user)}"
        return requests.get(f"{self.url}{path}", headers=sent, timeout=60, allow_redirects=False)

    def browse(self, path: str, user: str | None = "vera") -> requests.Response:
        """As a browser, logged in or not."""
        return requests.get(
            f"{self.url}{path}",
            headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
            cookies={"_token": self.token(user)} if user else {},
            timeout=60,
            allow_redirects=False,
        )

    def write_agreement(self, id: str, **more: Any) -> None:
        write_agreement(self.folder, id, **more)


@pytest.fixture(scope="module")
def start_server(
    cluster: Cluster, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Server]]:
    """Start an API server with these connections: id -> what AIRFLOW_CONN_<ID> holds."""
    started: list[subprocess.Popen[bytes]] = []

    def start(connections: dict[str, dict[str, Any]]) -> Server:
        folder = tmp_path_factory.mktemp("api")
        (folder / "agreements").mkdir()
        ports = {
            "SALDO_PG_PORT": cluster.settings.ports.postgres, "SALDO_UI_PORT": free_port(),
            "SALDO_SANDBOX_PORT": int(sandbox.url.rpartition(":")[2]), "SALDO_SMTP_PORT": free_port(),
        }  # fmt: skip
        settings = Settings(
            {
                **{name: str(port) for name, port in ports.items()},
                "SALDO_RUN_DIR": str(folder / "run"),
                "SALDO_AGREEMENTS_DIR": str(folder / "agreements"),
                "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,vera:viewer,nora:viewer",
                "AIRFLOW__CORE__AUTH_MANAGER": "tests.api.narrow.NarrowAuthManager",
                "PYTHONPATH": f"{PROJECT / 'plugins'}:{PROJECT}",
                "SALDO_ALLOW_PRODUCTION_KEYS": "of_the_pilot",
                **{f"AIRFLOW_CONN_{k.upper()}": json.dumps(v) for k, v in connections.items()},
            }
        )
        settings.prepare()
        settings.passwords_file.write_text(json.dumps(PASSWORDS))
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "SALDO"))}
        environ = {**inherited, **settings.environment(cluster.keys)}
        log = folder / "log"
        with log.open("wb") as out:
            migrated = subprocess.run(
                [venv_program("airflow"), "db", "migrate"],
                env=environ, stdout=out, stderr=out, check=False,
            )  # fmt: skip
            assert migrated.returncode == 0, log.read_text()[-3000:]
            started.append(
                subprocess.Popen(
                    [venv_program("airflow"), "api-server"],
                    env=environ,
                    stdout=out,
                    stderr=out,
                    cwd=folder,
                    start_new_session=True,
                )
            )
        server = Server(settings.ui_url, folder / "agreements", log)
        _wait_for(server)
        return server

    yield start
    for process in started:
        os.killpg(process.pid, 9)  # nothing of it is kept
        process.wait(30)


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            requests.get(f"{server.url}/api/v2/version", timeout=2).raise_for_status()
            return
        except requests.RequestException:
            time.sleep(0.3)
    raise TimeoutError(server.log.read_text()[-3000:])
