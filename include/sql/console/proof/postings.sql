-- grain: one posting of an account, from one on in order of date; before one, in the other order
-- reads: mart.fact_journal_entries, ops.personal_vouchers
-- writes: nothing
-- sign and currency: debit positive; amount in the posting's currency, amount_base in the agreement's
with page as materialized (
    select f.*
    from unnest(%(account_keys)s::bigint[]) as k (account_key)
    -- Of each key by itself: the index gives those of one in the order of their days.
    cross join lateral (
        select
            e.journal_entry_key,
            e.entry_number,
            e.date,
            e.accounting_year,
            e.period,
            e.voucher_number,
            e.text,
            e.department_number,
            e.vat_code,
            e.currency,
            e.amount,
            e.amount_base,
            e.is_opening,
            e.has_pdf
        from mart.fact_journal_entries as e
        where e.account_key = k.account_key
            and e.agreement_id = %(agreement_id)s
            and e.account_number = %(account)s
            and e.period_key = any(%(period_keys)s::bigint[])
            and (%(year)s::text is null or e.accounting_year = %(year)s)
            and (%(period)s::integer is null or e.period = %(period)s)
            and e.date between %(first)s::date and %(last)s::date
            and (not %(movement)s or not e.is_opening)
            and case
                when %(before)s then (e.date, e.journal_entry_key) < (%(edge_date)s::date, %(edge_key)s::bigint)
                else (e.date, e.journal_entry_key) > (%(edge_date)s::date, %(edge_key)s::bigint)
            end
        order by
            case when %(before)s then e.date end desc,
            case when %(before)s then e.journal_entry_key end desc,
            e.date,
            e.journal_entry_key
        limit %(limit)s
    ) as f
    order by
        case when %(before)s then f.date end desc,
        case when %(before)s then f.journal_entry_key end desc,
        f.date,
        f.journal_entry_key
    limit %(limit)s
),

hidden as materialized (
    select
        h.voucher_number,
        h.accounting_year
    from ops.personal_vouchers(%(agreement_key)s, array(select coalesce(p.voucher_number, '') from page as p)) as h
)

select
    p.journal_entry_key,
    p.entry_number,
    p.date,
    p.accounting_year,
    p.period,
    p.voucher_number,
    case when h.voucher_number is null then p.text else '(hidden)' end as text,
    p.department_number,
    p.vat_code,
    p.currency,
    p.amount,
    p.amount_base,
    p.is_opening,
    p.has_pdf
from page as p
left join hidden as h
    on h.voucher_number = coalesce(p.voucher_number, '')
    and h.accounting_year = coalesce(p.accounting_year, '')
order by
    case when %(before)s then p.date end desc,
    case when %(before)s then p.journal_entry_key end desc,
    p.date,
    p.journal_entry_key;
