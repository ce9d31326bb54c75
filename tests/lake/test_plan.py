"""Which file comes next, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saldo.lake.manifest import LakeFile
from saldo.lake.plan import NextFile, Standing, next_file
from saldo.run_request import RunRequest
from tests.support import agreement

NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)
AUTO, FULL = RunRequest(), RunRequest("full")


def file(
    kind: str, from_seq: int, to_seq: int, *, days_ago: float = 1, schema: str = "h"
) -> LakeFile:
    at = NOW - timedelta(days=days_ago)
    return LakeFile(
        to_seq, "a", "economic", "entries", "full_sync" if kind == "f" else "sync_changes", "p", at, schema,
        from_seq, to_seq, at if kind == "f" else None, "r", "published", at, 1, 1, "sha", None,
    )  # fmt: skip


FIRST = [file("f", 0, 10)]
WEEK = [file("f", 0, 10, days_ago=7), file("c", 10, 14, days_ago=6), file("c", 14, 20, days_ago=1)]
AHEAD = [file("f", 0, 10, days_ago=-400)]
DAY_AGO, NOW_READ = NOW - timedelta(days=1), NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("files", "standing", "more", "kind", "from_seq"),
    [
        ([], Standing(10, NOW_READ), {}, "full_sync", 0),
        ([], Standing(0, NOW_READ), {}, "full_sync", 0),
        (FIRST, Standing(10, DAY_AGO), {}, None, 0),
        (FIRST, Standing(12, DAY_AGO), {}, "sync_changes", 10),
        # A set that is read whole every night has a new file of all of it when its cadence says so.
        (FIRST, Standing(12, NOW_READ), {}, "sync_changes", 10),
        (FIRST, Standing(10, NOW_READ), {}, None, 0),
        (FIRST, Standing(12, NOW_READ), {"cadence": "daily"}, "full_sync", 0),
        (WEEK, Standing(22, NOW_READ), {}, "full_sync", 0),
        (WEEK, Standing(20, NOW_READ), {}, "full_sync", 0),
        (WEEK, Standing(22, NOW - timedelta(days=7)), {}, "sync_changes", 20),
        (WEEK, Standing(22, NOW_READ), {"cadence": "never"}, "sync_changes", 20),
        (WEEK, Standing(22, NOW_READ), {"cadence": "monthly"}, "sync_changes", 20),
        (WEEK, Standing(22, NOW_READ), {"cadence": "never", "request": FULL}, "full_sync", 0),
        # mode full, but of other entities: nothing was read of this one.
        (FIRST, Standing(10, DAY_AGO), {"request": FULL}, None, 0),
        (FIRST, Standing(10, DAY_AGO), {"schema": "other"}, "full_sync", 0),
        (WEEK[::2], Standing(22, None), {}, "full_sync", 0),
        (WEEK[1:], Standing(22, None), {}, "full_sync", 0),
        (FIRST, Standing(12, DAY_AGO), {"foreign": NOW}, "full_sync", 0),
        (FIRST, Standing(12, DAY_AGO), {"foreign": NOW - timedelta(days=2)}, "sync_changes", 10),
        # A clock that was ahead: what it wrote is from a day still to come.
        (AHEAD, Standing(12, NOW_READ), {}, "full_sync", 0),
        (AHEAD, Standing(12, NOW_READ), {"request": FULL, "cadence": "never"}, "full_sync", 0),
        (FIRST, Standing(12, DAY_AGO), {"kept_since": NOW}, "full_sync", 0),
        (FIRST, Standing(12, DAY_AGO), {"kept_since": NOW - timedelta(days=9)}, "sync_changes", 10),
    ],
)  # fmt: skip
def test_the_file_that_comes_next(
    files: list[LakeFile], standing: Standing, more: dict[str, Any], kind: str | None, from_seq: int
) -> None:
    found: NextFile | None = next_file(
        files,
        standing,
        more.get("schema", "h"),
        agreement("a", full_refresh=more.get("cadence", "weekly")),
        more.get("request", AUTO),
        kept_since=more.get("kept_since"),
        now=NOW,
        foreign=more.get("foreign"),
    )
    assert (found and (found.kind, found.from_seq)) == (kind and (kind, from_seq))
    assert not found or (found.note is not None) == (kind == "full_sync")
