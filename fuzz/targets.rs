//! What is fuzzed: the readers of everything that comes from outside. Each takes bytes and must neither panic nor
//! contradict itself. `cargo fuzz` runs them for as long as you like, `engine/tests/fuzz_corpus.rs` over the corpus in
//! every test run.
#![allow(dead_code)]

use sekisho_engine::event::{Message, RuleEvent};
use sekisho_engine::facts::roster::{self, RosterOptions};
use sekisho_engine::item::shape::Found;
use sekisho_engine::item::{ConfigurationItem, load, stream};
use sekisho_engine::policy;
use serde_json::Value;

/// The event of a rule.
pub fn event(bytes: &[u8]) {
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    match RuleEvent::parse(&event) {
        Ok(event) => {
            assert!(!event.result_token.is_empty());
            if let Message::Change(item) | Message::Oversized(item) = &event.message {
                assert!(item.capture_time.is_some());
                again(item);
            }
        }
        Err(problem) => assert!(!problem.message.is_empty()),
    }
}

/// A file of configuration items: read whole, and read as a stream.
pub fn item(bytes: &[u8]) {
    let mut whole = Vec::new();
    for found in load::from_bytes("file", bytes) {
        match found {
            Found::Item(item) => {
                again(&item);
                whole.push(item.resource);
            }
            Found::NoItem(name) => assert!(!name.is_empty()),
            Found::Bad(problem) => assert!(!problem.message.is_empty()),
        }
    }
    let mut streamed = 0;
    let read = stream::items(bytes, "file", &mut |item| {
        if let Ok(item) = item {
            again(&item);
        }
        streamed += 1;
        Ok(())
    });
    if let Ok(count) = read {
        assert_eq!(count, streamed);
    }
}

/// An item that was read reads as itself.
fn again(item: &ConfigurationItem) {
    assert!(!item.resource.resource_type.is_empty() && !item.resource.resource_id.is_empty());
    let Value::Object(document) = item.document.clone() else {
        panic!("an item is an object");
    };
    match ConfigurationItem::from_map(document, "again", "") {
        Ok(same) => assert_eq!(same.resource, item.resource),
        Err(problem) => panic!("{problem}"),
    }
}

/// The METADATA of a policy.
pub fn metadata(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match policy::parse_metadata("policy.rego", text) {
        Ok(metadata) => {
            assert!(!metadata.id.is_empty() && !metadata.resource_types.is_empty());
            assert!(!metadata.title_ja.is_empty());
        }
        Err(problems) => assert!(!problems.is_empty()),
    }
}

/// A roster, with the standard columns.
pub fn roster(bytes: &[u8]) {
    let roster = roster::parse("roster", None, bytes, &RosterOptions::default());
    for row in &roster.rows {
        assert!(row.line > 0);
    }
}
