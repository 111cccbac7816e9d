//! What looks like a secret, and so must not be written: the field, and why.
//!
//! In: an item as AWS Config has it, and the same scrubbed. Out: findings, never with the value. Keys that say `PASSWORD`
//! count in the original, whatever the scrubbing made of their values; the rest is looked for in what would be written.

use percent_encoding::percent_decode_str;
use regex::Regex;
use sekisho_engine::diagnostic::Diagnostic;
use serde_json::{Map, Value};

use super::position::{self, Position};

/// Parts of the names of environment variables that hold secrets, without `_` and `-`.
const VARIABLES: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "credential",
    "privatekey",
    "accesskey",
];
/// Ends of the names of other fields that do; `httpTokens` is none.
const FIELDS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secretkey",
    "secretaccesskey",
    "secretstring",
    "clientsecret",
    "authtoken",
    "accesstoken",
    "apikey",
    "privatekey",
];
/// What begins so is the name of a secret and not the secret.
const REFERENCES: [&str; 6] = ["arn:", "{{resolve:", "${", "ssm:", "secretsmanager:", "/aws/reference/"];
/// The shortest run of letters and digits that counts as made by chance.
const RUN: usize = 20;
/// The same where only one case of letters is used.
const RUN_ONE_CASE: usize = 24;

/// A field that is not to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The field, as `--redact` takes it.
    pub path: String,
    /// What it looks like.
    pub what: &'static str,
}

/// Finds secrets.
#[derive(Debug, Clone)]
pub struct Secrets {
    private_key: Regex,
    access_key: Regex,
    token: Regex,
    run: Regex,
}

impl Secrets {
    /// Compiles what it looks for.
    ///
    /// # Errors
    /// A pattern does not compile.
    pub fn new() -> Result<Self, Diagnostic> {
        let compile =
            |pattern| Regex::new(pattern).map_err(|error| Diagnostic::new("record", error.to_string()));
        Ok(Self {
            private_key: compile("-----BEGIN [A-Z ]*PRIVATE KEY|-----BEGIN PGP PRIVATE")?,
            access_key: compile("(?:AKIA|ASIA)[A-Z0-9]{16}")?,
            token: compile(
                r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}|gh[opusr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|glpat-[A-Za-z0-9_-]{20,}|sk_live_[A-Za-z0-9]{16,}",
            )?,
            run: compile("[A-Za-z0-9+/=]{20,}")?,
        })
    }

    /// What must not be written of `scrubbed`, which was `original`.
    pub fn find(&self, original: &Value, scrubbed: &Value) -> Vec<Finding> {
        let mut walk = Walk { secrets: self, ancestors: Vec::new(), found: Vec::new() };
        walk.pair("", original, scrubbed, false);
        walk.found
    }

    /// What `text` looks like.
    fn looks_like(&self, text: &str) -> Option<&'static str> {
        if self.private_key.is_match(text) {
            return Some("a private key");
        }
        if self.access_key.find_iter(text).any(|key| !key.as_str()[4..].starts_with("EXAMPLE")) {
            return Some("an access key's id");
        }
        if self.token.is_match(text) {
            return Some("a token");
        }
        self.run
            .find_iter(text)
            .any(|run| is_random(run.as_str()))
            .then_some("a secret: letters and digits by chance")
    }
}

struct Walk<'a> {
    secrets: &'a Secrets,
    ancestors: Vec<String>,
    found: Vec<Finding>,
}

impl Walk<'_> {
    /// The two have the same fields in the same order; their names may differ.
    fn pair(&mut self, path: &str, original: &Value, scrubbed: &Value, is_secret: bool) {
        match (original, scrubbed) {
            (Value::Object(original), Value::Object(scrubbed)) => {
                for ((key, value), (new_key, new_value)) in original.iter().zip(scrubbed) {
                    let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    if let Some(what) = self.secrets.looks_like(new_key) {
                        self.found.push(Finding { path: at.clone(), what });
                    }
                    let is_secret = is_secret_field(&self.ancestors, key, original);
                    self.ancestors.push(key.clone());
                    self.pair(&at, value, new_value, is_secret);
                    self.ancestors.pop();
                }
            }
            (Value::Array(original), Value::Array(scrubbed)) => {
                for (at, (value, new)) in original.iter().zip(scrubbed).enumerate() {
                    self.pair(&format!("{path}[{at}]"), value, new, is_secret);
                }
            }
            (Value::String(original), Value::String(scrubbed)) => {
                self.text(path, original, scrubbed, is_secret);
            }
            _ => {}
        }
    }

    fn text(&mut self, path: &str, original: &str, scrubbed: &str, is_secret: bool) {
        // A document in a text is dropped as a whole: --redact does not reach into it.
        let documents = document(original).zip(document(scrubbed));
        if let Some((original, scrubbed)) = documents {
            let mut inner =
                Walk { secrets: self.secrets, ancestors: self.ancestors.clone(), found: Vec::new() };
            inner.pair("", &original, &scrubbed, is_secret);
            let within = inner.found.into_iter().next();
            self.found.extend(within.map(|finding| Finding { path: path.to_owned(), ..finding }));
            return;
        }
        let what = if is_secret && !is_reference(original) {
            Some("a password or a token, by the field's name")
        } else {
            self.secrets.looks_like(scrubbed)
        };
        self.found.extend(what.map(|what| Finding { path: path.to_owned(), what }));
    }
}

