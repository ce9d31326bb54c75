"""The agreement files as pages read them: all of them at each look, and parsed again only when one has changed."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from saldo.agreements.loading import Agreements, agreement_dirs, agreement_files, load_agreements
from saldo.vendors import entity_names

_Stamp = tuple[str, int, int, int]


def agreements() -> Agreements:
    """All that can be read, switched off or not, and the broken ones."""
    return _read(_stamps())


def files_of(agreement_id: str) -> list[Path]:
    """The files that are named after it."""
    paths = agreement_files(vendors=entity_names()).paths()
    return [path for path in paths if path.name.split(".")[0] == agreement_id]


def _stamps() -> tuple[_Stamp, ...]:
    """What tells whether a file has changed; asked of the folder in one go, since pages ask with each request."""
    found = []
    for directory in agreement_dirs():
        with (
            suppress(OSError),
            os.scandir(directory) as entries,
        ):  # a folder that is not there holds none
            for entry in entries:
                with suppress(OSError):  # gone since the folder was listed
                    now = entry.stat()
                    found.append((entry.path, now.st_mtime_ns, now.st_size, now.st_ino))
    return tuple(sorted(found))


@lru_cache(maxsize=1)
def _read(stamps: tuple[_Stamp, ...]) -> Agreements:
    return load_agreements(vendors=entity_names(), with_disabled=True)
