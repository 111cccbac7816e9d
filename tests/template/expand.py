#!/usr/bin/env python3
"""Expands template.yaml as AWS SAM does, offline, and prints the CloudFormation template as JSON.

In:  template.yaml at the root of the repository. With --resolved also what a deployment gives: --account, --region,
     --parameter NAME=VALUE, --name LOGICALID=PHYSICALNAME; conditions are then decided and references replaced.
Out: the template on standard output.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from unittest import mock

import boto3
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from resolve import Stack

ROOT = Path(__file__).resolve().parents[2]
REGION = "ap-northeast-1"
# CodeUri and ContentUri are paths until `sam package` has uploaded them.
UPLOADED = "s3://packaged/artifact.zip"


def load() -> dict:
    """template.yaml as it stands, with CloudFormation's short forms written out."""
    return yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))


def expand() -> dict:
    """What CloudFormation gets to see."""
    template = load()
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = UPLOADED
    managed_policies = mock.Mock()
    managed_policies.load.return_value = {}
    # The translator asks boto3 for the region, and boto3 the environment.
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
        boto3.setup_default_session(region_name=REGION)
        parameters = {name: value.get("Default", "") for name, value in template.get("Parameters", {}).items()}
        return transform(template, parameters, managed_policies, passthrough_metadata=True)


def pair(text: str) -> tuple[str, str]:
    """NAME=VALUE."""
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text}: expected NAME=VALUE")
    return name, value


def main() -> None:
    arguments = argparse.ArgumentParser(description="Prints template.yaml as AWS SAM expands it.")
    arguments.add_argument("--resolved", action="store_true", help="decide conditions and replace references")
    arguments.add_argument("--account", default="123456789012")
    arguments.add_argument("--region", default=REGION)
    arguments.add_argument("--parameter", type=pair, action="append", default=[], metavar="NAME=VALUE")
    arguments.add_argument("--name", type=pair, action="append", default=[], metavar="LOGICALID=NAME")
    given = arguments.parse_args()
    template = expand()
    if given.resolved:
        stack = Stack(template, dict(given.parameter), given.account, given.region, dict(given.name))
        template = stack.resolved()
    json.dump(template, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
