-- grain: one line of a purchase invoice or a receipt
-- reads: core.purchase_document, core.purchase_document_line, core.purchase_document_payment, core.purchase_document_export, core.vat, core.account, core.supplier, core.project, core.agreement, mart.dim_project
-- writes: core.key_map, mart.fact_purchase_documents
-- sign and currency: positive is owed to the supplier; tax of a line rounded once to 2 decimals, half away from zero, the rest of the document's tax on the line with most of it; what is private is in no line
-- rows: core.purchase_document by document_number, dated date
-- again with: core.agreement
-- again with: core.purchase_document_line, core.purchase_document_payment, core.purchase_document_export by document_number
-- again with: core.supplier by supplier_number
-- again with: core.vat by vat_code of core.purchase_document_line
-- again with: core.account by account_number of core.purchase_document_line
-- again with: core.project by project_number of core.purchase_document_line
-- A project may be known by a posted line alone.
-- again with: mart.dim_project of mart.fact_purchase_documents where r.project_key = -1
-- new keys: 'purchase_line' by source_key from live_line
-- kind: purchase_line_key = 'purchase_line'

-- step: live_document by document_number
select
    d.document_number,
    r.exchange_rate,
    d.gross_amount - coalesce(d.private_amount, 0) as gross_amount,
    coalesce(
        d.gross_amount_base,
        case when coalesce(d.currency, g.base_currency) = g.base_currency then d.gross_amount end,
        round(d.gross_amount * d.exchange_rate, 2)
    ) - case when d.private_amount is null then 0 else d.private_amount_base end as gross_amount_base,
    p.paid_amount_base
from changed as c
inner join core.purchase_document as d
    on d.agreement_id = %(agreement_id)s
    and d.document_number = c.document_number
inner join core.agreement as g on g.agreement_id = d.agreement_id
cross join lateral (
    select
        coalesce(
            d.exchange_rate,
            case when coalesce(d.currency, g.base_currency) = g.base_currency then 1 end,
            d.gross_amount_base / nullif(d.gross_amount, 0)
        ) as exchange_rate
) as r
cross join lateral (
    -- Where one of the payments is not known in base currency, neither is their sum.
    select case when count(*) = count(o.amount_base) then coalesce(sum(o.amount_base), 0) end as paid_amount_base
    from (
        select coalesce(y.amount_base, round(y.amount * r.exchange_rate, 2)) as amount_base
        from core.purchase_document_payment as y
        where y.agreement_id = d.agreement_id
            and y.document_number = d.document_number
            and not y.is_deleted
    ) as o
) as p
where not d.is_deleted

-- step: live_line
select
    l.document_number || '|' || l.line_id as source_key,
    l.document_number,
    l.line_id,
    l.vat_code is not null and v.vat_code is null as is_rate_unknown,
    case when v.is_charged then v.rate_percent else v.rate_percent * 0 end as charged_percent,
    v.rate_percent,
    coalesce(l.net_amount, 0) as net_amount,
    coalesce(
        l.net_amount_base,
        round(l.net_amount * d.exchange_rate, 2),
        case when coalesce(l.net_amount, 0) = 0 then 0 end
    ) as net_amount_base
from live_document as d
inner join core.purchase_document_line as l
    on l.agreement_id = %(agreement_id)s
    and l.document_number = d.document_number
left join core.vat as v
    on v.agreement_id = l.agreement_id
    and v.vat_code = l.vat_code
where not l.is_deleted

-- step: taxed_line by source_key
select
    t.source_key,
    t.document_number,
    t.is_first,
    t.rate_percent,
    t.net_amount,
    t.net_amount_base,
    -- The document's own total counts; what the lines' taxes miss of it is on one of them.
    t.tax_amount
        + case
            when t.is_largest and d.gross_amount is not null
            then d.gross_amount - sum(t.net_amount + t.tax_amount) over (partition by t.document_number)
            else 0
        end as tax_amount,
    t.tax_amount_base
        + case
            when t.is_largest and d.gross_amount_base is not null
            then d.gross_amount_base - sum(t.net_amount_base + t.tax_amount_base) over (partition by t.document_number)
            else 0
        end as tax_amount_base
