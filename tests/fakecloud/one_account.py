"""Rule, function and resources in one account.

In:  the deployment. Out: checks.
"""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from cloud import CENTRAL, REGION, Account, Fakecloud
from config_loop import Loop
from deployment import ROSTER_KEY, Deployment
from people import People, roster
from report import Report

ACCOUNT = ("AWS::::Account", CENTRAL)
BUCKET, ROLE = "AWS::S3::Bucket", "AWS::IAM::Role"
DATABASE, TABLE = "AWS::RDS::DBInstance", "AWS::DynamoDB::Table"
NOBODY = {"Version": "2012-10-17", "Statement": {
    "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}
USERS_RULE, BUCKETS_RULE = "sekisho-iam-retired-user-removed", "sekisho-s3-versioning-lock"
DATABASES_RULE, TABLES_RULE = "sekisho-rds-backup-retention", "sekisho-dynamodb-pitr"
REGIONS_RULE = "sekisho-residency-resource-region"
QUERY_RULE = "rig-bucket-versioning"


def deployed(report: Report, fakecloud: Fakecloud, deployment: Deployment) -> Loop:
    """What the template made, looked up one by one."""
    report.part("The expanded template, deployed by CloudFormation")
    report.need("the stack is complete", deployment.status[0] == "CREATE_COMPLETE", repr(deployment.status))
    account = deployment.account
    function = account.client("lambda").get_function(FunctionName=deployment.physical["Function"])["Configuration"]
    loop = Loop(account, account, function["FunctionName"])
    variables = function["Environment"]["Variables"]
    report.equal("the function finds its policies under /opt", variables["SEKISHO_POLICIES"], "/opt")
    report.equal("the policies are a layer of it", len(function.get("Layers", [])), 1)
    report.equal("it has the role of the template", function["Role"], deployment.physical["Role"])
    policy = json.loads(account.client("lambda").get_policy(FunctionName=function["FunctionName"])["Policy"])
    (allowed,) = policy["Statement"]
    report.equal("AWS Config may invoke it", (allowed["Effect"], allowed["Action"], allowed["Principal"]),
                 ("Allow", "lambda:InvokeFunction", {"Service": "config.amazonaws.com"}))
    there = {rule["ConfigRuleName"]: rule for rule in loop.config.describe_config_rules()["ConfigRules"]}
    report.equal("every rule is there", sorted(there), sorted(deployment.rules()))
    named = {rule["Source"]["SourceIdentifier"] for rule in there.values()}
    report.equal("each rule names the function", named, {function["FunctionArn"]})
    report.equal(
        "each rule has the policy of the template",
        {name: json.loads(rule["InputParameters"])["policy"] for name, rule in there.items()},
        {name: rule["InputParameters"]["policy"] for name, rule in deployment.rules().items()},
    )
    without_tls(report, fakecloud.root(), deployment)
    # fakecloud wants the first for every resource, where AWS takes the user's ARN, which the template gives; and the
    # second, which AWS gives to everybody.
    account.client("iam").put_role_policy(
        RoleName=deployment.physical["Role"].rsplit("/", 1)[1], PolicyName="fakecloud",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["iam:GetAccessKeyLastUsed", "sts:GetCallerIdentity"], "Resource": "*"}}),
    )
    return loop


def without_tls(report: Report, root: Account, deployment: Deployment) -> None:
    """The roster's bucket takes nothing without TLS. fakecloud has no TLS, so that this policy then has to go."""
    s3, bucket = deployment.account.client("s3"), deployment.physical["RosterBucket"]
    try:
        s3.put_object(Bucket=bucket, Key=ROSTER_KEY, Body=roster())
        refused = None
    except ClientError as error:
        refused = str(error)
    report.contains("without TLS not even an administrator can upload the roster", refused,
                    "AccessDenied", "s3:PutObject")
    root.client("s3").delete_bucket_policy(Bucket=bucket)


