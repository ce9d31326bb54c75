"""A dry run: what would become of everything that waits to be sent. Nothing is written, nothing is sent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from saldo.warehouse.connection import Connection

from .configuration import AccountingExport
from .preview import preview
from .problems import Problem
from .targets.target import Target

#: Expenses of one dry run; the oldest approvals come first.
MOST = 1_000
_WAITING = """
select e.expense_id
from ops.expense as e
left join ops.export_job as j
    on j.organisation = e.organisation and j.kind = e.kind and j.source_id = e.expense_id and j.revision = e.revision
where e.organisation = %(organisation)s and e.kind = any(%(kinds)s)
    and not exists (
        select from ops.expense as n
        where n.organisation = e.organisation and n.expense_id = e.expense_id and n.revision > e.revision
    )
    and case
        when %(only)s::text[] is not null then e.expense_id = any(%(only)s)
        else e.status = 'approved' and (j.status is null or j.status in ('pending', 'failed'))
    end
order by e.approved_at, e.expense_id
limit %(most)s
"""


@dataclass(frozen=True)
class Rehearsed:
    """An expense. key: the number it would have at the target; empty where it cannot be mapped. problems: none means that it would be
    sent as it is."""

    expense_id: str
    key: str
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        if not self.problems:
            return f"{self.expense_id}: would be sent as {self.key}"
        return f"{self.expense_id}: would go to review: " + "; ".join(map(str, self.problems))


def rehearse(
    connection: Connection,
    configuration: AccountingExport,
    target: Target,
    *,
    only: Collection[str] | None = None,
) -> list[Rehearsed]:
    """Of what is approved and not sent yet; only: of these expenses instead, approved or not. Raises what asking the target raises."""
    rows = connection.execute(
        _WAITING.encode(),
        {
            "organisation": configuration.organisation,
            "kinds": [kind for kind in ("expense", "honorarium") if configuration.payable(kind)],
            "only": None if only is None else list(only),
            "most": MOST,
        },
    ).fetchall()
    seen = {id: preview(connection, configuration, id) for (id,) in rows}
    documents = [one.document for one in seen.values() if one.document is not None]
    against = target.check(documents) if documents else {}
    return [
        Rehearsed(
            id,
            one.document.key if one.document else "",
            (*one.problems, *(against.get(one.document.key, ()) if one.document else ())),
        )
        for id, one in seen.items()
    ]
