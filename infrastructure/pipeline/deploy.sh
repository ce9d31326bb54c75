#!/bin/sh
# deploy.sh ENVIRONMENT VERSION IMAGE: push the saved image into the environment's registry and start it on its host.
# In a step of AzureCLI@2, on an agent inside the network.
set -eu
group=rg-saldo-$1
version=$2
registry=$(az acr list --resource-group "$group" --query "[0].loginServer" --output tsv)
host=vm-saldo-$1

az acr login --name "$registry"
docker load --quiet --input "$3"
docker tag "saldo:$version" "$registry/saldo:$version"
docker push --quiet "$registry/saldo:$version"

# Run Command goes by Azure's management: no way into the host is needed. It ends well whatever the script did, so its
# exit code is asked for.
name=deploy-$version
az vm run-command create --resource-group "$group" --vm-name "$host" --name "$name" \
    --script "saldo-deploy $version" --timeout-in-seconds 1800 --output none
code=$(az vm run-command show --resource-group "$group" --vm-name "$host" --name "$name" --instance-view \
    --query instanceView.exitCode --output tsv)
az vm run-command show --resource-group "$group" --vm-name "$host" --name "$name" --instance-view \
    --query "[instanceView.output, instanceView.error]" --output tsv
az vm run-command delete --resource-group "$group" --vm-name "$host" --name "$name" --yes --output none
[ "$code" = 0 ] || { echo "deploy.sh: saldo-deploy ended with $code on $host" >&2; exit 1; }
