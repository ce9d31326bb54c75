"""`make down` and `make up` after it: nothing keeps running, everything is kept. After all others, which need the stack."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import psycopg
import pytest
import requests

from tests.support import Company, assert_true, whole_suite
from tests.system.running import Stack

pytestmark = pytest.mark.timeout(600)


def test_down_ends_what_a_killed_supervisor_left(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    supervisor = int((stack.run_dir / "supervisord.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)
    time.sleep(0.5)
    assert stack.processes()
    assert stack.make("down").returncode == 0
    assert stack.processes() == set()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(stack.dsn, connect_timeout=2)
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{stack.sandbox.url}/sandbox", timeout=2)


@whole_suite
def test_up_after_down_keeps_the_data(
    stack: Stack, first: subprocess.CompletedProcess[str]
) -> None:
    stack.make("down")
    again = stack.make("up")
    assert again.returncode == 0, again.stdout
    assert_true(stack.dsn, Company(stack.sandbox, "nordlys", 0))
