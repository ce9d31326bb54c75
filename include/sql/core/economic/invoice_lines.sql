-- grain: one line of a booked invoice
-- reads: staging.economic_invoice_lines
-- writes: core.invoice_line
-- sign and currency: as the vendor: in currency, base in base currency; rate is base currency per 100
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_invoice_lines as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'documentId' as invoice_number,
        c.payload ->> 'number' as line_id,
        (c.payload ->> 'userInterfaceNumber')::integer as line_number,
        nullif(c.payload ->> 'productNumber', '') as product_number,
        nullif(c.payload ->> 'description', '') as description,
        (c.payload ->> 'quantity')::numeric(19, 4) as quantity,
        c.payload ->> 'unitNumber' as unit_number,
        (c.payload ->> 'unitNetPrice')::numeric(19, 4) as unit_net_price,
        (c.payload ->> 'unitCostPrice')::numeric(19, 4) as unit_cost_price,
        (c.payload ->> 'discountPercentage')::numeric(18, 8) as discount_percent,
        c.payload ->> 'departmentNumber' as department_number,
        (c.payload ->> 'totalNetAmount')::numeric(19, 4) as net_amount,
        (c.payload ->> 'vatRate')::numeric(18, 8) as vat_rate_percent,
        (c.payload ->> 'vatAmount')::numeric(19, 4) as vat_amount,
        c.payload ->> 'bookedAccount' as account_number,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.invoice_line as t (
    agreement_id, invoice_number, line_id, line_number, product_number, description, quantity,
    unit_number, unit_net_price, unit_cost_price, discount_percent, department_number, net_amount,
    vat_rate_percent, vat_amount, account_number, is_deleted, change_seq
)
select
    agreement_id, invoice_number, line_id, line_number, product_number, description, quantity,
    unit_number, unit_net_price, unit_cost_price, discount_percent, department_number, net_amount,
    vat_rate_percent, vat_amount, account_number, is_deleted, %(change_seq)s
from final
on conflict (agreement_id, invoice_number, line_id) do update set
    line_number = excluded.line_number,
    product_number = excluded.product_number,
    description = excluded.description,
    quantity = excluded.quantity,
    unit_number = excluded.unit_number,
    unit_net_price = excluded.unit_net_price,
    unit_cost_price = excluded.unit_cost_price,
    discount_percent = excluded.discount_percent,
    department_number = excluded.department_number,
    net_amount = excluded.net_amount,
    vat_rate_percent = excluded.vat_rate_percent,
    vat_amount = excluded.vat_amount,
    account_number = excluded.account_number,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.line_number, t.product_number, t.description, t.quantity, t.unit_number, t.unit_net_price,
    t.unit_cost_price, t.discount_percent, t.department_number, t.net_amount, t.vat_rate_percent,
    t.vat_amount, t.account_number, t.is_deleted
) is distinct from (
    excluded.line_number, excluded.product_number, excluded.description, excluded.quantity,
    excluded.unit_number, excluded.unit_net_price, excluded.unit_cost_price,
    excluded.discount_percent, excluded.department_number, excluded.net_amount,
    excluded.vat_rate_percent, excluded.vat_amount, excluded.account_number, excluded.is_deleted
);
