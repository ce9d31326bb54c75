"""The connection type of Microsoft Graph is the Microsoft provider's: that it is there, and that its Test works
with the fields docs/connections.md names, against a Graph and an identity provider of our own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.certificates import write_certificate
from tests.conftest import free_port
from tests.support import PROJECT

SECRET = "sandbox-secret-app-all"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sandbox over TLS: Microsoft's library asks no identity provider without it."""
    key, certificate = write_certificate(tmp_path_factory.mktemp("tls"))
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", "--app-dir", str(PROJECT / "include"),
            "sandbox.app:app", "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
            "--ssl-keyfile", str(key), "--ssl-certfile", str(certificate),
        ],
    )  # fmt: skip
    found = f"https://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            requests.get(f"{found}/sandbox/health", timeout=1, verify=certificate)
            break
        except requests.RequestException:
            time.sleep(0.1)
    yield found
    process.terminate()
    process.wait(10)


#: What differs from a connection that works -> what the Test says.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "good": ({}, "Connection successfully tested"),
    # What the form stores of fields that are left empty.
    "form": (
        {
            "drive_id": None, "certificate_path": None, "certificate_data": None, "proxies": None,
            "api_version": "v1.0", "trust_env": True,
        },
        "Connection successfully tested",
    ),
    # Provider 15.2.1; once this fails, docs/connections.md need not ask for it any more.
    "base_url": ({"base_url": None}, "'NoneType' object has no attribute 'strip'"),
    "secret": ({"password": "wrong"}, "AADSTS7000215"),
    "client": ({"login": "nobody"}, "AADSTS700016"),
    "expired": (
        {"login": "app-old-secret", "password": "sandbox-secret-app-old-secret"}, "AADSTS7000222",
    ),
    "graph": ({"base_url": "https://127.0.0.1:1/v1.0"}, "All connection attempts failed"),
    "authority": ({"authority": "https://127.0.0.1:1"}, "Cannot connect to host 127.0.0.1:1"),
}  # fmt: skip
_TEST_ALL = """
import json, sys
from airflow.providers.microsoft.azure.hooks.msgraph import KiotaRequestAdapterHook as Hook
print(json.dumps({id: Hook(conn_id=id).test_connection() for id in sys.argv[1:]}))
"""


@pytest.fixture(scope="module")
def told(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, str]]:
    """In a process of its own: the hook leaves sessions behind, which complain when they are collected."""
    environ = {**os.environ, "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
    for id, (other, _) in CASES.items():
        connection = {"conn_type": "msgraph", "login": "app-all", "password": SECRET}
        extra = {
            "tenant_id": "fjordgruppen.example", "authority": f"{url}/entra",
            "base_url": f"{url}/graph/v1.0", "disable_instance_discovery": True, "verify": False,
            "allowed_hosts": "127.0.0.1",
        }  # fmt: skip
        for name, value in other.items():
            (connection if name in connection else extra)[name] = value
        environ[f"AIRFLOW_CONN_{id.upper()}"] = json.dumps({**connection, "extra": extra})
    done = subprocess.run(
        [sys.executable, "-c", _TEST_ALL, *CASES],
        env=environ, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    (line,) = [line for line in done.stdout.splitlines() if line.startswith('{"')]
    found: dict[str, tuple[bool, str]] = json.loads(line)
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_providers_own_test_works(told: dict[str, tuple[bool, str]], case: str) -> None:
    is_good, text = told[case]
    assert is_good == (case in ("good", "form")), text
    assert CASES[case][1] in text
    assert "sandbox-secret" not in text
