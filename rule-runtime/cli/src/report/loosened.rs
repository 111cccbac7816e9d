//! Parameters that a clause demands nothing of: whether they are looser than their defaults.
//!
//! In: a policy's defaults and the parameters of its runs. Out: [`Changes`]. A policy's defaults are what its author holds
//! to show its clauses. What differs from them is stricter where its name and its value say so (`minDays` raised,
//! `allowedRegions` narrowed); it is the site's own where the default is empty (`logBuckets`), and a person looks at it;
//! all else counts as loosened.

use std::collections::BTreeMap;

use sekisho_engine::guideline::Bilingual;
use serde_json::Value;

use super::both;

/// What differs from the defaults.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What keeps the policy from showing a clause.
    pub loosened: Vec<Bilingual>,
    /// The site's own names and places.
    pub differs: Vec<Bilingual>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Stricter,
    Own,
    Looser,
}

/// What lets resources off: looser wherever it is given.
const LETS_OFF: [&str; 7] = ["exempt", "except", "excluded", "skip", "nonData", "notSecret", "allowedPublic"];

impl Changes {
    /// Compares each of `runs` with `defaults`, but for the parameters that the clause has `required` itself.
    pub fn of(defaults: &BTreeMap<String, Value>, required: &[&str], runs: &[Value]) -> Self {
        let mut changes = Self::default();
        let asked = || defaults.iter().filter(|(name, _)| !required.contains(&name.as_str()));
        if runs.iter().any(Value::is_null) && asked().next().is_some() {
            changes
                .loosened
                .push(both("パラメータの値が分からない", "the values of its parameters are not known"));
        }
        for (name, default) in asked() {
            let mut seen: Vec<&Value> = Vec::new();
            for value in runs.iter().filter_map(|run| run.get(name)) {
                if value == default || seen.contains(&value) {
                    continue;
                }
                seen.push(value);
                match change(name, default, value) {
                    Change::Stricter => {}
                    Change::Own => changes.differs.push(both(
                        format!("パラメータ{name}: {value}"),
                        format!("parameter {name}: {value}"),
                    )),
                    Change::Looser => changes.loosened.push(both(
                        format!(
                            "パラメータ{name}が{value}(既定値: {default})で、この条項の確認になるとは言えない"
                        ),
                        format!(
                            "parameter {name} is {value} (default: {default}), which may not show this clause"
                        ),
                    )),
                }
            }
        }
        changes
    }
}

fn change(name: &str, default: &Value, value: &Value) -> Change {
    let begins = |prefix: &str| name.starts_with(prefix);
    if LETS_OFF.iter().any(|prefix| begins(prefix)) {
        return Change::Looser;
    }
    if is_empty(default) {
        return Change::Own;
    }
    let stricter = match (default, value) {
        (Value::Number(before), Value::Number(now)) => {
            let (before, now) = (before.as_f64(), now.as_f64());
            // 0 may mean that there is no limit.
            (begins("min") && now > before)
                || ((begins("max") || begins("grace") || name.contains("MaxAge"))
                    && now < before
                    && now > Some(0.0))
                || (begins("grace") && now == Some(0.0))
        }
        (Value::Bool(false), Value::Bool(true)) => begins("require") || begins("forbid"),
        (Value::Array(before), Value::Array(now)) => {
            (begins("allowed") && !now.is_empty() && now.iter().all(|one| before.contains(one)))
                || (begins("required") && before.iter().all(|one| now.contains(one)))
        }
        _ => false,
    };
    if stricter { Change::Stricter } else { Change::Looser }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_surely_stricter_is_looser() {
        use Change::{Looser, Own, Stricter};
        for (name, default, value, expected) in [
            ("minDays", json!(7), json!(14), Stricter),
            ("minDays", json!(7), json!(1), Looser),
            ("maxIdleDays", json!(45), json!(30), Stricter),
            ("maxIdleDays", json!(45), json!(0), Looser),
            ("maxIdleDays", json!(45), json!(90), Looser),
            ("rosterMaxAgeDays", json!(7), json!(3), Stricter),
            ("graceHours", json!(24), json!(0), Stricter),
            ("graceHours", json!(0), json!(24), Looser),
            ("requireKmsKey", json!(true), json!(false), Looser),
            ("requireMultiAZ", json!(false), json!(true), Stricter),
            ("allowedRegions", json!(["a", "b"]), json!(["a"]), Stricter),
            ("allowedRegions", json!(["a", "b"]), json!([]), Looser),
            ("allowedRegions", json!(["a"]), json!(["a", "us-east-1"]), Looser),
            ("requiredSources", json!(["a"]), json!(["a", "b"]), Stricter),
            ("requiredSources", json!(["a", "b"]), json!(["a"]), Looser),
            ("exemptTypes", json!([]), json!(["AWS::S3::Bucket"]), Looser),
            ("exceptTag", json!(""), json!("x"), Looser),
            ("logBuckets", json!([]), json!(["logs"]), Own),
            ("mfa", json!("ON"), json!("OPTIONAL"), Looser),
        ] {
            assert_eq!(change(name, &default, &value), expected, "{name} {default} {value}");
        }
    }

    #[test]
    fn what_the_clause_demands_itself_is_not_asked_twice_and_what_is_not_known_is_not_trusted() {
        let defaults = BTreeMap::from([("minDays".to_owned(), json!(7))]);
        let of = |required: &[&str], run: Value| Changes::of(&defaults, required, &[run]);
        assert_eq!(of(&["minDays"], json!({"minDays": 1})), Changes::default());
        assert_eq!(of(&["minDays"], Value::Null), Changes::default());
        assert_eq!(of(&[], json!({"minDays": 7})), Changes::default());
        assert_eq!(of(&[], json!({"minDays": 1})).loosened.len(), 1);
        assert_eq!(of(&[], Value::Null).loosened.len(), 1);
        assert_eq!(Changes::of(&BTreeMap::new(), &[], &[Value::Null]), Changes::default());
    }
}
