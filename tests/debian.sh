#!/bin/sh
# What tests take from Debian: a Postgres built with TLS (the embedded one is not), a broker for Celery, Prometheus, and LibreOffice; for the whole
# suite libfaketime, without which tests of clocks are skipped. As root they are installed by apt. Without them the tests
# that need them fail and say so; all others run.
packages=
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || packages=postgresql
command -v valkey-server >/dev/null || command -v redis-server >/dev/null || packages="$packages redis-server"
[ "$SALDO_TEST_EVERYTHING" != 1 ] || [ -e /usr/lib/*/faketime/libfaketime.so.1 ] || packages="$packages libfaketime"
command -v promtool >/dev/null || packages="$packages prometheus"
command -v soffice >/dev/null || packages="$packages libreoffice-calc"
[ -z "$packages" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing with apt: $packages"
    # RUNLEVEL=1: their services are not started.
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } >/dev/null 2>&1 && exit 0
fi
printf '\nmake: not on this machine, and could not be installed: %s. The tests of TLS, of Celery, of metrics or of workbooks will fail or be skipped.\nOn Debian: apt-get install %s\n\n' "$packages" "$packages" >&2
