"""The three timed rules as Python rules on rdklib; each says the same as its namesake in `bench/rules`."""

from __future__ import annotations

import json

from rdklib import ComplianceType, ConfigRule, Evaluation

WORLD = {"0.0.0.0/0", "::/0"}
BLOCKS = ("blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets")
ALGORITHMS = {"AES256", "aws:kms", "aws:kms:dsse"}


def answer(reasons: list[str]) -> list[Evaluation]:
    if reasons:
        return [Evaluation(ComplianceType.NON_COMPLIANT, annotation="; ".join(reasons)[:256])]
    return [Evaluation(ComplianceType.COMPLIANT)]


class RegionAllowed(ConfigRule):
    def evaluate_change(self, event, client_factory, configuration_item, valid_rule_parameters):
        region = configuration_item.get("awsRegion", "")
        allowed = valid_rule_parameters["allowedRegions"]
        return answer([] if region in allowed else [f"{region} is not an allowed region"])


class SecurityGroupClosed(ConfigRule):
    def evaluate_change(self, event, client_factory, configuration_item, valid_rule_parameters):
        permissions = configuration_item["configuration"].get("ipPermissions")
        if not isinstance(permissions, list):
            return answer(["the permissions are not recorded"])
        reasons = []
        for permission in permissions:
            for port in valid_rule_parameters["ports"]:
                if self.covers(permission, port):
                    sources = {range_["cidrIp"] for range_ in permission.get("ipv4Ranges", [])}
                    sources |= {range_["cidrIpv6"] for range_ in permission.get("ipv6Ranges", [])}
                    reasons += [f"port {port} is open to {source}" for source in sorted(sources & WORLD)]
        return answer(reasons)

    @staticmethod
    def covers(permission, port):
        protocol = permission.get("ipProtocol")
        if protocol == "-1":
            return True
        return protocol == "tcp" and permission.get("fromPort", 0) <= port <= permission.get("toPort", 65535)


class BucketProtected(ConfigRule):
    def evaluate_change(self, event, client_factory, configuration_item, valid_rule_parameters):
        supplementary = configuration_item.get("supplementaryConfiguration", {})
        blocked = supplementary.get("PublicAccessBlockConfiguration", {})
        reasons = [f"{block} is off" for block in BLOCKS if blocked.get(block) is not True]
        rules = supplementary.get("ServerSideEncryptionConfiguration", {}).get("rules", [])
        if not {rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for rule in rules} & ALGORITHMS:
            reasons.append("no default encryption")
        if not self.tls_only(supplementary.get("BucketPolicy", {}).get("policyText")):
            reasons.append("access without TLS is not denied")
        return answer(reasons)

    @staticmethod
    def tls_only(text):
        if not isinstance(text, str):
            return False
        return any(
            statement.get("Effect") == "Deny"
            and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
            for statement in json.loads(text)["Statement"]
        )


RULES = {
    "region-allowed": (RegionAllowed(), {"allowedRegions": ["ap-northeast-1", "ap-northeast-3", "global"]}),
    "security-group-closed": (SecurityGroupClosed(), {"ports": [22, 3389]}),
    "bucket-protected": (BucketProtected(), {}),
}
