//! `PutEvaluations`: batches, refusals, what is left over.
//!
//! Source of the limits and errors: the API model of AWS Config (botocore `config/2014-11-12`).

use aws_config::SdkConfig;
use aws_sdk_config::Client;
use aws_sdk_config::error::{BuildError, ProvideErrorMetadata, SdkError};
use aws_sdk_config::operation::put_evaluations::PutEvaluationsError;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType, Evaluation as ApiEvaluation};
use sekisho_engine::event::TEST_TOKEN;
use sekisho_engine::verdict::{Compliance, Evaluation, ResourceKey};

use crate::clients::{explain, is_denied};

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
#[error(
    "AWS Config did not take {} of {total} evaluations: {}",
    refused.len() + lost,
    describe(refused, errors)
)]
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
    /// Taken but for these; a second try for them may have failed as a whole.
    Answered { failed: Vec<ApiEvaluation>, second_try: Option<String> },
    /// The rule is gone.
    RuleGone,
    /// Refused as a whole.
    Failed {
        why: String,
        /// The same would happen to every other call: the token or the role is at fault.
        hopeless: bool,
    },
}

impl Evaluations {
    /// With the region and credentials of `config`.
    pub fn new(config: &SdkConfig) -> Self {
        Self { client: Client::new(config) }
    }

    /// Sends `evaluations` in batches of at most 100; an empty list is one empty call, which tells AWS
    /// Config that the rule ran. The token `TESTMODE` sets `TestMode`.
    ///
    /// # Errors
    /// Some were not taken. What AWS Config names in `FailedEvaluations` was sent a second time; throttling
    /// and server errors were tried again by the SDK; an invalid token was not.
    pub async fn put(&self, result_token: &str, evaluations: &[Evaluation]) -> Result<PutReport, PutError> {
        let mut report = PutReport::default();
        let mut error =
            PutError { total: evaluations.len(), refused: Vec::new(), lost: 0, errors: Vec::new() };
        for (index, batch) in batches(evaluations).enumerate() {
            match self.put_batch(result_token, batch).await {
                Call::Answered { failed, second_try } => {
                    report.accepted += batch.len().saturating_sub(failed.len());
                    error.refused.extend(failed.iter().map(key));
                    error.errors.extend(second_try.map(|why| format!("the second try failed: {why}")));
                }
                Call::RuleGone => {
                    tracing::info!("the rule is gone; its evaluations are dropped");
                    report.rule_gone = true;
                    return Ok(report);
                }
                Call::Failed { why, hopeless } => {
                    error.errors.push(format!("{}{why}", range(batch)));
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
    async fn put_batch(&self, result_token: &str, batch: &[Evaluation]) -> Call {
        let batch = match batch.iter().map(to_api).collect::<Result<Vec<_>, _>>() {
            Ok(batch) => batch,
            Err(error) => {
                return Call::Failed { why: error.to_string(), hopeless: false };
            }
        };
        match self.call(result_token, batch).await {
            Call::Answered { failed, .. } if !failed.is_empty() => {
                tracing::warn!(failed = failed.len(), "AWS Config refused evaluations; they are sent again");
                match self.call(result_token, failed.clone()).await {
                    Call::Failed { why, .. } => Call::Answered { failed, second_try: Some(why) },
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
            Ok(answer) => {
                Call::Answered { failed: answer.failed_evaluations.unwrap_or_default(), second_try: None }
            }
            Err(error) if error.code() == Some("NoSuchConfigRuleException") => Call::RuleGone,
            Err(error) => Call::Failed { hopeless: is_hopeless(&error), why: explain_with_help(&error) },
        }
    }
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

    #[tokio::test]
    async fn a_batch_that_is_refused_as_a_whole_does_not_stop_the_others() {
        let (fake, config) =
            config(|call| if call == 0 { refusal("ValidationException") } else { (200, "{}".into()) }).await;
        let error = config.put("token", &evaluations(250)).await.unwrap_err();
        assert_eq!((fake.asked().len(), error.lost), (3, 100));
        assert_eq!(
            error.to_string(),
            "AWS Config did not take 100 of 250 evaluations: 100 evaluations from AWS::S3::Bucket 0 to \
             AWS::S3::Bucket 99: config:PutEvaluations: ValidationException: why"
        );
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
