-- Rules of a mapping that was just staged which another file in force has, too, or which overlap one of the same width. The same within
-- the file, where it calls one company by two names: the reader cannot know.
with rivals as (
    select
        o.agreement_id,
        o.low,
        o.high,
        o.sheet,
        o.cell,
        f.name || ' (' || o.cell || ')' as place,
        false as is_own
    from staging.file_account_mapping as o
    inner join ops.file as f
        on f.file_id = o.file_id
        and f.version = o.version
        and f.is_in_force
    where o.file_id <> %(file_id)s
    union all
    select
        o.agreement_id,
        o.low,
        o.high,
        o.sheet,
        o.cell,
        o.cell as place,
        true as is_own
    from staging.file_account_mapping as o
    where o.file_id = %(file_id)s
        and o.version = %(version)s
)

select
    s.sheet,
    0 as row_number,
    'account' as role,
    s.cell,
    'account ' || coalesce(nullif(s.low, ''), '*') || case when s.low <> s.high then '-' || s.high else '' end
    || ' of ' || s.agreement_id || ', which ' || min(o.place) || ' maps, too' as found,
    'each account in one rule' as expected,
    'Delete one of the two; a file that no longer counts is moved out of the folder' as remedy
from staging.file_account_mapping as s
inner join rivals as o
    on o.agreement_id = s.agreement_id
    and not (o.is_own and o.sheet = s.sheet and o.cell = s.cell)
    and (
        (o.low = s.low and o.high = s.high)
        or (
            s.low <> s.high
            and o.low <> o.high
            and length(o.low) = length(s.low)
            and o.low <= s.high
            and o.high >= s.low
            and o.high::numeric - o.low::numeric = s.high::numeric - s.low::numeric
        )
    )
where s.file_id = %(file_id)s
    and s.version = %(version)s
group by
    s.sheet,
    s.cell,
    s.agreement_id,
    s.low,
    s.high
order by
    s.sheet,
    s.cell
