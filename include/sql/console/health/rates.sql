-- How old the newest exchange rate of each bank is.
select
    r.source,
    max(r.rate_date) as newest
from core.published_rate as r
where r.kind = 'day'
group by r.source
order by r.source
