//! What is read of an item by halves, and what is remembered, never changes a verdict: every fixture, and changed
//! ones of each, judged as the function judges it and judged whole and anew.
//!
//! `SEKISHO_VARIANTS` says how many changed items there are of each fixture (130 make over 100,000 in all; a dozen if it is not set);
//! `SEKISHO_REAL_ITEMS` names a folder with items of AWS, which are judged by every policy of their type.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sekisho::fixture::{self, Case};
use sekisho_engine::evaluate::{Evaluator, Occasion, Outcome, PolicyData, stack};
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::raw::RawItem;
use sekisho_engine::item::shape::Found;
use sekisho_engine::item::{ACCOUNT_TYPE, ConfigurationItem, load};
use sekisho_engine::policy::{Policy, PolicySet, Trigger};
use sekisho_tests::root;
use serde_json::{Map, Value, json};

const VARIANTS: usize = 12;

/// A generator of numbers: the same seed, the same numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }
}

/// Every value in `value`, counted from the outside in.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Changes one value somewhere in `document`.
fn change(document: &mut Value, random: &mut Random) {
    let mut n = random.below(count(document));
    let changed = changed(document, &mut n, random);
    assert!(changed);
}

fn changed(value: &mut Value, n: &mut usize, random: &mut Random) -> bool {
    if *n == 0 {
        *value = other(value, random);
        return true;
    }
    *n -= 1;
    match value {
        Value::Array(list) => list.iter_mut().any(|value| changed(value, n, random)),
        Value::Object(fields) => fields.values_mut().any(|value| changed(value, n, random)),
        _ => false,
    }
}

/// Something else that might stand in the place of `value`.
fn other(value: &Value, random: &mut Random) -> Value {
    if let Value::String(text) = value
        && let Ok(mut inner @ (Value::Array(_) | Value::Object(_))) = serde_json::from_str(text)
        && random.below(4) > 0
    {
        // JSON in a text: changed within, and sometimes broken off or spelled otherwise.
        change(&mut inner, random);
        let text = inner.to_string();
        return match random.below(8) {
            0 => text[..text.len() - 1].into(),
            1 => serde_json::to_string_pretty(&inner).unwrap_or(text).into(),
            _ => text.into(),
        };
    }
    match (value, random.below(10)) {
        (_, 0) => Value::Null,
        (_, 1) => {
            [json!({}), json!([]), json!(""), json!("x"), json!(false), json!(7)][random.below(6)].clone()
        }
        (Value::Bool(bool), _) => (!bool).into(),
        (Value::Number(number), kind) => {
            let number = number.as_i64().unwrap_or(1);
            [json!(number + 1), json!(0), json!(-number), json!(1.5), json!(number.to_string())][kind % 5]
                .clone()
        }
        (Value::String(text), 2..=4) => {
            [text.to_uppercase(), format!("{text}x"), "*".into()][random.below(3)].clone().into()
        }
        (Value::String(text), kind) => {
            let pool = [
                "us-east-1",
                "ap-northeast-1",
                "0.0.0.0/0",
                "::/0",
                "DISABLED",
                "true",
                "AWS::EC2::VPC",
                "arn:aws:kms:us-west-2:1:key/é\"\\",
            ];
            if kind < 9 { pool[random.below(pool.len())].into() } else { text.clone().into() }
        }
        (Value::Array(list), kind) => {
            let mut list = list.clone();
            match (kind, list.len()) {
                (2..=4, 1..) => {
                    list.remove(random.below(list.len()));
                }
                (5..=7, 1..) => list.push(list[random.below(list.len())].clone()),
                _ => list.reverse(),
            }
            list.into()
        }
        (Value::Object(fields), kind) => {
            let mut fields = fields.clone();
            if let Some(name) = fields.keys().nth(random.below(fields.len().max(1))).cloned() {
                let value = fields.shift_remove(&name).unwrap();
                match kind {
                    2..=6 => {}
                    7 => {
                        fields.insert(name.to_uppercase(), value);
                    }
                    _ => {
                        fields.insert(format!("{name}2"), value.clone());
                        fields.insert(name, value);
                    }
                }
            }
            fields.into()
        }
        (Value::Null, _) => json!([{}]),
    }
}

