//! A staff roster as HR systems export it: CSV or JSON, in the encodings and the spellings of dates that occur.
//!
//! In: bytes and the rule's parameters. Out: normalised rows, and an error with line and column for each row that
//! could not be read. A row with an error is never guessed at: whether anybody left hangs on it.

mod columns;
mod dates;
mod table;
pub(crate) mod text;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use super::FactError;
use crate::item::{kind, time};
use columns::{Columns, Field};
use table::Table;
use text::{RosterEncoding, UNREADABLE};

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

    fn row(line: usize, msg: String, msg_ja: String) -> Self {
        Self { line: Some(line), column: None, msg, msg_ja }
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
            "在職者",
            "在籍者",
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
            "休職者",
            "on leave",
            "on_leave",
            "leave",
        ],
    ),
    (
        "left",
        &[
            "退職",
            "退職済",
            "退職済み",
            "退職者",
            "定年退職",
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
            let table = table::read(&decoded.text);
            match table.and_then(|table| columns::find(&table, &options.columns).map(|found| (table, found)))
            {
                Ok((table, columns)) => read_rows(&mut roster, table, &columns),
                Err(error) => roster.errors.push(error),
            }
        }
        Err(error) => roster.errors.push(error),
    }
    roster
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
        roster.errors.push(table::empty());
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
        if raw.contains(UNREADABLE) {
            error("cannot be read as text".into(), "文字として読めません".into());
            continue;
        }
        let value = Some(normal(raw)).filter(|value| !value.is_empty());
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
            Field::RetiredOn => {
                let Some(text) = value else { continue };
                match dates::parse(&text) {
                    Ok(date) => row.retired_on = Some(date.to_string()),
                    Err(problem) => error(problem.msg, problem.msg_ja),
                }
            }
        }
    }
    if errors.is_empty() && row.employee_id.is_none() && row.user_name.is_none() && row.email.is_none() {
        errors.push(RosterError::row(
            line,
            "has neither employee number, user name nor mail address".into(),
            "社員番号・ユーザー名・メールアドレスのいずれもありません".into(),
        ));
    }
    // Where there is a column for the state, an empty cell beside an empty date says nothing: nobody may count as
    // employed by it. Without such a column an empty date is how a roster says employed.
    if errors.is_empty()
        && columns.contains_key(&Field::Status)
        && row.status.is_none()
        && row.retired_on.is_none()
    {
        errors.push(RosterError::row(
            line,
            "has neither a state of employment nor a day of leaving".into(),
            "在籍状況と退職日のどちらも空です".into(),
        ));
    }
    if errors.is_empty() { Ok(row) } else { Err(errors) }
}

/// NFKC and trimmed; `="001234"`, by which Excel is made to keep leading zeros, is what it shows.
fn normal(raw: &str) -> String {
    let text: String = raw.nfkc().collect();
    let text = text.trim();
    let shown = text.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    shown.unwrap_or(text).trim().to_owned()
}

#[cfg(test)]
mod tests;
