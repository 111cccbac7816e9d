//! The fields of an item in the order in which a person reads them, and the rule event has them.

use serde_json::{Map, Value};

/// What an item is before what it holds.
const FIRST: [&str; 20] = [
    "configurationItemVersion",
    "configurationItemCaptureTime",
    "configurationStateId",
    "configurationItemStatus",
    "awsAccountId",
    "resourceType",
    "resourceId",
    "resourceName",
    "ARN",
    "awsRegion",
    "availabilityZone",
    "configurationStateMd5Hash",
    "resourceCreationTime",
    "recordingFrequency",
    "configurationItemDeliveryTime",
    "tags",
    "relatedEvents",
    "relationships",
    "configuration",
    "supplementaryConfiguration",
];

/// `item` in that order; what it has beside them comes last.
pub fn ordered(item: &Value) -> Value {
    let Value::Object(map) = item else { return item.clone() };
    let known = FIRST.iter().filter_map(|field| map.get_key_value(*field));
    let others = map.iter().filter(|(field, _)| !FIRST.contains(&field.as_str()));
    let fields = known.chain(others).map(|(field, value)| (field.clone(), value.clone()));
    Value::Object(fields.collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_lost() {
        let item = json!({"x": 1, "tags": {}, "ARN": "a", "resourceId": "r"});
        let ordered = ordered(&item);
        assert_eq!(ordered, item);
        let names: Vec<_> =
            ordered.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["resourceId", "ARN", "tags", "x"]);
    }
}
