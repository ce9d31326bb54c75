#!/bin/sh
# saldo-deploy VERSION: fetch an image of Saldo, take its own compose files out of it, and run it.
set -eu
version=$1
. /etc/saldo/azure.env

az login --identity --client-id "$AZURE_CLIENT_ID" --output none
az acr login --name "$SALDO_REGISTRY" --output none
docker pull --quiet "$SALDO_IMAGE:$version"

# What belongs together comes together: the files that start a version are in its image.
box=$(docker create "$SALDO_IMAGE:$version")
trap 'docker rm --force "$box" >/dev/null' EXIT
rm -rf /srv/saldo.new && mkdir -p /srv/saldo.new/include
docker cp "$box:/opt/airflow/docker-compose.yaml" /srv/saldo.new/
docker cp "$box:/opt/airflow/deploy" /srv/saldo.new/deploy
docker cp "$box:/opt/airflow/include/agreements" /srv/saldo.new/include/agreements
docker cp "$box:/opt/airflow/include/files" /srv/saldo.new/include/files
docker cp "$box:/opt/airflow/include/exports" /srv/saldo.new/include/exports
docker cp "$box:/opt/airflow/include/readers" /srv/saldo.new/include/readers
rm -rf /srv/saldo.old
[ ! -d /srv/saldo ] || mv /srv/saldo /srv/saldo.old
mv /srv/saldo.new /srv/saldo
exec /bin/sh /srv/saldo/deploy/azure_host/start.sh "$version"
