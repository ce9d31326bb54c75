#!/bin/sh
# Azurite, Microsoft's own storage for tests: from npm into .venv/azurite, as tests/lake/node/ locks it; node from apt
# (as root). Without it the tests that need it fail and say so; all others run.
cd "$(dirname "$0")/.."
locked=tests/lake/node place=.venv/azurite

cmp -s $locked/package-lock.json $place/package-lock.json && exit 0
if ! { command -v node && command -v npm; } >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing node with apt"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } >/dev/null 2>&1
fi
# Made beside its place: what is there is whole.
made=$(mktemp -d .venv/azurite.XXXXXX)
cp $locked/package.json $locked/package-lock.json "$made"
echo "Installing Azurite with npm"
# No script of any package is run.
if (cd "$made" && npm ci --ignore-scripts --omit=optional --no-audit --no-fund) >/dev/null 2>&1; then
    rm -rf $place
    mv "$made" $place && exit 0
fi
rm -rf "$made"
printf '\nmake: Azurite could not be installed: the tests of the lake in Azure will fail. They need node 18 or newer, npm,\nand its registry. On Debian: apt-get install nodejs npm\n\n' >&2
