//! Where the items are in a document, whatever wraps them.
//!
//! In: one JSON document. Out: its items, a word for each message that carries none, and an error for each
//! part that should have been an item. One bad item does not hide its neighbours.

use serde_json::{Map, Value};

use super::ConfigurationItem;
use super::normalise::kind;
use crate::diagnostic::Diagnostic;

/// Wrappers in wrappers (an SNS envelope in an SQS record in a Lambda event) end well before this.
const MAX_WRAPPERS: usize = 8;

/// One thing found in a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// An item.
    Item(Box<ConfigurationItem>),
    /// A message of AWS Config that carries no item, by its name.
    NoItem(String),
    /// Something that should have been an item.
    Bad(Diagnostic),
}

/// Finds the items of `document`, which came from `file`.
pub fn find(document: Value, file: &str) -> Vec<Found> {
    find_at(document, file, "")
}

/// The same of a document that stands at `path` in the file.
pub fn find_at(document: Value, file: &str, path: &str) -> Vec<Found> {
    let mut finder = Finder { file, found: Vec::new() };
    finder.visit(document, path, MAX_WRAPPERS);
    finder.found
}

/// Fields by which a document is something that holds an item and no item itself.
pub(super) const WRAPPERS: [&str; 12] = [
    "configurationItems",
    "baseConfigurationItems",
    "Results",
    "invokingEvent",
    "Message",
    "body",
    "Sns",
    "detail",
    "Records",
    "configurationItem",
    "configurationItemSummary",
    "messageType",
];

struct Finder<'a> {
    file: &'a str,
    found: Vec<Found>,
}

impl Finder<'_> {
    fn bad(&mut self, path: &str, message: impl Into<String>, help: &str) {
        self.found.push(Found::Bad(Diagnostic::new(self.file, message).field(path).help(help)));
    }

    fn visit(&mut self, value: Value, path: &str, wrappers: usize) {
        if wrappers == 0 {
            return self.bad(path, "too many envelopes around each other", "unwrap the file first");
        }
        match value {
            Value::Array(list) => self.visit_list(list, path, wrappers),
            Value::Object(object) => self.visit_object(object, path, wrappers),
            other => {
                let message = format!("is {}, expected a configuration item (an object)", kind(&other));
                self.bad(
                    path,
                    message,
                    "give an item, a list of items, an API answer, an event or a snapshot",
                );
            }
        }
    }

    fn visit_list(&mut self, list: Vec<Value>, path: &str, wrappers: usize) {
        for (index, value) in list.into_iter().enumerate() {
            self.visit(value, &format!("{path}[{index}]"), wrappers - 1);
        }
    }

    fn visit_object(&mut self, mut object: Map<String, Value>, path: &str, wrappers: usize) {
        // A snapshot, a history file, GetResourceConfigHistory, BatchGetResourceConfig.
        for field in ["configurationItems", "baseConfigurationItems"] {
            if let Some(items) = object.remove(field) {
                self.unprocessed(&object, path);
                return match items {
                    Value::Array(list) => self.visit_list(list, &join(path, field), wrappers),
                    other => self.bad(
                        &join(path, field),
                        format!("is {}, expected a list of items", kind(&other)),
                        "check how the file was made",
                    ),
                };
            }
        }
        // SelectResourceConfig.
        if let Some(Value::Array(rows)) = object.get_mut("Results").map(Value::take) {
            for (index, row) in rows.into_iter().enumerate() {
                self.visit_text(row, &join(path, &format!("Results[{index}]")), wrappers);
            }
            return;
        }
        // A Lambda event, an SNS envelope, an SQS record, an EventBridge event.
        for field in ["invokingEvent", "Message", "body", "Sns", "detail"] {
            if let Some(inner) = object.remove(field) {
                return self.visit_text(inner, &join(path, field), wrappers);
            }
        }
        if let Some(Value::Array(records)) = object.get_mut("Records").map(Value::take) {
            return self.visit_list(records, &join(path, "Records"), wrappers);
        }
        self.visit_message(object, path, wrappers);
    }

    fn visit_message(&mut self, mut object: Map<String, Value>, path: &str, wrappers: usize) {
        match object.remove("configurationItem") {
            None | Some(Value::Null) => {}
            Some(item) => return self.visit(item, &join(path, "configurationItem"), wrappers - 1),
        }
        if object.contains_key("configurationItemSummary") {
            return self.bad(
                &join(path, "configurationItemSummary"),
                "the notification of an oversized item carries a summary and not the item",
                "save the item with: aws configservice get-resource-config-history --resource-type TYPE \
                 --resource-id ID --limit 1",
            );
        }
        if let Some(Value::String(message_type)) = object.get("messageType") {
            return self.found.push(Found::NoItem(message_type.clone()));
        }
        let looks_like_an_item = ["resourceType", "resourceId", "configurationItemStatus"]
            .iter()
            .any(|field| object.contains_key(*field));
        if !looks_like_an_item {
            return self.bad(
                path,
                "no configuration item in it: neither resourceType and resourceId, nor configurationItems, \
                 configurationItem or invokingEvent",
                "give an item, a list of items, an API answer, an event or a snapshot",
            );
        }
        self.found.push(match ConfigurationItem::from_map(object, self.file, path) {
            Ok(item) => Found::Item(Box::new(item)),
            Err(problem) => Found::Bad(problem),
        });
    }

    /// JSON in a string, or the value itself where a tool decoded it already.
    fn visit_text(&mut self, value: Value, path: &str, wrappers: usize) {
        let Value::String(text) = value else {
            return self.visit(value, path, wrappers - 1);
        };
        match serde_json::from_str(&text) {
            Ok(inner) => self.visit(inner, path, wrappers - 1),
            Err(error) => self.bad(
                path,
                format!("is a string that is not JSON: {error} of the string"),
                "check how the file was made",
            ),
        }
    }

    /// What `BatchGetResourceConfig` could not return would otherwise be lost silently.
    fn unprocessed(&mut self, object: &Map<String, Value>, path: &str) {
        let keys = object.get("unprocessedResourceKeys").and_then(Value::as_array).map_or(0, Vec::len);
        if keys > 0 {
            self.bad(
                &join(path, "unprocessedResourceKeys"),
                format!("AWS Config did not return {keys} of the resources that were asked for"),
                "ask for them again",
            );
        }
    }
}

