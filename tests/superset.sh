#!/bin/sh
# Apache Superset for the tests of its bundle (tests/dashboards/test_superset.py): from PyPI into .venv/superset, with pins, since its own are
# loose (flask-caching 2.4 breaks it, and it does not name all it imports). 700 MB; only for SALDO_TEST_EVERYTHING=1.
cd "$(dirname "$0")/.."
[ "$SALDO_TEST_EVERYTHING" = 1 ] || exit 0
place=.venv/superset wanted="apache-superset==6.1.0 flask-caching==2.3.1 cachetools rich psycopg2-binary"

[ "$(cat $place/wanted 2>/dev/null)" = "$wanted" ] && exit 0
echo "Installing Apache Superset"
rm -rf $place
if .venv/bin/uv venv -q --python .venv/bin/python $place && VIRTUAL_ENV=$place .venv/bin/uv pip install -q $wanted; then
    echo "$wanted" >$place/wanted
    exit 0
fi
printf '\nmake: Superset could not be installed: the test of its bundle will fail.\n\n' >&2
