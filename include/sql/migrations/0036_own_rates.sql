-- Exchange rates that people keep in files, all versions of each.

create table staging.file_exchange_rate (
    config_id text not null,
    file_id bigint not null,
    version integer not null,
    sheet text not null,
    cell text not null,
    base_currency text not null,
    quote_currency text not null,
    day date not null,
    kind text not null check (kind in ('day', 'average', 'closing')),
    rate numeric not null,
    unit integer not null
);
create index on staging.file_exchange_rate (file_id, version);
comment on table staging.file_exchange_rate is
    'Exchange rates as people wrote them: rate of the quoted currency are unit of the base currency.';

create or replace function ops.forget_file() returns trigger
language plpgsql
as $$
begin
    delete from staging.file_budget as s where s.file_id = old.file_id and s.version = old.version;
    delete from staging.file_account_mapping as s where s.file_id = old.file_id and s.version = old.version;
    delete from staging.file_exchange_rate as s where s.file_id = old.file_id and s.version = old.version;
    return null;
end
$$;
