"""The floor: serde_json sees that the item is JSON, and builds nothing."""

from pathlib import Path

from harness.places import RELEASE

NAME, TITLE = "floor", "validating the JSON"


def command(_rule: str, items: Path) -> list[str]:
    return [str(RELEASE / "json-floor"), "lines", str(items)]
