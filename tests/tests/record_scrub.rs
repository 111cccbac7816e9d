//! What `sekisho record` writes: nothing of an account's own is left, relations are, and policies say the same.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use sekisho::fixture::{self, Case};
use sekisho::record::scrub::Scrubber;
use sekisho::record::secrets::Secrets;
use sekisho::record::words;
use sekisho_engine::evaluate::{Evaluator, Occasion};
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem};
use sekisho_engine::policy::{Policy, PolicySet};
use sekisho_engine::verdict::Compliance;
use sekisho_tests::root;
use serde_json::{Value, json};

fn scrub(item: &Value, words: BTreeSet<String>) -> Value {
    Scrubber::new(words).unwrap().scrub(std::slice::from_ref(item)).unwrap().remove(0)
}

fn read(document: &Value) -> ConfigurationItem {
    ConfigurationItem::from_map(document.as_object().unwrap().clone(), "test", "").unwrap()
}

type Said = (Vec<(Compliance, usize)>, Vec<String>);

/// The verdicts with how many reasons each has; and the errors.
fn said(case: &Case, policy: &Arc<Policy>, item: &ConfigurationItem, occasion: Occasion) -> Option<Said> {
    let prepared = case.prepare(policy).ok()?;
    let mut evaluator = Evaluator::new();
    evaluator.add(policy, &prepared.data).ok()?;
    let outcome = evaluator.judge(item, occasion);
    let verdicts =
        outcome.verdicts.iter().map(|verdict| (verdict.compliance, verdict.reasons.len())).collect();
    Some((verdicts, outcome.errors.iter().map(ToString::to_string).collect()))
}

/// Fixtures whose policy says something else of the scrubbed item, and why.
const OTHERWISE: [(&str, &str); 1] =
    [("iam-no-wildcard-admin/approved-policy", "a parameter has a pattern of the name: break-*")];

#[test]
fn every_policy_says_the_same_of_its_scrubbed_fixtures() {
    let set = PolicySet::load(&root().join("policies"));
    let (cases, _) = fixture::find(&root().join("fixtures"));
    let (mut compared, mut different, mut refused) = (0, Vec::new(), Vec::new());
    for case in cases {
        let Some(policy) = set.get(&case.policy_id) else { continue };
        let alone = policy.metadata.facts.is_empty() && policy.metadata.inventory.is_empty();
        let Ok(prepared) = case.prepare(policy) else { continue };
        if !alone || prepared.item.resource.resource_type == ACCOUNT_TYPE {
            continue;
        }
        let mut scrubber = Scrubber::new(words::of(policy, &case.fixture.parameters)).unwrap();
        let original = &prepared.item;
        let document = scrubber.scrub(std::slice::from_ref(&original.document)).unwrap().remove(0);
        let mut scrubbed_case = case.clone();
        for (name, value) in &mut scrubbed_case.fixture.parameters {
            *value = scrubber.value(value, name);
        }
        let name = format!("{}/{}", case.policy_id, case.name);
        let before = said(&case, policy, original, prepared.occasion);
        let after = said(&scrubbed_case, policy, &read(&document), prepared.occasion);
        if before != after {
            different.push((name.clone(), before, after));
        }
        let again = scrub(&document, words::of(policy, &case.fixture.parameters));
        assert_eq!(again, document, "{name}: scrubbed twice");
        let secrets = Secrets::new().unwrap().find(&original.document, &document);
        refused.extend(secrets.into_iter().map(|finding| (name.clone(), finding)));
        compared += 1;
    }
    let names: Vec<&str> = different.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, OTHERWISE.map(|(name, _)| name), "{different:#?}");
    assert_eq!(refused, [], "no fixture has a secret");
    assert!(compared > 200, "only {compared} fixtures were compared");
}

/// Originals of each kind, none of which looks like a replacement.
#[derive(Debug, Clone)]
struct Originals {
    accounts: Vec<String>,
    names: Vec<String>,
    ids: Vec<String>,
    users: Vec<String>,
    keys: Vec<String>,
    uuids: Vec<String>,
    emails: Vec<String>,
    v4: Vec<String>,
    v6: Vec<String>,
    hosts: Vec<String>,
    digests: Vec<String>,
}

