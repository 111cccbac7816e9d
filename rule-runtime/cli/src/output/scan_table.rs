//! `sekisho scan` for reading: a table on a terminal, and a summary.

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use sekisho_engine::verdict::Compliance;

use super::{BAD, DIM, GOOD, count, style};
use crate::commands::scan::Scan;

/// Prints the rows, the worst first.
pub fn print(mut rows: Vec<[String; 5]>) {
    rows.sort_by(|a, b| (&b[0], &a[1..]).cmp(&(&a[0], &b[1..])));
    table(&rows);
}

/// Prints the policies that failed.
pub fn print_errors(scan: &Scan) {
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
