-- grain: one posted ledger line on the account of a customer
-- reads: mart.fact_journal_entries, core.ledger_entry, core.customer; rewritten_entry of fact_journal_entries
-- writes: mart.fact_receivables
-- sign and currency: as the ledger: debit positive; what is open is 0 when settled, NULL if unmatchable
create temporary table changed_customer_line on commit drop as
select c.entry_number
from rewritten_entry as c
union
select t.entry_number
from core.customer as c
inner join mart.fact_receivables as t
    on t.agreement_id = c.agreement_id
    and t.customer_number = c.customer_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_customer)s
union
select t.entry_number
from mart.fact_receivables as t
where t.agreement_id = %(agreement_id)s
    and t.date between %(window_start)s and %(window_end)s
union
select t.entry_number
from mart.fact_journal_entries as t
where t.agreement_id = %(agreement_id)s
    and t.customer_key <> -3
    and t.date between %(window_start)s and %(window_end)s;

create unique index on changed_customer_line (entry_number);
analyze changed_customer_line;

with final as (
    select
        f.journal_entry_key as receivable_key,
        f.agreement_key as agreement_key,
        f.agreement_id as agreement_id,
        f.entry_number as entry_number,
        f.voucher_key as voucher_key,
        f.voucher_number as voucher_number,
        f.entry_type as entry_type,
        f.event_type as event_type,
        f.date as date,
        f.date_key as date_key,
        f.accounting_year as accounting_year,
        f.period as period,
        f.account_key as account_key,
        f.account_number as account_number,
        f.customer_key as customer_key,
        e.customer_number as customer_number,
        p.name as customer_name,
        f.invoice_number as invoice_number,
        f.due_date as due_date,
        f.text as text,
        f.currency as currency,
        f.amount as amount,
        f.base_currency as base_currency,
        f.amount_base as amount_base,
        f.remainder as remainder,
        f.remainder_base as remainder_base,
        coalesce(f.remainder, 0) = 0 as is_settled
    from changed_customer_line as c
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
        -- A year's transferred opening restates what older lines of the customer say already.
        and f.entry_type <> 'transferred_opening_entry'
),

upserted as (
    insert into mart.fact_receivables as t (
        receivable_key, agreement_key, agreement_id, entry_number, voucher_key, voucher_number,
        entry_type, event_type, date, date_key, accounting_year, period, account_key,
        account_number, customer_key, customer_number, customer_name, invoice_number, due_date,
        text, currency, amount, base_currency, amount_base, remainder, remainder_base, is_settled
    )
    select
        receivable_key, agreement_key, agreement_id, entry_number, voucher_key, voucher_number,
        entry_type, event_type, date, date_key, accounting_year, period, account_key,
        account_number, customer_key, customer_number, customer_name, invoice_number, due_date,
        text, currency, amount, base_currency, amount_base, remainder, remainder_base, is_settled
    from final as f
    -- What is as it was is left alone: an upsert that changes nothing still locks the row and logs it.
    where not exists (
        select 1
        from mart.fact_receivables as o
        where o.receivable_key = f.receivable_key
            and row(o.*) is not distinct from row(f.*)
    )
    on conflict (receivable_key) do update set
        agreement_key = excluded.agreement_key,
        agreement_id = excluded.agreement_id,
        entry_number = excluded.entry_number,
        voucher_key = excluded.voucher_key,
        voucher_number = excluded.voucher_number,
        entry_type = excluded.entry_type,
        event_type = excluded.event_type,
        date = excluded.date,
        date_key = excluded.date_key,
        accounting_year = excluded.accounting_year,
        period = excluded.period,
        account_key = excluded.account_key,
        account_number = excluded.account_number,
        customer_key = excluded.customer_key,
        customer_number = excluded.customer_number,
        customer_name = excluded.customer_name,
        invoice_number = excluded.invoice_number,
        due_date = excluded.due_date,
        text = excluded.text,
        currency = excluded.currency,
        amount = excluded.amount,
        base_currency = excluded.base_currency,
        amount_base = excluded.amount_base,
        remainder = excluded.remainder,
        remainder_base = excluded.remainder_base,
        is_settled = excluded.is_settled
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.fact_receivables as t
    using changed_customer_line as c
    where t.agreement_id = %(agreement_id)s
        and t.entry_number = c.entry_number
        and not exists (select 1 from final as f where f.receivable_key = t.receivable_key)
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
