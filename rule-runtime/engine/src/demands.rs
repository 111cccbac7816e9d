//! What the pack was asked for, service by service and demand by demand, and the attestations that its clauses name.
//!
//! In: `demands.yaml` beside the guidelines. Out: [`Demands`], and what is wrong with them: a row that nothing answers
//! and that gives no reason, a name that does not exist.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::guideline::{Bilingual, Guidelines, line_of, yaml};
use crate::policy::PolicySet;

/// The rows of the coverage document, and the register's entries.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Demands {
    /// One a service of AWS.
    pub services: Vec<Row>,
    /// One a demand.
    pub demands: Vec<Row>,
    /// What people attest; the register has an entry for each.
    pub attestations: Vec<Attestation>,
}

/// One row: what was asked for, and what answers it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `cloudtrail`, unique in the file.
    pub id: String,
    /// Its name.
    pub title: Bilingual,
    /// What is asked for.
    pub asks: Bilingual,
    /// The policies that answer it.
    #[serde(default)]
    pub policies: Vec<String>,
    /// The attestations that answer it.
    #[serde(default)]
    pub attestations: Vec<String>,
    /// What of it nothing answers, and why.
    #[serde(default)]
    pub not_covered: Option<Bilingual>,
    /// Where it begins; 0 where that is not known.
    #[serde(skip)]
    pub line: usize,
}

/// A demand that people attest.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// As the register names it: `privacy-policy-published`; unique in the file.
    pub id: String,
    /// What is attested.
    pub title: Bilingual,
    /// Where it begins; 0 where that is not known.
    #[serde(skip)]
    pub line: usize,
}

impl Demands {
    /// Reads the file.
    ///
    /// # Errors
    /// It is not YAML of that form, with the place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let mut demands: Self = yaml(file, text)?;
        for row in demands.services.iter_mut().chain(&mut demands.demands) {
            row.line = line_of(text, &row.id);
        }
        for attestation in &mut demands.attestations {
            attestation.line = line_of(text, &attestation.id);
        }
        Ok(demands)
    }

    /// Services and demands, in their order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.services.iter().chain(&self.demands)
    }
}

/// What is wrong with the rows, and with the attestations that clauses name; nothing where there are no rows.
pub fn check(guidelines: &Guidelines, set: &PolicySet) -> Vec<Diagnostic> {
    let Some((file, demands)) = &guidelines.demands else {
        return Vec::new();
    };
    let mut problems = Vec::new();
    let register: BTreeSet<&str> = demands.attestations.iter().map(|entry| entry.id.as_str()).collect();
    let mut ids = BTreeSet::new();
    let rows = demands.rows().map(|row| (&row.id, row.line));
    for (id, line) in rows.chain(demands.attestations.iter().map(|entry| (&entry.id, entry.line))) {
        if !ids.insert(id) {
            let problem = Diagnostic::new(file, "is used twice").at(line, 0).field(id);
            problems.push(problem.help("give each entry an id of its own"));
        }
    }
    for row in demands.rows() {
        for (field, message, help) in row.problems(&register, set) {
            let field = format!("{}.{field}", row.id);
            problems.push(Diagnostic::new(file, message).at(row.line, 0).field(field).help(help));
        }
    }
    let mut named: BTreeSet<&str> =
        demands.rows().flat_map(|row| row.attestations.iter().map(String::as_str)).collect();
    for (file, guideline) in &guidelines.files {
        for clause in &guideline.clauses {
            named.extend(clause.attestations.iter().map(String::as_str));
            for id in clause.attestations.iter().filter(|id| !register.contains(id.as_str())) {
                let message = format!("names \"{id}\", which the register of demands.yaml does not have");
                problems.push(
                    Diagnostic::new(file, message)
                        .at(clause.line, 0)
                        .field(format!("clauses.{}.attestations", clause.id))
                        .help("mend the name, or add the entry under attestations in demands.yaml"),
                );
            }
        }
    }
    for entry in demands.attestations.iter().filter(|entry| !named.contains(entry.id.as_str())) {
        let problem = Diagnostic::new(file, "is named by no clause and no row").at(entry.line, 0);
        problems.push(problem.field(&entry.id).help("name it under a clause, or take it out"));
    }
    problems
}

impl Row {
    /// Field, message and next step of each problem.
    fn problems(
        &self,
        register: &BTreeSet<&str>,
        set: &PolicySet,
    ) -> Vec<(&'static str, String, &'static str)> {
        let mut problems = Vec::new();
        if self.policies.is_empty() && self.attestations.is_empty() && self.not_covered.is_none() {
            problems.push((
                "not_covered",
                "is missing, and nothing answers the row".to_owned(),
                "name policies or attestations, or write the reason in both languages",
            ));
        }
        for name in self.policies.iter().filter(|name| !set.knows(name)) {
            let message = format!("names \"{name}\", and there is no such policy");
            problems.push(("policies", message, "mend the name, or take it out until the policy stands"));
        }
        for id in self.attestations.iter().filter(|id| !register.contains(id.as_str())) {
            let message = format!("names \"{id}\", which the register does not have");
            problems.push(("attestations", message, "mend the name, or add the entry under attestations"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::guideline::Guideline;

    const FILE: &str = "
services:
  - id: trail
    title: {ja: 証跡, en: Trail}
    asks: {ja: 有効, en: On}
    attestations: [training]
demands:
  - id: law
    title: {ja: 法, en: Law}
    asks: {ja: 国内, en: Japan}
    not_covered: {ja: 見えない, en: Not seen}
attestations:
  - id: training
    title: {ja: 教育, en: Training}
";

    const GUIDELINE: &str = "
framework: f
edition: \"1\"
title: {ja: 題, en: t}
publisher: {ja: 省, en: m}
published: 2023-05
source: https://example.jp
clauses:
  - id: a
    clause: \"4\"
    confidence: CH
    title: {ja: 教育, en: training}
    attestations: [training]
    coverage: attestation
";

    fn problems(demands: &str, guideline: &str) -> Vec<String> {
        let guidelines = Guidelines {
            files: vec![("g.yaml".into(), Guideline::parse("g.yaml", guideline).unwrap())],
            demands: Some(("demands.yaml".into(), Demands::parse("demands.yaml", demands).unwrap())),
            ..Guidelines::default()
        };
        check(&guidelines, &PolicySet::default()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wrong_with_a_row_is_named() {
        assert_eq!(problems(FILE, GUIDELINE), Vec::<String>::new());
        for (text, start) in [
            (
                FILE.replace("    not_covered: {ja: 見えない, en: Not seen}\n", ""),
                "demands.yaml:8: law.not_covered: is missing",
            ),
            (
                FILE.replace("[training]", "[training]\n    policies: [none]"),
                "demands.yaml:3: trail.policies: names \"none\"",
            ),
            (
                FILE.replace("[training]", "[training, other]"),
                "demands.yaml:3: trail.attestations: names \"other\"",
            ),
            (FILE.replace("id: law", "id: trail"), "demands.yaml:3: trail: is used twice"),
            (
                format!("{FILE}  - id: unused\n    title: {{ja: 他, en: other}}\n"),
                "demands.yaml:15: unused: is named by no clause",
            ),
        ] {
            let found = problems(&text, GUIDELINE);
            assert!(found.len() == 1 && found[0].starts_with(start), "{start}: {found:?}");
        }
    }

    #[test]
    fn a_clause_names_only_what_the_register_has() {
        let found = problems(FILE, &GUIDELINE.replace("[training]", "[training, other]"));
        assert!(found.len() == 1 && found[0].starts_with("g.yaml:9: clauses.a.attestations"), "{found:?}");
    }
}
