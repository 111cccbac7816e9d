"""template.yaml in an account of fakecloud, through its CloudFormation.

In:  an account, the binary `bootstrap`.
Out: the stack; the expanded template with every reference resolved, to compare what is there with.

CloudFormation of an emulator says CREATE_COMPLETE of types that it does not know: what matters is looked up itself.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

from cloud import HERE, Account
from report import wait_until

ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests/template"))

from expand import expand  # noqa: E402
from resolve import Stack  # noqa: E402

STACK = "sekisho"
PACKAGES = "rig-packages"
ROSTER_KEY = "staff.csv"


def function_package(bootstrap: Path) -> bytes:
    """`bootstrap` as the zip that Lambda takes."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.write(bootstrap, "bootstrap")
    return package.getvalue()


def layer_package(*folders: Path) -> bytes:
    """Folders of policies as the zip of a layer."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder in folders:
            for path in sorted(folder.rglob("*.rego")):
                archive.write(path, path.relative_to(folder))
    return package.getvalue()


class Deployment:
    """The stack in one account."""

    def __init__(self, account: Account, bootstrap: Path):
        self.account = account
        self.template = expand()
        self.resolved = Stack(self.template, account=account.number).resolved()["Resources"]
        self.upload(bootstrap)
        cloudformation = account.client("cloudformation")
        cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(self.template),
                                    Capabilities=["CAPABILITY_IAM"])

        def ended() -> dict | None:
            (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
            return None if stack["StackStatus"].endswith("IN_PROGRESS") else stack

        stack = wait_until("the stack is there", ended, 60)
        self.status = (stack["StackStatus"], stack.get("StackStatusReason"))
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
        listed = cloudformation.list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        self.physical = {row["LogicalResourceId"]: row["PhysicalResourceId"] for row in listed}

    def upload(self, bootstrap: Path) -> None:
        """What `sam package` does: the code and the policies into a bucket, and where they are into the template."""
        s3 = self.account.client("s3")
        s3.create_bucket(Bucket=PACKAGES, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-1"})
        packages = {
            "AWS::Lambda::Function": ("Code", function_package(bootstrap)),
            "AWS::Lambda::LayerVersion": ("Content", layer_package(ROOT / "policies", HERE / "policies")),
        }
        for logical_id, resource in self.template["Resources"].items():
            if resource["Type"] in packages:
                name, package = packages[resource["Type"]]
                s3.put_object(Bucket=PACKAGES, Key=logical_id, Body=package)
                resource["Properties"][name] = {"S3Bucket": PACKAGES, "S3Key": logical_id}

    def rules(self) -> dict[str, dict]:
        """The rules that the template has, by name."""
        properties = [r["Properties"] for r in self.resolved.values() if r["Type"] == "AWS::Config::ConfigRule"]
        return {rule["ConfigRuleName"]: rule for rule in properties}
