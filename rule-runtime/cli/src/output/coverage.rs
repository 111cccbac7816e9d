//! `sekisho check --coverage`: what answers each service, demand and clause, as Markdown.
//!
//! In: [`Guidelines`] with their rows of demands. Out: the text of `docs/guideline-coverage.md`. It is made of the files
//! in the folder alone, so that the same files always give the same text.

use std::fmt::Write as _;

use sekisho_engine::demands::Row;
use sekisho_engine::guideline::{Bilingual, Clause, Coverage, Guideline, Guidelines};

const HEAD: &str = "\
# Guideline coverage

<!-- Written by `make coverage` from policies/guidelines; a test compares the two. -->

What answers each service and demand that the pack was built for, and how far each clause of each guideline is shown.
この文書は `policies/guidelines` から生成する。条項の題名は要約であり、原文は各ガイドラインを参照。

Confidence of a clause's number (確信度): **H** read in the published text (公表文で確認), **M** read in a draft, an official
table or a quotation (案・対応表・引用で確認), **L** inferred (推定), **CH** only the chapter is confirmed (章のみ確認).

State of a mapping (対応の状態): **full** the policies show all that the clause asks (全部), **partial** a part of it (一部),
**attested** only what people attest (実施記録のみ), **none** no policy or attestation shows it, for the reason given (対象外).

A state says what the pack looks at, never that an account fulfils the clause: `sekisho report` says what was found.
";

/// The document.
pub fn markdown(guidelines: &Guidelines) -> String {
    let mut text = HEAD.to_owned();
    if let Some((_, demands)) = &guidelines.demands {
        rows(&mut text, "Services", "Service", &demands.services, guidelines);
        rows(&mut text, "Demands", "Demand", &demands.demands, guidelines);
    }
    sums(&mut text, guidelines);
    for (_, guideline) in &guidelines.files {
        clauses(&mut text, guideline);
    }
    if let Some((_, demands)) = &guidelines.demands {
        text.push_str("\n## Attestations\n\nWhat the register has an entry for.\n\n");
        table(&mut text, &["Entry", "What is attested"]);
        for entry in &demands.attestations {
            line(&mut text, &[code(&entry.id), both(&entry.title)]);
        }
    }
    text
}

fn rows(text: &mut String, heading: &str, name: &str, rows: &[Row], guidelines: &Guidelines) {
    // Writing to a String cannot fail.
    let _ = write!(text, "\n## {heading}\n\n");
    table(text, &[name, "Asked for", "Policies", "Attestations", "Clauses", "Not covered, because"]);
    for row in rows {
        line(
            text,
            &[
                both(&row.title),
                both(&row.asks),
                codes(&row.policies),
                codes(&row.attestations),
                clauses_of(row, guidelines),
                row.not_covered.as_ref().map(both).unwrap_or_default(),
            ],
        );
    }
}

/// The clauses that the row's policies and attestations show, a line a guideline.
fn clauses_of(row: &Row, guidelines: &Guidelines) -> String {
    let shows = |clause: &&Clause| {
        row.policies.iter().any(|policy| clause.policies.contains(policy))
            || row.attestations.iter().any(|attestation| clause.attestations.contains(attestation))
    };
    let lines = guidelines.files.iter().filter_map(|(_, guideline)| {
        let found: Vec<String> = guideline
            .clauses
            .iter()
            .filter(shows)
            .map(|clause| format!("{} ({})", clause.label().ja, clause.confidence.as_str()))
            .collect();
        (!found.is_empty()).then(|| format!("{}: {}", guideline.name(), found.join(", ")))
    });
    lines.collect::<Vec<_>>().join("<br>")
}

fn sums(text: &mut String, guidelines: &Guidelines) {
    text.push_str("\n## Guidelines\n\n");
    table(text, &["Guideline", "Name", "Clauses", "full", "partial", "attested", "none"]);
    for (_, guideline) in &guidelines.files {
        let count = |coverage| guideline.clauses.iter().filter(|one| one.coverage == coverage).count();
        let mut cells = vec![guideline.name(), both(&guideline.title), guideline.clauses.len().to_string()];
        cells.extend(
            [Coverage::Full, Coverage::Partial, Coverage::Attestation, Coverage::None]
                .map(|coverage| count(coverage).to_string()),
        );
        line(text, &cells);
    }
}

fn clauses(text: &mut String, guideline: &Guideline) {
    let Guideline { publisher, published, source, .. } = guideline;
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "\n### {}\n\n{}; {} / {}, {published}; <{source}>\n\n",
        guideline.name(),
        guideline.title.ja,
        publisher.ja,
        publisher.en,
    );
    if let Some(note) = &guideline.note {
        let _ = write!(text, "{}\n\n{}\n\n", note.ja, note.en);
    }
    table(text, &["Clause", "Confidence", "What it asks", "State", "Shown by", "Not checkable, because"]);
    for clause in &guideline.clauses {
        let shown = [codes(&clause.policies), attested(&clause.attestations)];
        let shown: Vec<String> = shown.into_iter().filter(|part| !part.is_empty()).collect();
        line(
            text,
            &[
                clause.label().ja,
                clause.confidence.as_str().to_owned(),
                both(&clause.title),
                state(clause.coverage).to_owned(),
                shown.join("<br>"),
                clause.not_checkable.as_ref().map(both).unwrap_or_default(),
            ],
        );
    }
}

fn table(text: &mut String, columns: &[&str]) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "| {} |", columns.join(" | "));
    let _ = writeln!(text, "|{}", " --- |".repeat(columns.len()));
}

fn line(text: &mut String, cells: &[String]) {
    let cells: Vec<String> =
        cells.iter().map(|cell| cell.replace('|', "\\|").replace(['\r', '\n'], " ")).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn both(text: &Bilingual) -> String {
    if text.ja == text.en { text.ja.clone() } else { format!("{}<br>{}", text.ja, text.en) }
}

fn code(name: &str) -> String {
    format!("`{name}`")
}

fn codes(names: &[String]) -> String {
    names.iter().map(|name| code(name)).collect::<Vec<_>>().join(" ")
}

fn attested(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("attested: {}", codes(names)) }
}

const fn state(coverage: Coverage) -> &'static str {
    match coverage {
        Coverage::Full => "full",
        Coverage::Partial => "partial",
        Coverage::Attestation => "attested",
        Coverage::None => "none",
    }
}
