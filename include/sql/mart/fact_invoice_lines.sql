-- grain: one line of a booked or draft invoice, and one of rounding where the lines miss their header
-- reads: core.invoice, core.invoice_line, core.draft_invoice, core.draft_invoice_line (drafts whole: they are few), core.customer, core.product, core.department, core.unit, core.agreement, core.key_map, mart.dim_document; rewritten_document of dim_document
-- writes: core.key_map, mart.fact_invoice_lines
-- sign and currency: sales positive, credit notes negative; base by the invoice's rate per 100, each amount rounded once to 2 decimals, half away from zero

-- Which booked invoices must be written anew: changed ones, those whose lines changed, those that show
-- something that changed, and those of the window that is to be rewritten whatever changed.
create temporary table changed_invoice on commit drop as
select i.invoice_number
from core.invoice as i
where i.agreement_id = %(agreement_id)s
    and i.change_seq > %(since_invoice)s
union
select l.invoice_number
from core.invoice_line as l
where l.agreement_id = %(agreement_id)s
    and l.change_seq > %(since_invoice_line)s
union
select f.invoice_number
from core.customer as c
inner join mart.fact_invoice_lines as f
    on f.agreement_id = c.agreement_id
    and f.customer_number = c.customer_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_customer)s
    and %(since_invoice)s > 0
    and not f.is_draft
    and (f.customer_key = -1 or f.customer_name is distinct from c.name)
union
select f.invoice_number
from core.product as c
inner join mart.fact_invoice_lines as f
    on f.agreement_id = c.agreement_id
    and f.product_number = c.product_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_product)s
    and %(since_invoice)s > 0
    and not f.is_draft
    and (f.product_key = -1 or f.product_name is distinct from c.name)
union
select f.invoice_number
from core.department as c
inner join mart.fact_invoice_lines as f
    on f.agreement_id = c.agreement_id
    and f.department_number = c.department_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_department)s
    and %(since_invoice)s > 0
    and not f.is_draft
    and (f.department_key = -1 or f.department_name is distinct from c.name)
union
select l.invoice_number
from core.unit as c
inner join core.invoice_line as l
    on l.agreement_id = c.agreement_id
    and l.unit_number = c.unit_number
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_unit)s
    and %(since_invoice)s > 0
union
select d.document_number as invoice_number
from rewritten_document as d
where d.kind = 'invoice'
    and %(since_invoice)s > 0
union
select i.invoice_number
from core.agreement as c
inner join core.invoice as i on i.agreement_id = c.agreement_id
where c.agreement_id = %(agreement_id)s
    and c.change_seq > %(since_agreement)s
    and %(since_invoice)s > 0
union
select i.invoice_number
from core.invoice as i
where i.agreement_id = %(agreement_id)s
    and i.date between %(window_start)s and %(window_end)s
union
select f.invoice_number
from mart.fact_invoice_lines as f
where f.agreement_id = %(agreement_id)s
    and f.invoice_date between %(window_start)s and %(window_end)s
    and not f.is_draft;

create unique index on changed_invoice (invoice_number);
analyze changed_invoice;

-- As in fact_journal_entries: after a first load hashing is right, whatever the planner believes.
select
    set_config('enable_nestloop', s.is_on, true),
    set_config('enable_mergejoin', s.is_on, true)
from (
    select case when count(*) > 1000 and count(*) * 5 > max(t.reltuples) then 'off' else 'on' end as is_on
    from changed_invoice as c
    cross join pg_class as t
    where t.oid = 'core.invoice'::regclass
) as s;

create temporary table shown_invoice on commit drop as
select
    false as is_draft,
    i.invoice_number,
    i.date,
    i.due_date,
    i.customer_number,
    i.currency,
    -- Where the vendor gives no rate the header's own amounts are one.
    coalesce(
        i.exchange_rate,
        case when i.currency = g.base_currency then 100 end,
        round(i.net_amount_base * 100 / nullif(i.net_amount, 0), 8)
    ) as exchange_rate,
    i.net_amount,
    i.net_amount_base,
    case when i.remainder = 0 then 'paid' else 'open' end as payment_status,
    coalesce(
        i.remainder_base,
        case when i.currency = g.base_currency or i.remainder = 0 then i.remainder end,
        round(i.remainder * i.exchange_rate / 100, 2),
        round(i.remainder * i.net_amount_base / nullif(i.net_amount, 0), 2),
        round(i.remainder * i.gross_amount_base / nullif(i.gross_amount, 0), 2)
    ) as remainder_base
