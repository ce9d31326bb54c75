-- A log-in for Power BI, with the rights of the role powerbi and all of its limits: Postgres does not hand the settings
-- of a role on to its members. Run it again for another password, or after an upgrade that changed the limits.
--
--   SALDO_REPORT_PASSWORD=… psql --dbname saldo --set name=gateway --file report-login.sql
--
-- As an administrator, in the warehouse's database.
\set ON_ERROR_STOP on
\getenv password SALDO_REPORT_PASSWORD
\if :{?name} \else
    do $$ begin raise exception 'say how the log-in is called: --set name=gateway'; end $$;
\endif
\if :{?password} \else
    do $$ begin raise exception 'say its password in the variable SALDO_REPORT_PASSWORD'; end $$;
\endif

begin;
select format('create role %I', :'name')
where not exists (select from pg_roles where rolname = :'name') \gexec
select format('alter role %I login inherit password %L', :'name', :'password') \gexec
select format('grant powerbi to %I', :'name') \gexec

select format('alter role %I in database %I reset all', :'name', current_database()) \gexec
-- Those of all databases first, so that those of this one win.
select format(
    'alter role %I in database %I set %I = %L',
    :'name', current_database(), split_part(c.setting, '=', 1), substr(c.setting, strpos(c.setting, '=') + 1)
)
from pg_db_role_setting as s
cross join unnest(s.setconfig) as c (setting)
where s.setrole = 'powerbi'::regrole
    and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
order by s.setdatabase <> 0 \gexec
do $$
begin
    if not exists (
        select from pg_db_role_setting as s
        where s.setrole = 'powerbi'::regrole and array_to_string(s.setconfig, ' ') like '%statement_timeout=%'
    ) then
        raise exception 'the role powerbi has no limits: as its owner, alter role powerbi in database … set statement_timeout = ''15min'', default_transaction_read_only = on, idle_in_transaction_session_timeout = ''5min'', search_path = mart';
    end if;
end $$;
commit;
\echo :name may read mart, with the limits of powerbi
