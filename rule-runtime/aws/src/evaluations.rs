//! `PutEvaluations`: batches, refusals, what is left over.
//!
//! Source of the limits and errors: the API model of AWS Config (botocore `config/2014-11-12`).

use std::time::Instant;

use aws_config::SdkConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_config::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_config::operation::put_evaluations::PutEvaluationsError;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType, Evaluation as ApiEvaluation};
use aws_sdk_config::{Client, Config};
use sekisho_engine::event::TEST_TOKEN;
use sekisho_engine::verdict::{Compliance, Evaluation, ResourceKey};

use tokio::time::timeout_at;

use crate::clients::{ATTEMPT_TIMEOUT, explain, is_denied};

/// The most evaluations of one call.
pub const BATCH: usize = 100;

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

/// Evaluations that AWS Config did not take. The others were sent.
#[derive(Debug, Default, thiserror::Error)]
#[error("AWS Config did not take {} of {total} evaluations: {}", self.missing(), self.describe())]
pub struct PutError {
    /// How many there were.
    pub total: usize,
    /// Those in `FailedEvaluations`, after a second try.
    pub refused: Vec<ResourceKey>,
    /// Those that made AWS Config refuse a call, each with the reason.
    pub invalid: Vec<(ResourceKey, String)>,
    /// How many were in calls that failed.
    pub lost: usize,
    /// How many were not sent because the time was up.
    pub left: usize,
    /// Why those calls failed.
    pub errors: Vec<String>,
}

impl PutError {
    /// How many did not arrive, as far as is known.
    pub fn missing(&self) -> usize {
        self.refused.len() + self.invalid.len() + self.lost + self.left
    }

    fn is_empty(&self) -> bool {
        self.missing() == 0 && self.errors.is_empty()
    }

