"""The check of a folder: what a run would come to, beside what it came to before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from saldo.files.companies import Companies
from saldo.files.places.folder import FolderSource
from saldo.files.places.source import Seen
from saldo.files.trial import Trial
from saldo.warehouse.connection import Connection
from tests.files.dropping import Drop
from tests.support import Company, Sandbox, agreement

HEAD = "Konto;Koncernkonto\n"


@pytest.fixture
def drop(warehouse: Connection, sandbox: Sandbox, tmp_path: Path) -> Drop:
    warehouse.execute(
        "delete from ops.file; delete from staging.file_account_mapping; delete from ops.watermark where subject_kind = 'file'; "
        "delete from core.account_mapping"
    )
    company = Company(sandbox, "tried", 1)
    return Drop(warehouse, tmp_path, company, values={"kind": "account_mapping"})


def tried(drop: Drop) -> dict[str, str]:
    """Of each file what is wrong, or nothing."""
    of = drop.configuration()
    source = FolderSource(LocalFileSystem(auto_mkdir=False), str(drop.folder), of)
    companies = Companies([agreement(drop.company.id)], of.agreement)
    trial = Trial(drop.connection, of, source, companies, {})
    before = rows(drop)
    found = {
        one.file.name: str(one.rejected or "")
        for one in trial.files(source.changes(Seen()).changed)
    }
    assert rows(drop) == before  # nothing of it is kept
    return found


def rows(drop: Drop) -> list[Any]:
    return [
        drop.connection.execute(f"select * from {table} order by 1, 2".encode()).fetchall()
        for table in ("ops.file", "staging.file_account_mapping", "core.account_mapping", "ops.file_number")
    ]  # fmt: skip


def test_mappings_are_tried_beside_what_the_others_say(drop: Drop) -> None:
    drop.put("a.csv", f"{HEAD}1010;A\n")
    drop.put("b.csv", f"{HEAD}1310;B\n")
    assert tried(drop) == {"a.csv": "", "b.csv": ""}
    drop.look(with_facts=False)
    # What counts is good, and so is what would take its place.
    assert tried(drop) == {"a.csv": "", "b.csv": ""}
    drop.put("a.csv", f"{HEAD}1310;A\n")
    drop.put("b.csv", f"{HEAD}1010;B\n")
    assert tried(drop) == {"a.csv": "", "b.csv": ""}
    assert sorted(drop.look(with_facts=False).accepted) == ["a.csv", "b.csv"]
    # Renamed, it is another file, and the one it was is gone.
    (drop.folder / "b.csv").rename(drop.folder / "c.csv")
    # Two that are new and say the same.
    drop.put("d.csv", f"{HEAD}1320;D\n")
    drop.put("e.csv", f"{HEAD}1320;E\n")
    found = tried(drop)
    assert {name for name, wrong in found.items() if wrong} == {"e.csv"}
    assert "which d.csv (line 2, column 1) maps, too" in found["e.csv"]
