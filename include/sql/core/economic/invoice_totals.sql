-- grain: one kind of booked invoices (all, paid, unpaid), as the vendor sums it up
-- reads: staging.economic_invoice_totals
-- writes: core.invoice_total
-- sign and currency: as the vendor: invoices positive, credit notes negative; base currency
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_invoice_totals as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'totalsOf' as totals_of,
        (c.payload ->> 'netAmountInBaseCurrency')::numeric(19, 4) as net_amount_base,
        (c.payload ->> 'invoiceCount')::integer as invoice_count,
        (c.payload ->> 'grossRemainderInBaseCurrency')::numeric(19, 4) as remainder_base,
        left(c.payload ->> 'minDate', 10)::date as first_date,
        left(c.payload ->> 'maxDate', 10)::date as last_date,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.invoice_total as t (
    agreement_id, totals_of, net_amount_base, invoice_count, remainder_base, first_date, last_date,
    is_deleted, change_seq
)
select
    agreement_id, totals_of, net_amount_base, invoice_count, remainder_base, first_date, last_date,
    is_deleted, %(change_seq)s
from final
on conflict (agreement_id, totals_of) do update set
    net_amount_base = excluded.net_amount_base,
    invoice_count = excluded.invoice_count,
    remainder_base = excluded.remainder_base,
    first_date = excluded.first_date,
    last_date = excluded.last_date,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.net_amount_base, t.invoice_count, t.remainder_base, t.first_date, t.last_date, t.is_deleted
) is distinct from (
    excluded.net_amount_base, excluded.invoice_count, excluded.remainder_base, excluded.first_date,
    excluded.last_date, excluded.is_deleted
);