impl Originals {
    fn lists(&self) -> [&Vec<String>; 11] {
        [
            &self.accounts,
            &self.names,
            &self.ids,
            &self.users,
            &self.keys,
            &self.uuids,
            &self.emails,
            &self.v4,
            &self.v6,
            &self.hosts,
            &self.digests,
        ]
    }
}

fn some(pattern: &'static str) -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(proptest::string::string_regex(pattern).unwrap(), 1..5)
}

fn originals() -> impl Strategy<Value = Originals> {
    let first = (
        some("3[1-9]{11}"),
        some("zq[a-z]{3,9}-[a-z]{2,6}[1-9]{2}"),
        some("(i|vpc|sg|subnet|eni)-[1-9a-f]{17}"),
        some("A(IDA|ROA)Q[B-D1-9]{16}"),
        some("A(KIA|SIA)Q[B-D1-9]{15}"),
        some("[1-9a-f]{8}-[1-9a-f]{4}-4[1-9a-f]{3}-9[1-9a-f]{3}-[1-9a-f]{12}"),
    );
    let second = (
        some("[a-z]{3,8}\\.[a-z]{3,8}@zq[a-z]{3,8}\\.(jp|com)"),
        some("54\\.(1[0-9]{2}|[2-9][0-9])\\.(1[0-9]{2}|[2-9][0-9])\\.(1[0-9]{2}|[2-9][0-9])"),
        some("2400:cb[1-9]{2}:[1-9]{4}:[1-9]{4}::[1-9]{4}"),
        some("zq[a-z]{3,8}\\.(hospital|clinic)[1-9]{2}\\.jp"),
        some("[a-f]{10}[1-9a-f]{22}"),
    );
    (first, second).prop_map(
        |((accounts, names, ids, users, keys, uuids), (emails, v4, v6, hosts, digests))| Originals {
            accounts,
            names,
            ids,
            users,
            keys,
            uuids,
            emails,
            v4,
            v6,
            hosts,
            digests,
        },
    )
}

