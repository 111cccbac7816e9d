"""The function in a central account; rules, users, buckets and the roster in a member.

In:  the deployment in the central account, a member account. Out: checks.
"""

from __future__ import annotations

import json

from cloud import REGION, Account
from config_loop import Loop
from deployment import ROSTER_KEY, Deployment
from one_account import BUCKET, BUCKETS_RULE, USERS_RULE
from people import People, roster
from report import Report

# With a path, because that is where role names go wrong.
ROLE_PATH, ROLE_NAME = "/audit/", "sekisho-report"
EXTERNAL_ID = "rig-1"
ROSTER_BUCKET = "member-personnel"
LINKED_ROLE = "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"


def make_role(member: Account, trusted: str) -> str:
    """The role in the member that the central account's function may assume. Its ARN.

    It trusts the account, and the function's role says the rest: fakecloud does not see that a session is its role's.
    IfExists, because fakecloud judges the trust twice and forgets the external id the first time. In AWS both would
    be too much: name the role, and ask for the id.
    """
    iam = member.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{trusted}:root"}, "Action": "sts:AssumeRole",
             "Condition": {"StringEqualsIfExists": {"sts:ExternalId": EXTERNAL_ID}}}
    role = iam.create_role(RoleName=ROLE_NAME, Path=ROLE_PATH, AssumeRolePolicyDocument=document(trust))["Role"]
    may = ["iam:ListUsers", "iam:GetLoginProfile", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed",
           "iam:ListUserTags", "config:PutEvaluations", "config:GetComplianceDetailsByConfigRule"]
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="sekisho", PolicyDocument=document(
        {"Effect": "Allow", "Action": may, "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{ROSTER_BUCKET}/{ROSTER_KEY}"},
    ))
    return role["Arn"]


def document(*statements: dict) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def put_rule(loop: Loop, function: str, name: str, message: str, **parameters: str) -> None:
    """A rule in the member whose function is in the central account."""
    detail = {"EventSource": "aws.config", "MessageType": message}
    if message == "ScheduledNotification":
        detail["MaximumExecutionFrequency"] = "TwentyFour_Hours"
    loop.config.put_config_rule(ConfigRule={
        "ConfigRuleName": name, "InputParameters": json.dumps(parameters),
        "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": function, "SourceDetails": [detail]},
    })


def central(report: Report, deployment: Deployment, own: Loop, member: Account) -> None:
    """Everything, from the permission that is missing to the verdict in the member."""
    report.part("A rule in a member account, the function in the central one")
    function_role = deployment.physical["Role"]
    function = deployment.outputs["FunctionArn"]
    loop = Loop(member, deployment.account, own.function)
    deployment.account.client("lambda").add_permission(
        FunctionName=own.function, StatementId="member", Action="lambda:InvokeFunction",
        Principal="config.amazonaws.com", SourceAccount=member.number)
    loop.start_recording()
    role = make_role(member, deployment.account.number)
    s3 = member.client("s3")
    s3.create_bucket(Bucket=ROSTER_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=ROSTER_BUCKET, Key=ROSTER_KEY, Body=roster())
    people = People(member)
    people.add_usual()
    before = own.verdicts(USERS_RULE), own.verdicts(BUCKETS_RULE)

    users = {"policy": "iam-retired-user-removed", "rosterS3Uri": f"s3://{ROSTER_BUCKET}/{ROSTER_KEY}"}
    put_rule(loop, function, USERS_RULE, "ScheduledNotification", **users)
    report.contains("without a role the function fails and says what to set", loop.schedule(USERS_RULE).error,
                    member.number, "executionRoleName")
    linked = f"arn:aws:iam::{member.number}:role/{LINKED_ROLE}"
    answer = loop.schedule(USERS_RULE, executionRoleArn=linked)
    report.contains("it does not try the service-linked role", answer.error, linked, "executionRoleName")

    name = f"{ROLE_PATH.strip('/')}/{ROLE_NAME}"
    assumes = {**users, "executionRoleName": name, "executionRoleExternalId": EXTERNAL_ID}
    put_rule(loop, function, USERS_RULE, "ScheduledNotification", **assumes)
    report.contains("while its role may not assume the member's, it says which lines are missing",
                    loop.schedule(USERS_RULE).error, role, function_role, "sts:AssumeRole", "Principal")
    deployment.account.client("iam").put_role_policy(
        RoleName=function_role.rsplit("/", 1)[1], PolicyName="member",
        PolicyDocument=document({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}))
    other = {**assumes, "executionRoleExternalId": "another"}
    put_rule(loop, function, USERS_RULE, "ScheduledNotification", **other)
    report.contains("with another external id the member refuses", loop.schedule(USERS_RULE).error,
                    role, "sts:ExternalId", "another")
    report.equal("nothing of this judged anybody", loop.verdicts(USERS_RULE), {})

    put_rule(loop, function, USERS_RULE, "ScheduledNotification", **assumes)
    loop.run(USERS_RULE)
    expected = {
        ("AWS::::Account", member.number): "COMPLIANT",
        people.key("suzuki"): "NON_COMPLIANT",
        people.key("tanaka"): "COMPLIANT",
        people.key("sato"): "NON_COMPLIANT",
    }
    report.equal("with role and external id the member's people are judged, in the member",
                 loop.verdicts(USERS_RULE), expected)

    s3.create_bucket(Bucket="member-images", CreateBucketConfiguration={"LocationConstraint": REGION})
    key = (BUCKET, "member-images")
    put_rule(loop, function, BUCKETS_RULE, "ConfigurationItemChangeNotification", policy="s3-versioning-lock",
             executionRoleExternalId=EXTERNAL_ID)
    answer = loop.change(BUCKETS_RULE, loop.newest(*key), executionRoleArn=role)
    report.equal("a change comes with the event's executionRoleArn", answer.error, None)
    report.equal("the member's bucket is judged, in the member", loop.verdicts(BUCKETS_RULE), {key: "NON_COMPLIANT"})
    after = own.verdicts(USERS_RULE), own.verdicts(BUCKETS_RULE)
    report.equal("the central account's results are as they were", after, before)
