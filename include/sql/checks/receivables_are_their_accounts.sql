-- rule: What the customers' own ledger comes to is what its accounts have in the ledger
-- reads: mart.fact_receivables, mart.fact_journal_entries, core.receivable
-- severity: critical
-- remedy: read ar_transactions and transactions again (mode full); if it stays, somebody has posted on the account past the customers at the vendor
select
    r.account_number as account_number,
    r.amount_base as amount_base,
    coalesce(f.amount_base, 0) as amount_base_of_ledger
from (
    select
        t.account_key,
        t.account_number,
        sum(t.amount_base) as amount_base
    from mart.fact_receivables as t
    where t.agreement_id = %(agreement_id)s
        and exists (select 1 from core.receivable as o where o.agreement_id = %(agreement_id)s)
    group by
        t.account_key,
        t.account_number
) as r
left join (
    select
        e.account_key,
        sum(e.amount_base) as amount_base
    from mart.fact_journal_entries as e
    where e.agreement_id = %(agreement_id)s
    group by e.account_key
) as f on f.account_key = r.account_key
where r.amount_base <> coalesce(f.amount_base, 0)
