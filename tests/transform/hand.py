"""Recorded books put into staging by hand, without a client: what a test changes in `records` is there after the next night."""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any

from saldo.run_request import RunRequest
from saldo.runs import watermark
from saldo.transform.core import to_core
from saldo.transform.facts import refresh
from saldo.transform.mart.writer import Changes
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection
from tests.recorded import Recorded, key_of
from tests.support import agreement

_numbers = itertools.count(1)


class Hand:
    def __init__(self, connection: Connection, vendor: str, name: str) -> None:
        self.connection, self.vendor = connection, VENDORS[vendor]
        self.agreement = agreement(f"{name}{next(_numbers)}", vendor=vendor)
        self.id = self.agreement.id
        self.records = Recorded.golden(vendor).records

    def record(self, entity: str, **fields: Any) -> dict[str, Any]:
        """The one with these fields."""
        [found] = [r for r in self.records[entity] if fields.items() <= r.items()]
        return found  # type: ignore[no-any-return]

    def add(self, entity: str, like: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Another record, like this one but for these fields."""
        made = {**like, **fields}
        self.records[entity].append(made)
        return made

    def night(self, *entities: str) -> dict[str, Changes]:
        """Of these entities, of all where none is named."""
        for entity in self.vendor.entities:
            if not entities or entity.name in entities:
                self._stage(entity.name)
                to_core(self.connection, self.vendor.name, entity, self.id, everything=False)
        return self.refresh()

    def refresh(self, mode: str = "auto") -> dict[str, Changes]:
        return refresh(self.connection, self.agreement, RunRequest(mode))  # type: ignore[arg-type]

    def is_as_rebuilt(self) -> bool:
        """Whether a rebuild of all facts changes nothing."""
        changed = {name for name, found in self.refresh("full").items() if found.total}
        assert changed == set()
        return True

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Of a query that takes the agreement's id as %(id)s."""
        return self.connection.execute(query.encode(), {"id": self.id}).fetchall()

    def say(self, table: str, **values: Any) -> None:
        """A row of core that no entity gives."""
        names, marks = ", ".join(values), ", ".join("%s" for _ in values)
        self.connection.execute(
            f"insert into core.{table} (agreement_id, change_seq, {names}) "
            f"values (%s, nextval('core.change_seq'), {marks})".encode(),
            [self.id, *values.values()],
        )

    def _stage(self, name: str) -> None:
        [entity] = (e for e in self.vendor.entities if e.name == name)
        table, run = f"staging.{self.vendor.name}_{name}", self.connection.execute
        run(f"create table if not exists {table} (like staging.template including all)".encode())
        [(change,)] = run("select nextval('staging.change_seq')").fetchall()
        held = {key_of(entity, record): json.dumps(record) for record in self.records.get(name, [])}
        for key, text in held.items():
            run(
                f"insert into {table} as s (agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq) "
                "values (%s, %s, %s, %s, '2026-01-01', 'hand', %s) on conflict (agreement_id, source_key) do update set "
                "payload = excluded.payload, payload_hash = excluded.payload_hash, deleted_at = null, "
                "change_seq = excluded.change_seq "
                "where s.payload_hash <> excluded.payload_hash or s.deleted_at is not null".encode(),
                [self.id, key, text, hashlib.blake2b(text.encode()).digest(), change],
            )
        run(
            f"update {table} set deleted_at = '2026-01-02', change_seq = %s where agreement_id = %s "
            "and deleted_at is null and source_key <> all (%s)".encode(),
            [change, self.id, list(held)],
        )
        watermark.save_progress(self.connection, self.id, "staging", {name: change})