/// An item that has every original in a list, and the first of each kind wherever AWS Config has such things.
fn item(of: &Originals) -> Value {
    let (account, name, id) = (&of.accounts[0], &of.names[0], &of.ids[0]);
    let policy = json!({"Statement": [{
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:user/{name}")}, "Action": "s3:*",
        "Resource": [format!("arn:aws:s3:::{name}/*"), format!("arn:aws:s3:::{}", of.names[of.names.len() - 1])],
        "Condition": {"StringEquals": {"aws:SourceAccount": of.accounts}, "IpAddress": {"aws:SourceIp": format!("{}/32", of.v4[0])}},
    }]})
    .to_string();
    let encoded: String = policy.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let all = |list: &[String]| list.join(" and ");
    json!({
        "configurationItemVersion": "1.3", "configurationItemCaptureTime": "2026-11-20T04:31:22.118Z", "configurationItemStatus": "OK",
        "configurationStateId": 1_795_149_082_118_u64, "awsAccountId": account, "resourceType": "AWS::S3::Bucket", "resourceId": name,
        "resourceName": name, "ARN": format!("arn:aws:s3:::{name}"), "awsRegion": "ap-northeast-1",
        "tags": {"Owner": of.emails[0], "Name": name, "Team": "zqteam", format!("map-{account}"): "yes"},
        "relationships": [{"resourceType": "AWS::EC2::Instance", "resourceId": id, "name": "Is attached to Instance"}],
        "configuration": {
            "lists": of.lists().map(|list| json!({"bucketNames": list})),
            "text": format!("{} {} {} {}", all(&of.accounts), all(&of.names), all(&of.ids), all(&of.users)),
            "more": format!("({}), [{}] <{}>", all(&of.uuids), all(&of.keys), all(&of.emails)),
            "addresses": format!("{}; {}; https://{}/x", all(&of.v4), all(&of.v6), all(&of.hosts)),
            "digest": all(&of.digests), "description": format!("for {name}, zqteam"),
            "endpoint": format!("{name}.s3.ap-northeast-1.amazonaws.com"), "number": 42, "enabled": true, "none": null,
            "environment": {"variables": {"TABLE": name, "URL": format!("https://{}", of.hosts[0])}},
            "assumeRolePolicyDocument": encoded, "accountId": account.parse::<u64>().unwrap(),
        },
        "supplementaryConfiguration": {"BucketPolicy": {"policyText": policy}},
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn no_original_is_left_and_what_was_equal_is(of in originals()) {
        let original = item(&of);
        let scrubbed = scrub(&original, BTreeSet::new());
        let text = scrubbed.to_string();
        for list in of.lists() {
            for value in list {
                prop_assert!(!text.contains(value.as_str()), "{} is left in {:#}", value, scrubbed);
            }
        }
        prop_assert!(!text.contains("zqteam"));
        read(&scrubbed);
        let lists = |item: &Value| -> Vec<Vec<String>> {
            let lists = item["configuration"]["lists"].as_array().unwrap().iter();
            let texts = |list: &Value| list["bucketNames"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect();
            lists.map(texts).collect()
        };
        for (before, after) in lists(&original).iter().zip(lists(&scrubbed)) {
            for (one, new) in before.iter().zip(&after) {
                for (other, other_new) in before.iter().zip(&after) {
                    prop_assert_eq!(one == other, new == other_new, "{} {} became {} {}", one, other, new, other_new);
                }
            }
        }
        prop_assert_eq!(&scrub(&original, BTreeSet::new()), &scrubbed, "the same input, another output");
        prop_assert_eq!(&scrub(&scrubbed, BTreeSet::new()), &scrubbed, "scrubbed twice");
        prop_assert_eq!(Secrets::new().unwrap().find(&original, &scrubbed), []);
    }
}

#[test]
fn what_is_awss_own_and_how_things_belong_together_stays() {
    let item = json!({
        "awsAccountId": "333344445555", "resourceType": "AWS::IAM::Role", "resourceId": "AROAQWERTYUIOPASDFGHJ",
        "resourceName": "karte-app", "ARN": "arn:aws:iam::333344445555:role/karte-app", "awsRegion": "global",
        "configuration": {
            "roleName": "karte-app", "path": "/aws-service-role/config.amazonaws.com/",
            "attachedManagedPolicies": [
                {"policyName": "AmazonS3FullAccess", "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
                {"policyName": "operations", "policyArn": "arn:aws-cn:iam::666677778888:policy/operations"}
            ],
            "principals": ["arn:aws:iam::333344445555:root", "lambda.amazonaws.com", "arn:aws:iam::666677778888:root", "*"],
            "sources": ["0.0.0.0/0", "::/0", "10.1.0.0/16", "10.1.2.3/32", "54.1.2.0/24"],
            "logGroup": "arn:aws:logs:ap-northeast-3:333344445555:log-group:/aws/lambda/karte-app:*",
            "keyId": "alias/aws/s3", "regionName": "ap-northeast-3"
        }
    });
    let scrubbed = scrub(&item, BTreeSet::new());
    let expected = json!({
        "roleName": "name-1", "path": "/aws-service-role/config.amazonaws.com/",
        "attachedManagedPolicies": [
            {"policyName": "AmazonS3FullAccess", "policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"},
            {"policyName": "name-2", "policyArn": "arn:aws-cn:iam::210987654321:policy/name-2"}
        ],
        "principals": ["arn:aws:iam::123456789012:root", "lambda.amazonaws.com", "arn:aws:iam::210987654321:root", "*"],
        "sources": ["0.0.0.0/0", "::/0", "10.0.0.0/16", "10.0.0.1/32", "203.0.113.0/24"],
        "logGroup": "arn:aws:logs:ap-northeast-3:123456789012:log-group:/aws/lambda/name-1:*",
        "keyId": "alias/aws/s3", "regionName": "ap-northeast-3"
    });
    assert_eq!(scrubbed["configuration"], expected);
    assert_eq!(scrubbed["ARN"], "arn:aws:iam::123456789012:role/name-1");
    assert_eq!(scrubbed["resourceId"], "AROAEXAMPLE0000000001");
}
