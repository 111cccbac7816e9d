"""`sekisho scan` of a whole snapshot against the floor; ten times the items; ten times the policies.

The floor is `json-floor snapshot`: the same gunzip library, each item seen to be JSON, on the same number of threads. Peak
memory is the kernel's, for each process by itself.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from harness import BenchError, data, runs
from harness.places import POLICIES, RELEASE

THREADS = (1, 2)
VIOLATIONS = 1


def can_set_threads() -> bool:
    """Whether `sekisho scan` can be told the number of threads; else one thread is one core."""
    return b"--threads" in runs.run([str(RELEASE / "sekisho"), "scan", "--help"]).output


def scan(file: Path, threads: int, policies: Path = POLICIES) -> dict:
    """One scan; its verdicts go nowhere."""
    command = [str(RELEASE / "sekisho"), "scan", str(file), "--policies", str(policies), "--format", "jsonl"]
    if SET_THREADS:
        command += ["--threads", str(threads)]
    elif threads == 1:
        if not shutil.which("taskset"):
            raise BenchError("taskset is not there, and sekisho scan has no --threads; install util-linux")
        command = ["taskset", "-c", "0", *command]
    result = runs.run(command, good=(0, VIOLATIONS), keep=False)
    return {"seconds": result.seconds, "memory": result.memory}


def floor(file: Path, threads: int, items: int) -> dict:
    """One pass of the floor; it must have seen every item."""
    result = runs.run([str(RELEASE / "json-floor"), "snapshot", str(threads), str(file)])
    if result.answer()["items"] != items:
        raise BenchError(f"the floor saw {result.answer()['items']} items of {items}")
    return {"seconds": result.seconds, "memory": result.memory}


def measure(options) -> dict:
    """Snapshots of both kinds, then growth."""
    global SET_THREADS  # noqa: PLW0603 asked once, of the binary that was built
    SET_THREADS = can_set_threads()
    snapshots = []
    for kind in data.KINDS:
        file, about = data.snapshot(kind, options.items)
        jobs = {}
        for threads in THREADS:
            jobs[f"scan-{threads}"] = lambda threads=threads: scan(file, threads)
            jobs[f"floor-{threads}"] = lambda threads=threads: floor(file, threads, options.items)
        results = runs.alternate(jobs, options.runs, f"{kind} snapshot of {options.items:,}")
        snapshots.append({
            "kind": kind, **about,
            "threads": [one(results, threads, options.items) for threads in THREADS],
            "twoThreads": runs.ratio(results, "scan-1", "scan-2", "seconds"),
        })
    return {
        "setsThreads": SET_THREADS, "cores": os.cpu_count(), "snapshots": snapshots,
        "moreItems": more_items(options), "morePolicies": more_policies(options),
    }


SET_THREADS = False


def one(results: dict[str, list[dict]], threads: int, items: int) -> dict:
    """What a number of threads gave."""
    ours, below = results[f"scan-{threads}"], results[f"floor-{threads}"]
    return {
        "threads": threads,
        "seconds": runs.spread(runs.column(ours, "seconds")),
        "floorSeconds": runs.spread(runs.column(below, "seconds")),
        "microsPerItem": runs.median(ours, "seconds") / items * 1e6,
        "toFloor": runs.ratio(results, f"scan-{threads}", f"floor-{threads}", "seconds"),
        "memory": runs.spread(runs.column(ours, "memory")),
        "floorMemory": runs.spread(runs.column(below, "memory")),
    }


def more_items(options) -> dict:
    """A tenth of the items beside all of them."""
    few, many = options.items // 10, options.items
    (small, _), (large, _) = data.snapshot("repeating", few), data.snapshot("repeating", many)
    jobs = {"few": lambda: scan(small, 2), "many": lambda: scan(large, 2)}
    results = runs.alternate(jobs, options.runs, "ten times the items")
    return {
        "few": few, "many": many, "time": runs.ratio(results, "many", "few", "seconds"),
        "memory": runs.ratio(results, "many", "few", "memory"),
        "fewMemory": runs.median(results["few"], "memory"), "manyMemory": runs.median(results["many"], "memory"),
    }


def more_policies(options) -> dict:
    """Ten times the policies, of which nine tenths apply to nothing. The cost of an item is what a scan of many items takes
    longer than one of a few, divided by the items between: loading the policies is in both."""
    few, many = 300, min(options.items, 150_000)
    (small, _), (large, _) = data.snapshot("repeating", few), data.snapshot("repeating", many)
    folder, count = data.crowd(10)
    jobs = {
        "own-few": lambda: scan(small, 1), "own-many": lambda: scan(large, 1),
        "crowd-few": lambda: scan(small, 1, folder), "crowd-many": lambda: scan(large, 1, folder),
    }
    results = runs.alternate(jobs, options.runs, "ten times the policies")
    costs = {}
    for name in ("own", "crowd"):
        pairs = zip(results[f"{name}-many"], results[f"{name}-few"], strict=True)
        costs[name] = [{"micros": (long["seconds"] - short["seconds"]) / (many - few) * 1e6} for long, short in pairs]
    return {
        "policies": count // 10, "manyPolicies": count, "items": many,
        "micros": runs.median(costs["own"], "micros"), "manyMicros": runs.median(costs["crowd"], "micros"),
        "perItem": runs.ratio(costs, "crowd", "own", "micros"),
        "few": runs.median(results["own-few"], "seconds"), "manyFew": runs.median(results["crowd-few"], "seconds"),
    }


def tables(value: dict) -> str:
    """Markdown: the scans."""
    parts = []
    for snapshot in value["snapshots"]:
        parts.append(
            f"**`{snapshot['kind']}`**, {snapshot['items']:,} items, {snapshot['bytes'] / 1e9:.2f} GB of JSON, "
            f"{snapshot['packed'] / 1e6:.0f} MB gzipped:\n"
        )
        parts.append(
            "| threads | `sekisho scan` | an item | floor | × floor | peak memory | of the floor |\n"
            "|--:|--:|--:|--:|--:|--:|--:|"
        )
        for one_ in snapshot["threads"]:
            parts.append(
                f"| {one_['threads']} | {one_['seconds']['median']:.1f} s | {one_['microsPerItem']:.1f} µs "
                f"| {one_['floorSeconds']['median']:.1f} s | {runs.times(one_['toFloor'], 2)} "
                f"| {one_['memory']['median']:.0f} MiB | {one_['floorMemory']['median']:.0f} MiB |"
            )
        parts.append(f"\nTwo threads are {runs.times(snapshot['twoThreads'], 2)} times as fast as one.\n")
    return "\n".join(parts).strip()


def growth(value: dict) -> str:
    """Markdown: ten times as much."""
    items, policies = value["moreItems"], value["morePolicies"]
    return (
        "| ten times as many | from | to | × (smallest–largest) | asked for |\n|---|--:|--:|--:|--:|\n"
        f"| items: time | {items['few']:,} items | {items['many']:,} items | {runs.times(items['time'], 2)} | at most 10.5 |\n"
        f"| items: peak memory | {items['fewMemory']:.0f} MiB | {items['manyMemory']:.0f} MiB "
        f"| {runs.times(items['memory'], 2)} | no more |\n"
        f"| policies that do not apply: an item | {policies['policies']} policies, {policies['micros']:.1f} µs "
        f"| {policies['manyPolicies']} policies, {policies['manyMicros']:.1f} µs | {runs.times(policies['perItem'], 3)} "
        f"| at most 1.05 |"
    )


def summary(value: dict) -> list[str]:
    """Lines for the terminal."""
    lines = [
        f"{snapshot['kind']:9} scan on {one_['threads']}: {one_['seconds']['median']:.1f} s, {runs.times(one_['toFloor'], 2)} "
        f"times the floor, {one_['memory']['median']:.0f} MiB"
        for snapshot in value["snapshots"] for one_ in snapshot["threads"]
    ]
    return lines + growth(value).splitlines()[2:]
