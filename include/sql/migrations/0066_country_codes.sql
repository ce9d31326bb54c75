-- Countries of customers and suppliers as codes, beside the vendor's own words.

create function core.country_word_of(said text) returns text
language sql immutable parallel safe
return lower(trim(both ' .' from regexp_replace(said, '\s+', ' ', 'g')));
comment on function core.country_word_of(text) is
    'What a person typed for a country as core.country_word has it.';

create or replace function core.country_code(said text) returns text
language sql stable
begin atomic
    select w.country
    from core.country_word as w
    where w.word = core.country_word_of(said);
end;

alter table mart.dim_customer add column country_code text;
alter table mart.dim_supplier add column country_code text;
comment on column mart.dim_customer.country_code is
    'ISO 3166 code of two letters of the country; NULL where its word is no country''s.';
comment on column mart.dim_supplier.country_code is
    'ISO 3166 code of two letters of the country; NULL where its word is no country''s.';
insert into ops.personal_column (table_name, column_name, is_personal, shown) values ('*', 'country_code', 'never', null);

-- The members are written again.
delete from ops.progress where consumer = 'mart' and source in ('customer', 'supplier');
