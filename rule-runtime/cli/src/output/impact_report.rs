//! `sekisho impact`: a table, a JSON document, or Markdown for a pull request.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use comfy_table::{Cell, Color, ContentArrangement, Table, presets};
use sekisho_engine::verdict::Language;
use serde_json::json;

use super::{BAD, DIM, GOOD, WARN, count};
use crate::commands::impact::{Direction, Flip, Impact};

/// So many lines of a list stand in a comment; the rest is counted.
const LISTED: usize = 50;

const DIRECTIONS: [(Direction, &str); 4] = [
    (Direction::Worse, "worse"),
    (Direction::Better, "better"),
    (Direction::Unjudged, "no longer judged"),
    (Direction::Judged, "newly judged"),
];

fn word(direction: Direction) -> &'static str {
    DIRECTIONS.iter().find(|(known, _)| *known == direction).map_or("", |(_, word)| word)
}

fn reasons(flip: &Flip, language: Language) -> String {
    flip.reasons.iter().map(|reason| reason.text(language)).collect::<Vec<_>>().join("; ")
}

fn cells(flip: &Flip, language: Language) -> [String; 6] {
    [
        word(flip.direction).to_owned(),
        flip.policy_id.clone(),
        flip.resource.to_string(),
        flip.account_id.clone().unwrap_or_default(),
        format!("{} → {}", flip.from, flip.to),
        reasons(flip, language),
    ]
}

/// Prints each verdict that differs.
pub fn print(impact: &Impact, language: Language) {
    if !std::io::stdout().is_terminal() {
        for flip in &impact.flips {
            let cells = cells(flip, language).map(|cell| cell.replace(['\t', '\n', '\r'], " "));
            anstream::println!("{}", cells.join("\t"));
        }
        return;
    }
    if impact.flips.is_empty() {
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["", "POLICY", "RESOURCE", "ACCOUNT", "RESULT", "REASONS"]);
    for flip in &impact.flips {
        let colour = match flip.direction {
            Direction::Worse => Color::Red,
            Direction::Better => Color::Green,
            Direction::Unjudged => Color::Yellow,
            Direction::Judged => Color::DarkGrey,
        };
        let [first, rest @ ..] = cells(flip, language);
        table.add_row(std::iter::once(Cell::new(first).fg(colour)).chain(rest.into_iter().map(Cell::new)));
    }
    anstream::println!("{table}");
}

/// How many verdicts of each policy and account went which way.
fn totals(impact: &Impact) -> BTreeMap<(&str, &str), [usize; 4]> {
    let mut totals: BTreeMap<(&str, &str), [usize; 4]> = BTreeMap::new();
    for flip in &impact.flips {
        let key = (flip.policy_id.as_str(), flip.account_id.as_deref().unwrap_or_default());
        let counts = totals.entry(key).or_default();
        if let Some(place) = DIRECTIONS.iter().position(|(known, _)| *known == flip.direction) {
            counts[place] += 1;
        }
    }
    totals
}

/// Prints to standard error how many verdicts of each policy and account went which way.
pub fn print_totals(impact: &Impact) {
    for ((policy, account), counts) in totals(impact) {
        let found = DIRECTIONS.iter().zip(counts).filter(|(_, number)| *number > 0);
        let found: Vec<_> = found.map(|((_, word), number)| format!("{number} {word}")).collect();
        let account = if account.is_empty() { "no account" } else { account };
        anstream::eprintln!("{policy}  {account}: {}", found.join(", "));
    }
}

/// Prints one document.
pub fn print_json(impact: &Impact) {
    let counts = |counts: &[usize; 4]| json!({"worse": counts[0], "better": counts[1], "unjudged": counts[2], "judged": counts[3]});
    let totals: Vec<_> = totals(impact)
        .iter()
        .map(|((policy, account), found)| {
            let mut total = counts(found);
            total["policyId"] = (*policy).into();
            total["accountId"] = (*account).into();
            total
        })
        .collect();
    let all = DIRECTIONS.map(|(direction, _)| impact.count(direction));
    let document = json!({
        "summary": {"items": impact.items, "same": impact.same, "flips": counts(&all)},
        "totals": totals,
        "flips": impact.flips,
        "notes": impact.notes,
    });
    anstream::println!("{document:#}");
}

/// Prints tables in Markdown.
pub fn print_markdown(impact: &Impact, language: Language) {
    println!("### Impact on {}\n", count(impact.items, "item"));
    if impact.flips.is_empty() {
        println!("No verdict changes.");
        return;
    }
    println!("| policy | account | worse | better | no longer judged | newly judged |");
    println!("|---|---|---:|---:|---:|---:|");
    for ((policy, account), [worse, better, unjudged, judged]) in totals(impact) {
        println!("| `{policy}` | {account} | {worse} | {better} | {unjudged} | {judged} |");
    }
    for (direction, word) in DIRECTIONS {
        let flips: Vec<_> = impact.flips.iter().filter(|flip| flip.direction == direction).collect();
        if flips.is_empty() {
            continue;
        }
        println!("\n<details><summary>{}: {word}</summary>\n", count(flips.len(), "verdict"));
        println!("| policy | resource | account | result | reasons |\n|---|---|---|---|---|");
        for flip in flips.iter().take(LISTED) {
            let [_, policy, resource, account, result, reasons] =
                cells(flip, language).map(|cell| escape(&cell));
            println!("| {policy} | {resource} | {account} | {result} | {reasons} |");
        }
        if flips.len() > LISTED {
            println!("\n… and {} more; all with `--format json`.", flips.len() - LISTED);
        }
        println!("\n</details>");
    }
}

/// What a resource is called must not change the table, nor be taken for HTML.
fn escape(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
        .replace('\\', "\\\\")
        .replace('|', "\\|")
        .replace('`', "\\`")
        .replace('<', "&lt;")
        .replace('@', "&#64;")
}

/// Prints to standard error how many verdicts went which way.
pub fn print_summary(impact: &Impact) {
    for note in &impact.notes {
        anstream::eprintln!("{DIM}note: {note}{DIM:#}");
    }
    let part = |(direction, word): (Direction, &str)| {
        let number = impact.count(direction);
        let style = match direction {
            _ if number == 0 => DIM,
            Direction::Worse => BAD,
            Direction::Better => GOOD,
            _ => WARN,
        };
        format!("{style}{number} {word}{style:#}")
    };
    let parts = DIRECTIONS.map(part).join(", ");
    anstream::eprintln!("{}: {parts}, {} the same", count(impact.items, "item"), impact.same);
}
