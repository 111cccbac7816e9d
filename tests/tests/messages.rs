//! Every message that AWS Config sends, through the real `bootstrap`: oversized changes, both kinds of periodic policy,
//! snapshots, and results of resources that are gone. AWS Config's read calls are answered by replay's stand-in,
//! S3 by moto.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_sdk_s3::primitives::ByteStream;
use sekisho::replay::config_endpoint::ConfigEndpoint;
use sekisho_tests::function::{Answer, Function, event, scheduled_event};
use sekisho_tests::moto::{Moto, REGION};
use sekisho_tests::{policies, snapshots};
use serde_json::{Value, json};
use tempfile::TempDir;

const CREATED: &str = "2026-11-23T01:00:00.000Z";

struct Rig {
    config: ConfigEndpoint,
    function: Function,
    folder: TempDir,
}

impl Rig {
    async fn new(write: impl Fn(&std::path::Path)) -> Self {
        Self::with(write, &[]).await
    }

    async fn with(write: impl Fn(&std::path::Path), environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path());
        let config = ConfigEndpoint::start().await.unwrap();
        let policies = folder.path().display().to_string();
        let mut variables = vec![("SEKISHO_POLICIES", policies.as_str())];
        variables.extend(environment);
        let function = Function::start(&config, &variables).await;
        Self { config, function, folder }
    }

    async fn send(&self, rule: &str, parameters: &Value, invoking: &Value) -> Answer {
        let token = self.config.register_rule(rule);
        self.function.invoke(&event(rule, &token, parameters, invoking)).await
    }

    async fn schedule(&self, rule: &str, parameters: &Value, created: &str) -> Answer {
        let token = self.config.register_rule(rule);
        self.function.invoke(&scheduled_event(rule, &token, parameters, created)).await
    }

    /// Type and id to compliance and annotation.
    fn stored(&self, rule: &str) -> BTreeMap<(String, String), (String, String)> {
        let stored = self.config.compliance(rule).into_iter();
        stored
            .map(|e| ((e.resource_type, e.resource_id), (e.compliance, e.annotation.unwrap_or_default())))
            .collect()
    }

    /// Id to compliance.
    fn compliance(&self, rule: &str) -> BTreeMap<String, String> {
        self.stored(rule).into_iter().map(|((_, id), (compliance, _))| (id, compliance)).collect()
    }
}

fn bucket(id: &str, versioning: &str, at: &str, state: u64) -> Value {
    json!({
        "resourceType": "AWS::S3::Bucket", "resourceId": id, "resourceName": id, "ARN": format!("arn:aws:s3:::{id}"),
        "awsAccountId": "123456789012", "awsRegion": REGION, "configurationItemStatus": "OK",
        "configurationItemVersion": "1.3", "configurationItemCaptureTime": at, "configurationStateId": state,
        "tags": {"DataClass": "PHI"}, "configuration": {"name": id},
        "relationships": [{"resourceType": "AWS::KMS::Key", "resourceId": "key-1", "name": "Is associated with "}],
        "supplementaryConfiguration": {"BucketVersioningConfiguration": {"status": versioning}}
    })
}

/// Denies a bucket without versioning, by its supplementary configuration, its tags and its relationships.
fn versioned(folder: &std::path::Path, trigger: &str) {
    policies::write(
        folder,
        "versioned",
        trigger,
        "AWS::S3::Bucket",
        &[],
        r#"status := object.get(input, ["supplementaryConfiguration", "BucketVersioningConfiguration", "status"], "absent")

deny contains {"msg": sprintf("versioning is %s", [status])} if status != "Enabled"

deny contains {"msg": "no tag"} if object.get(input.tags, "DataClass", "") != "PHI"

deny contains {"msg": "no key"} if count([r | some r in input.relationships; r.resourceType == "AWS::KMS::Key"; startswith(r.name, "Is associated")]) != 1"#,
    );
}

fn oversized(item: &Value) -> Value {
    let mut summary = item.clone();
    for part in ["configuration", "supplementaryConfiguration", "tags", "relationships"] {
        summary.as_object_mut().unwrap().remove(part);
    }
    summary["changeType"] = "UPDATE".into();
    json!({"configurationItemSummary": summary, "messageType": "OversizedConfigurationItemChangeNotification"})
}

fn policy(id: &str) -> Value {
    json!({"policy": id})
}

