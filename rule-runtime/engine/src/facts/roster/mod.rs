//! A staff roster as HR systems export it: CSV or JSON, in the encodings and the spellings of dates that occur.
//!
//! In: bytes and the rule's parameters. Out: normalised rows, and an error with line and column for each row that
//! could not be read. A row with an error is never guessed at: whether anybody left hangs on it.

mod columns;
mod dates;
mod text;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::FactError;
use crate::item::{kind, time};
use columns::{Columns, Field};
use text::RosterEncoding;

/// How to read a roster.
#[derive(Debug, Clone, Default)]
pub struct RosterOptions {
    encoding: RosterEncoding,
    columns: BTreeMap<String, String>,
}

impl RosterOptions {
    /// From `data.parameters`: `rosterEncoding` (`auto`, `utf-8`, `cp932`, `utf-16`) and `rosterColumns` (field to
    /// column name).
    ///
    /// # Errors
    /// One of them is not of that form.
    pub fn from_parameters(parameters: &Value) -> Result<Self, FactError> {
        let problem =
            |parameter: &str, message: String| FactError::Parameter { parameter: parameter.into(), message };
        let encoding = match parameters.get("rosterEncoding") {
            None | Some(Value::Null) => RosterEncoding::Auto,
            Some(Value::String(name)) => RosterEncoding::named(name).ok_or_else(|| {
                problem("rosterEncoding", format!("is \"{name}\", expected auto, utf-8, cp932 or utf-16"))
            })?,
            Some(other) => {
                return Err(problem("rosterEncoding", format!("is {}, expected a string", kind(other))));
            }
        };
        let mut columns = BTreeMap::new();
        match parameters.get("rosterColumns") {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => {
                for (field, name) in map {
                    let known = Field::ALL.iter().any(|known| known.key() == field);
                    let Some(name) = name.as_str().filter(|_| known) else {
                        let keys = Field::ALL.map(Field::key).join(", ");
                        let message = format!("has \"{field}\": {name}, expected column names for {keys}");
                        return Err(problem("rosterColumns", message));
                    };
                    columns.insert(field.clone(), name.to_owned());
                }
            }
            Some(other) => {
                return Err(problem("rosterColumns", format!("is {}, expected an object", kind(other))));
            }
        }
        Ok(Self { encoding, columns })
    }
}

/// A roster: the value of the fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Roster {
    /// Where it was read.
    pub source: String,
    /// When it was last written, as the item's times are spelled.
    pub last_modified: Option<String>,
    /// The encoding that it was read in.
    pub encoding: Option<&'static str>,
    /// The rows that could be read.
    pub rows: Vec<RosterRow>,
    /// Why others could not.
    pub errors: Vec<RosterError>,
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct RosterRow {
    /// From 1 in the file; the place in a JSON array, from 1.
    pub line: usize,
    /// Normalised, leading zeros kept.
    pub employee_id: Option<String>,
    /// Normalised.
    pub user_name: Option<String>,
    /// Normalised.
    pub email: Option<String>,
    /// `active`, `leave` or `left`.
    pub status: Option<&'static str>,
    /// What the roster says.
    pub status_text: Option<String>,
    /// `2026-03-31`.
    pub retired_on: Option<String>,
}

/// Why a row, or the whole roster, cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RosterError {
    /// From 1.
    pub line: Option<usize>,
    /// The column's name in the roster.
    pub column: Option<String>,
    /// English.
    pub msg: String,
    /// Japanese.
    pub msg_ja: String,
}

impl RosterError {
    fn whole(msg: String, msg_ja: String) -> Self {
        Self { line: None, column: None, msg, msg_ja }
    }
}

/// What HR systems call the states, by NFKC and lower case.
const STATES: [(&str, &[&str]); 3] = [
    (
        "active",
        &[
            "在職",
            "在職中",
            "在籍",
            "在籍中",
            "現職",
            "勤務",
            "勤務中",
            "就業中",
            "出向",
            "出向中",
            "active",
            "employed",
            "current",
        ],
    ),
    (
        "leave",
        &[
            "休職",
            "休職中",
            "休業",
            "休業中",
            "育休",
            "育休中",
            "産休",
            "産休中",
            "育児休業",
            "育児休業中",
            "介護休業",
            "on leave",
            "leave",
        ],
    ),
    (
        "left",
        &[
            "退職",
            "退職済",
            "退職済み",
            "退社",
            "退社済",
            "退社済み",
            "離職",
            "left",
            "retired",
            "terminated",
            "resigned",
            "inactive",
        ],
    ),
];

/// Reads a roster. It never fails as a whole: what is wrong is in [`Roster::errors`], which the policy judges.
pub fn parse(
    source: &str,
    last_modified: Option<Timestamp>,
    bytes: &[u8],
    options: &RosterOptions,
) -> Roster {
    let mut roster = Roster {
        source: source.to_owned(),
        last_modified: last_modified.map(time::format),
        encoding: None,
        rows: Vec::new(),
        errors: Vec::new(),
    };
    match text::decode(bytes, options.encoding) {
        Ok(decoded) => {
            roster.encoding = Some(decoded.encoding);
            let records = if decoded.text.trim_start().starts_with(['[', '{']) {
                json_records(&decoded.text)
            } else {
                csv_records(&decoded.text)
            };
            match records.and_then(|table| {
                let columns = columns::find(&table.header, &options.columns)?;
                Ok((table, columns))
            }) {
                Ok((table, columns)) => read_rows(&mut roster, table, &columns),
                Err(error) => roster.errors.push(error),
            }
        }
        Err(error) => roster.errors.push(error),
    }
    roster
}

