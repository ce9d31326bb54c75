-- What the tables and columns of the mart mean: tools show these texts to people who build reports.

comment on table mart.dim_agreement is 'One company''s books in one accounting system.';
comment on column mart.dim_agreement.agreement_key is 'Surrogate key; -1 unknown, -2 unmapped, -3 not applicable.';
comment on column mart.dim_agreement.agreement_id is 'The agreement''s id, as in its file.';
comment on column mart.dim_agreement.name is 'The company''s name, as the accounting system has it.';
comment on column mart.dim_agreement.company is 'Registration number: agreements of one company share it.';
comment on column mart.dim_agreement.vendor is 'The accounting system.';
comment on column mart.dim_agreement.base_currency is 'Currency of every *_base amount of this agreement.';
comment on column mart.dim_agreement.country is 'ISO 3166 code of two letters.';

comment on table mart.dim_date is 'One row a day, whole years from 1990 to 2069.';
comment on column mart.dim_date.date_key is 'yyyymmdd.';
comment on column mart.dim_date.week is 'ISO week.';
comment on column mart.dim_date.weekday is '1 Monday to 7 Sunday.';

comment on table mart.dim_account is 'Accounts, headings and sums of an agreement''s chart.';
comment on column mart.dim_account.is_balance_sheet is 'True on balance accounts, false on profit and loss, NULL on headings and sums.';
comment on column mart.dim_account.section is 'The heading of the vendor''s statement under which the account stands.';
comment on column mart.dim_account.sort_order is 'Place in the vendor''s own statement, from 1.';
comment on column mart.dim_account.group_account_number is 'Account of the group''s chart; NULL until mapped.';
comment on column mart.dim_account.report_line is 'Line of the group''s report; NULL until mapped.';
comment on column mart.dim_account.is_deleted is 'No longer at the vendor; old entries still point here.';

comment on table mart.dim_period is 'Periods of an agreement''s accounting years.';
comment on column mart.dim_period.accounting_year is 'As the vendor writes it, e.g. 2025/2026.';
comment on column mart.dim_period.period is '1..n within its accounting year.';
comment on column mart.dim_period.is_closed is 'The period or its year is closed at the vendor.';

comment on table mart.dim_customer is 'Customers of an agreement.';
comment on table mart.dim_supplier is 'Suppliers of an agreement.';
comment on table mart.dim_department is 'Departments, and distributions among them (is_distribution).';

comment on table mart.fact_journal_entries is
    'One posted ledger line. Debit positive, credit negative; amount_base sums to 0 per voucher.';
comment on column mart.fact_journal_entries.journal_entry_key is 'Surrogate key, stable across rebuilds.';
comment on column mart.fact_journal_entries.entry_number is 'The vendor''s number of the line.';
comment on column mart.fact_journal_entries.voucher_key is 'One value per (agreement, accounting year, voucher number).';
comment on column mart.fact_journal_entries.entry_type is 'The vendor''s type in snake_case.';
comment on column mart.fact_journal_entries.event_type is 'sales_invoice, supplier_invoice, payment, journal_entry, reminder, opening_balance or system.';
comment on column mart.fact_journal_entries.date is 'Posting date.';
comment on column mart.fact_journal_entries.accounting_year is 'Year that contains the date, as the vendor writes it; NULL if none does.';
comment on column mart.fact_journal_entries.period is '1..n within that year.';
comment on column mart.fact_journal_entries.account_name is 'The account''s name now.';
comment on column mart.fact_journal_entries.currency is 'Currency of amount and remainder.';
comment on column mart.fact_journal_entries.amount is 'In the entry''s currency.';
comment on column mart.fact_journal_entries.amount_base is 'In the agreement''s base currency, as the vendor gives it.';
comment on column mart.fact_journal_entries.remainder is 'What is still open, in the entry''s currency; NULL where an entry cannot be matched.';
comment on column mart.fact_journal_entries.remainder_base is 'As given, else round(remainder x amount_base / amount, 2), half away from zero.';
comment on column mart.fact_journal_entries.is_opening is 'Opening entries restate balances: leave them out of movements.';
comment on column mart.fact_journal_entries.has_pdf is 'A document is attached at the vendor.';

comment on view mart.fact_accounting is
    'One posting of any vendor: the single surface over the stored facts. Sums to zero per voucher.';
comment on view mart.sync_status is 'Per agreement: how fresh the facts are, when they were last proven, and the difference found.';
comment on column mart.sync_status.data_as_of is 'UTC; when the facts were last refreshed.';
comment on column mart.sync_status.last_proven is 'UTC; NULL when never.';
comment on column mart.sync_status.difference is 'Sum of absolute differences to the vendor''s totals, base currency.';

