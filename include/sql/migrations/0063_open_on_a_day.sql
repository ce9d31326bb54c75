-- What was open on a day in the past: every posting of a customer or a supplier, and each time another one takes something off it.
--
-- A vendor says what is left of a posting now. The rest of it was taken off by other postings of the same party. Where the postings
-- that name one invoice account for it by themselves (what is taken off comes to nothing among them), they settle each other: that
-- is known. Elsewhere the oldest debit meets the oldest credit. Either is settled on the later day of the two. What the vendor holds
-- to be settled, and no posting of the party is left to settle, is a difference: of rounding, of rates, of fees.
do $$
declare
    body text := $view$
create index on mart.fact_receivables (agreement_key, customer_key, date);

create view mart.fact_receivable_details with (security_invoker = true) as
with posting as (
    select
        r.agreement_key,
        r.customer_key,
        r.receivable_key,
        r.date,
        r.due_date,
        r.amount_base - coalesce(r.remainder_base, 0) as settled,
        case
            when r.invoice_number is not null
                and (
                    sum(r.amount_base - coalesce(r.remainder_base, 0)) over named = 0
                    -- In another currency than the books' rates differ, and what is left is rounded.
                    or (
                        min(r.currency) over named = max(r.currency) over named
                        and sum(r.amount - coalesce(r.remainder, 0)) over named = 0
                    )
                )
            then r.invoice_number
        end as named_invoice
    from mart.fact_receivables as r
    window named as (partition by r.agreement_key, r.customer_key, r.invoice_number)
),

-- What is settled of them on each side, one after the other.
part as (
    select
        p.agreement_key,
        p.customer_key,
        p.named_invoice,
        p.receivable_key,
        p.date - date '2000-01-01' as day,
        max(p.date) over (partition by p.agreement_key, p.customer_key, p.named_invoice) as last_day,
        p.settled > 0 as is_debit,
        sum(abs(p.settled)) over queue as reach,
        row_number() over queue as place
    from posting as p
    where p.settled <> 0
    window queue as (
        partition by p.agreement_key, p.customer_key, p.named_invoice, p.settled > 0
        order by p.date, p.due_date, p.receivable_key
        rows unbounded preceding
    )
),

-- Where on one side one posting ends, and the next begins: between two such places one debit meets one credit, or none. In each
-- array: its place, its key, its day.
span as (
    select
        p.agreement_key,
        p.customer_key,
        p.named_invoice,
        p.last_day,
        p.reach - lead(p.reach, 1, 0) over falling as size,
        min(array[p.place, p.receivable_key, p.day]) filter (where p.is_debit) over falling as debit,
        min(array[p.place, p.receivable_key, p.day]) filter (where not p.is_debit) over falling as credit
    from part as p
    window falling as (
        partition by p.agreement_key, p.customer_key, p.named_invoice
        order by p.reach desc, p.is_debit
        rows unbounded preceding
    )
),

settlement as (
    select
        s.agreement_key,
        s.customer_key,
        x.receivable_key,
        case when x.other is null then 'difference' else 'settlement' end as detail,
        case
            when x.other is null then null
            when s.named_invoice is null then 'oldest first'
            else 'invoice number'
        end as settled_by,
        case
            when x.other is null then s.last_day
            else date '2000-01-01' + greatest(s.debit[3], s.credit[3])::integer
        end as date,
        x.amount_base
    from span as s
    cross join lateral (
        values (s.debit[2], s.credit[2], -s.size), (s.credit[2], s.debit[2], s.size)
    ) as x (receivable_key, other, amount_base)
    where s.size > 0
        and x.receivable_key is not null
),

detail as (
    select
        t.agreement_key,
        t.customer_key,
        t.receivable_key,
        'posting' as detail,
        null as settled_by,
        t.date,
        t.amount_base
    from mart.fact_receivables as t
    union all
    select
        s.agreement_key,
        s.customer_key,
        s.receivable_key,
        s.detail,
        s.settled_by,
        s.date,
        s.amount_base
    from settlement as s
)

select
    d.agreement_key,
    r.agreement_id,
    d.receivable_key,
    d.detail,
    d.settled_by,
    r.voucher_key,
    r.voucher_number,
    r.entry_type,
    r.event_type,
    r.date as posting_date,
    d.date,
    mart.date_key(d.date) as date_key,
    r.account_key,
    r.account_number,
    d.customer_key,
    r.customer_number,
    r.customer_name,
    r.invoice_number,
    r.due_date,
    coalesce(r.due_date, r.date) as falls_due,
    r.currency,
    r.base_currency,
    d.amount_base::numeric(19, 4) as amount_base,
    r.is_settled
from detail as d
-- Looked up row by row, which a limit makes sure of: where the planner does not know an agreement yet, it takes its postings for one
-- row, and would work out all settlements again for each of them.
cross join lateral (
    select t.*
    from mart.fact_receivables as t
    where t.receivable_key = d.receivable_key
    limit 1
) as r;

