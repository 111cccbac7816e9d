//! `sekisho test --mutate` for reading, and as one JSON document.

use serde_json::json;

use super::{BAD, GOOD};
use crate::commands::mutate::{PolicyMutants, totals};

/// Prints each survivor, a line a policy, and the total.
pub fn print(mutants: &[PolicyMutants], threshold: u8, as_json: bool) {
    let (killed, survived) = totals(mutants);
    if as_json {
        let document =
            json!({"killed": killed, "survived": survived, "threshold": threshold, "policies": mutants});
        anstream::println!("{document:#}");
        return;
    }
    for policy in mutants {
        for survivor in &policy.survivors {
            let (line, column) = (survivor.line, survivor.column);
            anstream::println!("{BAD}survived{BAD:#} {}:{line}:{column}: {}", policy.file, survivor.what);
        }
    }
    for policy in mutants {
        let all = policy.killed + policy.survivors.len();
        anstream::println!("{:>4} of {all:>4} noticed  {}", policy.killed, policy.policy);
    }
    let good = killed * 100 >= usize::from(threshold) * (killed + survived);
    let style = if good { GOOD } else { BAD };
    anstream::eprintln!(
        "{style}{}{style:#} of {} mutants noticed, {} % wanted",
        percent(killed, survived),
        killed + survived,
        threshold
    );
}

/// Whole percents with one decimal, cut and not rounded: 89.96 is not 90.
fn percent(killed: usize, survived: usize) -> String {
    let thousandths = (killed * 1000).checked_div(killed + survived).unwrap_or(1000);
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}