-- Columns that mean the same wherever they stand, where no more has been said of one.

do $$
declare
    said record;
    place record;
begin
    for said in
        select * from (values
            ('agreement_key', 'The agreement: dim_agreement. -1 on the members unknown, unmapped and not applicable.'),
            ('agreement_id', 'The agreement''s id, as in its file.'),
            ('account_key', 'The account: dim_account. -1 when its number is not in the chart.'),
            ('period_key', 'The period that contains the date: dim_period. -1 when none does.'),
            ('customer_key', 'The customer: dim_customer. -1 when nobody has the number, -3 when none is given.'),
            ('supplier_key', 'The supplier: dim_supplier. -1 when nobody has the number, -3 when none is given.'),
            ('department_key', 'The department: dim_department. -3 when none is given.'),
            ('project_key', 'The project. -1 unknown, -3 when none is given.'),
            ('employee_key', 'The employee. -3 when none is given.'),
            ('vat_key', 'The VAT code. -1 unknown, -3 when none is given.'),
            ('document_key', 'The attached document. -3 when there is none.'),
            ('accounting_key', 'Surrogate key of the posting, stable across rebuilds.'),
            ('date_key', 'The date as yyyymmdd: dim_date.'),
            ('date', 'Posting date; in dim_date the day itself.'),
            ('year', 'Calendar year.'),
            ('quarter', 'Calendar quarter, 1 to 4.'),
            ('month', 'Calendar month, 1 to 12.'),
            ('month_name', 'English name of the month.'),
            ('is_month_end', 'The last day of its month.'),
            ('start_date', 'First day.'),
            ('end_date', 'Last day, included.'),
            ('accounting_year', 'Accounting year as the vendor writes it, e.g. 2025/2026.'),
            ('period', '1..n within the accounting year.'),
            ('account_number', 'The vendor''s account number, as text.'),
            ('account_type', 'The vendor''s type in snake_case: profit_and_loss, status, heading and so on.'),
            ('group_account_name', 'Name of the group''s account; NULL until mapped.'),
            ('customer_number', 'The vendor''s customer number, as text.'),
            ('supplier_number', 'The vendor''s supplier number, as text.'),
            ('department_number', 'The vendor''s department number, as text; D|n is a distribution.'),
            ('group_number', 'The vendor''s group of customers or suppliers.'),
            ('name', 'Name as the vendor has it now.'),
            ('agreement', 'Name of the company.'),
            ('currency', 'ISO 4217 code.'),
            ('base_currency', 'ISO 4217 code of the agreement''s own currency.'),
            ('address', 'Street and number.'),
            ('zip', 'Postal code.'),
            ('city', 'City.'),
            ('country', 'Country as the vendor has it.'),
            ('registration_number', 'The company''s registration number (CVR in Denmark).'),
            ('email', 'Mail address for invoices.'),
            ('is_barred', 'Barred from new entries at the vendor.'),
            ('is_distribution', 'A distribution among departments, not one department.'),
            ('is_deleted', 'No longer at the vendor; old facts still point here.'),
            ('vendor', 'The accounting system.'),
            ('event_type', 'sales_invoice, supplier_invoice, payment, journal_entry, reminder, opening_balance or system.'),
            ('source_entity', 'The core entity the posting comes from.'),
            ('source_key', 'Its key at the vendor.'),
            ('voucher_number', 'The vendor''s voucher number; restarts every accounting year.'),
            ('journal_number', 'The vendor''s journal; NULL where postings do not tell it.'),
            ('invoice_number', 'The customer''s invoice number, else the supplier''s, as text with leading zeros.'),
            ('vat_code', 'The vendor''s VAT code.'),
            ('text', 'The posting''s text.'),
            ('amount', 'In the posting''s currency. Debit positive.'),
            ('amount_base', 'In base currency. Debit positive.'),
            ('due_date', 'When an invoice is due.'),
            ('is_opening', 'Opening entries restate balances: leave them out of movements.'),
            ('has_pdf', 'A document is attached at the vendor.')
        ) as words (column_name, meaning)
    loop
        for place in
            select
                c.oid::regclass as relation,
                a.attname
            from pg_class as c
            inner join pg_attribute as a on a.attrelid = c.oid
            where c.relnamespace = 'mart'::regnamespace
                and c.relkind in ('r', 'v')
                and a.attnum > 0
                and a.attname = said.column_name
                and col_description(c.oid, a.attnum) is null
        loop
            execute format('comment on column %s.%I is %L', place.relation, place.attname, said.meaning);
        end loop;
    end loop;
end
$$;
