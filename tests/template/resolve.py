"""What CloudFormation makes of a template before it creates anything: conditions decided, references replaced.

In:  an expanded template, the stack's parameters, account, region, and names of resources where they matter.
Out: the same template without conditions and intrinsic functions, as far as the template uses them. What a resource
     gets only when it is created is made up: a name from its logical id, an ARN from its type.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

STACK = "sekisho"

# ARNs of the resource types that the template refers to; the forms are those of the Service Authorization Reference.
ARNS = {
    "AWS::IAM::Role": "arn:aws:iam::{account}:role/{name}",
    "AWS::Lambda::Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{name}",
    "AWS::SQS::Queue": "arn:aws:sqs:{region}:{account}:{name}",
}
NO_VALUE = object()


@dataclass
class Stack:
    """One deployment of a template."""

    template: dict
    parameters: dict = field(default_factory=dict)
    account: str = "123456789012"
    region: str = "ap-northeast-1"
    # Physical names by logical id, where the made-up ones will not do.
    names: dict = field(default_factory=dict)

    def resolved(self) -> dict:
        """The template as it is for this deployment."""
        resources = {}
        for logical_id, resource in self.template["Resources"].items():
            if "Condition" in resource and not self.holds(resource["Condition"]):
                continue
            resources[logical_id] = {**resource, "Properties": self.value(resource.get("Properties", {}))}
        return {**self.template, "Resources": resources}

    def holds(self, condition: str) -> bool:
        """Whether the condition of that name is true."""
        return self.value(self.template["Conditions"][condition])

    def value(self, value):
        """`value` with every intrinsic function replaced."""
        if isinstance(value, list):
            items = [self.value(item) for item in value]
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, argument),) = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self.call(function, argument)
        pairs = {key: self.value(item) for key, item in value.items()}
        return {key: item for key, item in pairs.items() if item is not NO_VALUE}

    def call(self, function: str, argument):
        """One intrinsic function."""
        if function == "Ref":
            return self.reference(argument)
        if function == "Fn::GetAtt":
            logical_id, attribute = argument if isinstance(argument, list) else argument.split(".", 1)
            return self.attribute(logical_id, attribute)
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(self.named(found[1])), argument)
        if function == "Fn::If":
            condition, then, otherwise = argument
            return self.value(then if self.holds(condition) else otherwise)
        if function == "Fn::Equals":
            left, right = argument
            return self.value(left) == self.value(right)
        if function == "Fn::Not":
            return not self.value(argument[0])
        raise NotImplementedError(f"{function}: the template uses it, so tests/template/resolve.py has to know it")

    def named(self, name: str):
        """What stands in `${name}` of Fn::Sub."""
        return self.attribute(*name.split(".", 1)) if "." in name else self.reference(name)

    def reference(self, name: str):
        """What Ref gives."""
        pseudo = {
            "AWS::AccountId": self.account,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::StackName": STACK,
            "AWS::NoValue": NO_VALUE,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.template.get("Parameters", {}):
            return self.parameters.get(name, self.template["Parameters"][name].get("Default", ""))
        if name not in self.template["Resources"]:
            raise KeyError(f"{name} is neither a parameter nor a resource of the template")
        return self.name(name)

    def name(self, logical_id: str) -> str:
        """The physical name: given, set by the template, or made up."""
        properties = self.template["Resources"][logical_id].get("Properties", {})
        own = properties.get("LogGroupName")
        return self.names.get(logical_id) or (self.value(own) if own else f"{STACK}-{logical_id.lower()}")

    def attribute(self, logical_id: str, attribute: str) -> str:
        """What Fn::GetAtt gives."""
        if attribute.endswith("Name"):
            return self.name(logical_id)
        kind = self.template["Resources"][logical_id]["Type"]
        if attribute != "Arn" or kind not in ARNS:
            raise NotImplementedError(f"{logical_id}.{attribute}: tests/template/resolve.py has to know it")
        return ARNS[kind].format(account=self.account, region=self.region, name=self.name(logical_id))