from changed_invoice as c
inner join core.invoice as i
    on i.agreement_id = %(agreement_id)s
    and i.invoice_number = c.invoice_number
inner join core.agreement as g on g.agreement_id = i.agreement_id
where not i.is_deleted
union all
select
    true as is_draft,
    d.draft_number as invoice_number,
    d.date,
    d.due_date,
    d.customer_number,
    d.currency,
    coalesce(
        d.exchange_rate,
        case when d.currency = g.base_currency then 100 end,
        round(d.net_amount_base * 100 / nullif(d.net_amount, 0), 8)
    ) as exchange_rate,
    d.net_amount,
    d.net_amount_base,
    'draft' as payment_status,
    0 as remainder_base
from core.draft_invoice as d
inner join core.agreement as g on g.agreement_id = d.agreement_id
where d.agreement_id = %(agreement_id)s
    and not d.is_deleted;

create unique index on shown_invoice (is_draft, invoice_number);
analyze shown_invoice;

create temporary table live_line on commit drop as
select
    'invoice_line' as source_kind,
    l.invoice_number || '|' || l.line_id as source_key,
    s.is_draft,
    s.invoice_number,
    l.line_number,
    l.line_id,
    case when l.product_number is null and l.net_amount is null then 'text' else 'product' end as line_kind,
    l.product_number,
    l.department_number,
    l.account_number,
    l.description,
    l.quantity,
    l.unit_number,
    l.unit_net_price,
    l.discount_percent,
    l.vat_rate_percent,
    l.vat_amount,
    coalesce(l.net_amount, 0) as net_amount,
    round(coalesce(l.net_amount, 0) * s.exchange_rate / 100, 2) as net_amount_base,
    coalesce(round(l.quantity * l.unit_cost_price * s.exchange_rate / 100, 2), 0) as cost_base
from shown_invoice as s
inner join core.invoice_line as l
    on l.agreement_id = %(agreement_id)s
    and l.invoice_number = s.invoice_number
where not s.is_draft
    and not l.is_deleted
union all
select
    'draft_invoice_line' as source_kind,
    l.document_id || '|' || l.line_id as source_key,
    s.is_draft,
    s.invoice_number,
    l.line_number,
    l.line_id,
    case when l.product_number is null and l.net_amount is null then 'text' else 'product' end as line_kind,
    l.product_number,
    l.department_number,
    null as account_number,
    l.description,
    l.quantity,
    l.unit_number,
    l.unit_net_price,
    l.discount_percent,
    l.vat_rate_percent,
    l.vat_amount,
    coalesce(l.net_amount, 0) as net_amount,
    round(coalesce(l.net_amount, 0) * s.exchange_rate / 100, 2) as net_amount_base,
    coalesce(round(l.quantity * l.unit_cost_price * s.exchange_rate / 100, 2), 0) as cost_base
from shown_invoice as s
inner join core.draft_invoice_line as l
    on l.agreement_id = %(agreement_id)s
    and l.draft_number = s.invoice_number
where s.is_draft
    and not l.is_deleted;

-- What the header has and its lines have not: one line, number 0, so that sums of lines are those of
-- headers. Where no line has landed yet nothing can be said.
insert into live_line
select
    case when s.is_draft then 'draft_invoice_line' else 'invoice_line' end as source_kind,
    s.invoice_number || '|rounding' as source_key,
    s.is_draft,
    s.invoice_number,
    0 as line_number,
    null as line_id,
    'rounding' as line_kind,
    null as product_number,
    null as department_number,
    null as account_number,
    null as description,
    null as quantity,
    null as unit_number,
    null as unit_net_price,
    null as discount_percent,
    null as vat_rate_percent,
    null as vat_amount,
    s.net_amount - l.net_amount as net_amount,
    s.net_amount_base - l.net_amount_base as net_amount_base,
    0 as cost_base
from shown_invoice as s
inner join (
    select
        o.is_draft,
        o.invoice_number,
        sum(o.net_amount) as net_amount,
        sum(coalesce(o.net_amount_base, 0)) as net_amount_base
    from live_line as o
    group by o.is_draft, o.invoice_number
) as l
    on l.is_draft = s.is_draft
    and l.invoice_number = s.invoice_number
where (s.net_amount, s.net_amount_base) is distinct from (l.net_amount, l.net_amount_base);

