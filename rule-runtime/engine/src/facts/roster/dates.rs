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
/// It is none of them, names a day that does not exist or is outside its era, may be an Excel serial number, or
/// has a time in another time zone, where the day may be another.
pub fn parse(text: &str) -> Result<Date, DateProblem> {
    let normal: String = text.nfkc().collect();
    let (day, time) = split(normal.trim());
    // 令和 8年 3月31日 is padded to a fixed width; a blank between two digits is no padding.
    let words: Vec<&str> = day.split_whitespace().collect();
    let apart = |pair: &[&str]| {
        let digit = |c: char| c.is_ascii_digit();
        pair[0].ends_with(digit) && pair[1].starts_with(digit)
    };
    let broken = words.windows(2).any(apart);
    let day = words.concat();
    let day = day.as_str();
    let no_date = || DateProblem {
        msg: format!("\"{text}\" is not a date; write 2026-03-31"),
        msg_ja: format!("「{text}」は日付ではありません。2026-03-31 の形式で書いてください"),
    };
    if broken || !time.is_none_or(is_time_of_day) {
        return Err(no_date());
    }
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

/// The day, and the time where there is one.
fn split(text: &str) -> (&str, Option<&str>) {
    if let Some((day, time)) = text.split_once('T') {
        return (day, Some(time));
    }
    match text.rsplit_once(char::is_whitespace) {
        Some((day, time)) if time.contains(':') => (day, Some(time)),
        _ => (text, None),
    }
}

/// `0:00`, `12:34:56.789`; with a time zone only midnight, which is how systems write a day that they keep as a time.
fn is_time_of_day(time: &str) -> bool {
    let clock = time.split(['Z', '+', '-']).next().unwrap_or_default();
    let zoned = clock.len() < time.len();
    clock.contains(':')
        && clock.chars().all(|c| c.is_ascii_digit() || matches!(c, ':' | '.'))
        && (!zoned || clock.chars().all(|c| matches!(c, '0' | ':' | '.')))
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
        let (name, first) = (era.names[0], era.first);
        let (last, last_ja) = era
            .last
            .map_or((String::new(), String::new()), |last| (format!(" to {last}"), format!("〜{last}")));
        let from_ja = if last_ja.is_empty() { "以降" } else { "" };
        Err(DateProblem {
            msg: format!("\"{text}\" is not a date of its era; {name} is from {first}{last}"),
            msg_ja: format!("「{text}」は元号の期間外です({name}: {first}{last_ja}{from_ja})"),
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
            "2026-03-31 12:34:56.789",
            "2026-03-31T00:00:00.000Z",
            "2026-03-31T00:00:00+09:00",
            "令和 8年 3月31日",
        ] {
            assert_eq!(parse(text).unwrap(), date(2026, 3, 31), "{text}");
        }
        assert_eq!(parse("令和元年5月1日").unwrap(), date(2019, 5, 1));
        assert_eq!(parse("H31.4.30").unwrap(), date(2019, 4, 30));
        assert_eq!(parse("昭和64年1月7日").unwrap(), date(1989, 1, 7));
    }

    #[test]
    fn what_is_no_date_is_an_error_that_quotes_it() {
        for text in [
            "2026-03-30T15:00:00.000Z",
            "2026-03-31 取消",
            "2026-03-31T",
            "2026-03-31Tx:00",
            "2026-3-1 1",
            "2026 03 31",
            "R8.3.31.",
            "2026/13/1",
            "2026-02-30",
            "31/3/2026",
            "R0.1.1",
            "soon",
            "26/3/31",
            "2026-3",
            "令和",
            "H31.5.1",
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.msg.contains(text) && problem.msg_ja.contains(text), "{problem:?}");
        }
        assert!(parse("46112").unwrap_err().msg.contains("Excel"));
    }
}
