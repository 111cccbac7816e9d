"""OPA 1.20.2 through its shared library, with the same Rego file as Sekisho.

The library takes text and gives text, and compiles the modules at each query. The overhead is the query ``true`` over the
same items with the same modules: the bridge's conversions and that compiling, without the rule. What is left is OPA's own.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/oracle"))

import opa_oracle  # noqa: E402 it stands in the tests' folder

NAME, TITLE = "opa", "OPA 1.20.2, shared library"

LIBRARY = ROOT / ".venv/lib/opa/libopa.so"
WARM = 20
PARAMETERS = {
    "region-allowed": {"allowedRegions": ["ap-northeast-1", "ap-northeast-3", "global"]},
    "security-group-closed": {"ports": [22, 3389]},
    "bucket-protected": {},
}


def command(rule: str, items: Path) -> list[str]:
    return [sys.executable, __file__, rule, str(items)]


def ask(engine: opa_oracle.Engine, query: bytes, lines: list[bytes]) -> tuple[int, list[dict]]:
    """Nanoseconds for all lines, and the answers."""
    answers = []
    start = time.perf_counter_ns()
    for line in lines:
        answers.append(engine.library.call("OpaEvalQuery", engine.handle, query, line, 0, 0))
    return time.perf_counter_ns() - start, answers


def main(rule: str, file: str) -> None:
    source = (ROOT / "bench/rules" / f"{rule}.rego").read_text(encoding="utf-8")
    library = opa_oracle.Library(str(LIBRARY))
    engine = opa_oracle.Engine(library, {f"{rule}.rego": source}, {"parameters": PARAMETERS[rule]})
    query = f"value := data.sekisho_policies.{rule.replace('-', '_')}.deny".encode()
    lines = Path(file).read_bytes().splitlines()
    ask(engine, query, lines[:WARM])
    nanoseconds, answers = ask(engine, query, lines)
    verdicts = "".join("N" if answer["result"][0]["bindings"]["value"] else "C" for answer in answers)
    overhead, _ = ask(engine, b"value := true", lines)
    print(json.dumps({
        "items": len(lines), "nanoseconds": nanoseconds, "verdicts": verdicts,
        "overheadNanoseconds": overhead // len(lines),
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
