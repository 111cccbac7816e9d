//! A stand-in for AWS Config as a rule's function sees it: `PutEvaluations`, and the calls that read, over real HTTP.
//!
//! In: calls in AWS JSON 1.1, as an AWS SDK makes them. Out: AWS's answers and errors, and to the owner of the
//! endpoint what is stored.
//!
//! It says openly that it is one. No emulator takes `PutEvaluations` as AWS does (those that run on a laptop accept
//! 300-character annotations and made-up compliance types), so this one refuses what the API's model and
//! documentation say is refused ([`validate`]), remembers what was taken, and can be told to fail.

mod put;
mod query;
mod read;
mod validate;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use validate::Accepted;
pub use validate::is_known_type;

/// The prefix of AWS Config's operations in `X-Amz-Target`.
const TARGET: &str = "StarlingDoveService.";

/// An error as AWS JSON 1.1 carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// AWS's name of it.
    pub name: &'static str,
    /// The message.
    pub message: String,
}

impl ConfigError {
    fn new(name: &'static str, message: String) -> Self {
        Self { name, message }
    }

    /// AWS's wording of a broken constraint.
    fn validation(path: &str, constraint: &str) -> Self {
        let message = format!(
            "1 validation error detected: Value at '{path}' failed to satisfy constraint: {constraint}"
        );
        Self::new("ValidationException", message)
    }
}

/// What AWS Config has of one resource under one rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoredEvaluation {
    /// Its type.
    pub resource_type: String,
    /// Its id.
    pub resource_id: String,
    /// The compliance type.
    pub compliance: String,
    /// Why.
    pub annotation: Option<String>,
    /// Seconds since 1970.
    pub ordering_timestamp: f64,
}

/// One `PutEvaluations` that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRequest {
    /// How many evaluations it carried.
    pub evaluations: usize,
    /// `TestMode`.
    pub test_mode: bool,
    /// How many were in `FailedEvaluations` of the answer.
    pub failed: usize,
    /// The error that it was answered with.
    pub error: Option<ConfigError>,
}

#[derive(Default)]
struct Rules {
    /// Token to rule.
    tokens: HashMap<String, String>,
    deleted: Vec<String>,
    /// Rule to resource to what is stored.
    stored: BTreeMap<String, BTreeMap<(String, String), Accepted>>,
    /// Resource id to how often it still fails; none is always.
    failing: HashMap<String, Option<u32>>,
    /// Resource ids for which a whole call is refused.
    invalid: HashSet<String>,
    throttle: u32,
    /// Every so many calls are throttled; 0 is none.
    throttle_every: usize,
    requests: Vec<RecordedRequest>,
    /// What AWS Config has recorded.
    items: read::Items,
    /// How many empty pages come before each history.
    empty_pages: usize,
    /// Resource id to how often a batch still leaves it out.
    unprocessed: HashMap<String, u32>,
    /// Operation to the error that it is answered with.
    refused: HashMap<String, &'static str>,
    /// Operation to how often it was called.
    calls: HashMap<String, usize>,
}

/// The endpoint.
pub struct ConfigEndpoint {
    address: SocketAddr,
    rules: Arc<Mutex<Rules>>,
    server: JoinHandle<()>,
}

