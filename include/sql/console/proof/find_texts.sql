-- grain: one posting whose text, or number at the vendor, is searched for: of some days, before one, the newest first
-- reads: mart.fact_journal_entries, ops.personal_account_key, ops.personal_number
-- writes: nothing
-- sign and currency: debit positive; amount in the posting's currency, amount_base in the agreement's
with personal as materialized (
    select a.account_key
    from ops.personal_account_key as a
    where a.agreement_key = %(agreement_key)s
),

unknown as materialized (
    select
        n.first_number,
        n.last_number,
        n.is_coded
    from ops.personal_number as n
    where n.agreement_key = %(agreement_key)s
),

-- Of each posting that has the text it is asked whether its voucher is personal, until there are enough: all that are personal may be
-- many. What the text of one says must not be told by how far the search came: so they are left out before they are counted.
found as (
    select
        f.journal_entry_key,
        f.entry_number,
        f.date,
        f.accounting_year,
        f.voucher_number,
        f.account_number,
        f.account_name,
        f.text,
        f.currency,
        f.amount,
        f.amount_base,
        f.has_pdf,
        exists (
            select
            from mart.fact_journal_entries as o
            where o.agreement_id = %(agreement_id)s
                and (o.voucher_number = f.voucher_number or (o.voucher_number is null and f.voucher_number is null))
                and coalesce(o.accounting_year, '') = coalesce(f.accounting_year, '')
                and (
                    o.account_key in (select p.account_key from personal as p)
                    or (
                        o.account_key = -1
                        and exists (
                            select
                            from unknown as u
                            where u.is_coded or ops.is_in_range(o.account_number, u.first_number, u.last_number)
                        )
                    )
                )
        ) as is_hidden
    from mart.fact_journal_entries as f
    where f.agreement_key = %(agreement_key)s
        and f.date between %(first)s::date and %(last)s::date
        -- last is no later than the edge. Not as a row: by that an index of another order is taken, which reads all over the table.
        and (f.date < %(edge_date)s::date or f.journal_entry_key < %(edge_key)s::bigint)
        and (f.text ilike %(like)s or f.invoice_number = %(words)s or f.entry_number = %(words)s)
)

select
    f.journal_entry_key,
    f.entry_number,
    f.date,
    f.accounting_year,
    f.voucher_number,
    f.account_number,
    f.account_name,
    case when f.is_hidden then '(hidden)' else f.text end as text,
    f.currency,
    f.amount,
    f.amount_base,
    f.has_pdf
from found as f
where not f.is_hidden or f.entry_number = %(words)s
order by
    f.date desc,
    f.journal_entry_key desc
limit %(limit)s;
