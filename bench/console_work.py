"""What people work with on other pages: files of theirs and what was wrong with them, exports that failed, years of looks at each part."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psycopg
import yaml

from saldo.paths import PROJECT

CONFIGURATIONS, VERSIONS, MOST_VERSIONS = 100, 100, 10_000
ORGANISATIONS, FAILED, POSTED = 5, 10_000, 100_000
DAYS = 90
#: One of the configurations: it has the most versions, and the newest was refused.
FILES = "bench_budget_007"
#: One of the exports that failed.
EXPORT = "00000000-0000-4000-8000-00000000000c"
_FILES = (
    """
    insert into ops.file (
        file_id, version, config_id, source_id, path, name, content, bytes, read_at, status, is_in_force, rows, problems, more_problems, run_id
    )
    select
        c * 10 + f, v, 'bench_budget_' || to_char(c, 'FM000'), 's' || f, 'Budget ' || f || '.xlsx', 'Budget ' || f || '.xlsx', md5(v::text),
        40000, date_trunc('minute', now()) - (m.most - v) * interval '30 minutes', case when w.is_wrong then 'rejected' else 'accepted' end,
        v = m.most - 1, case when not w.is_wrong then 4000 end, case when w.is_wrong then p.problems end, 0, 'bench__' || v
    from generate_series(1, %(configurations)s) as c
    cross join generate_series(1, 3) as f
    cross join lateral (select case when c = 7 and f = 1 then %(most_versions)s else %(versions)s end as most) as m
    cross join lateral generate_series(1, m.most) as v
    cross join lateral (select v %% 10 = 0 as is_wrong) as w
    cross join (
        select jsonb_agg(jsonb_build_object(
            'sheet', 'Budget', 'cell', 'C' || n + 1, 'found', '''12.00o''', 'expected', 'an amount', 'remedy', 'Write a number.'
        )) as problems
        from generate_series(1, 100) as n
    ) as p
    """,
    """
    insert into ops.file_excerpt (file_id, version, sheets, written_at)
    select f.file_id, f.version, s.sheets, now()
    from ops.file as f
    cross join (
        select jsonb_build_array(jsonb_build_object(
            'sheet', 'Budget', 'columns', (select jsonb_agg(c) from generate_series(1, 14) as c), 'heading', 1,
            'rows', jsonb_agg(jsonb_build_object('line', n, 'cells', (
                select jsonb_agg(case when c = 3 and n > 1 then '12.00o' else 'Cell ' || n || ' ' || c end order by c)
                from generate_series(1, 14) as c
            )) order by n)
        )) as sheets
        from generate_series(1, 101) as n
    ) as s
    where f.status = 'rejected' and f.read_at > now() - interval '30 days'
    """,
    """
    insert into ops.sync_run (
        agreement_id, subject_kind, subject_id, entity, dag_id, run_id, try_number, mode, started_at, finished_at, status
    )
    select
        null, 'file', 'bench_budget_' || to_char(c, 'FM000'), 'files', 'saldo_files', 'bench__' || n, 1, 'auto',
        now() - n * interval '30 minutes', now() - n * interval '30 minutes' + interval '2 seconds', 'success'
    from generate_series(1, %(configurations)s) as c, generate_series(1, 1000) as n
    """,
)  # fmt: skip
_CLAIMS = """
create temporary table bench_claim on commit drop as
select
    ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as export_id, n, 'bench_org_' || 1 + n %% %(organisations)s as organisation,
    'EXP-' || to_char(n, 'FM0000000') as id, n <= %(failed)s as fails, now() - n * interval '5 minutes' as at,
    jsonb_build_object(
        'id', 'EXP-' || to_char(n, 'FM0000000'), 'organisation', 'bench_org_' || 1 + n %% %(organisations)s, 'kind', 'expense',
        'status', 'approved', 'approved_at', '2026-03-01T12:00:00Z', 'employee', 'E' || n %% 300, 'supplier', null,
        'description', 'Trip ' || n, 'date', '2026-02-27', 'currency', 'NOK', 'lines', (
            select jsonb_agg(jsonb_build_object(
                'line', k, 'category', case when n %% 9 = k then 'lunch' else 'travel' end, 'date', '2026-02-27', 'text', 'Taxi ' || k,
                'quantity', '1', 'rate', null, 'amount', '250.00', 'vat_code', null, 'vat_amount', '0.00',
                'dimensions', jsonb_build_object('department', '10'), 'receipts', '[]'::jsonb
            ))
            from generate_series(1, 5) as k
        )
    ) as payload
