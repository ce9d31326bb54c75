-- grain: one posting on the account of a customer, of vendors whose customers have a ledger of their own
-- reads: core.receivable, core.customer, core.agreement, core.account, core.accounting_year, mart.dim_period, mart.fact_journal_entries
-- writes: core.key_map, mart.fact_receivables
-- sign and currency: as the vendor: debit positive; what is open is 0 when settled, NULL if unmatchable
-- rows: core.receivable by entry_number, dated date
-- again with: core.agreement
-- again with: core.customer by customer_number of core.receivable
-- again with: core.account by account_number
-- again with: mart.dim_account of mart.fact_receivables where r.account_key = -1
-- again with: core.accounting_year, core.period
-- What the ledger says of the voucher is said here, too.
-- again with: mart.fact_journal_entries of mart.fact_receivables where r.voucher_number in (
--     select w.voucher_number from written_fact_journal_entries as w
--     union select (w.was).voucher_number from written_fact_journal_entries as w)
-- new keys: 'receivable' by entry_number from live_entry
-- kind: receivable_key = 'receivable'

-- step: period_of_day by date
select distinct on (d.date)
    d.date,
    y.accounting_year,
    p.period
from core.accounting_year as y
inner join mart.dim_date as d on d.date between y.start_date and y.end_date
left join mart.dim_period as p
    on p.agreement_key = %(agreement_key)s
    and p.accounting_year = y.accounting_year
    and d.date between p.start_date and p.end_date
    and not p.is_adjustment
where y.agreement_id = %(agreement_id)s
    and not y.is_deleted
order by d.date, y.start_date, p.period_key

-- A posting is in the period of its voucher, and that is the one the ledger's lines state: by the day alone it could be one
-- of another year.
-- step: posted
select distinct
    f.voucher_number,
    f.date,
    f.account_number,
    f.voucher_key,
    f.accounting_year,
    f.period
from mart.fact_journal_entries as f
where f.agreement_id = %(agreement_id)s
    and f.voucher_number in (
        select e.voucher_number
        from changed as c
        inner join core.receivable as e
            on e.agreement_id = %(agreement_id)s
            and e.entry_number = c.entry_number
    )

-- Of vouchers of one number and day that which is on the same account, then that of the day's own year.
-- step: live_entry by entry_number
select distinct on (e.entry_number)
    e.entry_number,
    case when v.voucher_key is null then d.accounting_year else v.accounting_year end as accounting_year,
    case when v.voucher_key is null then d.period else v.period end as period,
    coalesce(v.voucher_key, case when e.voucher_number is null then -3 else -1 end) as voucher_key
from changed as c
inner join core.receivable as e
    on e.agreement_id = %(agreement_id)s
    and e.entry_number = c.entry_number
left join period_of_day as d on d.date = e.date
left join posted as v
    on v.voucher_number = e.voucher_number
    and v.date = e.date
where not e.is_deleted
order by
    e.entry_number,
    v.account_number is distinct from e.account_number,
    v.accounting_year is distinct from d.accounting_year,
    v.accounting_year,
    v.period,
    v.voucher_key

-- final
select
    e.entry_number as receivable_key,
    e.entry_number,
    l.voucher_key,
    e.voucher_number,
    e.entry_type,
    e.event_type,
    e.date,
    mart.date_key(e.date) as date_key,
    l.accounting_year,
    l.period,
    e.account_number as account_key,
    e.account_number,
    e.customer_number as customer_key,
    coalesce(p.code, e.customer_number) as customer_number,
    p.name as customer_name,
    e.invoice_number,
    e.due_date,
    e.text,
    coalesce(e.currency, g.base_currency) as currency,
    e.amount,
    g.base_currency,
    e.amount_base,
    e.remainder,
    case
        when e.remainder = 0 then 0
        else round(e.remainder * e.amount_base / nullif(e.amount, 0), 2)
    end as remainder_base,
    coalesce(e.remainder, 0) = 0 as is_settled
from live_entry as l
inner join core.receivable as e
    on e.agreement_id = %(agreement_id)s
    and e.entry_number = l.entry_number
inner join core.agreement as g on g.agreement_id = e.agreement_id
-- Left join: a name that is not (yet) known is none.
left join core.customer as p
    on p.agreement_id = e.agreement_id
    and p.customer_number = e.customer_number
