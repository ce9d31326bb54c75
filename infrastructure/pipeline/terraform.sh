#!/bin/sh
# terraform.sh ENVIRONMENT plan FILE | apply FILE: in a step of AzureCLI@2, whose service connection logs in without a
# secret (workload identity federation). The settings come out of the variable group, as variables.
set -eu
cd "$(dirname "$0")/../environments/$1"

export ARM_USE_OIDC=true ARM_CLIENT_ID="$AZURESUBSCRIPTION_CLIENT_ID" ARM_TENANT_ID="$AZURESUBSCRIPTION_TENANT_ID"
export ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID="$AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"
export ARM_SUBSCRIPTION_ID="$TF_VAR_subscription_id" TF_IN_AUTOMATION=1 TF_INPUT=0

terraform init -backend-config="resource_group_name=$STATE_GROUP" -backend-config="storage_account_name=$STATE_ACCOUNT" \
    -backend-config="container_name=$STATE_CONTAINER"
case $2 in
    plan) terraform plan -lock-timeout=5m -out="$3" ;;
    apply) terraform apply -lock-timeout=5m "$3" ;;
esac
