//! `sekisho check` for reading: the problems on standard error, one line of sums on standard output.

use super::{BAD, DIM, GOOD, count, diagnostic};
use crate::commands::check::CheckRun;

/// Prints the run.
pub fn print(run: &CheckRun) {
    diagnostic::errors(run.errors());
    for note in run.notes() {
        let help = note.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        anstream::eprintln!("{DIM}note{DIM:#}: {}: {}{help}", note.file, note.message);
    }
    let what = format!(
        "{}, {}, {}",
        if run.policies == 1 { "1 policy".to_owned() } else { format!("{} policies", run.policies) },
        count(run.guidelines, "guideline"),
        count(run.clauses, "clause"),
    );
    let errors = run.errors().count();
    if errors == 0 {
        anstream::println!("{GOOD}ok{GOOD:#}: {what}");
    } else {
        anstream::println!("{BAD}{}{BAD:#}: {what}", count(errors, "problem"));
        if run.errors().any(|problem| problem.code.is_some()) {
            anstream::eprintln!("{DIM}sekisho explain CODE says more{DIM:#}");
        }
    }
}
