-- rule: Every entry of personal_accounts in the agreement's file is an account of the chart, or a range with one in it
-- reads: mart.dim_account, mart.dim_agreement
-- severity: warning
-- remedy: correct personal_accounts in the agreement's file: an entry that is no account hides nothing, and who reads without what is personal may see salaries
select
    p.first_number,
    p.last_number
from ops.personal_account as p
where p.agreement_id = %(agreement_id)s
    and not exists (
        select
        from mart.dim_account as a
        inner join mart.dim_agreement as g on g.agreement_key = a.agreement_key
        where g.agreement_id = p.agreement_id
            and ops.is_in_range(a.account_number, p.first_number, p.last_number)
    )