/// What judges as the function does, and what it is held against.
struct Both {
    masked: Evaluator,
    whole: Evaluator,
    /// Where the policy looks at other items: what judges without them where they do not matter, as a scan does.
    awaiting: Option<Evaluator>,
}

/// Items that were judged without the others, and that waited for them.
static AT_ONCE: AtomicUsize = AtomicUsize::new(0);
static AWAITED: AtomicUsize = AtomicUsize::new(0);

/// Judges `document` both ways, the masked one twice; says what both say.
fn same(
    name: &str,
    document: &Value,
    Both { masked, whole, awaiting }: &mut Both,
    occasion: Occasion,
) -> Option<Outcome> {
    let text = document.to_string();
    let Value::Object(fields) = serde_json::from_str(&text).unwrap() else { return None };
    let item = ConfigurationItem::from_map(fields, "generated", "");
    let raw = RawItem::cut(&text);
    let Ok(item) = item else {
        assert!(raw.is_none(), "{name}: {text}: refused the long way and not the short one");
        return None;
    };
    let expected = whole.judge_built(&item, occasion);
    let built = masked.judge_built(&item, occasion);
    assert!(built == expected, "{name}: masked: {text}\n{built:?}\n{expected:?}");
    if let Some(raw) = raw {
        assert_eq!(masked.judge_raw(&raw, occasion), expected, "{name}: from the text: {text}");
        let read = masked.read(&text, occasion).unwrap();
        assert_eq!(masked.judge_raw(&read, occasion), expected, "{name}: in one go: {text}");
    }
    assert_eq!(masked.judge_built(&item, occasion), expected, "{name}: remembered: {text}");
    if let Some(awaiting) = awaiting
        && item.resource.resource_type != ACCOUNT_TYPE
    {
        let outcome = awaiting.judge_built(&item, Occasion::Any);
        if outcome.awaiting.is_empty() {
            assert_eq!(outcome, expected, "{name}: without the inventory: {text}");
            AT_ONCE.fetch_add(1, Ordering::Relaxed);
        } else {
            AWAITED.fetch_add(1, Ordering::Relaxed);
        }
    }
    Some(expected)
}

fn evaluators(set: &PolicySet, case: &Case) -> (fixture::Prepared, Both) {
    let policy = set.get(&case.policy_id).unwrap();
    let prepared =
        case.prepare(policy).unwrap_or_else(|problems| panic!("{}: {problems:?}", case.path.display()));
    let mut masked = Evaluator::new();
    masked.add(policy, &prepared.data).unwrap();
    let whole = masked.clone().reading_whole();
    let awaiting = (!policy.metadata.inventory.is_empty()).then(|| {
        let mut awaiting = Evaluator::new();
        awaiting.add_awaiting(policy, &prepared.data).unwrap();
        awaiting
    });
    (prepared, Both { masked, whole, awaiting })
}

#[test]
fn masked_and_whole_remembered_and_fresh_are_the_same() {
    let variants = std::env::var("SEKISHO_VARIANTS").map_or(VARIANTS, |text| text.parse().unwrap());
    let set = PolicySet::load(&root().join("policies"));
    let (cases, problems) = fixture::find(&root().join("fixtures"));
    assert_eq!(problems, []);
    let (next, judged, differing) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (prepared, mut both) = evaluators(&set, case);
            // The same changes wherever the project lies.
            let name = case.path.strip_prefix(root()).unwrap().display().to_string();
            let original = same(&name, &prepared.item.document, &mut both, prepared.occasion);
            let mut random =
                Random(name.bytes().fold(7, |seed, byte| seed * 31 % 1_000_003 + u64::from(byte)));
            for _ in 0..variants {
                let mut document = prepared.item.document.clone();
                for _ in 0..=random.below(3) {
                    change(&mut document, &mut random);
                }
                let outcome = same(&name, &document, &mut both, prepared.occasion);
                judged.fetch_add(1, Ordering::Relaxed);
                differing.fetch_add(usize::from(outcome != original), Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| stack::with_large(work))).collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap().unwrap());
    });
    let (judged, differing) = (judged.into_inner(), differing.into_inner());
    println!(
        "{judged} changed items of {} fixtures judged; {differing} came out otherwise than theirs",
        cases.len()
    );
    let (at_once, awaited) = (AT_ONCE.load(Ordering::Relaxed), AWAITED.load(Ordering::Relaxed));
    println!("{at_once} were judged without the inventory, {awaited} waited for it");
    assert!(at_once > 0 && awaited > 0);
    assert!(judged >= cases.len() * variants);
    // Changes that change nothing would show nothing.
    assert!(variants == 0 || differing * 5 > judged, "{differing} of {judged}");
}

