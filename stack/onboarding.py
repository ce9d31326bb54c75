"""The verbs that try agreements and write their files, in the environment of the stack where there is one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence

from .settings import PROJECT, Settings, StackError, venv_program

VERBS = ("check", "lake", "agreement", "agreements", "template", "readers")
_PROGRAM = (venv_program("python"), "-m", "saldo.onboarding")
#: Airflow logs where people read: what it has to say below an error is not for the eyes.
_QUIET = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR"}


def run(verb: str, words: Sequence[str]) -> int:
    """Returns the exit code. Raises StackError where nothing says which Airflow is meant."""
    settings = Settings()
    environment = {**_QUIET, **os.environ, "PYTHONPATH": str(PROJECT / "plugins")}
    if settings.is_ours():
        environment |= {**settings.environment(settings.prepare()), **_QUIET}
    elif (
        verb in ("check", "lake", "readers") or "--agreement" in words
    ) and "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN" not in os.environ:
        raise StackError("there is no stack to ask; start it with `make up`")
    command = [*_PROGRAM, verb, *words]
    return subprocess.run(command, env=environment, check=False).returncode


def overview(environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """What keeps agreements from their nights, written while tonight's runs go on: it imports Airflow."""
    return subprocess.Popen(
        [*_PROGRAM, "overview"],
        env={**os.environ, **environment, **_QUIET},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
