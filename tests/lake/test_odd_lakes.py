"""What else can become of a lake: another environment, a warehouse that was restored, a disk that is away, an upgrade in the
middle of a read, a clock that was ahead."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from saldo.lake import LakeWriter, records, writer
from saldo.lake.store import LakeUnavailable
from saldo.paths import SQL_DIR
from saldo.run_request import RunRequest
from saldo.warehouse.connection import Connection, connect
from tests.support import Company, Sandbox, night

from .support import assert_as_staging, digests, local, names, rows, write
from .test_exactly_once import assert_registered
from .test_upkeep import upkeep

ENTITIES = ("self", "accounts", "entries")
NOW = datetime(2026, 11, 29, 3, tzinfo=UTC)


@pytest.fixture
def company(sandbox: Sandbox) -> Company:
    return sandbox.company("odd", is_ledger_only=True, entries=200)


def a_night(dsn: str, company: Company, **more: Any) -> None:
    assert not night(dsn, company, entities=ENTITIES, **more).errors


def test_another_environment_is_another_lake(dsn: str, company: Company, tmp_path: Path) -> None:
    for day, environment in enumerate(("dev", "dev", "prod", "dev")):
        company.next_day()
        a_night(dsn, company)
        with connect(dsn) as connection:
            LakeWriter(
                connection, local(tmp_path), company.agreement, environment=environment,
                run_id="run", run_request=RunRequest(), kept_since=None, now=NOW + timedelta(days=day),
            ).run()  # fmt: skip
    kinds = {
        environment: sorted(
            path.name.split("-")[0]
            for path in (tmp_path / f"economic-{environment}" / company.id / "entries").iterdir()
        )
        for environment in ("dev", "prod")
    }
    assert kinds == {"dev": ["full_sync", "sync_changes", "sync_changes"], "prod": ["full_sync"]}
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)
    assert_registered(dsn, company, tmp_path)


def test_a_warehouse_that_was_restored_begins_new_sets(
    dsn: str, company: Company, tmp_path: Path, warehouse: Connection
) -> None:
    """What it wrote after the backup is in the lake, and it knows nothing of it."""
    for day in range(3):
        company.next_day()
        a_night(dsn, company)
        write(dsn, company, local(tmp_path), now=NOW + timedelta(days=day))
    warehouse.execute(
        "delete from ops.lake_file where agreement_id = %s and stamp > %s", [company.id, NOW]
    )
    a_night(dsn, company)
    write(dsn, company, local(tmp_path), now=NOW + timedelta(hours=1))
    found = names(tmp_path, company, "entries")
    assert [name.split("-")[0] for name in found] == [
        "full_sync", "sync_changes", "sync_changes", "full_sync",
    ]  # fmt: skip
    [note] = warehouse.execute(
        "select note from ops.lake_file where agreement_id = %s and entity = 'entries' order by stamp desc limit 1",
        [company.id],
    ).fetchone() or [None]
    assert note.startswith(
        "files are in the lake that this warehouse did not write, or has forgotten"
    )
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)
    write(dsn, company, local(tmp_path), now=NOW + timedelta(days=4))
    assert names(tmp_path, company, "entries") == found, "once is enough"


def test_upkeep_of_a_lake_whose_disk_is_away_touches_nothing(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    a_night(dsn, company)
    lake, aside = tmp_path / "lake", tmp_path / "aside"
    write(dsn, company, local(lake), now=NOW)
    kept = digests(lake)
    shutil.move(lake, aside)
    with pytest.raises(LakeUnavailable, match="Is its disk mounted"):
        upkeep(dsn, company, local(lake), NOW + timedelta(days=30), older_than=NOW)
    (lake / "economic-dev" / company.id).mkdir(parents=True)
    (lake / "economic-dev" / company.id / "somebody's file").touch()
    with pytest.raises(LakeUnavailable, match="Is its disk mounted"):
        write(dsn, company, local(lake), now=NOW + timedelta(days=1))
    shutil.rmtree(lake)
    shutil.move(aside, lake)
    assert write(dsn, company, local(lake), now=NOW + timedelta(days=1)).written.files == []
    assert digests(lake) == kept


def test_an_upgrade_in_the_middle_of_a_read_loses_no_record(
    dsn: str, company: Company, tmp_path: Path, warehouse: Connection
) -> None:
    """Before the migration nothing said by which change a payload was replaced; rows that an unfinished read has
    replaced are shown as they were."""
    a_night(dsn, company)
    before = {
        key
        for (key,) in warehouse.execute(
            "select source_key from staging.economic_entries where agreement_id = %s", [company.id]
        )
    }
    core = warehouse.execute(
        "select change_seq from ops.progress where agreement_id = %s and consumer = 'core' and source = 'entries'",
        [company.id],
    ).fetchone()
    assert core
    with warehouse.transaction():
        warehouse.execute(
            "insert into staging.history (vendor, entity, agreement_id, source_key, payload, payload_hash, landed_at, "
            "run_id, replaced_at, replaced_by, is_deletion) select 'economic', 'entries', agreement_id, source_key, payload, "
            "payload_hash, landed_at, run_id, clock_timestamp(), 'later', false from staging.economic_entries "
            "where agreement_id = %s order by source_key limit 40",
            [company.id],
        )
        warehouse.execute(
            'update staging.economic_entries set change_seq = %s, payload = payload || \'{"text": "later"}\' '
            "where agreement_id = %s and source_key in (select source_key from staging.history where agreement_id = %s)",
            [core[0] + 1_000_000, company.id, company.id],
        )
        text = (SQL_DIR / "migrations" / "0032_lake.sql").read_text()
        block = text[text.index("do $$") : text.index("$$;") + 3]
        warehouse.execute(block.encode())
    write(dsn, company, local(tmp_path))
    place = tmp_path / "economic-dev" / company.id / "entries"
    found = rows(place.iterdir())
    assert {str(row["entryNumber"]) for row in found} == before
    assert not [row for row in found if row["text"] == "later"]


def test_a_full_run_whose_core_failed_writes_no_full_file_of_what_was_before(
    dsn: str, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_night(dsn, company)
    write(dsn, company, local(tmp_path), now=NOW)
    company.next_day()
    full = RunRequest("full")
    with monkeypatch.context() as patched:

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("core")

        patched.setattr("saldo.landing.to_core", broken)
        with pytest.raises(RuntimeError, match="core"):
            night(dsn, company, entities=("self",), run_request=full)
        with pytest.raises(RuntimeError, match="core"):
            night(dsn, company, entities=("entries",), run_request=full)
    write(dsn, company, local(tmp_path), now=NOW + timedelta(days=1), run_request=full)
    kinds = [name.split("-")[0] for name in names(tmp_path, company, "entries")]
    assert kinds == ["full_sync"], "nothing that core has seen is new"
    a_night(dsn, company, run_request=full)
    write(dsn, company, local(tmp_path), now=NOW + timedelta(days=2), run_request=full)
    assert names(tmp_path, company, "entries")[-1].startswith("full_sync")
    assert_as_staging(dsn, company, tmp_path, *ENTITIES)


def test_an_entity_that_fails_in_a_way_nobody_thought_of_stops_no_other(
    dsn: str, company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_night(dsn, company)
    original = writer.batches

    def broken(connection: Any, file: Any, entity: Any) -> Any:
        if entity.name == "accounts":
            raise OverflowError("too large")
        return original(connection, file, entity)

    with monkeypatch.context() as patched:
        patched.setattr(writer, "batches", broken)
        with pytest.raises(OverflowError):
            write(dsn, company, local(tmp_path))
    assert names(tmp_path, company, "accounts") == []
    assert names(tmp_path, company, "entries") != []
    write(dsn, company, local(tmp_path))
    assert_registered(dsn, company, tmp_path)


def test_what_does_not_fit_is_named_a_hundred_times_and_counted(
    dsn: str, company: Company, tmp_path: Path, warehouse: Connection
) -> None:
    a_night(dsn, company)
    count = warehouse.execute(
        "update staging.economic_entries set payload = payload || '{\"remainder\": 1e15}' where agreement_id = %s",
        [company.id],
    ).rowcount
    assert count > 100
    done = write(dsn, company, local(tmp_path)).written
    assert f"{count} value(s) do not fit" in (done.note or "")
    assert len(done.problems) == 100


def test_long_rows_are_taken_in_smaller_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_BYTES_AT_ONCE", 1_000_000)
    rows = iter([b"x" * 10_000 + b"\n"] * 1_300)
    parts = []
    while part := records._joined(rows):
        parts.append(part.count(b"\n"))
    assert parts == [500, 500, 300]
    assert records._joined(iter([])) == b""


def test_a_lost_file_of_an_entity_that_is_left_out_is_not_promised(
    dsn: str, company: Company, tmp_path: Path
) -> None:
    a_night(dsn, company)
    write(dsn, company, local(tmp_path))
    (lost,) = (tmp_path / "economic-dev" / company.id / "accounts").iterdir()
    lost.unlink()
    of = company.agreement.model_copy(update={"exclude": ("accounts",)})
    with connect(dsn) as connection:
        again = LakeWriter(
            connection, local(tmp_path), of, environment="dev", run_id="run", run_request=RunRequest(),
            kept_since=None, now=NOW,
        )  # fmt: skip
        assert again.run() == []
    assert again.written.note == "nothing is new"
