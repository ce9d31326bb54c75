-- grain: one line of a journal that is not posted yet, of the days chosen
-- reads: mart.fact_draft_entries
-- writes: nothing
-- sign and currency: debit positive, base currency
select
    f.agreement_key,
    f.account_key,
    f.amount_base
from mart.fact_draft_entries as f
where f.agreement_key = %(agreement_key)s
    and f.date between %(first_day)s and %(last_day)s
