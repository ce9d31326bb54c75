-- What a word means that Moneybird adds: an invoice without a number is a draft, whatever its state; a payment of a document of
-- a kind nobody knows is none of a supplier. Those records are typed anew.
comment on column core.bank_payment.document_kind is
    'sales_invoice, external_sales_invoice, document or tax_return; other_<type> for one that Saldo does not know, which waits on the account of unmatched transactions.';
delete from ops.progress as p
using core.agreement as a
where a.agreement_id = p.agreement_id
    and a.vendor = 'moneybird'
    and p.consumer = 'core'
    and p.source in ('financial_mutations', 'sales_invoices', 'tax_rates');
