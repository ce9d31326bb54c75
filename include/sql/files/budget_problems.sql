-- What is wrong with a budget that was just staged, beside the ledger. role: the column of the wrong cell.
-- What is written is judged once a value, and the rows of what is wrong are looked up: most often there are none.
with staged as not materialized (
    select
        s.sheet,
        s.row_number,
        s.cell,
        s.agreement_id,
        s.scenario,
        s.account_number,
        s.department,
        s.month,
        s.currency
    from staging.file_budget as s
    where s.file_id = %(file_id)s
        and s.version = %(version)s
),

written as materialized (
    select
        s.agreement_id,
        s.account_number,
        s.department,
        s.currency
    from staged as s
    group by
        s.agreement_id,
        s.account_number,
        s.department,
        s.currency
),

written_account as materialized (
    select
        s.agreement_id,
        s.account_number,
        a.account_number is not null and not a.is_deleted as is_known,
        -- A type that the vendor adds may be posted on.
        a.account_type not in ('heading', 'heading_start', 'sum_interval', 'sum_alpha', 'total_from') as has_postings,
        a.is_credit
    from (select distinct t.agreement_id, t.account_number from written as t) as s
    left join core.account as a
        on a.agreement_id = s.agreement_id
        and coalesce(a.code, a.account_number) = s.account_number
),

written_department as (
    select
        s.agreement_id,
        s.department,
        count(k.department_number) filter (where k.code = s.department and not k.is_deleted) as by_code,
        count(k.department_number) filter (where not k.is_deleted) as by_any
    from (select distinct t.agreement_id, t.department from written as t where t.department <> '') as s
    left join core.known_department as k
        on k.agreement_id = s.agreement_id
        and (k.code = s.department or lower(k.name) = lower(s.department))
    group by
        s.agreement_id,
        s.department
),

wrong_account as materialized (
    select
        a.agreement_id,
        a.account_number,
        'account ' || a.account_number as found,
        'an account of the ledger of ' || a.agreement_id as expected,
        'Correct the number; a new account is known after the next night of ' || a.agreement_id as remedy
    from written_account as a
    where not a.is_known
        and not %(accepts_unknown)s
    union all
    select
        a.agreement_id,
        a.account_number,
        'account ' || a.account_number || ', a heading or a sum' as found,
        'an account that is posted on' as expected,
        'Budget the accounts that it adds up, and leave this line out' as remedy
    from written_account as a
    where a.is_known
        and not a.has_postings
    union all
    select
        a.agreement_id,
        a.account_number,
        'account ' || a.account_number || ', of which the ledger does not say whether it is income or cost' as found,
        'amounts with the sign of the ledger' as expected,
        'Write debit positive, and say `sign: ledger` in the configuration' as remedy
    from written_account as a
    where %(sign)s = 'natural'
        and a.is_credit is null
        and (not a.is_known or a.has_postings)
        and (a.is_known or %(accepts_unknown)s)
),

wrong_department as materialized (
    select
        d.agreement_id,
        d.department,
        'department ' || d.department as found,
        case
            when d.by_any > 1 then 'a number: several departments of ' || d.agreement_id || ' have that name'
            else 'a department of ' || d.agreement_id || ', by its number or name'
        end as expected,
        'Correct the department; a new one is known after the next night of ' || d.agreement_id as remedy
    from written_department as d
    where d.by_code = 0
        and (d.by_any > 1 or (d.by_any = 0 and not %(accepts_unknown)s))
),

wrong_currency as materialized (
    select
        c.agreement_id,
        c.currency,
        ' in ' || c.currency as found,
        g.base_currency || ', the currency of the books of ' || c.agreement_id as expected,
        'Convert the amounts, or correct what says so: the column of the currency, the amount, its format, a title or a name' as remedy
    from (select distinct t.agreement_id, t.currency from written as t where t.currency is not null) as c
    inner join core.agreement as g on g.agreement_id = c.agreement_id
    where upper(c.currency) <> upper(g.base_currency)
        -- The crown of any country that writes it so.
        and not (c.currency = 'kr' and g.base_currency in ('DKK', 'NOK', 'SEK', 'ISK'))
),

in_sheet as (
    select
        s.sheet,
        s.agreement_id,
        s.currency,
        count(*) over (partition by s.sheet) > 1 as is_among_others
    from staged as s
    where exists (select from wrong_currency)
    group by
        s.sheet,
        s.agreement_id,
        s.currency
),

-- Told once where all of a sheet is in it, else for each line.
in_currency as (
    select
        s.sheet,
        min(s.row_number) as row_number,
        (array_agg(s.cell order by s.row_number, s.month))[1] as cell,
        case when t.is_among_others or count(*) = 1 then 'an amount' else 'all amounts' end || w.found as found,
        w.expected,
        w.remedy
    from wrong_currency as w
    inner join in_sheet as t
        on t.agreement_id = w.agreement_id
        and t.currency = w.currency
    inner join staged as s
        on s.sheet = t.sheet
        and s.agreement_id = w.agreement_id
        and s.currency = w.currency
    group by
        s.sheet,
        case when t.is_among_others then s.row_number end,
        t.is_among_others,
        w.found,
        w.expected,
        w.remedy
),

twice as materialized (
    select
        s.agreement_id,
        s.scenario,
        s.month,
        s.account_number,
        s.department
    from staged as s
    where %(may_repeat)s
        or %(is_reworded)s
    group by
        s.agreement_id,
        s.scenario,
        s.month,
        s.account_number,
        s.department
    having count(*) > 1
),

repeated as (
    select
        s.sheet,
        s.row_number,
        s.cell,
        s.month,
        row_number() over same as place,
        case when first_value(s.sheet) over same = s.sheet then ''
            else 'sheet ' || quote_literal(first_value(s.sheet) over same) || ', '
        end || first_value(s.cell) over same as first_place
    from twice as t
    inner join staged as s
        on s.agreement_id = t.agreement_id
        and s.scenario = t.scenario
        and s.month = t.month
        and s.account_number = t.account_number
        and s.department = t.department
    window same as (
        partition by s.agreement_id, s.scenario, s.month, s.account_number, s.department
        order by s.sheet, s.row_number, s.cell
    )
),

repeated_line as (
    select distinct on (d.sheet, d.row_number)
        d.sheet,
        d.row_number,
        d.cell,
        d.first_place
    from repeated as d
    where d.place > 1
    order by
        d.sheet,
        d.row_number,
        d.month
),

found as (
    select distinct
        s.sheet,
        s.row_number,
        'account' as role,
        '' as cell,
        w.found,
        w.expected,
        w.remedy
    from wrong_account as w
    inner join staged as s
        on s.agreement_id = w.agreement_id
        and s.account_number = w.account_number
    union all
    select distinct
        s.sheet,
        s.row_number,
        'department' as role,
        '' as cell,
        w.found,
        w.expected,
        w.remedy
    from wrong_department as w
    inner join staged as s
        on s.agreement_id = w.agreement_id
        and s.department = w.department
    union all
    select
        c.sheet,
        c.row_number,
        'amount' as role,
        c.cell,
        c.found,
        c.expected,
        c.remedy
    from in_currency as c
    union all
    select
        r.sheet,
        r.row_number,
        'amount' as role,
        r.cell,
        'the same account, department and month as in ' || r.first_place as found,
        'each of them once' as expected,
        'Add the two up, or delete the one that is too many' as remedy
    from repeated_line as r
)

select
    f.sheet,
    f.row_number,
    f.role,
    f.cell,
    f.found,
    f.expected,
    f.remedy
from found as f
order by
    f.sheet,
    f.row_number,
    f.role,
    f.found
