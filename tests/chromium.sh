#!/bin/sh
# The browser in which tests look at pages: Chromium of this machine, from apt (as root), or Playwright's.
# Without one the tests that need it fail and say so; all others run.
cd "$(dirname "$0")/.."

for name in "${SALDO_CHROMIUM:-chromium}" chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium with apt"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 && exit 0
fi
if [ -x .venv/bin/playwright ]; then
    .venv/bin/playwright install chromium >/dev/null 2>&1 && exit 0
fi
printf '\nmake: no Chromium, and none could be installed: the tests of pages will fail. Install it (on Debian:\napt-get install chromium), or name one with SALDO_CHROMIUM=/path/to/chromium.\n\n' >&2