/// A policy that reads parts of a document, which is JSON in a text, and remembers by them.
#[test]
fn what_is_remembered_by_parts_of_a_document_is_the_same() {
    let set = PolicySet::load(&root().join("bench/rules"));
    let policy = set.get("bucket-protected").unwrap();
    let mut masked = Evaluator::new();
    masked.add(policy, &PolicyData::default()).unwrap();
    let whole = masked.clone().reading_whole();
    let mut both = Both { masked, whole, awaiting: None };
    let encrypted = json!({"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}});
    let block = ["blockPublicAcls", "ignorePublicAcls", "blockPublicPolicy", "restrictPublicBuckets"];
    let block: Map<String, Value> = block.iter().map(|name| ((*name).to_owned(), true.into())).collect();
    let statement = json!({
        "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}, "NumericLessThan": {"s3:TlsVersion": 1.2}},
    });
    let policy =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["a"]}, statement]});
    let document = json!({
        "configurationItemStatus": "OK", "resourceType": "AWS::S3::Bucket", "resourceId": "b",
        "awsAccountId": "123456789012", "configuration": {"name": "b"},
        "supplementaryConfiguration": {
            "PublicAccessBlockConfiguration": block, "BucketPolicy": {"policyText": policy.to_string()},
            "ServerSideEncryptionConfiguration": {"rules": [encrypted]},
        },
    });
    let mut random = Random(11);
    let mut verdicts = std::collections::BTreeMap::new();
    let judged = stack::with_large(|| {
        for number in 0..4_000 {
            let mut changed = document.clone();
            // The text alone, mostly.
            let text = &mut changed["supplementaryConfiguration"]["BucketPolicy"]["policyText"];
            for _ in 0..=random.below(2) {
                *text = other(text, &mut random);
            }
            if number % 4 == 0 {
                change(&mut changed, &mut random);
            }
            if let Some(outcome) = same("bucket", &changed, &mut both, Occasion::Change) {
                let said = outcome.verdicts.first().map(|verdict| verdict.compliance);
                *verdicts.entry(said).or_insert(0) += 1;
            }
        }
    });
    judged.unwrap();
    println!("{verdicts:?}");
    assert!(verdicts.len() >= 3 && verdicts.values().all(|count| *count > 50), "{verdicts:?}");
}

#[test]
fn real_items_are_judged_the_same() {
    let Some(folder) = std::env::var_os("SEKISHO_REAL_ITEMS") else {
        println!("SEKISHO_REAL_ITEMS names no folder with items of AWS: the fixtures alone were judged");
        return;
    };
    let set = PolicySet::load(&root().join("policies"));
    let files = load::files(&[folder.into()]).files;
    let found = files.iter().flat_map(|file| load::read_file(file));
    let items: Vec<ConfigurationItem> = found
        .filter_map(|found| match found {
            Found::Item(item) => Some(*item),
            Found::NoItem(_) | Found::Bad(_) => None,
        })
        .collect();
    let mut masked = Evaluator::new();
    let on_change = |policy: &&Arc<Policy>| {
        policy.metadata.trigger != Trigger::Periodic && policy.metadata.facts.is_empty()
    };
    for policy in set.policies().filter(on_change) {
        let parameters = policy.metadata.parameters.apply(&Map::new()).unwrap_or_default();
        let data =
            PolicyData { parameters, inventory: Inventory::complete(&items).into(), ..PolicyData::default() };
        masked.add(policy, &data).unwrap();
    }
    let whole = masked.clone().reading_whole();
    let mut both = Both { masked, whole, awaiting: None };
    let judged = stack::with_large(|| {
        items.iter().filter_map(|item| same("real", &item.document, &mut both, Occasion::Change)).count()
    });
    println!("{} real items judged", judged.unwrap());
    assert!(!items.is_empty());
}
