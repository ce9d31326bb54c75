-- grain: one account of an agreement, with the keys under which its postings of a year, a period or some days lie
-- reads: mart.dim_account, mart.dim_period
-- writes: nothing
-- sign and currency: none
select
    (
        select array_agg(a.account_key) || -1::bigint
        from mart.dim_account as a
        where a.agreement_key = %(agreement_key)s
            and a.account_number = %(account)s
    ) as account_keys,
    (
        select min(a.name)
        from mart.dim_account as a
        where a.agreement_key = %(agreement_key)s
            and a.account_number = %(account)s
    ) as name,
    (
        select coalesce(bool_or(a.is_balance_sheet is not false), true)
        from mart.dim_account as a
        where a.agreement_key = %(agreement_key)s
            and a.account_number = %(account)s
    ) as is_balance,
    (
        select coalesce(array_agg(p.period_key), '{}'::bigint[])
        from mart.dim_period as p
        where p.agreement_key = %(agreement_key)s
            and p.accounting_year = %(year)s
            and p.period < %(period)s::integer
    ) as earlier_keys,
    (
        select coalesce(array_agg(p.period_key), '{}'::bigint[]) || -1::bigint
        from mart.dim_period as p
        where p.agreement_key = %(agreement_key)s
            and (%(year)s::text is null or p.accounting_year = %(year)s)
            and (%(period)s::integer is null or p.period = %(period)s)
    ) as period_keys,
    (
        select min(p.start_date)
        from mart.dim_period as p
        where p.agreement_key = %(agreement_key)s
            and p.accounting_year = %(year)s
            and (%(period)s::integer is null or p.period = %(period)s)
    ) as start_date,
    (
        select max(p.end_date)
        from mart.dim_period as p
        where p.agreement_key = %(agreement_key)s
            and p.accounting_year = %(year)s
            and (%(period)s::integer is null or p.period = %(period)s)
    ) as end_date;
