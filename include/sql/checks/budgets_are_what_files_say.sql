-- rule: Every month's budget is the sum of what the files in force say, with the ledger's sign
-- reads: mart.fact_budget, core.budget, core.account
-- severity: critical
-- remedy: run saldo_files; if it stays, read the configuration's files again (Read again in its form)
select
    coalesce(f.scenario, c.scenario) as scenario,
    coalesce(f.month, c.month) as month,
    f.amount_base as amount_base,
    c.amount_base as amount_base_of_files
from (
    select
        b.scenario,
        b.month,
        sum(b.amount_base) as amount_base
    from mart.fact_budget as b
    where b.agreement_id = %(agreement_id)s
    group by
        b.scenario,
        b.month
) as f
full join (
    select
        b.scenario,
        b.month,
        sum(case when b.sign = 'natural' and a.is_credit then -b.amount else b.amount end) as amount_base
    from core.budget as b
    left join core.account as a
        on a.agreement_id = b.agreement_id
        and coalesce(a.code, a.account_number) = b.account_number
    where b.agreement_id = %(agreement_id)s
        and not b.is_deleted
    group by
        b.scenario,
        b.month
) as c
    on c.scenario = f.scenario
    and c.month = f.month
where f.amount_base is distinct from c.amount_base
    -- What a file has brought since the facts were written is theirs as soon as they follow: saldo_files runs beside the nights.
    and not exists (
        select
        from core.budget as b
        where b.agreement_id = %(agreement_id)s
            and b.change_seq > coalesce(
                (
                    select p.change_seq
                    from ops.progress as p
                    where p.agreement_id = %(agreement_id)s
                        and p.consumer = 'mart'
                        and p.source = 'budget'
                ), 0
            )
    )
