//! Facts of every provider from moto over real HTTP, and what the policies of this repository ask for.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use aws_sdk_s3::primitives::ByteStream;
use sekisho_aws::api;
use sekisho_aws::facts::{AwsFacts, permissions};
use sekisho_engine::facts::FactProvider;
use sekisho_engine::policy::PolicySet;
use sekisho_tests::moto::{ACCOUNT, Moto, REGION};
use sekisho_tests::{environment, root};
use serde_json::{Value, json};

/// Makes things in moto by a Python script of boto3 calls.
fn make(moto: &Moto, calls: &str) {
    let prelude = format!(
        "import boto3, json\ndef c(name, region='{REGION}'):\n    return boto3.client(name, region_name=region, endpoint_url='{}', \
         aws_access_key_id='test', aws_secret_access_key='test')\n",
        moto.url
    );
    let output = Command::new(environment("bin/python")).arg("-c").arg(prelude + calls).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn fetch(facts: &AwsFacts, provider: Value, parameters: &Value) -> Result<Value, String> {
    let declared: BTreeMap<String, FactProvider> = serde_json::from_value(json!({"fact": provider})).unwrap();
    facts.fetch("fact", &declared, parameters).await.map_err(|error| error.to_string())
}

async fn call(facts: &AwsFacts, service: &str, action: &str, parameters: Value) -> Result<Value, String> {
    let provider =
        json!({"provider": "aws-api", "service": service, "action": action, "parameters": parameters});
    fetch(facts, provider, &json!({})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_every_protocol_are_answered_by_a_server_of_someone_else() {
    let moto = Moto::start().await;
    make(
        &moto,
        "logs = c('logs')\nfor n in range(120): logs.create_log_group(logGroupName=f'/g/{n:03}')\n\
         logs.put_retention_policy(logGroupName='/g/000', retentionInDays=400)\n\
         s3 = c('s3')\ns3.create_bucket(Bucket='trail', CreateBucketConfiguration={'LocationConstraint': 'ap-northeast-1'})\n\
         s3.put_bucket_policy(Bucket='trail', Policy=json.dumps({'Version': '2012-10-17', 'Statement': []}))\n\
         ct = c('cloudtrail')\nct.create_trail(Name='trail-1', S3BucketName='trail', IsMultiRegionTrail=True)\nct.start_logging(Name='trail-1')\n\
         c('guardduty').create_detector(Enable=True)\n\
         c('backup').create_backup_vault(BackupVaultName='v')\n\
         c('rds').create_db_parameter_group(DBParameterGroupName='p', DBParameterGroupFamily='postgres16', Description='d')\n\
         c('sns').create_topic(Name='alarm')\n\
         c('ec2').create_volume(AvailabilityZone='ap-northeast-1a', Size=1)\n\
         c('kms').create_key(Description='k')\n\
         c('events').put_rule(Name='r', ScheduleExpression='rate(1 day)')\n\
         c('iam').update_account_password_policy(MinimumPasswordLength=13)\n\
         c('cloudwatch').put_metric_alarm(AlarmName='a', MetricName='m', Namespace='n', Period=60, EvaluationPeriods=1, Threshold=1, ComparisonOperator='GreaterThanThreshold', Statistic='Sum')\n",
    );
    let facts = AwsFacts::new(&moto.sdk().await);
    let found = call(&facts, "logs", "DescribeLogGroups", json!({"limit": 50})).await.unwrap();
    assert_eq!(found["logGroups"].as_array().unwrap().len(), 120, "all pages");
    assert_eq!(found["logGroups"][0]["retentionInDays"], 400);
    let trails = call(&facts, "cloudtrail", "DescribeTrails", json!({})).await.unwrap();
    assert_eq!(trails["trailList"][0]["IsMultiRegionTrail"], true);
    let status = call(&facts, "cloudtrail", "GetTrailStatus", json!({"Name": "trail-1"})).await.unwrap();
    assert_eq!(status["IsLogging"], true);
    assert!(status["StartLoggingTime"].as_str().unwrap().ends_with('Z'), "{status}");
    let detectors = call(&facts, "guardduty", "ListDetectors", json!({})).await.unwrap();
    assert_eq!(detectors["DetectorIds"].as_array().unwrap().len(), 1);
    let vault = call(&facts, "backup", "DescribeBackupVault", json!({"BackupVaultName": "v"})).await.unwrap();
    assert_eq!(vault["BackupVaultName"], "v");
    let groups = call(&facts, "rds", "DescribeDBParameterGroups", json!({})).await.unwrap();
    assert!(groups["DBParameterGroups"].to_string().contains("postgres16"), "{groups}");
    let topics = call(&facts, "sns", "ListTopics", json!({})).await.unwrap();
    assert_eq!(topics["Topics"][0]["TopicArn"], format!("arn:aws:sns:{REGION}:{ACCOUNT}:alarm"));
    let volumes = call(&facts, "ec2", "DescribeVolumes", json!({})).await.unwrap();
    assert_eq!(
        (&volumes["Volumes"][0]["Size"], &volumes["Volumes"][0]["Encrypted"]),
        (&json!(1), &json!(false))
    );
    let keys = call(&facts, "kms", "ListKeys", json!({})).await.unwrap();
    assert_eq!(keys["Keys"].as_array().unwrap().len(), 1);
    let rules = call(&facts, "events", "ListRules", json!({})).await.unwrap();
    assert_eq!(rules["Rules"][0]["State"], "ENABLED");
    let summary = call(&facts, "iam", "GetAccountSummary", json!({})).await.unwrap();
    assert!(summary["SummaryMap"]["AccountMFAEnabled"].is_number(), "{summary}");
    let password = call(&facts, "iam", "GetAccountPasswordPolicy", json!({})).await.unwrap();
    assert_eq!(password["PasswordPolicy"]["MinimumPasswordLength"], 13);
    let place = call(&facts, "s3", "GetBucketLocation", json!({"Bucket": "trail"})).await.unwrap();
    assert_eq!(place["LocationConstraint"], REGION);
    let policy = call(&facts, "s3", "GetBucketPolicy", json!({"Bucket": "trail"})).await.unwrap();
    assert!(policy["Policy"].as_str().unwrap().contains("2012-10-17"), "{policy}");
    let buckets = call(&facts, "s3", "ListBuckets", json!({})).await.unwrap();
    assert_eq!(buckets["Buckets"][0]["Name"], "trail");
    let alarms = call(&facts, "cloudwatch", "DescribeAlarms", json!({})).await.unwrap();
    assert_eq!(alarms["MetricAlarms"][0]["AlarmName"], "a");
    let missing = call(&facts, "s3", "GetBucketPolicy", json!({"Bucket": "nowhere"})).await.unwrap_err();
    assert!(missing.contains("NoSuchBucket"), "{missing}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_providers_from_moto() {
    let moto = Moto::start().await;
    make(
        &moto,
        "iam = c('iam')\niam.create_user(UserName='suzuki')\niam.create_access_key(UserName='suzuki')\n\
         c('ssm').put_parameter(Name='/a/register', Value='s3://x/y', Type='SecureString')\n\
         s3 = c('s3')\ns3.create_bucket(Bucket='bucket-1', CreateBucketConfiguration={'LocationConstraint': 'ap-northeast-1'})\n\
         s3.put_object(Bucket='bucket-1', Key='r.yaml', Body='items: [one]'.encode())\n",
    );
    let sdk = moto.sdk().await;
    let facts = AwsFacts::new(&sdk);
    let report = fetch(&facts, json!({"provider": "iam-credential-report"}), &json!({})).await.unwrap();
    let suzuki = report["users"].as_array().unwrap().iter().find(|user| user["user"] == "suzuki").unwrap();
    assert_eq!((&suzuki["access_key_1_active"], &suzuki["mfa_active"]), (&json!(true), &json!(false)));
    assert!(report["GeneratedTime"].as_str().unwrap().ends_with('Z'));
    let provider = json!({"provider": "ssm-parameter", "name_parameter": "where"});
    let found = fetch(&facts, provider.clone(), &json!({"where": "/a/register"})).await.unwrap();
    assert_eq!((&found["Value"], &found["Type"]), (&json!("s3://x/y"), &json!("SecureString")));
    let missing = fetch(&facts, provider, &json!({"where": "/a/nothing"})).await.unwrap_err();
    assert!(missing.contains("ParameterNotFound") && missing.contains("/a/nothing"), "{missing}");

    let provider = json!({"provider": "s3-object", "uri_parameter": "uri"});
    let uri = json!({"uri": "s3://bucket-1/r.yaml"});
    let object = fetch(&facts, provider.clone(), &uri).await.unwrap();
    assert_eq!(object["document"], json!({"items": ["one"]}));
    // Unchanged: known by its ETag. Changed: read anew.
    assert_eq!(fetch(&facts, provider.clone(), &uri).await.unwrap(), object);
    let s3 = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let body = ByteStream::from_static(b"items: [two]");
    s3.put_object().bucket("bucket-1").key("r.yaml").body(body).send().await.unwrap();
    assert_eq!(fetch(&facts, provider, &uri).await.unwrap()["document"], json!({"items": ["two"]}));
}

fn policies() -> PolicySet {
    let set = PolicySet::load(&root().join("policies"));
    let problems: Vec<_> = set.problems().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{problems:#?}");
    set
}

#[test]
fn every_call_that_a_policy_declares_is_known() {
    let mut calls = 0;
    for policy in policies().policies() {
        for (name, provider) in &policy.metadata.facts {
            let FactProvider::AwsApi(call) = provider else { continue };
            calls += 1;
            if let Err(why) = api::knows(&call.service, &call.action) {
                panic!("{} {name}: {why}", policy.id());
            }
        }
    }
    assert!(calls > 0);
}

/// The permissions that the function needs are those that the policies declare: the template's role has them, and no
/// other reads.
#[test]
fn the_role_of_the_template_has_what_the_policies_declare_and_no_more() {
    let needed: BTreeSet<String> = policies()
        .policies()
        .flat_map(|policy| policy.metadata.facts.values().flat_map(permissions).collect::<Vec<_>>())
        .collect();
    let output = Command::new(environment("bin/python"))
        .arg(root().join("tests/template/expand.py"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let template: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut allowed = BTreeSet::new();
    collect_actions(&template["Resources"]["Role"]["Properties"]["Policies"], &mut allowed);
    // What the function itself needs, whatever the policies are.
    let own =
        ["logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage", "sts:AssumeRole", "s3:GetObject"];
    let of_config = [
        "PutEvaluations",
        "GetResourceConfigHistory",
        "SelectResourceConfig",
        "BatchGetResourceConfig",
        "GetComplianceDetailsByConfigRule",
    ];
    let own: BTreeSet<String> = own
        .iter()
        .map(|name| (*name).to_owned())
        .chain(of_config.iter().map(|name| format!("config:{name}")))
        .collect();
    let facts: BTreeSet<String> = allowed.difference(&own).cloned().collect();
    let list = needed.iter().map(|action| format!("                    - {action}\n")).collect::<String>();
    assert_eq!(facts, needed, "the statement of the role should be:\n{list}");
}

fn collect_actions(value: &Value, actions: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match value {
                    Value::String(action) if name == "Action" => drop(actions.insert(action.clone())),
                    Value::Array(list) if name == "Action" => {
                        actions.extend(list.iter().filter_map(Value::as_str).map(ToOwned::to_owned));
                    }
                    other => collect_actions(other, actions),
                }
            }
        }
        Value::Array(list) => list.iter().for_each(|value| collect_actions(value, actions)),
        _ => {}
    }
}
