//! `sekisho eval`: the verdict, and with `--explain` the way to it.

use std::collections::BTreeSet;

use sekisho_engine::evaluate::explain::{Explanation, RuleValue, Seen};
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::policy::Policy;
use sekisho_engine::verdict::Language;
use serde_json::{Value, json};

use super::test_coverage::ranges;
use super::{BAD, DIM, GOOD, WARN, diagnostic, scan_json, style};

/// Characters of a value that are shown.
const SHOWN: usize = 100;

/// Prints for reading.
pub fn print(
    policy: &Policy,
    item: &ConfigurationItem,
    explanation: &Explanation,
    language: Language,
    explain: bool,
) {
    let outcome = &explanation.outcome;
    for verdict in &outcome.verdicts {
        let style = style(verdict.compliance);
        anstream::println!(
            "{style}{}{style:#}  {}  {}  {DIM}({}){DIM:#}",
            verdict.compliance,
            verdict.policy_id,
            verdict.resource,
            verdict.severity.as_str()
        );
        for reason in &verdict.reasons {
            anstream::println!("  - {}", reason.text(language));
        }
        if let Some(waiver) = &verdict.waiver {
            anstream::println!("  {DIM}{}{DIM:#}", waiver.text(language));
        }
    }
    if outcome.verdicts.is_empty() && outcome.errors.is_empty() {
        anstream::eprintln!(
            "{BAD}error{BAD:#}: {} does not judge {}: it judges {}",
            policy.id(),
            item.resource.resource_type,
            policy.metadata.resource_types.join(", ")
        );
    }
    for error in &outcome.errors {
        diagnostic::error(&error.problem);
    }
    for passed in &outcome.undecided {
        anstream::eprintln!("{WARN}warning{WARN:#}: {}", passed.problem);
    }
    if !explain {
        return;
    }
    if !explanation.rules.is_empty() {
        anstream::println!("\nRules");
        explanation.rules.iter().for_each(rule);
    }
    let absent: Vec<&Seen> =
        explanation.rules.iter().flat_map(|rule| &rule.reads).filter(|seen| seen.value.is_none()).collect();
    if !absent.is_empty() {
        anstream::println!("\nAbsent");
        let mut told = BTreeSet::new();
        for seen in absent.into_iter().filter(|seen| told.insert(&seen.path)) {
            let decided = if seen.has_default {
                format!("{DIM}the default counts{DIM:#}")
            } else {
                format!("{WARN}read without a default{WARN:#}")
            };
            anstream::println!("  {}  {DIM}line {}{DIM:#}  {decided}", seen.path, seen.line);
        }
    }
    if let Some(coverage) = &explanation.coverage {
        let lines = coverage.lines.len();
        let reached = lines - coverage.lines_missed.len();
        let missed = if coverage.lines_missed.is_empty() {
            String::new()
        } else {
            format!("; not reached: {}", ranges(&coverage.lines_missed))
        };
        anstream::println!("\nLines {reached} of {lines} evaluated{missed}");
    }
}

fn rule(rule: &RuleValue) {
    let value = match (&rule.value, &rule.error) {
        (_, Some(error)) => format!("{BAD}{}{BAD:#}", error.lines().last().unwrap_or_default()),
        _ if !rule.held => format!("{DIM}does not hold here{DIM:#}"),
        (None, None) => format!("{DIM}undefined{DIM:#}"),
        (Some(value), None) => {
            let fired = match value {
                Value::Bool(value) => *value,
                Value::Array(list) => !list.is_empty(),
                _ => true,
            };
            let style = if fired { GOOD } else { DIM };
            format!("{style}{}{style:#}", short(value))
        }
    };
    anstream::println!("  {} {DIM}line {}{DIM:#}  {value}", rule.name, rule.line);
    for seen in &rule.reads {
        match &seen.value {
            Some(value) => anstream::println!("      {} = {}", seen.path, short(value)),
            None => anstream::println!("      {} {WARN}is absent{WARN:#}", seen.path),
        }
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let Some((end, _)) = text.char_indices().nth(SHOWN) else { return text };
    format!("{}…", &text[..end])
}

/// Prints one JSON document.
pub fn print_json(explanation: &Explanation) {
    let outcome = &explanation.outcome;
    let mut document = json!({
        "verdicts": outcome.verdicts,
        "errors": outcome.errors.iter().map(|error| scan_json::problem(&error.problem)).collect::<Vec<_>>(),
        "undecided": outcome.undecided.iter().map(|passed| scan_json::problem(&passed.problem)).collect::<Vec<_>>(),
    });
    if let Some(coverage) = &explanation.coverage {
        document["rules"] = json!(explanation.rules);
        document["coverage"] = json!({
            "percent": coverage.percent(), "lines": coverage.lines.len(), "linesMissed": coverage.lines_missed,
        });
    }
    anstream::println!("{document:#}");
}
