#!/usr/bin/env bash
# `make bench`: builds the release binary, makes the Python side, measures both in one run.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -p sekisho-lambda
bash tests/env/make_venv.sh --bench
exec .cache/venv-bench/bin/python bench/bench.py "$@"
