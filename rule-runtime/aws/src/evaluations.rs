//! `PutEvaluations`: batches, refusals, what is left over.
//!
//! Source of the limits and errors: the API model of AWS Config (botocore `config/2014-11-12`).

mod error;

use std::time::{Duration, Instant};

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_config::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_config::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_config::operation::put_evaluations::PutEvaluationsError;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType, Evaluation as ApiEvaluation};
use aws_sdk_config::{Client, Config};
use sekisho_engine::event::TEST_TOKEN;
use sekisho_engine::verdict::{Compliance, Evaluation, ResourceKey};
use tokio::time::timeout_at;

use crate::clients::{ATTEMPT_TIMEOUT, explain, is_denied};
pub use error::PutError;

/// The most evaluations of one call.
pub const BATCH: usize = 100;

/// With less time than this before the deadline no call is begun.
const LEAST_TIME: Duration = Duration::from_millis(100);

/// How often a batch is divided at most: enough to find five refused evaluations among a hundred.
const MOST_DIVISIONS: usize = 40;

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

/// What came of one call.
enum Call {
    /// Taken but for these; a second try for them may have failed as a whole.
    Answered { failed: Vec<ApiEvaluation>, second_try: Option<String> },
    /// The rule is gone.
    RuleGone,
    /// Refused as a whole, for one of its evaluations.
    Invalid(String),
    /// Failed as a whole.
    Failed {
        why: String,
        /// The same would happen to every other call: the token or the role is at fault.
        hopeless: bool,
    },
    /// No answer before the deadline. What was sent AWS Config may have taken all the same.
    OutOfTime { sent: bool },
}

/// A part of a batch.
struct Part<'e> {
    evaluations: Vec<&'e Evaluation>,
    /// The first of two that were refused together: if it is taken, the other is what was refused.
    is_first: bool,
    /// AWS Config would refuse it; that need not be asked.
    is_refused: bool,
}

/// How a batch ended.
enum Batch {
    Done,
    RuleGone,
    Hopeless,
    OutOfTime,
}

