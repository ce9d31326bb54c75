-- grain: a line of a purchase document; a document without lines has one row, with its own amounts
-- reads: core.purchase_document, core.purchase_document_line, core.supplier, core.account, core.vat, core.project, core.agreement
-- writes: nothing; the rows of a file
-- sign and currency: amounts as the document has them, in its currency and in the base currency; positive: owed to the supplier
-- Tax: a line's is its net amount times its rate, to the cent, half away from zero; none where the supplier charges none (reverse
-- charge). What the lines then lack of the document's own total is added to the tax of the line with most of it. A single line
-- whose rate is unknown has what the others leave; of several it is known only when the others leave nothing.
with wanted as materialized (
    select distinct w.document_number
    from unnest(%(document_numbers)s::text[]) as w (document_number)
),

document as materialized (
    select
        d.*,
        a.vendor,
        a.agreement_number,
        a.base_currency,
        coalesce(
            d.net_amount_base,
            case when d.currency = a.base_currency then d.net_amount else round(d.net_amount * d.exchange_rate, 2) end
        ) as net_base,
        coalesce(
            d.gross_amount_base,
            case when d.currency = a.base_currency then d.gross_amount else round(d.gross_amount * d.exchange_rate, 2) end
        ) as gross_base
    from core.purchase_document as d
    inner join wanted as w
        on w.document_number = d.document_number
    left join core.agreement as a
        on a.agreement_id = d.agreement_id
    where d.agreement_id = %(agreement_id)s
        and not d.is_deleted
),

line as (
    select
        l.*,
        v.name as vat_name,
        v.rate_percent,
        case when v.is_charged then coalesce(v.rate_percent, 0) else 0 end as charged_percent,
        l.vat_code is null or v.vat_code is not null as is_known,
        coalesce(
            l.net_amount_base,
            case when d.currency = d.base_currency then l.net_amount else round(l.net_amount * d.exchange_rate, 2) end
        ) as net_base
    from core.purchase_document_line as l
    inner join document as d
        on d.document_number = l.document_number
    left join core.vat as v
        on v.agreement_id = l.agreement_id
        and v.vat_code = l.vat_code
    where l.agreement_id = %(agreement_id)s
        and not l.is_deleted
),

taxed as (
    select
        l.*,
        case when l.is_known then round(l.net_amount * l.charged_percent / 100, 2) end as computed,
        case when l.is_known then round(l.net_base * l.charged_percent / 100, 2) end as computed_base
    from line as l
),

ranked as (
    select
        t.*,
        row_number() over (
            partition by t.document_number
            order by abs(t.computed) desc nulls last, abs(t.net_amount) desc nulls last, t.line_number, t.line_id collate "C"
        ) = 1 as is_largest,
        count(*) over whole as lines,
        count(*) filter (where not t.is_known) over whole as unknown,
        -- Of what is not known of each line there is no total, and nothing that could lack of it.
        case
            when count(t.net_amount) over whole = count(*) over whole
            then sum(t.net_amount) over whole + coalesce(sum(t.computed) over whole, 0)
        end as total,
        case
            when count(t.net_base) over whole = count(*) over whole
            then sum(t.net_base) over whole + coalesce(sum(t.computed_base) over whole, 0)
        end as total_base
    from taxed as t
    window whole as (partition by t.document_number)
),

told as (
    select
        d.*,
        r.line_id,
        r.line_number,
        r.description,
        r.quantity_text,
        r.quantity,
        r.unit_price,
        r.vat_code,
        r.vat_name,
        r.rate_percent,
        r.account_number,
        r.project_number,
        r.product_number,
        r.period_start,
        r.period_end,
        r.net_amount as line_net,
        r.net_base as line_net_base,
        r.lines,
        r.unknown,
        r.is_known,
        r.is_largest,
        r.computed,
        r.computed_base,
        -- What is private is in no line.
        d.gross_amount - coalesce(d.private_amount, 0) - r.total as lacking,
        d.gross_base - case when d.private_amount is null then 0 else d.private_amount_base end - r.total_base as lacking_base
    from document as d
    left join ranked as r
        on r.document_number = d.document_number
),

reconciled as (
    select
        t.*,
        case when t.line_id is null then t.net_amount else t.line_net end as net,
        case when t.line_id is null then t.net_base else t.line_net_base end as net_in_base,
        t.line_id is null as has_no_lines,
        case
            when t.line_id is null then t.gross_amount - t.net_amount
            when t.is_known and t.is_largest and t.unknown = 0 then t.computed + coalesce(t.lacking, 0)
            when t.is_known then t.computed
            when t.unknown = 1 or t.lacking = 0 then t.lacking
        end as tax,
        case
            when t.line_id is null then t.gross_base - t.net_base
            when t.is_known and t.is_largest and t.unknown = 0 then t.computed_base + coalesce(t.lacking_base, 0)
            when t.is_known then t.computed_base
            when t.unknown = 1 or t.lacking_base = 0 then t.lacking_base
        end as tax_base
    from told as t
)

select
    r.vendor,
    r.agreement_number,
    r.document_number,
    r.kind,
    r.reference,
    r.entry_number,
    r.state,
    r.date,
    extract(year from r.date)::integer as year,
    extract(month from r.date)::integer as month,
    r.due_date,
    r.paid_on,
    s.name as supplier_name,
    coalesce(s.code, r.supplier_number) as supplier_code,
    r.supplier_number,
    r.currency,
    r.exchange_rate,
    r.base_currency,
    r.origin,
    r.net_amount as document_net_amount,
    r.gross_amount as document_gross_amount,
    r.net_base as document_net_amount_base,
    r.gross_base as document_gross_amount_base,
    (r.created_at at time zone 'UTC')::date as created_on,
    (r.updated_at at time zone 'UTC')::date as updated_on,
    r.line_id,
    r.line_number,
    r.description,
    r.quantity_text,
    r.quantity,
    r.unit_price,
    a.name as account_name,
    coalesce(a.given_code, a.code) as account_code,
    coalesce(a.given_code, a.code, r.account_number) as account_shown,
    r.account_number,
    r.vat_code,
    r.vat_name,
    r.rate_percent as vat_percent,
    r.net as net_amount,
    r.tax as tax_amount,
    r.net + r.tax as gross_amount,
    r.net_in_base as net_amount_base,
    r.tax_base as tax_amount_base,
    r.net_in_base + r.tax_base as gross_amount_base,
    r.period_start,
    r.period_end,
    r.project_number,
    p.name as project_name,
    r.product_number,
    r.has_no_lines,
    coalesce(not r.is_known, false) as has_unknown_tax_rate,
    coalesce(r.is_largest and r.unknown = 0 and abs(r.lacking) > 0.01 * r.lines, false) as has_other_tax
from reconciled as r
left join core.supplier as s
    on s.agreement_id = r.agreement_id
    and s.supplier_number = r.supplier_number
left join core.account as a
    on a.agreement_id = r.agreement_id
    and a.account_number = r.account_number
left join core.project as p
    on p.agreement_id = r.agreement_id
    and p.project_number = r.project_number
order by
    r.date nulls last,
    r.document_number collate "C",
    r.line_number nulls last,
    r.line_id collate "C"
