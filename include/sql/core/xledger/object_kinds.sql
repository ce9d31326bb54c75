-- grain: one kind of members of dimensions
-- reads: staging.xledger_object_kinds
-- writes: core.dimension_kind
-- sign and currency: none
select
    c.source_key as kind_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.source_key) as name,
    c.is_deleted
from changed as c
