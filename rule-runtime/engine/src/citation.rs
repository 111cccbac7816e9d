//! The clauses that policies cite in their METADATA, held against the files of the guidelines.
//!
//! In: [`Guidelines`] and the policies. Out: what disagrees: a guideline or a clause that no file has, another
//! confidence, a clause that does not name the policy, a chapter with an item number.

use crate::diagnostic::Diagnostic;
use crate::guideline::{Clause, Guideline, Guidelines, is_chapter};
use crate::policy::{Confidence, GuidelineReference, Policy, PolicySet};

/// What is wrong with the citations of all policies.
pub fn check(guidelines: &Guidelines, set: &PolicySet) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for policy in set.policies() {
        for (index, reference) in policy.metadata.guidelines.iter().enumerate() {
            for (field, message, help) in disagreements(guidelines, policy.id(), reference) {
                problems.push(
                    Diagnostic::new(policy.file.display().to_string(), message)
                        .at(line(policy, index), 0)
                        .field(format!("custom.guidelines[{index}].{field}"))
                        .source(&policy.source)
                        .help(help),
                );
            }
        }
    }
    problems
}

/// Field, message and next step.
type Disagreement = (&'static str, String, String);

fn disagreements(guidelines: &Guidelines, id: &str, reference: &GuidelineReference) -> Vec<Disagreement> {
    let mut found = Vec::new();
    if reference.confidence == Confidence::Chapter && !is_chapter(&reference.clause) {
        found.push((
            "clause",
            format!("is \"{}\" with confidence CH; a chapter has no item number", reference.clause),
            "name the chapter alone, or give the item the confidence that its source allows".to_owned(),
        ));
        return found;
    }
    let Some((file, guideline)) = guidelines.files.iter().find(|(_, one)| is_of(reference, one)) else {
        let part = reference.part.as_ref().map_or_else(String::new, |part| format!(" {part}"));
        found.push((
            "guideline",
            format!("no guideline file has \"{}\" {}{part}", reference.guideline, reference.edition),
            "write title.ja, edition and part as the file in policies/guidelines has them".to_owned(),
        ));
        return found;
    };
    for name in clause_names(guideline, &reference.clause) {
        let Some(clause) = clause(guideline, &name) else {
            let help = format!("write the clause as {file} has it, or add it there with its source");
            found.push(("clause", format!("{file} has no clause \"{name}\""), help));
            continue;
        };
        if clause.confidence != reference.confidence {
            let (cited, said) = (reference.confidence.as_str(), clause.confidence.as_str());
            let message = format!("is {cited}, and {file} gives \"{name}\" {said}");
            found.push(("confidence", message, "give both what the source allows".to_owned()));
        }
        if !clause.maps_to(id) {
            let message = format!("{file} does not name {id} under \"{name}\"");
            let help = format!("name it under clauses.{} in {file}, or take the citation out", clause.id);
            found.push(("clause", message, help));
        }
    }
    found
}

fn is_of(reference: &GuidelineReference, guideline: &Guideline) -> bool {
    reference.guideline == guideline.title.ja
        && reference.edition == guideline.edition
        && reference.part == guideline.part
}

fn clause<'a>(guideline: &'a Guideline, name: &str) -> Option<&'a Clause> {
    guideline.clauses.iter().find(|clause| clause.clause == name)
}

/// The clauses that one citation stands for: `15 遵守事項①④` is two, so are `別紙2 ①-5、①-6` and `6.2 真正性・保存性`.
fn clause_names(guideline: &Guideline, cited: &str) -> Vec<String> {
    if clause(guideline, cited).is_some() {
        return vec![cited.to_owned()];
    }
    let head = cited.split_once(' ').map(|(head, _)| head);
    let mut names = Vec::new();
    for (index, part) in cited.split(['、', '・']).map(str::trim).enumerate() {
        let part = match head {
            Some(head) if index > 0 => format!("{head} {part}"),
            _ => part.to_owned(),
        };
        let items: Vec<char> = part.chars().rev().take_while(|c| is_circled(*c)).collect();
        let stem = part.trim_end_matches(is_circled);
        if items.len() < 2 {
            names.push(part);
        } else {
            names.extend(items.into_iter().rev().map(|item| format!("{stem}{item}")));
        }
    }
    names
}

/// ① to ⑳.
const fn is_circled(character: char) -> bool {
    matches!(character, '\u{2460}'..='\u{2473}')
}