analyze live_line;

insert into core.key_map (agreement_id, kind, source_key)
select
    %(agreement_id)s as agreement_id,
    l.source_kind as kind,
    l.source_key
from live_line as l
left join core.key_map as k
    on k.agreement_id = %(agreement_id)s
    and k.kind = l.source_kind
    and k.source_key = l.source_key
where k.key is null;

create temporary table differing_invoice_line on commit drop as
with placed as (
    select
        l.source_kind,
        l.source_key,
        row_number() over (
            partition by l.is_draft, l.invoice_number
            order by l.line_kind = 'rounding', l.line_number, length(l.line_id), l.line_id
        ) as place
    from live_line as l
),

final as (
    select
        k.key as invoice_line_key,
        %(agreement_key)s::bigint as agreement_key,
        g.agreement_id as agreement_id,
        l.invoice_number as invoice_number,
        l.line_number as line_number,
        l.line_id as line_id,
        l.line_kind as line_kind,
        l.is_draft as is_draft,
        s.net_amount < 0 as is_credit_note,
        s.date as invoice_date,
        to_char(s.date, 'yyyymmdd')::integer as date_key,
        s.due_date as due_date,
        coalesce(kc.key, case when s.customer_number is null then -3 else -1 end) as customer_key,
        s.customer_number as customer_number,
        c.name as customer_name,
        coalesce(kp.key, case when l.product_number is null then -3 else -1 end) as product_key,
        l.product_number as product_number,
        p.name as product_name,
        coalesce(kd.key, case when l.department_number is null then -3 else -1 end) as department_key,
        l.department_number as department_number,
        d.name as department_name,
        l.account_number as account_number,
        l.description as description,
        l.quantity as quantity,
        u.name as unit,
        l.unit_net_price as unit_net_price,
        l.discount_percent as discount_percent,
        l.vat_rate_percent as vat_rate_percent,
        l.vat_amount as vat_amount,
        s.currency as currency,
        s.exchange_rate::numeric(18, 8) as exchange_rate,
        l.net_amount::numeric(19, 4) as net_amount,
        g.base_currency as base_currency,
        l.net_amount_base::numeric(19, 4) as net_amount_base,
        l.cost_base::numeric(19, 4) as cost_base,
        (l.net_amount_base - l.cost_base)::numeric(19, 4) as margin_base,
        case when o.place = 1 then s.remainder_base else 0 end::numeric(19, 4) as invoice_remainder_base,
        s.payment_status as payment_status,
        coalesce(m.document_key, -3) as document_key,
        coalesce(m.has_pdf, false) as has_pdf
    from live_line as l
    inner join placed as o
        on o.source_kind = l.source_kind
        and o.source_key = l.source_key
    inner join shown_invoice as s
        on s.is_draft = l.is_draft
        and s.invoice_number = l.invoice_number
    inner join core.agreement as g on g.agreement_id = %(agreement_id)s
    inner join core.key_map as k
        on k.agreement_id = g.agreement_id
        and k.kind = l.source_kind
        and k.source_key = l.source_key
    -- Left joins: what is given but not (yet) known is the unknown member, without a name.
    left join core.customer as c
        on c.agreement_id = g.agreement_id
        and c.customer_number = s.customer_number
    left join core.key_map as kc
        on kc.agreement_id = c.agreement_id
        and kc.kind = 'customer'
        and kc.source_key = c.customer_number
    left join core.product as p
        on p.agreement_id = g.agreement_id
        and p.product_number = l.product_number
    left join core.key_map as kp
        on kp.agreement_id = p.agreement_id
        and kp.kind = 'product'
        and kp.source_key = p.product_number
    left join core.department as d
        on d.agreement_id = g.agreement_id
        and d.department_number = l.department_number
    left join core.key_map as kd
        on kd.agreement_id = d.agreement_id
        and kd.kind = 'department'
        and kd.source_key = d.department_number
    left join core.unit as u
        on u.agreement_id = g.agreement_id
        and u.unit_number = l.unit_number
    left join mart.dim_document as m
        on m.agreement_key = %(agreement_key)s
        and m.kind = 'invoice'
        and m.document_number = s.invoice_number
        and not m.is_deleted
        and not s.is_draft
)

