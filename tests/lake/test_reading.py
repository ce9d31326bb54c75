"""The examples of docs/reading-the-lake.md, run beside what staging holds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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
from tests.support import PROJECT, Company, Sandbox, night
from tests.xledger import xledger_company

from .support import local, names, staged, write

PAGE = (PROJECT / "docs" / "reading-the-lake.md").read_text()
MACROS = (PROJECT / "include" / "lake" / "state_now.sql").read_text()
FULL = RunRequest("full")
_FOLDER, _KEY = "lake/economic-prod/nordlys/entries", "['entryNumber']"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def sql(where: str) -> list[str]:
    return [block for block in blocks("sql") if block.startswith(f"-- {where}\n")]


@dataclass
class Lake:
    """A lake after some nights; the page's examples, with the entity of this company in place of the page's."""

    dsn: str
    company: Company
    root: Path
    entities: tuple[str, ...]
    seen: dict[str, Any] = field(default_factory=dict)

    def night(self, run_request: RunRequest | None = None) -> None:
        asked = run_request or RunRequest()
        assert not night(self.dsn, self.company, run_request=asked).errors
        write(self.dsn, self.company, local(self.root), run_request=asked)

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
            return connection.execute(last).to_arrow_table()

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
                ("follow", found["copy"].execute("from entries").to_arrow_table()),
                ("follow, night by night", self._followed(entity, found["follow"])),
            ):
                self.assert_is_staging(entity, name, table)

    def _followed(self, entity: str, follow: Callable[..., str]) -> pa.Table:
        copy, stamp = self.seen.setdefault(entity, (duckdb.connect(), ""))
        self.seen[entity] = copy, follow(copy, "entries", self.folder(entity), stamp)
        return copy.execute("from entries").to_arrow_table()

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
        return [
            Path(self.folder(entity)) / name for name in names(self.root, self.company, entity)
        ]

    def merge(self, entity: str) -> None:
        """As files of changes are merged: beside those it replaces, with a stamp right after theirs."""
        *parts, last = [p for p in self.paths(entity) if p.name.startswith("sync_changes-")]
        table, key = (
            pa.concat_tables(map(pq.read_table, parts)),
            list(entity_of(self.company.agreement.vendor, entity).key_parts),
        )
        rows = {tuple(row[part] for part in key): row for row in table.to_pylist()}
        stamps = [
            datetime.strptime(p.name.split("-")[1], "%Y%m%d_%H_%M_%S").replace(tzinfo=UTC)
            for p in (parts[-1], last)
        ]
        stamp = stamps[0] + timedelta(seconds=1)
        assert stamp < stamps[1]
        merged = pa.Table.from_pylist(list(rows.values()), table.schema)
        name = f"sync_changes-{stamp:%Y%m%d_%H_%M_%S}-{entity}.parquet"
        pq.write_table(merged, parts[0].with_name(name))


@pytest.fixture
def lake(sandbox: Sandbox, dsn: str, tmp_path: Path) -> Lake:
    company = sandbox.company("reader", entries=600, currencies=["EUR"])
    entities = (
        "entries", "entry_dimensions", "draft_invoices", "draft_invoice_lines", "account_totals", "orders", "customers",
    )  # fmt: skip
    return Lake(dsn, company, tmp_path, entities)


def test_the_state_now_is_what_staging_holds(lake: Lake) -> None:
    lake.night()
    lake.check()
    for _ in range(2):
        lake.company.next_day()
        lake.night()
        lake.check()
    lake.night(FULL)
    lake.company.next_day()
    lake.night()
    lake.check()
    kinds = [lake.kinds(entity) for entity in ("draft_invoices", "draft_invoice_lines")]
    assert kinds == [{"ADDED", "UPDATED", "DELETED"}] * 2
    assert sum(path.name.startswith("full_sync-") for path in lake.paths("entries")) == 2


