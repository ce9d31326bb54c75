-- rule: The postings of fact_payables are the ledger's lines that name a supplier, with the same amounts
-- reads: mart.fact_payables, mart.fact_journal_entries, core.ledger_entry, core.payable
-- severity: critical
-- remedy: read the period of the lines named here again (mode window); one side null: the line is missing there
select
    coalesce(r.entry_number, f.entry_number) as entry_number,
    coalesce(r.date, f.date) as date,
    r.amount_base as amount_base,
    f.amount_base as amount_base_of_ledger,
    r.remainder_base as remainder_base,
    f.remainder_base as remainder_base_of_ledger
from (
    select
        t.payable_key,
        t.entry_number,
        t.supplier_key,
        t.date,
        t.amount,
        t.amount_base,
        t.remainder_base
    from mart.fact_payables as t
    where t.agreement_id = %(agreement_id)s
) as r
full join (
    select
        e.journal_entry_key,
        e.supplier_key,
        e.entry_number,
        e.date,
        e.amount,
        e.amount_base,
        e.remainder_base
    from mart.fact_journal_entries as e
    where e.agreement_id = %(agreement_id)s
        and e.supplier_key <> -3
        and not exists (
            select 1
            from core.ledger_entry as o
            where o.agreement_id = %(agreement_id)s
                and o.entry_number = e.entry_number
                and o.is_carried_forward
        )
) as f on f.journal_entry_key = r.payable_key
-- Where suppliers have a ledger of their own, its accounts are compared instead.
where not exists (select 1 from core.payable as o where o.agreement_id = %(agreement_id)s)
    and (r.entry_number, r.supplier_key, r.date, r.amount, r.amount_base, r.remainder_base)
        is distinct from (f.entry_number, f.supplier_key, f.date, f.amount, f.amount_base, f.remainder_base)