from (
    select
        l.source_key,
        l.document_number,
        l.rate_percent,
        l.net_amount,
        l.net_amount_base,
        coalesce(round(l.net_amount * l.charged_percent / 100, 2), 0) as tax_amount,
        case when l.net_amount_base is not null then coalesce(round(l.net_amount_base * l.charged_percent / 100, 2), 0) end as tax_amount_base,
        row_number() over (
            partition by l.document_number
            order by o.line_number, length(l.line_id), l.line_id
        ) = 1 as is_first,
        -- Where a rate is not known, what is missing is most likely its tax.
        row_number() over (
            partition by l.document_number
            order by
                l.is_rate_unknown desc,
                abs(round(l.net_amount * l.charged_percent / 100, 2)) desc nulls last,
                abs(l.net_amount) desc,
                o.line_number,
                length(l.line_id),
                l.line_id
        ) = 1 as is_largest
    from live_line as l
    inner join core.purchase_document_line as o
        on o.agreement_id = %(agreement_id)s
        and o.document_number = l.document_number
        and o.line_id = l.line_id
) as t
inner join live_document as d on d.document_number = t.document_number

-- final
select
    t.source_key as purchase_line_key,
    d.document_number,
    l.line_id,
    l.line_number,
    d.kind,
    d.reference,
    d.state,
    d.supplier_number as supplier_key,
    coalesce(s.code, d.supplier_number) as supplier_number,
    s.name as supplier_name,
    d.date,
    coalesce(mart.date_key(d.date), -1) as date_key,
    d.due_date,
    l.account_number as account_key,
    coalesce(a.code, l.account_number) as account_number,
    a.name as account_name,
    l.vat_code as vat_key,
    l.vat_code,
    t.rate_percent as vat_rate_percent,
    l.project_number as project_key,
    j.name as project_name,
    l.description,
    l.quantity,
    l.unit_price,
    l.period_start,
    l.period_end,
    coalesce(d.currency, g.base_currency) as currency,
    v.exchange_rate,
    t.net_amount,
    t.tax_amount,
    t.net_amount + t.tax_amount as gross_amount,
    g.base_currency,
    t.net_amount_base,
    t.tax_amount_base,
    t.net_amount_base + t.tax_amount_base as gross_amount_base,
    d.paid_on,
    case when t.is_first then v.paid_amount_base else 0 end as paid_amount_base,
    d.state = 'paid' as is_paid,
    coalesce(x.is_exported, false) as is_exported,
    x.file_name as exported_file,
    coalesce(x.is_mutated, false) as is_changed_since_export,
    d.created_at at time zone 'UTC' as created_at,
    d.updated_at at time zone 'UTC' as updated_at,
    -3 as document_key
from taxed_line as t
inner join live_document as v on v.document_number = t.document_number
inner join live_line as o on o.source_key = t.source_key
inner join core.purchase_document as d
    on d.agreement_id = %(agreement_id)s
    and d.document_number = t.document_number
inner join core.purchase_document_line as l
    on l.agreement_id = d.agreement_id
    and l.document_number = d.document_number
    and l.line_id = o.line_id
inner join core.agreement as g on g.agreement_id = d.agreement_id
-- Left joins: a name that is not (yet) known is none.
left join core.supplier as s
    on s.agreement_id = d.agreement_id
    and s.supplier_number = d.supplier_number
left join core.account as a
    on a.agreement_id = d.agreement_id
    and a.account_number = l.account_number
left join core.project as j
    on j.agreement_id = d.agreement_id
    and j.project_number = l.project_number
left join core.purchase_document_export as x
    on x.agreement_id = d.agreement_id
    and x.document_number = d.document_number
