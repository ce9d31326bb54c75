-- rule: The lines of every order and quote sum to its header, in its currency and in base currency
-- reads: mart.fact_order_lines, core.sales_order
-- severity: critical
-- remedy: read the orders and quotes named here again (mode full, entities {sales_order, sales_order_line})
select
    coalesce(h.kind, f.kind) as kind,
    coalesce(h.order_number, f.order_number) as order_number,
    h.net_amount as net_amount_of_header,
    f.net_amount as net_amount_of_lines,
    h.net_amount_base as net_amount_base_of_header,
    f.net_amount_base as net_amount_base_of_lines
from (
    select
        o.kind,
        o.order_number,
        o.net_amount,
        o.net_amount_base
    from core.sales_order as o
    where o.agreement_id = %(agreement_id)s
        and not o.is_deleted
) as h
full join (
    select
        l.kind,
        l.order_number,
        sum(l.net_amount) as net_amount,
        sum(l.net_amount_base) as net_amount_base
    from mart.fact_order_lines as l
    where l.agreement_id = %(agreement_id)s
    group by
        l.kind,
        l.order_number
) as f
    on f.kind = h.kind
    and f.order_number = h.order_number
where (coalesce(h.net_amount, 0), coalesce(h.net_amount_base, 0))
    is distinct from (coalesce(f.net_amount, 0), coalesce(f.net_amount_base, 0))
    -- An order of nothing may have no lines.
    or h.order_number is null
