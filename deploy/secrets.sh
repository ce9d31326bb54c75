#!/bin/sh
# Make what is missing of the folder of secrets: passwords, keys and a certificate for Postgres. Nothing that is there
# is changed. Usage: deploy/secrets.sh [FOLDER] (default: secrets); SALDO_HOSTNAME names the server in the certificate.
set -eu
folder=${1:-secrets}
host=${SALDO_HOSTNAME:-$(hostname)}
umask 022
mkdir -p "$folder/connections"
# Containers read the files as users of their own, so the files are open and the folder is closed: a mounted file is
# reached in its container, and on the host by nobody but the folder's owner.
chmod 700 "$folder"

make() {
    [ -s "$folder/$1" ] || printf '%s\n' "$2" >"$folder/$1"
    chmod 644 "$folder/$1"
}
hex() { openssl rand -hex 24; }

command -v openssl >/dev/null || { echo "secrets.sh needs the program openssl" >&2; exit 1; }
for name in postgres_password warehouse_password metadata_password broker_password api_secret_key jwt_secret; do
    make "$name" "$(hex)"
done
make admin_password "$(openssl rand -hex 10)"
# Fernet: 32 bytes in URL-safe base64.
make fernet_key "$(openssl rand -base64 32 | tr '+/' '-_')"

if [ ! -s "$folder/tls.key" ]; then
    # A certificate authority of our own signs the server's certificate; clients are given ca.crt to trust.
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    openssl req -x509 -newkey rsa:3072 -nodes -sha256 -days 3650 -subj "/CN=Saldo warehouse CA" \
        -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$work/ca.key" -out "$folder/ca.crt" 2>/dev/null
    openssl req -newkey rsa:3072 -nodes -sha256 -subj "/CN=$host" -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
    cat >"$work/extensions" <<EOF
basicConstraints=critical,CA:FALSE
extendedKeyUsage=serverAuth
subjectAltName=DNS:$host,DNS:postgres,DNS:localhost,IP:127.0.0.1
EOF
    openssl x509 -req -in "$work/tls.csr" -CA "$folder/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -sha256 -days 825 \
        -extfile "$work/extensions" -out "$folder/tls.crt" 2>/dev/null
    cp "$work/tls.key" "$folder/tls.key"
fi
chmod 644 "$folder"/*.crt "$folder"/*.key
find "$folder/connections" -type f -exec chmod 644 {} +
echo "The secrets are in $folder. Keep a copy where the backups are not: without fernet_key no stored connection can be read."
