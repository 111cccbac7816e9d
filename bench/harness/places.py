"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE = ROOT / "target/release"
DATA = ROOT / "target/bench-data"
GUARD = ROOT / "target/bench-tools/guard/release/guard-lines"
RULES = ROOT / "bench/rules"
POLICIES = ROOT / "policies"
DOCUMENT = ROOT / "docs/performance.md"
PLOT = ROOT / "docs/performance.svg"
RESULTS = ROOT / "target/bench-data/results.json"
