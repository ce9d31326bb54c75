"""What is in the lake beside what the manifest says is there: one listing a run."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .manifest import LakeFile, Manifest
from .store import LakeUnavailable, Store

#: So many files may vanish all at once by hand; more are a disk that is away.
_FEW = 2
_NAME = re.compile(r"(?:full_sync|sync_changes)-(\d{8}_\d\d_\d\d_\d\d)-(\w+)\.parquet")


@dataclass(frozen=True)
class Look:
    """lost: files that were published and are gone, or have another size. foreign: entity -> the time in the name of the
    newest file that this warehouse knows nothing of. seen: paths there are."""

    lost: list[LakeFile] = field(default_factory=list)
    foreign: dict[str, datetime] = field(default_factory=dict)
    seen: frozenset[str] = frozenset()


def look(
    manifest: Manifest, store: Store, entities: Collection[str], *, may_be_empty: bool = False
) -> Look:
    """Of these entities. Raises LakeUnavailable when none of many files is there, and nobody said that this may be: a disk
    that is not mounted is an empty folder."""
    # In this order: what another run publishes meanwhile is neither lost nor foreign.
    published = [file for file in manifest.files() if file.state == "published"]
    sizes = store.sizes(manifest.folder)
    is_away = not any(file.path in sizes for file in published)
    if is_away and len(published) > _FEW and not may_be_empty:
        raise LakeUnavailable(
            f"none of the {len(published)} files of {manifest.agreement_id} is in the lake {store.url}. Is its disk "
            f"mounted? If they were deleted, write them again: make lake AGREEMENT={manifest.agreement_id}"
        )
    lost = [
        file for file in published if file.entity in entities and sizes.get(file.path) != file.bytes
    ]
    return Look(lost, _foreign(manifest, sizes), frozenset(sizes))


def _foreign(manifest: Manifest, paths: Collection[str]) -> dict[str, datetime]:
    """A warehouse that was restored has forgotten what it wrote since; so has one that shares its lake with another."""
    found: dict[str, datetime] = {}
    for path in manifest.unknown(paths):
        name = _NAME.fullmatch(path.rpartition("/")[2])
        if name and path.startswith(f"{manifest.folder}/{name[2]}/"):
            stamp = datetime.strptime(name[1], "%Y%m%d_%H_%M_%S").replace(tzinfo=UTC)
            found[name[2]] = max(stamp, found.get(name[2], stamp))
    return found
