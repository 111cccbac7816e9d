//! A report, or one of its tables, as one JSON document.
//!
//! In: a [`Report`], a [`Table`]. Out: text. The keys of a table's rows are its columns' names in English, whatever its
//! language.

use serde_json::{Map, Value, json};

use super::report_tables::Table;
use crate::report::Report;

/// The whole report.
pub fn report(report: &Report) -> String {
    format!("{:#}\n", json!(report))
}

/// One table with where it comes from.
pub fn table(table: &Table, report: &Report) -> String {
    let rows = table.rows.iter().map(|row| {
        let cells = table.columns.iter().zip(row);
        Value::Object(cells.map(|(column, cell)| (column.key.to_owned(), json!(cell))).collect::<Map<_, _>>())
    });
    let document = json!({
        "table": table.name,
        "generator": report.generator,
        "createdAt": report.created_at,
        "provenance": report.provenance,
        "sources": report.sources,
        "incomplete": report.incomplete,
        "notes": report.notes,
        "rows": rows.collect::<Vec<_>>(),
    });
    format!("{document:#}\n")
}
