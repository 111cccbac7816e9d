"""The template: what cfn-lint says, what it expands to, and whether it agrees with the policies.

Everything but cfn-lint looks at the template as CloudFormation gets it for a deployment: expanded as AWS SAM expands
it, conditions decided, references replaced.
"""

import json
import re
import subprocess
import sys
import unittest
from pathlib import Path

import botocore.loaders
import yaml

import pack
from expand import ROOT, expand, load
from resolve import Stack

# Resources that AWS forces to be a wildcard, and why.
FORCED_WILDCARDS = {
    "config:PutEvaluations": "the service has no resource for it",
    "config:GetResourceConfigHistory": "the service has no resource for it",
    "config:SelectResourceConfig": "the service has no resource for it",
    "config:BatchGetResourceConfig": "the service has no resource for it",
    "iam:ListUsers": "the service has no resource for it",
}
# All that the role may do.
ACTIONS = {
    "logs:CreateLogStream", "logs:PutLogEvents",
    "config:PutEvaluations", "config:GetResourceConfigHistory", "config:SelectResourceConfig",
    "config:BatchGetResourceConfig", "config:GetComplianceDetailsByConfigRule",
    "sqs:SendMessage",
    "s3:GetObject",
    "iam:ListUsers", "iam:GetLoginProfile", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed", "iam:ListUserTags",
}
# MiB; the stack of the thread that evaluates, see STACK in rule-runtime/engine/src/evaluate/stack.rs.
EVALUATION_STACK = 256
ACCOUNT = "123456789012"
CHANGE_MESSAGES = {"ConfigurationItemChangeNotification", "OversizedConfigurationItemChangeNotification"}


def metadata() -> dict:
    """METADATA of each policy, by id."""
    return pack.policies()


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def of_type(resources: dict, name: str) -> dict:
    """Properties of the resources of one type, by logical id."""
    return {key: value["Properties"] for key, value in resources.items() if value["Type"] == name}


def statements(resources: dict) -> list:
    """What the function's role may do."""
    (role,) = of_type(resources, "AWS::IAM::Role").values()
    return [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]


def actions(resources: dict) -> set:
    """The actions that the role allows."""
    return {action for statement in statements(resources) for action in as_list(statement["Action"])}


