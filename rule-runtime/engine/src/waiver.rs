//! Waivers: agreed exceptions, as data beside the policies and not as edits of them.
//!
//! In: `waivers.yaml`, a list. Out: [`Waivers`] that change verdicts while they hold and say so in the annotation, and
//! a problem for each entry that is not fit for use. An entry that is not fit is never applied.

use std::collections::BTreeSet;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::diagnostic::Diagnostic;
use crate::evaluate::Outcome;
use crate::item::ConfigurationItem;
use crate::policy::PolicySet;
use crate::verdict::{Compliance, Verdict};

/// How many days may lie between the approval of a waiver and its last day.
const LONGEST: i64 = 365;

/// One agreed exception.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// Its number in the register of exceptions.
    pub id: String,
    /// The policy that it is about.
    pub policy: String,
    /// What it is for.
    pub scope: Scope,
    /// Why, in Japanese.
    pub reason_ja: String,
    /// Why, in English.
    pub reason_en: String,
    /// Who bears the risk.
    pub risk_owner: String,
    /// Who agreed, and when.
    pub approver: Approver,
    /// What is done instead.
    pub compensating_control: String,
    /// Its last day, whole.
    #[schemars(with = "String", extend("format" = "date"))]
    pub expires_on: Date,
    /// Where the day ends.
    #[serde(default = "tokyo")]
    pub timezone: String,
    /// Where it was discussed.
    #[serde(default)]
    pub ticket: Option<String>,
    /// The clauses that it concerns.
    #[serde(default)]
    pub clauses: Vec<String>,
    /// What is reported while it holds.
    #[serde(default)]
    pub result_while_active: ResultWhileActive,
}

/// Who agreed to a waiver.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// The name or the office.
    pub name: String,
    /// It holds from this day on.
    #[schemars(with = "String", extend("format" = "date"))]
    pub approved_on: Date,
}

/// What a waiver is for: all that is given has to fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// 12 digits.
    #[serde(default)]
    pub account: Option<String>,
    /// A region.
    #[serde(default)]
    pub region: Option<String>,
    /// `AWS::S3::Bucket`.
    #[serde(default)]
    pub resource_type: Option<String>,
    /// An id.
    #[serde(default)]
    pub resource_id: Option<String>,
    /// An ARN; `*` stands for anything.
    #[serde(default)]
    pub resource_arn: Option<String>,
    /// `Key=Value`, or `Key` with any value.
    #[serde(default)]
    pub tag: Option<String>,
}

/// What is reported of a resource while its waiver holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResultWhileActive {
    /// The resource does not count.
    #[default]
    NotApplicable,
    /// The resource counts as good.
    Compliant,
}

/// What a verdict says of the waiver that concerns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waived {
    /// Its number.
    pub id: String,
    /// Its last day.
    pub expires_on: Date,
    /// It holds no more, and the resource counts again.
    pub expired: bool,
    /// Who bears the risk.
    pub risk_owner: String,
}

fn tokyo() -> String {
    "Asia/Tokyo".to_owned()
}

/// The waivers that are fit for use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waivers {
    waivers: Vec<Waiver>,
}

