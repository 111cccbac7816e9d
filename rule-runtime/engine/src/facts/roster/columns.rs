//! Which columns of a roster mean what.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::RosterError;

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

    /// What HR systems call it.
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

/// Finds the fields in `header`; `map` names columns that are called otherwise.
///
/// # Errors
/// A column that `map` names is not there; no column has an id; none says who left.
pub fn find(header: &[String], map: &BTreeMap<String, String>) -> Result<Columns, RosterError> {
    let names: Vec<String> = header.iter().map(|name| folded(name)).collect();
    let mut columns = Columns::new();
    for field in Field::ALL {
        if let Some(wanted) = map.get(field.key()) {
            let Some(at) = names.iter().position(|name| *name == folded(wanted)) else {
                return Err(missing(
                    header,
                    &format!("no column \"{wanted}\", which rosterColumns names for {}", field.key()),
                    &format!("rosterColumns で {} に指定した列「{wanted}」がありません", field.key()),
                ));
            };
            columns.insert(field, at);
        } else if let Some(at) = names.iter().position(|name| field.usual().contains(&name.as_str())) {
            columns.insert(field, at);
        }
    }
    if ![Field::EmployeeId, Field::UserName, Field::Email].iter().any(|field| columns.contains_key(field)) {
        return Err(missing(
            header,
            "no column with an employee number, a user name or a mail address; name one with rosterColumns",
            "社員番号・ユーザー名・メールアドレスの列がありません。rosterColumns で指定してください",
        ));
    }
    if ![Field::Status, Field::RetiredOn].iter().any(|field| columns.contains_key(field)) {
        return Err(missing(
            header,
            "no column with the state of employment or the day of leaving; name one with rosterColumns",
            "在籍状況・退職日の列がありません。rosterColumns で指定してください",
        ));
    }
    Ok(columns)
}

fn missing(header: &[String], msg: &str, msg_ja: &str) -> RosterError {
    let found = header.join(", ");
    RosterError {
        line: Some(1),
        column: None,
        msg: format!("{msg} (the columns are: {found})"),
        msg_ja: format!("{msg_ja}(列: {found})"),
    }
}
