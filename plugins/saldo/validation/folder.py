"""The folder of data docs: <folder>/<agreement>/<run>/, the newest runs of every agreement.

Where machines do not share it, pages are where the task ran; ops.validation_result has the same
findings for all. Nothing here needs the library.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

#: Runs of an agreement whose pages are kept.
KEEP = 14
INDEX = "index.html"
#: Where the API server shows them: see saldo.api.data_docs.
ROUTE = "/saldo/data-docs"
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")


def data_docs_dir() -> Path:
    """SALDO_DATA_DOCS_DIR, else data_docs in SALDO_RUN_DIR, else saldo/data_docs in AIRFLOW_HOME."""
    chosen = os.environ.get("SALDO_DATA_DOCS_DIR")
    if chosen:
        return Path(chosen)
    if os.environ.get("SALDO_RUN_DIR"):
        return Path(os.environ["SALDO_RUN_DIR"]) / "data_docs"
    return Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser() / "saldo" / "data_docs"


def run_path(agreement_id: str, run_id: str) -> str:
    """<agreement>/<run> without characters that mean something in a path or an address."""
    return f"{agreement_id}/{_ODD.sub('-', run_id).strip('.-') or 'run'}"


def address(path: str) -> str:
    """Where a person opens the pages of a run."""
    return f"{ROUTE}/{path}/{INDEX}"


def write(directory: Path, path: str, pages: dict[str, str]) -> None:
    """Write the pages of a run, in place of those an earlier try wrote, and drop the oldest runs.

    Raises OSError, for example when the disk is full.
    """
    folder = directory / path
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, html in pages.items():
        (folder / name).write_text(html, encoding="utf-8")
    prune(folder.parent)


def prune(folder: Path, keep: int = KEEP) -> None:
    """Leave the newest runs of an agreement."""
    runs = sorted(
        (run for run in folder.iterdir() if run.is_dir()), key=lambda run: run.stat().st_mtime
    )
    for run in runs[:-keep]:
        shutil.rmtree(run, ignore_errors=True)
