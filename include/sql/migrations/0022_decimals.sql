-- Prices, quantities, rates and shares keep the decimals the vendor gives: an amount is rounded once, at its end.

alter table core.draft_entry alter column exchange_rate type numeric;
alter table core.departmental_distribution alter column percentages type numeric[];
alter table core.vat alter column rate_percent type numeric;
alter table core.product
    alter column sales_price type numeric,
    alter column cost_price type numeric,
    alter column recommended_price type numeric;
alter table core.invoice alter column exchange_rate type numeric;
alter table core.draft_invoice alter column exchange_rate type numeric;
alter table core.sales_order alter column exchange_rate type numeric;
alter table core.invoice_line
    alter column quantity type numeric,
    alter column unit_net_price type numeric,
    alter column unit_cost_price type numeric,
    alter column discount_percent type numeric,
    alter column vat_rate_percent type numeric;
alter table core.draft_invoice_line
    alter column quantity type numeric,
    alter column unit_net_price type numeric,
    alter column unit_cost_price type numeric,
    alter column discount_percent type numeric,
    alter column vat_rate_percent type numeric;
alter table core.sales_order_line
    alter column quantity type numeric,
    alter column unit_net_price type numeric,
    alter column unit_cost_price type numeric,
    alter column discount_percent type numeric;

alter table mart.dim_vat alter column rate_percent type numeric(24, 10);
alter table mart.bridge_department alter column share type numeric(24, 10);
alter table mart.dim_product
    alter column sales_price type numeric(24, 10) using case when abs(sales_price) < 1e14 then sales_price end,
    alter column cost_price type numeric(24, 10) using case when abs(cost_price) < 1e14 then cost_price end,
    alter column recommended_price type numeric(24, 10) using case when abs(recommended_price) < 1e14 then recommended_price end;
alter table mart.fact_invoice_lines
    alter column quantity type numeric(24, 10) using case when abs(quantity) < 1e14 then quantity end,
    alter column unit_net_price type numeric(24, 10) using case when abs(unit_net_price) < 1e14 then unit_net_price end,
    alter column discount_percent type numeric(24, 10),
    alter column vat_rate_percent type numeric(24, 10),
    alter column exchange_rate type numeric(24, 10);
alter table mart.fact_order_lines
    alter column quantity type numeric(24, 10) using case when abs(quantity) < 1e14 then quantity end,
    alter column unit_net_price type numeric(24, 10) using case when abs(unit_net_price) < 1e14 then unit_net_price end,
    alter column discount_percent type numeric(24, 10),
    alter column exchange_rate type numeric(24, 10);

-- What was landed before is typed anew from what was received.
delete from ops.progress
where consumer = 'core'
    and source in (
        'draft_entries', 'departmental_distributions', 'vat_accounts', 'products', 'invoices', 'draft_invoices',
        'invoice_lines', 'draft_invoice_lines', 'orders', 'quotes', 'order_lines', 'quote_lines'
    );

-- Rates that were implied, and shares, had been rounded in the mart: it is made anew where they are.
delete from ops.progress
where consumer = 'mart'
    and source in ('invoice', 'draft_invoice', 'sales_order', 'departmental_distribution');
