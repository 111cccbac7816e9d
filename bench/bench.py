"""`make bench`: everything in one run, side by side, and the document of it.

In: what was built. Out: tables and plot in docs/performance.md, all figures in target/bench-data/results.json, a summary
on standard output. Runs of the contenders alternate; see `harness/runs.py` for what the figures are.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

from harness import BenchError, document, machine, plot
from harness.places import PLOT, RESULTS
from measures import function, judging, scanning

MEASURES = {"judging": judging, "scanning": scanning, "function": function}
LEAST = 7
PICTURE = f"![A bar a contender for each rule and kind of data]({PLOT.name})"


def main() -> int:
    try:
        run(arguments())
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def run(options: argparse.Namespace) -> None:
    """Measures, writes, prints."""
    begun = time.perf_counter()
    about = machine.describe()
    results = {"machine": about, "command": options.command, "runs": options.runs}
    if options.again:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        for name in options.only or MEASURES:
            print(f"== {name}", file=sys.stderr, flush=True)
            results[name] = MEASURES[name].measure(options)
            # What is measured is not lost to what fails behind it.
            RESULTS.parent.mkdir(parents=True, exist_ok=True)
            RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.write:
        write(results)
    for name, measure in MEASURES.items():
        if name in results:
            print("\n".join([f"\n{name}", *measure.summary(results[name])]))
    print(f"\n{(time.perf_counter() - begun) / 60:.1f} minutes; every figure: {RESULTS}")
    if options.runs < LEAST:
        print(f"note: {options.runs} runs are too few to publish; {LEAST} are the least", file=sys.stderr)


def write(results: dict) -> None:
    """The document and the plot, of the measures that ran."""
    sentence = machine.sentence(results["machine"])
    head = f"{sentence} By `{results['command']}`: medians of {results['runs']} runs of each, in turn."
    parts = {"machine": head}
    if "judging" in results:
        titles = {contender.NAME: contender.TITLE for contender in judging.CONTENDERS}
        parts["judging"] = f"{PICTURE}\n\n{judging.tables(results['judging'])}"
        PLOT.write_text(plot.draw(results["judging"], titles, sentence), encoding="utf-8")
    if "scanning" in results:
        parts["scanning"] = scanning.tables(results["scanning"])
        parts["growth"] = scanning.growth(results["scanning"])
    if "function" in results:
        parts["function"] = function.tables(results["function"])
    document.write(parts)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--items", type=int, default=300_000, help="items of the snapshots (300000)")
    parser.add_argument("--lines", type=int, default=3_000, help="items of each file that all contenders judge (3000)")
    parser.add_argument("--runs", type=int, default=LEAST, help=f"runs of each contender, in turn ({LEAST})")
    parser.add_argument("--events", type=int, default=51, help="events for each process of the function (51)")
    parser.add_argument("--size", type=int, default=11_000, help="bytes of the function's item, about (11000)")
    parser.add_argument("--only", action="append", choices=MEASURES, help="one measure; repeat for more")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its plot")
    parser.add_argument("--again", action="store_true", help="measure nothing: the tables of the last results")
    options = parser.parse_args()
    if options.items < 3_000:
        parser.error("--items is below 3000: a tenth of it would be too little to be timed")
    given = " ".join(sys.argv[1:])
    options.command = "make bench" if given in ("", "--write") else f"bash bench/run.sh {given}"
    return options


if __name__ == "__main__":
    sys.exit(main())