select
    f.invoice_line_key, f.agreement_key, f.agreement_id, f.invoice_number, f.line_number,
    f.line_id, f.line_kind, f.is_draft, f.is_credit_note, f.invoice_date, f.date_key, f.due_date,
    f.customer_key, f.customer_number, f.customer_name, f.product_key, f.product_number,
    f.product_name, f.department_key, f.department_number, f.department_name, f.account_number,
    f.description, f.quantity, f.unit, f.unit_net_price, f.discount_percent, f.vat_rate_percent,
    f.vat_amount, f.currency, f.exchange_rate, f.net_amount, f.base_currency, f.net_amount_base,
    f.cost_base, f.margin_base, f.invoice_remainder_base, f.payment_status, f.document_key,
    f.has_pdf
from final as f
left join mart.fact_invoice_lines as t on t.invoice_line_key = f.invoice_line_key
-- Row against row: `final` has the table's columns in the table's order, and a new column comes last.
where row(t.*) is distinct from row(f.*);

with upserted as (
    insert into mart.fact_invoice_lines as t (
        invoice_line_key, agreement_key, agreement_id, invoice_number, line_number, line_id,
        line_kind, is_draft, is_credit_note, invoice_date, date_key, due_date, customer_key,
        customer_number, customer_name, product_key, product_number, product_name, department_key,
        department_number, department_name, account_number, description, quantity, unit,
        unit_net_price, discount_percent, vat_rate_percent, vat_amount, currency, exchange_rate,
        net_amount, base_currency, net_amount_base, cost_base, margin_base, invoice_remainder_base,
        payment_status, document_key, has_pdf
    )
    select
        invoice_line_key, agreement_key, agreement_id, invoice_number, line_number, line_id,
        line_kind, is_draft, is_credit_note, invoice_date, date_key, due_date, customer_key,
        customer_number, customer_name, product_key, product_number, product_name, department_key,
        department_number, department_name, account_number, description, quantity, unit,
        unit_net_price, discount_percent, vat_rate_percent, vat_amount, currency, exchange_rate,
        net_amount, base_currency, net_amount_base, cost_base, margin_base, invoice_remainder_base,
        payment_status, document_key, has_pdf
    from differing_invoice_line
    on conflict (invoice_line_key) do update set
        agreement_key = excluded.agreement_key,
        agreement_id = excluded.agreement_id,
        invoice_number = excluded.invoice_number,
        line_number = excluded.line_number,
        line_id = excluded.line_id,
        line_kind = excluded.line_kind,
        is_draft = excluded.is_draft,
        is_credit_note = excluded.is_credit_note,
        invoice_date = excluded.invoice_date,
        date_key = excluded.date_key,
        due_date = excluded.due_date,
        customer_key = excluded.customer_key,
        customer_number = excluded.customer_number,
        customer_name = excluded.customer_name,
        product_key = excluded.product_key,
        product_number = excluded.product_number,
        product_name = excluded.product_name,
        department_key = excluded.department_key,
        department_number = excluded.department_number,
        department_name = excluded.department_name,
        account_number = excluded.account_number,
        description = excluded.description,
        quantity = excluded.quantity,
        unit = excluded.unit,
        unit_net_price = excluded.unit_net_price,
        discount_percent = excluded.discount_percent,
        vat_rate_percent = excluded.vat_rate_percent,
        vat_amount = excluded.vat_amount,
        currency = excluded.currency,
        exchange_rate = excluded.exchange_rate,
        net_amount = excluded.net_amount,
        base_currency = excluded.base_currency,
        net_amount_base = excluded.net_amount_base,
        cost_base = excluded.cost_base,
        margin_base = excluded.margin_base,
        invoice_remainder_base = excluded.invoice_remainder_base,
        payment_status = excluded.payment_status,
        document_key = excluded.document_key,
        has_pdf = excluded.has_pdf
    returning (t.xmax = 0) as is_new
),

deleted as (
    delete from mart.fact_invoice_lines as t
    where t.agreement_id = %(agreement_id)s
        and (
            t.is_draft
            or exists (select 1 from changed_invoice as c where c.invoice_number = t.invoice_number)
        )
        and not exists (
            select 1
            from live_line as l
            inner join core.key_map as k
                on k.agreement_id = %(agreement_id)s
                and k.kind = l.source_kind
                and k.source_key = l.source_key
            where k.key = t.invoice_line_key
        )
    returning 1
)

select
    (select count(*) from upserted where is_new) as inserted,
    (select count(*) from upserted where not is_new) as updated,
    (select count(*) from deleted) as deleted;