def periodic(report: Report, loop: Loop, deployment: Deployment) -> None:
    """The rule over IAM users, by StartConfigRulesEvaluation."""
    report.part("A periodic rule: who left and can still sign in")
    people = People(loop.account)
    people.add_usual()
    bucket = deployment.physical["RosterBucket"]
    report.contains(
        "without a roster the function fails and says which", loop.schedule(USERS_RULE).error,
        f"s3://{bucket}/{ROSTER_KEY}", "NoSuchKey",
    )
    loop.run(USERS_RULE)
    report.equal("and nobody is judged", loop.verdicts(USERS_RULE), {})

    loop.account.client("s3").put_object(Bucket=bucket, Key=ROSTER_KEY, Body=roster())
    loop.run(USERS_RULE)
    expected = {
        ACCOUNT: "COMPLIANT",
        people.key("suzuki"): "NON_COMPLIANT",
        people.key("tanaka"): "COMPLIANT",
        people.key("sato"): "NON_COMPLIANT",
    }
    report.equal("with the roster each person of it is judged, and nobody else", loop.verdicts(USERS_RULE), expected)
    report.contains(
        "the annotation says in both languages who, when and what", loop.annotation(USERS_RULE, *people.key("suzuki")),
        "employee 001001 left on 2020-03-31", "console password", "社員番号001001", "コンソールパスワード",
    )
    report.contains("and whose key", loop.annotation(USERS_RULE, *people.key("sato")),
                    "001003", "2020-09-30", "1 active access key")

    people.iam.delete_login_profile(UserName="suzuki")
    people.iam.delete_access_key(UserName="sato", AccessKeyId=people.keys["sato"])
    loop.run(USERS_RULE)
    expected = {**expected, people.key("suzuki"): "COMPLIANT", people.key("sato"): "COMPLIANT"}
    report.equal("credentials taken away: both are COMPLIANT", loop.verdicts(USERS_RULE), expected)

    people.iam.delete_user(UserName="sato")
    loop.run(USERS_RULE)
    expected = {**expected, people.key("sato"): "NOT_APPLICABLE"}
    report.equal("a user is deleted: the old result is NOT_APPLICABLE", loop.verdicts(USERS_RULE), expected)


def buckets(report: Report, loop: Loop) -> None:
    """Changes of real buckets, as fakecloud recorded them."""
    report.part("Change rules: buckets that fakecloud recorded")
    loop.start_recording()
    s3 = loop.account.client("s3")
    s3.create_bucket(Bucket="patients", CreateBucketConfiguration={"LocationConstraint": REGION})
    key = (BUCKET, "patients")
    created = loop.newest(*key)
    report.equal("the function answers the change", loop.change(BUCKETS_RULE, created).error, None)
    report.equal("a bucket without versioning", loop.verdicts(BUCKETS_RULE), {key: "NON_COMPLIANT"})
    report.contains("its annotation", loop.annotation(BUCKETS_RULE, *key),
                    "versioning was never turned on", "バージョニングが無効です")
    report.equal("the event comes again", loop.change(BUCKETS_RULE, created).error, None)
    report.equal("and changes nothing", loop.verdicts(BUCKETS_RULE), {key: "NON_COMPLIANT"})

    s3.put_bucket_versioning(Bucket="patients", VersioningConfiguration={"Status": "Enabled"})
    changed = loop.newest(*key)
    report.equal("the item is a later one", changed["configurationStateId"] > created["configurationStateId"], True)
    loop.change(BUCKETS_RULE, changed)
    report.equal("versioning is turned on", loop.verdicts(BUCKETS_RULE), {key: "COMPLIANT"})
    loop.change(BUCKETS_RULE, changed, eventLeftScope=True)
    report.equal("it left the rule's scope", loop.verdicts(BUCKETS_RULE), {key: "NOT_APPLICABLE"})
    loop.change(BUCKETS_RULE, changed)
    report.equal("and came back", loop.verdicts(BUCKETS_RULE), {key: "COMPLIANT"})

    loop.change(REGIONS_RULE, changed)
    report.equal("it is in an allowed region", loop.verdicts(REGIONS_RULE), {key: "COMPLIANT"})
    iam = loop.account.client("iam")
    made = iam.create_role(RoleName="clinic", AssumeRolePolicyDocument=json.dumps(NOBODY))
    role = (ROLE, made["Role"]["RoleId"])
    loop.change(REGIONS_RULE, loop.newest(*role))
    report.equal("a role is of no region", loop.verdicts(REGIONS_RULE).get(role), "NOT_APPLICABLE")

    s3.delete_bucket(Bucket="patients")
    deleted = loop.newest(*key)
    report.equal("fakecloud recorded that it is deleted", deleted["configurationItemStatus"], "ResourceDeleted")
    loop.change(BUCKETS_RULE, deleted)
    report.equal("the deleted bucket", loop.verdicts(BUCKETS_RULE), {key: "NOT_APPLICABLE"})


