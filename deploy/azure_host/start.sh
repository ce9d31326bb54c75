#!/bin/sh
# start.sh VERSION: put the secrets of the vault where Compose looks for them, and bring this version up. Run by
# saldo-deploy on the host, as root; may be repeated. Whatever it prints is no secret.
set -eu
version=$1
settings=${SALDO_SETTINGS_DIR:-/etc/saldo}
secrets=${SALDO_SECRETS_DIR:-/var/lib/saldo/secrets}
cd "$(dirname "$0")/../.."

# What Terraform knows, what you add on this machine (own.env: SALDO_ALERTS_TO and the like), and the version.
{
    cat "$settings/azure.env"
    [ ! -f "$settings/own.env" ] || cat "$settings/own.env"
    echo "SALDO_VERSION=$version"
    echo "SALDO_SECRETS_DIR=$secrets"
} >.env
. ./.env

mkdir -p "$secrets/connections"
# As deploy/secrets.sh: containers read the files as users of their own, so the files are open and the folder is closed.
chmod 700 "$secrets"

fetch() {
    az keyvault secret show --vault-name "$SALDO_VAULT" --name "$1" --query value --output tsv >"$2.new" ||
        { rm -f "$2.new"; echo "start.sh: the vault $SALDO_VAULT does not give $1 (see above)" >&2; exit 1; }
    chmod 644 "$2.new"
    mv "$2.new" "$2"
}

for name in postgres_password warehouse_password metadata_password broker_password admin_password fernet_key \
    api_secret_key jwt_secret; do
    fetch "saldo-$(echo "$name" | tr _ -)" "$secrets/$name"
done
# The connections that must work while the vault does not (docs/secrets.md), such as saldo-connection-smtp-default.
az keyvault secret list --vault-name "$SALDO_VAULT" --query "[].name" --output tsv | grep '^saldo-connection-' |
    while read -r name; do
        fetch "$name" "$secrets/connections/$(echo "${name#saldo-connection-}" | tr - _)"
    done

docker compose --file docker-compose.yaml --file deploy/azure_host/compose.yaml up --detach --no-build --remove-orphans
echo "Saldo $version is starting."
