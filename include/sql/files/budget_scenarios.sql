-- A scenario that differs from one in force in nothing but capitals and blanks around it is that one, and takes its spelling; one
-- that is new has that of the file's first line.
with recursive written as materialized (
    select
        s.agreement_id,
        s.scenario,
        lower(btrim(s.scenario)) as word,
        min(s.row_number) as first_row
    from staging.file_budget as s
    where s.file_id = %(file_id)s
        and s.version = %(version)s
    group by
        s.agreement_id,
        s.scenario
),

-- From one to the next by the index: an agreement has few of them, in many rows.
there as (
    select
        w.agreement_id,
        (select min(b.scenario) from core.budget as b where b.agreement_id = w.agreement_id) as scenario
    from (select distinct t.agreement_id from written as t) as w
    union all
    select
        t.agreement_id,
        (
            select min(b.scenario) from core.budget as b
            where b.agreement_id = t.agreement_id
                and b.scenario > t.scenario
        ) as scenario
    from there as t
    where t.scenario is not null
),

in_force as (
    select
        t.agreement_id,
        t.scenario,
        lower(btrim(t.scenario)) as word
    from there as t
    where exists (
        select
        from core.budget as b
        where b.agreement_id = t.agreement_id
            and b.scenario = t.scenario
            and not b.is_deleted
    )
),

spelled as (
    select distinct on (w.agreement_id, w.scenario)
        w.agreement_id,
        w.scenario,
        coalesce(
            f.scenario,
            btrim(first_value(w.scenario) over (partition by w.agreement_id, w.word order by w.first_row, w.scenario))
        ) as spelling
    from written as w
    left join in_force as f
        on f.agreement_id = w.agreement_id
        and f.word = w.word
    order by
        w.agreement_id,
        w.scenario,
        f.scenario = w.scenario desc,
        f.scenario
)

update staging.file_budget as s
set scenario = p.spelling
from spelled as p
where s.file_id = %(file_id)s
    and s.version = %(version)s
    and s.agreement_id = p.agreement_id
    and s.scenario = p.scenario
    and p.scenario <> p.spelling
