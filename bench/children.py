"""Child processes of the benchmark: laps that must not share memory, and servers.

A lap reads its task as JSON from standard input and prints its result as JSON. Each has a session of
its own, so that Ctrl-C reaches this process alone, which then ends them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from stack.settings import PROJECT

_START_S = 600
_PATH = f"{PROJECT / 'plugins'}:{PROJECT / 'include'}:{PROJECT}"


class ChildFailed(Exception):
    """A child process ended badly; the text is the end of what it said."""


def python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def call(
    command: list[str], task: Mapping[str, Any], *, environment: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Run a lap to its end and return what it measured; raises ChildFailed."""
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": _PATH, **(environment or {})},
        start_new_session=True,
    )
    try:
        out, errors = child.communicate(json.dumps(task))
    finally:
        _end(child)
    if child.returncode:
        raise ChildFailed(f"{' '.join(command)} ended with {child.returncode}:\n{errors[-3000:]}")
    found: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    return found


@contextmanager
def server(
    command: list[str],
    *,
    health: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """A server while the block runs, from its first healthy answer on; raises ChildFailed."""
    log = folder / f"server-{time.monotonic_ns()}.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": _PATH, **(environment or {})},
            start_new_session=True,
        )
        try:
            _await(child, health, log)
            yield
        finally:
            _end(child)


def _await(child: subprocess.Popen[bytes], health: str, log: Path) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and child.poll() is None:
        try:
            if requests.get(health, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise ChildFailed(f"{' '.join(child.args)} did not start:\n{log.read_text()[-3000:]}")  # type: ignore[arg-type]


def _end(child: subprocess.Popen[Any]) -> None:
    """End a child and whatever it started; its session is its own."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is None:
            try:
                os.killpg(child.pid, sign)
                child.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
    if child.returncode:  # it failed or was ended: so may be what it started
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
