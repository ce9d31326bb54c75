#!/bin/sh
# Backups of the warehouse and of Airflow's database: backup.sh now | daily | list | check | restore SET [DATABASE]
#
# A backup is a folder named for its instant (UTC): saldo.dump, airflow.dump, roles.sql, SHA256SUMS. It appears when it
# is whole and can be read to its end. Connects as libpq's variables say (PGHOST, PGPORT, PGSSLMODE), as the superuser.
set -eu
dir=${SALDO_BACKUP_DIR:-/backups}
keep=${SALDO_BACKUP_KEEP:-14}
at=${SALDO_BACKUP_AT:-01:00}
PGPASSWORD=$(cat "${SALDO_SECRETS_DIR:-/run/secrets}/postgres_password")
export PGPASSWORD PGUSER=postgres PGDATABASE=postgres
umask 077

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
fail() { say "$*" >&2; exit 1; }
sql() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }
sets() { find "$dir" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*Z' | sort; }

# --- making one --------------------------------------------------------------------------------------------------

now() {
    set_name=$(date -u +%Y%m%dT%H%M%SZ)
    work=$dir/.$set_name
    mkdir -p "$work"
    if make_set "$work"; then
        mv "$work" "$dir/$set_name"
        say "backup $set_name: $(du -sh "$dir/$set_name" | cut -f1)"
        sets | head -n "-$keep" | while read -r old; do rm -rf "$old" && say "deleted $(basename "$old")"; done
    else
        rm -rf "$work"
        fail "the backup failed; the reason is above. Older backups are untouched"
    fi
}

# Not under `set -e`, since it is asked whether it succeeds: each step says so itself.
make_set() {
    for database in saldo airflow; do
        pg_dump --format=custom --file="$1/$database.dump" "$database" || return 1
        # Reads it to its end: a dump that cannot be unpacked is none.
        pg_restore --file=/dev/null "$1/$database.dump" || return 1
    done
    pg_dumpall --roles-only --file="$1/roles.sql" || return 1
    (cd "$1" && sha256sum ./*.dump roles.sql >SHA256SUMS) || return 1
}

daily() {
    say "a backup every day at $at UTC, $keep are kept in $dir"
    rm -rf "$dir"/.[0-9]*Z # of one that was cut off
    check >/dev/null 2>&1 || (sh "$0" now) || true
    while :; do
        seconds=$(($(date -u -d "$at" +%s) - $(date -u +%s)))
        [ "$seconds" -gt 0 ] || seconds=$((seconds + 86400))
        sleep "$seconds"
        until (sh "$0" now); do sleep 900; done
    done
}

check() {
    newest=$(sets | tail -n 1)
    [ -n "$newest" ] || fail "there is no backup in $dir"
    [ -n "$(find "$newest" -maxdepth 0 -mmin -1560)" ] || fail "the newest backup, $(basename "$newest"), is older than 26 hours"
    say "the newest backup is $(basename "$newest")"
}

list() { sets | while read -r each; do printf '%s  %s\n' "$(basename "$each")" "$(du -sh "$each" | cut -f1)"; done; }

# --- putting one back --------------------------------------------------------------------------------------------

# Into a database beside the one in use; only a whole one takes its place, and the replaced one is kept.
restore() {
    [ $# -ge 1 ] || fail "restore what? backup.sh list shows the sets; then: restore SET [saldo|airflow]"
    from=$dir/$1 database=${2:-saldo}
    case $database in saldo | airflow) ;; *) fail "$database is none of ours: saldo or airflow" ;; esac
    [ -d "$from" ] || fail "there is no backup $1 in $dir; backup.sh list shows which there are"
    (cd "$from" && sha256sum --quiet --check SHA256SUMS) || fail "backup $1 is damaged: take another one"
    say "restoring $database of $1"
    made=$(missing_roles "$from/roles.sql" | sql)
    [ -z "$made" ] || say "roles that this server lacked are back, log-ins with the passwords of then; drop those of people who have left:" $made
    beside=${database}_restoring
    sql --command="drop database if exists $beside with (force)" --command="create database $beside owner $database template template0"
    pg_restore --exit-on-error --jobs=2 --dbname="$beside" "$from/$database.dump" ||
        fail "the backup could not be restored; $database is as it was"
    [ "$database" != saldo ] || new_numbers "$beside"
    vacuumdb --quiet --analyze-only --jobs=2 "$beside"
    take_place "$database" "$beside" "$from/$database.dump"
}

# Exports have given numbers away since the backup was made, which accounting systems hold: none of them may come again.
new_numbers() {
    given=0
    for database_of in saldo "$1"; do
        last=$(sql --dbname="$database_of" --command="select pg_sequence_last_value(pg_get_serial_sequence('ops.export_job', 'sequence_number')::regclass)" 2>/dev/null) || continue
        [ "${last:-0}" -le "$given" ] || given=$last
    done
    [ "$given" = 0 ] || sql --dbname="$1" --command="select setval(pg_get_serial_sequence('ops.export_job', 'sequence_number'), $((given + 100000)))" >/dev/null
}

# Roles of the backup that this server lacks, with their passwords and memberships. Whoever is here keeps those of today: a password
# that was changed since may have leaked, and a membership may have been taken away. Prints those that it makes.
missing_roles() {
    echo 'create temporary table known as select quote_ident(rolname) as name from pg_roles;'
    role='\("[^"]*"\|[^" ;]*\)'
    sed -n -e "s/^CREATE ROLE $role;\$/select \$it\$&\$it\$ where \$it\$\1\$it\$ not in (table known) \\\\gexec/p" \
        -e "s/^ALTER ROLE $role WITH .*;\$/select \$it\$&\$it\$ where \$it\$\1\$it\$ not in (table known) \\\\gexec/p" \
        -e "s/^GRANT $role TO $role[ ;].*\$/select \$it\$&\$it\$ where not (\$it\$\1\$it\$ in (table known) and \$it\$\2\$it\$ in (table known)) \\\\gexec/p" "$1"
    echo 'select quote_ident(rolname) from pg_roles where quote_ident(rolname) not in (table known);'
}

take_place() {
    kept=${1}_before_$(date -u +%Y%m%dT%H%M%SZ | tr 'TZ' 't_' | tr -d _)
    there=$(sql --command="select count(*) from pg_database where datname = '$1'")
    if [ "$there" = 1 ]; then
        limits=$(limits_of "$1")
        sql --command="alter database $1 with allow_connections false" \
            --command="select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = '$1'" >/dev/null
        sql --single-transaction --command="alter database $1 rename to $kept" --command="alter database $2 rename to $1"
    else
        sql --command="alter database $2 rename to $1"
    fi
    # Of a role that was here, those of today: of what was changed since, the backup knows nothing.
    if [ "$there" = 1 ]; then
        printf '%s\n' "$made" | sed -n 's/^..*$/ALTER ROLE & /p; s/^ALTER ROLE \(.*\) $/ TO \1;/p' >"$dir/.made"
        limits=$(printf '%s\n' "$limits"; properties "$3" | grep -F -f "$dir/.made" || true)
        rm -f "$dir/.made"
    else
        limits=$(properties "$3")
    fi
    printf '%s\n' "$limits" | sql
    say "$1 is what it was then. What it was before is kept as $kept; when it is needed no more: drop database $kept"
}

# What a database says of itself: limits of log-ins, rights to connect. Without its tables, it is a few lines.
limits_of() {
    pg_dump --create --schema-only --exclude-schema='*' --exclude-extension='*' "$1" |
        grep -E '^(ALTER (ROLE|DATABASE) .* SET |(GRANT|REVOKE) .* ON DATABASE )' || true
}

# The same of a dump.
properties() {
    pg_restore --create --list "$1" | grep -E ' (DATABASE PROPERTIES|ACL - DATABASE) ' >"$dir/.toc" || true
    pg_restore --create --use-list="$dir/.toc" --file=- "$1" | grep -E '^(ALTER (ROLE|DATABASE) .* SET |GRANT |REVOKE )' || true
    rm -f "$dir/.toc"
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
now | daily | check | list | restore) "$verb" "$@" ;;
*) fail "usage: backup.sh now | daily | list | check | restore SET [DATABASE]" ;;
esac
