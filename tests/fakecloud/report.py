"""What was checked, one line a check, and whether all of it held.

In:  names of checks, what was found and what should be.
Out: lines on standard output; the number of checks that did not hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_S = 0.1


class Broken(Exception):
    """A check without which the ones after it mean nothing did not hold."""


class Report:
    """One run's checks."""

    def __init__(self):
        self.held = 0
        self.broken: list[str] = []

    def part(self, title: str) -> None:
        """A heading."""
        print(f"\n{title}", flush=True)

    def equal(self, name: str, found, expected) -> None:
        """`found` is `expected`."""
        self.line(name, found == expected, f"found    {found!r}\n           expected {expected!r}")

    def contains(self, name: str, text, *parts: str) -> None:
        """`text` is a text with all of `parts` in it."""
        missing = [part for part in parts if part not in str(text)]
        self.line(name, not missing, f"found    {text!r}\n           without  {missing!r}")

    def line(self, name: str, held: bool, why: str) -> None:
        """One check."""
        print(f"  {'ok  ' if held else 'FAIL'}  {name}", flush=True)
        if held:
            self.held += 1
        else:
            print(f"           {why}", flush=True)
            self.broken.append(name)

    def need(self, name: str, held: bool, why: str) -> None:
        """A check that ends the run where it does not hold."""
        self.line(name, held, why)
        if not held:
            raise Broken(name)


def wait_until(what: str, condition: Callable[[], object], limit_s: float = 30):
    """What `condition` gives as soon as it is true."""
    limit = time.monotonic() + limit_s
    while not (value := condition()):
        if time.monotonic() > limit:
            raise Broken(f"{what}: not within {limit_s} s")
        time.sleep(POLL_S)
    return value
