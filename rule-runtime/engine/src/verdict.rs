//! What an evaluation says: compliance, reasons, and the evaluation that AWS Config is told.
//!
//! In: the reasons of one or more policies for one resource. Out: a [`Verdict`] a policy, and
//! [`Evaluation`]s, one a resource, whose annotation holds what AWS Config can hold.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::Severity;
use crate::waiver::Waived;

/// The longest annotation that `PutEvaluations` takes, in UTF-16 code units.
///
/// Source: AWS Config API, `StringWithCharLimit256`. Whether AWS counts code points or UTF-16 code units
/// is not documented; code units are never fewer, so counting them is safe either way.
pub const ANNOTATION_LIMIT: usize = 256;

/// The compliance types that a rule may report, from best to worst.
///
/// `INSUFFICIENT_DATA` is in the API's enum and is refused from a rule; Sekisho never makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Compliance {
    /// The policy does not concern the resource, or the resource is gone.
    NotApplicable,
    /// Judged, and nothing was denied.
    Compliant,
    /// Judged, and denied for at least one reason.
    NonCompliant,
}

impl Compliance {
    /// The name in the AWS Config API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "NOT_APPLICABLE",
            Self::Compliant => "COMPLIANT",
            Self::NonCompliant => "NON_COMPLIANT",
        }
    }
}

impl fmt::Display for Compliance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One resource as AWS Config identifies it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceKey {
    /// For example `AWS::S3::Bucket`; 1 to 256 characters.
    pub resource_type: String,
    /// An id, a name or an ARN, as the type has it; 1 to 768 characters.
    pub resource_id: String,
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.resource_type, self.resource_id)
    }
}

/// Why a resource is `NON_COMPLIANT`: one `deny` message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reason {
    /// English, never empty.
    pub msg: String,
    /// Japanese, where the policy has it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub msg_ja: Option<String>,
}

/// The languages of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English only.
    En,
    /// Japanese; a reason without Japanese is given in English.
    Ja,
    /// Japanese, then English.
    #[default]
    Both,
}

impl std::str::FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "en" => Ok(Self::En),
            "ja" => Ok(Self::Ja),
            "both" => Ok(Self::Both),
            other => Err(format!("\"{other}\" is not a language; use en, ja or both")),
        }
    }
}

impl Reason {
    /// The reason's text in `language`.
    pub fn text(&self, language: Language) -> String {
        match (language, &self.msg_ja) {
            (Language::Ja, Some(ja)) => ja.clone(),
            (Language::Both, Some(ja)) => format!("{ja} / {}", self.msg),
            _ => self.msg.clone(),
        }
    }
}

/// What one policy says of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// `custom.id` of the policy.
    pub policy_id: String,
    /// `custom.severity` of the policy.
    pub severity: Severity,
    /// The resource judged: the item's own, or one that a periodic policy names.
    #[serde(flatten)]
    pub resource: ResourceKey,
    /// 12 digits, where the item says it.
    pub account_id: Option<String>,
    /// The item's region, `global` for global types.
    pub region: Option<String>,
    /// Its result.
    pub compliance: Compliance,
    /// In the order of their text; empty unless `NON_COMPLIANT`.
    pub reasons: Vec<Reason>,
    /// When AWS Config recorded the item: `configurationItemCaptureTime`.
    pub capture_time: Option<Timestamp>,
    /// The waiver that concerns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waived>,
}

/// What `PutEvaluations` is told of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// The resource.
    #[serde(flatten)]
    pub resource: ResourceKey,
    /// The worst of its policies.
    pub compliance: Compliance,
    /// 1 to [`ANNOTATION_LIMIT`] UTF-16 code units; absent where there is nothing to say.
    pub annotation: Option<String>,
    /// The capture time of the item, or the time of the notification for a periodic evaluation.
    pub ordering_timestamp: Timestamp,
}

impl Evaluation {
    /// Folds the verdicts of one resource into its evaluation: the worst compliance, and the reasons
    /// of the policies that denied, most severe first. Where `name_policies` is set each policy's
    /// reasons follow its id in brackets.
    pub fn fold(
        verdicts: &[&Verdict],
        resource: ResourceKey,
        ordering_timestamp: Timestamp,
        language: Language,
        name_policies: bool,
    ) -> Self {
        let compliance = verdicts.iter().map(|v| v.compliance).max().unwrap_or(Compliance::NotApplicable);
        let text = denied(verdicts)
            .iter()
            .map(|v| {
                let reasons = v.reasons.iter().map(|r| r.text(language)).collect::<Vec<_>>().join("; ");
                let waiver = v.waiver.as_ref().map_or_else(String::new, |waiver| waiver.text(language) + " ");
                let policy = if name_policies { format!("[{}] ", v.policy_id) } else { String::new() };
                format!("{policy}{waiver}{reasons}")
            })
            .collect::<Vec<_>>()
            .join(" ");
        Self { resource, compliance, annotation: annotation(&text), ordering_timestamp }
    }
}