comment on view mart.fact_receivable_details is
    'What became of each posting on a customer''s account: itself, and each time another one settles some of it. All up to a day '
    'together are what was open on that day, by posting; now that is its remainder. Debit positive.';
comment on column mart.fact_receivable_details.receivable_key is 'The posting it is about: fact_receivables.';
comment on column mart.fact_receivable_details.detail is
    'posting; settlement: what another posting takes off it; or difference: what the vendor holds settled, and no posting is left to '
    'settle (rounding, rates, fees). Postings alone are the balance; with the rest, what was open.';
comment on column mart.fact_receivable_details.settled_by is
    'How it is known which posting settles it: invoice number (they name the same, and settle each other), or oldest first (a '
    'convention: the vendor says how much of each is settled, and not by what). NULL where none does.';
comment on column mart.fact_receivable_details.date is 'The day from which it counts: of a settlement the later day of the two postings, of a difference the last day of those settled together.';
comment on column mart.fact_receivable_details.date_key is 'The same as yyyymmdd: dim_date.';
comment on column mart.fact_receivable_details.posting_date is 'Posting date of the posting it is about.';
comment on column mart.fact_receivable_details.falls_due is 'Due date of the posting it is about; its posting date where it has none.';
comment on column mart.fact_receivable_details.amount_base is
    'In base currency, debit positive: the posting''s amount, or what is taken off it, with the other sign.';
comment on column mart.fact_receivable_details.is_settled is 'Of the posting it is about: nothing is left to pay or match now.';
grant select on mart.fact_receivable_details to powerbi;

create or replace function mart.receivables_ageing(as_of date)
returns table (
    agreement_key bigint, customer_key bigint, customer_number text, customer_name text,
    invoice_number text, date date, due_date date, base_currency text, remainder_base numeric,
    days_overdue integer, bucket text
)
language sql stable
begin atomic
    select
        r.agreement_key, r.customer_key, r.customer_number, r.customer_name, r.invoice_number,
        r.date, r.due_date, r.base_currency, o.remainder_base,
        greatest(0, $1 - coalesce(r.due_date, r.date)) as days_overdue,
        case
            when $1 <= coalesce(r.due_date, r.date) then 'not due'
            when $1 - coalesce(r.due_date, r.date) <= 30 then '1-30'
            when $1 - coalesce(r.due_date, r.date) <= 60 then '31-60'
            when $1 - coalesce(r.due_date, r.date) <= 90 then '61-90'
            else 'over 90'
        end as bucket
    from (
        -- Where nothing was settled later, what is left now was left then.
        select
            t.agreement_key,
            t.receivable_key,
            t.remainder_base
        from mart.fact_receivables as t
        where not t.is_settled
            and t.date <= $1
            and not exists (
                select
                from mart.fact_receivables as l
                where l.agreement_key = t.agreement_key
                    and l.customer_key = t.customer_key
                    and l.date > $1
                    and l.amount_base <> coalesce(l.remainder_base, 0)
            )
        union all
        select
            c.agreement_key,
            s.receivable_key,
            s.remainder_base
        from (
            select distinct
                l.agreement_key,
                l.customer_key
            from mart.fact_receivables as l
            where l.date > $1
                and l.amount_base <> coalesce(l.remainder_base, 0)
        ) as c
        cross join lateral (
            select
                d.receivable_key,
                sum(d.amount_base) as remainder_base
            from mart.fact_receivable_details as d
            where d.agreement_key = c.agreement_key
                and d.customer_key = c.customer_key
                and d.date <= $1
            group by d.receivable_key
        ) as s
    ) as o
    inner join mart.fact_receivables as r on r.agreement_key = o.agreement_key and r.receivable_key = o.receivable_key
    where o.remainder_base <> 0;
end;
comment on function mart.receivables_ageing(date) is
    'What was open on a day, by days overdue on that day: receivables posted up to it, less what was settled up to it (fact_receivable_details).';
$view$;
begin
    execute body;
    execute replace(replace(body, 'receivable', 'payable'), 'customer', 'supplier');
end
$$;

-- The other columns say what those of the postings say.
do $$
declare
    place record;
begin
    for place in
        select
            c.oid::regclass as relation,
            a.attname,
            col_description(o.attrelid, o.attnum) as meaning
        from pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0
        inner join pg_attribute as o
            on o.attrelid = ('mart.' || replace(c.relname, '_details', 's'))::regclass
            and o.attname = a.attname
        where c.relnamespace = 'mart'::regnamespace
            and c.relname in ('fact_receivable_details', 'fact_payable_details')
            and col_description(c.oid, a.attnum) is null
    loop
        execute format('comment on column %s.%I is %L', place.relation, place.attname, place.meaning);
    end loop;
end
$$;
