//! What the benchmarks rest on: made-up items that look as delivered ones do, and a floor that sees every one of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;

use sekisho_bench::items::{Items, Kind, Selection, write_lines, write_snapshot};
use sekisho_bench::{floor, way};
use sekisho_tests::root;
use serde_json::Value;

const KINDS: [Kind; 2] = [Kind::Repeating, Kind::Distinct];

fn parsed(kind: Kind, selection: Selection, count: usize) -> Vec<Value> {
    Items::new(kind, selection, 7)
        .take(count)
        .map(|item| serde_json::from_str(&item).expect("JSON"))
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_others() {
    for kind in KINDS {
        let items = |seed| Items::new(kind, Selection::All, seed).take(50).collect::<Vec<_>>();
        assert_eq!(items(1), items(1));
        assert_ne!(items(1), items(2));
    }
}

#[test]
fn items_have_the_sizes_and_the_order_of_fields_of_a_delivered_snapshot() {
    let order = [
        "relatedEvents",
        "relationships",
        "configuration",
        "supplementaryConfiguration",
        "tags",
        "configurationItemVersion",
        "configurationItemCaptureTime",
        "configurationStateId",
        "awsAccountId",
        "configurationItemStatus",
        "resourceType",
        "resourceId",
        "resourceName",
        "ARN",
        "awsRegion",
        "availabilityZone",
        "configurationStateMd5Hash",
        "resourceCreationTime",
    ];
    for kind in KINDS {
        let items: Vec<String> = Items::new(kind, Selection::All, 7).take(1500).collect();
        let sizes: Vec<usize> = items.iter().map(String::len).collect();
        let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
        let average = sizes.iter().sum::<usize>() / sizes.len();
        assert!(*least >= 900 && *most <= 45_000, "{kind:?}: {least} to {most}");
        assert!((9_500..12_500).contains(&average), "{kind:?}: {average}");
        let types: BTreeSet<String> = items
            .iter()
            .map(|item| {
                let item: Value = serde_json::from_str(item).unwrap();
                assert!(item.as_object().unwrap().keys().eq(order), "{item}");
                item["resourceType"].as_str().unwrap().to_owned()
            })
            .collect();
        assert!(types.len() > 25, "{types:?}");
    }
}

#[test]
fn no_blank_is_left_and_an_item_is_one_resource_throughout() {
    for item in KINDS.iter().flat_map(|kind| parsed(*kind, Selection::Buckets, 200)) {
        assert!(!item.to_string().contains('~'), "{item}");
        assert_eq!(item["resourceName"], item["configuration"]["name"]);
        if let Some(text) = item["supplementaryConfiguration"]["BucketPolicy"]["policyText"].as_str() {
            let policy: Value = serde_json::from_str(text).expect("JSON in a string");
            assert_eq!(policy["Statement"][0]["Resource"][0], item["ARN"]);
        }
    }
}

/// What the rule on security groups reads of a group: its permissions without the ids of other groups.
fn read(group: &Value) -> String {
    let mut permissions = group["configuration"]["ipPermissions"].clone();
    for permission in permissions.as_array_mut().unwrap() {
        permission["userIdGroupPairs"].take();
    }
    permissions.to_string()
}

#[test]
fn a_fleet_repeats_what_rules_read_and_the_worst_case_never_does() {
    let different =
        |kind| parsed(kind, Selection::SecurityGroups, 400).iter().map(read).collect::<BTreeSet<_>>().len();
    let repeating = different(Kind::Repeating);
    assert!((80..=400).contains(&repeating), "{repeating}");
    assert_eq!(different(Kind::Distinct), 400);
}

#[test]
fn the_floor_sees_every_item_and_a_snapshot_that_is_cut_off() {
    let mut packed = Vec::new();
    let bytes = write_snapshot(Items::new(Kind::Distinct, Selection::All, 7), 700, &mut packed).unwrap();
    assert!(bytes > 4 << 20, "several blocks, or the seams between them are not tried: {bytes}");
    for threads in [1, 2] {
        assert_eq!(floor::snapshot(&packed[..], threads).unwrap(), 700);
        assert!(floor::snapshot(&packed[..packed.len() / 2], threads).is_err());
        assert!(floor::snapshot(&b"[]"[..], threads).is_err());
    }
    assert!(floor::validate(b"{\"a\": [1, 2}").is_err());
}

#[test]
fn the_timed_rules_find_both_and_fail_on_nothing() {
    let rules = [
        ("region-allowed", Selection::All),
        ("security-group-closed", Selection::SecurityGroups),
        ("bucket-protected", Selection::Buckets),
    ];
    for (rule, selection) in rules {
        let policies = way::load(&root().join("bench/rules").join(format!("{rule}.rego"))).unwrap();
        let evaluator = way::prepare(&policies).unwrap();
        let mut lines = Vec::new();
        write_lines(Items::new(Kind::Repeating, selection, 7), 300, &mut lines).unwrap();
        let lines: Vec<&[u8]> = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
        let mut letters = Vec::new();
        way::judge(&evaluator, &lines, &mut |outcome| letters.push(way::letter(&outcome))).unwrap();
        assert_eq!(letters.len(), 300);
        assert_eq!(letters.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(['C', 'N']), "{rule}");
    }
}

#[test]
fn the_pack_fails_on_no_item() {
    let policies = way::load(&root().join("policies")).unwrap();
    let evaluator = way::prepare(&policies).unwrap();
    for kind in KINDS {
        let items: Vec<String> = Items::new(kind, Selection::All, 7).take(150).collect();
        let lines: Vec<&[u8]> = items.iter().map(String::as_bytes).collect();
        let (mut judged, mut errors) = (0, Vec::new());
        way::judge(&evaluator, &lines, &mut |outcome| {
            judged += usize::from(!outcome.verdicts.is_empty());
            errors.extend(outcome.errors);
        })
        .unwrap();
        assert_eq!(errors, []);
        assert!((75..145).contains(&judged), "{judged}: some types are judged and some are not");
    }
}
