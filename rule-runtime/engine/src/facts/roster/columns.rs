//! Which columns of a roster mean what.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::RosterError;
use super::table::Table;

/// A field of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// The employee's number.
    EmployeeId,
    /// The name of the IAM user.
    UserName,
    /// The mail address.
    Email,
    /// Employed, on leave, left.
    Status,
    /// The day of leaving.
    RetiredOn,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::EmployeeId, Self::UserName, Self::Email, Self::Status, Self::RetiredOn];

    /// Its key in `rosterColumns` and in `data.facts`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::EmployeeId => "employee_id",
            Self::UserName => "user_name",
            Self::Email => "email",
            Self::Status => "status",
            Self::RetiredOn => "retired_on",
        }
    }

    /// What HR systems call it, folded; the first that is there counts.
    const fn usual(self) -> &'static [&'static str] {
        match self {
            Self::EmployeeId => &[
                "社員番号",
                "従業員番号",
                "職員番号",
                "社員コード",
                "従業員コード",
                "職員コード",
                "社員id",
                "社員no",
                "職員id",
                "employee_id",
                "employeeid",
                "employee id",
                "employee number",
                "employee no",
                "emp_id",
            ],
            Self::UserName => &[
                "ユーザー名",
                "ユーザ名",
                "ユーザーid",
                "ユーザid",
                "ログインid",
                "アカウント",
                "アカウント名",
                "iamユーザー名",
                "iamユーザー",
                "user_name",
                "username",
                "user name",
                "login",
                "login id",
                "account",
            ],
            Self::Email => &[
                "メールアドレス",
                "メール",
                "eメール",
                "e-mail",
                "email",
                "mail",
                "email address",
                "mail address",
            ],
            Self::Status => &[
                "在籍状況",
                "在籍区分",
                "在籍状態",
                "在職状況",
                "在職区分",
                "雇用状況",
                "就業状況",
                "状態",
                "ステータス",
                "status",
                "employment status",
                "employment_status",
            ],
            Self::RetiredOn => &[
                "退職日",
                "退職年月日",
                "退社日",
                "離職日",
                "最終在籍日",
                "最終出社日",
                "retired_on",
                "retirement date",
                "termination date",
                "termination_date",
                "leave date",
                "last day",
                "last_day",
                "end date",
            ],
        }
    }
}

/// Where each field is.
pub type Columns = BTreeMap<Field, usize>;

/// A name for comparing: NFKC, trimmed, lower case.
fn folded(name: &str) -> String {
    name.nfkc().collect::<String>().trim().to_lowercase()
}

/// Finds the fields in the table's header; `map` names columns that are called otherwise.
///
/// # Errors
/// A column that `map` names is not there; two are called the same; no column has an id; none says who left.
pub fn find(table: &Table, map: &BTreeMap<String, String>) -> Result<Columns, RosterError> {
    let names: Vec<String> = table.header.iter().map(|name| folded(name)).collect();
    let problem = |msg: String, msg_ja: String| {
        let (found, found_ja) = listed(&table.header, &names, map);
        let (msg, msg_ja) = (format!("{msg} ({found})"), format!("{msg_ja}({found_ja})"));
        RosterError { line: table.header_line, column: None, msg, msg_ja }
    };
    let mut columns = Columns::new();
    for field in Field::ALL {
        let name = match map.get(field.key()) {
            Some(wanted) if names.contains(&folded(wanted)) => folded(wanted),
            Some(wanted) => {
                let key = field.key();
                return Err(problem(
                    format!("no column \"{wanted}\", which rosterColumns names for {key}"),
                    format!("rosterColumns で {key} に指定した列「{wanted}」がありません"),
                ));
            }
            // By the order of `usual`, not by that of the file: 最終出社日 often stands before 退職日.
            None => match field.usual().iter().find(|name| names.iter().any(|found| found == *name)) {
                Some(name) => (*name).to_owned(),
                None => continue,
            },
        };
        let mut places = (0..names.len()).filter(|at| names[*at] == name);
        columns.extend(places.next().map(|at| (field, at)));
        if places.next().is_some() {
            return Err(problem(
                format!("more than one column is called \"{name}\"; leave one of them"),
                format!("列「{name}」が複数あります。1つにしてください"),
            ));
        }
    }
    if ![Field::EmployeeId, Field::UserName, Field::Email].iter().any(|field| columns.contains_key(field)) {
        return Err(problem(
            "no column with an employee number, a user name or a mail address; expected 社員番号, employee_id or the \
             like, or a name by rosterColumns"
                .into(),
            "社員番号・ユーザー名・メールアドレスの列がありません。rosterColumns で指定してください".into(),
        ));
    }
    if ![Field::Status, Field::RetiredOn].iter().any(|field| columns.contains_key(field)) {
        return Err(problem(
            "no column with the state of employment or the day of leaving; expected 在籍状況, 退職日 or the like, or a \
             name by rosterColumns"
                .into(),
            "在籍状況・退職日の列がありません。rosterColumns で指定してください".into(),
        ));
    }
    Ok(columns)
}

/// Columns that are not read and that tell a header from a person.
const OTHERS: [&str; 14] = [
    "氏名",
    "名前",
    "姓",
    "名",
    "フリガナ",
    "ふりがな",
    "部署",
    "所属",
    "役職",
    "備考",
    "入社日",
    "name",
    "department",
    "note",
];

/// The columns that were found, in both languages. The first line of a roster without header is a person, who is
/// not to appear in an annotation: it is listed only where a name in it is that of a column.
fn listed(header: &[String], names: &[String], map: &BTreeMap<String, String>) -> (String, String) {
    let known = |name: &String| {
        Field::ALL.iter().any(|field| field.usual().contains(&name.as_str()))
            || OTHERS.contains(&name.as_str())
            || map.values().any(|wanted| folded(wanted) == *name)
    };
    if names.iter().any(known) {
        let found = header.join(", ");
        return (format!("the columns are: {found}"), format!("列: {found}"));
    }
    let count = header.len();
    (
        format!("the first line, of {count} columns, has none of the usual names: is it a header?"),
        format!("先頭行の{count}列に既知の列名がありません。見出し行があるか確認してください"),
    )
}
