"""What AWS Config does between a change and a verdict, where fakecloud does not do it: the events of changes.

In:  an account's items as fakecloud recorded them (GetResourceConfigHistory), a rule as it is there.
Out: rule events for the function, its answers, and the verdicts as GetComplianceDetailsByConfigRule shows them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from cloud import Account

# The API's names of an item's fields, and the rule event's.
EVENT_NAMES = {"version": "configurationItemVersion", "accountId": "awsAccountId", "arn": "ARN"}
# fakecloud has these in `configuration`; AWS Config has them in `supplementaryConfiguration`, by another name.
SUPPLEMENTARY = {"bucketVersioningConfiguration": "BucketVersioningConfiguration"}


@dataclass
class Answer:
    """What the function said to an event."""

    error: str | None
    result: object


@dataclass
class Loop:
    """The rules of one account, and the function that judges them."""

    account: Account
    # The account of the function, which may be another one.
    function_account: Account
    function: str

    def __post_init__(self):
        self.config = self.account.client("config")

    def start_recording(self) -> None:
        """AWS Config records in this account from now on."""
        bucket = f"config-{self.account.number}"
        self.account.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.config.meta.region_name})
        role = f"arn:aws:iam::{self.account.number}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
        self.config.put_configuration_recorder(ConfigurationRecorder={
            "name": "default", "roleARN": role,
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})
        self.config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": bucket})
        self.config.start_configuration_recorder(ConfigurationRecorderName="default")

    def verdicts(self, rule: str) -> dict[tuple[str, str], str]:
        """Compliance of each resource that the rule has a result for."""
        return {key: compliance for key, (compliance, _) in self.results(rule).items()}

    def annotation(self, rule: str, resource_type: str, resource_id: str) -> str | None:
        """What the rule's result for the resource says."""
        return self.results(rule).get((resource_type, resource_id), (None, None))[1]

    def results(self, rule: str) -> dict[tuple[str, str], tuple[str, str | None]]:
        paginator = self.config.get_paginator("get_compliance_details_by_config_rule")
        pages = paginator.paginate(ConfigRuleName=rule)
        found = {}
        for page in pages:
            for row in page["EvaluationResults"]:
                about = row["EvaluationResultIdentifier"]["EvaluationResultQualifier"]
                key = (about["ResourceType"], about["ResourceId"])
                # Each resource has one result for each rule: a second one would hide behind the first.
                assert key not in found, f"{rule} has two results for {key}"
                found[key] = (row["ComplianceType"], row.get("Annotation"))
        return found

    def run(self, rule: str) -> None:
        """StartConfigRulesEvaluation, which fakecloud answers when the function is done."""
        self.config.start_config_rules_evaluation(ConfigRuleNames=[rule])

    def newest(self, resource_type: str, resource_id: str) -> dict:
        """The newest item of a resource, as a rule event spells it."""
        # fakecloud records when it is asked for what there is.
        self.config.list_discovered_resources(resourceType=resource_type)
        history = self.config.get_resource_config_history(
            resourceType=resource_type, resourceId=resource_id, limit=1)
        return event_item(history["configurationItems"][0])

    def change(self, rule: str, item: dict, **event) -> Answer:
        """The rule's verdict on a change; `event` replaces fields of the event."""
        message = {"configurationItem": item, "configurationItemDiff": None, "recordVersion": "1.3",
                   "messageType": "ConfigurationItemChangeNotification"}
        return self.invoke(rule, message, **event)

    def oversized_change(self, rule: str, item: dict) -> Answer:
        """The same where the item is too large for the message: the function has to fetch it."""
        left_out = ("configuration", "supplementaryConfiguration", "tags", "relationships", "relatedEvents")
        summary = {name: value for name, value in item.items() if name not in left_out}
        message = {"configurationItemSummary": {**summary, "changeType": "UPDATE"}, "recordVersion": "1.0",
                   "s3DeliverySummary": {"s3BucketLocation": None, "errorCode": None, "errorMessage": None},
                   "messageType": "OversizedConfigurationItemChangeNotification"}
        return self.invoke(rule, message)

    def schedule(self, rule: str, **event) -> Answer:
        """What StartConfigRulesEvaluation sends, with the function's answer."""
        message = {"awsAccountId": self.account.number, "recordVersion": "1.0",
                   "messageType": "ScheduledNotification"}
        return self.invoke(rule, message, **event)

    def invoke(self, rule: str, message: dict, **event) -> Answer:
        (known,) = self.config.describe_config_rules(ConfigRuleNames=[rule])["ConfigRules"]
        payload = {
            "version": "1.0",
            "invokingEvent": json.dumps({**message, "notificationCreationTime": iso(datetime.now(UTC))}),
            "ruleParameters": known.get("InputParameters", "{}"),
            # fakecloud takes the rule's name from the token.
            "resultToken": f"{rule}#rig",
            "eventLeftScope": False,
            "configRuleArn": known["ConfigRuleArn"],
            "configRuleName": rule,
            "configRuleId": known["ConfigRuleId"],
            "accountId": self.account.number,
            **event,
        }
        aws_lambda = self.function_account.client("lambda")
        answer = aws_lambda.invoke(FunctionName=self.function, Payload=json.dumps(payload))
        result = json.loads(answer["Payload"].read() or "null")
        failed = "FunctionError" in answer
        return Answer(result.get("errorMessage", str(result)) if failed else None, result)


def event_item(item: dict) -> dict:
    """An item of GetResourceConfigHistory as the rule event spells it."""
    spelled = {EVENT_NAMES.get(name, name): value for name, value in item.items()}
    for name, value in spelled.items():
        if isinstance(value, datetime):
            spelled[name] = iso(value)
    configuration = json.loads(item.get("configuration") or "null")
    supplementary = dict(spelled.get("supplementaryConfiguration") or {})
    for name, place in SUPPLEMENTARY.items():
        if isinstance(configuration, dict) and name in configuration:
            supplementary[place] = configuration.pop(name)
    spelled["configuration"] = configuration
    spelled["supplementaryConfiguration"] = supplementary
    spelled["configurationStateId"] = int(item["configurationStateId"])
    for name, empty in (("tags", {}), ("relationships", []), ("relatedEvents", [])):
        spelled.setdefault(name, empty)
    return spelled


def iso(time: datetime) -> str:
    """As AWS Config writes times."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
