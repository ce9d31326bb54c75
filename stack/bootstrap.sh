#!/bin/sh
# Make .venv with everything requirements.txt locks; quick when nothing changed.
# Usage: stack/bootstrap.sh [more-requirements.txt ...]
set -eu
cd "$(dirname "$0")/.."
UV=uv==0.13.9

fail() { printf '\nmake: %s\n' "$1" >&2; exit 1; }

is_suitable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }
# Debian keeps what makes virtual environments in packages of their own, one a version.
has_venv() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_suitable "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11, 3.12 or 3.13 ($("$PYTHON" --version 2>&1 || true)). Name another one"
        echo "$PYTHON"
        return
    fi
    bare=""
    for candidate in python3.13 python3.12 python3.11 python3; do
        if is_suitable "$candidate"; then
            if has_venv "$candidate"; then
                echo "$candidate"
                return
            fi
            bare="$bare $candidate"
        fi
    done
    [ -z "$bare" ] || fail "none of the Pythons found ($(echo $bare)) can make a virtual environment. On Debian: apt-get install python3-venv"
    fail "Saldo needs Python 3.11, 3.12 or 3.13 and found none of them. Install one, or name it: make up PYTHON=/path/to/python3.12"
}

if ! is_suitable .venv/bin/python; then
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv || fail "could not make a virtual environment. On Debian: apt-get install python3-venv"
fi

for file in requirements.txt "$@"; do
    name=$(basename "$file" .txt)
    stamp=.venv/.installed-$name
    if ! cmp -s "$file" "$stamp"; then
        .venv/bin/python -c 'import uv' 2>/dev/null ||
            .venv/bin/python -m pip install --quiet --disable-pip-version-check "$UV" ||
            fail "could not install $UV from PyPI. Check the network, the proxy (HTTPS_PROXY) or the index (PIP_INDEX_URL), then try again"
        echo "Installing the packages of $file"
        VIRTUAL_ENV=$PWD/.venv .venv/bin/uv pip install --quiet --require-hashes --requirement "$file" ||
            fail "could not install the packages of $file (see above). Check the network and the index, then try again"
        cp "$file" "$stamp"
    fi
done
