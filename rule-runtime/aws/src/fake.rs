//! For tests: an endpoint that answers as a closure says, for what no emulator shows: refusals, races, odd
//! answers.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::config::Credentials;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, Uri};

/// Answers a path and a body with a status and a body.
type Answer = dyn FnMut(&str, &str) -> (u16, String) + Send;

/// The fake, and what it was asked.
pub struct Fake {
    /// An SDK configuration whose every call goes to it. Calls are tried once unless a client says
    /// otherwise, and then without a pause.
    pub config: SdkConfig,
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone)]
struct Shared {
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Listens on a port of its own.
    pub async fn start(answer: impl FnMut(&str, &str) -> (u16, String) + Send + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared { answer: Arc::new(Mutex::new(answer)), asked: Arc::clone(&asked) };
        let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(reply).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("ap-northeast-1"))
            .endpoint_url(url)
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::disabled().with_initial_backoff(Duration::from_millis(1)))
            .load()
            .await;
        Self { config, asked }
    }

    /// The bodies that it was sent, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn reply(State(shared): State<Shared>, uri: Uri, body: Bytes) -> (StatusCode, String) {
    let body = String::from_utf8_lossy(&body).into_owned();
    let (status, answer) = (*shared.answer.lock().unwrap())(uri.path(), &body);
    shared.asked.lock().unwrap().push(body);
    (StatusCode::from_u16(status).unwrap(), answer)
}
