-- The postings of one account in a year, a period or a month: by the index, however many the agreement has.

create index fact_journal_entries_by_account on mart.fact_journal_entries (account_key, period_key, date);
