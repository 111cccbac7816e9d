"""The parts (bench/rust/benches/parts.rs) beside the committed baseline: `baseline.py compare|write`.

In: what `cargo bench -p sekisho-bench` left under target/criterion. Out: `compare` prints each part's median beside that of
bench/baseline.json and its ratio, and ends with 1 where one is slower than the tolerance allows, 2 where parts are missing;
`write` makes the baseline anew. A baseline is of one machine: on another one only the comparison among the parts says
something, so `compare` says when the machines differ.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from harness import BenchError, machine
from harness.places import ROOT

BASELINE = ROOT / "bench/baseline.json"
MEASURED = ROOT / "target/criterion"
SAME = ("cores", "processor")


def measured() -> dict[str, float]:
    """Nanoseconds of each part that was run last, by its name."""
    parts = {}
    for file in sorted(MEASURED.glob("*/*/new/estimates.json")):
        name = json.loads((file.parent / "benchmark.json").read_text(encoding="utf-8"))["full_id"]
        parts[name] = json.loads(file.read_text(encoding="utf-8"))["median"]["point_estimate"]
    if not parts:
        raise BenchError(f"{MEASURED}: holds no measurement; run cargo bench -p sekisho-bench")
    return parts


def compare(tolerance: float) -> int:
    """The exit code."""
    try:
        baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BenchError(f"{BASELINE}: is not there; make bench-baseline writes it")
    here = machine.describe()
    then = baseline["machine"]
    if any(here[key] != then[key] for key in SAME):
        print(f"note: the baseline is of another machine: {machine.sentence(then)}", file=sys.stderr)
    now, before = measured(), baseline["nanoseconds"]
    print(f"{'part':28}{'baseline':>12}{'now':>12}{'ratio':>8}")
    slower, missing = [], sorted(set(before) - set(now))
    for name in sorted(before.keys() | now.keys()):
        ratio = now[name] / before[name] if name in now and name in before else None
        if ratio is not None and ratio > tolerance:
            slower.append(name)
        mark = "  slower" if name in slower else "" if ratio is not None else "  in one of the two only"
        print(f"{name:28}{time(before.get(name)):>12}{time(now.get(name)):>12}{f'{ratio:.2f}' if ratio else '-':>8}{mark}")
    if slower:
        print(f"error: slower than {tolerance} times the baseline: {', '.join(slower)}", file=sys.stderr)
    if missing:
        print(f"error: not measured: {', '.join(missing)}", file=sys.stderr)
        return 2
    return 1 if slower else 0


def time(nanoseconds: float | None) -> str:
    """With a unit that fits."""
    if nanoseconds is None:
        return "-"
    return f"{nanoseconds / 1e6:.2f} ms" if nanoseconds >= 1e6 else f"{nanoseconds / 1e3:.1f} µs"


def write() -> int:
    """The exit code."""
    baseline = {"machine": machine.describe(), "nanoseconds": {name: round(value) for name, value in measured().items()}}
    part = Path(f"{BASELINE}.part")
    part.write_text(json.dumps(baseline, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(BASELINE)
    print(f"{BASELINE}: {len(baseline['nanoseconds'])} parts")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mode", choices=("compare", "write"))
    parser.add_argument("--tolerance", type=float, default=1.25, help="the largest ratio that passes (1.25)")
    options = parser.parse_args()
    try:
        return write() if options.mode == "write" else compare(options.tolerance)
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
