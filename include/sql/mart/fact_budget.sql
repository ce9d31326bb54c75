-- grain: one month of one account and department in one scenario
-- reads: core.budget, core.account, core.known_department, core.agreement, mart.dim_department
-- writes: mart.fact_budget
-- sign and currency: debit positive, base currency; nothing is rounded but to four decimals
-- rows: groups of core.budget by scenario, month, dated month
-- again with: core.account by account_number of core.budget
-- again with: core.agreement, core.department, core.dimension_member, core.dimension_slot

-- Which department each text is: its number or code before its name; those that are there before deleted ones.
-- step: named_department by department
select distinct on (b.department)
    b.department,
    coalesce(k.department_number, 'B|' || b.department) as department_number,
    k.department_number is null as is_unknown
from core.budget as b
left join core.known_department as k
    on k.agreement_id = b.agreement_id
    and (k.code = b.department or lower(k.name) = lower(b.department))
where b.agreement_id = %(agreement_id)s
    and not b.is_deleted
    and b.department <> ''
order by
    b.department,
    k.code = b.department desc,
    k.is_deleted,
    k.department_number

-- final
select
    b.scenario,
    b.account_number as account_key,
    b.account_number,
    coalesce(min(a.name), min(b.account_name)) as account_name,
    n.department_number as department_key,
    min(d.department_number) as department_number,
    min(d.name) as department_name,
    b.month,
    mart.date_key(b.month) as date_key,
    g.base_currency,
    -- Accounts without a side are only in files that give the ledger's sign.
    sum(case when b.sign = 'natural' and coalesce(a.is_credit, false) then -b.amount else b.amount end) as amount_base,
    bool_or(a.account_number is null or coalesce(n.is_unknown, false)) as is_unknown,
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
left join core.account as a
    on a.agreement_id = b.agreement_id
    and a.account_number = b.account_number
left join named_department as n on n.department = b.department
left join mart.dim_department as d
    on d.agreement_key = %(agreement_key)s
    and d.department_key = (
        select m.key
        from core.key_map as m
        where m.agreement_id = b.agreement_id
            and m.kind = 'department'
            and m.source_key = n.department_number
    )
where not b.is_deleted
group by
    b.scenario,
    b.account_number,
    n.department_number,
    b.month,
    g.base_currency
