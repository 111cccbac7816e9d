//! Guidelines as data: the clauses of one edition, and what shows that each holds.
//!
//! In: the files of `policies/guidelines/`. Out: [`Guideline`]s, and what is wrong with them: a mapping to a policy that
//! does not exist, a policy that maps to nothing, a clause number that nobody confirmed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::citation;
use crate::demands::{self, Demands};
use crate::diagnostic::Diagnostic;
use crate::policy::{Confidence, PolicySet};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// One part of one edition of a guideline.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guideline {
    /// Short and unique with edition and part: `mhlw-safety`.
    pub framework: String,
    /// `6.0`.
    pub edition: String,
    /// The part, where it has parts: `システム運用編`.
    #[serde(default)]
    pub part: Option<String>,
    /// Its full name.
    pub title: Bilingual,
    /// Who wrote it.
    pub publisher: Bilingual,
    /// `2023-05`, or a date.
    pub published: String,
    /// Where its text is.
    pub source: String,
    /// What to know before reading it: how sure the numbers are.
    #[serde(default)]
    pub note: Option<Bilingual>,
    /// Its clauses, in their order.
    pub clauses: Vec<Clause>,
}

/// One clause, or a chapter where no clause is confirmed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Unique in its file: `ops-17-1`.
    pub id: String,
    /// `17 遵守事項①`, as the METADATA of policies names it; the chapter alone where `confidence` is `CH`.
    pub clause: String,
    /// How sure the number is.
    pub confidence: Confidence,
    /// What it asks, in few words.
    pub title: Bilingual,
    /// The policies that show it.
    #[serde(default)]
    pub policies: Vec<String>,
    /// The entries of the attestation register that show it.
    #[serde(default)]
    pub attestations: Vec<String>,
    /// Why no machine can check it, or what of it none can.
    #[serde(default)]
    pub not_checkable: Option<Bilingual>,
    /// Parameter values without which a policy does not show it.
    #[serde(default)]
    pub requires: Vec<Requirement>,
    /// Whether what stands above shows all that the clause asks.
    pub coverage: Coverage,
    /// Where it begins in its file; 0 where that is not known.
    #[serde(skip)]
    pub line: usize,
}

/// The policy that judges the register of attestations: a clause that names attestations maps to it.
pub const ATTESTATION_POLICY: &str = "process-attestation";

/// The file of the folder that is no guideline: the rows of the coverage document ([`crate::demands`]).
pub const DEMANDS_FILE: &str = "demands.yaml";

/// How much of a clause is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Coverage {
    /// All that it asks.
    Full,
    /// A part.
    Partial,
    /// Only what people attest.
    Attestation,
    /// Nothing: no machine can.
    None,
}

/// A parameter that may not be loosened.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The policy.
    pub policy: String,
    /// Its parameter.
    pub parameter: String,
    /// How its value is compared.
    pub op: Comparison,
    /// With what.
    pub value: Value,
}

/// How a parameter is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Comparison {
    /// At least.
    Gte,
    /// At most.
    Lte,
    /// The same.
    Eq,
    /// A list within the given one.
    Within,
    /// A list that has all of the given one.
    Contains,
}

impl Requirement {
    /// Whether `parameters`, with the policy's defaults filled in, meet it.
    pub fn is_met(&self, parameters: &Value) -> bool {
        let Some(found) = parameters.get(&self.parameter) else {
            return false;
        };
        let numbers = || found.as_f64().zip(self.value.as_f64());
        match self.op {
            Comparison::Gte => numbers().is_some_and(|(found, wanted)| found >= wanted),
            Comparison::Lte => numbers().is_some_and(|(found, wanted)| found <= wanted),
            Comparison::Eq => found == &self.value,
            Comparison::Within => {
                found.as_array().zip(self.value.as_array()).is_some_and(|(found, wanted)| {
                    !found.is_empty() && found.iter().all(|one| wanted.contains(one))
                })
            }
            Comparison::Contains => found
                .as_array()
                .zip(self.value.as_array())
                .is_some_and(|(found, wanted)| wanted.iter().all(|one| found.contains(one))),
        }
    }
}

/// An annex: it may stand for a whole as a chapter does.
const ANNEX: &str = "別紙";

/// Whether `clause` names a chapter or an annex, and no item of it.
pub fn is_chapter(clause: &str) -> bool {
    let number = clause.strip_prefix(ANNEX).unwrap_or(clause);
    !number.is_empty() && number.chars().all(|c| c.is_ascii_digit())
}

