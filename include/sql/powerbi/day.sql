-- grain: one row: the day that balances, ageing and year to date are of, and the one up to which the year before is compared
-- reads: mart.sync_status
-- writes: nothing
-- sign and currency: no amounts
select
    -- One month is asked for on purpose. Else the books as they are: up to the newest refresh of the facts.
    case
        when date_trunc('month', %(first_day)s::date) = date_trunc('month', %(last_day)s::date) then %(last_day)s::date
        else d.comparison_day
    end as balance_day,
    d.comparison_day,
    d.has_begun
from (
    select
        case
            when max(s.data_as_of)::date >= %(first_day)s::date then least(max(s.data_as_of)::date, %(last_day)s::date)
            else %(last_day)s::date
        end as comparison_day,
        coalesce(max(s.data_as_of)::date >= %(first_day)s::date, false) as has_begun
    from mart.sync_status as s
    where s.agreement_key = %(agreement_key)s
) as d