/// A table of texts.
struct Table {
    header: Vec<String>,
    rows: Vec<(usize, Vec<String>)>,
    errors: Vec<RosterError>,
}

fn empty() -> RosterError {
    RosterError::whole("the roster is empty".into(), "名簿が空です".into())
}

fn csv_records(text: &str) -> Result<Table, RosterError> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|d| first.bytes().filter(|b| b == d).count());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter.unwrap_or(b','))
        .from_reader(text.as_bytes());
    let mut table = Table { header: Vec::new(), rows: Vec::new(), errors: Vec::new() };
    for record in reader.records() {
        let record = record.map_err(|error| {
            let msg = format!("the roster is not CSV: {error}");
            RosterError::whole(msg, "名簿がCSVとして読めません".into())
        })?;
        let line = record.position().map_or(0, |position| usize::try_from(position.line()).unwrap_or(0));
        let cells: Vec<String> = record.iter().map(ToOwned::to_owned).collect();
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if table.header.is_empty() {
            table.header = cells;
        } else if cells.len() == table.header.len() {
            table.rows.push((line, cells));
        } else {
            table.errors.push(RosterError {
                line: Some(line),
                column: None,
                msg: format!("has {} columns, the header has {}", cells.len(), table.header.len()),
                msg_ja: format!("列数が{}で、見出しの{}と一致しません", cells.len(), table.header.len()),
            });
        }
    }
    if table.header.is_empty() { Err(empty()) } else { Ok(table) }
}

fn json_records(text: &str) -> Result<Table, RosterError> {
    let people: Vec<BTreeMap<String, Value>> = serde_json::from_str(text).map_err(|error| RosterError {
        line: Some(error.line()),
        column: None,
        msg: format!("the roster is not a JSON array of objects: {error}"),
        msg_ja: "名簿がJSONの配列として読めません".into(),
    })?;
    let mut header: Vec<String> = people.iter().flat_map(|person| person.keys().cloned()).collect();
    header.sort();
    header.dedup();
    if header.is_empty() {
        return Err(empty());
    }
    let mut table = Table { header, rows: Vec::new(), errors: Vec::new() };
    for (index, person) in people.iter().enumerate() {
        let mut cells = Vec::new();
        for name in &table.header {
            match person.get(name) {
                None | Some(Value::Null) => cells.push(String::new()),
                Some(Value::String(text)) => cells.push(text.clone()),
                Some(Value::Number(number)) => cells.push(number.to_string()),
                Some(Value::Bool(value)) => cells.push(value.to_string()),
                // Columns that are not read may hold anything; one that is read shows it as unreadable.
                Some(_) => cells.push("\u{fffd}".into()),
            }
        }
        table.rows.push((index + 1, cells));
    }
    Ok(table)
}

fn read_rows(roster: &mut Roster, table: Table, columns: &Columns) {
    roster.errors.extend(table.errors);
    for (line, cells) in &table.rows {
        match read_row(*line, cells, columns, &table.header) {
            Ok(row) => roster.rows.push(row),
            Err(errors) => roster.errors.extend(errors),
        }
    }
    if roster.rows.is_empty() && roster.errors.is_empty() {
        roster.errors.push(empty());
    }
    roster.errors.sort_by_key(|error| error.line);
}

fn read_row(
    line: usize,
    cells: &[String],
    columns: &Columns,
    header: &[String],
) -> Result<RosterRow, Vec<RosterError>> {
    let mut errors = Vec::new();
    let mut row = RosterRow { line, ..RosterRow::default() };
    for (field, at) in columns {
        let raw = cells.get(*at).map(String::as_str).unwrap_or_default();
        let mut error = |msg: String, msg_ja: String| {
            errors.push(RosterError { line: Some(line), column: header.get(*at).cloned(), msg, msg_ja });
        };
        if raw.contains('\u{fffd}') {
            error("cannot be read as text".into(), "文字として読めません".into());
            continue;
        }
        let normal: String = raw.nfkc().collect::<String>().trim().to_owned();
        let value = Some(normal.clone()).filter(|value| !value.is_empty());
        match field {
            Field::EmployeeId => row.employee_id = value,
            Field::UserName => row.user_name = value,
            Field::Email => row.email = value,
            Field::Status => {
                row.status_text.clone_from(&value);
                let Some(text) = value else { continue };
                let folded = text.to_lowercase();
                match STATES.iter().find(|(_, names)| names.contains(&folded.as_str())) {
                    Some((status, _)) => row.status = Some(status),
                    None => error(
                        format!(
                            "\"{text}\" is not a state of employment; known are 在職, 休職, 退職, active, leave, left and the like"
                        ),
                        format!("「{text}」は在籍状況として解釈できません(在職・休職・退職など)"),
                    ),
                }
            }
            Field::RetiredOn if value.is_some() => match dates::parse(raw) {
                Ok(date) => row.retired_on = Some(date.to_string()),
                Err(problem) => error(problem.msg, problem.msg_ja),
            },
            Field::RetiredOn => {}
        }
    }
    if errors.is_empty() && row.employee_id.is_none() && row.user_name.is_none() && row.email.is_none() {
        errors.push(RosterError {
            line: Some(line),
            column: None,
            msg: "has neither employee number, user name nor mail address".into(),
            msg_ja: "社員番号・ユーザー名・メールアドレスのいずれもありません".into(),
        });
    }
    if errors.is_empty() { Ok(row) } else { Err(errors) }
}

#[cfg(test)]
mod tests;
