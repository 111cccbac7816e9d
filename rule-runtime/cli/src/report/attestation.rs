//! What people attest: demands that no API shows, each with who, when, until when and where the evidence is.
//!
//! In: the register of the policy `process-attestation` (YAML). Out: an [`AttestationResult`] for a name under a clause. A
//! missing, incomplete or overdue entry is いいえ; without a register it is 未確認.

use jiff::civil::Date;
use sekisho_engine::guideline::Bilingual;
use serde::Serialize;
use serde_json::Value;

use super::register::text;
use super::{State, both};

/// One demand with its entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttestationResult {
    /// `privacy-policy-published`.
    pub id: String,
    /// What was found.
    pub state: State,
    /// What is wrong with it.
    pub why: Vec<Bilingual>,
    /// Who attests it.
    pub approver: Option<String>,
    /// When it was done.
    pub done_on: Option<String>,
    /// The last day that it counts.
    pub expires_on: Option<String>,
    /// Where the evidence is.
    pub evidence_uri: Option<String>,
    /// The evidence's hash.
    pub sha256: Option<String>,
}

/// The entries of a register with their names.
#[derive(Debug, Default)]
pub struct Attestations {
    entries: Vec<(String, Value)>,
}

impl Attestations {
    /// Reads a register: a list, or an object with `items` or `attestations`, whose entries carry their name (`id`, `item`,
    /// `demand` or `name`) or stand under it.
    pub fn read(register: &Value) -> Self {
        let items = register.get("items").or_else(|| register.get("attestations")).unwrap_or(register);
        let entries = match items {
            Value::Array(list) => list
                .iter()
                .filter_map(|entry| Some((text(entry, &["id", "item", "demand", "name"])?, entry.clone())))
                .collect(),
            Value::Object(named) => named.iter().map(|(name, entry)| (name.clone(), entry.clone())).collect(),
            _ => Vec::new(),
        };
        Self { entries }
    }

    /// Whether it has no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The state of `id` on `today`, the day in Japan. Of several entries the one that counts longest is taken.
    pub fn result(register: Option<&Self>, id: &str, today: Date) -> AttestationResult {
        let mut result = AttestationResult {
            id: id.to_owned(),
            state: State::Unknown,
            why: Vec::new(),
            approver: None,
            done_on: None,
            expires_on: None,
            evidence_uri: None,
            sha256: None,
        };
        let Some(register) = register else {
            result.why.push(both(
                "実施記録の台帳が指定されていない",
                "no attestation register was given (--attestations)",
            ));
            return result;
        };
        let entries = register.entries.iter().filter(|(name, _)| name == id).map(|(_, entry)| entry);
        let newest = entries.max_by_key(|entry| text(entry, &["expiresOn", "expires_on"]));
        result.state = State::No;
        let Some(entry) = newest else {
            result.why.push(both("実施記録がない", "there is no attestation"));
            return result;
        };
        result.approver = entry
            .get("approver")
            .and_then(|approver| text(approver, &["name"]))
            .or_else(|| text(entry, &["approver"]));
        result.done_on = text(entry, &["doneOn", "done_on"]);
        result.expires_on = text(entry, &["expiresOn", "expires_on", "nextReview", "next_review"]);
        result.evidence_uri = text(entry, &["evidenceUri", "evidence_uri"]);
        result.sha256 = text(entry, &["sha256"]);
        result.why = wrong(&result, today);
        if result.why.is_empty() {
            result.state = State::Yes;
        }
        result
    }
}

fn wrong(entry: &AttestationResult, today: Date) -> Vec<Bilingual> {
    let mut wrong = Vec::new();
    if entry.approver.is_none() {
        wrong.push(both("承認者の記載がない", "it names no approver"));
    }
    if entry.evidence_uri.is_none() {
        wrong.push(both("根拠資料の保管場所の記載がない", "it does not say where the evidence is"));
    }
    match entry.done_on.as_deref().map(date) {
        None => wrong.push(both("実施日の記載がない", "it does not say when it was done")),
        Some(None) => wrong.push(both("実施日を日付として読めない", "its doneOn is not a date")),
        Some(Some(done)) if done > today => {
            wrong.push(both(
                format!("実施日({done})が確認日より後"),
                format!("done on {done}, after this report"),
            ));
        }
        Some(Some(_)) => {}
    }
    match entry.expires_on.as_deref().map(date) {
        None => wrong.push(both("有効期限の記載がない", "it does not say until when it counts")),
        Some(None) => wrong.push(both("有効期限を日付として読めない", "its expiresOn is not a date")),
        Some(Some(until)) if until < today => {
            wrong.push(both(format!("有効期限({until})を過ぎている"), format!("overdue since {until}")));
        }
        Some(Some(_)) => {}
    }
    wrong
}

/// A date, also where a time stands behind it; a time is taken in its own zone.
fn date(text: &str) -> Option<Date> {
    text.get(..10).unwrap_or(text).parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn entry() -> Value {
        json!({
            "item": "security-training", "approver": "安全管理責任者", "doneOn": "2026-04-10",
            "expiresOn": "2027-03-31", "evidenceUri": "s3://evidence/training.pdf", "sha256": "ab"
        })
    }

    fn state(register: &Value, today: &str) -> (State, Vec<String>) {
        let register = Attestations::read(register);
        let result = Attestations::result(Some(&register), "security-training", today.parse().unwrap());
        (result.state, result.why.into_iter().map(|why| why.ja).collect())
    }

    #[test]
    fn an_entry_counts_until_its_last_day() {
        let register = json!({"items": [entry()]});
        assert_eq!(state(&register, "2027-03-31"), (State::Yes, vec![]));
        assert_eq!(
            state(&register, "2027-04-01"),
            (State::No, vec!["有効期限(2027-03-31)を過ぎている".to_owned()])
        );
        assert_eq!(state(&register, "2026-04-09").0, State::No);
        let named = json!({"security-training": entry()});
        assert_eq!(state(&named, "2026-11-23").0, State::Yes);
    }

    #[test]
    fn what_is_missing_is_never_yes() {
        for field in ["approver", "doneOn", "expiresOn", "evidenceUri"] {
            let mut entry = entry();
            entry.as_object_mut().unwrap().remove(field);
            let (state, why) = state(&json!([entry]), "2026-11-23");
            assert_eq!((state, why.len()), (State::No, 1), "{field}");
        }
        assert_eq!(state(&json!([]), "2026-11-23"), (State::No, vec!["実施記録がない".to_owned()]));
        let today = "2026-11-23".parse().unwrap();
        assert_eq!(Attestations::result(None, "x", today).state, State::Unknown);
    }
}
