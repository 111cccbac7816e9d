//! `sekisho test --coverage` for reading: a line a policy that is not covered whole, with the lines that are missed.

use std::collections::BTreeSet;

use super::{BAD, DIM, GOOD, count};
use crate::commands::test::TestRun;

/// Prints what the tests do not come to, then the sum.
pub fn print(run: &TestRun) {
    for (policy, coverage) in &run.coverage {
        if coverage.lines_missed.is_empty() {
            continue;
        }
        let rules: Vec<String> =
            coverage.rules_missed.iter().map(|(name, line)| format!("{name} (line {line})")).collect();
        let rules = if rules.is_empty() {
            String::new()
        } else {
            format!("; rules never reached: {}", rules.join(", "))
        };
        anstream::println!(
            "{:>3} %  {policy}  {DIM}lines {}{rules}{DIM:#}",
            coverage.percent(),
            ranges(&coverage.lines_missed)
        );
    }
    let percent = run.percent();
    let style = if run.is_covered() { GOOD } else { BAD };
    let (lines, missed) = run.lines();
    let (rules, rules_missed) = run.rules();
    anstream::println!(
        "{style}coverage {percent} %{style:#}: {} of {}, {} of {}, {}",
        lines - missed,
        count(lines, "line"),
        rules - rules_missed,
        count(rules, "rule"),
        super::policies(run.coverage.len()),
    );
}

/// `3-5, 9`.
pub fn ranges(lines: &BTreeSet<u32>) -> String {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for &line in lines {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => found.push((line, line)),
        }
    }
    let text = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    found.iter().map(text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::ranges;

    #[test]
    fn lines_that_follow_each_other_are_one_range() {
        assert_eq!(ranges(&[1, 3, 4, 5, 9].into()), "1, 3-5, 9");
    }
}
