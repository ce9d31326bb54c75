-- grain: one agreement that has purchase documents
-- reads: core.purchase_document
-- writes: nothing
-- sign and currency: no amounts
-- One look into the index for each agreement, however many documents it has.
with recursive found as (
    (
        select d.agreement_id
        from core.purchase_document as d
        order by d.agreement_id
        limit 1
    )
    union all
    select (
        select d.agreement_id
        from core.purchase_document as d
        where d.agreement_id > f.agreement_id
        order by d.agreement_id
        limit 1
    )
    from found as f
    where f.agreement_id is not null
)

select f.agreement_id
from found as f
where f.agreement_id is not null;
