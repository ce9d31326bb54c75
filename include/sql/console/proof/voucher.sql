-- grain: one posting of a voucher; of a line without voucher number, itself
-- reads: mart.fact_journal_entries, mart.dim_customer, mart.dim_supplier, mart.dim_vat, mart.dim_department, mart.dim_project, ops.personal_vouchers
-- writes: nothing
-- sign and currency: debit positive; amount in the posting's currency, amount_base in the agreement's
select
    f.entry_number,
    f.journal_number,
    f.entry_type,
    f.event_type,
    f.date,
    f.accounting_year,
    f.period,
    f.account_number,
    f.account_name,
    case when h.voucher_number is null then f.text else '(hidden)' end as text,
    f.department_number,
    e.name as department_name,
    case when f.project_key > 0 then j.project_number end as project_number,
    case when c.customer_key > 0 then c.customer_number end as customer_number,
    case when c.customer_key > 0 then c.name end as customer_name,
    case when s.supplier_key > 0 then s.supplier_number end as supplier_number,
    case when s.supplier_key > 0 then s.name end as supplier_name,
    f.vat_code,
    v.name as vat_name,
    v.rate_percent,
    f.currency,
    f.amount,
    f.base_currency,
    f.amount_base,
    f.due_date,
    f.remainder,
    case when h.voucher_number is null then f.invoice_number else '(hidden)' end as invoice_number,
    f.is_opening,
    f.document_key,
    h.voucher_number is not null as is_hidden,
    count(*) over () as postings,
    sum(f.amount_base) over () as total_base
from mart.fact_journal_entries as f
left join ops.personal_vouchers(
    %(agreement_key)s,
    -- Its number, the line's own where none is asked for, or the one that stands for none.
    array[coalesce(
        %(number)s::text,
        (
            select o.voucher_number
            from mart.fact_journal_entries as o
            where o.agreement_id = %(agreement_id)s and o.entry_number = %(entry)s
        ),
        ''
    )]
) as h
    on h.voucher_number = coalesce(f.voucher_number, '')
    and h.accounting_year = coalesce(f.accounting_year, '')
left join mart.dim_customer as c on c.customer_key = f.customer_key and h.voucher_number is null
left join mart.dim_supplier as s on s.supplier_key = f.supplier_key and h.voucher_number is null
left join mart.dim_vat as v on v.vat_key = f.vat_key and v.vat_key > 0
left join mart.dim_department as e on e.department_key = f.department_key and e.department_key > 0
left join mart.dim_project as j on j.project_key = f.project_key
where f.agreement_id = %(agreement_id)s
    and (
        (
            %(number)s::text is not null
            and f.voucher_number = %(number)s
            and f.accounting_year is not distinct from %(year)s::text
        )
        or (%(number)s::text is null and f.entry_number = %(entry)s)
    )
order by f.journal_entry_key
limit %(limit)s;
