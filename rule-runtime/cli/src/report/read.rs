//! Reads results: what `sekisho scan` or `sekisho replay` printed as JSON, or what the AWS CLI saved of AWS Config.
//!
//! In: files, or standard input. Out: [`Results`]: verdicts, failures, which policies ran with which parameters, and what
//! keeps the whole from being sure.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::guideline::Bilingual;
use sekisho_engine::item::load;
use sekisho_engine::verdict::Reason;
use serde::Deserialize;
use serde_json::Value;

use super::aws::Aws;
use super::{Finding, Moment, Row, Source, Waiver, both, provenance};

/// One policy's run.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    /// Its parameters; `None` where the source does not tell.
    pub parameters: Option<Value>,
    /// When it judged.
    pub at: Option<Moment>,
}

/// All that was read.
#[derive(Debug, Default)]
pub struct Results {
    /// The files.
    pub sources: Vec<Source>,
    /// Rows by policy; what failed for a resource is one too.
    pub rows: BTreeMap<String, Vec<Row>>,
    /// Policies that ran.
    pub runs: BTreeMap<String, Vec<Run>>,
    /// Failures of a policy that belong to no resource.
    pub failures: BTreeMap<String, Vec<Bilingual>>,
    /// What keeps the whole from being sure.
    pub incomplete: Vec<Bilingual>,
    /// What is worth a word.
    pub notes: Vec<Bilingual>,
    /// The hashes of the policies that scans were made with, where they say.
    pub policies_sha256: Vec<String>,
    /// AWS Config's own, which is put together when all files are read.
    pub(super) aws: Aws,
}

/// The document of `sekisho scan --format json`.
#[derive(Deserialize)]
struct ScanDocument {
    verdicts: Vec<ScanVerdict>,
    errors: Vec<Value>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    evaluation: Option<ScanEvaluation>,
}

/// How it was made.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanEvaluation {
    evaluated_at: Timestamp,
    policies_sha256: Option<String>,
    policies: Vec<ScanPolicy>,
}

#[derive(Deserialize)]
struct ScanPolicy {
    id: String,
    parameters: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScanVerdict {
    policy_id: String,
    resource_type: String,
    resource_id: String,
    #[serde(default)]
    account_id: Option<String>,
    #[serde(default)]
    region: Option<String>,
    compliance: Finding,
    #[serde(default)]
    reasons: Vec<Reason>,
    #[serde(default)]
    capture_time: Option<Timestamp>,
    #[serde(default)]
    waiver: Option<Value>,
}

/// The document of `sekisho replay --format json`.
#[derive(Deserialize)]
struct ReplayDocument {
    rules: Vec<ReplayRule>,
    errors: Vec<Value>,
}

/// A rule; one a fixture, called `<policy>/<case>`, or one a policy.
#[derive(Deserialize)]
struct ReplayRule {
    rule: String,
    evaluations: Vec<ReplayEvaluation>,
    failure: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplayEvaluation {
    resource_type: String,
    resource_id: String,
    compliance: Finding,
    annotation: Option<String>,
    #[serde(default)]
    ordering_timestamp: Value,
}

impl Results {
    /// Reads every file; `-` is standard input.
    ///
    /// # Errors
    /// Every file that cannot be read or is no result.
    pub fn read(files: &[std::path::PathBuf]) -> Result<Self, Vec<Diagnostic>> {
        let (mut results, mut problems) = (Self::default(), Vec::new());
        for file in files {
            if let Err(problem) = results.add(file) {
                problems.push(problem);
            }
        }
        if problems.is_empty() { Ok(results) } else { Err(problems) }
    }

    fn add(&mut self, file: &Path) -> Result<(), Diagnostic> {
        let name = file.display().to_string();
        let bytes = if name == "-" {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
        } else {
            fs::read(file)
        };
        let bytes = bytes.map_err(|error| {
            Diagnostic::new(&name, format!("cannot be read: {error}"))
                .help("give the JSON of sekisho scan --format json, or - for standard input")
        })?;
        let text = load::text(&name, &bytes)?;
        let document: Value =
            serde_json::from_str(&text).map_err(|error| load::json_problem(&name, &text, &error))?;
        let mut source =
            Source { file: name.clone(), kind: "", sha256: provenance::sha256(&bytes), evaluated_at: None };
        if document.get("verdicts").is_some() {
            source.kind = "sekisho scan";
            let scan: ScanDocument = serde_json::from_value(document)
                .map_err(|error| Diagnostic::new(&name, format!("is no result of sekisho scan: {error}")))?;
            source.evaluated_at = scan.evaluation.as_ref().map(|evaluation| Moment(evaluation.evaluated_at));
            self.add_scan(&name, scan);
        } else if document.get("rules").is_some() {
            source.kind = "sekisho replay";
            let replay: ReplayDocument = serde_json::from_value(document).map_err(|error| {
                Diagnostic::new(&name, format!("is no result of sekisho replay: {error}"))
            })?;
            self.add_replay(&name, replay);
        } else if let Some(kind) = self.aws.add(&name, &document)? {
            source.kind = kind;
        } else {
            return Err(Diagnostic::new(&name, "is no result that a report can be made of").help(
                "give the JSON of sekisho scan --format json, or of aws configservice \
                 get-compliance-details-by-config-rule or describe-compliance-by-config-rule",
            ));
        }
        self.sources.push(source);
        Ok(())
    }

