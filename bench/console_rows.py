"""Rows of ops as years of nights leave them, so that pages can be measured: made in the warehouse itself.

    python -m bench.console_rows "$SALDO_DSN" 500 400

Agreements are called bench_001 and so on; what fails, differs or is late follows from their numbers, so every run has the same.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import psycopg
import yaml

#: What a night has a row for: entities, then the steps that follow them.
ENTITIES = (
    "self", "accounts", "accounting_years", "customers", "suppliers", "departments", "products", "entries", "invoices", "invoice_lines",
)  # fmt: skip
STEPS = ("facts", "validate", "prove", "report")
#: The newest night has ended: before three it is yesterday's.
_RUNS = """
insert into ops.sync_run (
    agreement_id, subject_kind, subject_id, entity, dag_id, run_id, try_number, mode, started_at, finished_at, status, requests, pages,
    bytes_in, rows_read, rows_inserted, rows_updated, rows_unchanged, error_family, error_message
)
select
    n.id, 'agreement', n.id, t.entity, 'saldo__' || n.id, 'scheduled__' || to_char(n.at, 'YYYY-MM-DD"T"HH24:MI:SS+00:00'), 1, 'auto',
    n.at + t.nth * interval '7 seconds', n.at + t.nth * interval '7 seconds' + interval '6 seconds',
    case when x.is_bad then 'failed' else 'success' end,
    case when t.nth <= %(landed)s then 3 + (n.night * 7 + t.nth) %% 11 else 0 end, 1, 40000, 900, (n.night * t.nth) %% 13, n.night %% 5, 880,
    case when x.is_bad then case when t.entity = 'prove' then 'NotProven' else 'Unavailable' end end,
    case when x.is_bad then t.entity || ' of ' || n.id || ': the vendor did not answer (503); it is tried again by the next run' end
from (
    select
        'bench_' || to_char(a, 'FM000') as id, a, night,
        date_trunc('day', now() - interval '3 hours') - (%(nights)s - night) * interval '1 day' + interval '1 hour' + a * interval '11 seconds' as at
    from generate_series(1, %(agreements)s) as a
    cross join generate_series(1, %(nights)s) as night
) as n
cross join unnest(%(tasks)s::text[]) with ordinality as t (entity, nth)
cross join lateral (
    select
        -- One in forty keeps failing, one in fifty differs, and any night in sixty-one fails.
        ((n.a %% 40 = 7 and n.night > %(nights)s - n.a %% 9 - 3) or (n.a * 31 + n.night * 17) %% 61 = 0) as fails,
        (n.a %% 50 = 9 and n.night > %(nights)s - 4) as differs
) as f
cross join lateral (
    select (f.fails and t.entity in ('entries', 'report')) or (f.differs and t.entity in ('prove', 'report')) as is_bad
) as x
order by n.at, t.nth
"""
_MORE = (
    """
    insert into ops.watermark (agreement_id, subject_kind, subject_id, entity, cursor, updated_at)
    select id, 'agreement', id, e, jsonb_build_object('marker', 100000 + nth, 'full_at', now() - interval '3 days'), now()
    from (select 'bench_' || to_char(a, 'FM000') as id from generate_series(1, %(agreements)s) as a) as a
    cross join unnest(%(tasks)s::text[]) with ordinality as t (e, nth)
    where nth <= %(landed)s
    """,
    """
    insert into ops.alert (
        agreement_id, subject_kind, subject_id, kind, task, opened_at, failures, reason, vendor, family, cause, since, dag_id, run_id, try_number
    )
    select
        id, 'agreement', id, 'failure', 'task_' || n, now() - interval '2 days', 2, 'task_' || n || ': the vendor did not answer (503)',
        'economic', 'Unavailable', 'the vendor did not answer', now() - interval '2 days', 'saldo__' || id, 'scheduled__1', 1
    from generate_series(1, %(alerts)s / greatest(%(agreements)s / 40, 1)) as n
    cross join (
        select 'bench_' || to_char(a, 'FM000') as id from generate_series(1, %(agreements)s) as a where a %% 40 = 7
    ) as failing
    """,
    """
    insert into ops.watched (subject_kind, subject_id, plan, since)
    select 'agreement', 'bench_' || to_char(a, 'FM000'), '', now() - interval '400 days' from generate_series(1, %(agreements)s) as a
    """,
    """
    insert into ops.proof (agreement_id, run_id, checked_at, control, entity, account_number, period, vendor_value, warehouse_value, difference, ok)
    select
        'bench_' || to_char(a, 'FM000'), 'scheduled__' || night, date_trunc('day', now() - interval '3 hours') - (%(nights)s - night) * interval '1 day' + interval '2 hours',
        'account_year_totals', 'fact_journal_entries', (1000 + n)::text, '2026', 1000, 1000 + d.by, d.by, d.by = 0
    from generate_series(1, %(agreements)s) as a
    cross join generate_series(greatest(%(nights)s - 40, 1), %(nights)s) as night
    cross join generate_series(1, 20) as n
    cross join lateral (select case when a %% 50 = 9 and night > %(nights)s - 4 and n = 3 then 12.5 else 0 end as by) as d
    """,
    """
    insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, company, base_currency)
    select 1000000 + a, 'bench_' || to_char(a, 'FM000'), 'Bench ' || a || ' ApS', 'economic', 'DK' || 10000000 + a, 'DKK'
    from generate_series(1, %(agreements)s) as a
    """,
)  # fmt: skip


def make(
    connection: psycopg.Connection, *, agreements: int, nights: int, alerts: int = 10_000
) -> None:
    """agreements x nights x 14 rows of ops.sync_run, and what goes with them. alerts: open ones, over all agreements."""
    values = {
        "agreements": agreements,
        "nights": nights,
        "alerts": alerts,
        "tasks": [*ENTITIES, *STEPS],
        "landed": len(ENTITIES),
    }
    with connection.transaction():
        for query in (_RUNS, *_MORE):
            connection.execute(query.encode(), values)
    was, connection.autocommit = connection.autocommit, True
    connection.execute("vacuum (analyze) ops.sync_run, ops.alert, ops.proof, ops.watermark")
    connection.autocommit = was


def key_of(agreement: str) -> int:
    """Of mart.dim_agreement."""
    return 1_000_000 + int(agreement.removeprefix("bench_"))


def newest_run(agreement: str) -> str:
    """Its run of today."""
    nth = int(agreement.removeprefix("bench_"))
    at = datetime.now(UTC).replace(hour=1, minute=0, second=0, microsecond=0)
    return f"scheduled__{(at + timedelta(seconds=11 * nth)).isoformat()}"


def write_files(folder: Path, agreements: int) -> None:
    """Their agreement files."""
    for nth in range(1, agreements + 1):
        id = f"bench_{nth:03}"
        values = {
            "id": id, "name": f"Bench {nth} ApS", "vendor": "economic", "connection": f"economic_{id}", "schedule": "0 3 * * *",
            "timezone": "Europe/Copenhagen", "start_date": date(2024, 1, 1), "company": f"DK{10_000_000 + nth}",
        }  # fmt: skip
        (folder / f"{id}.yaml").write_text(yaml.safe_dump(values, sort_keys=False))


if __name__ == "__main__":
    dsn, agreements, nights = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with psycopg.connect(dsn) as connection:
        make(connection, agreements=agreements, nights=nights)
