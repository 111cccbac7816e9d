#!/usr/bin/env python3
"""Expands template.yaml as AWS SAM does, offline, and prints the CloudFormation template as JSON.

In: nothing but template.yaml at the root of the repository. Out: the expanded template on standard output.
"""

import json
import os
import sys
from pathlib import Path
from unittest import mock

os.environ.setdefault("AWS_DEFAULT_REGION", "ap-northeast-1")

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]

# CodeUri and ContentUri are paths until `sam package` has uploaded them.
UPLOADED = "s3://packaged/artifact.zip"


def load() -> dict:
    """template.yaml with CloudFormation's short forms expanded."""
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
    session = boto3.session.Session(region_name="ap-northeast-1")
    with mock.patch("samtranslator.translator.arn_generator._get_region_from_session", return_value="ap-northeast-1"):
        parameters = {name: value.get("Default", "") for name, value in template.get("Parameters", {}).items()}
        return transform(template, parameters, managed_policies, passthrough_metadata=True) if session else {}


if __name__ == "__main__":
    json.dump(expand(), sys.stdout, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write("\n")
