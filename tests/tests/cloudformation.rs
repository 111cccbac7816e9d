//! Templates of CloudFormation through the real `sekisho scan --cloudformation`, and the resources of a template against the
//! fixtures of the pack: the same item, as far as a policy reads it, and the same verdict.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use sekisho::fixture;
use sekisho_engine::cloudformation::{self, Deployment, Plan, Template, mapping};
use sekisho_engine::evaluate::Evaluator;
use sekisho_engine::policy::PolicySet;
use sekisho_engine::policy::mask::{Known, Mask};
use sekisho_engine::verdict::Compliance;
use sekisho_tests::{Output, root, sekisho};
use serde_json::{Value, json};

/// A resource of `cloudformation/pack.yaml`, and the fixture whose item it becomes.
const PAIRS: [(&str, &str); 37] = [
    ("TableWithPitr", "dynamodb-pitr/enabled"),
    ("TableWithoutPitr", "dynamodb-pitr/disabled"),
    ("TableWithPitr", "residency-dynamodb-replicas/no-replica"),
    ("TrailOn", "cloudtrail-log-file-validation/on"),
    ("TrailOff", "cloudtrail-log-file-validation/off"),
    ("ListenerTls13", "elb-tls-policy/tls13"),
    ("ListenerTls12", "elb-tls-policy/tls12-with-cbc"),
    ("ListenerMutual", "elb-tls-policy/mutual-tls"),
    ("ListenerRedirects", "elb-tls-policy/http-redirects"),
    ("ListenerTcp", "elb-tls-policy/tcp"),
    ("ListenerRefuses", "elb-tls-policy/http-refuses"),
    ("GroupSshWorld", "no-open-admin-ports/ssh-world"),
    ("GroupHttpsOnly", "no-open-admin-ports/https-only"),
    ("GroupRange", "no-open-admin-ports/range"),
    ("GroupAllTraffic", "no-open-admin-ports/all-traffic"),
    ("GroupPrefixList", "no-open-admin-ports/prefix-list"),
    ("Database", "rds-backup-retention/instance"),
    ("DatabaseWithoutBackups", "rds-backup-retention/instance-backups-off"),
    ("DatabaseWithoutProtection", "rds-backup-retention/instance-no-deletion-protection"),
    ("Cluster", "rds-backup-retention/cluster"),
    ("ClusterShortRetention", "rds-backup-retention/cluster-short-retention"),
    ("Key", "residency-kms-multi-region/one-region"),
    ("Bucket", "s3-versioning-lock/versioned"),
    ("BucketSuspended", "s3-versioning-lock/suspended"),
    ("BucketNeverVersioned", "s3-versioning-lock/never-versioned"),
    ("BucketLocked", "s3-versioning-lock/object-lock"),
    ("BucketDenied", "s3-deny-insecure-transport/two-statements"),
    ("RoleOfService", "iam-cross-account-trust-known/service"),
    ("RoleOfOthers", "iam-cross-account-trust-known/unknown-account"),
    ("RoleInline", "iam-no-wildcard-admin/role-inline"),
    ("RoleAdministrator", "iam-no-wildcard-admin/role-administrator"),
    ("BackupPlan", "backup-plan-frequency-retention/daily-two-regions"),
    ("BackupPlanOnePlace", "backup-plan-frequency-retention/one-place"),
    ("Bucket", "residency-resource-region/tokyo-bucket"),
    ("Database", "residency-resource-region/osaka-database"),
    ("RoleOfService", "residency-resource-region/iam-role"),
    ("TableWithPitr", "residency-resource-region/seoul-table"),
];

fn plan(file: &str, deployment: &Deployment) -> Plan {
    let path = root().join("tests/cloudformation").join(file);
    let text = fs::read_to_string(&path).unwrap();
    Template::parse(file, &text).unwrap().plan(deployment).unwrap()
}

