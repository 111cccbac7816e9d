//! `data.inventory`: the items of whole resource types, for periodic policies that look at more than one.
//!
//! In: items, and the types that were asked for in full. Out: `{resource type: {resource id: item}}`, of the types
//! that a policy declares and no others. Items that are alike but for their ids are kept once: of a fleet's items most are, as
//! far as policies can read them.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;

use crate::evaluate::convert;
use crate::item::tree::Tree;
use crate::item::{ConfigurationItem, ItemStatus};
use crate::policy::mask::Mask;
use crate::verdict::ResourceKey;

/// Items by type and id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inventory {
    types: BTreeMap<String, OfType>,
    /// The different ones.
    items: BTreeSet<Rego>,
    /// Every type counts as asked for.
    complete: bool,
}

/// The items of a type.
#[derive(Debug, Clone, PartialEq)]
struct OfType {
    /// An object by resource id, shared by all policies that look at it.
    items: Rego,
    /// What they weigh together, as [`convert`] weighs them.
    weight: usize,
}

impl Default for OfType {
    fn default() -> Self {
        Self { items: Rego::new_object(), weight: 0 }
    }
}

/// One item, or what is kept of it.
#[derive(Debug, Clone)]
pub struct Entry {
    resource: ResourceKey,
    item: Rego,
    weight: usize,
}

impl Entry {
    /// Of `resource`, `tree` is kept.
    pub fn new(resource: ResourceKey, tree: &Tree<'_>) -> Self {
        let (item, weight) = convert::weighed(tree);
        Self { resource, item, weight }
    }
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
            self.put(Entry::new(item.resource.clone(), &Tree::of(&item.document, &Mask::All)));
        }
    }

    /// One more item, of a resource that is there.
    pub fn put(&mut self, entry: Entry) {
        let Entry { resource, item, weight } = entry;
        let item = if let Some(known) = self.items.get(&item) {
            known.clone()
        } else {
            self.items.insert(item.clone());
            item
        };
        let of_type = self.types.entry(resource.resource_type).or_default();
        of_type.weight += weight;
        if let Ok(items) = of_type.items.as_object_mut() {
            items.insert(resource.resource_id.into(), item);
        }
    }

    /// `data.inventory` for a policy that declares `types`, and what it weighs.
    ///
    /// # Errors
    /// The first type that was never asked for: an empty one would look as if there were no such resources.
    pub fn document(&self, types: &[String]) -> Result<(Rego, usize), String> {
        let (mut document, mut weight) = (BTreeMap::new(), 0);
        for name in types {
            let items = match self.types.get(name) {
                Some(of_type) => {
                    weight += of_type.weight;
                    of_type.items.clone()
                }
                None if self.complete => Rego::new_object(),
                None => return Err(name.clone()),
            };
            document.insert(name.as_str().into(), items);
        }
        Ok((document.into(), weight))
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
        let inventory = Inventory::complete(&items);
        let (document, _) = inventory.document(&["T::A::B".into(), "T::A::D".into()]).unwrap();
        assert_eq!(document["T::A::B"]["1"]["resourceId"], "1".into());
        assert_eq!(document["T::A::B"].as_object().unwrap().len(), 1);
        assert_eq!(document["T::A::D"], Rego::new_object());
        assert_eq!(document["T::A::C"], Rego::Undefined);
    }

    #[test]
    fn items_that_are_alike_are_kept_once_and_weigh_what_they_weigh() {
        let entry = |id: &str, json: &str| {
            let resource = ResourceKey { resource_type: "T::A::B".into(), resource_id: id.into() };
            Entry::new(resource, &Tree::read(json, &Mask::All).unwrap())
        };
        let mut inventory = Inventory::complete([]);
        for number in 0..100 {
            inventory.put(entry(&number.to_string(), "{\"a\": [\"b\"]}"));
            inventory.put(entry(&format!("other {number}"), "{\"a\": [\"c\"]}"));
        }
        assert_eq!(inventory.items.len(), 2);
        let (document, weight) = inventory.document(&["T::A::B".into()]).unwrap();
        assert_eq!(document["T::A::B"].as_object().unwrap().len(), 200);
        assert_eq!(document["T::A::B"]["7"]["a"][0], "b".into());
        assert_eq!(document["T::A::B"]["other 7"]["a"][0], "c".into());
        // Three values of 16 bytes, a name and a text, of each.
        assert_eq!(weight, 200 * (3 * 16 + 2));
    }

    #[test]
    fn a_type_that_was_never_asked_for_is_not_an_empty_one() {
        let mut inventory = Inventory::default();
        inventory.add_type("T::A::B", []);
        let (document, weight) = inventory.document(&["T::A::B".into()]).unwrap();
        assert_eq!((&document["T::A::B"], weight), (&Rego::new_object(), 0));
        assert_eq!(inventory.document(&["T::A::C".into()]).unwrap_err(), "T::A::C");
    }
}
