-- grain: one posted ledger line
-- reads: core.ledger_entry, core.entry_dimension, core.dimension_slot, core.dimension_member, core.account, core.accounting_year, core.agreement, mart.dim_period, mart.dim_document
-- writes: core.key_map, mart.fact_journal_entries
-- sign and currency: debit positive; remainder_base rounded to 2 decimals, half away from zero, where not given
-- rows: core.ledger_entry by entry_number, dated date
-- again with: core.agreement
-- again with: core.entry_dimension by entry_number
-- again with: core.account by account_number
-- An account that only a budget knows is one, too.
-- again with: mart.dim_account of mart.fact_journal_entries where r.account_key = -1
-- again with: core.dimension_member by member_number of core.entry_dimension where r.dimension_number = 1
-- Who was unknown may have come; what else a party or a code says now is no column of this fact.
-- again with: core.customer of mart.fact_journal_entries where r.customer_key = -1
-- again with: core.supplier of mart.fact_journal_entries where r.supplier_key = -1
-- again with: core.department, core.departmental_distribution
--     of mart.fact_journal_entries where r.department_key = -1
-- again with: core.vat of mart.fact_journal_entries where r.vat_key = -1
-- A year or period may have grown or shrunk: what is shown must be what the day says now.
-- again with: core.accounting_year, core.period of mart.fact_journal_entries where not exists (
--     select from core.ledger_entry as e
--     left join period_of_day as d on d.date = e.date
--     left join stated_period as p on p.source_key = e.period_source_key
--     where e.agreement_id = r.agreement_id and e.entry_number = r.entry_number
--         and (
--             coalesce(p.accounting_year, d.accounting_year), coalesce(p.period, d.period),
--             coalesce(p.period_key, d.period_key, -1)
--         ) is not distinct from (r.accounting_year, r.period, r.period_key))
-- The dimension of the projects is another one.
-- again with: core.dimension_slot
-- Whose document came or went.
-- again with: mart.dim_document by accounting_year, document_number = voucher_number
--     of mart.fact_journal_entries where c.kind = 'voucher'
-- again with: mart.dim_document by document_number = invoice_number where c.kind = 'invoice' and r.is_booked_invoice
-- new keys: 'journal_entry' by entry_number from live_entry
-- new keys: 'voucher' by voucher
--     from (select distinct l.voucher from live_entry as l where l.voucher is not null)

-- The accounting year and period of every day of this agreement.
-- step: period_of_day by date
select distinct on (d.date)
    d.date,
    y.accounting_year,
    p.period,
    coalesce(p.period_key, -1) as period_key
from core.accounting_year as y
inner join mart.dim_date as d on d.date between y.start_date and y.end_date
left join mart.dim_period as p
    on p.agreement_key = %(agreement_key)s
    and p.accounting_year = y.accounting_year
    and d.date between p.start_date and p.end_date
    -- Postings are in one of these only where the vendor says so.
    and not p.is_adjustment
where y.agreement_id = %(agreement_id)s
    and not y.is_deleted
order by d.date, y.start_date, p.period_key

-- The periods as the vendor names them, for ledgers that say in which one a line is posted.
-- step: stated_period by source_key
select
    k.source_key,
    p.accounting_year,
    p.period,
    p.period_key
from mart.dim_period as p
inner join core.key_map as k
    on k.agreement_id = %(agreement_id)s
    and k.kind = 'period'
    and k.key = p.period_key
where p.agreement_key = %(agreement_key)s

-- step: live_entry by entry_number
select
    e.agreement_id,
    e.entry_number,
    coalesce(p.accounting_year, d.accounting_year) as accounting_year,
    coalesce(p.period, d.period) as period,
    coalesce(p.period_key, d.period_key, -1) as period_key,
    -- A number that fits no key is one of no voucher.
    case
        when octet_length(concat(coalesce(p.accounting_year, d.accounting_year), e.voucher_number)) <= 2000
        then coalesce(p.accounting_year, d.accounting_year, '') || '|' || e.voucher_number
    end as voucher
from changed as c
inner join core.ledger_entry as e
    on e.agreement_id = %(agreement_id)s
    and e.entry_number = c.entry_number
left join period_of_day as d on d.date = e.date
left join stated_period as p on p.source_key = e.period_source_key
where not e.is_deleted

-- final
select
    e.entry_number as journal_entry_key,
    e.entry_number,
    l.voucher as voucher_key,
    e.voucher_number,
    e.journal_number,
    e.entry_type,
    e.event_type,
    e.date,
    mart.date_key(e.date) as date_key,
    l.accounting_year,
    l.period,
    l.period_key,
    e.account_number as account_key,
    coalesce(a.code, e.account_number) as account_number,
    a.name as account_name,
    d.member_number as department_key,
    coalesce(m.code, d.member_number) as department_number,
    coalesce(e.project_number, j.member_number) as project_key,
    e.customer_number as customer_key,
    e.supplier_number as supplier_key,
    e.vat_code as vat_key,
    e.vat_code,
    e.text,
    coalesce(e.currency, g.base_currency) as currency,
    e.amount,
    g.base_currency,
    e.amount_base,
    e.due_date,
    e.remainder,
    coalesce(
        e.remainder_base,
        case
            when e.remainder = 0 then 0
            else round(e.remainder * e.amount_base / nullif(e.amount, 0), 2)
        end
    ) as remainder_base,
    e.invoice_number,
    e.is_opening,
    coalesce(mv.document_key, mi.document_key, -3) as document_key,
    coalesce(mv.has_pdf, mi.has_pdf, false) as has_pdf
from live_entry as l
inner join core.ledger_entry as e
    on e.agreement_id = l.agreement_id
    and e.entry_number = l.entry_number
inner join core.agreement as g on g.agreement_id = e.agreement_id
left join core.account as a
    on a.agreement_id = e.agreement_id
    and a.account_number = e.account_number
left join core.entry_dimension as d
    on d.agreement_id = e.agreement_id
    and d.entry_number = e.entry_number
    and d.dimension_number = 1
    and not d.is_deleted
-- Where the company sets up its dimensions itself, one of them may be the project.
left join core.dimension_slot as t
    on t.agreement_id = e.agreement_id
    and t.is_project
    and not t.is_deleted
left join core.entry_dimension as j
    on j.agreement_id = e.agreement_id
    and j.entry_number = e.entry_number
    and j.dimension_number = t.dimension_number
    and not j.is_deleted
left join core.dimension_member as m
    on m.agreement_id = d.agreement_id
    and m.member_number = d.member_number
-- The document of a line is that of its voucher, else that of its invoice.
left join mart.dim_document as mv
    on mv.agreement_key = %(agreement_key)s
    and mv.kind = 'voucher'
    and mv.document_number = e.voucher_number
    and mv.accounting_year = l.accounting_year
    and not mv.is_deleted
left join mart.dim_document as mi
    on mi.agreement_key = %(agreement_key)s
    and mi.kind = 'invoice'
    and mi.document_number = e.invoice_number
    and e.is_booked_invoice
    and not mi.is_deleted