/// What `mask` keeps of a document, without nulls, and with the documents that AWS keeps as text decoded.
fn kept(value: &Value, mask: &Mask) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter_map(|(name, value)| {
                let value = kept(value, mask.field(name)?);
                (!value.is_null()).then(|| (name.clone(), value))
            });
            Value::Object(kept.collect())
        }
        Value::Array(list) => mask
            .element()
            .map(|mask| list.iter().map(|value| kept(value, mask)).collect())
            .unwrap_or_default(),
        Value::String(text) => match serde_json::from_str(&decoded(text)) {
            Ok(document @ Value::Object(_)) => kept(&document, &Mask::All),
            _ => value.clone(),
        },
        scalar => scalar.clone(),
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        let escaped = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()).filter(|_| *byte == b'%');
        if let Some(byte) = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &behind[2..];
        } else {
            bytes.push(*byte);
            rest = behind;
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_resource_becomes_the_item_of_the_fixture_and_gets_its_verdict() {
    let set = PolicySet::load(&root().join("policies"));
    for (logical_id, name) in PAIRS {
        let path = root().join("fixtures").join(format!("{name}.yaml"));
        let (cases, problems) = fixture::find(&path);
        assert!(problems.is_empty(), "{problems:?}");
        let case = &cases[0];
        let policy = set.get(&case.policy_id).unwrap();
        let prepared = case.prepare(policy).unwrap();
        let deployment = Deployment {
            account: prepared.item.account_id.clone(),
            region: Some(match prepared.item.region.as_deref() {
                None | Some("global") => "ap-northeast-1".to_owned(),
                Some(region) => region.to_owned(),
            }),
            ..Deployment::default()
        };
        let plan = plan("pack.yaml", &deployment);
        let planned = plan.resources.iter().find(|one| one.item.resource.resource_id == logical_id).unwrap();
        let mut evaluator = Evaluator::new();
        evaluator.add(policy, &prepared.data).unwrap();
        let parameters = BTreeMap::from([(policy.id().to_owned(), prepared.data.parameters.clone())]);
        let outcome = cloudformation::judge(&evaluator, &parameters, planned);
        assert!(outcome.errors.is_empty(), "{name}: {:?}", outcome.errors);
        let verdict = &outcome.verdicts[0];
        let reasons: BTreeSet<&str> = verdict.reasons.iter().map(|reason| reason.msg.as_str()).collect();
        let expected = &case.fixture.expect;
        assert_eq!(Some(verdict.compliance), expected.compliance, "{logical_id} {name}: {reasons:?}");
        assert_eq!(reasons, expected.reasons.iter().map(String::as_str).collect(), "{logical_id} {name}");
        let known = Known {
            resource_type: &planned.item.resource.resource_type,
            parameters: &prepared.data.parameters,
        };
        let mask = policy.masks(known).input;
        assert_eq!(
            kept(&planned.item.document, &mask),
            kept(&prepared.item.document, &mask),
            "{logical_id} {name}"
        );
    }
}

#[test]
fn every_mapped_type_is_held_against_the_fixtures_and_the_document_names_it() {
    let plan = plan("pack.yaml", &Deployment::default());
    let type_of = |id: &str| {
        let planned = plan.resources.iter().find(|planned| planned.item.resource.resource_id == id);
        planned.unwrap().item.resource.resource_type.clone()
    };
    let tested: BTreeSet<String> = PAIRS.iter().map(|(id, _)| type_of(id)).collect();
    let mapped: BTreeSet<String> = mapping::all().map(|mapping| mapping.resource_type.clone()).collect();
    assert_eq!(tested, mapped);
    let document = fs::read_to_string(root().join("docs/cloudformation.md")).unwrap();
    let rows: BTreeSet<String> = document
        .lines()
        .filter_map(|line| Some(line.strip_prefix("| `AWS::")?.split_once('`')?.0))
        .map(|name| format!("AWS::{name}"))
        .collect();
    assert_eq!(rows, mapped);
}

/// A template in a folder of its own, scanned with the project's policies.
fn scan(name: &str, text: &str, arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    let output = sekisho(&[&["scan", "--cloudformation", &path, "--lang", "en"], arguments].concat());
    assert!(!output.stderr.contains("panicked"), "{output:?}");
    output
}

fn verdicts(output: &Output) -> BTreeMap<(String, String), (String, String)> {
    let document: Value =
        serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    document["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|verdict| {
            let reasons = verdict["reasons"].as_array().unwrap().iter().map(|reason| text(&reason["msg"]));
            let said = (text(&verdict["compliance"]), reasons.collect::<Vec<_>>().join("; "));
            ((text(&verdict["resourceId"]), text(&verdict["policyId"])), said)
        })
        .collect()
}

const TABLES: &str = "\
Parameters:
  Pitr: {Type: String, AllowedValues: ['true', 'false']}
Conditions:
  IsOn: !Equals [!Ref Pitr, 'true']
Resources:
  Off:
    Type: AWS::DynamoDB::Table
  Given:
    Type: AWS::DynamoDB::Table
    Properties:
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: !Ref Pitr}
  Maybe:
    Type: AWS::DynamoDB::Table
    Condition: IsOn
  Function:
    Type: AWS::Serverless::Function
";

