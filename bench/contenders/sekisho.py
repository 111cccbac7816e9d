"""Sekisho: the rule in Rego through the project's own engine, release build."""

from pathlib import Path

from harness.places import RELEASE, RULES

NAME, TITLE = "sekisho", "Sekisho"


def command(rule: str, items: Path) -> list[str]:
    return [str(RELEASE / "judge-lines"), str(RULES / f"{rule}.rego"), str(items)]