#[tokio::test]
async fn an_oversized_change_is_judged_by_the_item_of_its_time() {
    let rig = Rig::new(|folder| versioned(folder, "change")).await;
    let then = bucket("b", "Suspended", "2026-11-23T01:00:00.000Z", 1);
    let later = bucket("b", "Enabled", "2026-11-23T02:00:00.000Z", 2);
    rig.config.record(&[then.clone(), later.clone()]);
    assert_eq!(rig.send("r", &policy("versioned"), &oversized(&then)).await.error(), None);
    let stored = rig.config.compliance("r");
    assert_eq!(stored[0].compliance, "NON_COMPLIANT");
    assert_eq!(stored[0].annotation.as_deref(), Some("versioning is Suspended"));
    // 2026-11-23T01:00:00Z, the time of the change and not of the answer.
    assert!((stored[0].ordering_timestamp - 1_795_395_600.0).abs() < 0.001, "{stored:?}");
    assert_eq!(rig.send("r", &policy("versioned"), &oversized(&later)).await.error(), None);
    assert_eq!(rig.compliance("r")["b"], "COMPLIANT");
}

#[tokio::test]
async fn an_oversized_change_that_the_history_does_not_have_is_judged_by_the_newest_item() {
    let rig = Rig::new(|folder| versioned(folder, "change")).await;
    rig.config.record(&[bucket("b", "Suspended", "2026-11-23T00:00:00.000Z", 1)]);
    rig.config.record(&[bucket("b", "Enabled", "2026-11-23T03:00:00.000Z", 3)]);
    let between = bucket("b", "?", "2026-11-23T01:00:00.000Z", 2);
    assert_eq!(rig.send("r", &policy("versioned"), &oversized(&between)).await.error(), None);
    assert_eq!(rig.compliance("r")["b"], "COMPLIANT");
}

#[tokio::test]
async fn an_oversized_change_of_a_resource_that_is_gone_is_not_applicable() {
    let rig = Rig::new(|folder| versioned(folder, "change")).await;
    let mut deleted = bucket("b", "?", "2026-11-23T01:00:00.000Z", 1);
    assert_eq!(rig.send("r", &policy("versioned"), &oversized(&deleted)).await.error(), None);
    assert_eq!(rig.compliance("r")["b"], "NOT_APPLICABLE", "AWS Config does not know it");
    let reads = || rig.config.calls("GetResourceConfigHistory");
    let before = reads();
    assert!(before > 0);
    deleted["configurationItemStatus"] = "ResourceDeleted".into();
    deleted["resourceId"] = "c".into();
    assert_eq!(rig.send("r", &policy("versioned"), &oversized(&deleted)).await.error(), None);
    assert_eq!(rig.compliance("r")["c"], "NOT_APPLICABLE");
    assert_eq!(reads(), before, "nothing is asked about a deleted resource");
}

#[tokio::test]
async fn a_periodic_policy_judges_each_resource_with_all_its_parts() {
    let rig = Rig::new(|folder| versioned(folder, "periodic")).await;
    // More than a page of a query, and more than a batch.
    let items: Vec<Value> = (0..230)
        .map(|n| bucket(&format!("b{n}"), if n % 2 == 0 { "Enabled" } else { "Suspended" }, CREATED, n))
        .collect();
    rig.config.record(&items);
    rig.config.record(&[json!({
        "resourceType": "AWS::SNS::Topic", "resourceId": "t", "configurationItemStatus": "OK",
        "configurationItemCaptureTime": CREATED, "configurationStateId": 1
    })]);
    assert_eq!(rig.schedule("r", &policy("versioned"), CREATED).await.0, json!({"evaluations": 230}));
    let compliance = rig.compliance("r");
    assert_eq!(compliance.len(), 230);
    assert!(
        (0..230).all(|n| {
            compliance[&format!("b{n}")] == if n % 2 == 0 { "COMPLIANT" } else { "NON_COMPLIANT" }
        })
    );
}

fn joined(folder: &std::path::Path) {
    policies::write(
        folder,
        "joined",
        "periodic",
        "AWS::::Account, AWS::EC2::VPC",
        &["inventory: [AWS::EC2::VPC, AWS::EC2::FlowLog]"],
        r#"judged contains {"resourceType": "AWS::EC2::VPC", "resourceId": id} if some id, _ in data.inventory["AWS::EC2::VPC"]

logged contains log.configuration.resourceId if some log in data.inventory["AWS::EC2::FlowLog"]

deny contains {"msg": "no flow log", "resource": {"resourceType": "AWS::EC2::VPC", "resourceId": id}} if {
	some id, _ in data.inventory["AWS::EC2::VPC"]
	not id in logged
}"#,
    );
}

