-- grain: what of a bank transaction is booked straight on an account
-- reads: staging.moneybird_financial_mutations, core.bank_booking
-- writes: core.bank_booking
-- sign and currency: positive: money came in; base currency
select
    c.source_key as transaction_number,
    e.part ->> 'id' as booking_id,
    e.part ->> 'ledger_account_id' as account_number,
    e.part ->> 'project_id' as project_number,
    nullif(e.part ->> 'description', '') as text,
    (e.part ->> 'price')::numeric(19, 4) as amount_base,
    false as is_deleted
from changed as c
cross join lateral jsonb_array_elements(case jsonb_typeof(c.payload -> 'ledger_account_bookings') when 'array' then c.payload -> 'ledger_account_bookings' else '[]' end) as e (part)
where not c.is_deleted
union all
-- What a record no longer has.
select
    t.transaction_number,
    t.booking_id,
    t.account_number,
    t.project_number,
    t.text,
    t.amount_base,
    true as is_deleted
from changed as c
inner join core.bank_booking as t
    on t.agreement_id = %(agreement_id)s
    and t.transaction_number = c.source_key
where not t.is_deleted
    and (c.is_deleted or t.booking_id not in (
        select e.part ->> 'id'
        from jsonb_array_elements(case jsonb_typeof(c.payload -> 'ledger_account_bookings') when 'array' then c.payload -> 'ledger_account_bookings' else '[]' end) as e (part)
    ))