#[test]
fn what_is_not_known_before_deployment_is_not_applicable_with_the_reason() {
    let output = scan("t.yaml", TABLES, &["--policy", "dynamodb-pitr", "--format", "json"]);
    assert_eq!(output.code, 1, "{output:?}");
    let of = |id: &str| verdicts(&output)[&(id.to_owned(), "dynamodb-pitr".to_owned())].clone();
    assert_eq!(of("Off"), ("NON_COMPLIANT".into(), "point-in-time recovery is off".into()));
    let field = "supplementaryConfiguration.ContinuousBackupsDescription.pointInTimeRecoveryDescription.\
                 pointInTimeRecoveryStatus";
    let why = format!("{field} is not known before deployment: the parameter Pitr has no value");
    assert_eq!(of("Given"), ("NOT_APPLICABLE".into(), why));
    let why = "whether the resource is deployed is not known: the parameter Pitr has no value";
    assert_eq!(of("Maybe"), ("NOT_APPLICABLE".into(), why.into()));
    assert!(output.stderr.contains("1 resource of AWS::Serverless::Function"), "{output:?}");
    let document: Value = serde_json::from_str(&output.stdout).unwrap();
    let file = document["verdicts"][0]["file"].as_str().unwrap();
    assert!(file.ends_with("t.yaml:6"), "{file}");
}

#[test]
fn a_parameter_makes_it_known_and_decides_what_is_deployed() {
    let arguments = ["--policy", "dynamodb-pitr", "--format", "json", "--cfn-parameter"];
    let output = scan("t.yaml", TABLES, &[&arguments[..], &["Pitr=true"]].concat());
    let found: Vec<_> =
        verdicts(&output).into_iter().map(|((id, _), (compliance, _))| (id, compliance)).collect();
    let expected = [("Given", "COMPLIANT"), ("Maybe", "NON_COMPLIANT"), ("Off", "NON_COMPLIANT")];
    assert_eq!(found, expected.map(|(id, compliance)| (id.to_owned(), compliance.to_owned())));
    let output = scan("t.yaml", TABLES, &[&arguments[..], &["Pitr=false"]].concat());
    let ids: Vec<_> = verdicts(&output).into_keys().map(|(id, _)| id).collect();
    assert_eq!(ids, ["Given", "Off"], "the condition of the third does not hold");
}

