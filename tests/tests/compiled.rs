//! The policies of the pack are compiled: one that is not takes many times as long.
#![allow(clippy::unwrap_used)]

use sekisho_engine::policy::PolicySet;
use sekisho_tests::root;

#[test]
fn the_policies_of_the_pack_are_compiled() {
    let set = PolicySet::load(&root().join("policies"));
    assert!(set.policies().count() > 50);
    let refused: Vec<String> =
        set.policies().filter_map(|policy| policy.program().err().map(ToString::to_string)).collect();
    assert!(refused.is_empty(), "{} are not:\n{}", refused.len(), refused.join("\n"));
}
