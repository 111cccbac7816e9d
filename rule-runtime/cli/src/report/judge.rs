//! Each clause: what its policies and attestations show together.
//!
//! In: the guidelines and what the policies found. Out: [`GuidelineResult`]s. A clause is はい only where everything that is
//! to show it does; a policy whose parameters are looser than the clause demands, or than their defaults where the clause
//! demands nothing of them, shows nothing of it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sekisho_engine::guideline::{Bilingual, Clause, Comparison, Coverage, Guideline, Requirement};
use serde_json::Value;

use super::attestation::Attestations;
use super::loosened::Changes;
use super::{
    AttestationResult, ClausePolicy, ClauseResult, Counts, GuidelineResult, PolicyResult, State, both,
};

/// What clauses are judged by.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The policies by id.
    pub policies: &'a BTreeMap<String, PolicyResult>,
    /// The register, where one was given.
    pub attestations: Option<&'a Attestations>,
    /// The day in Japan.
    pub today: Date,
}

impl Evidence<'_> {
    /// Judges each clause of `guideline`.
    pub fn guideline(&self, guideline: &Guideline) -> GuidelineResult {
        GuidelineResult {
            name: guideline.name(),
            framework: guideline.framework.clone(),
            edition: guideline.edition.clone(),
            part: guideline.part.clone(),
            title: guideline.title.clone(),
            publisher: guideline.publisher.clone(),
            source: guideline.source.clone(),
            note: guideline.note.clone(),
            clauses: guideline.clauses.iter().map(|clause| self.clause(clause)).collect(),
        }
    }

    fn clause(&self, clause: &Clause) -> ClauseResult {
        let policies: Vec<ClausePolicy> = clause.policies.iter().map(|id| self.policy(clause, id)).collect();
        let attestations: Vec<AttestationResult> = clause
            .attestations
            .iter()
            .map(|id| Attestations::result(self.attestations, id, self.today))
            .collect();
        let parts = policies.iter().map(|policy| policy.state);
        let parts = parts.chain(attestations.iter().map(|attestation| attestation.state));
        let state = match clause.coverage {
            Coverage::None => State::NotCheckable,
            _ => State::of_all(parts),
        };
        let found: Vec<&PolicyResult> =
            clause.policies.iter().filter_map(|id| self.policies.get(id)).collect();
        ClauseResult {
            id: clause.id.clone(),
            label: clause.label(),
            confidence: clause.confidence,
            title: clause.title.clone(),
            coverage: clause.coverage,
            state,
            why: why(state, &policies, &attestations),
            policies,
            attestations,
            not_checkable: clause.not_checkable.clone(),
            evaluated_at: found.iter().filter_map(|policy| policy.evaluated_at).min(),
            counts: found.iter().fold(Counts::default(), |sum, policy| add(sum, policy.counts)),
        }
    }

    fn policy(&self, clause: &Clause, id: &str) -> ClausePolicy {
        let Some(found) = self.policies.get(id) else {
            let why = vec![both("ポリシーがない", "there is no such policy")];
            return ClausePolicy { id: id.to_owned(), state: State::Unknown, why, differs: Vec::new() };
        };
        let mut why = found.why.clone();
        let requirements: Vec<&Requirement> =
            clause.requires.iter().filter(|requirement| requirement.policy == id).collect();
        let mut loose: Vec<Bilingual> =
            requirements.iter().filter_map(|requirement| unmet(requirement, &found.parameters)).collect();
        let required: Vec<&str> =
            requirements.iter().map(|requirement| requirement.parameter.as_str()).collect();
        let changes = Changes::of(&found.defaults, &required, &found.parameters);
        loose.extend(changes.loosened);
        let state = match found.state {
            State::Yes | State::NotApplicable if !loose.is_empty() => State::Unknown,
            state => state,
        };
        why.extend(loose);
        ClausePolicy { id: id.to_owned(), state, why, differs: changes.differs }
    }
}

/// Why the clause is 未確認, each part with its name.
fn why(state: State, policies: &[ClausePolicy], attestations: &[AttestationResult]) -> Vec<Bilingual> {
    if state != State::Unknown {
        return Vec::new();
    }
    let named = |id: &str, why: &[Bilingual]| -> Vec<Bilingual> {
        why.iter().map(|why| both(format!("{id}: {}", why.ja), format!("{id}: {}", why.en))).collect()
    };
    let of_policies = policies.iter().flat_map(|policy| named(&policy.id, &policy.why));
    of_policies.chain(attestations.iter().flat_map(|entry| named(&entry.id, &entry.why))).collect()
}

/// What is too loose, in any of the runs.
fn unmet(requirement: &Requirement, runs: &[Value]) -> Option<Bilingual> {
    let name = &requirement.parameter;
    let wanted = match requirement.op {
        Comparison::Gte => {
            both(format!("{}以上", requirement.value), format!("at least {}", requirement.value))
        }
        Comparison::Lte => {
            both(format!("{}以下", requirement.value), format!("at most {}", requirement.value))
        }
        Comparison::Eq => both(requirement.value.to_string(), requirement.value.to_string()),
        Comparison::Within => {
            both(format!("{}の範囲内", requirement.value), format!("within {}", requirement.value))
        }
        Comparison::Contains => {
            both(format!("{}をすべて含む", requirement.value), format!("all of {}", requirement.value))
        }
    };
    let loose = runs.iter().find(|parameters| !requirement.is_met(parameters))?;
    Some(match loose.get(name) {
        Some(value) => both(
            format!("パラメータ{name}が{value}のため、この条項の確認にならない(条件: {})", wanted.ja),
            format!("parameter {name} is {value}, which does not show this clause (needed: {})", wanted.en),
        ),
        None => both(
            format!("パラメータ{name}の値が分からない(条件: {})", wanted.ja),
            format!("the value of parameter {name} is not known (needed: {})", wanted.en),
        ),
    })
}

const fn add(a: Counts, b: Counts) -> Counts {
    Counts {
        compliant: a.compliant + b.compliant,
        non_compliant: a.non_compliant + b.non_compliant,
        not_applicable: a.not_applicable + b.not_applicable,
        unknown: a.unknown + b.unknown,
        waived: a.waived + b.waived,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_is_yes_only_where_all_of_it_is_shown() {
        use State::{No, NotApplicable, Unknown, Yes};
        for (parts, state) in [
            (vec![], Unknown),
            (vec![Yes], Yes),
            (vec![Yes, NotApplicable], Yes),
            (vec![NotApplicable, NotApplicable], NotApplicable),
            (vec![Yes, Unknown], Unknown),
            (vec![NotApplicable, Unknown], Unknown),
            (vec![Yes, Unknown, No], No),
        ] {
            assert_eq!(State::of_all(parts.clone()), state, "{parts:?}");
        }
    }
}
