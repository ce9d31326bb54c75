-- grain: one VAT zone
-- reads: staging.economic_vat_zones
-- writes: core.vat_zone
-- sign and currency: none
with changed as (
    select
        s.agreement_id,
        s.payload,
        s.deleted_at
    from staging.economic_vat_zones as s
    where s.agreement_id = %(agreement_id)s
        and s.change_seq > %(since)s
),

final as (
    select
        c.agreement_id as agreement_id,
        c.payload ->> 'vatZoneNumber' as vat_zone_number,
        c.payload ->> 'name' as name,
        coalesce((c.payload ->> 'enabledForCustomer')::boolean, false) as is_for_customers,
        coalesce((c.payload ->> 'enabledForSupplier')::boolean, false) as is_for_suppliers,
        c.deleted_at is not null as is_deleted
    from changed as c
)

insert into core.vat_zone as t (
    agreement_id, vat_zone_number, name, is_for_customers, is_for_suppliers, is_deleted,
    change_seq
)
select
    agreement_id, vat_zone_number, name, is_for_customers, is_for_suppliers, is_deleted,
    %(change_seq)s
from final
on conflict (agreement_id, vat_zone_number) do update set
    name = excluded.name,
    is_for_customers = excluded.is_for_customers,
    is_for_suppliers = excluded.is_for_suppliers,
    is_deleted = excluded.is_deleted,
    change_seq = excluded.change_seq
where (
    t.name, t.is_for_customers, t.is_for_suppliers, t.is_deleted
) is distinct from (
    excluded.name, excluded.is_for_customers, excluded.is_for_suppliers, excluded.is_deleted
);
