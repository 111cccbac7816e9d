//! Ten thousand evaluations of one invocation, through an AWS Config that throttles every third call and refuses one
//! evaluation in a hundred: every one is accounted for, the refused ones are named, none is taken twice.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sekisho::replay::runtime_api::InvocationOutcome;
use sekisho_tests::faults::Fault;
use sekisho_tests::many::{Rig, expected};

/// So many buckets and the account.
async fn all_are_accounted_for(buckets: usize, refuse: impl Fn(&Rig, &str)) {
    let all = buckets + 1;
    let mut rig = Rig::new(buckets, |_| Fault::Pass).await;
    rig.config.throttle_every(3);
    let refused: Vec<String> = (1..=buckets).filter(|n| n % 100 == 0).map(|n| format!("b{n}")).collect();
    refused.iter().for_each(|id| refuse(&rig, id));
    let outcome = rig.run(Duration::from_mins(10)).await;
    let InvocationOutcome::Failed { error_message, .. } = &outcome else { panic!("{outcome}") };
    let requests = rig.config.requests();
    let throttled = requests.iter().filter_map(|request| request.error.as_ref());
    assert!(throttled.filter(|error| error.name == "ThrottlingException").count() >= requests.len() / 4);
    assert!(error_message.contains(&format!("did not take {} of {all}", refused.len())), "{error_message}");
    let is_named = |id: &String| {
        let name = format!("AWS::S3::Bucket {id}");
        error_message
            .match_indices(&name)
            .any(|(at, _)| !error_message[at + name.len()..].starts_with(|next: char| next.is_ascii_digit()))
    };
    let unnamed: Vec<_> = refused.iter().filter(|id| !is_named(id)).collect();
    assert!(unnamed.is_empty(), "{unnamed:?}: {error_message}");
    let mut should = expected(buckets);
    refused.iter().for_each(|id| drop(should.remove(id)));
    assert_eq!(rig.compliance(), should);
    // Each was taken once: what was throttled or refused was not taken.
    let taken: usize = requests
        .iter()
        .filter(|request| request.error.is_none())
        .map(|request| request.evaluations - request.failed)
        .sum();
    assert_eq!(taken + refused.len(), all);
}

/// They come back in `FailedEvaluations`.
#[tokio::test]
async fn ten_thousand_with_failed_evaluations() {
    all_are_accounted_for(9_999, |rig, id| rig.config.fail_evaluation(id, None)).await;
}

/// Each takes its whole call with it, and the search for it costs calls, of which every third waits: fewer here. The
/// tests of `sekisho-aws` have ten thousand without the waiting.
#[tokio::test]
async fn two_thousand_with_calls_that_are_refused_whole() {
    all_are_accounted_for(1_999, |rig, id| rig.config.refuse_evaluation(id)).await;
}
