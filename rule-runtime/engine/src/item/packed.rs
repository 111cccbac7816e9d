//! An item that waits, in as little memory as may be: its head in one text, and of its document what a policy can read, as
//! JSON that equal items share.

use std::collections::HashSet;
use std::sync::Arc;

use foldhash::fast::RandomState;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::tree::Tree;
use super::{ConfigurationItem, ItemStatus};
use crate::verdict::ResourceKey;

/// Documents of items that wait.
pub type Documents = HashSet<Arc<str>, RandomState>;

/// An item that waits.
#[derive(Debug)]
pub struct PackedItem {
    /// The texts of the head, one behind the other.
    texts: Box<str>,
    /// Where each of them ends; none where it is absent.
    ends: [Option<u32>; 5],
    status: ItemStatus,
    capture_time: Option<Timestamp>,
    document: Arc<str>,
    /// As JSON.
    tags: Option<Arc<str>>,
}

impl PackedItem {
    /// Packs a head and what is kept of the item; with the tags in the head's document where those are wanted.
    ///
    /// # Errors
    /// What is kept is no JSON, which cannot be of what was read as such.
    pub fn new(head: &ConfigurationItem, kept: &Tree<'_>, with_tags: bool) -> serde_json::Result<Self> {
        let ResourceKey { resource_type, resource_id } = &head.resource;
        let mut texts = String::new();
        let ends = [
            Some(resource_type),
            Some(resource_id),
            head.account_id.as_ref(),
            head.region.as_ref(),
            head.arn.as_ref(),
        ]
        .map(|text| {
            texts.push_str(text?);
            u32::try_from(texts.len()).ok()
        });
        let document = serde_json::to_string(kept)?.into();
        let (status, capture_time) = (head.status, head.capture_time);
        let tags = head.document.get("tags").filter(|_| with_tags).map(|tags| tags.to_string().into());
        Ok(Self { texts: texts.into(), ends, status, capture_time, document, tags })
    }

    /// Items whose documents are equal have one, which `known` knows.
    pub fn share(&mut self, known: &mut Documents) {
        for text in std::iter::once(&mut self.document).chain(&mut self.tags) {
            if let Some(same) = known.get(text) {
                *text = Arc::clone(same);
            } else {
                known.insert(Arc::clone(text));
            }
        }
    }

    /// The head; its document holds the tags that were packed, or is null.
    pub fn head(&self) -> ConfigurationItem {
        let mut start = 0;
        let [resource_type, resource_id, account_id, region, arn] = self.ends.map(|end| {
            let end = end? as usize;
            let text = self.texts.get(start..end)?.to_owned();
            start = end;
            Some(text)
        });
        ConfigurationItem {
            resource: ResourceKey {
                resource_type: resource_type.unwrap_or_default(),
                resource_id: resource_id.unwrap_or_default(),
            },
            account_id,
            region,
            arn,
            status: self.status,
            capture_time: self.capture_time,
            document: self
                .tags
                .as_deref()
                .and_then(|tags| serde_json::from_str(tags).ok())
                .map_or(Value::Null, |tags: Value| json!({"tags": tags})),
        }
    }

    /// What was kept, as JSON.
    pub fn document(&self) -> &str {
        &self.document
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::mask::Mask;

    #[test]
    fn what_is_packed_comes_out_as_it_was() {
        let text = r#"{"a": [1, -2, 1.5, null, true], "b": {"c": "\"日本\""}}"#;
        let tree = Tree::read(text, &Mask::All).unwrap();
        for (arn, capture_time) in [(None, None), (Some("arn:x".to_owned()), Some(Timestamp::UNIX_EPOCH))] {
            let head = ConfigurationItem {
                resource: ResourceKey { resource_type: "AWS::A::B".into(), resource_id: "日本".into() },
                account_id: Some(String::new()),
                region: None,
                arn,
                status: ItemStatus::Deleted,
                capture_time,
                document: Value::Null,
            };
            let packed = PackedItem::new(&head, &tree, true).unwrap();
            assert_eq!(packed.head(), head);
            let tagged = ConfigurationItem { document: json!({"tags": {"a": "b"}, "c": 1}), ..head.clone() };
            let packed = PackedItem::new(&tagged, &tree, true).unwrap();
            assert_eq!(
                packed.head(),
                ConfigurationItem { document: json!({"tags": {"a": "b"}}), ..head.clone() }
            );
            let packed = PackedItem::new(&tagged, &tree, false).unwrap();
            assert_eq!(packed.head(), head);
            assert_eq!(Tree::read(packed.document(), &Mask::All).unwrap(), tree);
        }
    }

    #[test]
    fn equal_documents_are_kept_once() {
        let mut known = Documents::default();
        let item = |id: &str, text: &str| {
            let resource = ResourceKey { resource_type: "AWS::A::B".into(), resource_id: id.into() };
            let head = ConfigurationItem {
                resource,
                account_id: None,
                region: None,
                arn: None,
                status: ItemStatus::Live,
                capture_time: None,
                document: Value::Null,
            };
            PackedItem::new(&head, &Tree::read(text, &Mask::All).unwrap(), false).unwrap()
        };
        let mut items = [item("1", "[1]"), item("2", "[ 1 ]"), item("3", "[2]")];
        items.iter_mut().for_each(|item| item.share(&mut known));
        assert_eq!(known.len(), 2);
        assert!(Arc::ptr_eq(&items[0].document, &items[1].document));
        assert_eq!(items[2].document(), "[2]");
    }
}