class Template(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.expanded = expand()
        cls.resources = Stack(cls.expanded, account=ACCOUNT).resolved()["Resources"]
        cls.policies = metadata()

    def of_type(self, name: str) -> dict:
        return of_type(self.resources, name)

    def rules(self) -> dict:
        """The rules of one policy, by its id."""
        return {name: rule for name, rule in self.all_rules().items() if not name.startswith(pack.PACK)}

    def all_rules(self) -> dict:
        """All rules; those of the pack by its name and their logical id."""
        rules = {}
        for key, properties in self.of_type("AWS::Config::ConfigRule").items():
            policy = properties["InputParameters"]["policy"]
            rules[f"{pack.PACK} {key}" if "," in policy else policy] = properties
        return rules

    def pack_rules(self) -> list:
        return [rule for name, rule in self.all_rules().items() if name.startswith(pack.PACK)]

    def test_what_follows_from_the_policies_was_made_from_them(self):
        check = subprocess.run([sys.executable, ROOT / "tests/template/pack.py", "--check"], capture_output=True,
                               text=True, check=False)
        self.assertEqual((check.returncode, check.stderr), (0, ""))

    def test_the_rules_of_the_pack_have_what_its_policies_require(self):
        (change,) = [rule for rule in self.pack_rules() if "Scope" in rule]
        (periodic,) = [rule for rule in self.pack_rules() if "Scope" not in rule]
        self.assertLessEqual(len(change["Scope"]["ComplianceResourceTypes"]), 100)
        inside = {name: custom for name, custom in self.policies.items() if name not in pack.ALONE}
        for rule, triggers in ((change, ("change", "both")), (periodic, ("periodic", "both"))):
            for name, custom in inside.items():
                required = set((custom.get("parameters") or {}).get("required", []))
                if custom["trigger"] in triggers:
                    self.assertLessEqual(required, set(rule["InputParameters"]), name)

    def statements(self) -> list:
        return statements(self.resources)

    def test_cfn_lint_finds_nothing(self):
        lint = Path(sys.executable).with_name("cfn-lint")
        result = subprocess.run([lint, ROOT / "template.yaml"], capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)

    def test_every_policy_has_a_rule_and_every_rule_a_policy(self):
        self.assertEqual(set(self.rules()), set(pack.ALONE))
        for rule in self.pack_rules():
            self.assertEqual(rule["InputParameters"]["policy"], pack.pack_names())

    def test_scopes_are_those_of_the_policies(self):
        for policy, rule in self.rules().items():
            custom = self.policies[policy]
            if custom["trigger"] == "periodic":
                self.assertNotIn("Scope", rule, policy)
                continue
            types = rule["Scope"]["ComplianceResourceTypes"]
            self.assertEqual(sorted(types), sorted(custom["resource_types"]), policy)
            self.assertLessEqual(len(types), 100, policy)

    def test_aws_config_knows_every_type_of_the_scopes(self):
        # One type that it does not know, and PutConfigRule refuses the rule: the deployment is rolled back.
        model = botocore.loaders.Loader().load_service_model("config", "service-2")
        known = set(model["shapes"]["ResourceType"]["enum"])
        for policy, rule in self.all_rules().items():
            types = rule.get("Scope", {}).get("ComplianceResourceTypes", [])
            self.assertLessEqual(set(types), known, policy)

    def test_rules_are_invoked_as_their_policies_say(self):
        for policy, rule in self.rules().items():
            source = rule["Source"]
            self.assertEqual(source["Owner"], "CUSTOM_LAMBDA", policy)
            details = source["SourceDetails"]
            self.assertTrue(all(detail["EventSource"] == "aws.config" for detail in details), policy)
            messages = {detail["MessageType"] for detail in details}
            wanted = {"change": CHANGE_MESSAGES, "periodic": {"ScheduledNotification"}}
            self.assertEqual(messages, wanted[self.policies[policy]["trigger"]], policy)
            for detail in details:
                periodic = detail["MessageType"] == "ScheduledNotification"
                self.assertEqual(detail.get("MaximumExecutionFrequency"), "TwentyFour_Hours" if periodic else None)

    def test_parameters_are_known_and_short_enough(self):
        for policy, rule in self.rules().items():
            parameters = dict(rule["InputParameters"])
            del parameters["policy"]
            schema = self.policies[policy].get("parameters", {})
            self.assertLessEqual(set(parameters), set(schema.get("properties", {})), policy)
            self.assertLessEqual(set(schema.get("required", [])), set(parameters), policy)

    def test_the_longest_parameters_fit_into_a_rule(self):
        # AWS Config takes InputParameters of 1024 characters; a bucket's name has at most 63.
        longest = {name: "x" * parameter["MaxLength"] for name, parameter in self.expanded["Parameters"].items()
                   if "MaxLength" in parameter}
        stack = Stack(self.expanded, longest, ACCOUNT, names={"RosterBucket": "b" * 63})
        rules = of_type(stack.resolved()["Resources"], "AWS::Config::ConfigRule")
        for rule in rules.values():
            self.assertLessEqual(len(json.dumps(rule["InputParameters"])), 1024, rule["ConfigRuleName"])
            # GetComplianceDetailsByConfigRule takes no longer name, although a rule may have one.
            self.assertLessEqual(len(rule["ConfigRuleName"]), 64)
            self.assertLessEqual(len(rule["Description"]), 256, rule["ConfigRuleName"])

    def test_descriptions_are_the_titles_in_both_languages(self):
        for policy, rule in self.rules().items():
            self.assertEqual(rule["Description"].split(" / ")[1], self.policies[policy]["title_ja"])

    def test_only_config_of_this_account_may_invoke(self):
        permissions = list(self.of_type("AWS::Lambda::Permission").values())
        self.assertEqual(len(permissions), 1)
        self.assertEqual(permissions[0]["Principal"], "config.amazonaws.com")
        self.assertEqual(permissions[0]["SourceAccount"], ACCOUNT)
        self.assertEqual(permissions[0]["Action"], "lambda:InvokeFunction")

    def test_rules_wait_for_the_permission(self):
        for key, resource in self.resources.items():
            if resource["Type"] == "AWS::Config::ConfigRule":
                self.assertIn("ConfigPermission", as_list(resource["DependsOn"]), key)

    def test_the_role_may_do_what_the_function_does_and_no_more(self):
        self.assertEqual(actions(self.resources), ACTIONS | set(pack.permissions(self.policies)))

    def test_no_wildcard_that_aws_does_not_force(self):
        for statement in self.statements():
            self.assertEqual(statement["Effect"], "Allow")
            self.assertLessEqual(set(statement), {"Sid", "Effect", "Action", "Resource"})
            for action in as_list(statement["Action"]):
                self.assertNotIn("*", action, statement["Sid"])
                reads = action.split(":")[1].startswith(("Get", "List", "Describe", "BatchGet", "GenerateCredentialReport"))
                if statement["Sid"] == "ReadFacts":
                    self.assertTrue(reads, action)
                elif "*" in as_list(statement["Resource"]):
                    self.assertIn(action, FORCED_WILDCARDS, statement["Sid"])

    def test_the_role_reads_the_roster_and_writes_its_own_log(self):
        by_sid = {statement["Sid"]: statement["Resource"] for statement in self.statements()}
        ((bucket, _),) = self.of_type("AWS::S3::Bucket").items()
        (logs,) = self.of_type("AWS::Logs::LogGroup").values()
        self.assertEqual(by_sid["ReadRoster"], f"arn:aws:s3:::sekisho-{bucket.lower()}/staff.csv")
        self.assertEqual(by_sid["Log"], f"arn:aws:logs:ap-northeast-1:{ACCOUNT}:log-group:{logs['LogGroupName']}:*")
        self.assertEqual(by_sid["ReadUsers"], f"arn:aws:iam::{ACCOUNT}:user/*")
        (function,) = self.of_type("AWS::Lambda::Function").values()
        self.assertEqual(function["LoggingConfig"]["LogGroup"], logs["LogGroupName"])

    def test_a_stack_that_judges_no_users_has_no_roster_and_no_right_to_read_users(self):
        resources = Stack(self.expanded, {"JudgeUsers": "false"}, ACCOUNT).resolved()["Resources"]
        names = {rule["InputParameters"]["policy"] for rule in of_type(resources, "AWS::Config::ConfigRule").values()}
        self.assertEqual(set(pack.ALONE) - names, {"iam-retired-user-removed"})
        self.assertEqual(names - set(pack.ALONE), {pack.pack_names()})
        self.assertEqual(of_type(resources, "AWS::S3::Bucket"), {})
        self.assertEqual(of_type(resources, "AWS::S3::BucketPolicy"), {})
        self.assertEqual({action for action in actions(resources) if action.startswith(("iam:", "s3:"))}, set())

    def test_the_function_has_no_other_role_and_no_managed_policy(self):
        (function,) = self.of_type("AWS::Lambda::Function").values()
        self.assertEqual(function["Role"], f"arn:aws:iam::{ACCOUNT}:role/sekisho-role")
        (role,) = self.of_type("AWS::IAM::Role").values()
        self.assertNotIn("ManagedPolicyArns", role)

    def test_the_function_is_what_was_built(self):
        (function,) = self.of_type("AWS::Lambda::Function").values()
        self.assertEqual((function["Runtime"], function["Handler"]), ("provided.al2023", "bootstrap"))
        self.assertEqual(load()["Resources"]["Function"]["Metadata"]["BuildMethod"], "rust-cargolambda")
        self.assertEqual(load()["Parameters"]["Architecture"]["Default"], "x86_64")

    def test_the_memory_has_room_for_the_stack_of_an_evaluation(self):
        (function,) = self.of_type("AWS::Lambda::Function").values()
        self.assertGreaterEqual(function["MemorySize"], 2 * EVALUATION_STACK)

    def test_cargo_lambda_leaves_panics_catchable(self):
        # Without this line cargo-lambda builds with panic = "abort": one panicking policy would end the function.
        cargo = (ROOT / "Cargo.toml").read_text(encoding="utf-8")
        release = cargo.partition("[profile.release]")[2].partition("\n[")[0]
        self.assertRegex(release, r'(?m)^panic = "unwind"', 'add panic = "unwind" to [profile.release] of Cargo.toml')

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
        self.assertEqual(list(bucket["PublicAccessBlockConfiguration"].values()), [True] * 4)
        self.assertEqual(bucket["VersioningConfiguration"]["Status"], "Enabled")
        for resource in ("RosterBucket", "LogGroup"):
            self.assertEqual(self.resources[resource]["DeletionPolicy"], "Retain", resource)

    def test_nothing_travels_without_tls(self):
        for kind in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy"):
            (policy,) = self.of_type(kind).values()
            (statement,) = policy["PolicyDocument"]["Statement"]
            self.assertEqual(statement["Effect"], "Deny", kind)
            self.assertEqual(statement["Condition"], {"Bool": {"aws:SecureTransport": "false"}}, kind)


if __name__ == "__main__":
    unittest.main()
