-- grain: one member of a dimension: a department, a cost centre, a tax rule
-- reads: staging.xledger_object_values
-- writes: core.dimension_member
-- sign and currency: none
select
    c.source_key as member_number,
    c.payload ->> 'objectKindDbId' as kind_number,
    c.payload ->> 'code' as code,
    coalesce(
        nullif(btrim(c.payload ->> 'description'), ''), nullif(btrim(c.payload ->> 'code'), ''), c.source_key
    ) as name,
    left(c.payload ->> 'dateFrom', 10)::date as start_date,
    left(c.payload ->> 'dateTo', 10)::date as end_date,
    c.is_deleted
from changed as c
