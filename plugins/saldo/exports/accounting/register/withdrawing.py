"""Claims that nobody is to be paid for any more: their exports wait for a person, and nothing posts them."""

from __future__ import annotations

from uuid import UUID

from .counts import Counts
from .judging import WITHDRAWN
from .work import Work

#: Of an export `j`: the newest revision of its expense is of one that was rejected or cancelled.
IS_WITHDRAWN = (
    "(select n.status from ops.expense as n where n.organisation = j.organisation and n.expense_id = j.source_id "
    "order by n.revision desc limit 1) in ('rejected', 'cancelled')"
)
#: It is in the books, or about to be, and is not to be paid any more.
_WITHDRAWN = """
update ops.export_job as j
set status = 'review', updated_at = %(now)s, next_attempt_at = null, last_error_family = %(withdrawn)s,
    last_error = 'revision ' || n.revision || ' of it is ' || n.status || ', and this one is at ' || j.target || ' ('
    || coalesce(j.external_reference, j.document_key) || ', ' || j.status || '). Remedy: delete it there, and retry it here, which sees that it is '
    || 'gone; or book it by hand under its number, where it was reversed or is to stay'
from ops.expense as n
where n.organisation = %(organisation)s and n.status in ('rejected', 'cancelled')
    and not exists (
        select from ops.expense as m
        where m.organisation = n.organisation and m.expense_id = n.expense_id and m.revision > n.revision
    )
    and j.organisation = n.organisation and j.kind in ('expense', 'honorarium') and j.source_id = n.expense_id
    and j.revision < n.revision and j.target = %(target)s and j.company = %(company)s and j.booked_by is null
    and j.status in ('created', 'posted')
returning j.export_id
"""


def withdrawn(work: Work) -> tuple[set[UUID], Counts]:
    """Exports that come to wait for a person, because their claims were withdrawn after they had been sent."""
    rows = work.connection.execute(_WITHDRAWN, {**work.values, "withdrawn": WITHDRAWN}).fetchall()
    ids = {id for (id,) in rows}
    if not ids:
        return ids, Counts()
    said = (
        f"{len(ids)} expenses were withdrawn after they had been sent: their exports are in review"
    )
    return ids, Counts(statuses={"review": len(ids)}, told=(said,))
