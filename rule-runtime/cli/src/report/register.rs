//! Agreed exceptions as the report shows them: with owner, approver and expiry.
//!
//! In: what a verdict says of its waiver, and the register that it comes from (`waivers.yaml`). Out: [`Waiver`]s. Whether a
//! waiver holds was decided when the resource was judged; the register only adds what the verdict does not carry.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// One exception.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Waiver {
    /// `W-2026-014`.
    pub id: String,
    /// The last day that it holds.
    pub expires_on: Option<String>,
    /// Whether it held no longer when the resource was judged.
    pub expired: bool,
    /// Who bears the risk.
    pub owner: Option<String>,
    /// Who agreed, and when.
    pub approver: Option<String>,
    /// When it was agreed.
    pub approved_on: Option<String>,
    /// Why, in Japanese.
    pub reason_ja: Option<String>,
    /// Why, in English.
    pub reason_en: Option<String>,
    /// What is done instead.
    pub compensating_control: Option<String>,
    /// Where it was discussed.
    pub ticket: Option<String>,
}

impl Waiver {
    /// Reads the object of a verdict or of a register; `None` where it has no id.
    pub fn read(value: &Value) -> Option<Self> {
        let approver = value.get("approver");
        let of_approver = |names: &[&str]| approver.and_then(|approver| text(approver, names));
        Some(Self {
            id: text(value, &["id"])?,
            expires_on: text(value, &["expires_on", "expiresOn"]),
            expired: value.get("expired").and_then(Value::as_bool).unwrap_or(false),
            owner: text(value, &["risk_owner", "riskOwner", "owner"]),
            approver: of_approver(&["name"])
                .or_else(|| approver.and_then(Value::as_str).map(ToOwned::to_owned)),
            approved_on: of_approver(&["approved_on", "approvedOn"])
                .or_else(|| text(value, &["approved_on", "approvedOn"])),
            reason_ja: text(value, &["reason_ja", "reasonJa"]),
            reason_en: text(value, &["reason_en", "reasonEn"]),
            compensating_control: text(value, &["compensating_control", "compensatingControl"]),
            ticket: text(value, &["ticket"]),
        })
    }

    /// Fills what it does not say from `register`.
    pub fn fill(&mut self, register: &Self) {
        for (field, known) in [
            (&mut self.expires_on, &register.expires_on),
            (&mut self.owner, &register.owner),
            (&mut self.approver, &register.approver),
            (&mut self.approved_on, &register.approved_on),
            (&mut self.reason_ja, &register.reason_ja),
            (&mut self.reason_en, &register.reason_en),
            (&mut self.compensating_control, &register.compensating_control),
            (&mut self.ticket, &register.ticket),
        ] {
            if field.is_none() {
                field.clone_from(known);
            }
        }
    }
}

/// The waivers of a register by id; a register is a list, or an object with `waivers`.
pub fn waivers(register: &Value) -> BTreeMap<String, Waiver> {
    let list = register.get("waivers").unwrap_or(register);
    let read = list.as_array().into_iter().flatten().filter_map(Waiver::read);
    read.map(|waiver| (waiver.id.clone(), waiver)).collect()
}

/// The first of `names` that is there, as text.
pub fn text(value: &Value, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match value.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_register_adds_what_the_verdict_does_not_say_and_never_whether_it_holds() {
        let register = json!([{
            "id": "W-1", "expires_on": "2030-01-01", "expired": false, "risk_owner": "院長",
            "approver": {"name": "安全管理責任者", "approved_on": "2026-11-20"}, "reason_ja": "移行中"
        }]);
        let mut waiver =
            Waiver::read(&json!({"id": "W-1", "expires_on": "2026-10-01", "expired": true})).unwrap();
        waiver.fill(&waivers(&register)["W-1"]);
        assert_eq!((waiver.expires_on.as_deref(), waiver.expired), (Some("2026-10-01"), true));
        assert_eq!(waiver.owner.as_deref(), Some("院長"));
        assert_eq!(waiver.approver.as_deref(), Some("安全管理責任者"));
        assert_eq!(waiver.approved_on.as_deref(), Some("2026-11-20"));
        assert_eq!(waiver.reason_ja.as_deref(), Some("移行中"));
    }
}
