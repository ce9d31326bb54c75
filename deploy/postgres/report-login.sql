-- A log-in for reports, with all the limits of the role powerbi: Postgres does not hand the settings of a role on to its
-- members. Run it again for another password, other rights, or after an upgrade that changed the limits.
--
--   SALDO_REPORT_PASSWORD=… psql --dbname saldo --set name=gateway --file report-login.sql
--
-- It reads every agreement. With --set reads=some it reads those that a file of include/readers gives it, and with
-- --set reads=masked the same without what is personal: docs/rights.md
--
-- As an administrator, in the warehouse's database: a superuser, the role saldo, or who may give the role saldo away, such
-- as the administrator of a cloud's server who has made it. That one is a member of saldo until the end, or of nothing at all.
\set ON_ERROR_STOP on
\getenv password SALDO_REPORT_PASSWORD
\if :{?name} \else
    do $$ begin raise exception 'say how the log-in is called: --set name=gateway'; end $$;
\endif
\if :{?password} \else
    do $$ begin raise exception 'say its password in the variable SALDO_REPORT_PASSWORD'; end $$;
\endif
\if :{?reads} \else
    \set reads all
\endif
select :'reads' in ('all', 'some', 'masked') as is_known \gset
\if :is_known \else
    do $$ begin raise exception 'reads is one of all, some, masked'; end $$;
\endif
select case :'reads' when 'all' then 'powerbi' when 'some' then 'saldo_reader' else 'saldo_masked' end as rights \gset

begin;
-- From Postgres 16 on, who made a role may give it to themselves and has none of its rights: for them, the rest of this needs those.
select
    pg_get_userbyid(n.nspowner) as owner,
    case
        when current_setting('server_version_num')::integer < 160000 then false
        else pg_has_role(n.nspowner, 'member with admin option')
            and not (pg_has_role(n.nspowner, 'set') and pg_has_role(n.nspowner, 'usage'))
    end as is_lent
from pg_namespace as n
where n.nspname = 'mart' \gset
\if :is_lent
    grant :"owner" to current_user with inherit true, set true;
\endif
select format('create role %I', :'name')
where not exists (select from pg_roles where rolname = :'name') \gexec
select format('alter role %I login inherit password %L', :'name', :'password') \gexec
-- An administrator may make what the migrations might not; whom the mart belongs to grants it what it is for.
select format('create role %I nologin', :'rights')
where not exists (select from pg_roles where rolname = :'rights') \gexec
select format('revoke %I from %I', r.rolname, :'name')
from pg_roles as r
where r.rolname in ('powerbi', 'saldo_reader', 'saldo_masked') and r.rolname <> :'rights' \gexec
-- Another role, or somebody else's grant, may give it powerbi still.
select format('do $x$ begin raise exception %L; end $x$', format(
    'the log-in %s is a member of powerbi by a role or a grant of somebody else, and would read everything: revoke that first', :'name'
))
where :'rights' <> 'powerbi' and pg_has_role(:'name', 'powerbi', 'member') \gexec
select format('grant %I to %I', :'rights', :'name') \gexec
select format('grant connect on database %I to %I', current_database(), :'rights') \gexec
select format('set local role %I', pg_get_userbyid(n.nspowner)), 'select ops.guard_mart()', 'reset role'
from pg_namespace as n
where n.nspname = 'mart'
    and :'rights' <> 'powerbi'
    and not has_schema_privilege(:'rights', 'mart_masked', 'usage') \gexec

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
select format('alter role %I in database %I set search_path = mart_masked', :'name', current_database())
where :'reads' = 'masked' \gexec
do $$
begin
    if not exists (
        select from pg_db_role_setting as s
        where s.setrole = 'powerbi'::regrole and array_to_string(s.setconfig, ' ') like '%statement_timeout=%'
    ) then
        raise exception 'the role powerbi has no limits: as its owner, alter role powerbi in database … set statement_timeout = ''15min'', default_transaction_read_only = on, idle_in_transaction_session_timeout = ''5min'', search_path = mart';
    end if;
end $$;
\if :is_lent
    revoke :"owner" from current_user;
\endif
commit;
\echo :name reads :reads, with the limits of powerbi