    fn add_scan(&mut self, name: &str, scan: ScanDocument) {
        if let Some(evaluation) = scan.evaluation {
            self.policies_sha256.extend(evaluation.policies_sha256);
            for policy in evaluation.policies {
                let at = Some(Moment(evaluation.evaluated_at));
                self.run(policy.id, Run { parameters: Some(policy.parameters), at });
            }
        } else {
            // A result of an older version: who is seen has run; with which parameters nobody knows.
            let mut seen: Vec<_> = scan.verdicts.iter().map(|verdict| verdict.policy_id.clone()).collect();
            seen.sort();
            seen.dedup();
            seen.into_iter().for_each(|id| self.run(id, Run::default()));
        }
        for verdict in scan.verdicts {
            self.rows.entry(verdict.policy_id.clone()).or_default().push(verdict.row());
        }
        for error in scan.errors {
            self.add_error(name, &error);
        }
        self.notes.extend(scan.notes.into_iter().map(|note| both(note.clone(), note)));
    }

    fn add_replay(&mut self, name: &str, replay: ReplayDocument) {
        self.notes.push(both(
            format!("{name}はsekisho replayの結果であり、AWS上の環境を確認した結果ではない"),
            format!("{name} is a result of sekisho replay, not of an environment in AWS"),
        ));
        for rule in replay.rules {
            let policy = rule.rule.split('/').next().unwrap_or_default().to_owned();
            self.run(policy.clone(), Run::default());
            if let Some(failure) = rule.failure {
                let failure = format!("{}: {failure}", rule.rule);
                self.failures.entry(policy.clone()).or_default().push(both(failure.clone(), failure));
            }
            self.rows
                .entry(policy)
                .or_default()
                .extend(rule.evaluations.into_iter().map(ReplayEvaluation::row));
        }
        for error in replay.errors {
            self.add_error(name, &error);
        }
    }

    fn add_error(&mut self, name: &str, error: &Value) {
        let text = |field: &str| error.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
        let message = text("message").unwrap_or_else(|| error.to_string());
        match (text("policyId"), text("resourceType"), text("resourceId")) {
            (Some(policy), Some(resource_type), Some(resource_id)) => {
                self.rows.entry(policy).or_default().push(Row {
                    resource_type,
                    resource_id,
                    account_id: text("accountId"),
                    region: text("region"),
                    finding: Finding::Unknown,
                    reasons: vec![Reason { msg: message, msg_ja: None }],
                    waiver: None,
                    captured_at: None,
                });
            }
            (Some(policy), ..) => {
                self.failures.entry(policy).or_default().push(both(message.clone(), message));
            }
            // What was not read may hold resources of any policy.
            (None, ..) => {
                let place = text("file").unwrap_or_else(|| name.to_owned());
                self.incomplete.push(both(
                    format!("判定時のエラー: {place}: {message}"),
                    format!("an error of the scan: {place}: {message}"),
                ));
            }
        }
    }

    /// Notes a run.
    pub(super) fn run(&mut self, policy: String, run: Run) {
        self.runs.entry(policy).or_default().push(run);
    }
}

impl ScanVerdict {
    fn row(self) -> Row {
        Row {
            resource_type: self.resource_type,
            resource_id: self.resource_id,
            account_id: self.account_id,
            region: self.region,
            finding: self.compliance,
            reasons: self.reasons,
            waiver: self.waiver.as_ref().and_then(Waiver::read),
            captured_at: self.capture_time.map(Moment),
        }
    }
}

impl ReplayEvaluation {
    fn row(self) -> Row {
        Row {
            resource_type: self.resource_type,
            resource_id: self.resource_id,
            account_id: None,
            region: None,
            finding: self.compliance,
            reasons: self.annotation.into_iter().map(|text| Reason { msg: text, msg_ja: None }).collect(),
            waiver: None,
            captured_at: Moment::of_aws(&self.ordering_timestamp),
        }
    }
}
