//! A table of a report as CSV that Excel opens: UTF-8 with a byte order mark, lines ended by CR LF.
//!
//! In: a [`Table`]. Out: text. A cell that a spreadsheet would take for a formula gets an apostrophe in front.

use super::report_tables::Table;

/// What begins a formula in spreadsheets, also full-width.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// Prints `table`.
pub fn print(table: &Table) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let names = table.columns.iter().map(|column| column.name.clone());
    for row in std::iter::once(names.collect()).chain(table.rows.iter().cloned()) {
        let row: Vec<String> = row;
        // Rows are as long as the header and go to memory: nothing here can fail.
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell)));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    format!("\u{feff}{}", String::from_utf8_lossy(&bytes))
}

/// `cell` as text: `=`, `+`, `-`, `@` at its start, also full-width and behind blanks, begin a formula in spreadsheets.
fn harmless(cell: &str) -> String {
    let first = cell.trim_start().chars().next();
    let control = cell.starts_with(['\t', '\r', '\n']);
    if control || first.is_some_and(|first| FORMULA.contains(&first)) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\rx", "\u{ff1d}1", "\u{3000}@x"] {
            assert!(harmless(bad).starts_with('\''), "{bad:?}");
        }
        for good in ["", "patients", "2026-11-23", "a=b", "'=1", "<script>", "17①"] {
            assert_eq!(harmless(good), good);
        }
    }
}
