//! Times as AWS writes them: ISO 8601 text in events and files, epoch seconds in API answers.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::Value;

/// The latest second that a time may name: the end of the year 9999.
const LATEST_SECOND: f64 = 253_402_300_799.0;

/// A time in the spelling of the rule event: UTC, milliseconds, `Z`.
pub fn format(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// The time in `value`: ISO 8601 text with an offset, or seconds since 1970 (AWS JSON 1.1).
pub fn parse(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => text.trim().parse().ok().or_else(|| python_repr(text.trim())),
        Value::Number(number) => from_epoch_seconds(number.as_f64()?),
        _ => None,
    }
}

/// `datetime.datetime(2020, 4, 22, 13, 13, 17, 718000, tzinfo=tzlocal())`: some samples of `rdk sample-ci` are
/// Python values printed as text. The zone of the machine that printed them is unknown; they are read as UTC.
fn python_repr(text: &str) -> Option<Timestamp> {
    let fields = text.strip_prefix("datetime.datetime(")?.strip_suffix(')')?;
    let numbers: Vec<i32> = fields
        .split(", ")
        .take_while(|field| !field.starts_with("tzinfo="))
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [year, month, day, ref rest @ ..] = numbers[..] else {
        return None;
    };
    let small = |at: usize| i8::try_from(rest.get(at).copied().unwrap_or(0)).ok();
    let microseconds = rest.get(3).copied().unwrap_or(0);
    let date =
        Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let time = Time::new(small(0)?, small(1)?, small(2)?, microseconds.checked_mul(1000)?).ok()?;
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()
}

/// Milliseconds are what AWS Config has; a float holds them exactly enough.
fn from_epoch_seconds(seconds: f64) -> Option<Timestamp> {
    if !(0.0..=LATEST_SECOND).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked above")]
    let milliseconds = (seconds * 1000.0).round() as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_moment_in_every_spelling() {
        for value in [
            json!("2021-03-01T23:39:11.442Z"),
            json!("2021-03-02T08:39:11.442000+09:00"),
            json!(1_614_641_951.442),
            json!("datetime.datetime(2021, 3, 1, 23, 39, 11, 442000, tzinfo=tzlocal())"),
        ] {
            assert_eq!(format(parse(&value).unwrap()), "2021-03-01T23:39:11.442Z", "{value}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for value in [
            json!("yesterday"),
            json!(-1),
            json!(1e300),
            json!(null),
            json!("2021-03-01"),
            json!("datetime.datetime(2021, 13, 1)"),
            json!("datetime.datetime()"),
        ] {
            assert_eq!(parse(&value), None, "{value}");
        }
    }
}
