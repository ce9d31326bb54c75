-- grain: a line of a version of a file, those of an expense together
-- reads: staging.file_expense
-- writes: nothing
-- sign and currency: amounts as they were written, in texts
-- An expense whose lines are those of the version that counts, wherever they stand, is no news.
with staged as (
    select
        s.sheet,
        s.row as row_number,
        s.organisation,
        s.expense_id,
        s.said,
        s.wrong,
        count(*) over of_expense as lines,
        sum(hashtextextended(s.said::text, 0)) over of_expense as content
    from staging.file_expense as s
    where s.file_id = %(file_id)s
        and s.version = %(version)s
    window of_expense as (partition by s.organisation, s.expense_id)
),

in_force as (
    select
        s.organisation,
        s.expense_id,
        count(*) as lines,
        sum(hashtextextended(s.said::text, 0)) as content
    from staging.file_expense as s
    where s.file_id = %(file_id)s
        and s.version = %(in_force)s
    group by
        s.organisation,
        s.expense_id
),

final as (
    select
        s.sheet,
        s.row_number,
        s.organisation,
        s.expense_id,
        s.said,
        s.wrong,
        i.expense_id is null as is_new
    from staged as s
    left join in_force as i
        on i.organisation = s.organisation
        and i.expense_id = s.expense_id
        and i.lines = s.lines
        and i.content = s.content
)

select
    f.sheet,
    f.row_number,
    f.organisation,
    f.expense_id,
    f.said,
    f.wrong,
    f.is_new
from final as f
order by
    f.organisation,
    f.expense_id,
    f.sheet,
    f.row_number;
