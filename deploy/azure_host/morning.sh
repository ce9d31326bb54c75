#!/bin/sh
# What the host writes into its journal every morning, and alerts are made of (infrastructure/modules/saldo/alerts.tf):
# a line for each agreement, and for each secret that expires within 30 days. Run by saldo-morning.timer, as root.
set -eu
cd "$(dirname "$0")/../.."
. ./.env

nights() {
    docker compose --file docker-compose.yaml --file deploy/azure_host/compose.yaml exec -T scheduler \
        python deploy/run.py python deploy/azure_host/nights.py
}

keys() {
    soon=$(date --utc --date "30 days" +%Y-%m-%dT%H:%M:%S)
    az login --identity --client-id "$AZURE_CLIENT_ID" --output none &&
        az keyvault secret list --vault-name "$SALDO_VAULT" --output tsv \
            --query "[?attributes.expires && attributes.expires < '$soon'].[attributes.expires, name]"
}

{
    nights || echo "cannot look at the nights: is the scheduler up?"
    if found=$(keys); then
        [ -z "$found" ] || echo "$found" | sed 's/^/expires /'
    else
        echo "cannot look at the keys: does the vault $SALDO_VAULT answer?"
    fi
} | logger --tag saldo-morning --priority user.notice
