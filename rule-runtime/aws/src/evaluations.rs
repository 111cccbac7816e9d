//! PutEvaluations: batches, refusals, what is left over.
//!
//! Source of the limits and errors: the API model of AWS Config (botocore `config/2014-11-12`).

use aws_config::SdkConfig;
use aws_sdk_config::Client;
use aws_sdk_config::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_config::operation::put_evaluations::PutEvaluationsError;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType, Evaluation as ApiEvaluation};
use sekisho_engine::event::TEST_TOKEN;
use sekisho_engine::verdict::{Compliance, Evaluation, ResourceKey};

use crate::clients::explain;

/// The most evaluations of one call.
pub const BATCH: usize = 100;

/// Sends evaluations to AWS Config.
#[derive(Debug, Clone)]
pub struct Evaluations {
    client: Client,
}

/// What was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PutReport {
    /// Evaluations that AWS Config took.
    pub accepted: usize,
    /// The rule is being deleted: nothing was to be told.
    pub rule_gone: bool,
}

/// Evaluations that AWS Config did not take. The others were sent.
#[derive(Debug, thiserror::Error)]
#[error("AWS Config did not take {} of {total} evaluations: {}", refused.len() + lost, describe(refused, errors))]
pub struct PutError {
    /// How many there were.
    pub total: usize,
    /// Those in `FailedEvaluations`, after a second try.
    pub refused: Vec<ResourceKey>,
    /// How many were in calls that failed.
    pub lost: usize,
    /// Why those calls failed.
    pub errors: Vec<String>,
}

fn describe(refused: &[ResourceKey], errors: &[String]) -> String {
    let mut parts = Vec::new();
    if !refused.is_empty() {
        let names: Vec<_> = refused.iter().map(ToString::to_string).collect();
        parts.push(format!("in FailedEvaluations after a second try: {}", names.join(", ")));
    }
    parts.extend(errors.iter().cloned());
    parts.join("; ")
}

/// What came of one call.
enum Call {
    /// Taken but for these.
    Answered(Vec<ApiEvaluation>),
    /// The rule is gone.
    RuleGone,
    /// Refused as a whole.
    Failed {
        why: String,
        /// The same would happen to every other call: the token is invalid.
        hopeless: bool,
    },
}

impl Evaluations {
    /// With the region and credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Sends `evaluations` in batches of at most 100; an empty list is one empty call, which tells AWS Config that
    /// the rule ran. The token `TESTMODE` sets `TestMode`.
    ///
    /// # Errors
    /// Some were not taken. What AWS Config names in `FailedEvaluations` was sent a second time; throttling and
    /// server errors were tried again by the SDK; an invalid token was not.
    pub async fn put(&self, result_token: &str, evaluations: &[Evaluation]) -> Result<PutReport, PutError> {
        let mut report = PutReport::default();
        let mut error = PutError { total: evaluations.len(), refused: Vec::new(), lost: 0, errors: Vec::new() };
        for (index, batch) in batches(evaluations).enumerate() {
            let api: Vec<ApiEvaluation> = batch.iter().filter_map(to_api).collect();
            match self.put_batch(result_token, api).await {
                Call::Answered(failed) => {
                    report.accepted += batch.len() - failed.len();
                    error.refused.extend(failed.iter().map(key));
                }
                Call::RuleGone => {
                    tracing::info!("the rule is gone; its evaluations are dropped");
                    report.rule_gone = true;
                    return Ok(report);
                }
                Call::Failed { why, hopeless } => {
                    error.errors.push(why);
                    error.lost += batch.len();
                    if hopeless {
                        error.lost = evaluations.len() - report.accepted - error.refused.len();
                        tracing::warn!(batch = index, "the remaining batches are not sent");
                        break;
                    }
                }
            }
        }
        if error.refused.is_empty() && error.errors.is_empty() { Ok(report) } else { Err(error) }
    }

