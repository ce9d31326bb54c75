-- The year and period of a posting are those in which the vendor has posted it, where it says so; a posting of a customer or a
-- supplier is in those of its voucher. Members that the first dimension had are departments for as long as lines have them.
comment on column mart.fact_journal_entries.accounting_year is
    'Year of the period that the vendor has posted it in, else the one that contains the date, as the vendor writes it; NULL if there is none.';
comment on column mart.fact_journal_entries.period_key is
    'The period that the vendor has posted it in, else the one that contains the date: dim_period. -1 when there is none.';
comment on column mart.fact_receivables.accounting_year is
    'Year of its voucher in the ledger, else the one that contains the date, as the vendor writes it; NULL if there is none.';
comment on column mart.fact_payables.accounting_year is
    'Year of its voucher in the ledger, else the one that contains the date, as the vendor writes it; NULL if there is none.';
comment on column mart.fact_receivables.voucher_key is 'As in mart.fact_journal_entries; -1 where the ledger has no voucher of the number on that day.';
comment on column mart.fact_payables.voucher_key is 'As in mart.fact_journal_entries; -1 where the ledger has no voucher of the number on that day.';
comment on column mart.dim_department.is_deleted is 'Whether the vendor no longer has it, or no longer as a member of this dimension.';

-- What that changes is written by the next night: departments, balances, receivables and payables of these vendors, and the places
-- in the group's chart of accounts of a type that nobody knows.
delete from ops.progress as p
using core.agreement as a
where a.agreement_id = p.agreement_id
    and a.vendor = 'xledger'
    and p.consumer = 'mart'
    and p.source in ('accounting_year', 'dimension_slot');
delete from ops.progress
where consumer = 'mart'
    and source = 'account_mapping';
