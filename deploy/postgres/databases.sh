#!/bin/sh
# The databases and roles of the warehouse and of Airflow, with today's passwords; may be repeated. Connects as libpq's
# variables say (PGHOST, PGPORT, PGSSLMODE), as the superuser, or as the administrator that a cloud gives in its place.
# SALDO_DATABASE_OPTIONS: how databases are made where the server's own locale does not compare texts by their bytes.
set -eu
secrets=${SALDO_SECRETS_DIR:-/run/secrets}
PGPASSWORD=$(cat "$secrets/postgres_password")
export PGPASSWORD PGUSER=postgres PGDATABASE=postgres SALDO_SECRETS_DIR="$secrets"

# psql reads the passwords from the files: in an argument, `ps` would show them.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set options="${SALDO_DATABASE_OPTIONS:-}" <<'SQL'
\set warehouse_password `cat "$SALDO_SECRETS_DIR/warehouse_password"`
\set metadata_password `cat "$SALDO_SECRETS_DIR/metadata_password"`
select 'create role saldo' where to_regrole('saldo') is null \gexec
select 'create role airflow' where to_regrole('airflow') is null \gexec
alter role saldo login createrole password :'warehouse_password';
alter role airflow login password :'metadata_password';
-- Who is no superuser gives a database only to a role whose member they are.
select 'grant saldo, airflow to current_user' from pg_roles where rolname = current_user and not rolsuper \gexec
select 'create database saldo owner saldo ' || :'options' where not exists (select from pg_database where datname = 'saldo') \gexec
select 'create database airflow owner airflow ' || :'options' where not exists (select from pg_database where datname = 'airflow') \gexec
revoke connect, temporary on database airflow from public;
SQL
echo "The databases saldo and airflow are there."
