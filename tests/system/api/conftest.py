"""The API server of the running stack, asked as programs and browsers ask it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from tests.support import Sandbox
from tests.system.running import Stack


@dataclass
class Server:
    """The stack's API server, and the log-ins of its users."""

    stack: Stack
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.stack.url

    def token(self, user: str) -> str:
        if user not in self.tokens:
            body = {"username": user, "password": self.stack.password(user)}
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

    def ask(self, path: str) -> Any:
        """What Airflow's own API answers its admin."""
        answer = requests.get(
            f"{self.url}{path}",
            headers={"Authorization": f"Bearer {self.token('admin')}"},
            timeout=60,
        )
        answer.raise_for_status()
        return answer.json()


@pytest.fixture(scope="package")
def server(stack: Stack, first: subprocess.CompletedProcess[str]) -> Server:
    return Server(stack)


@pytest.fixture(scope="package")
def sandbox(stack: Stack, first: subprocess.CompletedProcess[str]) -> Sandbox:
    """The stack's own."""
    return stack.sandbox


@pytest.fixture(scope="package")
def dsn(stack: Stack, first: subprocess.CompletedProcess[str]) -> str:
    """The stack's warehouse."""
    return stack.dsn