impl Clause {
    /// Whether `policy` is said to show it, by name or by way of the register.
    pub fn maps_to(&self, policy: &str) -> bool {
        self.policies.iter().any(|name| name == policy)
            || (policy == ATTESTATION_POLICY && !self.attestations.is_empty())
    }

    /// The number as it may be printed: a chapter is called one, because its items are not confirmed.
    pub fn label(&self) -> Bilingual {
        match self.confidence {
            Confidence::Chapter => match self.clause.strip_prefix(ANNEX) {
                Some(number) => Bilingual { ja: self.clause.clone(), en: format!("annex {number}") },
                None => {
                    Bilingual { ja: format!("{}章", self.clause), en: format!("chapter {}", self.clause) }
                }
            },
            _ => Bilingual { ja: self.clause.clone(), en: self.clause.clone() },
        }
    }
}

impl Guideline {
    /// `mhlw-safety 6.0 システム運用編`.
    pub fn name(&self) -> String {
        let part = self.part.as_ref().map_or_else(String::new, |part| format!(" {part}"));
        format!("{} {}{part}", self.framework, self.edition)
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// It is not YAML of that form, with the place.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let mut guideline: Self = yaml(file, text)?;
        for clause in &mut guideline.clauses {
            clause.line = line_of(text, &clause.id);
        }
        Ok(guideline)
    }
}

/// `text` as YAML of the form of `T`.
pub(crate) fn yaml<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    serde_saphyr::from_str(text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = error.without_snippet().to_string();
        Diagnostic::new(file, message.lines().next().unwrap_or_default().to_owned())
            .at(usize::try_from(line).unwrap_or(0), usize::try_from(column).unwrap_or(0))
            .source(text)
            .help("CONTRIBUTING.md shows a mapping file")
    })
}

/// The line that `- id: <id>` stands on, from 1; 0 where the entry is written otherwise.
pub(crate) fn line_of(text: &str, id: &str) -> usize {
    let is_entry = |line: &str| {
        let value = line.trim().trim_start_matches("- ").trim_start().strip_prefix("id:");
        value.is_some_and(|value| value.trim().trim_matches(['"', '\'']) == id)
    };
    text.lines().position(is_entry).map_or(0, |index| index + 1)
}

/// The mapping files of a folder, sorted by their names, each with its file.
#[derive(Debug, Default)]
pub struct Guidelines {
    /// File and guideline.
    pub files: Vec<(String, Guideline)>,
    /// The rows of the coverage document with their file, where there are any.
    pub demands: Option<(String, Demands)>,
    /// Files that cannot be read.
    pub problems: Vec<Diagnostic>,
}

impl Guidelines {
    /// Reads every `.yaml` of `folder`; a folder that is not there holds none.
    pub fn load(folder: &Path) -> Self {
        let mut guidelines = Self::default();
        let Ok(entries) = fs::read_dir(folder) else {
            return guidelines;
        };
        let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "yaml" || ending == "yml"));
        files.sort();
        for file in files {
            let name = file.display().to_string();
            let text = fs::read_to_string(&file)
                .map_err(|error| Diagnostic::new(&name, format!("cannot be read: {error}")));
            let read = if file.ends_with(DEMANDS_FILE) {
                text.and_then(|text| Demands::parse(&name, &text))
                    .map(|demands| guidelines.demands = Some((name, demands)))
            } else {
                text.and_then(|text| Guideline::parse(&name, &text))
                    .map(|guideline| guidelines.files.push((name, guideline)))
            };
            guidelines.problems.extend(read.err());
        }
        guidelines
    }

    /// What is wrong with them beside their form, against the policies that there are.
    pub fn check(&self, set: &PolicySet) -> Vec<Diagnostic> {
        let mut problems = self.problems.clone();
        let mut names = BTreeSet::new();
        for (file, guideline) in &self.files {
            if !names.insert(guideline.name()) {
                let message = format!("{} stands in another file as well", guideline.name());
                problems.push(
                    Diagnostic::new(file, message).field("framework").help("one file an edition and part"),
                );
            }
            let mut ids = BTreeSet::new();
            for clause in &guideline.clauses {
                if !ids.insert(&clause.id) {
                    problems.push(
                        Diagnostic::new(file, "is used by two clauses")
                            .at(clause.line, 0)
                            .field(format!("clauses.{}", clause.id))
                            .help("give each clause an id of its own"),
                    );
                }
                problems.extend(clause.problems(set).into_iter().map(|problem| {
                    Diagnostic::new(file, problem.message)
                        .at(clause.line, 0)
                        .field(format!("clauses.{}.{}", clause.id, problem.field))
                        .help(problem.help)
                }));
            }
        }
        if !self.files.is_empty() {
            problems.extend(self.unmapped(set));
            problems.extend(citation::check(self, set));
        }
        problems.extend(demands::check(self, set));
        problems
    }

    /// Policies that no clause names.
    fn unmapped(&self, set: &PolicySet) -> Vec<Diagnostic> {
        let mapped: BTreeSet<&str> = self.of_policies().into_keys().collect();
        let unmapped = set.policies().filter(|policy| !mapped.contains(policy.id()));
        unmapped
            .map(|policy| {
                Diagnostic::new(policy.file.display().to_string(), "maps to no clause of any guideline")
                    .field("custom.id")
                    .help("name it under a clause in policies/guidelines")
            })
            .collect()
    }

    /// Each policy with the guidelines and clauses that name it.
    pub fn of_policies(&self) -> BTreeMap<&str, Vec<(&Guideline, &Clause)>> {
        let mut of_policies: BTreeMap<&str, Vec<(&Guideline, &Clause)>> = BTreeMap::new();
        for (_, guideline) in &self.files {
            for clause in &guideline.clauses {
                let register = (!clause.attestations.is_empty()).then_some(ATTESTATION_POLICY);
                let register = register.filter(|name| !clause.policies.iter().any(|policy| policy == name));
                for policy in clause.policies.iter().map(String::as_str).chain(register) {
                    of_policies.entry(policy).or_default().push((guideline, clause));
                }
            }
        }
        of_policies
    }
}

