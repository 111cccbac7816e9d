//! `sekisho check` for reading: the problems on standard error, one line of sums on standard output.

use super::{BAD, GOOD, count, diagnostic};
use crate::commands::check::CheckRun;

/// Prints the run.
pub fn print(run: &CheckRun) {
    diagnostic::errors(&run.problems);
    let what = format!(
        "{}, {}, {}",
        if run.policies == 1 { "1 policy".to_owned() } else { format!("{} policies", run.policies) },
        count(run.guidelines, "guideline"),
        count(run.clauses, "clause"),
    );
    if run.problems.is_empty() {
        anstream::println!("{GOOD}ok{GOOD:#}: {what}");
    } else {
        anstream::println!("{BAD}{}{BAD:#}: {what}", count(run.problems.len(), "problem"));
    }
}
