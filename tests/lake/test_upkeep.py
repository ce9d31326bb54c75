"""Small files become one, superseded sets go, and readers always find the state now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from saldo.agreements.agreement import Agreement
from saldo.lake import LakeWriter, Store
from saldo.lake.manifest import LakeFile, Manifest
from saldo.lake.upkeep import GRACE_DAYS, Done, groups, keep_up, superseded
from saldo.run_request import RunRequest
from saldo.warehouse.connection import connect
from tests.support import Company, Sandbox, night

from .support import assert_as_staging, digests, local, names, write

ENTITIES = ("self", "accounts", "entries")
NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


def upkeep(
    dsn: str,
    company: Company,
    store: Store,
    now: datetime,
    *,
    older_than: datetime | None = None,
    has_lake: bool = True,
) -> Done:
    agreement: Agreement = company.agreement.model_copy(update={"lake": has_lake})
    with connect(dsn) as connection:
        writer = LakeWriter(
            connection, store, agreement, environment="dev", run_id="upkeep", run_request=RunRequest(),
            kept_since=None, now=now,
        )  # fmt: skip
        return keep_up(connection, store, writer, agreement, older_than=older_than, now=now)


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("upkept", is_ledger_only=True, entries=300)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three files become one, so that tests need not wait for eight."""
    monkeypatch.setattr("saldo.lake.upkeep._FILES", 3)


def days(dsn: str, company: Company, folder: Path, first: int, last: int) -> None:
    for day in range(first, last):
        company.next_day()
        assert not night(dsn, company, entities=ENTITIES).errors
        write(dsn, company, local(folder), now=NOW + timedelta(days=day))


def test_small_files_become_one_and_go_after_the_time_of_grace(
    dsn: str, company: Company, tmp_path: Path, few: None
) -> None:
    days(dsn, company, tmp_path, 0, 5)
    before = names(tmp_path, company, "entries")
    assert [name.split("-")[0] for name in before] == ["full_sync"] + 4 * ["sync_changes"]
    done = upkeep(dsn, company, local(tmp_path), NOW + timedelta(days=18))
    assert done.compacted >= 3
    assert done.removed == 0
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)
    # Readers by name see both for a while; those of the manifest see only the new one.
    both = names(tmp_path, company, "entries")
    assert set(before) < set(both)
    days(dsn, company, tmp_path, 19, 20)
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)
    done = upkeep(dsn, company, local(tmp_path), NOW + timedelta(days=19 + GRACE_DAYS))
    assert done.removed >= 3
    after = names(tmp_path, company, "entries")
    assert len(after) == len(before) + 1 - 3 + 1
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)
    lost = write(dsn, company, local(tmp_path), now=NOW + timedelta(days=30)).written.lost
    assert lost == 0, "what was removed on purpose is not missed"


@pytest.mark.parametrize("step", ["publish", "published", "retire"])
def test_a_compaction_that_is_killed_is_finished_by_the_next_night(
    dsn: str,
    company: Company,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    few: None,
    step: str,
) -> None:
    days(dsn, company, tmp_path, 0, 5)
    owner = Store if step == "publish" else Manifest

    class Killed(BaseException):
        pass

    def killed(*_: object, **more: object) -> None:
        if step != "retire" or more.get("by"):
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(owner, step, killed)
        with pytest.raises(Killed):
            upkeep(dsn, company, local(tmp_path), NOW + timedelta(days=18))
    days(dsn, company, tmp_path, 20, 21)
    upkeep(dsn, company, local(tmp_path), NOW + timedelta(days=18))
    upkeep(dsn, company, local(tmp_path), NOW + timedelta(days=28))
    kinds = [name.split("-")[0] for name in names(tmp_path, company, "entries")]
    assert kinds.count("full_sync") == 1, "no new set began"
    assert len(kinds) == 5, "what was made one is gone, and its successor made one with the next"
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)


