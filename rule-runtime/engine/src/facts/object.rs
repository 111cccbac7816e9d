//! Objects as facts: CSV, JSON, YAML or text, in any encoding that a roster may have.
//!
//! In: bytes, and how they are to be read. Out: the value of the provider `s3-object`.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::ObjectFormat;
use super::roster::text::{self, RosterEncoding};
use crate::diagnostic::Diagnostic;
use crate::item::load::json_problem;
use crate::item::time;

/// Reads the object at `source`; by the ending of its name where `format` does not say.
///
/// # Errors
/// It is not of its format, with the place.
pub fn parse(
    source: &str,
    last_modified: Option<Timestamp>,
    bytes: &[u8],
    format: Option<ObjectFormat>,
) -> Result<Value, Diagnostic> {
    let decoded = text::decode(bytes, RosterEncoding::Auto)
        .map_err(|error| Diagnostic::new(source, error.msg).help("save it as UTF-8"))?;
    if decoded.text.contains(text::UNREADABLE) {
        return Err(Diagnostic::new(source, "holds bytes that are no text").help("save it as UTF-8"));
    }
    let mut object = json!({
        "source": source, "last_modified": last_modified.map(time::format), "encoding": decoded.encoding,
    });
    let (name, value) = match format.unwrap_or_else(|| by_name(source)) {
        ObjectFormat::Csv => ("rows", rows(source, &decoded.text)?),
        ObjectFormat::Json => {
            let document = serde_json::from_str(&decoded.text)
                .map_err(|error| json_problem(source, &decoded.text, &error))?;
            ("document", document)
        }
        ObjectFormat::Yaml => ("document", yaml(source, &decoded.text)?),
        ObjectFormat::Text => ("text", decoded.text.into()),
    };
    object[name] = value;
    Ok(object)
}

fn by_name(name: &str) -> ObjectFormat {
    match name.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => ObjectFormat::Csv,
        Some("json") => ObjectFormat::Json,
        Some("yaml" | "yml") => ObjectFormat::Yaml,
        _ => ObjectFormat::Text,
    }
}

fn yaml(source: &str, text: &str) -> Result<Value, Diagnostic> {
    serde_saphyr::from_str(text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = error.without_snippet().to_string();
        Diagnostic::new(source, message.lines().next().unwrap_or_default().to_owned())
            .at(usize::try_from(line).unwrap_or(0), usize::try_from(column).unwrap_or(0))
            .source(text)
            .help("mend the YAML")
    })
}

/// One object a row, by the names of the first line, with `line`.
fn rows(source: &str, text: &str) -> Result<Value, Diagnostic> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let problem = |error: csv::Error| {
        let line = error.position().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
        Diagnostic::new(source, error.to_string())
            .at(line, 0)
            .help("every line needs as many fields as the first")
    };
    let header = reader.headers().map_err(problem)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(problem)?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields = header.iter().zip(&record).map(|(name, value)| (name.to_owned(), Value::from(value)));
        let mut row: Map<String, Value> = fields.collect();
        row.insert("line".into(), line.into());
        rows.push(row.into());
    }
    Ok(Value::Array(rows))
}

/// The value of the provider `iam-credential-report` from the CSV of IAM.
///
/// # Errors
/// It is not such a report.
pub fn credential_report(text: &str, generated: Timestamp) -> Result<Value, Diagnostic> {
    const NAME: &str = "credential report";
    let Value::Array(mut users) = rows(NAME, text)? else {
        return Err(Diagnostic::new(NAME, "has no rows"));
    };
    for user in &mut users {
        let Some(user) = user.as_object_mut() else {
            continue;
        };
        user.shift_remove("line");
        for column in ["user", "arn", "password_enabled", "mfa_active"] {
            if !user.contains_key(column) {
                return Err(Diagnostic::new(NAME, "is missing; is this a credential report?").field(column));
            }
        }
        for (name, value) in user.iter_mut().filter(|(name, _)| *name != "user") {
            *value = typed(name, value.as_str().unwrap_or_default());
        }
    }
    Ok(json!({"GeneratedTime": time::format(generated), "users": users}))
}

fn typed(column: &str, text: &str) -> Value {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        "N/A" | "no_information" | "not_supported" | "" => Value::Null,
        _ if column == "arn" || column.ends_with("_region") || column.ends_with("_service") => text.into(),
        _ => time::parse(&text.into()).map_or_else(|| text.into(), |time| time::format(time).into()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use encoding_rs::SHIFT_JIS;

    #[test]
    fn every_format_in_every_encoding() {
        let csv = SHIFT_JIS.encode("委託先,アカウント\n㈱髙橋, 123456789012 \n").0;
        let object = parse("s3://b/vendors.csv", None, &csv, None).unwrap();
        assert_eq!(object["encoding"], "CP932");
        assert_eq!(object["rows"], json!([{"委託先": "㈱髙橋", "アカウント": "123456789012", "line": 2}]));
        let yaml = parse("s3://b/register.yaml", None, b"\xef\xbb\xbfitems: [a]\n", None).unwrap();
        assert_eq!(yaml["document"], json!({"items": ["a"]}));
        let json = parse("x", None, b"{\"a\": 1}", Some(ObjectFormat::Json)).unwrap();
        assert_eq!(json["document"]["a"], 1);
        assert_eq!(parse("x", None, "本文".as_bytes(), None).unwrap()["text"], "本文");
    }

    #[test]
    fn what_is_broken_is_named_with_its_place() {
        let place =
            |name: &str, text: &str| parse(name, None, text.as_bytes(), None).unwrap_err().to_string();
        assert!(place("a.yaml", "a: [1\nb: 2").starts_with("a.yaml:"), "{}", place("a.yaml", "a: [1\nb: 2"));
        assert!(place("a.json", "{\n\"a\": }").starts_with("a.json:2:"));
        assert!(place("a.csv", "a,b\n1\n").starts_with("a.csv:2"));
    }

    #[test]
    fn a_credential_report_is_typed() {
        let text = "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_used_region\n\
                    <root_account>,arn:aws:iam::1:root,2019-04-01T00:00:00+00:00,not_supported,no_information,true,false,N/A\n\
                    suzuki,arn:aws:iam::1:user/suzuki,2024-04-01T09:00:00+09:00,true,2026-10-01T09:12:00Z,false,true,ap-northeast-1\n";
        let report = credential_report(text, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(report["GeneratedTime"], "1970-01-01T00:00:00.000Z");
        assert_eq!(report["users"][0]["user"], "<root_account>");
        assert_eq!(report["users"][0]["password_enabled"], Value::Null);
        assert_eq!(report["users"][0]["mfa_active"], true);
        assert_eq!(report["users"][1]["user_creation_time"], "2024-04-01T00:00:00.000Z");
        assert_eq!(report["users"][1]["password_last_used"], "2026-10-01T09:12:00.000Z");
        assert_eq!(report["users"][1]["access_key_1_last_used_region"], "ap-northeast-1");
        assert!(report["users"][1].get("line").is_none());
        assert!(credential_report("a,b\n1,2\n", Timestamp::UNIX_EPOCH).is_err());
    }
}
