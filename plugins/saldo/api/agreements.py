"""The agreement files, as whoever asks finds them: looked at with each request, and parsed again only when one has changed."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import lru_cache

from saldo.agreements.agreement import Agreement
from saldo.agreements.loading import Agreements, agreement_dirs, load_agreements
from saldo.vendors import entity_names

from .answers import Problem

_Stamp = tuple[str, int, int, int]


def agreements() -> Agreements:
    """All that can be read, switched off or not, and the broken ones."""
    return _read(_stamps())


def agreement_of(agreement_id: str) -> Agreement:
    """The one that a path names; a file that was switched off a moment ago is off. An id that nobody has costs no more than one that
    is there: anybody may send it. Raises Problem 404."""
    for one in agreements().good:
        if one.id == agreement_id and one.enabled:
            return one
    raise Problem(
        404, "No such agreement", f"There is no enabled agreement {agreement_id!r} in Saldo."
    )


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