impl Drop for ConfigEndpoint {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A panic of another thread leaves the data as it was.
fn locked(rules: &Mutex<Rules>) -> MutexGuard<'_, Rules> {
    rules.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ConfigEndpoint {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// No port can be opened.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let rules = Arc::new(Mutex::new(Rules::default()));
        let router = Router::new()
            .route("/", post(call))
            .layer(DefaultBodyLimit::max(16 << 20))
            .with_state(Arc::clone(&rules));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                anstream::eprintln!("error: the AWS Config endpoint stopped: {error}");
            }
        });
        Ok(Self { address, rules, server })
    }

    /// Its address, the value of `AWS_ENDPOINT_URL_CONFIG_SERVICE`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Makes a result token for an invocation of `rule`. Tokens are opaque, and stay valid.
    pub fn register_rule(&self, rule: &str) -> String {
        let mut rules = locked(&self.rules);
        let number = rules.tokens.len();
        let part = |salt: usize| RandomState::new().hash_one((number, salt));
        let token = format!("{:016x}{:016x}{:016x}", part(1), part(2), part(3));
        rules.tokens.insert(token.clone(), rule.to_owned());
        rules.stored.entry(rule.to_owned()).or_default();
        token
    }

    /// Deletes `rule`: its tokens are answered with `NoSuchConfigRuleException`.
    pub fn delete_rule(&self, rule: &str) {
        let mut rules = locked(&self.rules);
        rules.deleted.push(rule.to_owned());
        rules.stored.remove(rule);
    }

    /// Puts evaluations of that resource into `FailedEvaluations`, so many times or always.
    pub fn fail_evaluation(&self, resource_id: &str, times: Option<u32>) {
        locked(&self.rules).failing.insert(resource_id.to_owned(), times);
    }

    /// Refuses every call that has an evaluation of that resource, as AWS Config does where it does not know the type.
    pub fn refuse_evaluation(&self, resource_id: &str) {
        locked(&self.rules).invalid.insert(resource_id.to_owned());
    }

    /// Answers the next calls with `ThrottlingException`.
    pub fn throttle(&self, calls: u32) {
        locked(&self.rules).throttle = calls;
    }

    /// Records items, in the spelling of the rule event; several of one resource are its history.
    pub fn record(&self, items: &[Value]) {
        let mut rules = locked(&self.rules);
        items.iter().for_each(|item| read::record(&mut rules.items, item));
    }

    /// Begins every history with so many empty pages. A call of AWS Config looks at seven days, so the history of a
    /// resource that did not change lately begins so.
    pub fn begin_histories_with_empty_pages(&self, pages: usize) {
        locked(&self.rules).empty_pages = pages;
    }

    /// Puts that resource into `unprocessedResourceKeys` of batches, so many times.
    pub fn leave_unprocessed(&self, resource_id: &str, times: u32) {
        locked(&self.rules).unprocessed.insert(resource_id.to_owned(), times);
    }

    /// Forgets a resource.
    pub fn forget(&self, resource_type: &str, resource_id: &str) {
        locked(&self.rules).items.remove(&(resource_type.to_owned(), resource_id.to_owned()));
    }

    /// Forgets all resources.
    pub fn forget_all(&self) {
        locked(&self.rules).items.clear();
    }

    /// Answers an operation with an error from now on.
    pub fn refuse(&self, operation: &str, error: &'static str) {
        locked(&self.rules).refused.insert(operation.to_owned(), error);
    }

    /// How often an operation was called.
    pub fn calls(&self, operation: &str) -> usize {
        locked(&self.rules).calls.get(operation).copied().unwrap_or(0)
    }

    /// Answers every so many calls with `ThrottlingException`; 0 ends it.
    pub fn throttle_every(&self, calls: usize) {
        locked(&self.rules).throttle_every = calls;
    }

    /// What is stored of `rule`, sorted by resource.
    pub fn compliance(&self, rule: &str) -> Vec<StoredEvaluation> {
        let rules = locked(&self.rules);
        let stored = rules.stored.get(rule).into_iter().flat_map(BTreeMap::values);
        stored
            .map(|evaluation| StoredEvaluation {
                resource_type: evaluation.resource_type.clone(),
                resource_id: evaluation.resource_id.clone(),
                compliance: evaluation.compliance.clone(),
                annotation: evaluation.annotation.clone(),
                ordering_timestamp: evaluation.ordering_timestamp,
            })
            .collect()
    }

    /// Every `PutEvaluations` seen, in order.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        locked(&self.rules).requests.clone()
    }
}

async fn call(State(rules): State<Arc<Mutex<Rules>>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(TARGET);
    let mut rules = locked(&rules);
    *rules.calls.entry(operation.unwrap_or_default().to_owned()).or_default() += 1;
    if let Some(error) = operation.and_then(|operation| rules.refused.get(operation)) {
        return reply(Err(ConfigError::new(error, "refused".into())));
    }
    match operation {
        Some("GetResourceConfigHistory") => reply(read::get_resource_config_history(&mut rules, &body)),
        Some("BatchGetResourceConfig") => reply(read::batch_get_resource_config(&mut rules, &body)),
        Some("SelectResourceConfig") => reply(query::select_resource_config(&rules.items, &body)),
        Some("GetComplianceDetailsByConfigRule") => reply(read::get_compliance_details(&rules, &body)),
        Some("PutEvaluations") => {
            let mut seen = RecordedRequest { evaluations: 0, test_mode: false, failed: 0, error: None };
            let answer = put::put_evaluations(&mut rules, &body, &mut seen);
            seen.error = answer.as_ref().err().cloned();
            rules.requests.push(seen);
            reply(answer)
        }
        other => reply(Err(ConfigError::new(
            "UnknownOperationException",
            format!("this stand-in does not have {}", other.unwrap_or(target)),
        ))),
    }
}

fn reply(answer: Result<Value, ConfigError>) -> Response {
    let content_type = (HeaderName::from_static("content-type"), "application/x-amz-json-1.1".to_owned());
    match answer {
        Ok(value) => ([content_type], value.to_string()).into_response(),
        Err(error) => {
            let error_type = (HeaderName::from_static("x-amzn-errortype"), error.name.to_owned());
            let body = json!({"__type": error.name, "message": error.message}).to_string();
            (StatusCode::BAD_REQUEST, [content_type, error_type], body).into_response()
        }
    }
}
