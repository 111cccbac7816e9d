//! A function over plain HTTP: what it is handed, and what becomes of its answers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::future::{pending, ready};

use reqwest::{Client, RequestBuilder};

use super::*;

const LONG: Duration = Duration::from_mins(1);

/// A function that speaks plain HTTP.
struct Function {
    client: Client,
    base: String,
}

impl Function {
    fn of(api: &RuntimeApi) -> Self {
        let client = Client::builder().no_proxy().timeout(LONG).build().unwrap();
        Self { client, base: format!("http://{}/2018-06-01/runtime", api.address()) }
    }

    async fn next(&self) -> (HeaderMap, Value) {
        let answer = self.client.get(format!("{}/invocation/next", self.base)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers().clone();
        (headers, answer.json().await.unwrap())
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}/{path}", self.base))
    }
}

fn id(headers: &HeaderMap) -> &str {
    headers["lambda-runtime-aws-request-id"].to_str().unwrap()
}

#[tokio::test]
async fn an_event_goes_out_with_lambdas_headers_and_the_answer_comes_back() {
    let api = RuntimeApi::start().await.unwrap();
    let function = Function::of(&api);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let plays = async {
        let (headers, event) = function.next().await;
        assert_eq!(event, json!({"n": 1}));
        let deadline: u128 = headers["lambda-runtime-deadline-ms"].to_str().unwrap().parse().unwrap();
        assert!(
            (now + 60_000..now + 120_000).contains(&deadline),
            "{deadline} is not in a minute from {now}"
        );
        let arn = headers["lambda-runtime-invoked-function-arn"].to_str().unwrap();
        assert!(arn.starts_with("arn:aws:lambda:ap-northeast-1:"), "{arn}");
        assert!(headers.contains_key("lambda-runtime-trace-id"));
        let path = format!("invocation/{}/response", id(&headers));
        let answer = function.post(&path).json(&json!({"done": true})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        // Lambda takes one answer an invocation.
        let again = function.post(&path).json(&json!({"done": true})).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    };
    let (outcome, ()) = tokio::join!(api.exchange(json!({"n": 1}), LONG, pending()), plays);
    assert_eq!(outcome, InvocationOutcome::Success(json!({"done": true})));
}

#[tokio::test]
async fn an_error_is_a_failed_invocation_and_the_function_lives_on() {
    let api = RuntimeApi::start().await.unwrap();
    let function = Function::of(&api);
    for number in [1, 2] {
        let plays = async {
            let (headers, event) = function.next().await;
            assert_eq!(event, json!(number));
            let body = json!({"errorType": "E", "errorMessage": format!("no {number}"), "stackTrace": []});
            function.post(&format!("invocation/{}/error", id(&headers))).json(&body).send().await.unwrap();
        };
        let (outcome, ()) = tokio::join!(api.exchange(json!(number), LONG, pending()), plays);
        let (error_type, error_message) = ("E".into(), format!("no {number}"));
        assert_eq!(outcome, InvocationOutcome::Failed { error_type, error_message });
    }
}

#[tokio::test]
async fn an_answer_to_another_invocation_is_refused() {
    let api = RuntimeApi::start().await.unwrap();
    let function = Function::of(&api);
    let plays = async {
        let (headers, _) = function.next().await;
        let other = function.post("invocation/another/response").json(&json!(1)).send().await.unwrap();
        assert_eq!(other.status(), StatusCode::BAD_REQUEST);
        assert_eq!(other.json::<Value>().await.unwrap()["errorType"], "InvalidRequestID");
        function.post(&format!("invocation/{}/response", id(&headers))).json(&json!(2)).send().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(api.exchange(json!({}), LONG, pending()), plays);
    assert_eq!(outcome, InvocationOutcome::Success(json!(2)));
}

#[tokio::test]
async fn an_error_at_start_ends_the_invocation_whichever_comes_first() {
    let body = json!({"errorType": "Init", "errorMessage": "no policies"});
    let expected =
        InvocationOutcome::InitFailed { error_type: "Init".into(), error_message: "no policies".into() };

    let api = RuntimeApi::start().await.unwrap();
    let before = Function::of(&api).post("init/error").json(&body).send().await.unwrap();
    assert_eq!(before.status(), StatusCode::ACCEPTED);
    assert_eq!(api.exchange(json!({}), LONG, pending()).await, expected);

    let api = RuntimeApi::start().await.unwrap();
    let function = Function::of(&api);
    let plays = async {
        // The event has gone out, so the invocation is under way.
        function.next().await;
        function.post("init/error").json(&body).send().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(api.exchange(json!({}), LONG, pending()), plays);
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn an_event_that_nobody_took_in_time_is_not_handed_out_later() {
    let api = RuntimeApi::start().await.unwrap();
    let short = Duration::from_millis(1);
    let outcome = api.exchange(json!("old"), short, pending()).await;
    assert_eq!(outcome, InvocationOutcome::TimedOut(short));
    assert_eq!(outcome.to_string(), "no answer within 0.001 s");

    let function = Function::of(&api);
    let plays = async {
        let (headers, event) = function.next().await;
        assert_eq!(event, json!("new"));
        function.post(&format!("invocation/{}/response", id(&headers))).json(&json!(1)).send().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(api.exchange(json!("new"), LONG, pending()), plays);
    assert_eq!(outcome, InvocationOutcome::Success(json!(1)));
}

#[tokio::test]
async fn an_answer_after_the_end_of_the_invocation_is_refused() {
    let api = RuntimeApi::start().await.unwrap();
    let function = Function::of(&api);
    let (took, taken) = oneshot::channel();
    let died = async { taken.await.unwrap() };
    let plays = async {
        let (headers, _) = function.next().await;
        took.send("signal: 9".to_owned()).unwrap();
        headers
    };
    let (outcome, headers) = tokio::join!(api.exchange(json!({}), LONG, died), plays);
    assert_eq!(outcome, InvocationOutcome::Died("signal: 9".into()));
    let late = function.post(&format!("invocation/{}/response", id(&headers))).json(&json!(1)).send().await;
    assert_eq!(late.unwrap().status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_dead_function_ends_the_invocation_and_not_the_time_limit() {
    let api = RuntimeApi::start().await.unwrap();
    let outcome = api.exchange(json!({}), LONG, ready("exit status: 3".into())).await;
    assert_eq!(outcome.to_string(), "the function's process ended: exit status: 3");
}
