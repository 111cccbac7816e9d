//! The Lambda Runtime API (version 2018-06-01) on this machine, as a function sees it.
//!
//! In: an event. Out: what the function answered. Source: AWS Lambda Developer Guide, "Using the Lambda runtime API
//! for custom runtimes".

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::bootstrap::Bootstrap;
use crate::fixture::{ACCOUNT, REGION};

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub enum InvocationOutcome {
    /// The function answered with this.
    Success(Value),
    /// The function reported an error.
    Failed {
        /// `errorType`.
        error_type: String,
        /// `errorMessage`.
        error_message: String,
    },
    /// The function reported that it cannot start.
    InitFailed {
        /// `errorType`.
        error_type: String,
        /// `errorMessage`.
        error_message: String,
    },
    /// It did not answer in time.
    TimedOut(Duration),
    /// Its process ended.
    Died(String),
}

impl fmt::Display for InvocationOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success(value) => write!(f, "success: {value}"),
            Self::Failed { error_type, error_message } => write!(f, "{error_type}: {error_message}"),
            Self::InitFailed { error_type, error_message } => {
                write!(f, "the function does not start: {error_type}: {error_message}")
            }
            Self::TimedOut(limit) => write!(f, "no answer within {} s", limit.as_secs_f64()),
            Self::Died(why) => write!(f, "the function's process ended: {why}"),
        }
    }
}

/// An event on its way to the function.
struct Invocation {
    id: String,
    event: Vec<u8>,
    deadline: u128,
    /// The account of the function: that of the event.
    account: String,
}

/// The answer that is awaited, with the id of its invocation.
type Pending = Option<(String, oneshot::Sender<InvocationOutcome>)>;

struct Shared {
    events: Mutex<mpsc::Receiver<Invocation>>,
    pending: Mutex<Pending>,
    /// An error at start that came before any invocation.
    init_failure: Mutex<Option<InvocationOutcome>>,
    /// Told once, when the function first asks for an event.
    first_poll: Mutex<Option<oneshot::Sender<()>>>,
}

/// The server.
pub struct RuntimeApi {
    address: SocketAddr,
    events: mpsc::Sender<Invocation>,
    shared: Arc<Shared>,
    count: AtomicU64,
    server: JoinHandle<()>,
    polled: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl RuntimeApi {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// No port can be opened.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (events, receiver) = mpsc::channel(1);
        let (first_poll, polled) = oneshot::channel();
        let shared = Arc::new(Shared {
            events: Mutex::new(receiver),
            pending: Mutex::new(None),
            init_failure: Mutex::new(None),
            first_poll: Mutex::new(Some(first_poll)),
        });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                anstream::eprintln!("error: the Runtime API stopped: {error}");
            }
        });
        let polled = Mutex::new(Some(polled));
        Ok(Self { address, events, shared, count: AtomicU64::new(1), server, polled })
    }

    /// `host:port`, the value of `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Waits until the function asks for its first event.
    pub async fn first_poll(&self) {
        if let Some(polled) = self.polled.lock().await.take() {
            // An error means that the server is gone, and then the invocation says so.
            let _ = polled.await;
        }
    }

    /// Hands `event` to the function and waits for its answer, for `limit` at most, or for the end of its process.
    pub async fn invoke(
        &self,
        event: Value,
        limit: Duration,
        bootstrap: &mut Bootstrap,
    ) -> InvocationOutcome {
        self.exchange(event, limit, bootstrap.died()).await
    }

    async fn exchange(
        &self,
        event: Value,
        limit: Duration,
        died: impl Future<Output = String>,
    ) -> InvocationOutcome {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let id = format!("00000000-0000-4000-8000-{number:012}");
        let (sender, receiver) = oneshot::channel();
        *self.shared.pending.lock().await = Some((id.clone(), sender));
        let deadline = SystemTime::now() + limit;
        let deadline = deadline.duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
        let account = event.get("accountId").and_then(Value::as_str).unwrap_or(ACCOUNT).to_owned();
        let invocation = Invocation { id, event: event.to_string().into_bytes(), deadline, account };
        let answered = async {
            if let Some(failure) = self.shared.init_failure.lock().await.take() {
                return failure;
            }
            if self.events.send(invocation).await.is_err() {
                return InvocationOutcome::Died("the Runtime API is gone".into());
            }
            receiver.await.unwrap_or_else(|_| InvocationOutcome::Died("no answer".into()))
        };
        let outcome = tokio::select! {
            // A function that answers and then ends has answered.
            biased;
            outcome = tokio::time::timeout(limit, answered) => {
                outcome.unwrap_or(InvocationOutcome::TimedOut(limit))
            }
            why = died => InvocationOutcome::Died(why),
        };
        // An answer that comes now is too late, and is answered so.
        *self.shared.pending.lock().await = None;
        outcome
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    if let Some(first) = shared.first_poll.lock().await.take() {
        let _ = first.send(());
    }
    let invocation = loop {
        let Some(invocation) = shared.events.lock().await.recv().await else {
            return StatusCode::GONE.into_response();
        };
        // An event that nobody took in time is not for whoever asks next.
        if shared.pending.lock().await.as_ref().is_some_and(|(id, _)| *id == invocation.id) {
            break invocation;
        }
    };
    let mut headers = HeaderMap::new();
    let arn = format!("arn:aws:lambda:{REGION}:{}:function:sekisho-replay", invocation.account);
    for (name, value) in [
        ("lambda-runtime-aws-request-id", invocation.id.as_str()),
        ("lambda-runtime-deadline-ms", invocation.deadline.to_string().as_str()),
        ("lambda-runtime-invoked-function-arn", arn.as_str()),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0"),
        ("content-type", "application/json"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    }
    (headers, invocation.event).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    let value = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
    answer(&shared, &id, InvocationOutcome::Success(value)).await
}

async fn error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    let (error_type, error_message) = diagnostic(&body);
    answer(&shared, &id, InvocationOutcome::Failed { error_type, error_message }).await
}

/// It may come before the first invocation, which then gets it.
async fn init_error(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let (error_type, error_message) = diagnostic(&body);
    let failure = InvocationOutcome::InitFailed { error_type, error_message };
    // One lock over both, so that an invocation that begins now sees the one or the other.
    let mut pending = shared.pending.lock().await;
    match pending.take() {
        Some((_, sender)) => {
            let _ = sender.send(failure);
        }
        None => *shared.init_failure.lock().await = Some(failure),
    }
    accepted()
}

/// `errorType` and `errorMessage` of an error that the function reports.
fn diagnostic(body: &[u8]) -> (String, String) {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    (field("errorType"), field("errorMessage"))
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, axum::Json(json!({"status": "OK"}))).into_response()
}

/// AWS answers 202 to what it takes and 400 to an id that it does not await.
async fn answer(shared: &Shared, id: &str, outcome: InvocationOutcome) -> Response {
    let mut pending = shared.pending.lock().await;
    match pending.take() {
        Some((awaited, sender)) if awaited == id => {
            let _ = sender.send(outcome);
            accepted()
        }
        other => {
            *pending = other;
            let body = json!({"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"});
            (StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
        }
    }
}

#[cfg(test)]
mod tests;
