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

/// Converts what `mask` keeps of `tree`.
///
/// # Errors
/// It weighs more than the cap.
pub fn to_rego(tree: &Tree<'_>, mask: &Mask) -> Result<Rego, String> {
    let mut budget = MAX_WEIGHT;
    convert(tree, mask, &mut budget).ok_or_else(too_large)
}

/// Converts all of a tree that [is not too heavy](is_light).
pub fn whole(tree: &Tree<'_>) -> Rego {
    weighed(tree).0
}

/// The same, and what it weighs.
pub fn weighed(tree: &Tree<'_>) -> (Rego, usize) {
    let mut budget = usize::MAX;
    let value = convert(tree, &Mask::All, &mut budget).unwrap_or(Rego::Undefined);
    (value, usize::MAX - budget)
}

/// Refuses what weighs more than the cap.
///
/// # Errors
/// It does.
pub fn check(weight: usize) -> Result<(), String> {
    if weight > MAX_WEIGHT { Err(too_large()) } else { Ok(()) }
}

fn too_large() -> String {
    format!("the input is larger than {} MiB", MAX_WEIGHT >> 20)
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
        let (value, weight) = weighed(&Tree::of(&heavy, &Mask::All));
        assert_eq!(
            (value.as_string().unwrap().len(), weight),
            (MAX_WEIGHT + 1, MAX_WEIGHT + 1 + VALUE_WEIGHT)
        );
        assert_eq!(check(weight).unwrap_err(), "the input is larger than 64 MiB");
        assert_eq!(check(MAX_WEIGHT), Ok(()));
    }
}
