-- rule: What is said of a dimension is said of a posted line
-- reads: mart.bridge_entry_dimension, mart.fact_journal_entries
-- severity: critical
-- remedy: read the ledger of its days again (mode window)
select
    b.entry_number,
    b.dimension_number,
    b.date
from mart.bridge_entry_dimension as b
left join mart.fact_journal_entries as f on f.journal_entry_key = b.journal_entry_key
where b.agreement_id = %(agreement_id)s
    and (f.entry_number, f.date) is distinct from (b.entry_number, b.date)
