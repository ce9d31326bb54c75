"""Expenses and exports of organisations that no file is about (any more): nothing works on them, and nothing else says so."""

from __future__ import annotations

from collections.abc import Collection

from saldo.warehouse.connection import Connection, translated

from .reports import Trouble

_STRANDED = """
select s.organisation, sum(s.waiting)::bigint as waiting, sum(s.open)::bigint as open
from (
    select i.organisation, 1 as waiting, 0 as open
    from ops.expense_inbox as i
    where i.status = 'waiting'
    union all
    select j.organisation, 0 as waiting, 1 as open
    from ops.export_job as j
    where j.status in ('pending', 'sending', 'created', 'failed', 'review', 'unknown')
) as s
where s.organisation <> all(%s)
group by s.organisation
order by s.organisation
limit 20
"""


def stranded(connection: Connection, organisations: Collection[str]) -> list[Trouble]:
    """A trouble for each organisation with something open that none of these is. organisations: those with an accounting export that
    is good and switched on."""
    with translated():
        rows = connection.execute(_STRANDED, [list(organisations)]).fetchall()
    return [
        Trouble(
            f"{waiting} expenses in ops.expense_inbox and {open} exports of the organisation {organisation!r} wait, and no accounting export is about it",
            f"write, mend or switch on {organisation}.yaml (docs/accounting-exports.md); or cancel the exports of which nothing is at the target, say `booked` of those that failed or wait for review and are there (both by REST), and delete the rows of the inbox",
        )
        for organisation, waiting, open in rows
    ]