/// The line of the `clause` of a policy's citation; 0 where it is written in another way.
fn line(policy: &Policy, index: usize) -> usize {
    let is_clause = |line: &str| {
        let field = line.strip_prefix('#').map(|line| line.trim_start().trim_start_matches("- "));
        field.is_some_and(|field| field.starts_with("clause:"))
    };
    let mut clauses = policy.source.lines().enumerate().filter(|(_, line)| is_clause(line));
    clauses.nth(index).map_or(0, |(line, _)| line + 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const FILE: &str = r#"
framework: f
edition: "6.0"
part: 運用編
title: {ja: 指針, en: guideline}
publisher: {ja: 省, en: m}
published: 2023-05
source: https://example.jp
clauses:
  - {id: a, clause: "17 遵守事項①", confidence: H, title: {ja: 記録, en: logs}, policies: [one], coverage: full}
  - {id: b, clause: "17 遵守事項②", confidence: H, title: {ja: 保護, en: kept}, policies: [one], coverage: full}
  - {id: c, clause: "別紙2 ①-5", confidence: M, title: {ja: 権限, en: rights}, policies: [one], coverage: full}
  - {id: d, clause: "別紙2 ①-6", confidence: M, title: {ja: 検証, en: review}, policies: [two], coverage: full}
  - {id: e, clause: "18", confidence: CH, title: {ja: 攻撃, en: attacks}, attestations: [x], coverage: attestation}
  - {id: f, clause: "BCP・訓練", confidence: M, title: {ja: 訓練, en: drills}, policies: [one], coverage: full}
"#;

    fn found(id: &str, clause: &str, confidence: Confidence) -> Vec<String> {
        let reference = GuidelineReference {
            guideline: "指針".into(),
            edition: "6.0".into(),
            part: Some("運用編".into()),
            clause: clause.into(),
            confidence,
        };
        let files = vec![("f.yaml".into(), Guideline::parse("f.yaml", FILE).unwrap())];
        let guidelines = Guidelines { files, ..Guidelines::default() };
        let found = disagreements(&guidelines, id, &reference);
        found.into_iter().map(|(field, message, _)| format!("{field}: {message}")).collect()
    }

    #[test]
    fn what_agrees_is_no_problem() {
        for (id, clause, confidence) in [
            ("one", "17 遵守事項①", Confidence::H),
            ("one", "17 遵守事項①②", Confidence::H),
            ("one", "別紙2 ①-5", Confidence::M),
            ("one", "BCP・訓練", Confidence::M),
            ("process-attestation", "18", Confidence::Chapter),
        ] {
            assert_eq!(found(id, clause, confidence), Vec::<String>::new(), "{clause}");
        }
    }

    #[test]
    fn what_disagrees_is_named() {
        for (id, clause, confidence, message) in [
            ("one", "17 遵守事項③", Confidence::H, "clause: f.yaml has no clause \"17 遵守事項③\""),
            ("one", "17 遵守事項②③", Confidence::H, "clause: f.yaml has no clause \"17 遵守事項③\""),
            ("one", "17 遵守事項①", Confidence::M, "confidence: is M, and f.yaml gives \"17 遵守事項①\" H"),
            ("one", "別紙2 ①-5、①-6", Confidence::M, "clause: f.yaml does not name one under \"別紙2 ①-6\""),
            ("one", "18", Confidence::Chapter, "clause: f.yaml does not name one under \"18\""),
            (
                "one",
                "18①",
                Confidence::Chapter,
                "clause: is \"18①\" with confidence CH; a chapter has no item number",
            ),
        ] {
            assert_eq!(found(id, clause, confidence), [message], "{clause}");
        }
    }

    #[test]
    fn a_guideline_is_found_by_title_edition_and_part() {
        let guideline = Guideline::parse("f.yaml", FILE).unwrap();
        let reference = |part: Option<&str>, edition: &str| GuidelineReference {
            guideline: "指針".into(),
            edition: edition.into(),
            part: part.map(Into::into),
            clause: "18".into(),
            confidence: Confidence::Chapter,
        };
        assert!(is_of(&reference(Some("運用編"), "6.0"), &guideline));
        assert!(!is_of(&reference(None, "6.0"), &guideline));
        assert!(!is_of(&reference(Some("運用編"), "7.0"), &guideline));
    }
}
