-- grain: one VAT zone
-- reads: staging.economic_vat_zones
-- writes: core.vat_zone
-- sign and currency: none
select
    c.payload ->> 'vatZoneNumber' as vat_zone_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'vatZoneNumber') as name,
    coalesce((c.payload ->> 'enabledForCustomer')::boolean, false) as is_for_customers,
    coalesce((c.payload ->> 'enabledForSupplier')::boolean, false) as is_for_suppliers,
    c.is_deleted
from changed as c