def test_superseded_sets_go_and_the_two_newest_stay(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    for week in range(4):
        company.next_day()
        now = NOW + timedelta(days=7 * week)
        night(dsn, company, entities=ENTITIES, run_request=RunRequest("full"))
        write(dsn, company, local(tmp_path), now=now, run_request=RunRequest("full"))
        days(dsn, company, tmp_path, 7 * week + 1, 7 * week + 2)
    kinds = [name.split("-")[0] for name in names(tmp_path, company, "entries")]
    assert kinds == 4 * ["full_sync", "sync_changes"]
    late = NOW + timedelta(days=60)
    assert upkeep(dsn, company, local(tmp_path), late, older_than=None).retired == 0
    assert upkeep(dsn, company, local(tmp_path), late, older_than=late).retired > 0
    kept = digests(tmp_path)
    assert upkeep(dsn, company, local(tmp_path), late).removed == 0
    assert digests(tmp_path) == kept
    upkeep(dsn, company, local(tmp_path), late + timedelta(days=GRACE_DAYS, hours=1))
    kinds = [name.split("-")[0] for name in names(tmp_path, company, "entries")]
    assert kinds == 2 * ["full_sync", "sync_changes"]
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)


def test_a_lake_that_is_not_written_any_more_is_pruned_and_not_compacted(
    dsn: str, company: Company, tmp_path: Path, few: None
) -> None:
    """`lake: false` again, or the agreement is switched off: what is retired goes all the same."""
    days(dsn, company, tmp_path, 0, 5)
    before = names(tmp_path, company, "entries")
    late = NOW + timedelta(days=60)
    assert upkeep(dsn, company, local(tmp_path), late, has_lake=False).compacted == 0
    with connect(dsn) as connection:
        connection.execute(
            "update ops.lake_file set retired_at = %s where agreement_id = %s and entity = 'entries' "
            "and kind = 'sync_changes'",
            [late, company.id],
        )
    later = late + timedelta(days=GRACE_DAYS, hours=1)
    assert upkeep(dsn, company, local(tmp_path), later, has_lake=False).removed == len(before) - 1
    assert names(tmp_path, company, "entries") == before[:1]


# --- which files, as tables ----------------------------------------------------------------------


def files(kinds: str, *, bytes: int = 1000, every: timedelta = timedelta(days=1)) -> list[LakeFile]:
    """f: full_sync, c: sync_changes; one a day from NOW on."""
    return [
        LakeFile(
            n, "a", "economic", "entries", "full_sync" if kind == "f" else "sync_changes", f"p{n}",
            NOW + n * every, "h", n * 10, n * 10 + 10, None, "r", "published", NOW + n * every, 1,
            bytes, "sha", None,
        )
        for n, kind in enumerate(kinds)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kinds", "days_later", "more", "expected"),
    [
        ("f", 30, {}, []),
        ("fccccccc", 60, {}, []),
        ("fcccccccc", 60, {}, [(1, 8)]),
        ("fcccccccc", 14, {}, []),
        ("fccccccccc", 60, {}, [(1, 8)]),
        ("f" + 16 * "c", 60, {}, [(1, 8), (9, 16)]),
        ("fccccccccfc", 60, {}, []),
        ("f" + 9 * "c", 60, {"bytes": 2**28}, []),
        ("f" + 12 * "c", 60, {"bytes": 2**25}, [(1, 8)]),
        # Names a second apart leave no room for another between them.
        ("f" + 9 * "c", 60, {"every": timedelta(seconds=1)}, [(1, 9)]),
        ("cccccccccc", 60, {}, []),
    ],
)
def test_which_files_become_one(
    kinds: str, days_later: int, more: dict[str, object], expected: list[tuple[int, int]]
) -> None:
    there = files(kinds, **more)  # type: ignore[arg-type]
    found = list(groups(there, NOW + timedelta(days=days_later)))
    assert [(g[0].lake_file_id, g[-1].lake_file_id) for g, _ in found] == expected
    for group, stamp in found:
        later = [file.stamp for file in there if file.stamp > group[-1].stamp]
        assert group[-1].stamp < stamp
        assert all(stamp < other for other in later)


@pytest.mark.parametrize(
    ("kinds", "older_than_day", "expected"),
    [
        ("fccf", 100, 0), ("fccfccfc", 100, 3), ("fccfccfc", 2, 2), ("fccfccfc", None, 0), ("f", 100, 0),
        ("fcfcfcf", 100, 4),
    ],
)  # fmt: skip
def test_which_files_are_superseded(kinds: str, older_than_day: int | None, expected: int) -> None:
    limit = None if older_than_day is None else NOW + timedelta(days=older_than_day)
    assert len(superseded(files(kinds), limit)) == expected
