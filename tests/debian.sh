#!/bin/sh
# What tests take from Debian: a Postgres built with TLS (the embedded one is not). As root it is installed by apt.
# Without it the tests that need it fail and say so; all others run.
for program in /usr/lib/postgresql/*/bin/postgres; do
    [ -x "$program" ] && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Postgres with apt"
    # RUNLEVEL=1: its service is not started.
    { apt-get update -qq && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql; } >/dev/null 2>&1 && exit 0
fi
printf '\nmake: no Postgres in /usr/lib/postgresql, and none could be installed: the tests of TLS will fail.\nOn Debian: apt-get install postgresql\n\n' >&2
