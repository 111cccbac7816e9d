//! What the commands print: one file an output format.
//!
//! Results go to standard output, what a person reads beside them (problems, progress, the summary) to standard
//! error, so that a pipe carries results only.

pub mod check_github;
pub mod check_json;
pub mod check_sarif;
pub mod check_text;
pub mod coverage;
pub mod diagnostic;
pub mod doctor_report;
pub mod eval_report;
pub mod impact_report;
pub mod mutate_report;
pub mod policy_page;
pub mod record_report;
pub mod replay_json;
pub mod replay_table;
mod report_cells;
pub mod report_csv;
pub mod report_html;
pub mod report_json;
pub mod report_labels;
pub mod report_tables;
pub mod scan_json;
pub mod scan_rows;
pub mod scan_table;
pub mod test_coverage;
pub mod test_json;
pub mod test_junit;
pub mod test_pretty;
pub mod test_tap;

use anstyle::{AnsiColor, Style};
use sekisho_engine::verdict::Compliance;

/// Green.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Red.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Yellow.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// Faint.
pub const DIM: Style = Style::new().dimmed();

/// The colour of a result.
pub const fn style(compliance: Compliance) -> Style {
    match compliance {
        Compliance::NonCompliant => BAD,
        Compliance::Compliant => GOOD,
        Compliance::NotApplicable => DIM,
    }
}

/// `1 file`, `2 files`.
pub fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// `1 policy`, `2 policies`.
pub fn policies(number: usize) -> String {
    if number == 1 { "1 policy".to_owned() } else { format!("{number} policies") }
}
