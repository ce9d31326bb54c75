"""What a ledger was before: the newest year's postings as received, of which some have changed since the facts before these."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from saldo.transform import replay
from saldo.vendors import VENDORS

from .console_ledger import YEAR

CHANGED = 2_000
#: Between the facts before and these.
BETWEEN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
_ROWS = (
    """
    insert into core.agreement (agreement_id, vendor, agreement_number, company_name, base_currency, change_seq)
    values (%(id)s, 'economic', '1', 'Bench', 'DKK', 1)
    """,
    "create table staging.economic_entries (like staging.template including all)",
    """
    insert into staging.economic_entries (agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq)
    select
        f.agreement_id, f.entry_number,
        jsonb_build_object(
            'entryNumber', f.entry_number::bigint, 'accountNumber', f.account_number::integer, 'amount', f.amount,
            'amountInBaseCurrency', f.amount_base, 'currencyCode', 'DKK', 'date', f.date, 'text', f.text, 'type', 1,
            'voucherNumber', f.voucher_number::integer, 'objectVersion', f.entry_number
        ),
        md5(f.entry_number)::bytea, %(between)s - interval '9 hours', 'bench', 1
    from mart.fact_journal_entries as f
    where f.agreement_id = %(id)s and f.accounting_year = %(year)s
    """,
    # As a night does: what changes is written anew, behind all that is there.
    """
    update staging.economic_entries
    set change_seq = 2, landed_at = %(between)s + interval '1 hour'
    where agreement_id = %(id)s and source_key::bigint %% (%(each)s / %(changed)s) = 0
    """,
    """
    insert into staging.history (
        vendor, entity, agreement_id, source_key, payload, payload_hash, landed_at, run_id, replaced_at, replaced_by, is_deletion,
        change_seq, replaced_seq
    )
    select
        'economic', 'entries', s.agreement_id, s.source_key, s.payload || '{"text": "Before"}', s.payload_hash,
        %(between)s - interval '9 hours', 'bench', s.landed_at, 'bench', false, 1, 2
    from staging.economic_entries as s
    where s.change_seq = 2
    """,
    """
    insert into ops.facts_state (agreement_id, at, reached)
    values (%(id)s, %(between)s - interval '8 hours', '{"entries": 1}'), (%(id)s, %(between)s + interval '2 hours', '{"entries": 2}')
    """,
)


def make(connection: psycopg.Connection, *, id: str, postings_of_year: int) -> None:
    """CHANGED of the newest year's postings have another text now."""
    values: dict[str, Any] = {
        "id": id, "year": str(YEAR), "each": postings_of_year, "changed": CHANGED, "between": BETWEEN,
    }  # fmt: skip
    with connection.transaction():
        for query in _ROWS:
            connection.execute(query.encode(), values)
        replay.remember(connection, VENDORS["economic"])
