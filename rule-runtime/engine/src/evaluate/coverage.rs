//! Which lines of the policies an evaluation came to, as regorus counts them.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Engine;

use crate::policy::{Policy, rule_places};

/// The lines that were come to, gathered over many evaluations, by file.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    files: BTreeMap<String, Lines>,
}

#[derive(Debug, Clone, Default)]
struct Lines {
    /// Lines with an expression, from 1.
    all: BTreeSet<u32>,
    /// Those of them that were evaluated.
    covered: BTreeSet<u32>,
}

/// How much of a policy its tests come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyCoverage {
    /// Lines with an expression, from 1.
    pub lines: BTreeSet<u32>,
    /// Those of them that were never evaluated.
    pub lines_missed: BTreeSet<u32>,
    /// How many rules it has; those of one name each count.
    pub rules: usize,
    /// Name and line of the rules of which nothing was evaluated.
    pub rules_missed: Vec<(String, u32)>,
}

impl PolicyCoverage {
    /// The lines that were evaluated, in percent, rounded down; 100 of none.
    pub fn percent(&self) -> usize {
        let covered = self.lines.len() - self.lines_missed.len();
        (covered * 100).checked_div(self.lines.len()).unwrap_or(100)
    }
}

impl Coverage {
    /// Adds what `engine` has counted.
    pub(crate) fn take(&mut self, engine: &Engine) {
        // A report that cannot be made counts nothing as covered.
        let Ok(report) = engine.get_coverage_report() else { return };
        for file in report.files {
            let lines = self.files.entry(file.path).or_default();
            lines.all.extend(file.covered.iter().chain(&file.not_covered));
            lines.covered.extend(file.covered);
        }
    }

    /// Adds what another has.
    pub fn merge(&mut self, other: Self) {
        for (file, lines) in other.files {
            let known = self.files.entry(file).or_default();
            known.all.extend(lines.all);
            known.covered.extend(lines.covered);
        }
    }

    /// How much of `policy` was evaluated; nothing is known of one that never was.
    pub fn of(&self, policy: &Policy) -> Option<PolicyCoverage> {
        let lines = self.files.get(&policy.file.display().to_string())?;
        let mut engine = policy.engine.clone();
        let mut places: Vec<(String, u32)> = engine
            .get_modules()
            .last()
            .map(|module| rule_places(module))
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(name, line, _)| Some((name, u32::try_from(line).ok()?)))
            .collect();
        places.sort_by_key(|(_, line)| *line);
        let ends = places.iter().skip(1).map(|(_, line)| *line).chain([u32::MAX]);
        // A rule without an expression, such as `default x := 1` may be, is not missed.
        let is_missed = |from: u32, to: u32| {
            lines.all.range(from..to).next().is_some() && lines.covered.range(from..to).next().is_none()
        };
        let rules_missed = places
            .iter()
            .zip(ends)
            .filter(|((_, from), to)| from < to && is_missed(*from, *to))
            .map(|(rule, _)| rule.clone())
            .collect();
        Some(PolicyCoverage {
            lines_missed: lines.all.difference(&lines.covered).copied().collect(),
            lines: lines.all.clone(),
            rules: places.len(),
            rules_missed,
        })
    }
}
