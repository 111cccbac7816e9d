"""The template: what cfn-lint says, what it expands to, and whether it agrees with the policies."""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

import yaml

from expand import ROOT, expand, load

# Resources that AWS forces to be a wildcard, and why.
FORCED_WILDCARDS = {
    "config:PutEvaluations": "the service has no resource for it",
    "iam:ListUsers": "the service has no resource for it",
}
CHANGE_MESSAGES = {"ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"}


def metadata() -> dict:
    """METADATA of each policy, by id."""
    found = {}
    for path in sorted((ROOT / "policies").rglob("*.rego")):
        if path.name.endswith("_test.rego") or "lib" in path.parts:
            continue
        block = re.search(r"^# METADATA\n((?:#.*\n)+)package ", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert block, f"{path} has no METADATA"
        text = "\n".join(line[2:] if line.startswith("# ") else line[1:] for line in block[1].splitlines())
        custom = yaml.safe_load(text)["custom"]
        found[custom["id"]] = custom
    return found


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


class Template(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.resources = expand()["Resources"]
        cls.policies = metadata()

    def of_type(self, name: str) -> dict:
        return {key: value["Properties"] for key, value in self.resources.items() if value["Type"] == name}

    def rules(self) -> dict:
        rules = {}
        for properties in self.of_type("AWS::Config::ConfigRule").values():
            rules[properties["InputParameters"]["policy"]] = properties
        return rules

    def statements(self) -> list:
        (role,) = self.of_type("AWS::IAM::Role").values()
        return [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]

    def test_cfn_lint_finds_nothing(self):
        lint = Path(sys.executable).with_name("cfn-lint")
        result = subprocess.run([lint, ROOT / "template.yaml"], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_every_policy_has_a_rule_and_every_rule_a_policy(self):
        self.assertEqual(set(self.rules()), set(self.policies))

    def test_scopes_are_those_of_the_policies(self):
        for policy, rule in self.rules().items():
            custom = self.policies[policy]
            if custom["trigger"] == "periodic":
                self.assertNotIn("Scope", rule, policy)
                continue
            types = rule["Scope"]["ComplianceResourceTypes"]
            self.assertEqual(sorted(types), sorted(custom["resource_types"]), policy)
            self.assertLessEqual(len(types), 100, policy)

    def test_rules_are_invoked_as_their_policies_say(self):
        for policy, rule in self.rules().items():
            source = rule["Source"]
            self.assertEqual(source["Owner"], "CUSTOM_LAMBDA", policy)
            details = source["SourceDetails"]
            self.assertTrue(all(detail["EventSource"] == "aws.config" for detail in details), policy)
            messages = {detail["MessageType"] for detail in details}
            wanted = {"change": CHANGE_MESSAGES, "periodic": {"ScheduledNotification"}}
            self.assertEqual(messages, wanted[self.policies[policy]["trigger"]], policy)

    def test_parameters_are_known_and_short_enough(self):
        for policy, rule in self.rules().items():
            parameters = dict(rule["InputParameters"])
            self.assertLessEqual(len(json.dumps(parameters)), 1024, policy)
            del parameters["policy"]
            schema = self.policies[policy].get("parameters", {})
            self.assertLessEqual(set(parameters), set(schema.get("properties", {})), policy)
            self.assertLessEqual(set(schema.get("required", [])), set(parameters), policy)

    def test_only_config_of_this_account_may_invoke(self):
        permissions = list(self.of_type("AWS::Lambda::Permission").values())
        self.assertEqual(len(permissions), 1)
        self.assertEqual(permissions[0]["Principal"], "config.amazonaws.com")
        self.assertEqual(permissions[0]["SourceAccount"], {"Ref": "AWS::AccountId"})
        self.assertEqual(permissions[0]["Action"], "lambda:InvokeFunction")

    def test_rules_wait_for_the_permission(self):
        for key, resource in self.resources.items():
            if resource["Type"] == "AWS::Config::ConfigRule":
                self.assertIn("ConfigPermission", as_list(resource["DependsOn"]), key)

    def test_no_wildcard_that_aws_does_not_force(self):
        for statement in self.statements():
            for action in as_list(statement["Action"]):
                self.assertNotIn("*", action, statement["Sid"])
                if "*" in as_list(statement["Resource"]):
                    self.assertIn(action, FORCED_WILDCARDS, statement["Sid"])

    def test_the_function_has_no_other_role_and_no_managed_policy(self):
        (function,) = self.of_type("AWS::Lambda::Function").values()
        self.assertEqual(function["Role"], {"Fn::GetAtt": ["Role", "Arn"]})
        (role,) = self.of_type("AWS::IAM::Role").values()
        self.assertNotIn("ManagedPolicyArns", role)

    def test_the_function_is_what_was_built(self):
        (function,) = self.of_type("AWS::Lambda::Function").values()
        self.assertEqual((function["Runtime"], function["Handler"]), ("provided.al2023", "bootstrap"))
        self.assertEqual(load()["Resources"]["Function"]["Metadata"]["BuildMethod"], "rust-cargolambda")
        self.assertEqual(load()["Parameters"]["Architecture"]["Default"], "x86_64")

    def test_the_layer_has_the_policies_where_the_function_looks(self):
        (function,) = self.of_type("AWS::Lambda::Function").values()
        # A layer's content is unpacked under /opt.
        self.assertEqual(function["Environment"]["Variables"]["SEKISHO_POLICIES"], "/opt")
        self.assertEqual(load()["Resources"]["Policies"]["Properties"]["ContentUri"], "policies/")
        self.assertEqual(len(function["Layers"]), 1)
        self.assertNotIn("SEKISHO_FACTS_FILE", function["Environment"]["Variables"])

    def test_what_fails_is_kept_and_noticed(self):
        (invoke,) = self.of_type("AWS::Lambda::EventInvokeConfig").values()
        self.assertIn("OnFailure", invoke["DestinationConfig"])
        metrics = {alarm["MetricName"] for alarm in self.of_type("AWS::CloudWatch::Alarm").values()}
        self.assertEqual(metrics, {"Errors", "ApproximateNumberOfMessagesVisible"})

    def test_logs_and_rosters_are_kept_safely(self):
        (logs,) = self.of_type("AWS::Logs::LogGroup").values()
        self.assertIn("RetentionInDays", logs)
        (bucket,) = self.of_type("AWS::S3::Bucket").values()
        self.assertTrue(all(bucket["PublicAccessBlockConfiguration"].values()))
        self.assertEqual(bucket["VersioningConfiguration"]["Status"], "Enabled")
        (policy,) = self.of_type("AWS::S3::BucketPolicy").values()
        (statement,) = policy["PolicyDocument"]["Statement"]
        self.assertEqual((statement["Effect"], statement["Condition"]), ("Deny", {"Bool": {"aws:SecureTransport": "false"}}))


if __name__ == "__main__":
    unittest.main()