fn join(path: &str, field: &str) -> String {
    if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn item() -> Value {
        json!({"resourceType": "AWS::S3::Bucket", "resourceId": "b", "configuration": {}})
    }

    fn text(value: &Value) -> String {
        value.to_string()
    }

    #[test]
    fn every_wrapper_gives_the_same_item() {
        let notification =
            json!({"configurationItem": item(), "messageType": "ConfigurationItemChangeNotification"});
        let sns = json!({"Type": "Notification", "Message": text(&notification)});
        let plain = find(item(), "f");
        for (name, document) in [
            ("list", json!([item()])),
            ("history", json!({"configurationItems": [item()], "nextToken": "t"})),
            ("batch", json!({"baseConfigurationItems": [item()], "unprocessedResourceKeys": []})),
            ("select", json!({"Results": [text(&item())], "QueryInfo": {}})),
            ("event", json!({"invokingEvent": text(&notification), "resultToken": "t"})),
            ("sns", sns.clone()),
            ("sns, decoded", json!({"Type": "Notification", "Message": notification.clone()})),
            ("sns to lambda", json!({"Records": [{"EventSource": "aws:sns", "Sns": sns.clone()}]})),
            ("sns to sqs", json!({"Records": [{"eventSource": "aws:sqs", "body": text(&sns)}]})),
            ("eventbridge", json!({"detail-type": "x", "detail": notification})),
            ("item list of 2014", json!({"Message": {"configurationItem": [item()]}})),
        ] {
            assert_eq!(find(document, "f"), plain, "{name}");
        }
        assert!(matches!(&plain[..], [Found::Item(_)]), "{plain:?}");
    }

    #[test]
    fn a_bad_item_does_not_hide_its_neighbours() {
        let found = find(json!({"configurationItems": [item(), {"resourceType": "T"}, 7, item()]}), "f");
        let [Found::Item(_), Found::Bad(missing), Found::Bad(number), Found::Item(_)] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(missing.field.as_deref(), Some("configurationItems[1].resourceId"));
        assert_eq!(number.field.as_deref(), Some("configurationItems[2]"));
    }

    #[test]
    fn a_message_without_an_item_is_named() {
        let found = find(json!({"messageType": "ScheduledNotification", "awsAccountId": "1"}), "f");
        assert_eq!(found, [Found::NoItem("ScheduledNotification".into())]);
    }

    #[test]
    fn what_cannot_be_judged_is_an_error() {
        for document in [
            json!({"configurationItemSummary": {}, "messageType": "OversizedConfigurationItemChangeNotification"}),
            json!({"baseConfigurationItems": [], "unprocessedResourceKeys": [{"resourceId": "x"}]}),
            json!({"hello": 1}),
            json!("text"),
            json!({"invokingEvent": "{"}),
        ] {
            let found = find(document.clone(), "f");
            assert!(matches!(&found[..], [Found::Bad(_)]), "{document}: {found:?}");
        }
    }
}
