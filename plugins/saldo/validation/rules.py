"""From suites, the catalogue and the checks to the rules of one agreement: plain data, no library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from saldo.transform.lineage import brought_by, entities_of
from saldo.vendors.vendor import Vendor
from saldo.warehouse.catalogue import Table, tables
from saldo.warehouse.connection import Connection

from .checks import Check, read_checks
from .suites import MUST_BE_KNOWN, SUITES, Suite

CRITICAL, WARNING = "critical", "warning"
_MEMBERS = (-1, -2, -3)
_UNKNOWN = -1
_IN_BRACES = re.compile(r"\{([a-z_, ]+)\}")
_CURRENCIES = ("currency", "base_currency")
_REMEDY = "read the rows named here again (mode window or full), which writes them anew"


@dataclass(frozen=True)
class Rule:
    """One thing that must hold of a table. `kind` is not_null, in_set, not_in_set (of a column, with
    values) or rows (`query` returns the rows that break it)."""

    table: str
    kind: str
    name: str
    columns: tuple[str, ...]
    text: str
    severity: str = CRITICAL
    remedy: str = _REMEDY
    values: tuple[str | int, ...] = ()
    query: str = ""


@dataclass(frozen=True)
class Plan:
    """What must hold of one table, and which tables that depends on."""

    suite: Suite
    #: The table's rows of the agreement, as a select.
    slice: str
    rules: tuple[Rule, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True)
class RuleContext:
    """What the rules of an agreement depend on."""

    agreement_id: str
    agreement_key: int
    #: Every table and view of mart and core.
    tables: Mapping[str, Table]
    currencies: tuple[str, ...]
    #: Tables of core whose entity failed when it was last tried: what it knows is late, not missing at the vendor.
    late: frozenset[str]
    #: Tables of core and mart, with their schema, that the vendor's entities fill: what is missing from another
    #: one is no finding.
    brought: frozenset[str]
    #: Table of core, without its schema -> the vendor's entities that fill it.
    entities: Mapping[str, tuple[str, ...]]

    def named(self, remedy: str) -> str:
        """A remedy with the vendor's entities in the place of the tables of core that stand in braces."""
        return _IN_BRACES.sub(
            lambda found: ", ".join(
                sorted({e for table in found[1].split(", ") for e in self.entities.get(table, ())})
            ),
            remedy,
        )

    def where(self, table: str) -> str:
        """The condition that leaves the agreement's rows of a table, aliased f."""
        if "agreement_id" in self.tables[table].names:
            return f"f.agreement_id = {_literal(self.agreement_id)}"
        return f"f.agreement_key = {self.agreement_key}"


def plans(context: RuleContext, suites: Sequence[Suite] = SUITES) -> dict[str, Plan]:
    """Table -> what must hold of it; tables that are not (yet) there are left out."""
    checks = read_checks()
    found = {}
    for suite in suites:
        if f"mart.{suite.table}" in context.tables:
            own = [c for c in checks if c.table == suite.table and _is_there(c, context)]
            found[suite.table] = _plan(suite, context, own)
    return found


def look_up(connection: Connection, agreement_id: str, vendor: Vendor) -> RuleContext | None:
    """The agreement's context; None before the company is known."""
    row = connection.execute(
        "select agreement_key from mart.dim_agreement where agreement_id = %s", [agreement_id]
    ).fetchone()
    if row is None:
        return None
    brought = brought_by(vendor.name)
    currencies = connection.execute(
        "select code from core.currency where agreement_id = %(id)s and exists "
        "(select from core.currency where agreement_id = %(id)s) "
        "union select base_currency from core.agreement where agreement_id = %(id)s order by 1",
        {"id": agreement_id},
    ).fetchall()
    known_from = {vendor.fills.get(table): table for table in MUST_BE_KNOWN.values()}
    late = connection.execute(
        "select entity from (select distinct on (entity) entity, status from ops.sync_run "
        "where agreement_id = %s and entity = any(%s) order by entity, sync_run_id desc) as s "
        "where status not in ('success', 'skipped')",
        [agreement_id, list(filter(None, known_from))],
    ).fetchall()
    return RuleContext(
        agreement_id,
        row[0],
        tables(connection, "mart", "core"),
        tuple(code for (code,) in currencies),
        frozenset(known_from[entity] for (entity,) in late),
        brought,
        entities_of(vendor.name),
    )


