//! The policies of the pack are compiled: one that is not takes many times as long.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use sekisho_engine::policy::PolicySet;
use sekisho_tests::root;

#[test]
fn the_policies_of_the_pack_are_compiled() {
    let set = PolicySet::load(&root().join("policies"));
    assert!(set.policies().count() > 50);
    let refused: BTreeMap<&str, String> = set
        .policies()
        .filter_map(|policy| Some((policy.id(), policy.program().err()?.what.clone())))
        .collect();
    // These are asked once an account or seldom; walk and heads of several parts are not worth more code for them.
    let known = [
        ("compliance-change-notification", "path"),
        ("critical-change-detection", "a head of several parts"),
        ("residency-backup-copy", "a head of several parts"),
        ("residency-log-event-egress", "path"),
    ];
    assert_eq!(refused, known.map(|(id, what)| (id, what.to_owned())).into());
}
