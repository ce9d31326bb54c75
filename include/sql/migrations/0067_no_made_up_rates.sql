-- Nobody's rate is made up: what a document in another currency comes to in base currency is NULL where the vendor gives
-- neither that nor a rate.
alter table mart.fact_purchase_documents
    alter column net_amount_base drop not null,
    alter column tax_amount_base drop not null,
    alter column gross_amount_base drop not null,
    alter column paid_amount_base drop not null;
comment on column mart.fact_purchase_documents.net_amount_base is
    'net_amount in base currency; NULL where the vendor gives neither it nor a rate.';
comment on column mart.fact_purchase_documents.state is
    'new, saved, open, late, paid or pending_payment; other_<state> for one that Saldo does not know. What is new is not posted.';
comment on column mart.fact_invoice_lines.cost_base is
    'round(quantity x unit cost x exchange_rate / 100, 2), half away from zero; 0 where no cost is given, NULL without a rate.';
comment on column mart.fact_order_lines.cost_base is
    'round(quantity x unit cost x exchange_rate / 100, 2), half away from zero; 0 where no cost is given, NULL without a rate.';
comment on table mart.fact_account_balance_month is
    'Balance of an account and department at the start and end of every month, from its first posting to the newest month of the books. Debit positive. A month in which accounting years meet has a row for each of them. Outside the accounting years a gap of more than a year between postings is left open.';

-- A rate of 0 is none, and prices keep their decimals: documents of Moneybird are typed anew, what is made of them made again.
delete from ops.progress as p
where (p.consumer = 'derived' or (p.consumer = 'core' and p.source in ('purchase_invoices', 'receipts', 'sales_invoices')))
    and p.agreement_id in (
        select a.agreement_id
        from core.agreement as a
        where a.vendor = 'moneybird'
    );
-- Words that nobody knows are others in old rows as in new ones.
delete from ops.progress as p
using core.agreement as a
where a.agreement_id = p.agreement_id
    and p.consumer = 'core'
    and (a.vendor, p.source) in (
        ('xledger', 'ar_transactions'), ('xledger', 'ap_transactions'), ('moneybird', 'ledger_accounts')
    );
-- What was posted at a rate of 1 is not kept as what such a voucher was before: what has amounts is posted again.
update core.ledger_entry as e
set is_deleted = true, change_seq = nextval('core.change_seq')
where not e.is_deleted
    and (e.agreement_id, e.voucher_number) in (
        select
            d.agreement_id,
            v.voucher_number
        from core.purchase_document as d
        inner join core.agreement as a on a.agreement_id = d.agreement_id
        cross join lateral (
            select d.document_number as voucher_number
            union all
            select unnest(array[p.payment_id, p.financial_mutation_number])
            from core.purchase_document_payment as p
            where p.agreement_id = d.agreement_id
                and p.document_number = d.document_number
        ) as v
        where a.vendor = 'moneybird'
            and d.currency <> a.base_currency
            and coalesce(d.exchange_rate, 0) = 0
            and d.gross_amount_base is null
        union all
        select
            p.agreement_id,
            p.transaction_number
        from core.bank_payment as p
        where p.amount_base is null
            and not p.is_deleted
    );
-- And lines without a rate.
delete from ops.progress as p
where p.consumer = 'mart'
    and (
        (p.source = 'purchase_document' and exists (
            select
            from mart.fact_purchase_documents as f
            where f.agreement_id = p.agreement_id
                and f.currency <> f.base_currency
                and f.exchange_rate is null
        ))
        or (p.source = 'invoice' and exists (
            select
            from mart.fact_invoice_lines as f
            where f.agreement_id = p.agreement_id
                and coalesce(f.exchange_rate, 0) = 0
        ))
        or (p.source = 'sales_order' and exists (
            select
            from mart.fact_order_lines as f
            where f.agreement_id = p.agreement_id
                and coalesce(f.exchange_rate, 0) = 0
        ))
    );
