//! `sekisho replay` for reading: what AWS Config shows of each rule, and a summary.

use std::io::IsTerminal;

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};

use super::{BAD, DIM, GOOD, count};
use crate::commands::replay::Replay;

/// Prints the compliance table to standard output, failures and the summary to standard error.
pub fn print(replay: &Replay) {
    let rows: Vec<[String; 4]> = replay
        .answers
        .iter()
        .flat_map(|answer| {
            answer.evaluations.iter().map(|evaluation| {
                [
                    evaluation.compliance.clone(),
                    answer.rule.clone(),
                    format!("{} {}", evaluation.resource_type, evaluation.resource_id),
                    evaluation.annotation.clone().unwrap_or_default(),
                ]
            })
        })
        .collect();
    if std::io::stdout().is_terminal() {
        table(&rows);
    } else {
        lines(&rows);
    }
    summary(replay, &rows);
}

fn table(rows: &[[String; 4]]) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["COMPLIANCE", "RULE", "RESOURCE", "ANNOTATION"]);
    for row in rows {
        let colour = match row[0].as_str() {
            "NON_COMPLIANT" => Color::Red,
            "COMPLIANT" => Color::Green,
            _ => Color::DarkGrey,
        };
        table.add_row(std::iter::once(Cell::new(&row[0]).fg(colour)).chain(row[1..].iter().map(Cell::new)));
    }
    anstream::println!("{table}");
}

fn lines(rows: &[[String; 4]]) {
    for row in rows {
        anstream::println!("{}", row.each_ref().map(|cell| cell.replace(['\t', '\n', '\r'], " ")).join("\t"));
    }
}

fn summary(replay: &Replay, rows: &[[String; 4]]) {
    for note in &replay.notes {
        anstream::eprintln!("{DIM}note: {note}{DIM:#}");
    }
    let mut failed = 0;
    for answer in &replay.answers {
        if let Some(unexpected) = &answer.unexpected {
            anstream::eprintln!("{BAD}unexpected{BAD:#}: {}: {unexpected}", answer.rule);
        } else if let (Some(failure), false) = (&answer.failure, answer.fixture) {
            failed += 1;
            anstream::eprintln!("{BAD}error{BAD:#}: rule {}: {failure}", answer.rule);
        }
    }
    let of = |compliance: &str| rows.iter().filter(|row| row[0] == compliance).count();
    let fixtures = replay.answers.iter().filter(|answer| answer.fixture).count();
    let as_expected =
        replay.answers.iter().filter(|answer| answer.fixture && answer.unexpected.is_none()).count();
    let problems = failed + replay.problems.len();
    let style = if problems == 0 && as_expected == fixtures { GOOD } else { BAD };
    let expected = if fixtures == 0 {
        String::new()
    } else {
        format!(", {as_expected} of {fixtures} fixtures as expected")
    };
    anstream::eprintln!(
        "{} answered by bootstrap: {} NON_COMPLIANT, {} COMPLIANT, {} NOT_APPLICABLE{style}{expected}, {}{style:#}",
        count(replay.answers.len(), "event"),
        of("NON_COMPLIANT"),
        of("COMPLIANT"),
        of("NOT_APPLICABLE"),
        count(problems, "error"),
    );
}
