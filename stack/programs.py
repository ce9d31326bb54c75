"""Programs that `make up` runs and waits for."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from tempfile import TemporaryFile

from rich.console import Console

from .settings import StackError, venv_program


def migrate_warehouse(environment: Mapping[str, str], console: Console) -> None:
    """Tells whom it waits for while it waits. Raises StackError when it did not succeed."""
    command = [venv_program("python"), "-m", "saldo.warehouse"]
    with (
        TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as migrating,
    ):  # fmt: skip
        for told in migrating.stdout or ():
            console.print(f"    {told.rstrip()}", markup=False)
        if migrating.wait():
            errors.seek(0)
            raise StackError(f"the warehouse was not migrated: {errors.read().strip()[-3000:]}")


def run_program(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        what = " ".join(command[1:3])
        raise StackError(f"{what} failed:\n{(done.stdout + done.stderr).strip()[-3000:]}")
