"""AWS CloudFormation Guard 3.2.1, linked as a library into a small program of `bench/guard`.

Its one public way reads the rules anew for each item; the overhead is that way with an item that is empty.
"""

from pathlib import Path

from harness.places import GUARD, ROOT

NAME, TITLE = "guard", "cfn-guard 3.2.1"


def command(rule: str, items: Path) -> list[str]:
    return [str(GUARD), str(ROOT / "bench/guard/rules" / f"{rule}.guard"), str(items)]
