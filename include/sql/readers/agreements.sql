-- The agreements of those who have some; those of broken files stay.
with said as (
    select
        r.reader_id,
        a.agreement_id
    from jsonb_to_recordset(%(readers)s) as r (reader_id text, agreements jsonb)
    cross join jsonb_array_elements_text(r.agreements) as a (agreement_id)
),

gone as (
    delete from ops.reader_agreement as o
    using jsonb_to_recordset(%(readers)s) as r (reader_id text)
    where r.reader_id = o.reader_id
        and not exists (
            select from said as s where s.reader_id = o.reader_id and s.agreement_id = o.agreement_id
        )
    returning 1
),

come as (
    insert into ops.reader_agreement (reader_id, agreement_id)
    select distinct
        s.reader_id,
        s.agreement_id
    from said as s
    on conflict do nothing
    returning 1
)

select (select count(*) from gone) + (select count(*) from come)
