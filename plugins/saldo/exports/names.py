"""What files are called: `[nolog-]purchase-export-YYYYMMDD_HHMMSS-NNNN[-extension].xlsx`."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, tzinfo

from saldo.errors import DataRejected

#: Of what a person adds to a name.
LONGEST = 40
_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f]|\.\.|^\.")
_OTHERS = re.compile(r"[^A-Za-z0-9_-]+")
#: A name of one piece that no file system takes for something else.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9]+)?")


class BadName(DataRejected):
    """What a person wants in a file's name cannot stand there."""


def file_name(
    at_utc: datetime,
    sequence: int,
    *,
    extension: str | None,
    is_logged: bool,
    zone: tzinfo = UTC,
) -> str:
    """at_utc: when the file is made, with a time zone. sequence: the next number of all files, which keeps names apart. zone:
    that of the agreement, in which people read the name. extension: what a person wants to see in it. Raises BadName."""
    at = f"{at_utc.astimezone(zone):%Y%m%d_%H%M%S}"
    added = checked_extension(extension)
    parts = ["purchase-export", at, f"{sequence:04d}", *([added] if added else [])]
    return ("" if is_logged else "nolog-") + "-".join(parts) + ".xlsx"


def checked_extension(extension: str | None) -> str:
    """As it stands in a name: letters, digits, - and _; letters lose their accents, anything else becomes a hyphen.

    Empty where there is none. Raises BadName for what could lead to another folder (slashes, two dots, a dot at its
    beginning, control characters), for nothing but other signs, and for more than 40 characters.
    """
    if extension is None or not extension.strip():
        return ""
    plain = unicodedata.normalize("NFKD", extension.strip())
    if _UNSAFE.search(plain):
        raise BadName(
            f"ext: {extension!r} could lead to another folder; write letters, digits, - and _ only"
        )
    without_accents = "".join(sign for sign in plain if not unicodedata.combining(sign))
    added = _OTHERS.sub("-", without_accents).strip("-")
    if not added:
        raise BadName(f"ext: {extension!r} has no letter or digit of a-z, A-Z, 0-9; write some")
    if len(added) > LONGEST:
        raise BadName(
            f"ext: {extension[:LONGEST]!r}… has {len(added)} characters; write {LONGEST} at most"
        )
    return added


def is_safe_name(name: str) -> bool:
    """Whether it is a name of one piece that cannot lead to another folder, or be a hidden file."""
    return len(name) <= 200 and _NAME.fullmatch(name) is not None
