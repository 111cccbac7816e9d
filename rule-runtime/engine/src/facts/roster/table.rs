//! A roster's text as a table: CSV or JSON, told apart by the first character.
//!
//! In: text. Out: the header, the rows with their lines, and an error for each row that is not one.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::RosterError;
use super::text::UNREADABLE;

/// A table of texts.
#[derive(Debug)]
pub struct Table {
    /// The names of the columns.
    pub header: Vec<String>,
    /// Where the header is, from 1; none in JSON.
    pub header_line: Option<usize>,
    /// By line in the file, or place in the array, from 1.
    pub rows: Vec<(usize, Vec<String>)>,
    /// Rows that do not fit the table.
    pub errors: Vec<RosterError>,
}

/// Reads `text`.
///
/// # Errors
/// There is nothing in it, or it is not JSON where it begins as JSON.
pub fn read(text: &str) -> Result<Table, RosterError> {
    if text.trim_start().starts_with(['[', '{']) { json(text) } else { csv(text) }
}

/// The error of a roster without people.
pub fn empty() -> RosterError {
    RosterError::whole("the roster is empty".into(), "名簿が空です".into())
}

fn csv(text: &str) -> Result<Table, RosterError> {
    // The reader counts lines by \n and would be one behind in a file with \r\n.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let delimiter = delimiter(&text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut table = Table { header: Vec::new(), header_line: None, rows: Vec::new(), errors: Vec::new() };
    let mut record = csv::StringRecord::new();
    loop {
        let start = reader.position().clone();
        let more = reader.read_record(&mut record).map_err(|error| {
            let msg = format!("the roster is not CSV: {error}");
            RosterError::whole(msg, "名簿がCSVとして読めません".into())
        })?;
        if !more {
            break;
        }
        let raw = text.get(offset(&start)..offset(reader.position())).unwrap_or_default();
        // A record's position is that of the empty lines before it.
        let skipped = raw.len() - raw.trim_start_matches('\n').len();
        let line = usize::try_from(start.line()).unwrap_or(0) + skipped;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if let Some(error) = quoting(&raw[skipped..], delimiter, line) {
            table.errors.push(error);
        } else if table.header.is_empty() {
            table.header = record.iter().map(ToOwned::to_owned).collect();
            table.header_line = Some(line);
        } else if record.len() == table.header.len() {
            table.rows.push((line, record.iter().map(ToOwned::to_owned).collect()));
        } else {
            let (has, expected) = (record.len(), table.header.len());
            table.errors.push(RosterError::row(
                line,
                format!("has {has} columns, the header has {expected}"),
                format!("列数が{has}で、見出しの{expected}と一致しません"),
            ));
        }
    }
    if !table.header.is_empty() {
        return Ok(table);
    }
    Err(table.errors.into_iter().next().unwrap_or_else(empty))
}

fn offset(position: &csv::Position) -> usize {
    usize::try_from(position.byte()).unwrap_or(usize::MAX)
}

/// The delimiter that the first line with text has most of; a comma where there is none.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |delimiter: &u8| first.bytes().filter(|byte| byte == delimiter).count();
    [b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// What is wrong with the quotes of the record `raw`. The CSV reader takes any quoting, and a quote that is not
/// closed makes the people below it a part of one cell: whoever left among them would be lost without a word.
fn quoting(raw: &str, delimiter: u8, line: usize) -> Option<RosterError> {
    enum At {
        Start,
        Plain,
        Quoted,
        Behind,
    }
    let mut at = At::Start;
    for byte in raw.trim_end_matches('\n').bytes() {
        at = match (at, byte) {
            (At::Quoted, b'"') => At::Behind,
            (At::Quoted, _) | (At::Start | At::Behind, b'"') => At::Quoted,
            (At::Start | At::Plain | At::Behind, byte) if byte == delimiter => At::Start,
            (At::Behind, b' ') => At::Behind,
            (At::Behind, _) => return Some(misquoted(raw, line)),
            (At::Start | At::Plain, _) => At::Plain,
        };
    }
    matches!(at, At::Quoted).then(|| misquoted(raw, line))
}

fn misquoted(raw: &str, line: usize) -> RosterError {
    let last = line + raw.trim_end_matches('\n').matches('\n').count();
    RosterError::row(
        line,
        format!("a quote is not closed where its column ends; lines {line} to {last} are not read"),
        format!("引用符「\"」が正しく閉じられていません。{line}〜{last}行目は読み込めません"),
    )
}

fn json(text: &str) -> Result<Table, RosterError> {
    let elements: Vec<Value> = serde_json::from_str(text).map_err(|error| {
        RosterError::whole(
            format!("the roster is not a JSON array of objects: {error}"),
            format!("名簿がJSONの配列として読めません({}行{}桁)", error.line(), error.column()),
        )
    })?;
    let mut people: Vec<(usize, Map<String, Value>)> = Vec::new();
    let mut errors = Vec::new();
    for (index, element) in elements.into_iter().enumerate() {
        match element {
            Value::Object(person) => people.push((index + 1, person)),
            _ => errors.push(RosterError::row(
                index + 1,
                "is not a JSON object".into(),
                "JSONのオブジェクトではありません".into(),
            )),
        }
    }
    let names: BTreeSet<&String> = people.iter().flat_map(|(_, person)| person.keys()).collect();
    let header: Vec<String> = names.into_iter().cloned().collect();
    if header.is_empty() {
        return Err(errors.into_iter().next().unwrap_or_else(empty));
    }
    let row = |person: &Map<String, Value>| header.iter().map(|name| cell(person.get(name))).collect();
    let rows = people.iter().map(|(line, person)| (*line, row(person))).collect();
    Ok(Table { header, header_line: None, rows, errors })
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        // Columns that are not read may hold anything; one that is read shows it as unreadable.
        Some(_) => UNREADABLE.into(),
    }
}
