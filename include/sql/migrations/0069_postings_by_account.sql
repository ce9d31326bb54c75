-- One index for the postings of an account in the order of their days, where two were: each one more is a tenth of what a first
-- load of facts takes. Keys compare faster than texts.

create index fact_journal_entries_of_account
on mart.fact_journal_entries (account_key, accounting_year, date, journal_entry_key);
drop index mart.fact_journal_entries_in_order;
drop index mart.fact_journal_entries_by_account;

-- A text, a due date, a sum or what remains to be paid is in no index: where its page has room, the new row lies beside the old one, and
-- no index is written to. What is there already gets room as it is rewritten.
alter table mart.fact_journal_entries set (fillfactor = 90);
alter table mart.fact_receivables set (fillfactor = 90);
alter table mart.fact_payables set (fillfactor = 90);
alter table mart.fact_account_balance_month set (fillfactor = 90);
alter table core.account_month set (fillfactor = 90);
