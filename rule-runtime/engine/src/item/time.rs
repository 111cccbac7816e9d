//! Times as AWS writes them: ISO 8601 text in events and files, epoch seconds in API answers.

use jiff::Timestamp;
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
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => from_epoch_seconds(number.as_f64()?),
        _ => None,
    }
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
        ] {
            assert_eq!(format(parse(&value).unwrap()), "2021-03-01T23:39:11.442Z", "{value}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for value in [json!("yesterday"), json!(-1), json!(1e300), json!(null), json!("2021-03-01")] {
            assert_eq!(parse(&value), None, "{value}");
        }
    }
}
