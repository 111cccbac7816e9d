//! Dates as Japanese HR systems write them: western, compact, and by era.

use jiff::civil::{Date, date};
use unicode_normalization::UnicodeNormalization;

/// An era: its names, its first day and its last (none for the present one).
struct Era {
    names: [&'static str; 2],
    first: Date,
    last: Option<Date>,
}

/// The eras that a living employee's dates can be in.
const ERAS: [Era; 3] = [
    Era { names: ["令和", "R"], first: date(2019, 5, 1), last: None },
    Era { names: ["平成", "H"], first: date(1989, 1, 8), last: Some(date(2019, 4, 30)) },
    Era { names: ["昭和", "S"], first: date(1926, 12, 25), last: Some(date(1989, 1, 7)) },
];

/// Why a text is no date, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateProblem {
    /// English.
    pub msg: String,
    /// Japanese.
    pub msg_ja: String,
}

/// Reads `2026-03-31`, `2026/3/31`, `2026.3.31`, `20260331`, `2026年3月31日`, `令和8年3月31日`, `R8.3.31`,
/// in full-width digits too, and with a time of day behind it, which is dropped.
///
/// # Errors
/// It is none of them, names a day that does not exist or is outside its era, or may be an Excel serial number.
pub fn parse(text: &str) -> Result<Date, DateProblem> {
    let normal: String = text.nfkc().collect();
    let normal = normal.trim();
    let day = normal.split(['T', ' ']).next().unwrap_or(normal);
    let no_date = || DateProblem {
        msg: format!("\"{text}\" is not a date; write 2026-03-31"),
        msg_ja: format!("「{text}」は日付ではありません。2026-03-31 の形式で書いてください"),
    };
    if !day.is_empty() && day.len() <= 6 && day.chars().all(|c| c.is_ascii_digit()) {
        return Err(DateProblem {
            msg: format!("\"{text}\" may be an Excel serial number; format the column as text or date"),
            msg_ja: format!("「{text}」はExcelのシリアル値の可能性があります。日付の書式で出力してください"),
        });
    }
    if day.len() == 8 && day.chars().all(|c| c.is_ascii_digit()) {
        return western(&[&day[..4], &day[4..6], &day[6..]]).ok_or_else(no_date);
    }
    let upper = day.to_uppercase();
    for era in &ERAS {
        if let Some(rest) = era.names.iter().find_map(|name| upper.strip_prefix(name)) {
            return in_era(era, rest, text).ok_or_else(no_date)?;
        }
    }
    western(&parts(day)).ok_or_else(no_date)
}

fn parts(day: &str) -> Vec<&str> {
    day.trim_end_matches('日').split(['-', '/', '.', '年', '月']).map(str::trim).collect()
}

fn western(parts: &[&str]) -> Option<Date> {
    let [year, month, day] = parts else { return None };
    if year.len() != 4 {
        return None;
    }
    Date::new(number(year)?, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?).ok()
}

fn in_era(era: &Era, rest: &str, text: &str) -> Option<Result<Date, DateProblem>> {
    let parts = parts(rest);
    let [year, month, day] = parts[..] else {
        return None;
    };
    let year = if year == "元" { 1 } else { number(year)? };
    let found = Date::new(
        era.first.year().checked_add(year)?.checked_sub(1)?,
        i8::try_from(number(month)?).ok()?,
        i8::try_from(number(day)?).ok()?,
    )
    .ok()?;
    let inside = year >= 1 && found >= era.first && era.last.is_none_or(|last| found <= last);
    Some(if inside {
        Ok(found)
    } else {
        Err(DateProblem {
            msg: format!("\"{text}\" is outside its era"),
            msg_ja: format!("「{text}」は元号の期間外です"),
        })
    })
}

fn number(text: &str) -> Option<i16> {
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_day_in_every_spelling() {
        for text in [
            "2026-03-31",
            "2026/3/31",
            "2026.3.31",
            "20260331",
            "2026年3月31日",
            "令和8年3月31日",
            "R8.3.31",
            "r8/3/31",
            "令和8/3/31",
            "２０２６／３／３１",
            "令和８年３月３１日",
            " 2026-03-31 ",
            "2026-03-31T00:00:00",
            "2026/03/31 0:00",
        ] {
            assert_eq!(parse(text).unwrap(), date(2026, 3, 31), "{text}");
        }
        assert_eq!(parse("令和元年5月1日").unwrap(), date(2019, 5, 1));
        assert_eq!(parse("H31.4.30").unwrap(), date(2019, 4, 30));
        assert_eq!(parse("昭和64年1月7日").unwrap(), date(1989, 1, 7));
    }

    #[test]
    fn what_is_no_date_is_an_error_that_quotes_it() {
        for text in
            ["2026/13/1", "2026-02-30", "31/3/2026", "R0.1.1", "soon", "26/3/31", "2026-3", "令和", "H31.5.1"]
        {
            let problem = parse(text).unwrap_err();
            assert!(problem.msg.contains(text) && problem.msg_ja.contains(text), "{problem:?}");
        }
        assert!(parse("46112").unwrap_err().msg.contains("Excel"));
    }
}
