//! `sekisho scan` for reading: a table on a terminal, lines with tabs in a pipe, and a summary.

use std::io::IsTerminal;

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use sekisho_engine::verdict::{Compliance, Language};

use super::{BAD, DIM, GOOD, count, style};
use crate::commands::scan::Scan;

/// Prints the violations, and with `all` every verdict; then the policies that failed.
pub fn print(scan: &Scan, language: Language, all: bool) {
    let mut rows: Vec<[String; 5]> = scan
        .verdicts
        .iter()
        .filter(|verdict| {
            all || verdict.found.compliance == Compliance::NonCompliant || verdict.found.waiver.is_some()
        })
        .map(|verdict| {
            let verdict = &verdict.found;
            let waiver = verdict.waiver.iter().map(|waiver| waiver.text(language));
            let reasons = verdict.reasons.iter().map(|reason| reason.text(language));
            let reasons: Vec<_> = waiver.chain([reasons.collect::<Vec<_>>().join("; ")]).collect();
            [
                verdict.compliance.to_string(),
                verdict.policy_id.clone(),
                verdict.resource.to_string(),
                verdict.region.clone().unwrap_or_default(),
                reasons.join(" "),
            ]
        })
        .collect();
    rows.sort();
    rows.reverse();
    rows.sort_by(|a, b| (&b[0], &a[1..]).cmp(&(&a[0], &b[1..])));
    if std::io::stdout().is_terminal() {
        table(&rows);
    } else {
        lines(&rows);
    }
    for error in &scan.errors {
        anstream::eprintln!("{BAD}error{BAD:#}: {} ({})", error.found, error.file);
    }
}

fn table(rows: &[[String; 5]]) {
    if rows.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["RESULT", "POLICY", "RESOURCE", "REGION", "REASONS"]);
    for row in rows {
        let colour = match row[0].as_str() {
            "NON_COMPLIANT" => Color::Red,
            "COMPLIANT" => Color::Green,
            _ => Color::DarkGrey,
        };
        let result = Cell::new(&row[0]).fg(colour);
        table.add_row(std::iter::once(result).chain(row[1..].iter().map(Cell::new)));
    }
    anstream::println!("{table}");
}

fn lines(rows: &[[String; 5]]) {
    for row in rows {
        anstream::println!("{}", row.each_ref().map(|cell| cell.replace(['\t', '\n', '\r'], " ")).join("\t"));
    }
}

/// Prints to standard error what was read and what came of it.
pub fn print_summary(scan: &Scan) {
    for note in &scan.notes {
        anstream::eprintln!("{DIM}note: {note}{DIM:#}");
    }
    let compliance = |compliance: Compliance| {
        let style = style(compliance);
        format!("{style}{} {compliance}{style:#}", scan.count(compliance))
    };
    let failures = scan.errors.len() + scan.problems.len();
    let errors = if failures == 0 { GOOD } else { BAD };
    anstream::eprintln!(
        "{} of {} evaluated, {}, {} that no policy applies to: {}, {}, {}, {errors}{}{errors:#}",
        scan.files_good,
        count(scan.files, "file"),
        count(scan.items, "item"),
        scan.without_policy,
        compliance(Compliance::NonCompliant),
        compliance(Compliance::Compliant),
        compliance(Compliance::NotApplicable),
        count(failures, "error"),
    );
}
