"""The agreement files as pages read them: all of them at each look, and parsed again only when one has changed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from saldo.agreements.loading import Agreements, agreement_files, load_agreements
from saldo.vendors import entity_names

_Stamp = tuple[str, int, int, int]


def agreements() -> Agreements:
    """All that can be read, switched off or not, and the broken ones."""
    return _read(_stamps())


def files_of(agreement_id: str) -> list[Path]:
    """The files that are named after it."""
    return [path for path in _paths() if path.name.split(".")[0] == agreement_id]


def _paths() -> list[Path]:
    return agreement_files(vendors=entity_names()).paths()


def _stamps() -> tuple[_Stamp, ...]:
    found = []
    for path in _paths():
        try:
            now = path.stat()
        except OSError:  # gone since the folder was listed
            continue
        found.append((str(path), now.st_mtime_ns, now.st_size, now.st_ino))
    return tuple(found)


@lru_cache(maxsize=1)
def _read(stamps: tuple[_Stamp, ...]) -> Agreements:
    return load_agreements(vendors=entity_names(), with_disabled=True)
