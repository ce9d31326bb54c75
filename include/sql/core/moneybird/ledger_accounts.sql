-- grain: one account of the chart
-- reads: staging.moneybird_ledger_accounts, core.account
-- writes: core.account
-- sign and currency: none
-- Known by the vendor's id. People call it by account_id, where it is the only one with it. All are looked at again when
-- one of them changes. Accounts that the vendor itself posts on are told by their place in the Dutch standard chart (RGS),
-- which stays when they are renamed; several have one place, and are told apart by what else may be booked on them.
with chart as (
    select
        r.source_key,
        r.payload,
        r.is_deleted,
        nullif(btrim(r.payload ->> 'account_id'), '') as called,
        r.payload -> 'taxonomy_item' ->> 'code' as place,
        lower(r.payload ->> 'name') as name,
        not coalesce(r.payload -> 'allowed_document_types' @> '["financial_mutation"]', false) as is_closed_to_banks
    from records as r
    where exists (select from changed as c)
),

judged as (
    select
        s.source_key,
        s.payload,
        s.is_deleted,
        s.called,
        case
            when s.place = 'BVorDebHad' or s.name = 'debiteuren' then 'debtors'
            when s.place = 'BSchCreHac' or s.name = 'crediteuren' then 'creditors'
            when s.place = 'BSchBepBtwVoo' or s.name = 'te vorderen btw' then 'input_tax'
            when s.place = 'BSchBepBtwOlo' or s.name = 'te betalen btw' then 'output_tax'
            when s.place = 'BSchBepBtwAfo' then 'settled_tax'
            when s.place = 'BSchBepBtwOvm' then 'tax'
            when s.place = 'WFbeWisWis' or s.name = 'koersverschillen' then 'exchange_difference'
            when s.name = 'te rubriceren transacties' then 'unmatched_transactions'
            when s.name = 'te rubriceren betalingen' then 'unmatched_paid'
            when s.name = 'te rubriceren ontvangen betalingen' then 'unmatched_received'
            when s.place = 'BLimKruSto' and s.is_closed_to_banks then 'unmatched_transactions'
        end as role
    from chart as s
),

ranked as (
    select
        s.source_key,
        s.payload,
        s.is_deleted,
        s.called,
        s.role,
        count(*) over (partition by s.called, s.is_deleted) as as_many,
        bool_or(not s.is_deleted) over (partition by s.called) as is_anothers,
        row_number() over (partition by s.role, s.is_deleted order by length(s.source_key), s.source_key) as place
    from judged as s
)

select
    s.source_key as account_number,
    case when s.as_many = 1 and not (s.is_deleted and s.is_anothers) then s.called end as code,
    s.called as given_code,
    coalesce(nullif(btrim(s.payload ->> 'name'), ''), s.called, s.source_key) as name,
    case
        when s.payload ->> 'account_type' in ('revenue', 'direct_costs', 'expenses', 'other_income_expenses')
        then 'profit_and_loss'
        when s.payload ->> 'account_type' in (
            'non_current_assets', 'current_assets', 'equity', 'provisions', 'non_current_liabilities',
            'current_liabilities', 'other', 'temporary'
        )
        then 'status'
        else 'other_' || (s.payload ->> 'account_type')
    end as account_type,
    case
        when s.payload ->> 'account_type' in ('revenue', 'direct_costs', 'expenses', 'other_income_expenses')
        then false
        when s.payload ->> 'account_type' in (
            'non_current_assets', 'current_assets', 'equity', 'provisions', 'non_current_liabilities',
            'current_liabilities', 'other', 'temporary'
        )
        then true
    end as is_balance_sheet,
    initcap(replace(s.payload ->> 'account_type', '_', ' ')) as section,
    case
        when s.called ~ '^[0-9]{1,12}([.][0-9]{1,4})?$' then (s.called::numeric * 10000)::bigint
        else 9223372036854775807
    end as sort_key,
    case
        when s.payload ->> 'account_type' in (
            'equity', 'provisions', 'non_current_liabilities', 'current_liabilities', 'revenue', 'other_income_expenses'
        )
        then true
        when s.payload ->> 'account_type' in ('non_current_assets', 'current_assets', 'direct_costs', 'expenses')
        then false
    end as is_credit,
    s.payload ->> 'financial_account_id' as financial_account_number,
    case when s.place = 1 then s.role end as role,
    s.is_deleted
from ranked as s
