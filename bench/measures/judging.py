"""From an item's bytes to its verdict: every contender, three rules, two kinds of data, one thread.

The contenders must agree on every verdict; where two do not, the benchmark ends and names the item.
"""

from __future__ import annotations

from types import ModuleType

from contenders import RULES, floor, guard, opa, python_rdklib, sekisho
from harness import BenchError, data, runs

CONTENDERS: tuple[ModuleType, ...] = (floor, sekisho, python_rdklib, guard, opa)
OURS = sekisho.NAME


def measure(options) -> list[dict]:
    """One entry a kind of data and rule."""
    cases = []
    for kind in data.KINDS:
        for rule, (title, selection) in RULES.items():
            file, about = data.lines(kind, selection, options.lines)
            jobs = {
                contender.NAME: lambda contender=contender: runs.run(contender.command(rule, file)).answer()
                for contender in CONTENDERS
            }
            results = runs.alternate(jobs, options.runs, f"{kind}, {title}")
            verdicts = agreement(results, f"{file.name}, {rule}")
            cases.append({
                "kind": kind, "rule": rule, "title": title, "runs": options.runs, "items": about["items"],
                "bytesPerItem": round(about["bytes"] / about["items"]), "nonCompliant": verdicts.count("N"),
                "contenders": {contender.NAME: figures(results, contender.NAME) for contender in CONTENDERS},
            })
    return cases


def agreement(results: dict[str, list[dict]], place: str) -> str:
    """The verdicts that all gave in all runs."""
    expected = results[OURS][0]["verdicts"]
    for name, all_runs in results.items():
        for result in all_runs:
            given = result["verdicts"]
            if given is not None and given != expected:
                number = next(index for index, pair in enumerate(zip(expected, given)) if pair[0] != pair[1])
                raise BenchError(
                    f"{place}: {name} says {given[number]} of the item in line {number + 1}, "
                    f"{OURS} says {expected[number]}; the contenders must agree before they are timed"
                )
    if set(expected) != {"C", "N"}:
        raise BenchError(f"{place}: the verdicts are {sorted(set(expected))}, expected both C and N and nothing else")
    return expected


def figures(results: dict[str, list[dict]], name: str) -> dict:
    """Microseconds an item, and how many times as long as ours and as the floor."""
    for result in results[name]:
        result["micros"] = result["nanoseconds"] / result["items"] / 1000
        result["overhead"] = result.get("overheadNanoseconds", 0) / 1000
    return {
        "micros": runs.spread(runs.column(results[name], "micros")),
        "overhead": runs.median(results[name], "overhead"),
        "toOurs": runs.ratio(results, name, OURS, "nanoseconds"),
        "toFloor": runs.ratio(results, name, floor.NAME, "nanoseconds"),
    }


def tables(cases: list[dict]) -> str:
    """Markdown: a table a kind of data."""
    parts = []
    for kind in data.KINDS:
        of_kind = [case for case in cases if case["kind"] == kind]
        sizes = ", ".join(f"{case['title']} {case['bytesPerItem'] / 1000:.1f} kB" for case in of_kind)
        parts.append(
            f"**`{kind}`**, {of_kind[0]['items']:,} items a rule, on the average {sizes}; µs an item, and how many times "
            f"as long as Sekisho (smallest–largest of {of_kind[0]['runs']} runs):\n"
        )
        header = "| | " + " | ".join(f"{case['title']} | × Sekisho" for case in of_kind) + " |"
        parts.append(header + "\n|---" + "|--:|--:" * len(of_kind) + "|")
        for contender in CONTENDERS:
            cells = []
            for case in of_kind:
                figure = case["contenders"][contender.NAME]
                own = f", {figure['overhead']:.0f} of it not judging" if figure["overhead"] else ""
                cells.append(f"{figure['micros']['median']:.1f}{own} | {comparison(contender.NAME, figure)}")
            parts.append(f"| {contender.TITLE} | " + " | ".join(cells) + " |")
        parts.append("")
    return "\n".join(parts).strip()


def comparison(name: str, figure: dict) -> str:
    """Peers beside ours, ours beside the floor."""
    if name == floor.NAME:
        return ""
    return f"floor × {runs.times(figure['toFloor'], 2)}" if name == OURS else runs.times(figure["toOurs"], 2)


def summary(cases: list[dict]) -> list[str]:
    """A line a case for the terminal."""
    lines = []
    for case in cases:
        ours = case["contenders"][OURS]
        peers = ", ".join(
            f"{contender.NAME} {runs.times(case['contenders'][contender.NAME]['toOurs'])}"
            for contender in CONTENDERS if contender.NAME not in (OURS, floor.NAME)
        )
        lines.append(
            f"{case['kind']:9} {case['title']:14} {ours['micros']['median']:7.1f} µs, "
            f"{runs.times(ours['toFloor'])} times the floor; times ours: {peers}"
        )
    return lines
