-- grain: one posted ledger line on the account of a customer
-- reads: mart.fact_journal_entries, core.ledger_entry, core.customer, mart.dim_customer
-- writes: mart.fact_receivables
-- sign and currency: as the ledger: debit positive; what is open is 0 when settled, NULL if unmatchable
-- rows: mart.fact_journal_entries by entry_number, dated date
-- again with: mart.dim_customer by customer_key of mart.fact_receivables
select
    f.journal_entry_key as receivable_key,
    f.entry_number,
    f.voucher_key,
    f.voucher_number,
    f.entry_type,
    f.event_type,
    f.date,
    f.date_key,
    f.accounting_year,
    f.period,
    f.account_key,
    f.account_number,
    f.customer_key,
    coalesce(p.code, e.customer_number) as customer_number,
    p.name as customer_name,
    f.invoice_number,
    f.due_date,
    f.text,
    f.currency,
    f.amount,
    f.base_currency,
    f.amount_base,
    f.remainder,
    f.remainder_base,
    coalesce(f.remainder, 0) = 0 as is_settled
from changed as c
inner join mart.fact_journal_entries as f
    on f.agreement_id = %(agreement_id)s
    and f.entry_number = c.entry_number
inner join core.ledger_entry as e
    on e.agreement_id = f.agreement_id
    and e.entry_number = f.entry_number
-- Left join: a name that is not (yet) known is none.
left join core.customer as p
    on p.agreement_id = e.agreement_id
    and p.customer_number = e.customer_number
where f.customer_key <> -3
    -- A year's carried opening restates what older lines of the customer say already.
    and not e.is_carried_forward
