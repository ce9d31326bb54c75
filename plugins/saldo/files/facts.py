"""Which agreements' facts have not followed what files brought into core."""

from __future__ import annotations

from saldo.warehouse.connection import Connection

#: Tables of core that files fill.
TABLES = ("budget", "account_mapping")


def behind(connection: Connection) -> set[str]:
    """Ids of agreements whose core has changed by files since their mart was last brought up to date."""
    changes = " union all ".join(
        f"select c.agreement_id, '{table}' as source, max(c.change_seq) as reached from core.{table} as c "
        "group by c.agreement_id"
        for table in TABLES
    )
    rows = connection.execute(
        f"select distinct c.agreement_id from ({changes}) as c left join ops.progress as p "
        "on p.agreement_id = c.agreement_id and p.consumer = 'mart' and p.source = c.source "
        "where c.reached > coalesce(p.change_seq, 0)".encode()
    )
    return {id for (id,) in rows}


def accepted_in(connection: Connection, run_id: str) -> list[tuple[str, list[str], int]]:
    """(configuration, names of files, rows) of what a run has accepted or withdrawn, whichever try of it."""
    return connection.execute(
        "select f.config_id, array_agg(f.name order by f.name), coalesce(sum(f.rows), 0)::bigint from ops.file as f "
        "where f.run_id = %s and f.status in ('accepted', 'gone') group by f.config_id order by f.config_id",
        [run_id],
    ).fetchall()
