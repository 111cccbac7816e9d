"""The parts of template.yaml that follow from the policies: the rules of the pack, and what the role may read.

Between `# BEGIN <name>` and `# END <name>` stands what this makes. Usage: pack.py [--check]
"""

import gzip
import json
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
PACK = "medical-jp"

# Policies that have a rule of their own: their results are looked at one by one, or their scope is long.
ALONE = [
    "dynamodb-pitr",
    "iam-retired-user-removed",
    "rds-backup-retention",
    "residency-resource-region",
    "s3-versioning-lock",
]

# Where the objects are that policies read: the parameter that holds the address, and its key in the roster bucket.
OBJECTS = {"rosterS3Uri": "${RosterKey}"}

ACCOUNT = "AWS::::Account"


def policies() -> dict:
    """METADATA of each policy, by id."""
    found = {}
    for path in sorted((ROOT / "policies").rglob("*.rego")):
        if path.name.endswith("_test.rego") or "lib" in path.parts:
            continue
        block = re.search(r"^# METADATA\n((?:#.*\n)+)package ", path.read_text(encoding="utf-8"), re.MULTILINE)
        text = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in block[1].splitlines())
        custom = yaml.safe_load(text)["custom"]
        found[custom["id"]] = custom
    return found


def permissions(found: dict) -> list:
    """What the facts of all policies need, as IAM spells it, beside users and objects."""
    models = json.loads(gzip.decompress((ROOT / "rule-runtime/aws/models/services.json.gz").read_bytes()))
    alias = {"configservice": "config", "s3api": "s3"}
    needed = set()
    for custom in found.values():
        for fact in (custom.get("facts") or {}).values():
            if fact["provider"] == "iam-credential-report":
                needed |= {"iam:GenerateCredentialReport", "iam:GetCredentialReport"}
            if fact["provider"] == "ssm-parameter":
                needed.add("ssm:GetParameter")
            if fact["provider"] == "aws-api":
                service = models["services"][alias.get(fact["service"], fact["service"])]
                name = f"{service['iam']}:{fact['action']}"
                needed.add(models["actions"].get(name, name))
                if fact.get("regions") == "enabled":
                    needed.add("ec2:DescribeRegions")
    return sorted(needed)


def object_parameters(found: dict) -> dict:
    """The addresses of the objects that the pack's policies read, by parameter."""
    wanted = {}
    for name, custom in found.items():
        if name in ALONE and name != "iam-retired-user-removed":
            continue
        for fact in (custom.get("facts") or {}).values():
            if fact["provider"] in ("roster", "s3-object"):
                parameter = fact["uri_parameter"]
                key = OBJECTS.get(parameter) or "registers/" + re.sub(r"(S3)?Uri$", "", parameter) + ".yaml"
                wanted[parameter] = key
    return dict(sorted(wanted.items()))


def pack_names() -> str:
    return ",".join([PACK, *(f"!{name}" for name in ALONE)])


def rules(found: dict) -> str:
    inside = {name: custom for name, custom in found.items() if name not in ALONE}
    types = sorted({t for custom in inside.values() if custom["trigger"] in ("change", "both")
                    for t in custom["resource_types"] if t != ACCOUNT})
    assert len(types) <= 100, f"{len(types)} types do not fit into the scope of a rule"
    scope = "\n".join(f"          - {t}" for t in types)
    parameters = "\n".join(f'        {name}: !Sub "s3://${{RosterBucket}}/{key}"'
                           for name, key in object_parameters(inside).items())
    return f"""\
  # The other policies of the pack, judged together when a resource changes: one result a resource, its annotation names
  # the policies that failed. docs/operations.md says why, and what it saves.
  MedicalJpRule:
    Type: AWS::Config::ConfigRule
    DependsOn: ConfigPermission
    Properties:
      ConfigRuleName: !Sub "${{RulePrefix}}medical-jp"
      Description: "Medical records on AWS: the policies of the pack, on changes / 医療情報システム向けポリシー一式(変更時)"
      Scope:
        ComplianceResourceTypes:
{scope}
      InputParameters:
        policy: "{pack_names()}"
      Source:
        Owner: CUSTOM_LAMBDA
        SourceIdentifier: !GetAtt Function.Arn
        SourceDetails:
          - EventSource: aws.config
            MessageType: ConfigurationItemChangeNotification
          - EventSource: aws.config
            MessageType: OversizedConfigurationItemChangeNotification

  # The same once a day, for what no change tells. In error until the registers are in the bucket, and only for the
  # policies that need them.
  MedicalJpPeriodicRule:
    Type: AWS::Config::ConfigRule
    Condition: JudgesUsers
    DependsOn: ConfigPermission
    Properties:
      ConfigRuleName: !Sub "${{RulePrefix}}medical-jp-periodic"
      Description: "Medical records on AWS: the policies of the pack, once a day / 医療情報システム向けポリシー一式(日次)"
      InputParameters:
        policy: "{pack_names()}"
{parameters}
      Source:
        Owner: CUSTOM_LAMBDA
        SourceIdentifier: !GetAtt Function.Arn
        SourceDetails:
          - EventSource: aws.config
            MessageType: ScheduledNotification
            MaximumExecutionFrequency: TwentyFour_Hours
"""


def role(found: dict) -> str:
    actions = "\n".join(f"                    - {action}" for action in permissions(found))
    return f"""\
                # What the policies declare as facts, and nothing else. Nobody knows beforehand which trails, vaults
                # or log groups an account has, and most of these actions take no resource at all.
                - Sid: ReadFacts
                  Effect: Allow
                  Action:
{actions}
                  Resource: "*"
"""


def replaced(text: str, name: str, content: str) -> str:
    pattern = re.compile(rf"(?m)^( *# BEGIN {name}[^\n]*\n)(?:.*\n)*?( *# END {name}\n)")
    assert pattern.search(text), f"template.yaml has no part {name}"
    return pattern.sub(lambda match: match[1] + content + match[2], text, count=1)


def main():
    found = policies()
    text = TEMPLATE.read_text(encoding="utf-8")
    made = replaced(replaced(text, "rules", rules(found)), "facts", role(found))
    if "--check" in sys.argv:
        if made != text:
            sys.exit("template.yaml does not follow from the policies: run tests/template/pack.py with the Python of .venv")
        return
    TEMPLATE.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
