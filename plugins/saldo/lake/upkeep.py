"""What the weekly maintenance does to a lake: small files of changes become one, what nobody needs any more goes.

A file is first retired, which readers of ops.lake_file see at once, and removed a time of grace later: who reads by a
list of names made before has finished by then. Only what is superseded is ever retired: by a file that holds the
same changes, or by a newer full_sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from saldo.agreements.agreement import Agreement
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, exclusive

from .manifest import LakeFile
from .store import Store
from .writer import LakeWriter

#: Readers finish within so many days.
GRACE_DAYS = 7
#: Sets that stay, however old: the newest full_sync with what came after it, and so many before.
_SETS_KEPT = 2
#: Files of changes become one when so many are older than so many days; none grows beyond so many bytes.
_FILES, _DAYS, _BYTES = 8, 7, 256 * 1024 * 1024


@dataclass
class Done:
    """Files that were made one, retired because a newer set is there, and removed."""

    compacted: int = 0
    retired: int = 0
    removed: int = 0
    bytes: int = 0


def keep_up(
    connection: Connection,
    store: Store,
    writer: LakeWriter,
    agreement: Agreement,
    *,
    older_than: datetime | None,
    now: datetime,
) -> Done:
    """Compact, retire and remove, for one agreement. older_than: superseded sets from before then may go; None: they
    stay. Can be run again at any time. Raises LakeUnavailable and ConfigError."""
    done = Done()
    writer.find_lost()  # a disk that is away is told, before what is not there is taken for removed
    wanted = {entity.name: entity for entity in VENDORS[agreement.vendor].wanted(agreement)}
    for name in writer.manifest.entities():
        with exclusive(connection, agreement.id, f"the lake's {name}"):
            files = writer.manifest.files(name)
            old = superseded(files, older_than)
            writer.manifest.retire(old, now=now)
            done.retired += len(old)
            # Of an agreement that is not written any more nothing new is written either.
            for group, stamp in groups(files, now) if agreement.lake and name in wanted else ():
                done.compacted += writer.compact(wanted[name], group, stamp)
    for file in writer.manifest.removable(before=now - timedelta(days=GRACE_DAYS)):
        store.remove(file.path)
        writer.manifest.removed(file, now=now)
        done.removed, done.bytes = done.removed + 1, done.bytes + (file.bytes or 0)
    return done


def superseded(files: Sequence[LakeFile], older_than: datetime | None) -> list[LakeFile]:
    """Files of sets that are neither the newest nor one of the few before it, and old enough. files: of one entity."""
    fulls = [file for file in files if file.kind == "full_sync" and file.state == "published"]
    if older_than is None or len(fulls) <= _SETS_KEPT:
        return []
    first_kept = fulls[-_SETS_KEPT].stamp
    return [file for file in files if file.stamp < first_kept and file.stamp < older_than]


def groups(files: Sequence[LakeFile], now: datetime) -> Iterator[tuple[list[LakeFile], datetime]]:
    """Files of changes to be made one, each with the time of its name: after the last of them, before the next."""
    full = max((n for n, file in enumerate(files) if file.kind == "full_sync"), default=len(files))
    rest = list(files[full + 1 :])
    if any(file.state != "published" for file in files):
        return  # the next night writes what is owed
    group: list[LakeFile] = []
    for file, after in zip_longest(rest, rest[1:]):
        is_old = file.stamp < now - timedelta(days=_DAYS)
        is_small = sum(one.bytes or 0 for one in (*group, file)) <= _BYTES
        stamp = file.stamp + timedelta(seconds=1)
        if not is_old:
            return
        if not is_small:
            group = []
            continue
        group.append(file)
        if len(group) >= _FILES and (after is None or stamp < after.stamp):
            yield group, stamp
            group = []
