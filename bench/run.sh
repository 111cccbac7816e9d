#!/usr/bin/env bash
# `make bench`: builds what is measured and what it is measured against, then measures all in one run (bench/bench.py, which
# takes the arguments). What is built already is not built again.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo=${CARGO:-cargo}

begun=$SECONDS
took() {
    echo "$1: $((SECONDS - begun)) s" >&2
    begun=$SECONDS
}

echo "the first run builds the release profile (7 minutes on 2 cores) and cfn-guard (4 minutes), and makes 6 GB of items;" \
    "the full measure takes an hour or more (make bench-quick: a quarter of an hour)" >&2
"$cargo" build --release --locked -p sekisho -p sekisho-lambda -p sekisho-bench
took "release build"
# Apart from the workspace, with a lock file of its own: nothing of it is in what the project ships or tests.
CARGO_TARGET_DIR="$PWD/target/bench-tools/guard" "$cargo" build --release --locked --manifest-path bench/guard/Cargo.toml
took "cfn-guard"
bash tests/env/make_venv.sh
bash tests/env/make_venv.sh --bench
took "Python packages and OPA"
exec .cache/venv-bench/bin/python bench/bench.py "$@"
