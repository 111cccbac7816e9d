"""Writes what was measured into docs/performance.md, between the markers; what a person wrote around them stays.

A marker is a line ``<!-- bench:begin NAME -->``; what follows down to ``<!-- bench:end NAME -->`` is replaced.
"""

from __future__ import annotations

import re

from harness import BenchError
from harness.places import DOCUMENT


def write(parts: dict[str, str]) -> None:
    """Each part between the markers of its name."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, part in parts.items():
        begin, end = f"<!-- bench:begin {name} -->", f"<!-- bench:end {name} -->"
        pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(end), re.DOTALL)
        text, count = pattern.subn(lambda _: f"{begin}\n{part}\n{end}", text)  # noqa: B023 used at once
        if count != 1:
            raise BenchError(f"{DOCUMENT}: the markers of {name} stand {count} times, expected once")
    whole = DOCUMENT.with_suffix(".md.part")
    whole.write_text(text, encoding="utf-8")
    whole.replace(DOCUMENT)
