//! `data.inventory`: the items of whole resource types, for periodic policies that look at more than one.
//!
//! In: items, and the types that were asked for in full. Out: `{resource type: {resource id: item}}`, of the types
//! that a policy declares and no others.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::item::{ConfigurationItem, ItemStatus};

/// Items by type and id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    types: BTreeMap<String, Map<String, Value>>,
    /// Every type counts as asked for.
    complete: bool,
}

impl Inventory {
    /// What `items` hold is all that there is, of every type.
    pub fn complete<'a>(items: impl IntoIterator<Item = &'a ConfigurationItem>) -> Self {
        let mut inventory = Self { complete: true, ..Self::default() };
        items.into_iter().for_each(|item| inventory.add(item));
        inventory
    }

    /// All items of one type.
    pub fn add_type<'a>(&mut self, name: &str, items: impl IntoIterator<Item = &'a ConfigurationItem>) {
        self.types.entry(name.to_owned()).or_default();
        items.into_iter().for_each(|item| self.add(item));
    }

    /// One more item; resources that are gone are not in the inventory.
    pub fn add(&mut self, item: &ConfigurationItem) {
        if item.status == ItemStatus::Live {
            let of_type = self.types.entry(item.resource.resource_type.clone()).or_default();
            of_type.insert(item.resource.resource_id.clone(), item.document.clone());
        }
    }

    /// `data.inventory` for a policy that declares `types`.
    ///
    /// # Errors
    /// The first type that was never asked for: an empty one would look as if there were no such resources.
    pub fn document(&self, types: &[String]) -> Result<Value, String> {
        let mut document = Map::new();
        for name in types {
            let items = match self.types.get(name) {
                Some(items) => items.clone(),
                None if self.complete => Map::new(),
                None => return Err(name.clone()),
            };
            document.insert(name.clone(), Value::Object(items));
        }
        Ok(Value::Object(document))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn item(resource_type: &str, id: &str, status: &str) -> ConfigurationItem {
        let item =
            json!({"resourceType": resource_type, "resourceId": id, "configurationItemStatus": status});
        ConfigurationItem::from_map(item.as_object().unwrap().clone(), "test", "").unwrap()
    }

    #[test]
    fn items_stand_under_their_type_and_id_and_those_that_are_gone_do_not() {
        let items =
            [item("T::A::B", "1", "OK"), item("T::A::B", "2", "ResourceDeleted"), item("T::A::C", "1", "OK")];
        let document = Inventory::complete(&items).document(&["T::A::B".into(), "T::A::D".into()]).unwrap();
        assert_eq!(document["T::A::B"]["1"]["resourceId"], "1");
        assert_eq!(document["T::A::B"].as_object().unwrap().len(), 1);
        assert_eq!(document["T::A::D"], json!({}));
        assert!(document.get("T::A::C").is_none());
    }

    #[test]
    fn a_type_that_was_never_asked_for_is_not_an_empty_one() {
        let mut inventory = Inventory::default();
        inventory.add_type("T::A::B", []);
        assert_eq!(inventory.document(&["T::A::B".into()]).unwrap(), json!({"T::A::B": {}}));
        assert_eq!(inventory.document(&["T::A::C".into()]).unwrap_err(), "T::A::C");
    }
}
