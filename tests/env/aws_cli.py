#!/usr/bin/env python3
"""Stands in for the AWS CLI in examples: holds a call against AWS's model of the API, and answers from a file.

In:  the file with an answer an operation, then the arguments of `aws`.
Out: the answer as JSON; exit 2 where the model has no such operation, or the arguments do not fit it.
"""

import json
import sys

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator


def fail(text: str) -> None:
    print(f"aws: {text}", file=sys.stderr)
    sys.exit(2)


def main() -> None:
    answers, service, command, *words = sys.argv[1:]
    # The CLI has a name of its own for AWS Config.
    model = botocore.session.get_session().get_service_model({"configservice": "config"}.get(service, service))
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if command not in operations:
        fail(f"{service} has no command {command}")
    operation = model.operation_model(operations[command])
    members = {xform_name(name, "-"): name for name in operation.input_shape.members}
    parameters = {}
    for option, value in zip(words[::2], words[1::2], strict=True):
        name = members.get(option.removeprefix("--"))
        if name is None:
            fail(f"{command} has no option {option}")
        parameters[name] = value
    report = ParamValidator().validate(parameters, operation.input_shape)
    if report.has_errors():
        fail(report.generate_report())
    with open(answers, encoding="utf-8") as file:
        print(json.dumps(json.load(file)[operation.name]))


if __name__ == "__main__":
    main()