from generate_series(1, %(failed)s + %(posted)s) as n
"""
_EXPORTS = (
    _CLAIMS,
    """
    insert into ops.expense (
        organisation, expense_id, revision, sent_as, kind, status, approved_at, employee, description, date, currency, payload, payload_hash,
        source, received_by, received_at
    )
    select
        c.organisation, c.id, 1, 1, 'expense', 'approved', c.at, c.payload ->> 'employee', c.payload ->> 'description', date '2026-02-27',
        'NOK', c.payload, md5(c.id), 'rest', 'bench', c.at
    from bench_claim as c
    """,
    """
    insert into ops.expense_line (
        organisation, expense_id, revision, line, category, date, text, quantity, amount, vat_amount, dimensions
    )
    select c.organisation, c.id, 1, k, 'travel', date '2026-02-27', 'Taxi ' || k, 1, 250, 0, '{"department": "10"}'
    from bench_claim as c, generate_series(1, 5) as k
    where c.fails
    """,
    r"""
    insert into ops.export_job (
        export_id, organisation, target, kind, source_id, revision, payload, payload_hash, idempotency_key, status, external_reference,
        attempts, last_error_family, last_error, created_by, created_at, updated_at, company, document_key, total, currency
    )
    select
        c.export_id, c.organisation, 'business_central', 'expense', c.id, 1, '{}', md5(c.id), c.organisation || '/' || c.id || '/1',
        case when not c.fails then 'posted' when c.n %% 2 = 0 then 'review' else 'failed' end, case when not c.fails then '2026-' || c.n end, 1,
        case when c.fails then 'DataRejected' end,
        case when c.fails then
            c.organisation || ': expense ' || c.id || ' cannot be booked: lines[' || c.n %% 9 || '].category: ''lunch'' is of no account'
        end,
        'bench', c.at, c.at, 'business_central/1', 'D' || c.n, 1250, 'NOK'
    from bench_claim as c
    """,
    """
    insert into ops.export_attempt (export_id, started_at, duration_ms, request, status_code, answer, outcome)
    select c.export_id, c.at, 120, '{"method": "POST", "path": "/journalLines"}', 400, '{"error": "Account lunch"}', 'refused'
    from bench_claim as c, generate_series(1, 5)
    where c.fails
    """,
)  # fmt: skip
_HEALTH = """
insert into ops.heartbeat (component, at, ok, detail, minutes)
select c, at, extract(epoch from at)::bigint / 300 %% 1009 > 0, 'answered 200 in 12 ms', 5
from unnest(array[
    'scheduler', 'api-server', 'triggerer', 'dag-processor', 'warehouse', 'economic restapi.e-conomic.com', 'xledger www.xledger.net',
    'moneybird moneybird.com'
]) as c
cross join generate_series(now() - %(days)s * interval '1 day', now(), interval '5 minutes') as at
"""


def make(connection: psycopg.Connection) -> None:
    """Versions of files, claims with what became of them, and a look every five minutes."""
    values: dict[str, Any] = {
        "configurations": CONFIGURATIONS, "versions": VERSIONS, "most_versions": MOST_VERSIONS, "organisations": ORGANISATIONS,
        "failed": FAILED, "posted": POSTED, "days": DAYS,
    }  # fmt: skip
    with connection.transaction():
        for query in (*_FILES, *_EXPORTS, _HEALTH):
            connection.execute(query.encode(), values)


def write_files(files: Path, exports: Path) -> None:
    """Configurations of them, in folders that are there."""
    for nth in range(1, CONFIGURATIONS + 1):
        id = f"bench_budget_{nth:03}"
        values: dict[str, Any] = {
            "id": id, "kind": "budget", "source": {"folder": f"file:///srv/{id}"}, "match": "*.xlsx", "agreement": f"bench_{nth:03}",
        }  # fmt: skip
        (files / f"{id}.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    theirs = PROJECT / "include" / "exports"
    shutil.copytree(theirs / "layouts", exports / "layouts")
    example = yaml.safe_load((theirs / "example_business_central.yaml").read_text())
    for nth in range(1, ORGANISATIONS + 1):
        name = f"bench_org_{nth}"
        values = {**example, "organisation": name, "connection": name, "enabled": True}
        (exports / f"{name}.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
