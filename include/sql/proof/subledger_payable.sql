-- grain: one account of the ledger on which postings of suppliers are, or were
-- reads: core.payable, mart.fact_payables, mart.fact_journal_entries
-- writes: nothing
-- sign and currency: as the vendor: debit positive; base currency
select
    a.account_number as account_number,
    coalesce(f.amount_base, 0) as amount_base_of_ledger,
    coalesce(t.amount_base, 0) as amount_base
from (
    -- Those of which every row is gone, too: the ledger must have nothing on them then.
    select distinct o.account_number
    from core.payable as o
    where o.agreement_id = %(agreement_id)s
        and o.account_number is not null
) as a
left join (
    select
        r.account_number,
        sum(r.amount_base) as amount_base
    from mart.fact_payables as r
    where r.agreement_id = %(agreement_id)s
    group by r.account_number
) as t on t.account_number = a.account_number
left join (
    select
        e.account_number,
        sum(e.amount_base) as amount_base
    from mart.fact_journal_entries as e
    where e.agreement_id = %(agreement_id)s
    group by e.account_number
) as f on f.account_number = a.account_number;
