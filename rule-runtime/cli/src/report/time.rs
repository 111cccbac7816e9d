//! A moment as the forms want it: in UTC and in Japan time.
//!
//! In: timestamps, also as the AWS CLI prints them. Out: [`Moment`]. Japan has had one offset
//! since 1951, so no zone data is needed.

use jiff::Timestamp;
use jiff::tz::offset;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// A moment; as JSON `{"utc": …, "japan": …}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub Timestamp);

impl Moment {
    /// `2026-11-23T01:00:00Z`.
    pub fn utc(self) -> String {
        self.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `2026-11-23T10:00:00+09:00`.
    pub fn japan(self) -> String {
        self.in_japan().strftime("%Y-%m-%dT%H:%M:%S+09:00").to_string()
    }

    /// `2026-11-23`, the date in Japan.
    pub fn japan_date(self) -> jiff::civil::Date {
        self.in_japan().date()
    }

    fn in_japan(self) -> jiff::civil::DateTime {
        offset(9).to_datetime(self.0)
    }

    /// A time of the AWS CLI: RFC 3339 text, or seconds since 1970 as version 1 prints them.
    pub fn of_aws(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => text.parse().ok().map(Self),
            Value::Number(seconds) => {
                let whole = seconds.as_i64().or_else(|| {
                    // A time with a fraction; whole seconds are enough.
                    seconds.to_string().split('.').next().and_then(|whole| whole.parse().ok())
                })?;
                Timestamp::from_second(whole).ok().map(Self)
            }
            _ => None,
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut moment = serializer.serialize_struct("Moment", 2)?;
        moment.serialize_field("utc", &self.utc())?;
        moment.serialize_field("japan", &self.japan())?;
        moment.end()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_moment_is_told_in_utc_and_in_japan_time() {
        let moment = Moment("2026-11-22T15:30:00.5Z".parse().unwrap());
        assert_eq!(
            json!(moment),
            json!({"utc": "2026-11-22T15:30:00Z", "japan": "2026-11-23T00:30:00+09:00"})
        );
        assert_eq!(moment.japan_date().to_string(), "2026-11-23");
    }

    #[test]
    fn times_of_both_versions_of_the_aws_cli_are_read() {
        for value in
            [json!("2026-11-23T10:00:00.123000+09:00"), json!(1_795_395_600), json!(1_795_395_600.25)]
        {
            assert_eq!(Moment::of_aws(&value).unwrap().utc(), "2026-11-23T01:00:00Z", "{value}");
        }
        assert_eq!(Moment::of_aws(&json!("yesterday")), None);
    }
}