impl Waivers {
    /// Reads the file `name`; the problems are of the entries that are left out.
    ///
    /// # Errors
    /// It is no YAML list at all.
    pub fn parse(name: &str, text: &str) -> Result<(Self, Vec<Diagnostic>), Diagnostic> {
        let place = |problem: Diagnostic, line: u64, column: u64| {
            problem.at(usize::try_from(line).unwrap_or(0), usize::try_from(column).unwrap_or(0)).source(text)
        };
        if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok((Self::default(), Vec::new()));
        }
        let entries: Vec<Spanned<Value>> = serde_saphyr::from_str(text).map_err(|error| {
            let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
            let message = error.without_snippet().to_string();
            let message = message.lines().next().unwrap_or_default().to_owned();
            place(
                Diagnostic::new(name, message)
                    .help("expected a list of waivers; docs/policy-contract.md shows one"),
                line,
                column,
            )
        })?;
        let (mut waivers, mut problems) = (Self::default(), Vec::new());
        let mut ids = BTreeSet::new();
        for (index, entry) in entries.into_iter().enumerate() {
            let (line, column) = (entry.referenced.line(), entry.referenced.column());
            let id = entry.value.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
            let mut problem = |field: &str, message: String| {
                let path = format!("[{index}]{}{field}", if field.is_empty() { "" } else { "." });
                let help = "the waiver is not applied; mend it, or take it out";
                problems.push(place(Diagnostic::new(name, message).field(path).help(help), line, column));
            };
            match serde_json::from_value::<Waiver>(entry.value) {
                Err(error) => problem("", error.to_string()),
                Ok(waiver) => {
                    let found = waiver.problems();
                    let again = !ids.insert(id);
                    if again {
                        problem("id", format!("\"{}\" is used by two waivers", waiver.id));
                    } else if found.is_empty() {
                        waivers.waivers.push(waiver);
                    }
                    found.into_iter().for_each(|(field, message)| problem(field, message));
                }
            }
        }
        Ok((waivers, problems))
    }

    /// Those that are about a policy that does not exist.
    pub fn check_policies(&self, name: &str, set: &PolicySet) -> Vec<Diagnostic> {
        let unknown = self.waivers.iter().filter(|waiver| set.get(&waiver.policy).is_none());
        unknown
            .map(|waiver| {
                let message = format!(
                    "waiver {} is about \"{}\", and there is no such policy",
                    waiver.id, waiver.policy
                );
                Diagnostic::new(name, message).field("policy").help("check the policy's id")
            })
            .collect()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.waivers.is_empty()
    }

    /// Changes the verdicts of `outcome`, which are of `item`, where a waiver is for them; says which were used.
    /// An error of a policy is never waived.
    pub fn apply(&self, outcome: &mut Outcome, item: &ConfigurationItem, now: Timestamp) -> Vec<String> {
        let mut used = Vec::new();
        for verdict in &mut outcome.verdicts {
            if verdict.compliance != Compliance::NonCompliant {
                continue;
            }
            // One that holds comes before one that has expired.
            let fitting =
                self.waivers.iter().filter(|waiver| waiver.fits(verdict, item) && waiver.begins() <= now);
            let Some(waiver) = fitting.max_by_key(|waiver| (waiver.ends() > now, waiver.expires_on)) else {
                continue;
            };
            let expired = waiver.ends() <= now;
            used.push(waiver.id.clone());
            verdict.waiver = Some(Waived {
                id: waiver.id.clone(),
                expires_on: waiver.expires_on,
                expired,
                risk_owner: waiver.risk_owner.clone(),
            });
            if !expired {
                verdict.compliance = match waiver.result_while_active {
                    ResultWhileActive::NotApplicable => Compliance::NotApplicable,
                    ResultWhileActive::Compliant => Compliance::Compliant,
                };
            }
        }
        used
    }

    /// The waivers about one of `policies` that are not among those `used`: after a run over everything they are for
    /// nothing.
    pub fn unmatched<'a>(&'a self, policies: &[&str], used: &BTreeSet<String>) -> Vec<&'a str> {
        let unmatched =
            |waiver: &&Waiver| policies.contains(&waiver.policy.as_str()) && !used.contains(&waiver.id);
        self.waivers.iter().filter(unmatched).map(|waiver| waiver.id.as_str()).collect()
    }
}

impl Waiver {
    /// Field and message of each problem beside its form.
    fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        for (field, text) in [
            ("id", &self.id),
            ("policy", &self.policy),
            ("reason_ja", &self.reason_ja),
            ("reason_en", &self.reason_en),
            ("risk_owner", &self.risk_owner),
            ("approver.name", &self.approver.name),
            ("compensating_control", &self.compensating_control),
        ] {
            if text.trim().is_empty() {
                problems.push((field, "is empty".to_owned()));
            }
        }
        if self.scope == Scope::default() {
            problems.push(("scope", "is empty; say at least the account".to_owned()));
        }
        if TimeZone::get(&self.timezone).is_err() {
            problems
                .push(("timezone", format!("is \"{}\", expected a name such as Asia/Tokyo", self.timezone)));
        }
        let days = self
            .approver
            .approved_on
            .until(self.expires_on)
            .map_or(i64::MAX, |span| i64::from(span.get_days()));
        if days < 0 {
            problems.push(("expires_on", "is before the approval".to_owned()));
        } else if days > LONGEST {
            let message = format!("is {days} days after the approval, at most {LONGEST} are allowed");
            problems.push(("expires_on", message));
        }
        problems
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC)
    }

    fn begins(&self) -> Timestamp {
        midnight(self.approver.approved_on, &self.zone()).unwrap_or(Timestamp::MAX)
    }

    /// The first moment after its last day. What cannot be computed has ended.
    fn ends(&self) -> Timestamp {
        let after = self.expires_on.checked_add(Span::new().days(1)).ok();
        after.and_then(|day| midnight(day, &self.zone())).unwrap_or(Timestamp::MIN)
    }

    fn fits(&self, verdict: &Verdict, item: &ConfigurationItem) -> bool {
        let Scope { account, region, resource_type, resource_id, resource_arn, tag } = &self.scope;
        let own = verdict.resource == item.resource;
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        self.policy == verdict.policy_id
            && is(account, verdict.account_id.as_deref())
            && is(region, verdict.region.as_deref())
            && is(resource_type, Some(&verdict.resource.resource_type))
            && is(resource_id, Some(&verdict.resource.resource_id))
            && resource_arn.as_deref().is_none_or(|pattern| {
                // The id of some types is their ARN; of a resource that a policy names nothing else is known.
                let arn = if own { item.arn.as_deref() } else { None };
                arn.into_iter()
                    .chain([verdict.resource.resource_id.as_str()])
                    .any(|arn| matches(pattern, arn))
            })
            && tag.as_deref().is_none_or(|tag| own && has_tag(item, tag))
    }
}

