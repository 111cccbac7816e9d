//! JSON to the values of regorus, with a cap on what an input may weigh.

use std::collections::BTreeMap;

use regorus::Value as Rego;
use serde_json::Value;

/// The weight of the heaviest input: bytes of text plus 16 for each value. A value of regorus takes some
/// four times its JSON in memory, and AWS Config delivers items of up to a few MiB.
const MAX_WEIGHT: usize = 64 << 20;

/// What a value weighs beside its text.
const VALUE_WEIGHT: usize = 16;

/// Converts `value`.
///
/// # Errors
/// It weighs more than the cap.
pub fn to_rego(value: &Value) -> Result<Rego, String> {
    let mut budget = MAX_WEIGHT;
    convert(value, &mut budget).ok_or_else(|| format!("the input is larger than {} MiB", MAX_WEIGHT >> 20))
}

fn convert(value: &Value, budget: &mut usize) -> Option<Rego> {
    let text = if let Value::String(text) = value { text.len() } else { 0 };
    *budget = budget.checked_sub(VALUE_WEIGHT + text)?;
    Some(match value {
        Value::Null => Rego::Null,
        Value::Bool(bool) => Rego::from(*bool),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Rego::from(number),
            (None, Some(number)) => Rego::from(number),
            (None, None) => Rego::from(number.as_f64()?),
        },
        Value::String(text) => Rego::from(text.as_str()),
        Value::Array(list) => {
            Rego::from(list.iter().map(|value| convert(value, budget)).collect::<Option<Vec<_>>>()?)
        }
        Value::Object(object) => {
            let mut map = BTreeMap::new();
            for (key, value) in object {
                *budget = budget.checked_sub(key.len())?;
                map.insert(Rego::from(key.as_str()), convert(value, budget)?);
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
        let rego = to_rego(&value).unwrap();
        let back: Value = serde_json::from_str(&rego.to_json_str().unwrap()).unwrap();
        assert_eq!(back, value);
    }

    #[test]
    fn an_input_over_the_cap_is_refused() {
        let heavy = Value::from("x".repeat(MAX_WEIGHT + 1));
        assert_eq!(to_rego(&heavy).unwrap_err(), "the input is larger than 64 MiB");
    }
}
