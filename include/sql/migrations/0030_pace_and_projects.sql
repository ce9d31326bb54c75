-- A limit is kept by the moments of the last calls, a dimension says whether it is the one of the projects, and proof compares
-- the ledgers of customers and suppliers.

truncate ops.call_pace;
alter table ops.call_pace
    drop column next_at,
    add column made_at timestamptz[] not null;
comment on table ops.call_pace is
    'When the last calls with the same credentials were made, of vendors whose answers do not tell how many are left.';
comment on column ops.call_pace.made_at is 'As many as the vendor allows in one stretch, the oldest first.';

alter table core.dimension_slot add column is_project boolean not null default false;
comment on column core.dimension_slot.is_project is 'Its members are projects.';

-- What was landed before is typed anew; the project of a line follows from its dimensions.
update core.ledger_entry as e set
    project_number = null,
    change_seq = nextval('core.change_seq')
where e.project_number is not null
    and e.agreement_id in (
        select a.agreement_id
        from core.agreement as a
        where a.vendor = 'xledger'
    );
delete from ops.progress
where consumer = 'core'
    and source in (
        'accounts', 'currencies', 'tax_rules', 'periods', 'entities', 'transactions'
    )
    and agreement_id in (
        select a.agreement_id
        from core.agreement as a
        where a.vendor = 'xledger'
    );

comment on column ops.proof.control is
    'Which comparison: account_year_totals, account_period_totals, entry_count, month_balances, subledger_accounts, invoice_net_amount, invoice_count, unpaid_remainder, customer_balances, set_aside.';
