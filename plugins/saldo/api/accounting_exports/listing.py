"""GET /saldo/api/v1/accounting-exports: the exports that a user may see, and how the accounting systems are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import JSONResponse
from psycopg.rows import dict_row

from saldo.exports.accounting.jobs import jobs_of
from saldo.hooks.warehouse import WarehouseHook
from saldo.warehouse.connection import Connection, connect

from ..answers import GUARDS
from ..auth import User
from ..problems import responses
from ..routers import viewer_router
from . import cursors
from .access import visible
from .bodies import ListQuery
from .models import Export, ExportList, Target, TargetList
from .shown import PREFIX, error_of, shown
from .troubles import told

router = viewer_router()

#: Companies that exports of some organisations went to, or tried to, and how their circuit breakers are.
_TARGETS = """
with recursive counts as (
    select
        o.organisation,
        count(j.export_id) filter (where j.place > 0) as waiting,
        count(j.export_id) filter (where j.place = 0) as review
    from unnest(%s::text[]) as o (organisation)
    left join ops.export_job as j on j.organisation = o.organisation and j.place between 0 and 3
    group by o.organisation
),

-- By the index, one step for each: however many exports went there.
known as (
    select
        c.organisation,
        (select min(j.company) from ops.export_job as j where j.organisation = c.organisation and j.company is not null) as company
    from counts as c
    union all
    select
        k.organisation,
        (
            select min(j.company) from ops.export_job as j
            where j.organisation = k.organisation and j.company is not null and j.company > k.company
        )
    from known as k
    where k.company is not null
),

companies as (
    select
        k.organisation,
        k.company
    from known as k
    where k.company is not null
    union
    select
        c.organisation,
        b.company
    from ops.export_breaker as b
    inner join counts as c on c.organisation = b.organisation
)

select
    c.organisation,
    c.company,
    coalesce(b.state, 'closed') as breaker,
    coalesce(b.failures, 0) as failures,
    case when b.state <> 'closed' then b.opened_at end as opened_at,
    case when b.failures > 0 or b.state <> 'closed' then b.last_error_family end as family,
    case when b.failures > 0 or b.state <> 'closed' then b.last_error end as message,
    o.waiting,
    o.review
from companies as c
inner join counts as o on o.organisation = c.organisation
left join ops.export_breaker as b on b.company = c.company
order by c.organisation, c.company
"""


@router.get(
    PREFIX,
    summary="Exports to accounting systems",
    description="Of the organisations whose DAG `saldo_export__<organisation>` you may see, the newest first, in pages.",
    response_model=ExportList,
    responses=responses(422, 503),
)
def accounting_exports(
    request: Request, user: User, query: Annotated[ListQuery, Query()]
) -> JSONResponse:
    after = cursors.read(query.cursor)
    with told(), connect(WarehouseHook().dsn()) as connection:
        found = jobs_of(
            connection,
            organisations=visible(connection, user, only=query.organisation),
            status=query.status,
            kind=query.kind,
            source_id=query.source_id,
            target=query.target,
            created_from=_midnight(query.created_from),
            created_to=_midnight(query.created_to, days=1),
            limit=query.limit + 1,
            after=after,
        )
    page, more = found[: query.limit], found[query.limit :]
    last = cursors.written((page[-1].created_at, page[-1].export_id)) if more else None
    body = ExportList(list=[Export(**shown(request, job)) for job in page], next=last)
    return JSONResponse(body.model_dump(mode="json"), headers=GUARDS)


@router.get(
    f"{PREFIX}/targets",
    summary="How the accounting systems are",
    description="The companies that exports went to, with their circuit breakers: one that is open failed so often that nothing is sent "
    "there for some minutes.",
    response_model=TargetList,
    responses=responses(422, 503),
)
def accounting_targets(user: User) -> JSONResponse:
    with told(), connect(WarehouseHook().dsn()) as connection:
        found = targets(connection, visible(connection, user))
    return JSONResponse(TargetList(list=found).model_dump(mode="json"), headers=GUARDS)


def targets(connection: Connection, organisations: list[str]) -> list[Target]:
    """Companies that exports of these went to, with their circuit breakers."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_TARGETS.encode(), [organisations]).fetchall()
    return [Target(**row, error=error_of(row.pop("family"), row.pop("message"))) for row in rows]


def _midnight(day: date | None, *, days: int = 0) -> datetime | None:
    """When a day begins, in UTC; days: so many later."""
    if day is None or day > date.max - timedelta(days=days):
        return None
    return datetime.combine(day + timedelta(days=days), time(), UTC)