impl Evaluations {
    /// With the region and credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        // The SDK's quota of retries is shared by the process and not given back by a call that was throttled and then
        // refused: a run that divides many batches uses it up, and what is throttled afterwards would be lost. Tries a
        // call and the deadline are bounds enough.
        let retries = RetryPartition::custom("evaluations").token_bucket(TokenBucket::unlimited()).build();
        let config = Config::from(config).to_builder().retry_partition(retries).build();
        Self { client: Client::from_conf(config) }
    }

    /// [`Evaluations::put_within`] without a deadline.
    ///
    /// # Errors
    /// As there.
    pub async fn put(&self, result_token: &str, evaluations: &[Evaluation]) -> Result<PutReport, PutError> {
        self.put_within(result_token, evaluations, None).await
    }

    /// Sends `evaluations` in batches of at most 100; an empty list is one empty call, which tells AWS
    /// Config that the rule ran. The token `TESTMODE` sets `TestMode`. No call goes on after `deadline`.
    ///
    /// # Errors
    /// Some were not taken. What AWS Config names in `FailedEvaluations` was sent a second time; a batch that it
    /// refuses for one evaluation was divided until that one stood alone; throttling and server errors were tried
    /// again by the SDK; an invalid token was not.
    pub async fn put_within(
        &self,
        result_token: &str,
        evaluations: &[Evaluation],
        deadline: Option<Instant>,
    ) -> Result<PutReport, PutError> {
        let mut error = PutError { total: evaluations.len(), ..PutError::default() };
        let mut report = PutReport::default();
        let mut sent = 0;
        for batch in batches(evaluations) {
            match self.put_batch(result_token, batch, deadline, &mut report, &mut error).await {
                Batch::Done => sent += batch.len(),
                Batch::RuleGone => {
                    tracing::info!("the rule is gone; its evaluations are dropped");
                    report.rule_gone = true;
                    return Ok(report);
                }
                Batch::Hopeless => {
                    error.lost += evaluations.len() - sent - batch.len();
                    tracing::warn!(sent, "the remaining batches are not sent");
                    break;
                }
                Batch::OutOfTime => {
                    error.left += evaluations.len() - sent - batch.len();
                    tracing::error!(sent, left = error.left, "the function's time is up");
                    break;
                }
            }
        }
        if error.is_empty() { Ok(report) } else { Err(error) }
    }

    /// One batch. Where AWS Config refuses it whole for one of its evaluations, its halves, and theirs, so that
    /// the others arrive.
    async fn put_batch(
        &self,
        result_token: &str,
        batch: &[Evaluation],
        deadline: Option<Instant>,
        report: &mut PutReport,
        error: &mut PutError,
    ) -> Batch {
        let mut parts =
            vec![Part { evaluations: batch.iter().collect(), is_first: false, is_refused: false }];
        let mut divisions = 0;
        while let Some(Part { evaluations: part, is_first, is_refused }) = parts.pop() {
            let divisible = part.len() > 1 && divisions < MOST_DIVISIONS;
            if is_refused && divisible {
                divisions += 1;
                parts.extend(divide(part));
                continue;
            }
            let waiting = parts.iter().map(|part| part.evaluations.len()).sum::<usize>();
            match self.put_part(result_token, &part, deadline).await {
                Call::Answered { failed, second_try } => {
                    report.accepted += part.len().saturating_sub(failed.len());
                    error.refused.extend(failed.iter().map(key));
                    error.errors.extend(second_try.map(|why| format!("the second try failed: {why}")));
                    if let Some(other) = parts.last_mut().filter(|_| is_first) {
                        other.is_refused = true;
                    }
                }
                Call::RuleGone => return Batch::RuleGone,
                Call::Invalid(_) if divisible => {
                    divisions += 1;
                    parts.extend(divide(part));
                }
                Call::Invalid(why) => {
                    if let [one] = part[..] {
                        error.invalid.push((one.resource.clone(), why));
                    } else {
                        error.errors.push(format!("{}{why}", range(&part)));
                        error.lost += part.len();
                    }
                }
                Call::Failed { why, hopeless } => {
                    error.errors.push(format!("{}{why}", range(&part)));
                    error.lost += part.len();
                    if hopeless {
                        error.lost += waiting;
                        return Batch::Hopeless;
                    }
                }
                Call::OutOfTime { sent } => {
                    *(if sent { &mut error.unanswered } else { &mut error.left }) += part.len();
                    error.left += waiting;
                    return Batch::OutOfTime;
                }
            }
        }
        Batch::Done
    }

    /// One call, and once more what was in `FailedEvaluations`.
    async fn put_part(&self, result_token: &str, part: &[&Evaluation], deadline: Option<Instant>) -> Call {
        let part = match part.iter().copied().map(to_api).collect::<Result<Vec<_>, _>>() {
            Ok(part) => part,
            Err(error) => {
                return Call::Failed { why: error.to_string(), hopeless: false };
            }
        };
        match self.call_within(result_token, part, deadline).await {
            Call::Answered { failed, .. } if !failed.is_empty() => {
                tracing::warn!(failed = failed.len(), "AWS Config refused evaluations; they are sent again");
                match self.call_within(result_token, failed.clone(), deadline).await {
                    Call::Failed { why, .. } | Call::Invalid(why) => {
                        Call::Answered { failed, second_try: Some(why) }
                    }
                    Call::OutOfTime { .. } => {
                        let why = "the function's time is up".to_owned();
                        Call::Answered { failed, second_try: Some(why) }
                    }
                    other => other,
                }
            }
            other => other,
        }
    }

    async fn call_within(
        &self,
        result_token: &str,
        part: Vec<ApiEvaluation>,
        deadline: Option<Instant>,
    ) -> Call {
        let Some(deadline) = deadline else {
            return self.call(result_token, part, None).await;
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left < LEAST_TIME {
            return Call::OutOfTime { sent: false };
        }
        // An attempt that gets no answer leaves time for others.
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout((left / 3).min(ATTEMPT_TIMEOUT));
        let called = timeout_at(deadline.into(), self.call(result_token, part, Some(timeouts.build()))).await;
        called.unwrap_or(Call::OutOfTime { sent: true })
    }

    async fn call(
        &self,
        result_token: &str,
        part: Vec<ApiEvaluation>,
        timeouts: Option<TimeoutConfig>,
    ) -> Call {
        let call = self
            .client
            .put_evaluations()
            .result_token(result_token)
            .set_evaluations(Some(part))
            .test_mode(result_token == TEST_TOKEN)
            .customize();
        let call = match timeouts {
            Some(timeouts) => call.config_override(Config::builder().timeout_config(timeouts)),
            None => call,
        };
        let sent = call.send().await;
        match sent {
            Ok(answer) => {
                Call::Answered { failed: answer.failed_evaluations.unwrap_or_default(), second_try: None }
            }
            Err(error) if error.code() == Some("NoSuchConfigRuleException") => Call::RuleGone,
            Err(error) if is_invalid(&error) => Call::Invalid(explain_with_help(&error)),
            Err(error) => Call::Failed { hopeless: is_hopeless(&error), why: explain_with_help(&error) },
        }
    }
}

