"""A Power BI service of our own and its log-in, started for a test, and the connection that leads to it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.certificates import write_certificate
from tests.conftest import free_port
from tests.powerbi.service import CLIENT, SECRET, TENANT
from tests.support import PROJECT


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Its address. Over TLS: Microsoft's library asks no identity provider without it. folder: of its certificate."""
    key, certificate = write_certificate(folder)
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "uvicorn", "--app-dir", str(PROJECT), "tests.powerbi.service:app",
            "--host", "127.0.0.1", "--port", str(port), "--no-access-log",
            "--timeout-graceful-shutdown", "1", "--ssl-keyfile", str(key), "--ssl-certfile", str(certificate),
        ],
    )  # fmt: skip
    found = f"https://127.0.0.1:{port}"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            requests.get(f"{found}/play", timeout=1, verify=certificate)
            break
        except requests.RequestException:
            time.sleep(0.1)
    try:
        yield found
    finally:
        process.terminate()
        process.wait(10)


def connection_to(service: str, secret: str = SECRET) -> dict[str, Any]:
    """As Airflow writes connections in JSON: all that the provider needs to ask another service than Microsoft's."""
    extra = {
        "tenant_id": TENANT, "authority": f"{service}/login", "base_url": f"{service}/v1.0",
        "disable_instance_discovery": True, "verify": False, "allowed_hosts": "127.0.0.1",
    }  # fmt: skip
    return {"conn_type": "powerbi", "login": CLIENT, "password": secret, "extra": extra}
