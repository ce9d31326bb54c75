#!/bin/sh
# Postgres refuses a key that another user owns or others may read; a mounted file is what the host has. So the
# certificate is copied at every start: a new one is taken with `docker compose restart postgres`.
set -eu
secrets=${SALDO_SECRETS_DIR:-/run/secrets}
install -d -o postgres -g postgres -m 700 /run/tls
install -o postgres -g postgres -m 600 "$secrets/tls.key" /run/tls/tls.key
install -o postgres -g postgres -m 644 "$secrets/tls.crt" /run/tls/tls.crt
exec docker-entrypoint.sh "$@"
