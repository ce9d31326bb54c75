-- Of the agreements whose files were read: one that has no file any more goes on hiding what it hid.
with said as (
    select
        p.agreement_id,
        a.range ->> 0 as first_number,
        a.range ->> 1 as last_number
    from jsonb_to_recordset(%(agreements)s) as p (agreement_id text, ranges jsonb)
    cross join jsonb_array_elements(p.ranges) as a (range)
),

gone as (
    delete from ops.personal_account as o
    using jsonb_to_recordset(%(agreements)s) as p (agreement_id text)
    where p.agreement_id = o.agreement_id
        and not exists (
            select
            from said as s
            where s.agreement_id = o.agreement_id
                and s.first_number = o.first_number
                and s.last_number = o.last_number
        )
    returning 1
),

come as (
    insert into ops.personal_account (agreement_id, first_number, last_number)
    select distinct
        s.agreement_id,
        s.first_number,
        s.last_number
    from said as s
    on conflict do nothing
    returning 1
)

select (select count(*) from gone) + (select count(*) from come)
