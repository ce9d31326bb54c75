"""The larger statements of staging, and conditions on its rows. {t} is the staging table, {where} conditions;
all else are parameters."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg import sql

from saldo.ways.conditions import (
    Between,
    Condition,
    Containing,
    Dated,
    Keyed,
    NotZero,
    Numbered,
    OneOf,
)

UNSEEN = (
    "not exists (select from staging.seen as k where k.agreement_id = s.agreement_id "
    "and k.entity = %(entity)s and k.source_key = s.source_key)"
)
DIFFERING_IN = """
select s.source_key
from {t} as s
left join {other} as o
    on o.agreement_id = s.agreement_id
    and o.source_key = s.source_key
    and o.deleted_at is null
where s.agreement_id = %(agreement_id)s
    and s.deleted_at is null
    and (s.payload ->> {field})::numeric <> 0
    and (o.payload ->> {field})::numeric is distinct from (s.payload ->> {field})::numeric
union
select s.source_key
from {other} as o
inner join {t} as s
    on s.agreement_id = o.agreement_id
    and s.source_key = o.source_key
where o.agreement_id = %(agreement_id)s
    and o.deleted_at is null
    and s.deleted_at is null
    and (s.payload ->> {field})::numeric is distinct from (o.payload ->> {field})::numeric
