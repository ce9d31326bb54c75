"""What a file holds, as SQL over staging and what was replaced there: how the records were at one place in the
sequence of changes, so that a file can be written later, or again.

{staging} is the entity's table; from_seq and to_seq are the file's.
"""

from __future__ import annotations

#: Every record that was there.
FULL_SYNC = """
select
    s.source_key,
    s.payload,
    s.landed_at as mutated_at,
    s.run_id,
    'ADDED' as mutation
from {staging} as s
where s.agreement_id = %(agreement_id)s
    and s.deleted_at is null
    and s.change_seq <= %(to_seq)s
union all
select
    h.source_key,
    h.payload,
    h.landed_at,
    h.run_id,
    'ADDED'
from staging.history as h
where h.agreement_id = %(agreement_id)s
    and h.entity = %(entity)s
    and h.change_seq <= %(to_seq)s
    and h.replaced_seq > %(to_seq)s
"""
#: Every record that changed or went since, as it was then; once, whatever happened to it in between.
SYNC_CHANGES = """
select
    r.source_key,
    r.payload,
    r.mutated_at,
    r.run_id,
    case
        when r.is_deleted then 'DELETED'
        when exists (
            select from staging.history as h
            where h.agreement_id = %(agreement_id)s
                and h.entity = %(entity)s
                and h.source_key = r.source_key
                and h.change_seq <= %(from_seq)s
                and h.replaced_seq > %(from_seq)s
        ) then 'UPDATED'
        else 'ADDED'
    end as mutation
from (
    select
        s.source_key,
        s.payload,
        coalesce(s.deleted_at, s.landed_at) as mutated_at,
        coalesce(d.replaced_by, s.run_id) as run_id,
        s.deleted_at is not null as is_deleted
    from {staging} as s
    left join staging.history as d
        on s.deleted_at is not null
        and d.agreement_id = s.agreement_id
        and d.entity = %(entity)s
        and d.source_key = s.source_key
        and d.replaced_seq = s.change_seq
        and d.is_deletion
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(from_seq)s
        and s.change_seq <= %(to_seq)s
    union all
    select
        h.source_key,
        h.payload,
        h.landed_at,
        h.run_id,
        false
    from staging.history as h
    where h.agreement_id = %(agreement_id)s
        and h.entity = %(entity)s
        and h.change_seq > %(from_seq)s
        and h.change_seq <= %(to_seq)s
        and h.replaced_seq > %(to_seq)s
    union all
    -- Gone then, and back or changed since.
    select
        h.source_key,
        h.payload,
        h.replaced_at,
        h.replaced_by,
        true
    from staging.history as h
    where h.agreement_id = %(agreement_id)s
        and h.entity = %(entity)s
        and h.is_deletion
        and h.replaced_seq > %(from_seq)s
        and h.replaced_seq <= %(to_seq)s
        and not exists (
            select from {staging} as s
            where s.agreement_id = h.agreement_id
                and s.source_key = h.source_key
                and s.change_seq <= %(to_seq)s
        )
        and not exists (
            select from staging.history as later
            where later.agreement_id = h.agreement_id
                and later.entity = h.entity
                and later.source_key = h.source_key
                and later.change_seq > h.replaced_seq
                and later.change_seq <= %(to_seq)s
        )
) as r
"""
#: {records} is one of the two; {values}: expressions for what the file shows. The order is that of the bytes, whatever
#: the database sorts by.
ROWS = """
copy (
    select
        r.source_key,
        {values}
    from ({records}) as r
    order by r.source_key collate "C"
) to stdout (format csv)
"""
