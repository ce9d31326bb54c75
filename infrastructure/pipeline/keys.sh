#!/bin/sh
# keys.sh ENVIRONMENT: fails when a vendor's key in the vault expires within 30 days, and warns of keys without a date.
# In a step of AzureCLI@2. Whoever is to be told subscribes to failed runs of the pipeline.
set -eu
vault=$(az keyvault list --resource-group "rg-saldo-$1" --query "[0].name" --output tsv)
soon=$(date --utc --date "30 days" +%Y-%m-%dT%H:%M:%S)
keys=$(az keyvault secret list --vault-name "$vault" --query "[?starts_with(name, 'airflow-connections-')].[name, attributes.expires]" \
    --output tsv)

failed=0
while IFS="$(printf '\t')" read -r name expires; do
    [ -n "$name" ] || continue
    if [ -z "$expires" ] || [ "$expires" = None ]; then
        echo "##vso[task.logissue type=warning]$vault: $name has no date of expiry (az keyvault secret set-attributes --expires)"
    elif [ "$(printf '%s\n%s\n' "$expires" "$soon" | sort | head -n 1)" = "$expires" ]; then
        echo "##vso[task.logissue type=error]$vault: $name expires on $expires: docs/azure.md, Renewing a key"
        failed=1
    else
        echo "$name: until $expires"
    fi
done <<END
$keys
END
exit "$failed"