/// The verdicts that have something to say: those that count first, then those that are waived, each most severe
/// first.
pub fn denied<'a>(verdicts: &[&'a Verdict]) -> Vec<&'a Verdict> {
    let mut denied: Vec<_> =
        verdicts.iter().copied().filter(|v| !v.reasons.is_empty() || v.waiver.is_some()).collect();
    denied.sort_by_key(|v| (v.compliance != Compliance::NonCompliant, v.severity, v.policy_id.clone()));
    denied
}

impl Waived {
    /// What the annotation says of it.
    pub fn text(&self, language: Language) -> String {
        let Self { id, expires_on, expired, .. } = self;
        let (ja, en) = if *expired {
            (format!("例外 {id} は{expires_on}に失効"), format!("waiver {id} expired {expires_on}"))
        } else {
            (format!("例外 {id} {expires_on}まで"), format!("waived {id} until {expires_on}"))
        };
        match language {
            Language::En => format!("[{en}]"),
            Language::Ja => format!("[{ja}]"),
            Language::Both => format!("[{ja} / {en}]"),
        }
    }
}

/// `text` as an annotation: at most [`ANNOTATION_LIMIT`] UTF-16 code units, cut on a character boundary
/// with an ellipsis and the number of characters that were cut (`… (+42)`); `None` for a blank text,
/// because AWS Config refuses an empty annotation.
pub fn annotation(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.encode_utf16().count() <= ANNOTATION_LIMIT {
        return Some(text.to_owned());
    }
    let total = text.chars().count();
    // The count is at most as long as the total's digits: room for it is taken first.
    let room = ANNOTATION_LIMIT - "… (+)".encode_utf16().count() - total.to_string().len();
    let mut used = 0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += c.len_utf16();
            used <= room
        })
        .collect();
    let cut = total - kept.chars().count();
    Some(format!("{kept}… (+{cut})"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn units(text: &str) -> usize {
        text.encode_utf16().count()
    }

    #[test]
    fn an_annotation_of_256_units_is_left_whole() {
        let text = "あ".repeat(256);
        assert_eq!(annotation(&text).unwrap(), text);
    }

    #[test]
    fn a_longer_one_is_cut_with_an_ellipsis_and_a_count() {
        let text = "x".repeat(300);
        let cut = annotation(&text).unwrap();
        assert!(units(&cut) <= 256);
        assert!(units(&annotation(&"x".repeat(257)).unwrap()) <= 256);
        let kept = cut.chars().take_while(|c| *c == 'x').count();
        assert_eq!(cut, format!("{}… (+{})", "x".repeat(kept), 300 - kept));
    }

    #[test]
    fn characters_outside_the_basic_plane_count_twice_and_are_never_split() {
        let text = "𠮟".repeat(200);
        let cut = annotation(&text).unwrap();
        assert!(units(&cut) <= ANNOTATION_LIMIT, "{}", units(&cut));
        let kept = cut.chars().take_while(|c| *c == '𠮟').count();
        assert!(cut.ends_with(&format!("… (+{})", 200 - kept)), "{cut}");
    }

    #[test]
    fn a_blank_annotation_is_left_out() {
        assert_eq!(annotation(" \n "), None);
    }

    fn verdict(id: &str, severity: Severity, compliance: Compliance, reason: &str) -> Verdict {
        Verdict {
            policy_id: id.into(),
            severity,
            resource: key(),
            account_id: None,
            region: None,
            compliance,
            reasons: if reason.is_empty() {
                vec![]
            } else {
                vec![Reason { msg: reason.into(), msg_ja: Some("理由".into()) }]
            },
            capture_time: None,
            waiver: None,
        }
    }

    fn key() -> ResourceKey {
        ResourceKey { resource_type: "AWS::S3::Bucket".into(), resource_id: "b".into() }
    }

    #[test]
    fn many_policies_fold_into_the_worst_and_name_those_that_denied_most_severe_first() {
        let a = verdict("a-low", Severity::Low, Compliance::NonCompliant, "small");
        let b = verdict("b-critical", Severity::Critical, Compliance::NonCompliant, "big");
        let c = verdict("c", Severity::High, Compliance::Compliant, "");
        let evaluation = Evaluation::fold(&[&a, &b, &c], key(), Timestamp::UNIX_EPOCH, Language::En, true);
        assert_eq!(evaluation.compliance, Compliance::NonCompliant);
        assert_eq!(evaluation.annotation.unwrap(), "[b-critical] big [a-low] small");
    }

    #[test]
    fn languages() {
        let reason = Reason { msg: "why".into(), msg_ja: Some("理由".into()) };
        assert_eq!(reason.text(Language::En), "why");
        assert_eq!(reason.text(Language::Ja), "理由");
        assert_eq!(reason.text(Language::Both), "理由 / why");
        let english = Reason { msg: "why".into(), msg_ja: None };
        assert_eq!(english.text(Language::Both), "why");
    }
}
