"""A Python rule on rdklib: `json.loads` of the item, and the rule's ``evaluate_change``.

What rdklib does around it in a Lambda function (clients, events, PutEvaluations) is left out here, in the peer's favour;
`bench/measures/function.py` measures the whole.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

NAME, TITLE = "rdklib", "Python on rdklib"

WARM = 200


def command(rule: str, items: Path) -> list[str]:
    return [sys.executable, __file__, rule, str(items)]


def main(rule_name: str, file: str) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "rdklib_rule"))
    from rules import RULES  # noqa: PLC0415 only the process that judges has rdklib

    rule, parameters = RULES[rule_name]
    lines = Path(file).read_bytes().splitlines()
    for line in lines[:WARM]:
        rule.evaluate_change(None, None, json.loads(line), parameters)
    answers = []
    start = time.perf_counter_ns()
    for line in lines:
        answers.append(rule.evaluate_change(None, None, json.loads(line), parameters))
    nanoseconds = time.perf_counter_ns() - start
    letters = {"COMPLIANT": "C", "NON_COMPLIANT": "N", "NOT_APPLICABLE": "A"}
    verdicts = "".join(letters[answer[0].complianceType] for answer in answers)
    print(json.dumps({"items": len(lines), "nanoseconds": nanoseconds, "verdicts": verdicts}))


if __name__ == "__main__":
    main(*sys.argv[1:])