#[test]
fn an_unknown_field_that_a_policy_does_not_read_keeps_it_from_nothing() {
    let template = json!({"Resources": {"Db": {"Type": "AWS::DynamoDB::Table", "Properties": {
        "TableName": {"Fn::ImportValue": "name"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": "true"},
    }}}});
    let output = scan("t.json", &template.to_string(), &["--policy", "dynamodb-pitr", "--all"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(output.stdout, "COMPLIANT\tdynamodb-pitr\tAWS::DynamoDB::Table Db\t\t\n");
    // Where it lies is read by another, and not known.
    let output = scan("t.json", &template.to_string(), &["--policy", "residency-resource-region", "--all"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(
        output.stdout.contains("awsRegion is not known before deployment: AWS::Region is not given"),
        "{output:?}"
    );
}

#[test]
fn a_verdict_that_holds_whatever_the_value_is_is_given() {
    let cluster = |retention: &str| {
        format!(
            "Resources:\n  C:\n    Type: AWS::RDS::DBCluster\n    Properties: {{Engine: aurora-mysql, DeletionProtection: true, BackupRetentionPeriod: {retention}}}\n"
        )
    };
    // Whether it is in several zones depends on its instances: nothing that hangs on it is said.
    let asks = ["--policy", "rds-backup-retention", "--param", "requireMultiAZ=true", "--format", "json"];
    let of = |output: &Output| verdicts(output).into_values().next().unwrap();
    let (compliance, reasons) = of(&scan("t.yaml", &cluster("7"), &asks));
    assert_eq!(compliance, "NOT_APPLICABLE");
    assert!(reasons.starts_with("configuration.multiAZ is not known before deployment"), "{reasons}");
    let (compliance, reasons) = of(&scan("t.yaml", &cluster("3"), &asks));
    assert_eq!(
        (compliance.as_str(), reasons.as_str()),
        ("NON_COMPLIANT", "automated backups are kept 3 of the required 7 days")
    );
}

#[test]
fn a_security_group_counts_the_rules_that_other_resources_give_it_and_stays_open_where_that_is_unclear() {
    let group = |by: &str| {
        format!(
            "Parameters:\n  P: {{Type: String}}\nResources:\n  G: {{Type: AWS::EC2::SecurityGroup}}\n  R:\n    Type: AWS::EC2::SecurityGroupIngress\n    Properties: {{GroupId: {by}, IpProtocol: tcp, FromPort: 22, ToPort: 22, CidrIp: 0.0.0.0/0}}\n"
        )
    };
    let of = |by: &str| {
        let output = scan("t.yaml", &group(by), &["--policy", "no-open-admin-ports", "--format", "json"]);
        verdicts(&output)[&("G".to_owned(), "no-open-admin-ports".to_owned())].0.clone()
    };
    assert_eq!(of("!GetAtt G.GroupId"), "NON_COMPLIANT");
    // A rule of the same ports whose source nobody knows is not lost where the two are shown as one.
    let known = group("!Ref G").replace("0.0.0.0/0", "10.0.0.0/8");
    let unknown = known.replace("  R:", "  Q:").replace("10.0.0.0/8", "!Ref P");
    let both = format!("{known}{}", &unknown[unknown.find("  Q:").unwrap()..]);
    let output = scan("t.yaml", &both, &["--policy", "no-open-admin-ports", "--format", "json"]);
    let (compliance, _) = &verdicts(&output)[&("G".to_owned(), "no-open-admin-ports".to_owned())];
    assert_eq!(compliance, "NOT_APPLICABLE", "{output:?}");
    assert_eq!(of("!ImportValue other"), "COMPLIANT");
    assert_eq!(of("!Ref P"), "NOT_APPLICABLE");
}

#[test]
fn a_macro_that_nobody_knows_leaves_nothing_known() {
    let text = format!("Transform: [Ours]\n{TABLES}");
    let output = scan("t.yaml", &text, &["--policy", "dynamodb-pitr", "--format", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(verdicts(&output).values().all(|(compliance, why)| {
        compliance == "NOT_APPLICABLE" && why.contains("the macro Ours may change the resource")
    }));
}

#[test]
fn a_template_that_cannot_be_read_is_an_error_with_its_place() {
    let cases = [
        ("t.yaml", "Resources:\n  A: {Type: AWS::S3::Bucket\n  B: 1\n", "t.yaml:3:4", "is not YAML"),
        ("t.json", "{\"Resources\": {\n  \"A\" 1}}", "t.json:2:7", "is not valid JSON"),
        ("t.yaml", "Resources:\n  A:\n    Properties: {}\n", "t.yaml:2", "Resources.A.Type"),
        ("t.yaml", "Resources:\n  Fn::ForEach::X: []\n", "t.yaml:2", "--template-stage Processed"),
        ("t.yaml", "Properties: 1\n", "t.yaml", "Resources"),
    ];
    for (name, text, place, message) in cases {
        let output = scan(name, text, &[]);
        assert_eq!((output.code, output.stdout.as_str()), (2, ""), "{output:?}");
        assert!(output.stderr.contains(place) && output.stderr.contains(message), "{output:?}");
    }
    let wrong =
        [("Nope=1", "no template has a parameter Nope"), ("Pitr=yes", "\"yes\" is not among true, false")];
    for (given, message) in wrong {
        let output = scan("t.yaml", TABLES, &["--cfn-parameter", given]);
        assert_eq!(output.code, 2, "{output:?}");
        assert!(output.stderr.contains(message), "{output:?}");
    }
    let output = sekisho(&["scan", "--region", "ap-northeast-1", "items.json"]);
    assert_eq!(output.code, 2, "--region is for templates alone: {output:?}");
}

#[test]
fn nothing_of_the_pack_is_compliant_where_nothing_is_known() {
    // Each property of each resource is what no one can know.
    let path = root().join("tests/cloudformation/pack.yaml");
    let template = fs::read_to_string(path).unwrap();
    let types: BTreeSet<&str> = template
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Type: AWS::"))
        .filter(|name| mapping::of(&format!("AWS::{name}")).is_some())
        .collect();
    assert!(types.len() > 5, "{types:?}");
    let resources: serde_json::Map<String, Value> = types
        .iter()
        .map(|name| {
            (
                name.replace("::", ""),
                json!({"Type": format!("AWS::{name}"), "Properties": {"Fn::Transform": {"Name": "x"}}}),
            )
        })
        .collect();
    let output = scan("t.json", &json!({"Resources": resources}).to_string(), &["--format", "json"]);
    let told: Vec<_> = verdicts(&output)
        .into_iter()
        .filter(|(_, (compliance, _))| *compliance != Compliance::NotApplicable.as_str())
        .collect();
    // A table of this type has no replicas, whatever its properties are.
    let (table, policy) = ("DynamoDBTable".to_owned(), "residency-dynamodb-replicas".to_owned());
    assert_eq!(told, [((table, policy), ("COMPLIANT".to_owned(), String::new()))]);
}