def recorded(report: Report, loop: Loop) -> None:
    """Items that fakecloud does not make itself, given to it by PutResourceConfig."""
    report.part("Change rules: items given to fakecloud by PutResourceConfig")

    def record(resource_type: str, resource_id: str, configuration: dict, region: str = REGION) -> tuple[str, str]:
        loop.account.client("config", region).put_resource_config(
            ResourceType=resource_type, ResourceId=resource_id, ResourceName=resource_id, SchemaVersionId="1",
            Configuration=json.dumps(configuration),
        )
        return (resource_type, resource_id)

    safe = {"dBInstanceIdentifier": "karte", "engine": "postgres", "backupRetentionPeriod": 35,
            "deletionProtection": True, "multiAZ": True}
    key = record(DATABASE, "db-1", safe)
    loop.change(DATABASES_RULE, loop.newest(*key))
    report.equal("a database with backups", loop.verdicts(DATABASES_RULE), {key: "COMPLIANT"})
    record(*key, {**safe, "backupRetentionPeriod": 0})
    answer = loop.oversized_change(DATABASES_RULE, loop.newest(*key))
    report.equal("the function fetches the item of an oversized change itself", answer.error, None)
    report.equal("backups are turned off", loop.verdicts(DATABASES_RULE), {key: "NON_COMPLIANT"})
    report.contains("its annotation", loop.annotation(DATABASES_RULE, *key),
                    "automated backups are off (retention 0 days)")

    table = record(TABLE, "visits", {"tableName": "visits"}, region="us-east-1")
    loop.change(REGIONS_RULE, loop.newest(*table))
    report.equal("a table in Virginia", loop.verdicts(REGIONS_RULE).get(table), "NON_COMPLIANT")
    report.contains("its annotation", loop.annotation(REGIONS_RULE, *table), "us-east-1")
    loop.change(TABLES_RULE, loop.newest(*table))
    report.equal("and without a recorded point-in-time recovery", loop.verdicts(TABLES_RULE),
                 {table: "NON_COMPLIANT"})


def queried(report: Report, loop: Loop) -> None:
    """A periodic policy that judges each resource, whose items come from SelectResourceConfig."""
    report.part("A periodic rule over each resource of an advanced query")
    function = loop.account.client("lambda").get_function(FunctionName=loop.function)["Configuration"]["FunctionArn"]
    loop.config.put_config_rule(ConfigRule={
        "ConfigRuleName": QUERY_RULE,
        "InputParameters": json.dumps({"policy": QUERY_RULE}),
        "Source": {"Owner": "CUSTOM_LAMBDA", "SourceIdentifier": function, "SourceDetails": [
            {"EventSource": "aws.config", "MessageType": "ScheduledNotification",
             "MaximumExecutionFrequency": "TwentyFour_Hours"}]},
    })
    s3 = loop.account.client("s3")
    s3.create_bucket(Bucket="images", CreateBucketConfiguration={"LocationConstraint": REGION})
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    versioned = {name for name in names if s3.get_bucket_versioning(Bucket=name).get("Status") == "Enabled"}
    loop.config.list_discovered_resources(resourceType=BUCKET)
    loop.run(QUERY_RULE)
    expected = {(BUCKET, name): "COMPLIANT" if name in versioned else "NON_COMPLIANT" for name in names}
    report.equal("buckets of both kinds are there", set(expected.values()), {"COMPLIANT", "NON_COMPLIANT"})
    report.equal("every bucket of the account is judged", loop.verdicts(QUERY_RULE), expected)
    s3.delete_bucket(Bucket="images")
    loop.config.list_discovered_resources(resourceType=BUCKET)
    loop.run(QUERY_RULE)
    expected[BUCKET, "images"] = "NOT_APPLICABLE"
    report.equal("one is deleted: its old result is NOT_APPLICABLE", loop.verdicts(QUERY_RULE), expected)