fn midnight(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(day.to_datetime(jiff::civil::Time::midnight())).ok()
}

fn has_tag(item: &ConfigurationItem, wanted: &str) -> bool {
    let (key, value) = wanted.split_once('=').map_or((wanted, None), |(key, value)| (key, Some(value)));
    let found = item.document.get("tags").and_then(|tags| tags.get(key)).and_then(Value::as_str);
    found.is_some_and(|found| value.is_none_or(|value| value == found))
}

/// Whether `text` has the form of `pattern`, in which `*` is any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::policy::Severity;
    use crate::verdict::Reason;
    use serde_json::json;

    const ENTRY: &str = "- id: W-1
  policy: p
  scope: {account: \"123456789012\"}
  reason_ja: 移行中
  reason_en: being moved
  risk_owner: 情報システム部長
  approver: {name: 安全管理責任者, approved_on: 2026-04-01}
  compensating_control: 毎週の手動確認
  expires_on: 2027-03-31
";

    fn item() -> ConfigurationItem {
        let item = json!({
            "resourceType": "AWS::S3::Bucket", "resourceId": "b", "awsAccountId": "123456789012",
            "awsRegion": "ap-northeast-1", "ARN": "arn:aws:s3:::b", "tags": {"Env": "test"}
        });
        ConfigurationItem::from_map(item.as_object().unwrap().clone(), "f", "").unwrap()
    }

    fn outcome(item: &ConfigurationItem) -> Outcome {
        let verdict = Verdict {
            policy_id: "p".into(),
            severity: Severity::High,
            resource: item.resource.clone(),
            account_id: item.account_id.clone(),
            region: item.region.clone(),
            compliance: Compliance::NonCompliant,
            reasons: vec![Reason { msg: "off".into(), msg_ja: None }],
            capture_time: None,
            waiver: None,
        };
        Outcome { verdicts: vec![verdict], ..Outcome::default() }
    }

    fn good(text: &str) -> Waivers {
        let (waivers, problems) = Waivers::parse("waivers.yaml", text).unwrap();
        assert_eq!(problems, []);
        waivers
    }

    /// The verdict at a time, and whether the waiver had expired.
    fn at(waivers: &Waivers, now: &str) -> (Compliance, Option<bool>) {
        let item = item();
        let mut outcome = outcome(&item);
        waivers.apply(&mut outcome, &item, now.parse().unwrap());
        let verdict = &outcome.verdicts[0];
        assert_eq!(verdict.reasons.len(), 1, "the reasons stay");
        (verdict.compliance, verdict.waiver.as_ref().map(|waiver| waiver.expired))
    }

    #[test]
    fn it_holds_from_its_approval_to_the_end_of_its_last_day_in_japan() {
        let waivers = good(ENTRY);
        assert_eq!(at(&waivers, "2026-03-31T14:59:59Z"), (Compliance::NonCompliant, None));
        assert_eq!(at(&waivers, "2026-03-31T15:00:00Z"), (Compliance::NotApplicable, Some(false)));
        assert_eq!(at(&waivers, "2027-03-31T14:59:59Z"), (Compliance::NotApplicable, Some(false)));
        assert_eq!(at(&waivers, "2027-03-31T15:00:00Z"), (Compliance::NonCompliant, Some(true)));
        let utc = good(&format!("{ENTRY}  timezone: UTC\n  result_while_active: COMPLIANT\n"));
        assert_eq!(at(&utc, "2027-03-31T23:59:59Z"), (Compliance::Compliant, Some(false)));
    }

    #[test]
    fn every_part_of_the_scope_has_to_fit() {
        let now = "2026-11-23T00:00:00Z";
        for (scope, fits) in [
            ("{account: \"123456789012\", region: ap-northeast-1}", true),
            ("{account: \"123456789012\", region: us-east-1}", false),
            ("{resource_id: b, resource_type: AWS::S3::Bucket}", true),
            ("{resource_id: c}", false),
            ("{resource_type: AWS::SNS::Topic}", false),
            ("{resource_arn: \"arn:aws:s3:::b\"}", true),
            ("{resource_arn: \"arn:*:s3:::*\"}", true),
            ("{resource_arn: \"arn:aws:s3:::*c\"}", false),
            ("{tag: Env}", true),
            ("{tag: Env=test}", true),
            ("{tag: Env=live}", false),
            ("{tag: Team}", false),
        ] {
            let waivers = good(&ENTRY.replace("{account: \"123456789012\"}", scope));
            assert_eq!(at(&waivers, now).1.is_some(), fits, "{scope}");
        }
        assert_eq!(at(&good(&ENTRY.replace("policy: p", "policy: q")), now).1, None);
    }

    #[test]
    fn what_is_not_fit_for_use_is_named_and_never_applied() {
        for (from, to, part) in [
            ("  expires_on: 2027-03-31\n", "", "expires_on"),
            ("  risk_owner: 情報システム部長\n", "", "risk_owner"),
            ("  approver: {name: 安全管理責任者, approved_on: 2026-04-01}\n", "", "approver"),
            ("安全管理責任者", "\"\"", "approver.name: is empty"),
            ("expires_on: 2027-03-31", "expires_on: 2027-04-02", "366 days"),
            ("expires_on: 2027-03-31", "expires_on: 2026-03-31", "before the approval"),
            ("{account: \"123456789012\"}", "{}", "scope: is empty"),
            ("  risk_owner", "  risc_owner", "risc_owner"),
            ("reason_ja: 移行中", "reason_ja: 移行中\n  timezone: Japan/Edo", "expected a name"),
        ] {
            let text = ENTRY.replace(from, to);
            let (waivers, problems) =
                Waivers::parse("w.yaml", &format!("{text}{}", ENTRY.replace("W-1", "W-2"))).unwrap();
            let text = problems.iter().map(ToString::to_string).collect::<String>();
            assert!(problems.len() == 1 && text.contains(part), "{part}: {text}");
            assert!(problems[0].line.is_some());
            assert_eq!(waivers.unmatched(&["p"], &BTreeSet::new()), ["W-2"], "{part}");
        }
        let (waivers, problems) = Waivers::parse("w.yaml", &format!("{ENTRY}{ENTRY}")).unwrap();
        assert!(problems.len() == 1 && waivers.waivers.len() == 1, "{problems:?}");
        assert!(Waivers::parse("w.yaml", "a: b").is_err());
        assert!(Waivers::parse("w.yaml", "# none\n").unwrap().0.is_empty());
    }

    #[test]
    fn exactly_365_days_are_allowed() {
        good(&ENTRY.replace("expires_on: 2027-03-31", "expires_on: 2027-04-01"));
        // A leap day counts as a day.
        let leap = ENTRY.replace("approved_on: 2026-04-01", "approved_on: 2027-04-01");
        good(&leap.replace("2027-03-31", "2028-03-31"));
    }

    #[test]
    fn one_that_holds_comes_before_one_that_has_expired() {
        let old = ENTRY.replace("W-1", "W-0").replace("2027-03-31", "2026-06-30");
        let waivers = good(&format!("{old}{ENTRY}"));
        assert_eq!(at(&waivers, "2026-11-23T00:00:00Z"), (Compliance::NotApplicable, Some(false)));
        assert_eq!(waivers.unmatched(&["p"], &BTreeSet::from(["W-1".to_owned()])), ["W-0"]);
        assert!(waivers.unmatched(&["q"], &BTreeSet::new()).is_empty());
    }
}
