-- rule: Every account with postings has a place in the group's chart, where the agreement has a mapping
-- reads: mart.fact_account_balance_month, mart.dim_account
-- severity: warning
-- remedy: add a line for each account named here to the mapping of accounts; the next run of saldo_files moves its amounts
select
    a.account_number as account_number,
    a.name as account_name,
    min(b.month) as first_month,
    max(b.month) as last_month,
    sum(b.movement_base) as movement_base
from mart.fact_account_balance_month as b
inner join mart.dim_account as a
    on a.account_key = b.account_key
    and a.group_account_number = '-2'
where b.agreement_id = %(agreement_id)s
group by
    a.account_number,
    a.name
