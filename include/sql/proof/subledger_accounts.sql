-- grain: one fact of postings of customers or of suppliers, and an account of the ledger on which such are, or were
-- reads: core.receivable, core.payable, mart.fact_receivables, mart.fact_payables, mart.fact_journal_entries
-- writes: nothing
-- sign and currency: as the vendor: debit positive; base currency
with account as (
    -- Where every row is gone, those on which there were any: the ledger must have nothing on them then.
    select distinct
        'fact_receivables' as fact,
        r.account_number
    from core.receivable as r
    where r.agreement_id = %(agreement_id)s
        and (
            not r.is_deleted
            or not exists (
                select
                from core.receivable as o
                where o.agreement_id = %(agreement_id)s
                    and not o.is_deleted
            )
        )
    union
    select distinct
        'fact_payables' as fact,
        p.account_number
    from core.payable as p
    where p.agreement_id = %(agreement_id)s
        and (
            not p.is_deleted
            or not exists (
                select
                from core.payable as o
                where o.agreement_id = %(agreement_id)s
                    and not o.is_deleted
            )
        )
),

posting as (
    select
        'fact_receivables' as fact,
        r.account_number,
        sum(r.amount_base) as amount_base
    from mart.fact_receivables as r
    where r.agreement_id = %(agreement_id)s
    group by r.account_number
    union all
    select
        'fact_payables' as fact,
        p.account_number,
        sum(p.amount_base) as amount_base
    from mart.fact_payables as p
    where p.agreement_id = %(agreement_id)s
    group by p.account_number
),

ledger as (
    select
        e.account_number,
        sum(e.amount_base) as amount_base
    from mart.fact_journal_entries as e
    where e.agreement_id = %(agreement_id)s
        and e.account_number in (select a.account_number from account as a)
    group by e.account_number
)

select
    a.fact,
    a.account_number,
    coalesce(l.amount_base, 0) as amount_base_of_ledger,
    coalesce(p.amount_base, 0) as amount_base
from account as a
left join posting as p
    on p.fact = a.fact
    and p.account_number = a.account_number
left join ledger as l on l.account_number = a.account_number
where a.account_number is not null;
