//! Fields by their path (`configuration.environment.variables.DB_URL`, `configuration.containers[0].command`,
//! `tags.*`): found, and dropped.

use serde_json::Value;

/// Drops the fields at `path`, and says whether there were any.
pub fn drop(item: &mut Value, path: &str) -> bool {
    at(item, strip(path), &mut |_| false)
}

/// The texts at `path` and below.
pub fn texts(item: &mut Value, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    at(item, strip(path), &mut |value| {
        collect(value, &mut found);
        true
    });
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        Value::Object(map) => map.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// Reports say `item.` before a path.
fn strip(path: &str) -> &str {
    path.strip_prefix("item.").unwrap_or(path)
}

/// Calls `keep` on what stands at `path`, and drops it where that says no.
fn at(value: &mut Value, path: &str, keep: &mut impl FnMut(&Value) -> bool) -> bool {
    match value {
        Value::Object(map) => {
            let path = path.strip_prefix('.').unwrap_or(path);
            let mut found = false;
            let keys: Vec<String> = map.keys().cloned().collect();
            for key in keys {
                // A key may have a dot in it, so it is the path that is tried against each key.
                let rest = path.strip_prefix(key.as_str()).or_else(|| path.strip_prefix('*'));
                let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with(['.', '['])) else {
                    continue;
                };
                if !rest.is_empty() {
                    found |= map.get_mut(&key).is_some_and(|value| at(value, rest, keep));
                } else if let Some(value) = map.get(&key) {
                    found = true;
                    if !keep(value) {
                        map.shift_remove(&key);
                    }
                }
            }
            found
        }
        Value::Array(list) => {
            let Some((index, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) else {
                return false;
            };
            let mut found = false;
            for position in (0..list.len()).rev() {
                if index != "*" && index.parse() != Ok(position) {
                    continue;
                }
                if rest.is_empty() {
                    found = true;
                    if !keep(&list[position]) {
                        list.remove(position);
                    }
                } else {
                    found |= at(&mut list[position], rest, keep);
                }
            }
            found
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_dropped_wherever_it_stands() {
        let item = json!({"a": {"b.c": 1, "d": 2}, "e": [{"f": 1, "g": "t"}, {"f": 2}]});
        for (path, rest) in [
            ("a.b.c", json!({"a": {"d": 2}, "e": [{"f": 1, "g": "t"}, {"f": 2}]})),
            ("item.e[0]", json!({"a": {"b.c": 1, "d": 2}, "e": [{"f": 2}]})),
            ("e[*].f", json!({"a": {"b.c": 1, "d": 2}, "e": [{"g": "t"}, {}]})),
            ("a.*", json!({"a": {}, "e": [{"f": 1, "g": "t"}, {"f": 2}]})),
        ] {
            let mut left = item.clone();
            assert!(drop(&mut left, path), "{path}");
            assert_eq!(left, rest, "{path}");
        }
        let mut left = item.clone();
        assert!(!drop(&mut left, "a.x") && !drop(&mut left, "e.f"));
        assert_eq!(left, item);
        assert_eq!(texts(&mut left, "e"), ["t"]);
    }
}