def _is_there(check: Check, context: RuleContext) -> bool:
    return all(table in context.tables for table in check.reads)


def _plan(suite: Suite, context: RuleContext, checks: Sequence[Check]) -> Plan:
    table = f"mart.{suite.table}"
    columns = context.tables[table].names
    refers = dict(_references(suite, columns))
    rules = (
        *_completeness(suite, context, refers),
        _uniqueness(suite, context),
        *_resolution(suite, context, refers),
        *_values(suite, context, refers),
        *(
            Rule(
                suite.table, "rows", c.name, (), c.rule, c.severity, context.named(c.remedy),
                query=c.query(context.agreement_id),
            )
            for c in checks
        ),
    )  # fmt: skip
    reads = {table, *(t for c in checks for t in c.reads)}
    reads |= {f"mart.{dimension}" for dimension in refers.values()} & set(context.tables)
    chosen = ", ".join(f"f.{name}" for name in columns)
    return Plan(
        suite,
        f"select {chosen} from {table} as f where {context.where(table)}",
        rules,
        tuple(sorted(reads - {"mart.dim_date"})),
    )


def _references(suite: Suite, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Column -> dimension, for every key column that is not the table's own."""
    is_dimension = suite.table.startswith("dim_")
    for column in columns:
        if not column.endswith("_key") or column in suite.own:
            continue
        if column in suite.key and (is_dimension or len(suite.key) == 1):
            continue
        yield column, suite.refers.get(column, f"dim_{column.removesuffix('_key')}")


def _completeness(suite: Suite, context: RuleContext, refers: Mapping[str, str]) -> Iterator[Rule]:
    """Where a constraint of Postgres says so there is nothing to count."""
    columns = context.tables[f"mart.{suite.table}"].columns
    required = {column.name for column in columns if column.is_required}
    names = tuple(dict.fromkeys((*suite.key, *suite.complete, *refers, *suite.own)))
    kept = tuple(name for name in names if name in required)
    if kept:
        text = f"{', '.join(kept)} are never null, by the table's constraints"
        yield _nothing_to_look_up(suite, "complete", kept, text)
    for column in names:
        if column not in kept:
            yield Rule(suite.table, "not_null", "complete", (column,), f"{column} is never null")
    for column, remedy in suite.expected.items():
        if not _is_filled(f"dim_{column}", context):
            continue
        yield Rule(
            suite.table, "not_null", "expected", (column,), f"{column} is known", WARNING, remedy,
        )  # fmt: skip


def _nothing_to_look_up(suite: Suite, name: str, columns: tuple[str, ...], text: str) -> Rule:
    """A rule that Postgres itself enforces; it is there to be read in the results."""
    query = (
        f"select {', '.join(f'f.{c}' for c in columns)} from mart.{suite.table} as f where false"
    )
    return Rule(suite.table, "rows", name, columns, text, query=query)


def _uniqueness(suite: Suite, context: RuleContext) -> Rule:
    """Where a unique index of Postgres says so there is nothing to count."""
    key = ", ".join(f"f.{name}" for name in suite.key)
    table = f"mart.{suite.table}"
    if frozenset(suite.key) in context.tables[table].unique:
        text = f"{', '.join(suite.key)} is unique, by an index"
        return _nothing_to_look_up(suite, "unique", suite.key, text)
    query = (
        f"select {key}, count(*) as rows from {table} as f where {context.where(table)} "
        f"group by {key} having count(*) > 1"
    )
    text = f"{', '.join(suite.key)} is unique"
    return Rule(suite.table, "rows", "unique", suite.key, text, query=query)


def _resolution(suite: Suite, context: RuleContext, refers: Mapping[str, str]) -> Iterator[Rule]:
    """One scan for all references of a table: rows with a key that no dimension has, or another
    agreement's, or of a day that is not the row's."""
    if not refers:
        return
    table = f"mart.{suite.table}"
    joins, bad = [], {}
    for number, (column, dimension) in enumerate(refers.items()):
        d, name = f"d{number}", dimension.removeprefix("dim_") + "_key"
        if dimension == "dim_agreement":
            bad[column] = f"f.{column} <> {context.agreement_key}"
            continue
        if f"mart.{dimension}" not in context.tables:
            bad[column] = f"f.{column} not in {_MEMBERS}"
            continue
        condition = f"{d}.{name} = f.{column}"
        if dimension == "dim_date":
            condition += f" and ({d}.date = f.{suite.date} or f.{column} = {_UNKNOWN})"
        else:
            condition += f" and {d}.agreement_key in ({context.agreement_key}, {_UNKNOWN})"
        joins.append(f"left join mart.{dimension} as {d} on {condition}")
        bad[column] = f"{d}.{name} is null"
    broken = ", ".join(f"case when {test} then '{c} ' || f.{c} end" for c, test in bad.items())
    query = (
        f"select {_shown_columns(suite)}, concat_ws(', ', {broken}) as unresolved from {table} as f "
        f"{' '.join(joins)} where {context.where(table)} and ({' or '.join(bad.values())})"
    )
    text = f"{', '.join(refers)} refer to rows of this agreement, or to unknown or not applicable"
    yield Rule(suite.table, "rows", "references", tuple(refers), text, query=query)


def _possible_date(suite: Suite, context: RuleContext) -> Rule:
    """One that is not given was not typed wrong."""
    table = f"mart.{suite.table}"
    query = (
        f"select {_shown_columns(suite)} from {table} as f where {context.where(table)} "
        f"and f.date_key = {_UNKNOWN} and f.{suite.date} is not null"
    )
    return Rule(
        suite.table, "rows", "possible date", ("date_key",), f"every {suite.date} is of 1990 to 2069",
        WARNING, f"the {suite.date} was typed wrong: correct it at the vendor", query=query,
    )  # fmt: skip


def _values(suite: Suite, context: RuleContext, refers: Mapping[str, str]) -> Iterator[Rule]:
    columns = context.tables[f"mart.{suite.table}"].names
    for column, allowed in suite.allowed.items():
        text = f"{column} is one of {', '.join(allowed)}"
        yield Rule(suite.table, "in_set", "allowed", (column,), text, values=allowed)
    is_fact = suite.table.startswith("fact_")
    for column in _CURRENCIES if is_fact and "core.currency" in context.brought else ():
        if column in columns:
            yield Rule(
                suite.table, "in_set", "currency", (column,),
                f"{column} is one of the agreement's currencies",
                remedy=context.named(
                    "start a run with mode full and the entities {currency}; if one is not in the vendor's list, add it there"
                ),
                values=context.currencies,
            )  # fmt: skip
    if is_fact and "date_key" in refers:
        yield _possible_date(suite, context)
    for column in refers if is_fact else ():
        if column in ("agreement_key", "date_key") or not _is_filled(refers[column], context):
            continue
        source = MUST_BE_KNOWN.get(column)
        what = refers[column].removeprefix("dim_").replace("_", " ")
        yield Rule(
            suite.table, "not_in_set", "known", (column,), f"every {what} that is named is known",
            CRITICAL if source and source not in context.late else WARNING,
            f"look the number up at the vendor: its {what} has not landed, is set aside (ops.set_aside), or is not there "
            "any more",
            values=(_UNKNOWN,),
        )  # fmt: skip


def _is_filled(dimension: str, context: RuleContext) -> bool:
    """Whether the vendor brings the members of a dimension; true of a name that is none."""
    table = f"mart.{dimension}"
    return table not in context.tables or table in context.brought


def _shown_columns(suite: Suite) -> str:
    return ", ".join(f"f.{name}" for name in suite.shown)


def _literal(value: str) -> str:
    return sql.Literal(value).as_string(None)
