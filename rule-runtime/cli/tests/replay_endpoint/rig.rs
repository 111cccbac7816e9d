//! The endpoint, a rule in it and two clients: AWS's SDK, and plain HTTP for what the SDK would not send.

use aws_sdk_config::Client;
use aws_sdk_config::config::retry::RetryConfig;
use aws_sdk_config::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_config::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_config::operation::put_evaluations::PutEvaluationsError;
use aws_sdk_config::primitives::DateTime;
use aws_sdk_config::types::{ComplianceType, Evaluation};
use sekisho::replay::config_endpoint::{ConfigEndpoint, StoredEvaluation};
use serde_json::{Value, json};

pub const RULE: &str = "dynamodb-pitr";
pub const TYPE: &str = "AWS::DynamoDB::Table";
pub const PUT: &str = "StarlingDoveService.PutEvaluations";
/// 2026-11-23T01:00:00Z.
pub const TIME: i64 = 1_795_395_600;

/// An endpoint, a rule in it, and a client that does not try again.
pub struct Rig {
    pub endpoint: ConfigEndpoint,
    pub token: String,
    pub client: Client,
}

pub type Answer = Result<Vec<Evaluation>, SdkError<PutEvaluationsError>>;

impl Rig {
    pub async fn start() -> Self {
        let endpoint = ConfigEndpoint::start().await.unwrap();
        let token = endpoint.register_rule(RULE);
        let client = client(&endpoint, RetryConfig::disabled());
        Self { endpoint, token, client }
    }

    pub async fn put_as(&self, token: &str, test_mode: bool, evaluations: Vec<Evaluation>) -> Answer {
        let call = self.client.put_evaluations().result_token(token).test_mode(test_mode);
        let answer = call.set_evaluations(Some(evaluations)).send().await?;
        Ok(answer.failed_evaluations.unwrap_or_default())
    }

    pub async fn put(&self, evaluations: Vec<Evaluation>) -> Answer {
        self.put_as(&self.token, false, evaluations).await
    }

    /// Posts `body` and gives the status, the header that names the error, and the answer.
    pub async fn post(&self, target: &str, body: String) -> (u16, Option<String>, Value) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = client
            .post(self.endpoint.url())
            .header("x-amz-target", target)
            .header("content-type", "application/x-amz-json-1.1");
        let answer = request.body(body).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/x-amz-json-1.1");
        let header = answer.headers().get("x-amzn-errortype").map(|name| name.to_str().unwrap().to_owned());
        (answer.status().as_u16(), header, answer.json().await.unwrap())
    }

    /// Posts a call that is to be refused, and gives the error's name and message.
    pub async fn refused(&self, body: &Value) -> (String, String) {
        let (status, header, answer) = self.post(PUT, body.to_string()).await;
        assert_eq!(status, 400, "{answer}");
        let name = answer["__type"].as_str().unwrap().to_owned();
        assert_eq!(header.as_deref(), Some(name.as_str()));
        assert!(self.stored().is_empty(), "a refused call stores nothing");
        (name, answer["message"].as_str().unwrap().to_owned())
    }

    /// The same for one evaluation with `member` replaced, or left out where `value` is none.
    pub async fn refused_with(&self, member: &str, value: Option<Value>) -> (String, String) {
        let mut evaluation = json!({
            "ComplianceResourceType": TYPE, "ComplianceResourceId": "t", "ComplianceType": "COMPLIANT",
            "OrderingTimestamp": TIME,
        });
        match value {
            Some(value) => evaluation[member] = value,
            None => drop(evaluation.as_object_mut().unwrap().remove(member)),
        }
        self.refused(&json!({"ResultToken": self.token, "Evaluations": [evaluation]})).await
    }

    pub fn stored(&self) -> Vec<StoredEvaluation> {
        self.endpoint.compliance(RULE)
    }

    /// Resource id and compliance of what is stored.
    pub fn table(&self) -> Vec<(String, String)> {
        self.stored().into_iter().map(|stored| (stored.resource_id, stored.compliance)).collect()
    }
}

pub fn client(endpoint: &ConfigEndpoint, retries: RetryConfig) -> Client {
    let config = aws_sdk_config::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("ap-northeast-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .endpoint_url(endpoint.url())
        .retry_config(retries)
        .build();
    Client::from_conf(config)
}

pub fn evaluation_at(seconds: i64, id: &str, compliance: ComplianceType) -> Evaluation {
    Evaluation::builder()
        .compliance_resource_type(TYPE)
        .compliance_resource_id(id)
        .compliance_type(compliance)
        .ordering_timestamp(DateTime::from_secs(seconds))
        .build()
        .unwrap()
}

pub fn evaluation(id: &str) -> Evaluation {
    evaluation_at(TIME, id, ComplianceType::Compliant)
}

pub fn annotated(annotation: String) -> Evaluation {
    let mut evaluation = evaluation("t");
    evaluation.annotation = Some(annotation);
    evaluation
}

pub fn typed(resource_type: &str) -> Evaluation {
    let mut evaluation = evaluation("t");
    resource_type.clone_into(&mut evaluation.compliance_resource_type);
    evaluation
}

/// The error's name as the SDK reads it, and its message.
pub fn error(answer: Answer) -> (String, String) {
    let error = answer.expect_err("refused");
    let service = error.as_service_error().unwrap_or_else(|| panic!("{error:?}"));
    (service.code().unwrap().to_owned(), service.message().unwrap().to_owned())
}

pub fn broken(path: &str, constraint: &str) -> (String, String) {
    let message =
        format!("1 validation error detected: Value at '{path}' failed to satisfy constraint: {constraint}");
    ("ValidationException".to_owned(), message)
}

pub fn missing(path: &str) -> (String, String) {
    broken(path, "Member must not be null")
}

pub fn empty(path: &str) -> (String, String) {
    broken(path, "Member must have length greater than or equal to 1")
}

pub fn too_long(path: &str, limit: usize) -> (String, String) {
    broken(path, &format!("Member must have length less than or equal to {limit}"))
}