/// What is wrong with a field of a clause.
struct Problem {
    field: &'static str,
    message: String,
    help: &'static str,
}

impl Clause {
    fn problems(&self, set: &PolicySet) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut problem = |field, message: String, help| problems.push(Problem { field, message, help });
        if self.confidence == Confidence::Chapter && !is_chapter(&self.clause) {
            problem(
                "clause",
                format!(
                    "is \"{}\" with confidence CH; a chapter is a number, its items are not confirmed",
                    self.clause
                ),
                "name the chapter alone, or give the item the confidence that its source allows",
            );
        }
        let shown = !self.policies.is_empty() || !self.attestations.is_empty();
        match self.coverage {
            Coverage::Full | Coverage::Partial if self.policies.is_empty() => problem(
                "policies",
                "is empty, and coverage says that policies show it".into(),
                "name the policies, or set coverage to attestation or none",
            ),
            Coverage::Attestation if self.attestations.is_empty() => problem(
                "attestations",
                "is empty, and coverage says that they show it".into(),
                "name the attestations, or set coverage to none",
            ),
            Coverage::None if shown => problem(
                "coverage",
                "is none, and yet something shows it".into(),
                "set it to partial, full or attestation",
            ),
            Coverage::None if self.not_checkable.is_none() => problem(
                "not_checkable",
                "is missing; say why no machine can check it".into(),
                "write the reason in both languages",
            ),
            _ => {}
        }
        for name in self.policies.iter().filter(|name| !set.knows(name)) {
            problem(
                "policies",
                format!("names \"{name}\", and there is no such policy"),
                "mend the name, or take it out until the policy stands",
            );
        }
        for requirement in &self.requires {
            let Requirement { policy, parameter, .. } = requirement;
            match set.get(policy) {
                _ if !self.policies.contains(policy) => problem(
                    "requires",
                    format!("is about \"{policy}\", which the clause does not name"),
                    "name the policy under policies, or take the requirement out",
                ),
                Some(found) if !found.metadata.parameters.has(parameter) => problem(
                    "requires",
                    format!("names {parameter}, which {policy} does not have"),
                    "name a parameter of its METADATA",
                ),
                Some(found) => {
                    let defaults = found.metadata.parameters.apply(&Map::new());
                    if defaults.is_ok_and(|defaults| !requirement.is_met(&defaults)) {
                        problem(
                            "requires",
                            format!("is not met by the default of {parameter} of {policy}"),
                            "a policy as delivered must show the clause: change one of both",
                        );
                    }
                }
                None => {}
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const FILE: &str = r#"
framework: f
edition: "1"
title: {ja: 題, en: t}
publisher: {ja: 省, en: m}
published: 2023-05
source: https://example.jp
clauses:
  - id: a
    clause: "17①"
    confidence: H
    title: {ja: ログ, en: logs}
    policies: [one]
    requires: [{policy: one, parameter: minDays, op: gte, value: 7}]
    coverage: partial
"#;

    fn policies() -> (tempfile::TempDir, PolicySet) {
        let folder = tempfile::tempdir().unwrap();
        let policy = |id: &str| {
            format!(
                "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: {id}\n#   title_ja: あ\n#   severity: high\n\
                 #   trigger: change\n#   resource_types: [AWS::S3::Bucket]\n#   remediation: r\n#   parameters:\n\
                 #     type: object\n#     properties: {{minDays: {{type: integer, default: 7}}}}\n\
                 package sekisho_policies.{id}\n\ndeny contains \"x\" if data.parameters.minDays < 1\n"
            )
        };
        for id in ["one", "two"] {
            fs::write(folder.path().join(format!("{id}.rego")), policy(id)).unwrap();
        }
        let set = PolicySet::load(folder.path());
        assert_eq!(set.problems().count(), 0);
        (folder, set)
    }

    fn problems(text: &str) -> Vec<String> {
        let (_folder, set) = policies();
        let guideline = Guideline::parse("f.yaml", text).unwrap();
        let guidelines = Guidelines { files: vec![("f.yaml".into(), guideline)], ..Guidelines::default() };
        guidelines.check(&set).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_policy_that_no_clause_names_is_a_problem() {
        let found = problems(FILE);
        assert!(
            found.len() == 1 && found[0].contains("two.rego") && found[0].contains("maps to no clause"),
            "{found:?}"
        );
        assert_eq!(problems(&FILE.replace("[one]", "[one, two]")), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_with_a_clause_is_named() {
        let good = FILE.replace("[one]", "[one, two]");
        for (text, part) in [
            (good.replace("[one, two]", "[one, two, three]"), "no such policy"),
            (good.replace("confidence: H", "confidence: CH"), "a chapter is a number"),
            (good.replace("parameter: minDays", "parameter: days"), "which one does not have"),
            (good.replace("value: 7", "value: 8"), "is not met by the default"),
            (good.replace("coverage: partial", "coverage: none"), "yet something shows it"),
            (good.replace("coverage: partial", "coverage: attestation"), "attestations: is empty"),
        ] {
            let found = problems(&text);
            assert!(found.len() == 1 && found[0].contains(part), "{part}: {found:?}");
        }
        assert!(Guideline::parse("f.yaml", &FILE.replace("coverage", "covers")).is_err());
    }

    #[test]
    fn a_chapter_is_never_printed_as_a_clause() {
        let chapter = FILE.replace("17①", "18").replace("confidence: H", "confidence: CH");
        let guideline = Guideline::parse("f", &chapter).unwrap();
        assert_eq!(guideline.clauses[0].label(), Bilingual { ja: "18章".into(), en: "chapter 18".into() });
        let annex = Guideline::parse("f", &chapter.replace("\"18\"", "別紙2")).unwrap();
        assert_eq!(annex.clauses[0].label(), Bilingual { ja: "別紙2".into(), en: "annex 2".into() });
        assert!(is_chapter("18") && is_chapter("別紙2"));
        for item in ["", "別紙", "18①", "12.2", "別紙2 ①-5", "18 遵守事項"] {
            assert!(!is_chapter(item), "{item}");
        }
    }

    #[test]
    fn a_problem_of_a_clause_has_its_line() {
        let guideline = Guideline::parse("f", FILE).unwrap();
        assert_eq!(FILE.lines().nth(guideline.clauses[0].line - 1), Some("  - id: a"));
        assert!(
            problems(&FILE.replace("[one]", "[one, two, three]"))[0]
                .starts_with("f.yaml:9: clauses.a.policies")
        );
    }

    #[test]
    fn requirements_compare() {
        let met = |op: &str, wanted: Value, found: Value| {
            let text = json!({"policy": "p", "parameter": "x", "op": op, "value": wanted});
            serde_json::from_value::<Requirement>(text).unwrap().is_met(&json!({"x": found}))
        };
        assert!(met("gte", json!(7), json!(7)) && !met("gte", json!(7), json!(6)));
        assert!(met("lte", json!(7), json!(7)) && !met("lte", json!(7), json!(8)));
        assert!(met("eq", json!(true), json!(true)) && !met("eq", json!(true), json!(false)));
        assert!(
            met("within", json!(["a", "b"]), json!(["a"])) && !met("within", json!(["a"]), json!(["a", "b"]))
        );
        assert!(!met("within", json!(["a"]), json!([])));
        assert!(
            met("contains", json!(["a"]), json!(["a", "b"]))
                && !met("contains", json!(["a", "b"]), json!(["a"]))
        );
    }
}
