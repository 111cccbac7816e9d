//! The words that a policy's parameters ask tags for (`DataClass=phi`). They stand in the policy or on the command line, so
//! they are no secret of the account, and without them the policy would judge otherwise.

use std::collections::BTreeSet;
use std::sync::Arc;

use sekisho_engine::policy::Policy;
use sekisho_engine::rule;
use serde_json::{Map, Value};

/// The words of `policy`'s parameters, the given ones and the defaults.
pub fn of(policy: &Arc<Policy>, given: &Map<String, Value>) -> BTreeSet<String> {
    // Parameters that are wrong are told where the policy is asked.
    let known = rule::parameters(&[Arc::clone(policy)], None, given, "--param").unwrap_or_default();
    let mut words = BTreeSet::new();
    known.values().for_each(|value| collect(value, &mut words));
    words
}

fn collect(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => words.extend(text.split(['=', ',']).map(|word| word.trim().to_owned())),
        Value::Array(list) => list.iter().for_each(|value| collect(value, words)),
        Value::Object(map) => map.values().for_each(|value| collect(value, words)),
        _ => {}
    }
}