    /// One batch, and once more what was in `FailedEvaluations`.
    async fn put_batch(&self, result_token: &str, batch: Vec<ApiEvaluation>) -> Call {
        match self.call(result_token, batch).await {
            Call::Answered(failed) if !failed.is_empty() => {
                tracing::warn!(failed = failed.len(), "AWS Config refused evaluations; they are sent again");
                match self.call(result_token, failed.clone()).await {
                    Call::Failed { why, .. } => {
                        tracing::warn!(error = why, "the second try failed");
                        Call::Answered(failed)
                    }
                    other => other,
                }
            }
            other => other,
        }
    }

    async fn call(&self, result_token: &str, batch: Vec<ApiEvaluation>) -> Call {
        let sent = self
            .client
            .put_evaluations()
            .result_token(result_token)
            .set_evaluations(Some(batch))
            .test_mode(result_token == TEST_TOKEN)
            .send()
            .await;
        match sent {
            Ok(answer) => Call::Answered(answer.failed_evaluations.unwrap_or_default()),
            Err(error) if error.code() == Some("NoSuchConfigRuleException") => Call::RuleGone,
            Err(error) => Call::Failed { hopeless: is_hopeless(&error), why: format!("PutEvaluations: {}", help(&error)) },
        }
    }
}

/// At least one batch, so that an empty list is told too.
fn batches(evaluations: &[Evaluation]) -> impl Iterator<Item = &[Evaluation]> {
    let empty: &[Evaluation] = &[];
    let none = evaluations.is_empty().then_some(empty);
    none.into_iter().chain(evaluations.chunks(BATCH))
}

fn is_hopeless(error: &SdkError<PutEvaluationsError>) -> bool {
    matches!(error.code(), Some("InvalidResultTokenException" | "AccessDeniedException"))
}

fn help(error: &SdkError<PutEvaluationsError>) -> String {
    let text = explain(error);
    match error.code() {
        Some("AccessDeniedException") => format!("{text}; add config:PutEvaluations to the function's role"),
        _ => text,
    }
}

/// `None` only where the builder misses a required member, which it is given.
fn to_api(evaluation: &Evaluation) -> Option<ApiEvaluation> {
    ApiEvaluation::builder()
        .compliance_resource_type(&evaluation.resource.resource_type)
        .compliance_resource_id(&evaluation.resource.resource_id)
        .compliance_type(match evaluation.compliance {
            Compliance::Compliant => ComplianceType::Compliant,
            Compliance::NonCompliant => ComplianceType::NonCompliant,
            Compliance::NotApplicable => ComplianceType::NotApplicable,
        })
        .set_annotation(evaluation.annotation.clone())
        .ordering_timestamp(DateTime::from_millis(evaluation.ordering_timestamp.as_millisecond()))
        .build()
        .ok()
}

fn key(evaluation: &ApiEvaluation) -> ResourceKey {
    ResourceKey {
        resource_type: evaluation.compliance_resource_type().to_owned(),
        resource_id: evaluation.compliance_resource_id().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn evaluations(count: usize) -> Vec<Evaluation> {
        (0..count)
            .map(|n| Evaluation {
                resource: ResourceKey { resource_type: "AWS::S3::Bucket".into(), resource_id: n.to_string() },
                compliance: Compliance::Compliant,
                annotation: None,
                ordering_timestamp: Timestamp::UNIX_EPOCH,
            })
            .collect()
    }

    #[test]
    fn batches_of_at_most_a_hundred_and_one_for_nothing() {
        let sizes = |count| batches(&evaluations(count)).map(<[_]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(0), [0]);
        assert_eq!(sizes(100), [100]);
        assert_eq!(sizes(251), [100, 100, 51]);
    }

    #[test]
    fn every_field_reaches_the_api() {
        let mut evaluation = evaluations(1).remove(0);
        evaluation.annotation = Some("why".into());
        evaluation.compliance = Compliance::NonCompliant;
        let api = to_api(&evaluation).map(|api| {
            (
                api.compliance_resource_type().to_owned(),
                api.compliance_type().as_str().to_owned(),
                api.annotation().map(ToOwned::to_owned),
                api.ordering_timestamp().secs(),
            )
        });
        assert_eq!(api, Some(("AWS::S3::Bucket".into(), "NON_COMPLIANT".into(), Some("why".into()), 0)));
    }
}
