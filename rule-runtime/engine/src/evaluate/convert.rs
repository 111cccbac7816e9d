//! JSON to the values of regorus, with a cap on what an input may weigh.

use std::collections::BTreeMap;

use regorus::Value as Rego;
use serde_json::Value;

use crate::item::tree::Tree;
use crate::policy::mask::Mask;

/// The weight of the heaviest input: bytes of text plus 16 for each value. A value of regorus takes some
/// four times its JSON in memory, and AWS Config delivers items of up to a few MiB.
const MAX_WEIGHT: usize = 64 << 20;

/// What a value weighs beside its text.
const VALUE_WEIGHT: usize = 16;

/// What may still be converted before it weighs more than the cap.
#[derive(Debug)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_WEIGHT)
    }
}

impl Budget {
    /// Converts what `mask` keeps of `tree`.
    ///
    /// # Errors
    /// It weighs more than is left.
    pub fn convert(&mut self, tree: &Tree<'_>, mask: &Mask) -> Result<Rego, String> {
        convert(tree, mask, &mut self.0).ok_or_else(too_large)
    }

    /// Takes into account what was converted elsewhere, or the name of a field.
    ///
    /// # Errors
    /// It weighs more than is left.
    pub fn spend(&mut self, weight: usize) -> Result<(), String> {
        self.0 = self.0.checked_sub(weight).ok_or_else(too_large)?;
        Ok(())
    }

    /// What was converted weighs so much.
    pub const fn spent(&self) -> usize {
        MAX_WEIGHT - self.0
    }
}

fn too_large() -> String {
    format!("the input is larger than {} MiB", MAX_WEIGHT >> 20)
}

/// Converts what `mask` keeps of `tree`.
///
/// # Errors
/// It weighs more than the cap.
pub fn to_rego(tree: &Tree<'_>, mask: &Mask) -> Result<Rego, String> {
    Budget::default().convert(tree, mask)
}

/// Converts all of a tree that [is not too heavy](is_light).
pub fn whole(tree: &Tree<'_>) -> Rego {
    convert(tree, &Mask::All, &mut { usize::MAX }).unwrap_or(Rego::Undefined)
}

/// Whether what is read of a text of so many bytes weighs less than the cap, whatever it is.
pub const fn is_short(bytes: usize) -> bool {
    bytes <= MAX_WEIGHT / VALUE_WEIGHT
}

/// Whether `tree` weighs less than the cap.
pub fn is_light(tree: &Tree<'_>) -> bool {
    fn weigh(tree: &Tree<'_>, budget: usize) -> Option<usize> {
        let budget = budget.checked_sub(VALUE_WEIGHT)?;
        match tree {
            Tree::Text(text) => budget.checked_sub(text.len()),
            Tree::List(list) => list.iter().try_fold(budget, |budget, value| weigh(value, budget)),
            Tree::Object(fields) => fields
                .iter()
                .try_fold(budget, |budget, (name, value)| weigh(value, budget.checked_sub(name.len())?)),
            _ => Some(budget),
        }
    }
    weigh(tree, MAX_WEIGHT).is_some()
}

/// Converts all of `value`.
///
/// # Errors
/// It weighs more than the cap.
pub fn document(value: &Value) -> Result<Rego, String> {
    to_rego(&Tree::of(value, &Mask::All), &Mask::All)
}

fn convert(tree: &Tree<'_>, mask: &Mask, budget: &mut usize) -> Option<Rego> {
    let text = if let Tree::Text(text) = tree { text.len() } else { 0 };
    *budget = budget.checked_sub(VALUE_WEIGHT + text)?;
    Some(match tree {
        Tree::Null => Rego::Null,
        Tree::Bool(bool) => Rego::from(*bool),
        Tree::Unsigned(number) => Rego::from(*number),
        Tree::Signed(number) => Rego::from(*number),
        Tree::Float(number) => Rego::from(*number),
        Tree::Text(text) => Rego::from(text.as_ref()),
        Tree::List(list) => Rego::from(match mask.element() {
            Some(mask) => {
                list.iter().map(|value| convert(value, mask, budget)).collect::<Option<Vec<_>>>()?
            }
            None => Vec::new(),
        }),
        Tree::Object(fields) => {
            let mut map = BTreeMap::new();
            for (name, value) in fields {
                let Some(mask) = mask.field(name) else { continue };
                *budget = budget.checked_sub(name.len())?;
                map.insert(Rego::from(name.as_ref()), convert(value, mask, budget)?);
            }
            Rego::from(map)
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn json_is_the_same_on_both_sides() {
        let value =
            json!({"a": [1, -2, 1.5, true, null, "日本"], "b": {"c": 18_446_744_073_709_551_615_u64}});
        let rego = document(&value).unwrap();
        let back: Value = serde_json::from_str(&rego.to_json_str().unwrap()).unwrap();
        assert_eq!(back, value);
    }

    #[test]
    fn an_input_over_the_cap_is_refused() {
        let heavy = Value::from("x".repeat(MAX_WEIGHT + 1));
        assert_eq!(document(&heavy).unwrap_err(), "the input is larger than 64 MiB");
        // The last byte is one too many.
        let mut budget = Budget::default();
        assert_eq!(budget.convert(&Tree::Text("x".into()), &Mask::All), Ok("x".into()));
        assert_eq!(budget.spent(), VALUE_WEIGHT + 1);
        assert_eq!(budget.spend(MAX_WEIGHT - VALUE_WEIGHT - 1), Ok(()));
        assert_eq!(budget.spend(1).unwrap_err(), "the input is larger than 64 MiB");
    }
}
