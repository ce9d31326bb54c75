"""What the tasks of an agreement read and write, by the declarations and the headers of the SQL files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from saldo.agreements.agreement import Agreement
from saldo.runs.sync_run import Counts
from saldo.transform.headers import core_files
from saldo.transform.lineage import tables_read
from saldo.transform.mart.writer import Changes
from saldo.vendors.vendor import Vendor

from .datasets import Flow, Warehouse, served, stored


def of_landing(
    vendor: Vendor,
    entities: Sequence[str],
    addresses: Mapping[str, str],
    warehouse: Warehouse,
    counts: Mapping[str, Sequence[Counts]],
) -> Flow:
    """From the vendor's API into staging and core.

    addresses: field of the connection's form -> base address. counts: entity -> what each time it was landed, as far
    as the task has come: a whole may be landed again for its parts.
    """
    inputs, outputs = [], {}
    for name in dict.fromkeys([*entities, *counts]):
        entity, done = vendor.entity(name), counts.get(name)
        address = addresses[vendor.served_at(entity)]
        rows = sum(each.read for each in done) if done else None
        inputs.append(served(entity, address, rows=rows))
        staging = f"staging.{vendor.name}_{name}"
        rows = sum(each.changed for each in done) if done else None
        outputs[staging] = warehouse.table(staging, rows=rows)
        for file in core_files(vendor.name, name):
            outputs[file.target] = warehouse.table(file.target)
    return Flow(tuple(inputs), tuple(outputs.values()))


def of_facts(vendor: Vendor, warehouse: Warehouse, changes: Mapping[str, Changes]) -> Flow:
    """From core into the mart. changes: table of the mart, without its schema -> rows that were written."""
    read = tables_read(vendor)
    inputs = sorted(frozenset().union(*read.values()) - read.keys())
    outputs = []
    for table in read:
        done = changes.get(table.removeprefix("mart."))
        rows = done.inserted + done.updated + done.deleted if done else None
        outputs.append(warehouse.table(table, rows=rows))
    return Flow(tuple(map(warehouse.table, inputs)), tuple(outputs))


def of_lake(
    vendor: Vendor,
    agreement: Agreement,
    warehouse: Warehouse,
    folder: str,
    rows: Mapping[str, int] | None,
) -> Flow:
    """From staging into the files of the lake, a folder for each entity. folder: of the agreement, with the lake's
    address. rows: entity -> rows that were written, None before anything was."""
    names = [entity.name for entity in vendor.wanted(agreement)]
    return Flow(
        tuple(warehouse.table(f"staging.{vendor.name}_{name}") for name in names),
        tuple(
            stored(f"{folder}/{name}", rows=None if rows is None else rows.get(name, 0))
            for name in names
        ),
    )
