"""The words the tests of the lake are written in: a lake in a folder, and what must be true of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import fsspec
import pyarrow.parquet as pq

from saldo.declarations.entity import Entity
from saldo.lake import LakeWriter, Store
from saldo.lake.columns import Column, columns_of
from saldo.run_request import RunRequest
from saldo.vendors import entity_of
from saldo.warehouse.connection import connect
from tests.support import Company


def local(folder: Path) -> Store:
    return Store(fsspec.filesystem("file"), str(folder), f"file://{folder}")


def fetch(store: Store, path: str, into: Path) -> None:
    """Copy a file of the lake to this machine, as readers do."""
    store._fs.get_file(store.place(path), str(into))


def write(
    dsn: str,
    company: Company,
    store: Store,
    *,
    run_request: RunRequest | None = None,
    kept_since: datetime | None = None,
    now: datetime | None = None,
    run_id: str | None = None,
    may_be_empty: bool = False,
) -> LakeWriter:
    """What the task does after a night; raises the first error of an entity."""
    with connect(dsn) as connection:
        writer = LakeWriter(
            connection, store, company.agreement, environment="dev", run_id=run_id or company.run_id,
            run_request=run_request or RunRequest(), kept_since=kept_since, now=now or datetime.now(UTC),
        )  # fmt: skip
        errors = writer.run(may_be_empty=may_be_empty)
    if errors:
        raise errors[0]
    return writer


def names(folder: Path, company: Company, entity: str) -> list[str]:
    """What readers see of an entity, in the order of the names' times."""
    place = folder / f"{company.agreement.vendor}-dev" / company.id / entity
    return sorted((path.name for path in place.glob("*")), key=lambda name: name.split("-")[1])


def rows(paths: Iterable[Path]) -> list[dict[str, Any]]:
    return [row for path in paths for row in pq.read_table(path).to_pylist()]


def state_now(folder: Path, company: Company, entity: str) -> dict[str, dict[str, Any]]:
    """As a reader works it out: the newest full_sync and what came after it, the last row of a key counts."""
    place = folder / f"{company.agreement.vendor}-dev" / company.id / entity
    found = [place / name for name in names(folder, company, entity)]
    last = max(n for n, path in enumerate(found) if path.name.startswith("full_sync-"))
    keys = entity_of(company.agreement.vendor, entity).key_parts
    state: dict[str, dict[str, Any]] = {}
    for row in rows(found[last:]):
        key = "|".join(str(row[part]) for part in keys)
        if row["mutationType"] == "DELETED":
            state.pop(key, None)
        else:
            state[key] = row
    return state


# --- what staging holds, typed by other code than the lake's -------------------------------------


def assert_as_staging(dsn: str, company: Company, folder: Path, *entities: str) -> None:
    """The state now is the live rows of staging, value by value."""
    for name in entities or company.entities:
        entity = entity_of(company.agreement.vendor, name)
        expected = staged(dsn, company, entity)
        found = state_now(folder, company, name)
        assert found.keys() == expected.keys(), name
        for key, row in expected.items():
            differing = {n: (found[key][n], row[n]) for n in row if found[key][n] != row[n]}
            assert not differing, (name, key, differing)


def staged(dsn: str, company: Company, entity: Entity) -> dict[str, dict[str, Any]]:
    with connect(dsn) as connection:
        found = connection.execute(
            f"select source_key, payload::text, run_id, landed_at from staging.{company.agreement.vendor}_{entity.name} "
            "where agreement_id = %s and deleted_at is null",
            [company.id],
        ).fetchall()
    return {
        key: _row(entity, payload)
        | {"_agreement_id": company.id, "_run_id": run_id, "mutatedAt": landed_at}
        for key, payload, run_id, landed_at in found
    }


def _row(entity: Entity, payload: str) -> dict[str, Any]:
    record = json.loads(payload, parse_float=Decimal, parse_int=Decimal)
    return {column.name: _typed(column, record) for column in columns_of(entity.record)}


def _typed(column: Column, record: Any) -> Any:
    value = record
    for step in column.path:
        value = value.get(step) if isinstance(value, dict) else None
    if value is None:
        return None
    match column.kind:
        case "int":
            return int(value)
        case "money":
            return Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP)
        case "exact":
            return Decimal(value).quantize(Decimal("1e-10"), ROUND_HALF_UP)
        case "date":
            return date.fromisoformat(value[:10])
        case "instant":
            return datetime.fromisoformat(value).astimezone(UTC)
        case "string":
            return value if isinstance(value, str) else _Json(value)
        case _:
            return value


class _Json:
    """Equal to any text that says the same in JSON."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return json.loads(str(other), parse_float=Decimal, parse_int=Decimal) == self.value

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(str(self.value))


def digests(folder: Path) -> dict[str, str]:
    """Of every file there is, hidden ones too."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
