//! `data.inventory`: the items of whole resource types, for periodic policies that look at more than one.
//!
//! In: items, and the types that were asked for in full. Out: `{resource type: {resource id: item}}`, of the types
//! that a policy declares and no others. Until it is asked for, an item is a text, which takes a fraction of the memory; then
//! those that are alike but for their ids are one value.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use regorus::Value as Rego;

use crate::evaluate::convert;
use crate::item::tree::Tree;
use crate::item::{ConfigurationItem, ItemStatus};
use crate::policy::mask::Mask;
use crate::verdict::ResourceKey;

/// Items by type and id.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    types: BTreeMap<String, OfType>,
    /// Every type counts as asked for.
    complete: bool,
}

/// The items of a type.
#[derive(Debug, Clone, Default)]
struct OfType {
    /// JSON by resource id.
    items: BTreeMap<String, Box<str>>,
    /// The same for policies, which share it, and what it weighs; or why there is no such value.
    made: OnceLock<Result<(Rego, usize), String>>,
}

impl OfType {
    fn made(&self) -> Result<&(Rego, usize), String> {
        self.made.get_or_init(|| self.make()).as_ref().map_err(Clone::clone)
    }

    fn make(&self) -> Result<(Rego, usize), String> {
        let mut budget = convert::Budget::default();
        let mut all = budget.convert(&Tree::Object(Vec::new()), &Mask::All)?;
        let fields = all.as_object_mut().map_err(|error| error.to_string())?;
        let mut known: BTreeSet<Rego> = BTreeSet::new();
        for (id, json) in &self.items {
            budget.spend(id.len())?;
            let tree = Tree::read(json, &Mask::All)
                .map_err(|error| format!("the item {id} cannot be read again: {error}"))?;
            let item = budget.convert(&tree, &Mask::All)?;
            let item = known.get(&item).cloned().unwrap_or(item);
            known.insert(item.clone());
            fields.insert(id.as_str().into(), item);
        }
        Ok((all, budget.spent()))
    }
}

/// Why there is no inventory for a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoInventory {
    /// The first type that was never asked for: an empty one would look as if there were no such resources.
    #[error("the items of {0} are needed and were not given")]
    NotGiven(String),
    /// It weighs too much, or cannot be read.
    #[error("{0}")]
    Unfit(String),
}

/// One item, or what is kept of it.
#[derive(Debug, Clone)]
pub struct Entry {
    resource: ResourceKey,
    json: Box<str>,
}

impl Entry {
    /// Of `resource`, `tree` is kept.
    ///
    /// # Errors
    /// It cannot be written as JSON, which cannot be of what was read as such.
    pub fn new(resource: ResourceKey, tree: &Tree<'_>) -> serde_json::Result<Self> {
        Ok(Self { resource, json: serde_json::to_string(tree)?.into() })
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
            self.put(Entry { resource: item.resource.clone(), json: item.document.to_string().into() });
        }
    }

    /// One more item, of a resource that is there.
    pub fn put(&mut self, entry: Entry) {
        let of_type = self.types.entry(entry.resource.resource_type).or_default();
        of_type.items.insert(entry.resource.resource_id, entry.json);
        of_type.made = OnceLock::new();
    }

    /// `data.inventory` for a policy that declares `types`, and what it weighs as [`convert`] weighs it.
    ///
    /// # Errors
    /// A type was never asked for, or what there is of it is no value for policies.
    pub fn document(&self, types: &[String]) -> Result<(Rego, usize), NoInventory> {
        let empty = OfType::default();
        let mut budget = convert::Budget::default();
        let mut document =
            budget.convert(&Tree::Object(Vec::new()), &Mask::All).map_err(NoInventory::Unfit)?;
        for name in types {
            let of_type = match self.types.get(name) {
                Some(of_type) => of_type,
                None if self.complete => &empty,
                None => return Err(NoInventory::NotGiven(name.clone())),
            };
            let (items, weight) = of_type.made().map_err(NoInventory::Unfit)?;
            budget.spend(name.len() + weight).map_err(NoInventory::Unfit)?;
            let fields = document.as_object_mut().map_err(|error| NoInventory::Unfit(error.to_string()))?;
            fields.insert(name.as_str().into(), items.clone());
        }
        Ok((document, budget.spent()))
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
            Entry::new(resource, &Tree::read(json, &Mask::All).unwrap()).unwrap()
        };
        let mut inventory = Inventory::complete([]);
        for number in 0..100 {
            inventory.put(entry(&number.to_string(), "{\"a\": [\"b\"]}"));
            inventory.put(entry(&format!("other {number}"), "{\"a\": [\"c\"]}"));
        }
        let (document, weight) = inventory.document(&["T::A::B".into()]).unwrap();
        let items = document["T::A::B"].as_object().unwrap();
        let different: BTreeSet<_> =
            items.values().map(|item| std::ptr::from_ref(item.as_object().unwrap()).addr()).collect();
        assert_eq!(different.len(), 2);
        assert_eq!(document["T::A::B"].as_object().unwrap().len(), 200);
        assert_eq!(document["T::A::B"]["7"]["a"][0], "b".into());
        assert_eq!(document["T::A::B"]["other 7"]["a"][0], "c".into());
        // Three values of 16 bytes, a name and a text, of each; its id; the type; the whole.
        let ids: usize = items.keys().map(|id| id.as_string().unwrap().len()).sum();
        assert_eq!(weight, 200 * (3 * 16 + 2) + ids + (16 + "T::A::B".len()) + 16);
        // What comes later is in it too.
        inventory.put(entry("7", "{}"));
        let (document, _) = inventory.document(&["T::A::B".into()]).unwrap();
        assert_eq!(document["T::A::B"]["7"], Rego::new_object());
        // What cannot be read is an error and no gap.
        let resource = ResourceKey { resource_type: "T::A::B".into(), resource_id: "8".into() };
        inventory.put(Entry { resource, json: "{".into() });
        let error = inventory.document(&["T::A::B".into()]).unwrap_err().to_string();
        assert!(error.starts_with("the item 8 cannot be read again: "), "{error}");
    }

    #[test]
    fn what_weighs_too_much_is_refused_before_all_of_it_is_made() {
        let mut inventory = Inventory::complete([]);
        let text = "x".repeat(9 << 20);
        for number in 0..4 {
            for name in ["T::A::B", "T::A::C"] {
                let resource = ResourceKey { resource_type: name.into(), resource_id: number.to_string() };
                inventory.put(Entry::new(resource, &Tree::Text(text.as_str().into())).unwrap());
            }
        }
        let document = |types: &[&str]| {
            let types: Vec<String> = types.iter().map(|name| (*name).to_owned()).collect();
            inventory.document(&types).map(|(_, weight)| weight)
        };
        assert!(document(&["T::A::B"]).unwrap() > 36 << 20);
        let error = document(&["T::A::B", "T::A::C"]).unwrap_err();
        assert_eq!(error.to_string(), "the input is larger than 64 MiB");
    }

    #[test]
    fn a_type_that_was_never_asked_for_is_not_an_empty_one() {
        let mut inventory = Inventory::default();
        inventory.add_type("T::A::B", []);
        let (document, weight) = inventory.document(&["T::A::B".into()]).unwrap();
        assert_eq!((&document["T::A::B"], weight), (&Rego::new_object(), 16 + 16 + "T::A::B".len()));
        let error = inventory.document(&["T::A::C".into()]).unwrap_err();
        assert_eq!(error, NoInventory::NotGiven("T::A::C".into()));
    }
}
