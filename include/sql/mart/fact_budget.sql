-- grain: one month of one account and department in one scenario
-- reads: core.budget, core.known_department, core.agreement, mart.dim_account, mart.dim_department
-- writes: mart.fact_budget
-- sign and currency: debit positive, base currency; nothing is rounded but to four decimals
-- rows: groups of core.budget by scenario, month, dated month
-- again with: mart.dim_account by account_number of core.budget
-- again with: core.agreement, core.department, core.dimension_member, core.dimension_slot

-- Which department each text is: its number or code before its name; those that are there before deleted ones.
-- step: named_department by department
select
    k.department,
    k.is_unknown,
    d.department_key,
    d.department_number,
    d.name
from (
    select distinct on (b.department)
        b.department,
        coalesce(n.department_number, 'B|' || b.department) as source_key,
        n.department_number is null or n.is_deleted as is_unknown
    from core.budget as b
    left join core.known_department as n
        on n.agreement_id = b.agreement_id
        and (n.code = b.department or lower(n.name) = lower(b.department))
    where b.agreement_id = %(agreement_id)s
        and not b.is_deleted
        and b.department <> ''
    order by
        b.department,
        n.code = b.department desc,
        n.is_deleted,
        n.department_number
) as k
inner join core.key_map as m
    on m.agreement_id = %(agreement_id)s
    and m.kind = 'department'
    and m.source_key = k.source_key
inner join mart.dim_department as d on d.department_key = m.key

-- final
select
    b.scenario,
    a.account_key,
    b.account_number,
    a.name as account_name,
    coalesce(d.department_key, -3) as department_key,
    d.department_number,
    d.name as department_name,
    b.month,
    mart.date_key(b.month) as date_key,
    g.base_currency,
    -- Accounts without a side are only in files that give the ledger's sign.
    sum(case when b.sign = 'natural' and coalesce(a.is_credit, false) then -b.amount else b.amount end) as amount_base,
    bool_or(a.is_budget_only or a.is_deleted or coalesce(d.is_unknown, false)) as is_unknown,
    max(b.version) as version,
    min(b.config_id) as config_id,
    min(b.source_file) as source_file,
    nullif(min(b.sheet), '') as source_sheet,
    (array_agg(b.cell order by b.row_number, b.cell))[1] as source_cell,
    min(b.row_number) as source_row
from changed as c
inner join core.budget as b
    on b.agreement_id = %(agreement_id)s
    and b.scenario = c.scenario
    and b.month = c.month
inner join core.agreement as g on g.agreement_id = b.agreement_id
inner join mart.dim_account as a
    on a.agreement_key = %(agreement_key)s
    and a.account_number = b.account_number
left join named_department as d on d.department = b.department
where not b.is_deleted
group by
    b.scenario,
    a.account_key,
    b.account_number,
    a.name,
    d.department_key,
    d.department_number,
    d.name,
    b.month,
    g.base_currency