/// Whether AWS Config refused what was said of a resource.
fn is_invalid(error: &SdkError<PutEvaluationsError>) -> bool {
    matches!(error.code(), Some("InvalidParameterValueException" | "ValidationException"))
}

/// Which of many evaluations a batch holds, for an error.
fn range(batch: &[&Evaluation]) -> String {
    match batch {
        [first, .., last] => {
            format!("{} evaluations from {} to {}: ", batch.len(), first.resource, last.resource)
        }
        [one] => format!("{}: ", one.resource),
        [] => String::new(),
    }
}

/// The two parts of a batch that was refused, the one that is to be sent first at the end. Where it has several types they are kept
/// apart, because an unknown type is what AWS Config refuses first of all; else two halves.
fn divide(mut part: Vec<&Evaluation>) -> [Part<'_>; 2] {
    let type_of = |evaluation: &&Evaluation| evaluation.resource.resource_type.clone();
    part.sort_by_key(type_of);
    let middle = part.len() / 2;
    let of_the_middle = type_of(&part[middle]);
    let start = part.partition_point(|evaluation| type_of(evaluation) < of_the_middle);
    let end = part.partition_point(|evaluation| type_of(evaluation) <= of_the_middle);
    let at = match (start, end) {
        (0, end) if end == part.len() => middle,
        (0, end) => end,
        (start, end) if end == part.len() || middle - start <= end - middle => start,
        (_, end) => end,
    };
    let rest = part.split_off(at);
    [
        Part { evaluations: rest, is_first: false, is_refused: false },
        Part { evaluations: part, is_first: true, is_refused: false },
    ]
}

/// At least one batch, so that an empty list is told too.
fn batches(evaluations: &[Evaluation]) -> impl Iterator<Item = &[Evaluation]> {
    let empty: &[Evaluation] = &[];
    let none = evaluations.is_empty().then_some(empty);
    none.into_iter().chain(evaluations.chunks(BATCH))
}

fn is_hopeless(error: &SdkError<PutEvaluationsError>) -> bool {
    is_denied(error) || error.code() == Some("InvalidResultTokenException")
}

fn explain_with_help(error: &SdkError<PutEvaluationsError>) -> String {
    let next = match error.code() {
        _ if is_denied(error) => "; add config:PutEvaluations to the function's role",
        Some("InvalidResultTokenException") => {
            "; a result token holds for the invocation that it came with: evaluate the rule again"
        }
        Some("InvalidParameterValueException") => {
            "; a policy that judges other resources may name only types that AWS Config supports"
        }
        _ => "",
    };
    format!("config:PutEvaluations: {}{next}", explain(error))
}

fn to_api(evaluation: &Evaluation) -> Result<ApiEvaluation, BuildError> {
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
}

fn key(evaluation: &ApiEvaluation) -> ResourceKey {
    ResourceKey {
        resource_type: evaluation.compliance_resource_type().to_owned(),
        resource_id: evaluation.compliance_resource_id().to_owned(),
    }
}

#[cfg(test)]
mod tests;