fn simple(resource_type: &str, id: &str, configuration: &Value) -> Value {
    json!({
        "resourceType": resource_type, "resourceId": id, "configurationItemStatus": "OK", "awsRegion": REGION,
        "awsAccountId": "123456789012", "configurationItemVersion": "1.3", "configurationItemCaptureTime": CREATED,
        "configurationStateId": 1, "tags": {}, "relationships": [], "configuration": configuration,
        "supplementaryConfiguration": {}
    })
}

#[tokio::test]
async fn a_periodic_policy_sees_other_items_of_the_types_that_it_names() {
    let rig = Rig::new(joined).await;
    rig.config.record(&[
        simple("AWS::EC2::VPC", "vpc-1", &json!({"vpcId": "vpc-1"})),
        simple("AWS::EC2::VPC", "vpc-2", &json!({"vpcId": "vpc-2"})),
        simple("AWS::EC2::FlowLog", "fl-1", &json!({"resourceId": "vpc-1"})),
    ]);
    assert_eq!(rig.schedule("r", &policy("joined"), CREATED).await.error(), None);
    let compliance = rig.compliance("r");
    assert_eq!(compliance["vpc-1"], "COMPLIANT");
    assert_eq!(compliance["vpc-2"], "NON_COMPLIANT");
    assert_eq!(compliance["123456789012"], "COMPLIANT");
}

#[tokio::test]
async fn an_inventory_that_cannot_be_had_is_an_error_of_the_policies_that_need_it() {
    let rig = Rig::new(|folder| {
        joined(folder);
        policies::write(
            folder,
            "account",
            "periodic",
            "AWS::::Account",
            &[],
            "deny contains \"always\" if input.resourceId",
        );
    })
    .await;
    rig.config.refuse("SelectResourceConfig", "AccessDeniedException");
    let answer = rig.schedule("r", &policy("account,joined"), CREATED).await;
    let error = answer.error().unwrap();
    assert!(error.contains("config:SelectResourceConfig AWS::EC2::"), "{error}");
    assert!(error.contains("add config:SelectResourceConfig"), "{error}");
    assert_eq!(rig.compliance("r")["123456789012"], "NON_COMPLIANT", "the other policy reports");
}

#[tokio::test]
async fn results_of_resources_that_are_gone_are_cleared() {
    let rig = Rig::new(joined).await;
    let vpcs: Vec<Value> =
        (0..120).map(|n| simple("AWS::EC2::VPC", &format!("vpc-{n}"), &json!({"vpcId": "x"}))).collect();
    rig.config.record(&vpcs);
    assert_eq!(rig.schedule("r", &policy("joined"), CREATED).await.error(), None);
    assert_eq!(rig.compliance("r").len(), 121);
    rig.config.forget("AWS::EC2::VPC", "vpc-7");
    rig.config.forget("AWS::EC2::VPC", "vpc-111");
    let later = "2026-11-24T01:00:00.000Z";
    assert_eq!(rig.schedule("r", &policy("joined"), later).await.error(), None);
    let compliance = rig.compliance("r");
    assert_eq!(
        (compliance["vpc-7"].as_str(), compliance["vpc-111"].as_str()),
        ("NOT_APPLICABLE", "NOT_APPLICABLE")
    );
    assert_eq!(compliance.values().filter(|compliance| *compliance == "NON_COMPLIANT").count(), 118);
}

/// A rule of an organisation may have a name that its own results cannot be asked by.
#[tokio::test]
async fn a_rule_with_a_long_name_runs_all_the_same() {
    let rig = Rig::new(joined).await;
    let name = format!("OrgConfigRule-{}", "x".repeat(80));
    rig.config.record(&[simple("AWS::EC2::VPC", "vpc-1", &json!({"vpcId": "x"}))]);
    assert_eq!(rig.schedule(&name, &policy("joined"), CREATED).await.error(), None);
    assert_eq!(rig.compliance(&name)["vpc-1"], "NON_COMPLIANT");
}

#[tokio::test]
async fn what_a_policy_of_changes_said_is_not_cleared_by_the_schedule() {
    let rig = Rig::new(|folder| {
        joined(folder);
        policies::write(
            folder,
            "tagged",
            "change",
            "AWS::EC2::VPC",
            &[],
            "deny contains \"no tag\" if count(input.tags) == 0",
        );
    })
    .await;
    let item = simple("AWS::EC2::VPC", "vpc-9", &json!({"vpcId": "vpc-9"}));
    let change = json!({"configurationItem": item, "messageType": "ConfigurationItemChangeNotification"});
    assert_eq!(rig.send("r", &policy("tagged,joined"), &change).await.error(), None);
    // The inventory does not have it (yet).
    assert_eq!(rig.schedule("r", &policy("tagged,joined"), CREATED).await.error(), None);
    assert_eq!(rig.compliance("r")["vpc-9"], "NON_COMPLIANT");
}

