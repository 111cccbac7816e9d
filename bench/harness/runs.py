"""Running processes in turn, and what their figures come to.

Runs alternate, so that all contenders meet the same drift of the machine, and every other round goes backwards, so that none
always follows the same neighbour. A ratio is made of the two runs of one round; its median stands with the smallest and the
largest, which say how far it can be trusted.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness import BenchError


@dataclass
class Run:
    """A process that has ended."""

    seconds: float
    memory: float
    """Peak resident set, MiB."""
    code: int
    output: bytes
    errors: str

    def answer(self) -> dict:
        """What it printed, as JSON."""
        return json.loads(self.output)


def run(command: list[str], good: tuple[int, ...] = (0,), keep: bool = True, environment: dict | None = None) -> Run:
    """One process to its end. One that ends otherwise than with a code of `good` ends the benchmark."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output if keep else subprocess.DEVNULL, stderr=errors, env=environment
        )
        # Of this one child; getrusage would give the largest of all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
        output.seek(0)
        result = Run(seconds, usage.ru_maxrss / 1024, process.returncode, output.read(), said)
    if result.code not in good:
        raise BenchError(f"{' '.join(command)} ended with {result.code}\n{said.strip()[-2000:]}")
    return result


def alternate(jobs: dict[str, Callable[[], dict]], rounds: int, title: str) -> dict[str, list[dict]]:
    """Each job once a round; the results of `rounds` rounds after one that warms the caches up."""
    results: dict[str, list[dict]] = {name: [] for name in jobs}
    for number in range(rounds + 1):
        names = list(jobs) if number % 2 == 0 else list(reversed(jobs))
        for name in names:
            begun = time.perf_counter()
            result = jobs[name]()
            took = time.perf_counter() - begun
            print(f"{title}, round {number} of {rounds}: {name} {took:.1f} s", file=sys.stderr, flush=True)
            if number:
                results[name].append(result)
    return results


def column(results: list[dict], key: str) -> list[float]:
    """The figures of one contender."""
    return [result[key] for result in results]


def median(results: list[dict], key: str) -> float:
    """The median of one figure of one contender."""
    return statistics.median(column(results, key))


def ratio(results: dict[str, list[dict]], above: str, below: str, key: str) -> dict:
    """`above` divided by `below`, round by round."""
    pairs = zip(column(results[above], key), column(results[below], key), strict=True)
    return spread([one / other for one, other in pairs])


def spread(figures: list[float]) -> dict:
    """Median, smallest and largest."""
    return {"median": statistics.median(figures), "min": min(figures), "max": max(figures)}


def times(value: dict, digits: int = 1) -> str:
    """A ratio for a table."""
    return f"{value['median']:.{digits}f} ({value['min']:.{digits}f}–{value['max']:.{digits}f})"
