"""The SELECTs of core and mart over what staging held at a past moment: how the ledger looked then.

Nothing is written twice: the files that make core and the facts are put together as one statement of common table
expressions, in which every table of core is a step, and staging is what `staging.records_as_of` gives. The warehouse keeps it
(`ops.replay`), so that reports ask for a past ledger by SQL alone (`mart.journal_entries_as_of`). docs/as-of.md
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from psycopg import sql

from saldo.vendors.vendor import Vendor
from saldo.warehouse import catalogue
from saldo.warehouse.connection import Connection
from saldo.warehouse.upsert import Output, outputs_of

from . import texts
from .derived import derived_files
from .headers import Transform, core_transforms
from .mart.declaration import Declaration
from .mart.given import given_by
from .mart.parsing import declared

#: What the statement takes: the agreement's id and key, and how far each entity of staging had been followed.
_TAKEN = {"agreement_id": "$1", "agreement_key": "$2"}
_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_CORE = re.compile(r"\b(core|mart)\.([a-z_]+)\b(?!\s*\()")
#: Accounts and members that no record has any more are kept by core, and by what is posted on them.
_KEPT = ("core.account", "core.dimension_member")
_LEDGER = "core.ledger_entry"
#: The columns of fact_journal_entries that follow from the ledger itself.
COLUMNS = (
    "journal_entry_key", "agreement_key", "agreement_id", "entry_number", "voucher_key", "voucher_number", "journal_number",
    "entry_type", "event_type", "date", "date_key", "accounting_year", "period", "period_key", "account_key",
    "account_number", "account_name", "department_key", "department_number", "project_key", "customer_key", "supplier_key",
    "vat_key", "vat_code", "text", "currency", "amount", "base_currency", "amount_base", "due_date", "remainder",
    "remainder_base", "invoice_number", "is_opening",
)  # fmt: skip
#: The columns of core.ledger_entry in which a posting is what it is. What it has in dimensions (departments) lies elsewhere.
SAID = (
    "voucher_number", "date", "account_number", "text", "currency", "amount", "amount_base", "vat_code", "project_number",
    "customer_number", "supplier_number", "invoice_number", "due_date",
)  # fmt: skip


@dataclass(frozen=True)
class _Step:
    """A table of core: the files that give its rows, which of them are made of core itself."""

    table: str
    files: tuple[Transform, ...]
    are_derived: bool


def remember(connection: Connection, vendor: Vendor) -> None:
    """Put the statements of a vendor where functions of the warehouse find them, when they are others than these."""
    if "ledger_entry" not in vendor.fills:
        return
    checksum = _checksum(vendor.name)
    known = connection.execute(
        "select checksum = %s from ops.replay where vendor = %s", [checksum, vendor.name]
    ).fetchone()
    if known and known[0]:
        return
    with connection.transaction():
        connection.execute(
            "insert into ops.replay as r (vendor, checksum, entities, entries, changes) "
            "values (%s, %s, %s, %s, %s) on conflict (vendor) do update set checksum = excluded.checksum, "
            "entities = excluded.entities, entries = excluded.entries, changes = excluded.changes",
            [
                vendor.name, checksum, list(_entities(vendor.name)), entries(connection, vendor.name),
                changes(connection, vendor.name),
            ],
        )  # fmt: skip


def entries(connection: Connection, vendor: str) -> str:
    """The SELECT of an agreement's postings as they were: COLUMNS of $1 agreement_id, $2 agreement_key, $3 entity ->
    change sequence."""
    fact, period = declared("fact_journal_entries"), declared("dim_period")
    parameters = {"agreement_id": "", "agreement_key": 0}
    steps = _steps(vendor, {*fact.transform.reads, *period.transform.reads} - {"core.key_map"})
    chosen = "changed as (select e.entry_number from core.ledger_entry as e where not e.is_deleted)"
    rows = _rows(connection, _with_steps(fact, chosen), parameters)
    tables = ", ".join(
        [
            *_tables(connection, vendor, steps),
            f"mart_dim_period as ({_at(_rows(connection, period, parameters), steps)})",
            # Which documents there were is not known any more.
            "no_mart_dim_document as (select * from mart.dim_document where false)",
        ]
    )
    text = _at(
        rows,
        steps,
        {"mart.dim_period": "mart_dim_period", "mart.dim_document": "no_mart_dim_document"},
    )
    return f"with {tables} select {', '.join(f'r.{name}' for name in COLUMNS)} from ({text}) as r"


def changes(connection: Connection, vendor: str) -> str:
    """The SELECT of an agreement's postings that are others than they were: entry_number, then SAID as they are (n_…) and
    as they were (o_…), NULL where there is none. $3 as for `entries`, $4 the same of now.

    Where postings are records themselves, only those that changed since are looked at."""
    steps = _steps(vendor, {_LEDGER})
    [ledger] = (step for step in steps if step.table == _LEDGER)
    if ledger.are_derived:
        then, now = (
            f"with {', '.join(_tables(connection, vendor, steps, reached))} select * from core_ledger_entry"
            for reached in ("$3", "$4")
        )
    else:
        then, now = (
            f"with {_some(connection, vendor, ledger, which)} select * from core_ledger_entry"
            for which in ("then", "now")
        )
    said = ", ".join(f"n.{c} as n_{c}, o.{c} as o_{c}" for c in SAID)
    new, old = (", ".join(f"{alias}.{name}" for name in SAID) for alias in ("n", "o"))
    return (
        f"select coalesce(n.entry_number, o.entry_number) as entry_number, n.entry_number is null as is_removed, "
        f"o.entry_number is null as is_added, {said} "
        f"from (select e.* from ({now}) as e where not e.is_deleted) as n "
        f"full join (select e.* from ({then}) as e where not e.is_deleted) as o on o.entry_number = n.entry_number "
        f"where row({new}) is distinct from row({old})"
    )


def _rows(connection: Connection, file: Declaration, parameters: Mapping[str, Any]) -> str:
    table = catalogue.table(connection, file.target)
    return given_by(connection, file, table, parameters).rows().as_string(connection)


def _with_steps(file: Declaration, changed: str) -> Declaration:
    """The file with its steps inside its SELECT."""
    steps = [changed, *(f"{step.name} as ({step.select}\n)" for step in file.steps)]
    return replace(file, select=f"with {', '.join(steps)} {file.select}", new_keys=(), steps=())


def _tables(
    connection: Connection, vendor: str, steps: Sequence[_Step], reached: str = "$3"
) -> Iterator[str]:
    """A common table expression for each entity of staging, then for each table of core."""
    own = {file.entity for step in steps if not step.are_derived for file in step.files}
    for entity in sorted(own):
        yield (
            f"staging_{entity} as (select * from staging.records_as_of('{vendor}', '{entity}', $1, "
            f"({reached} ->> '{entity}')::bigint))"
        )
    for table in sorted({table for step in steps for table in _nothing(step, steps)}):
        yield f"{_named('no', table)} as (select * from {table} where false)"
    for step in steps:
        files = ", ".join(
            f"{_named('f', step.table)}_{place} as ({_file(connection, step, file, steps)})"
            for place, file in enumerate(step.files)
        )
        yield f"{_named('', step.table)} as (with {files} {_whole(connection, step)})"


def _some(connection: Connection, vendor: str, step: _Step, which: str) -> str:
    """The ledger alone, of the records that have changed since; each file has its records beside them."""
    [file] = step.files
    moment, reached = ("false", "$4") if which == "now" else ("true", "$3")
    source = (
        f"staging_{file.entity} as (select * from staging.records_as_of('{vendor}', '{file.entity}', $1, "
        f"({reached} ->> '{file.entity}')::bigint))"
    )
    body = _file(connection, step, file, (step,))
    changed = (
        f"changed as (select * from staging.records_changed('{vendor}', '{file.entity}', $1, "
        f"($3 ->> '{file.entity}')::bigint, {moment}))"
    )
    body = body.replace("changed as (select * from records)", changed)
    nothing = [
        f"{_named('no', table)} as (select * from {table} where false)"
        for table in _nothing(step, (step,))
    ]
    files = f"{_named('f', step.table)}_0 as ({body})"
    return ", ".join(
        [
            source,
            *nothing,
            files,
            f"core_ledger_entry as (select * from {_named('f', step.table)}_0)",
        ]
    )


def _whole(connection: Connection, step: _Step) -> str:
    """All rows of a table: of its files, each key once, a live row before a deleted one."""
    table = catalogue.table(connection, step.table)
    parts = [f"select * from {_named('f', step.table)}_{place}" for place in range(len(step.files))]
    key = ", ".join(f"t.{name}" for name in table.key)
    if step.table in _KEPT:
        columns = ", ".join(f"{'true as ' if c == 'is_deleted' else 'k.'}{c}" for c in table.names)
        parts.append(f"select {columns} from {step.table} as k where k.agreement_id = $1")
    if len(parts) == 1:
        return parts[0]
    # What has become one of another kind may be there as both until it is looked for.
    newest = ", t.version desc nulls last" if "version" in table.names else ""
    return f"select distinct on ({key}) t.* from ({' union all '.join(parts)}) as t order by {key}, t.is_deleted{newest}"


def _file(connection: Connection, step: _Step, file: Transform, steps: Sequence[_Step]) -> str:
    """The rows that a file gives, with all columns of its table."""
    table = catalogue.table(connection, step.table)
    own = _defaults(connection, step.table)
    own |= {"agreement_id": "$1::text", "change_seq": "0::bigint"}
    records = (
        "" if step.are_derived
        else f"records as (select * from staging_{file.entity}), changed as (select * from records), "
    )  # fmt: skip
    outputs = _outputs(connection, step, file)
    given = {output.name for output in outputs}
    if "is_deleted" not in given:
        own["is_deleted"] = "false"
    columns = ", ".join(
        f"{f'f.{c.name}::{c.type}' if c.name in given else own.get(c.name, f'null::{c.type}')} as {c.name}"
        for c in table.columns
    )
    others = {table: _named("no", table) for table in _nothing(step, steps)}
    body = file.body if step.are_derived else texts.without_empty(file.body, outputs)
    body = _at(body, [s for s in steps if s.table not in others], others)
    return f"with {records}final as (\n{body}\n) select {columns} from final as f"


@cache
def _said(vendor: str) -> dict[str, _Step]:
    """Table of core -> what gives its rows, of all that a vendor fills."""
    found: dict[str, list[Transform]] = {}
    for file in core_transforms(vendor):
        found.setdefault(file.target, []).append(file)
    steps = {table: _Step(table, tuple(files), False) for table, files in found.items()}
    return steps | {
        table: _Step(table, files, True) for table, files in derived_files(vendor).items()
    }


def _steps(vendor: str, wanted: set[str]) -> tuple[_Step, ...]:
    """What these tables of core need, each after what it is made of."""
    said, order = _said(vendor), TopologicalSorter[str]()
    seen, todo = set[str](), [table for table in wanted if table in said]
    while todo:
        table = todo.pop()
        if table in seen:
            continue
        seen.add(table)
        reads = {t for file in said[table].files for t in file.reads if t in said} - {table}
        order.add(table, *reads)
        todo += reads
    return tuple(said[table] for table in order.static_order())


def _nothing(step: _Step, steps: Sequence[_Step]) -> set[str]:
    """Tables that its files read and nobody gives here: their own, as it was before the first of its rows."""
    return {step.table} & {table for file in step.files for table in file.reads}


def _entities(vendor: str) -> list[str]:
    """The entities of which the ledger is made."""
    steps = _steps(vendor, {_LEDGER})
    return sorted({file.entity for step in steps if not step.are_derived for file in step.files})


def _defaults(connection: Connection, table: str) -> dict[str, str]:
    """Column -> what it has where nothing is given."""
    return dict(
        connection.execute(
            "select a.attname::text, pg_get_expr(d.adbin, d.adrelid) from pg_attrdef as d "
            "inner join pg_attribute as a on a.attrelid = d.adrelid and a.attnum = d.adnum "
            "where d.adrelid = %s::regclass",
            [table],
        ).fetchall()
    )


def _outputs(connection: Connection, step: _Step, file: Transform) -> tuple[Output, ...]:
    # What it gives is asked of Postgres; any table of staging has the columns.
    source = (
        "" if step.are_derived
        else "records as (select s.source_key, s.payload, false as is_deleted from staging.template as s), "
        "changed as (select * from records), "
    )  # fmt: skip
    query = f"with {source}final as (\n{file.body}\n) select * from final"
    return outputs_of(connection, sql.SQL(query), {"agreement_id": ""})


def _at(text: str, steps: Sequence[_Step], others: Mapping[str, str] | None = None) -> str:
    """The text with what is given here in place of the tables, and its parameters by number."""
    names = {step.table: _named("", step.table) for step in steps} | dict(others or {})
    text = _CORE.sub(lambda found: names.get(found[0], found[0]), text)
    return _PARAMETER.sub(lambda found: _TAKEN[found[1]] if found[1] else "%", text)


def _named(prefix: str, table: str) -> str:
    name = table.replace(".", "_")
    return f"{prefix}_{name}" if prefix else name


@cache
def _checksum(vendor: str) -> str:
    """Of all that the statements follow from: the files, the tables' columns by the migrations, and the modules that make them."""
    from saldo.warehouse.migrations import MIGRATIONS_DIR

    digest = hashlib.sha256()
    files = [file for step in _said(vendor).values() for file in step.files]
    files += [declared(name).transform for name in ("fact_journal_entries", "dim_period")]
    for file in files:
        digest.update(file.body.encode())
    digest.update(sorted(path.name for path in MIGRATIONS_DIR.glob("*.sql"))[-1].encode())
    for module in (__file__, texts.__file__):
        digest.update(Path(module).read_bytes())
    return digest.hexdigest()
