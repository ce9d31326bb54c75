"""The examples of docs/reading-the-lake.md, run beside what staging holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from saldo.run_request import RunRequest
from saldo.vendors import entity_of
from saldo.warehouse.connection import connect
from tests.conftest import Cluster
from tests.maintenance.test_privacy import PERSON, Psql
from tests.support import PROJECT, Company, Sandbox, night
from tests.xledger import xledger_company

from .support import local, names, staged, write

PAGE = (PROJECT / "docs" / "reading-the-lake.md").read_text()
MACROS = (PROJECT / "include" / "lake" / "state_now.sql").read_text()
FULL = RunRequest("full")
_STAMP = "%Y%m%d_%H_%M_%S"
_FOLDER, _KEY = "lake/economic-prod/nordlys/entries", "['entryNumber']"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def sql(where: str) -> list[str]:
    return [block for block in blocks("sql") if block.startswith(f"-- {where}\n")]


@dataclass
class Lake:
    """A lake of these entities after some nights; the page's examples, with the entity of this company in place of the page's."""

    dsn: str
    company: Company
    root: Path
    entities: tuple[str, ...]
    seen: dict[str, Any] = field(default_factory=dict)
    #: How far apart names are, whatever the machine does in a second.
    nights: int = 0

    def night(self, run_request: RunRequest | None = None) -> None:
        asked = run_request or RunRequest()
        found = night(self.dsn, self.company, run_request=asked, entities=self.entities)
        assert not found.errors
        self.nights += 1
        now = datetime.now(UTC) + timedelta(minutes=self.nights)
        write(self.dsn, self.company, local(self.root), run_request=asked, now=now)

    def folder(self, entity: str, agreement: str | None = None) -> str:
        vendor = self.company.agreement.vendor
        return f"{self.root}/{vendor}-dev/{agreement or self.company.id}/{entity}"

    def filled_in(self, example: str, entity: str) -> str:
        key = list(entity_of(self.company.agreement.vendor, entity).key_parts)
        text = example.replace(_FOLDER, self.folder(entity)).replace(_KEY, str(key))
        return text.replace("lake/economic-prod/*/entries", self.folder(entity, "*"))

    def duckdb(self, example: str, entity: str) -> pa.Table:
        with duckdb.connect() as connection:
            connection.execute(MACROS)
            *before, last = filter(str.strip, self.filled_in(example, entity).split(";\n"))
            for statement in before:
                connection.execute(statement)
            return connection.sql(last).to_arrow_table()

    def python(self, entity: str) -> dict[str, Any]:
        """What the page's Python leaves behind."""
        found: dict[str, Any] = {}
        for example in blocks("python"):
            exec(self.filled_in(example, entity), found)
        return found

    def check(self) -> None:
        """By every example, the state now is the live rows of staging."""
        for entity in self.entities:
            found = self.python(entity)
            for name, table in (
                ("DuckDB", self.duckdb(sql("DuckDB")[0], entity)),
                ("pyarrow", found["arrow_state"]),
                ("pandas", pa.Table.from_pandas(found["pandas_state"], preserve_index=False)),
                ("polars", found["polars_state"].to_arrow()),
                ("follow", found["copy"].sql("from entries").to_arrow_table()),
                ("follow, night by night", self._followed(entity, found["follow"])),
            ):
                self.assert_is_staging(entity, name, table)

    def _followed(self, entity: str, follow: Callable[..., str]) -> pa.Table:
        copy, stamp = self.seen.setdefault(entity, (duckdb.connect(), ""))
        self.seen[entity] = copy, follow(copy, "entries", self.folder(entity), stamp)
        return copy.sql("from entries").to_arrow_table()

    def assert_is_staging(self, entity: str, name: str, table: pa.Table) -> None:
        declared = entity_of(self.company.agreement.vendor, entity)
        expected, found = staged(self.dsn, self.company, declared), table.to_pylist()
        by_key = {"|".join(str(row[part]) for part in declared.key_parts): row for row in found}
        assert len(found) == len(by_key), (entity, name)
        assert by_key.keys() == expected.keys(), (entity, name)
        for key, row in expected.items():
            differing = {n: (by_key[key][n], row[n]) for n in row if by_key[key][n] != row[n]}
            assert not differing, (entity, name, key, differing)

    def kinds(self, entity: str) -> set[str]:
        """Every mutationType there is in its files."""
        table = pa.concat_tables(map(pq.read_table, self.paths(entity)))
        return set(table["mutationType"].to_pylist())

    def paths(self, entity: str) -> list[Path]:
        return [Path(self.folder(entity)) / name for name in names(self.root, self.company, entity)]

    def merge(self, entity: str) -> None:
        """As files of changes are merged: beside those it replaces, with a stamp between theirs and the next one's."""
        *parts, following = (p for p in self.paths(entity) if p.name.startswith("sync_changes-"))
        key = entity_of(self.company.agreement.vendor, entity).key_parts
        table = pa.concat_tables(map(pq.read_table, parts))
        last = {tuple(row[part] for part in key): row for row in table.to_pylist()}
        stamp = _stamp(parts[-1]) + timedelta(seconds=1)
        assert len(parts) > 1
        assert stamp < _stamp(following)
        name = f"sync_changes-{stamp:{_STAMP}}-{entity}.parquet"
        merged = pa.Table.from_pylist(list(last.values()), table.schema)
        pq.write_table(merged, parts[0].with_name(name))
        for path in parts[:-1]:  # the others are still in their time of grace
            path.unlink()


def _stamp(path: Path) -> datetime:
    return datetime.strptime(path.name.split("-")[1], _STAMP).replace(tzinfo=UTC)


