"""dlt in a virtual environment of its own, kept between runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stack.settings import PROJECT

from .children import ChildFailed, call

#: The newest at the time of writing; another version is another environment.
DLT_VERSION = "1.31.0"


class Dlt:
    """Installs dlt where it is not there yet; `run` is one lap."""

    def __init__(self, folder: Path, *, extras: str = "postgres") -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        # An environment of its own: what dlt loads to Postgres with stays as small as it comes.
        kind = "" if extras == "postgres" else f"-{extras.replace(',', '-')}"
        self._venv = cache / "saldo-bench" / f"dlt-{DLT_VERSION}{kind}-python-{version}"
        self._extras = extras
        self._folder = folder
        self._python = self._venv / "bin" / "python"

    def install(self) -> None:
        """Raises ChildFailed when the package index does not give it."""
        stamp = self._venv / "installed"
        if stamp.exists():
            return
        self._uv("venv", "-q", "--clear", "--python", sys.executable, str(self._venv))
        package = f"dlt[{self._extras}]=={DLT_VERSION}"
        self._uv("pip", "install", "-q", "--python", str(self._python), package)
        stamp.touch()

    def _uv(self, *arguments: str) -> None:
        uv = PROJECT / ".venv" / "bin" / "uv"
        done = subprocess.run([uv, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ChildFailed(
                f"dlt, the reference, could not be installed ({done.stderr.strip()[-500:]}). Check the "
                "network and the package index, or leave it out: make bench ONLY=agreement,dags"
            )

    def run(
        self, variant: str, *, dsn: str, url: str, rows: int, state: str, **more: Any
    ) -> dict[str, Any]:
        """One pipeline run. With the same `state` and database, the next one is a re-read. more: see dlt_pipeline."""
        return call(
            [str(self._python), str(Path(__file__).with_name("dlt_pipeline.py"))],
            {
                "variant": variant,
                "dsn": dsn,
                "url": url,
                "rows": rows,
                "workers": max(2, (os.cpu_count() or 2) - 1),
                "folder": str(self._folder / f"dlt-{state}"),
                **more,
            },
            environment={
                "PYTHONPATH": "",
                "HOME": str(self._folder),
                "DLT_DATA_DIR": str(self._folder / f"dlt-{state}-data"),
                "RUNTIME__DLTHUB_TELEMETRY": "false",
                "RUNTIME__LOG_LEVEL": "CRITICAL",
            },
        )
