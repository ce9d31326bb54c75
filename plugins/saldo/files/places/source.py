"""Where files lie, whatever it is: what of them is new, what is gone, and a file's content.

What was seen is kept as plain values (`Seen`). A file that is new stays owed until somebody says that it has been dealt with, so that
a run which is killed, or a download which fails, leaves it for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import BinaryIO, Protocol, Self

from saldo.declarations.source import Usage
from saldo.errors import BadResponse
from saldo.graph.address import same

from ..configuration import ENDINGS

#: Office keeps one beside every open workbook.
_LOCK = "~$"


@dataclass(frozen=True)
class File:
    """A file as it lies there. id: stays when it is renamed in SharePoint; in a folder it is the name.

    version: changes when the content does: a hash, or what stands for one. size: bytes. etag: of its place, for ops.file.
    modified_by: an address, a name, or nothing.
    """

    id: str
    name: str
    version: str
    size: int
    etag: str = ""
    modified_at: datetime | None = None
    modified_by: str = ""

    def is_as(self, other: File) -> bool:
        """Whether it is the same version under the same name: a name may say the year."""
        return (self.name, self.version) == (other.name, other.version)


class FileGone(BadResponse):
    """A file that was listed is not there any more: somebody has deleted or moved it meanwhile."""

    @property
    def family(self) -> str:
        """The next run finds it gone, and nothing is wrong."""
        return "BadResponse"


@dataclass(frozen=True)
class Seen:
    """What a source has shown so far; nothing, for a place that was never looked at.

    files: by id. owed: ids of those nobody has dealt with in this version.
    """

    files: Mapping[str, File] = field(default_factory=dict)
    owed: tuple[str, ...] = ()

    def dealt_with(self, file: File) -> Self:
        """The same once this version of a file was taken or refused: it does not come again."""
        owed = tuple(id for id in self.owed if id != file.id)
        return replace(self, files={**self.files, file.id: file}, owed=owed)

    def owing(self, ids: Iterable[str] | None = None) -> Self:
        """The same with these files owed, too; all of them where none are named: they come again."""
        more = self.files if ids is None else [id for id in ids if id in self.files]
        return replace(self, owed=tuple(dict.fromkeys([*self.owed, *more])))


@dataclass(frozen=True)
class Changes:
    """changed: to be read now, in order of name. gone: deleted, moved away, or no longer called as the configuration says.

    unchanged: how many are as they were. seen: to be kept with what was done, file by file by `dealt_with`.
    """

    changed: tuple[File, ...]
    gone: tuple[File, ...]
    unchanged: int
    seen: Seen

    def beside(self, ids: Iterable[str]) -> Self:
        """The same with these files to be read, too, as far as they are there."""
        known = {file.id for file in self.changed}
        more = [self.seen.files[id] for id in ids if id in self.seen.files and id not in known]
        changed = sorted([*self.changed, *more], key=_order)
        unchanged = self.unchanged - len(more)
        return replace(
            self,
            changed=tuple(changed),
            unchanged=unchanged,
            seen=self.seen.owing(file.id for file in more),
        )


class FileSource(Protocol):
    """A place of files. usage: what was asked of it."""

    usage: Usage

    def changes(self, seen: Seen) -> Changes:
        """What is new since; nothing is downloaded."""
        ...

    def fetch(self, file: File, into: BinaryIO, *, max_bytes: int) -> File:
        """Its content into `into` (seekable, emptied first, left at its start), and which version that is: it may have
        been saved again since it was listed. Raises FileGone, TooLarge, Unavailable."""
        ...


def is_meant(name: str, pattern: str) -> bool:
    """Whether a file of that name is one of the configuration's. Case makes no difference; lock files never are."""
    return not name.startswith(_LOCK) and fnmatchcase(same(name), same(pattern))


def can_be_read(name: str) -> bool:
    """Whether a file of that name could be one of any configuration."""
    return not name.startswith(_LOCK) and same(name).endswith(ENDINGS)


def there(files: Iterable[File], pattern: str, seen: Seen) -> dict[str, File]:
    """Those of a folder's files that are meant, by id. An empty one is being saved: it is as it was, or not there yet."""
    meant = [file for file in files if is_meant(file.name, pattern)]
    found = {file.id: file for file in meant if file.size}
    for file in meant:
        if not file.size and file.id in seen.files:
            found[file.id] = seen.files[file.id]
    return found


def compared(seen: Seen, now: Mapping[str, File]) -> Changes:
    """seen: what was there before. now: every file that is there and meant, by id."""
    owed = {
        id
        for id, file in now.items()
        if id in seen.owed or id not in seen.files or not file.is_as(seen.files[id])
    }
    changed = sorted((now[id] for id in owed), key=_order)
    gone = tuple(file for id, file in seen.files.items() if id not in now)
    kept = Seen(dict(now), tuple(file.id for file in changed))
    return Changes(tuple(changed), gone, len(now) - len(changed), kept)


def _order(file: File) -> tuple[str, str]:
    return same(file.name), file.id


def on_disk(name: str) -> str:
    """A name without anything that leads elsewhere, and short enough for a disk."""
    stem, dot, ending = (
        name.replace("/", "_").replace("\\", "_").replace("\x00", "_").rpartition(".")
    )
    while len(stem.encode()) > 200:
        stem = stem[:-1]
    return f"{stem}{dot}{ending[:10]}"
