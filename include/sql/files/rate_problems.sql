-- Rates that were just staged and are more than twice, or less than half, of the European Central Bank's of that month: they are for
-- another number of units than the file says. Where the warehouse has none of that month, nothing is said.
with staged as (
    select
        s.sheet,
        s.cell,
        s.base_currency,
        s.quote_currency,
        s.kind,
        s.unit,
        date_trunc('month', s.day)::date as month,
        s.rate as written,
        s.rate / s.unit as rate
    from staging.file_exchange_rate as s
    where s.file_id = %(file_id)s
        and s.version = %(version)s
),

compared as (
    select
        s.*,
        case when s.kind = 'closing' then e.closing_rate else e.average_rate end as known
    from staged as s
    inner join mart.fact_exchange_rate as e
        on e.source = 'ecb'
        and e.base_currency = s.base_currency
        and e.quote_currency = s.quote_currency
        and e.month = s.month
)

select
    c.sheet,
    0 as row_number,
    'rate' as role,
    c.cell,
    trim_scale(c.written) || ' ' || c.quote_currency || ' for ' || c.unit || ' ' || c.base_currency as found,
    'between half and twice the rate of the European Central Bank for ' || to_char(c.month, 'YYYY-MM') || ', '
    || trim_scale(c.known * c.unit) as expected,
    'Correct the rate; if it is for more than one ' || c.base_currency || ', write for how many in a column of units (Enhed 100)' as remedy
from compared as c
where c.known > 0
    and (c.rate > 2 * c.known or c.known > 2 * c.rate)
order by
    c.sheet,
    c.cell
