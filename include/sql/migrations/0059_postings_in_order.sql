-- A page of an account's postings: in the order of their days by the index. Without it the planner walks all of an agreement's postings
-- by date, from its first year on, where an account has many.

create index fact_journal_entries_in_order
on mart.fact_journal_entries (agreement_id, account_number, accounting_year, date, journal_entry_key);
