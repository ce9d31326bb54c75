"""In which state every table was last found good, so that a quiet night need not validate it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from saldo.warehouse.connection import Connection

from .rules import Plan, RuleContext


def state_of(
    connection: Connection, context: RuleContext, plans: Mapping[str, Plan]
) -> tuple[dict[str, str], dict[str, int]]:
    """(state, rows) of the agreement's slice of every planned table. The state changes when a row of it,
    or of a table it is compared with, is inserted, updated or deleted by whomever, and when a rule is."""
    tables = sorted({table for plan in plans.values() for table in plan.reads})
    found = {table: _rows(connection, context, table) for table in tables}
    states = {}
    for table, plan in plans.items():
        said = repr([plan.slice, plan.rules, [found[name] for name in plan.reads]])
        states[table] = hashlib.sha256(said.encode()).hexdigest()
    return states, {table: found[f"mart.{table}"][0] for table in plans}


def _rows(connection: Connection, context: RuleContext, table: str) -> tuple[int, int]:
    """How many rows, and the sum of the transactions that wrote them. No change leaves both as they
    were: with as many rows as before, each new version took the place of one from an older
    transaction. A table of core that counts its changes need not be read for that."""
    what = "count(*), coalesce(sum(f.xmin::text::bigint), 0)::bigint"
    if "change_seq" in context.tables[table].names:
        what = "0, coalesce(max(f.change_seq), 0)"
    row = connection.execute(
        f"select {what} from {table} as f where {context.where(table)}".encode()
    ).fetchone()
    return (row[0], row[1]) if row else (0, 0)


def known_states(
    connection: Connection, agreement_id: str
) -> tuple[dict[str, str], dict[str, datetime]]:
    """(state, when) in which tables were last found good."""
    rows = connection.execute(
        "select table_name, state, checked_at from ops.validated where agreement_id = %s",
        [agreement_id],
    ).fetchall()
    return {table: state for table, state, _ in rows}, {table: at for table, _, at in rows}


def save_states(
    connection: Connection, agreement_id: str, states: Mapping[str, str], bad: set[str]
) -> None:
    """Remember the tables that were validated now; those with a critical finding are forgotten, so that
    they are looked at again whatever happens."""
    for table, state in states.items():
        if table in bad:
            connection.execute(
                "delete from ops.validated where agreement_id = %s and table_name = %s",
                [agreement_id, table],
            )
            continue
        connection.execute(
            "insert into ops.validated as v (agreement_id, table_name, state, checked_at) "
            "values (%s, %s, %s, statement_timestamp()) on conflict (agreement_id, table_name) "
            "do update set state = excluded.state, checked_at = excluded.checked_at",
            [agreement_id, table, state],
        )


def is_landing(connection: Connection, agreement_id: str, run_id: str) -> bool:
    """Whether another run of the agreement's DAG (a backfill beside a night, say) has begun to land and is
    still to validate: it runs a task, or did a moment ago."""
    row = connection.execute(
        "select exists (select from ops.sync_run as s where s.agreement_id = %(id)s "
        "and s.dag_id = 'saldo__' || %(id)s and s.run_id <> %(run_id)s "
        "and s.started_at > clock_timestamp() - case s.status when 'running' "
        "then interval '6 hours' else interval '15 minutes' end "
        "and not exists (select from ops.sync_run as r where r.agreement_id = s.agreement_id "
        "and r.run_id = s.run_id and r.entity in ('validate', 'report')))",
        {"id": agreement_id, "run_id": run_id},
    ).fetchone()
    return bool(row and row[0])
