-- Accounting years may begin and end inside a month: its sums and balances are those of its parts, a row each.

alter table core.account_month add column first_day date;
update core.account_month set first_day = month;
alter table core.account_month
    drop constraint account_month_pkey,
    alter column first_day set not null,
    add primary key (agreement_id, account_key, department_key, first_day);
create index on core.account_month (agreement_id, month);
comment on column core.account_month.first_day is
    'First day the sums are of: the month''s, or one on which an accounting year begins, or the day after its end.';

alter table mart.fact_account_balance_month
    add column first_day date,
    add column last_day date;
update mart.fact_account_balance_month
set first_day = month,
    last_day = (month + interval '1 month' - interval '1 day')::date;
alter table mart.fact_account_balance_month
    drop constraint fact_account_balance_month_pkey,
    alter column first_day set not null,
    alter column last_day set not null,
    add primary key (agreement_key, account_key, department_key, first_day);
comment on table mart.fact_account_balance_month is
    'Balance of an account and department at the start and end of every month, from its first posting to the newest month of the books. Debit positive. A month in which accounting years meet has a row for each of them.';
comment on column mart.fact_account_balance_month.first_day is
    'First day the row is about: the month''s, or that of an accounting year that begins inside it.';
comment on column mart.fact_account_balance_month.last_day is
    'Last day the row is about: the month''s, or that of an accounting year that ends inside it. Of two rows of a month the balance at its end is that of the later one.';
comment on column mart.fact_account_balance_month.opening_base is
    'Balance before first_day, opening entries of the row''s days included. Profit and loss starts every accounting year at 0.';
comment on column mart.fact_account_balance_month.movement_base is
    'Postings from first_day to last_day without opening entries.';

-- Years that begin or end inside a month were not heeded: their balances are made anew by the next refresh.
delete from ops.progress as p
where p.consumer = 'mart'
    and p.source = 'accounting_year'
    and exists (
        select
        from core.accounting_year as y
        where y.agreement_id = p.agreement_id
            and not y.is_deleted
            and (
                extract(day from y.start_date) <> 1
                or extract(day from y.end_date + 1) <> 1
            )
    );
