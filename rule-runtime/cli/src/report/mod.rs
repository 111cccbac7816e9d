//! The evidence that an auditor asks for: each clause of each guideline, with what shows that it holds.
//!
//! In: results of `sekisho scan` or of AWS Config, the policies, the guidelines, the registers of waivers and
//! attestations. Out: a [`Report`], which the formats in `output/report_*.rs` print. A policy that failed or has no
//! result is 未確認, never はい.

pub mod attestation;
pub mod aws;
pub mod judge;
pub mod loosened;
pub mod policies;
pub mod provenance;
pub mod read;
pub mod register;
pub mod time;

use std::collections::BTreeMap;

use sekisho_engine::guideline::{Bilingual, Coverage};
use sekisho_engine::policy::{Confidence, Severity};
use sekisho_engine::verdict::Reason;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use attestation::AttestationResult;
pub use provenance::Provenance;
pub use register::Waiver;
pub use time::Moment;

/// What was found of a clause, a policy or an attestation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// はい.
    Yes,
    /// いいえ.
    No,
    /// 対象外.
    NotApplicable,
    /// 未確認: a result is missing, or a policy failed.
    Unknown,
    /// No machine can check it.
    NotCheckable,
}

impl State {
    /// The state of what all of `parts` show together: the worst; 対象外 only where all are.
    pub fn of_all(parts: impl IntoIterator<Item = Self>) -> Self {
        let parts: Vec<Self> = parts.into_iter().collect();
        let has = |state| parts.contains(&state);
        if has(Self::No) {
            Self::No
        } else if parts.is_empty() || has(Self::Unknown) || has(Self::NotCheckable) {
            Self::Unknown
        } else if has(Self::Yes) {
            Self::Yes
        } else {
            Self::NotApplicable
        }
    }
}

/// What was found of one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Finding {
    /// The policy does not concern it.
    NotApplicable,
    /// Judged, and nothing was denied.
    Compliant,
    /// The policy failed, or the source does not tell.
    #[serde(alias = "INSUFFICIENT_DATA")]
    Unknown,
    /// Denied.
    NonCompliant,
}

/// One resource under one policy.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// For example `AWS::S3::Bucket`.
    pub resource_type: String,
    /// As the type has it.
    pub resource_id: String,
    /// 12 digits, where the source says it.
    pub account_id: Option<String>,
    /// Where the source says it.
    pub region: Option<String>,
    /// What was found.
    pub finding: Finding,
    /// Why; for what failed, the error.
    pub reasons: Vec<Reason>,
    /// The agreed exception that holds, or held, for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiver: Option<Waiver>,
    /// When AWS Config recorded the resource.
    pub captured_at: Option<Moment>,
}

impl Row {
    /// Whether an exception holds, so that it counts neither as met nor as not met.
    pub fn is_waived(&self) -> bool {
        self.waiver.as_ref().is_some_and(|waiver| !waiver.expired)
    }
}

/// How many resources there are of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Met.
    pub compliant: usize,
    /// Not met.
    pub non_compliant: usize,
    /// Not concerned.
    pub not_applicable: usize,
    /// Failed, or not told.
    pub unknown: usize,
    /// Under an exception that holds.
    pub waived: usize,
}

impl Counts {
    /// All resources that the policy concerns.
    pub const fn judged(&self) -> usize {
        self.compliant + self.non_compliant + self.unknown + self.waived
    }
}

/// One policy with all that it found.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyResult {
    /// `custom.id`.
    pub id: String,
    /// What holds when all is well.
    pub title: Bilingual,
    /// How bad a violation is.
    pub severity: Severity,
    /// What to set.
    pub remediation: Bilingual,
    /// Whether it judges regions, which are only a stand-in for the reach of Japanese law.
    pub residency: bool,
    /// The parameters that it ran with, one element a run; `null` where the source does not tell.
    pub parameters: Vec<Value>,
    /// The defaults of its parameters.
    #[serde(skip)]
    pub defaults: BTreeMap<String, Value>,
    /// When it judged, the oldest run first; absent where the source does not tell.
    pub evaluated_at: Option<Moment>,
    /// Its state.
    pub state: State,
    /// Why it is 未確認.
    pub why: Vec<Bilingual>,
    /// How many resources of each kind.
    pub counts: Counts,
    /// The resources, the worst first.
    pub rows: Vec<Row>,
}

/// A policy under a clause: its own state, or 未確認 where its parameters are too loose for the clause.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClausePolicy {
    /// `custom.id`.
    pub id: String,
    /// What it shows of this clause.
    pub state: State,
    /// Why it is 未確認.
    pub why: Vec<Bilingual>,
    /// Parameters other than their defaults that a person has to look at: what is named as the site's own.
    pub differs: Vec<Bilingual>,
}

/// One clause with what shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClauseResult {
    /// Unique in its guideline.
    pub id: String,
    /// The number as it may be printed.
    pub label: Bilingual,
    /// How sure the number is.
    pub confidence: Confidence,
    /// What it asks.
    pub title: Bilingual,
    /// How much of it is shown.
    pub coverage: Coverage,
    /// What was found.
    pub state: State,
    /// Why it is 未確認.
    pub why: Vec<Bilingual>,
    /// The policies that show it.
    pub policies: Vec<ClausePolicy>,
    /// The attestations that show it.
    pub attestations: Vec<AttestationResult>,
    /// What of it no machine can check.
    pub not_checkable: Option<Bilingual>,
    /// When it was looked at: the oldest of its policies' evaluations.
    pub evaluated_at: Option<Moment>,
    /// The policies' resources, added up.
    pub counts: Counts,
}

/// One edition of a guideline with its clauses.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GuidelineResult {
    /// `mhlw-safety 6.0 システム運用編`.
    pub name: String,
    /// Short name.
    pub framework: String,
    /// Its edition.
    pub edition: String,
    /// The part, where it has parts.
    pub part: Option<String>,
    /// Its full name.
    pub title: Bilingual,
    /// Who wrote it.
    pub publisher: Bilingual,
    /// Where its text is.
    pub source: String,
    /// What to know before reading it.
    pub note: Option<Bilingual>,
    /// Its clauses.
    pub clauses: Vec<ClauseResult>,
}

/// A file that the results come from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// As it was named; `-` for standard input.
    pub file: String,
    /// What it is: `sekisho scan`, or the AWS CLI's command.
    pub kind: &'static str,
    /// SHA-256 of the file.
    pub sha256: String,
    /// When its verdicts were made, where it says.
    pub evaluated_at: Option<Moment>,
}

/// All of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// `sekisho` and its version.
    pub generator: String,
    /// When it was made.
    pub created_at: Moment,
    /// Which policies.
    pub provenance: Provenance,
    /// Where the results come from.
    pub sources: Vec<Source>,
    /// When what is not met is to be met, as the command line says.
    pub target_date: Option<jiff::civil::Date>,
    /// What keeps the whole from being sure: a file that was not read, a list that was cut off.
    pub incomplete: Vec<Bilingual>,
    /// What is worth a word.
    pub notes: Vec<Bilingual>,
    /// The guidelines.
    pub guidelines: Vec<GuidelineResult>,
    /// The policies by id.
    pub policies: BTreeMap<String, PolicyResult>,
}

/// A text in both languages.
pub fn both(ja: impl Into<String>, en: impl Into<String>) -> Bilingual {
    Bilingual { ja: ja.into(), en: en.into() }
}