struct Delivered {
    rig: Rig,
    _moto: Moto,
    s3: aws_sdk_s3::Client,
}

const KEY: &str = "AWSLogs/123456789012/Config/ap-northeast-1/2026/11/23/ConfigSnapshot/made-up.json.gz";

async fn delivered(bytes: Vec<u8>) -> Delivered {
    let moto = Moto::start().await;
    let s3 = aws_sdk_s3::config::Builder::from(&moto.sdk().await).force_path_style(true).build();
    let s3 = aws_sdk_s3::Client::from_conf(s3);
    let place =
        aws_sdk_s3::types::CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
    s3.create_bucket().bucket("config").create_bucket_configuration(place).send().await.unwrap();
    s3.put_object().bucket("config").key(KEY).body(ByteStream::from(bytes)).send().await.unwrap();
    let root: PathBuf = sekisho_tests::root().join("policies");
    let root = root.display().to_string();
    let rig =
        Rig::with(|_| {}, &[("AWS_ENDPOINT_URL", moto.url.as_str()), ("SEKISHO_POLICIES", root.as_str())])
            .await;
    Delivered { rig, _moto: moto, s3 }
}

fn delivery() -> Value {
    json!({
        "configSnapshotId": "made-up", "s3ObjectKey": KEY, "s3Bucket": "config",
        "notificationCreationTime": CREATED, "messageType": "ConfigurationSnapshotDeliveryCompleted",
        "recordVersion": "1.1"
    })
}

#[tokio::test]
async fn every_item_of_a_snapshot_is_judged() {
    const COUNT: usize = 1_500;
    let mut bytes = Vec::new();
    snapshots::write(COUNT, &mut bytes).unwrap();
    let Delivered { rig, s3, _moto } = delivered(bytes).await;
    let judged = (0..COUNT).filter(|n| snapshots::is_judged(*n)).count();
    let answer = rig.send("r", &policy("dynamodb-pitr"), &delivery()).await;
    assert_eq!(answer.0, json!({"evaluations": judged}));
    let compliance = rig.compliance("r");
    assert_eq!(compliance.len(), judged);
    for number in (0..COUNT).filter(|n| snapshots::is_judged(*n)) {
        let expected = if snapshots::is_denied(number) { "NON_COMPLIANT" } else { "COMPLIANT" };
        assert_eq!(compliance[&format!("table-{number}")], expected);
    }
    // The next one has fewer: the others are gone.
    let mut fewer = Vec::new();
    snapshots::write(1_000, &mut fewer).unwrap();
    s3.put_object().bucket("config").key(KEY).body(ByteStream::from(fewer)).send().await.unwrap();
    assert_eq!(rig.send("r", &policy("dynamodb-pitr"), &delivery()).await.error(), None);
    let gone = rig.compliance("r").into_values().filter(|compliance| compliance == "NOT_APPLICABLE").count();
    assert_eq!(gone, 450);
    assert!(rig.folder.path().exists());
}

#[tokio::test]
async fn a_snapshot_that_breaks_off_or_is_not_there_is_an_error_and_clears_nothing() {
    let mut bytes = Vec::new();
    snapshots::write(1_200, &mut bytes).unwrap();
    let whole = bytes.clone();
    bytes.truncate(bytes.len() * 3 / 4);
    let Delivered { rig, s3, _moto } = delivered(whole).await;
    assert_eq!(rig.send("r", &policy("dynamodb-pitr"), &delivery()).await.error(), None);
    let before = rig.compliance("r");
    s3.put_object().bucket("config").key(KEY).body(ByteStream::from(bytes)).send().await.unwrap();
    let answer = rig.send("r", &policy("dynamodb-pitr"), &delivery()).await;
    let error = answer.error().unwrap();
    assert!(error.contains("s3://config/AWSLogs") && error.contains("items were read before"), "{error}");
    assert_eq!(rig.compliance("r"), before);
    s3.delete_object().bucket("config").key(KEY).send().await.unwrap();
    let answer = rig.send("r", &policy("dynamodb-pitr"), &delivery()).await;
    assert!(answer.error().unwrap().contains("NoSuchKey"), "{answer:?}");
    assert_eq!(rig.compliance("r"), before);
}
