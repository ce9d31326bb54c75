"""Task logs on this machine's disk that are older than they are kept."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

#: How many of the files that could not be removed are named.
_NAMED = 5


@dataclass
class Removed:
    """kept: files too young to go; failed: what could not be removed, and why."""

    files: int = 0
    bytes: int = 0
    kept: int = 0
    failed: list[str] = field(default_factory=list)


def prune_logs(folder: Path, before: Callable[[str], datetime | None]) -> Removed:
    """Remove log files not written to since then, and folders that are empty afterwards.

    before: of the first folder below (dag_id=saldo_watch, dag_processor, ...), None keeps it. Only files whose
    name has .log in it go, links are not followed. A file that is gone already is no trouble.
    """
    removed = Removed()
    if not folder.is_dir():
        return removed
    for part in sorted(folder.iterdir()):
        if part.is_symlink() or not part.is_dir():
            continue
        limit = before(part.name)
        if limit is not None:
            _prune(part, limit.timestamp(), removed)
    return removed


def _prune(folder: Path, limit: float, removed: Removed) -> None:
    # Looked at before anything is removed, since that makes a folder young again. One in which something
    # was begun lately stays: its log may not have been opened yet.
    found = [(place, os.stat(place).st_mtime, names) for place, _, names in os.walk(folder)]
    for place, changed, names in reversed(found):
        for name in names:
            if ".log" in name:
                _remove(Path(place) / name, limit, removed)
        if changed < limit and Path(place) != folder:
            with suppress(OSError):  # it is not empty
                os.rmdir(place)


def _remove(file: Path, limit: float, removed: Removed) -> None:
    try:
        found = file.lstat()
        if found.st_mtime >= limit:
            removed.kept += 1
            return
        file.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        if len(removed.failed) < _NAMED:
            removed.failed.append(f"{file}: {error.strerror or error}")
        return
    removed.files += 1
    removed.bytes += found.st_size
