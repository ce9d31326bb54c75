#!/bin/sh
# Valkey with a password; the settings go by standard input, since `ps` shows arguments. BROKER_PROGRAM: redis-server
# runs the same.
set -eu
password=$(cat "${SALDO_SECRETS_DIR:-/run/secrets}/broker_password")
exec "${BROKER_PROGRAM:-valkey-server}" - <<EOF
bind ${BROKER_BIND:-* -::*}
port ${BROKER_PORT:-6379}
dir ${BROKER_DIR:-/data}
requirepass $password
appendonly yes
appendfsync everysec
maxmemory ${BROKER_MAXMEMORY:-96mb}
# Messages are tasks: rather refuse a new one than forget an old one.
maxmemory-policy noeviction
EOF