order by 1
"""
#: One row where another entity shows something else: a record more or less, one twice, another amount or field.
#: A record whose amount is 0 is shown by nobody, so one of ours is a difference.
SHOWN_OTHERWISE = """
with shown as (
    select
        o.payload #>> {named} as number,
        o.payload,
        count(*) over (partition by o.payload #>> {named}) as times
    from {other} as o
    where o.agreement_id = %(agreement_id)s
        and o.deleted_at is null
        and o.payload #>> {kind} = any(%(kinds)s::text[])
        and (o.payload ->> {amount})::numeric <> 0
),

held as (
    select
        s.source_key,
        s.payload
    from {t} as s
    where s.agreement_id = %(agreement_id)s
        and s.deleted_at is null
)

select 1
from held as h
full join shown as o on o.number = h.source_key
where h.source_key is null
    or o.number is null
    or o.times > 1
    or (o.payload ->> {amount})::numeric is distinct from (h.payload ->> {amount})::numeric
    {differ}
limit 1
"""
#: A further field: where the other entity has none, it says nothing.
OTHER_FIELD = """
    or split_part(o.payload #>> {theirs}, 'T', 1) is distinct from split_part(h.payload #>> {ours}, 'T', 1)
        and o.payload #>> {theirs} is not null
"""
INCOMING = """
create temporary table incoming (
    place integer generated always as identity,
    source_key text not null,
    payload jsonb not null,
    payload_hash bytea not null
) on commit drop
"""
MERGE = """
with incoming as (
    select distinct on (i.source_key)
        i.source_key,
        i.payload,
        i.payload_hash
    from pg_temp.incoming as i
    order by i.source_key, i.place desc
),

changed as (
    select
        i.source_key,
        i.payload,
        i.payload_hash,
        s.source_key is null as is_new,
        s.source_key is not null and s.deleted_at is null as is_replaced,
        s.payload as old_payload,
        s.payload_hash as old_hash,
        s.landed_at as old_landed_at,
        s.run_id as old_run_id,
        s.change_seq as old_change_seq
    from incoming as i
    left join {t} as s
        on s.agreement_id = %(agreement_id)s
        and s.source_key = i.source_key
    where s.source_key is null
        or s.payload_hash is distinct from i.payload_hash
        or s.deleted_at is not null
        or (%(is_thorough)s and s.payload is distinct from i.payload)
),

kept as (
    insert into staging.history (
        vendor, entity, agreement_id, source_key, payload, payload_hash, landed_at, run_id,
        replaced_at, replaced_by, is_deletion, change_seq, replaced_seq
    )
    select
        %(vendor)s, %(entity)s, %(agreement_id)s, c.source_key, c.old_payload, c.old_hash,
        c.old_landed_at, c.old_run_id, statement_timestamp(), %(run_id)s, false,
        c.old_change_seq, %(change_seq)s
    from changed as c
    where c.is_replaced
),

written as (
    insert into {t} as s (
        agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq
    )
    select
        %(agreement_id)s, c.source_key, c.payload, c.payload_hash, statement_timestamp(),
        %(run_id)s, %(change_seq)s
    from changed as c
    on conflict (agreement_id, source_key) do update set
        payload = excluded.payload,
        payload_hash = excluded.payload_hash,
        landed_at = excluded.landed_at,
        run_id = excluded.run_id,
        change_seq = excluded.change_seq,
        deleted_at = null
    returning 1
)

select
    (select count(*) from incoming) as different,
    (select count(*) from changed where is_new) as inserted,
    (select count(*) from written) - (select count(*) from changed where is_new) as updated
"""
TOMBSTONE = f"""
with found as (
    select
        s.source_key,
        s.change_seq
    from {{t}} as s
    where s.agreement_id = %(agreement_id)s
        and s.deleted_at is null
        and {{where}}
        and {UNSEEN}
),

gone as (
    update {{t}} as t set
        deleted_at = statement_timestamp(),
        change_seq = %(change_seq)s
    from found as f
    where t.agreement_id = %(agreement_id)s
        and t.source_key = f.source_key
    returning t.source_key, t.payload, t.payload_hash, t.landed_at, t.run_id, f.change_seq
),

kept as (
    insert into staging.history (
        vendor, entity, agreement_id, source_key, payload, payload_hash, landed_at, run_id,
        replaced_at, replaced_by, is_deletion, change_seq, replaced_seq
    )
    select
        %(vendor)s, %(entity)s, %(agreement_id)s, g.source_key, g.payload, g.payload_hash,
        g.landed_at, g.run_id, statement_timestamp(), %(run_id)s, true, g.change_seq,
        %(change_seq)s
    from gone as g
)

select count(*) from gone
"""


def conditions(among: Sequence[Condition], number: str) -> tuple[sql.Composable, dict[str, object]]:
    """(conditions on rows, alias s, as SQL, their values); number: the expression of a row's number, a
    constant. A field is a literal, so that an index on it is found."""
    clauses: list[sql.Composable] = []
    values: dict[str, object] = {}
    for condition in among:
        text, field, found = _clause(condition, number)
        names = [f"value_{len(values) + place}" for place in range(len(found))]
        values |= dict(zip(names, found, strict=True))
        placeholders = (sql.Placeholder(name) for name in names)
        clauses.append(sql.SQL(text).format(*placeholders, field=sql.Literal(field)))
    return sql.SQL(" and ").join(clauses) if clauses else sql.SQL("true"), values


def _clause(condition: Condition, number: str) -> tuple[str, str, list[object]]:
    """(text, the field it is about, its values)"""
    match condition:
        case Keyed(keys):
            return "s.source_key = any({}::text[])", "", [list(keys)]
        case Numbered(numbers):
            return f"{number} = any({{}}::text[])", "", [list(numbers)]
        case Between(after, upto):
            text = f"{number}::numeric > {{}} and {number}::numeric <= {{}}"
            return text, "", [after, upto]
        case NotZero(field):
            return "(s.payload ->> {field})::numeric <> 0", field, []
        case OneOf(field, values):
            return "s.payload ->> {field} = any({}::text[])", field, [list(values)]
        case Containing(field, text, is_contained):
            sign = ">" if is_contained else "="
            return f"strpos(s.payload ->> {{field}}, {{}}) {sign} 0", field, [text]
        case Dated(field, first, last):
            text = "left(s.payload #>> {field}, 10) between {} and {}"
            path = f"{{{field.replace('.', ',')}}}"  # header.postedDate
            return text, path, [first.isoformat(), last.isoformat()]
