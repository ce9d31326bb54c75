-- grain: one journal
-- reads: staging.economic_journals
-- writes: core.journal
-- sign and currency: none
select
    c.payload ->> 'journalNumber' as journal_number,
    coalesce(nullif(btrim(c.payload ->> 'name'), ''), c.payload ->> 'journalNumber') as name,
    c.is_deleted
from changed as c
