-- grain: one currency of a file
-- reads: ops.export_file, ops.export_file_document
-- writes: nothing
-- sign and currency: as the documents have them, in their currency; positive is owed to the supplier
select
    d.snapshot ->> 'currency' as currency,
    count(*) as documents,
    coalesce(sum((d.snapshot -> 'amounts' ->> 'net')::numeric), 0) as net,
    coalesce(sum((d.snapshot -> 'amounts' ->> 'gross')::numeric), 0) as gross
from ops.export_file as f
inner join ops.export_file_document as d on d.file_id = f.file_id
where f.name = %(name)s
group by d.snapshot ->> 'currency'
order by d.snapshot ->> 'currency';