/// JSON in a text, as it is or percent-encoded.
fn document(text: &str) -> Option<Value> {
    let text =
        if text.starts_with("%7B") { percent_decode_str(text).decode_utf8().ok()? } else { text.into() };
    let value: Value = if text.trim_start().starts_with(['{', '[', '"']) {
        serde_json::from_str(&text).ok()?
    } else {
        return None;
    };
    Some(value)
}

/// Whether what stands at `key` is a secret by its name, or by the name beside it (`{name: DB_PASSWORD, value: …}`).
fn is_secret_field(ancestors: &[String], key: &str, parent: &Map<String, Value>) -> bool {
    let plain = |name: &str| name.to_ascii_lowercase().replace(['_', '-'], "");
    let by_variable = |name: &str| VARIABLES.iter().any(|part| plain(name).contains(part));
    if key.eq_ignore_ascii_case("value") {
        let name = ["name", "Name", "key", "Key"].iter().find_map(|name| parent.get(*name)?.as_str());
        return name.is_some_and(by_variable);
    }
    if position::of(ancestors, key, parent) == Position::Variable {
        return by_variable(key);
    }
    FIELDS.iter().any(|end| plain(key).ends_with(end))
}

fn is_reference(text: &str) -> bool {
    let is_word = ["", "true", "false", "null", "none"].contains(&text.to_ascii_lowercase().as_str());
    let is_masked = text.chars().all(|c| c == '*');
    is_word || is_masked || REFERENCES.iter().any(|beginning| text.starts_with(beginning))
}

/// Whether letters and digits follow each other as by chance. Words do not change between upper and lower case and digits
/// every second letter: `AmazonEC2ContainerRegistryReadOnly` does so 11 times in 34 letters, chance two times in three.
fn is_random(run: &str) -> bool {
    let class = |byte: u8| match byte {
        b'a'..=b'z' => 0_u8,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let classes: Vec<u8> = run.bytes().map(class).collect();
    let has = |wanted: u8| classes.contains(&wanted);
    let changes = classes.windows(2).filter(|two| two[0] != two[1]).count();
    let percent = changes * 100 / (classes.len() - 1);
    if has(0) && has(1) && has(2) {
        return classes.len() >= RUN && percent >= 40;
    }
    (has(0) || has(1)) && has(2) && classes.len() >= RUN_ONE_CASE && percent >= 30
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn found(item: &Value) -> Vec<String> {
        Secrets::new().unwrap().find(item, item).into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn what_is_a_secret() {
        for item in [
            json!({"a": "-----BEGIN RSA PRIVATE KEY-----\nMIIE"}),
            json!({"a": "AKIAIOSFODNN7ABCDEFG"}),
            json!({"a": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzKEY1"}),
            json!({"a": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"}),
            json!({"a": "key=k3m9x2v7q1z8w5r4t6y0p3n8"}),
            json!({"a": "{\"b\": {\"masterPassword\": \"hunter2\"}}"}),
            json!({"a": ["x", "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}),
        ] {
            assert_eq!(found(&item).len(), 1, "{item}");
        }
        let variables = json!({"environment": {"variables": {"DB_PASSWORD": "hunter2", "STAGE": "prod"}}});
        assert_eq!(found(&variables), ["environment.variables.DB_PASSWORD"]);
        let pairs =
            json!({"environment": [{"name": "API_TOKEN", "value": "abc"}, {"name": "A", "value": "b"}]});
        assert_eq!(found(&pairs), ["environment[0].value"]);
    }

    #[test]
    fn what_is_none() {
        let item = json!({
            "httpTokens": "required", "passwordLastUsed": "2026-01-01", "requirePassword": true,
            "policyName": "AmazonEC2ContainerRegistryReadOnly", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
            "path": "/aws-service-role/elasticloadbalancing.amazonaws.com/AWSServiceRoleForElasticLoadBalancing",
            "key": "AKIAEXAMPLE000000001", "id": "db-00000000000000000000000001", "arn": "arn:aws:s3:::name-1/AWSLogs/*",
            "environment": {"variables": {
                "DB_SECRET": "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret:name-1", "TOKEN": "{{resolve:ssm:x}}",
            }},
            "masterUserPassword": "****",
        });
        assert_eq!(found(&item), Vec::<String>::new());
    }
}