@pytest.fixture
def lake(sandbox: Sandbox, dsn: str, tmp_path: Path) -> Lake:
    entities = (
        "entries", "entry_dimensions", "draft_invoices", "draft_invoice_lines", "account_totals", "orders", "customers",
    )  # fmt: skip
    company = sandbox.company("reader", entries=600, currencies=["EUR"])
    return Lake(dsn, company, tmp_path, entities)


def test_the_state_now_is_what_staging_holds(lake: Lake) -> None:
    """Keys of several columns, names with dots, records that go, a second full_sync."""
    lake.night()
    lake.check()
    for run_request in (None, None, FULL, None):
        lake.company.next_day()
        lake.night(run_request)
        lake.check()
    for entity in ("draft_invoices", "draft_invoice_lines"):
        assert lake.kinds(entity) == {"ADDED", "UPDATED", "DELETED"}
    assert sum(path.name.startswith("full_sync-") for path in lake.paths("entries")) == 2


def test_records_that_come_back_and_merged_files(
    sandbox: Sandbox, dsn: str, tmp_path: Path
) -> None:
    """Xledger's project P1005 goes on day 4 and is back on day 5."""
    company = xledger_company(sandbox, "readers", entries=300)
    lake = Lake(dsn, company, tmp_path, ("projects", "timesheets", "transactions"))
    lake.night()
    for _ in range(6):
        company.next_day()
        lake.night()
        lake.check()
    files = [pq.read_table(path).to_pylist() for path in lake.paths("projects")]
    said = [row["mutationType"] for rows in files for row in rows if _is_back(row, files)]
    assert "DELETED" in said
    assert said.index("DELETED") < len(said) - 1 - said[::-1].index("ADDED")
    # A reader who has seen the first night only, and one who has seen all.
    late = duckdb.connect()
    follow = lake.python("projects")["follow"]
    seen = _stamp(lake.paths("projects")[1])
    for path in lake.paths("projects")[2:]:
        path.rename(path.with_suffix(".hidden"))
    assert follow(late, "entries", lake.folder("projects")) == f"{seen:{_STAMP}}"
    for path in Path(lake.folder("projects")).glob("*.hidden"):
        path.rename(path.with_suffix(".parquet"))
    for entity in lake.entities:
        lake.merge(entity)
    lake.check()
    follow(late, "entries", lake.folder("projects"), f"{seen:{_STAMP}}")
    lake.assert_is_staging("projects", "late", late.sql("from entries").to_arrow_table())


def _is_back(row: dict[str, Any], files: list[list[dict[str, Any]]]) -> bool:
    """Whether the record was deleted in one of the files, and is in the last of those that name it."""
    named = [r["mutationType"] for rows in files for r in rows if r["dbId"] == row["dbId"]]
    return "DELETED" in named and named[-1] != "DELETED"


def test_many_agreements_and_what_files_say_of_themselves(
    sandbox: Sandbox, dsn: str, tmp_path: Path
) -> None:
    lake, other = (
        Lake(dsn, sandbox.company("reader", entries=size), tmp_path, ("entries",))
        for size in (600, 900)
    )
    lake.night()
    other.night()
    _, many, said = sql("DuckDB")
    counts = {
        row["_agreement_id"]: row["records"] for row in lake.duckdb(many, "entries").to_pylist()
    }
    assert counts == {
        one.company.id: len(staged(dsn, one.company, entity_of("economic", "entries")))
        for one in (lake, other)
    }
    metadata = {row["name"]: row["value"] for row in lake.duckdb(said, "entries").to_pylist()}
    assert metadata["saldo.key"] == "entryNumber"
    assert metadata["saldo.agreement"] == lake.company.id


def test_the_manifest_names_the_files_to_take(lake: Lake) -> None:
    lake.entities = ("entries",)
    lake.night()
    first = lake.paths("entries")
    lake.company.next_day()
    lake.night()
    (text,) = sql("warehouse")
    text = text.replace("'nordlys'", f"'{lake.company.id}'")
    with connect(lake.dsn) as connection:
        found = connection.execute(text.encode(), {"seen": _stamp(first[-1])}).fetchall()
    assert [lake.root / path for path, *_ in found] == lake.paths("entries")[1:]


def test_personal_data_is_gone_when_old_files_are_deleted(
    lake: Lake, sandbox: Sandbox, cluster: Cluster
) -> None:
    """As the page says, for a supplier who was made anonymous at the vendor."""
    lake.entities = ("suppliers",)
    company, folder = lake.company, Path(lake.folder("suppliers"))
    lake.night()
    key = pq.read_table(lake.paths("suppliers")[0])["supplierNumber"][0].as_py()
    company.fault(
        "replace", match="rest/suppliers", times=9,
        find=rf'("supplierNumber": {key}\b.*?"name": )"[^"]*"', put=rf'\1"{PERSON}"',
    )  # fmt: skip
    lake.night(FULL)
    assert PERSON in _names(folder)
    sandbox.clear_faults()
    lake.night(FULL)
    Psql(cluster, lake.dsn).run(
        "erase", agreement=company.id, entity="suppliers", table="economic_suppliers", key=str(key)
    )
    *old, newest = lake.paths("suppliers")
    assert newest.name.startswith("full_sync-")
    for path in old:
        path.unlink()
    lake.night()
    assert PERSON not in _names(folder)
    lake.check()


def _names(folder: Path) -> set[str]:
    """In all files there are, hidden ones too."""
    return {name for path in folder.iterdir() for name in pq.read_table(path)["name"].to_pylist()}
