-- Dates that cannot be right (0206, 3026) are shown as they are, and lead to the unknown member of dim_date.

insert into mart.dim_date (
    date_key, date, year, quarter, month, month_name, week, weekday, is_month_end
) values
    -- The day before the first: Power BI wants dates without gaps, and none twice.
    (-1, '1989-12-31', 1989, 4, 12, 'Unknown', 52, 7, true);
comment on table mart.dim_date is
    'One row a day, whole years from 1990 to 2069; -1, with the day before them, for a date outside.';
comment on column mart.dim_date.date_key is 'yyyymmdd; -1 for a date outside 1990 to 2069.';

create function mart.date_key(date) returns integer
language sql
stable
parallel safe
return case
    when $1 between date '1990-01-01' and date '2069-12-31' then to_char($1, 'yyyymmdd')::integer
    else -1
end;
comment on function mart.date_key(date) is 'The key of a day in dim_date: -1 where it has none.';

update mart.fact_journal_entries set date_key = -1 where not date between '1990-01-01' and '2069-12-31';
update mart.fact_receivables set date_key = -1 where not date between '1990-01-01' and '2069-12-31';
update mart.fact_payables set date_key = -1 where not date between '1990-01-01' and '2069-12-31';
update mart.fact_draft_entries set date_key = -1 where not date between '1990-01-01' and '2069-12-31';
update mart.fact_invoice_lines set date_key = -1 where not invoice_date between '1990-01-01' and '2069-12-31';
update mart.fact_order_lines set date_key = -1 where not order_date between '1990-01-01' and '2069-12-31';