    fn describe(&self) -> String {
        let mut parts = Vec::new();
        if !self.refused.is_empty() {
            let names: Vec<_> = self.refused.iter().map(ToString::to_string).collect();
            parts.push(format!("in FailedEvaluations after a second try: {}", names.join(", ")));
        }
        parts.extend(self.invalid.iter().map(|(resource, why)| format!("{resource}: {why}")));
        if self.left > 0 {
            parts.push(format!("{} were not sent, because the function's time is up", self.left));
        }
        parts.extend(self.errors.iter().cloned());
        parts.join("; ")
    }
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
    /// No answer before the deadline. AWS Config may have taken it all the same.
    OutOfTime,
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
        Self { client: Client::new(config) }
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
        let mut parts = vec![batch];
        let mut divisions = 0;
        while let Some(part) = parts.pop() {
            let waiting = parts.iter().map(|part| part.len()).sum::<usize>();
            match self.put_part(result_token, part, deadline).await {
                Call::Answered { failed, second_try } => {
                    report.accepted += part.len().saturating_sub(failed.len());
                    error.refused.extend(failed.iter().map(key));
                    error.errors.extend(second_try.map(|why| format!("the second try failed: {why}")));
                }
                Call::RuleGone => return Batch::RuleGone,
                Call::Invalid(_) if part.len() > 1 && divisions < MOST_DIVISIONS => {
                    divisions += 1;
                    let (left, right) = part.split_at(part.len() / 2);
                    parts.extend([right, left]);
                }
                Call::Invalid(why) => match part {
                    [one] => error.invalid.push((one.resource.clone(), why)),
                    _ => {
                        error.errors.push(format!("{}{why}", range(part)));
                        error.lost += part.len();
                    }
                },
                Call::Failed { why, hopeless } => {
                    error.errors.push(format!("{}{why}", range(part)));
                    error.lost += part.len();
                    if hopeless {
                        error.lost += waiting;
                        return Batch::Hopeless;
                    }
                }
                Call::OutOfTime => {
                    error.left += part.len() + waiting;
                    return Batch::OutOfTime;
                }
            }
        }
        Batch::Done
    }

    /// One call, and once more what was in `FailedEvaluations`.
    async fn put_part(&self, result_token: &str, part: &[Evaluation], deadline: Option<Instant>) -> Call {
        let part = match part.iter().map(to_api).collect::<Result<Vec<_>, _>>() {
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
                    Call::OutOfTime => {
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
        if Instant::now() >= deadline {
            return Call::OutOfTime;
        }
        // An attempt that gets no answer leaves time for others.
        let left = deadline.saturating_duration_since(Instant::now());
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout((left / 3).min(ATTEMPT_TIMEOUT));
        let called = timeout_at(deadline.into(), self.call(result_token, part, Some(timeouts.build()))).await;
        called.unwrap_or(Call::OutOfTime)
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
fn range(batch: &[Evaluation]) -> String {
    match batch {
        [first, .., last] => {
            format!("{} evaluations from {} to {}: ", batch.len(), first.resource, last.resource)
        }
        [one] => format!("{}: ", one.resource),
        [] => String::new(),
    }
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
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::fake::Fake;
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
        let api = to_api(&evaluation).unwrap();
        assert_eq!(api.compliance_resource_type(), "AWS::S3::Bucket");
        assert_eq!(api.compliance_resource_id(), "0");
        assert_eq!(api.compliance_type(), &ComplianceType::NonCompliant);
        assert_eq!(api.annotation(), Some("why"));
        assert_eq!(api.ordering_timestamp(), &DateTime::from_millis(0));
    }

    /// What AWS Config says to the n-th call, from 0.
    async fn config(answers: impl Fn(usize) -> (u16, String) + Send + 'static) -> (Fake, Evaluations) {
        let mut call = 0;
        let fake = Fake::start(move |_, _| {
            call += 1;
            answers(call - 1)
        })
        .await;
        let evaluations = Evaluations::new(&fake.config);
        (fake, evaluations)
    }

    fn refusal(code: &str) -> (u16, String) {
        (400, format!("{{\"__type\": \"{code}\", \"message\": \"why\"}}"))
    }

    fn refused(ids: &[&str]) -> (u16, String) {
        let ids = ids.iter().map(|id| {
            format!(
                "{{\"ComplianceResourceType\": \"AWS::S3::Bucket\", \"ComplianceResourceId\": \"{id}\", \
                 \"ComplianceType\": \"COMPLIANT\", \"OrderingTimestamp\": 0}}"
            )
        });
        (200, format!("{{\"FailedEvaluations\": [{}]}}", ids.collect::<Vec<_>>().join(",")))
    }

    #[tokio::test]
    async fn an_empty_list_is_one_empty_call_and_testmode_is_told() {
        let (fake, config) = config(|_| (200, "{}".into())).await;
        assert_eq!(config.put("TESTMODE", &[]).await.unwrap(), PutReport::default());
        assert_eq!(fake.asked(), [r#"{"Evaluations":[],"ResultToken":"TESTMODE","TestMode":true}"#]);
        config.put("token", &evaluations(1)).await.unwrap();
        assert!(fake.asked()[1].contains(r#""TestMode":false"#), "{:?}", fake.asked());
    }

    #[tokio::test]
    async fn what_is_refused_goes_out_once_more_and_alone() {
        let (fake, config) =
            config(|call| if call == 0 { refused(&["7"]) } else { (200, "{}".into()) }).await;
        let report = config.put("token", &evaluations(100)).await.unwrap();
        assert_eq!(report, PutReport { accepted: 100, rule_gone: false });
        assert_eq!(fake.asked().len(), 2);
        assert_eq!(fake.asked()[1].matches("ComplianceResourceId").count(), 1);
    }

    #[tokio::test]
    async fn what_is_refused_again_is_named_and_the_other_batches_still_go_out() {
        let (fake, config) =
            config(|call| if call < 2 { refused(&["7", "8"]) } else { (200, "{}".into()) }).await;
        let error = config.put("token", &evaluations(101)).await.unwrap_err();
        assert_eq!(fake.asked().len(), 3);
        assert_eq!(
            error.to_string(),
            "AWS Config did not take 2 of 101 evaluations: in FailedEvaluations after a second try: \
             AWS::S3::Bucket 7, AWS::S3::Bucket 8"
        );
    }

    #[tokio::test]
    async fn a_second_try_that_fails_says_why() {
        let (_fake, config) =
            config(|call| if call == 0 { refused(&["7"]) } else { refusal("ValidationException") }).await;
        let error = config.put("token", &evaluations(10)).await.unwrap_err().to_string();
        assert!(error.contains("1 of 10") && error.contains("AWS::S3::Bucket 7"), "{error}");
        assert!(error.contains("ValidationException: why"), "{error}");
    }

    /// AWS Config refuses every call that has one of `bad`, as it does for a made-up resource type.
    async fn refuses(bad: &'static [&'static str]) -> (Fake, Evaluations) {
        let fake = Fake::start(move |_, body: &str| {
            let has = |id: &&str| body.contains(&format!("\"ComplianceResourceId\":\"{id}\""));
            if bad.iter().any(has) { refusal("InvalidParameterValueException") } else { (200, "{}".into()) }
        })
        .await;
        let evaluations = Evaluations::new(&fake.config);
        (fake, evaluations)
    }

    #[tokio::test]
    async fn an_evaluation_that_is_refused_does_not_take_the_others_of_its_batch_with_it() {
        let (fake, config) = refuses(&["7", "142"]).await;
        let error = config.put("token", &evaluations(250)).await.unwrap_err();
        let names: Vec<_> = error.invalid.iter().map(|(resource, _)| resource.resource_id.as_str()).collect();
        assert_eq!(names, ["7", "142"]);
        assert_eq!((error.missing(), error.lost), (2, 0));
        assert!(error.to_string().contains("AWS::S3::Bucket 7: config:PutEvaluations: Invalid"), "{error}");
        let asked = fake.asked();
        let arrived = (0..250).filter(|n| {
            let id = format!("\"ComplianceResourceId\":\"{n}\"");
            asked.iter().any(|body| {
                body.contains(&id)
                    && !["7", "142"]
                        .iter()
                        .any(|bad| body.contains(&format!("\"ComplianceResourceId\":\"{bad}\"")))
            })
        });
        assert_eq!(arrived.count(), 248);
        assert!(asked.len() < 35, "{}", asked.len());
    }

    #[tokio::test]
    async fn a_batch_of_which_all_is_refused_costs_a_bounded_number_of_calls() {
        let (fake, config) = config(|_| refusal("ValidationException")).await;
        let error = config.put("token", &evaluations(100)).await.unwrap_err();
        assert_eq!(error.missing(), 100);
        assert!(fake.asked().len() <= 2 * MOST_DIVISIONS + 1, "{}", fake.asked().len());
    }

    #[tokio::test]
    async fn what_was_not_sent_before_the_deadline_is_counted() {
        let (fake, config) = config(|_| (200, "{}".into())).await;
        let error = config.put_within("token", &evaluations(250), Some(Instant::now())).await.unwrap_err();
        assert_eq!((error.left, fake.asked().len()), (250, 0));
        assert!(error.to_string().contains("250 were not sent"), "{error}");
        let later = Some(Instant::now() + std::time::Duration::from_mins(1));
        assert_eq!(config.put_within("token", &evaluations(250), later).await.unwrap().accepted, 250);
    }

    #[tokio::test]
    async fn an_invalid_token_or_a_role_without_permission_ends_it_and_the_token_is_not_repeated() {
        for (code, next) in
            [("InvalidResultTokenException", "evaluate the rule again"), ("AccessDeniedException", "add")]
        {
            let (fake, config) = config(move |_| refusal(code)).await;
            let error = config.put("the-token", &evaluations(250)).await.unwrap_err();
            assert_eq!((fake.asked().len(), error.lost), (1, 250));
            let text = format!("{error} {error:?}");
            assert!(text.contains(code) && text.contains(next) && !text.contains("the-token"), "{text}");
        }
    }

    #[tokio::test]
    async fn a_rule_that_is_gone_is_no_error() {
        let (fake, config) = config(|_| refusal("NoSuchConfigRuleException")).await;
        let report = config.put("token", &evaluations(250)).await.unwrap();
        assert_eq!(report, PutReport { accepted: 0, rule_gone: true });
        assert_eq!(fake.asked().len(), 1);
    }
}
