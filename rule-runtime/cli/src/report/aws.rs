//! AWS Config's own results, as the AWS CLI saves them.
//!
//! In: the answers of `get-compliance-details-by-config-rule`, `describe-compliance-by-config-rule`, `describe-config-rules`
//! and `describe-config-rule-evaluation-status`. Out: rows and runs in [`Results`]. AWS Config knows rules, not policies:
//! `describe-config-rules` tells which policies a rule has and with which parameters; without it a rule is known by its
//! name, and its parameters are not.

use std::collections::BTreeMap;
use std::sync::Arc;

use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::policy::{Policy, PolicySet};
use sekisho_engine::verdict::Reason;
use serde_json::{Map, Value};

use super::read::{Results, Run};
use super::register::text;
use super::{Finding, Moment, Row, both};

/// What the AWS CLI saved, before the rules are resolved.
#[derive(Debug, Default)]
pub struct Aws {
    details: BTreeMap<String, Vec<Detail>>,
    summaries: BTreeMap<String, Finding>,
    rules: BTreeMap<String, Vec<Rule>>,
    failed: BTreeMap<String, String>,
    cut_off: Vec<String>,
}

/// The list that an answer has, the command that gives it, and what reads an element.
type Kind = (&'static str, &'static str, fn(&mut Aws, &Value) -> Option<()>);

#[derive(Debug)]
struct Detail {
    resource_type: String,
    resource_id: String,
    finding: Finding,
    annotation: Option<String>,
    ordering: Option<Moment>,
    recorded: Option<Moment>,
}

#[derive(Debug)]
struct Rule {
    parameters: Map<String, Value>,
    account: Option<String>,
    region: Option<String>,
}

impl Aws {
    /// Takes `document` where it is one of the answers, and says which.
    pub(super) fn add(&mut self, file: &str, document: &Value) -> Result<Option<&'static str>, Diagnostic> {
        let kinds: [Kind; 4] = [
            ("EvaluationResults", "aws configservice get-compliance-details-by-config-rule", Self::detail),
            (
                "ComplianceByConfigRules",
                "aws configservice describe-compliance-by-config-rule",
                Self::summary,
            ),
            ("ConfigRules", "aws configservice describe-config-rules", Self::rule),
            (
                "ConfigRulesEvaluationStatus",
                "aws configservice describe-config-rule-evaluation-status",
                Self::status,
            ),
        ];
        for (field, kind, read) in kinds {
            let Some(list) = document.get(field).and_then(Value::as_array) else { continue };
            for (at, element) in list.iter().enumerate() {
                read(self, element).ok_or_else(|| {
                    Diagnostic::new(file, "is not as AWS Config answers: a name or a result is missing")
                        .field(format!("{field}[{at}]"))
                        .help(format!("save it again with {kind}"))
                })?;
            }
            if text(document, &["NextToken"]).is_some() {
                self.cut_off.push(file.to_owned());
            }
            return Ok(Some(kind));
        }
        Ok(None)
    }

    fn detail(&mut self, element: &Value) -> Option<()> {
        let qualifier = element.get("EvaluationResultIdentifier")?.get("EvaluationResultQualifier")?;
        let ordering = element.get("EvaluationResultIdentifier")?.get("OrderingTimestamp");
        self.details.entry(text(qualifier, &["ConfigRuleName"])?).or_default().push(Detail {
            resource_type: text(qualifier, &["ResourceType"])?,
            resource_id: text(qualifier, &["ResourceId"])?,
            finding: finding(element.get("ComplianceType")?)?,
            annotation: text(element, &["Annotation"]),
            ordering: ordering.and_then(Moment::of_aws),
            recorded: element.get("ResultRecordedTime").and_then(Moment::of_aws),
        });
        Some(())
    }

    fn summary(&mut self, element: &Value) -> Option<()> {
        let found = match element.get("Compliance") {
            None => Finding::Unknown,
            Some(compliance) => finding(compliance.get("ComplianceType")?)?,
        };
        let known = self.summaries.entry(text(element, &["ConfigRuleName"])?).or_insert(found);
        *known = found.max(*known);
        Some(())
    }

    fn rule(&mut self, element: &Value) -> Option<()> {
        let parameters = match text(element, &["InputParameters"]) {
            None => Map::new(),
            Some(text) => serde_json::from_str(&text).ok()?,
        };
        let arn = text(element, &["ConfigRuleArn"]).unwrap_or_default();
        let mut parts = arn.split(':').skip(3).map(ToOwned::to_owned).filter(|part| !part.is_empty());
        let (region, account) = (parts.next(), parts.next());
        let name = text(element, &["ConfigRuleName"])?;
        self.rules.entry(name).or_default().push(Rule { parameters, account, region });
        Some(())
    }

    fn status(&mut self, element: &Value) -> Option<()> {
        let name = text(element, &["ConfigRuleName"])?;
        let time = |field: &str| element.get(field).and_then(Moment::of_aws);
        let failed = time("LastFailedEvaluationTime");
        if failed.is_some() && failed >= time("LastSuccessfulEvaluationTime") {
            let code = text(element, &["LastErrorCode"]).unwrap_or_default();
            let message = text(element, &["LastErrorMessage"]).unwrap_or_default();
            self.failed.insert(name, format!("{code} {message}").trim().to_owned());
        }
        Some(())
    }
}

fn finding(value: &Value) -> Option<Finding> {
    serde_json::from_value(value.clone()).ok()
}

impl Results {
    /// Puts what AWS Config says into rows and runs, rule by rule.
    pub fn resolve(&mut self, set: &PolicySet) {
        let aws = std::mem::take(&mut self.aws);
        for file in aws.cut_off {
            self.incomplete.push(both(
                format!("{file}: 途中で切れている(NextTokenがある)。すべてのページを保存し直してください"),
                format!("{file}: cut off (it has a NextToken); save all pages"),
            ));
        }
        let mut details = aws.details;
        let mut names: Vec<String> = details.keys().chain(aws.summaries.keys()).cloned().collect();
        names.extend(aws.failed.keys().cloned());
        names.sort();
        names.dedup();
        for name in names {
            let rules = aws.rules.get(&name).map(Vec::as_slice).unwrap_or_default();
            let policies = policies_of(set, &name, rules);
            if policies.is_empty() {
                self.notes.push(both(
                    format!("ConfigルールにSekishoのポリシーが見つからないため、集計していない: {name}"),
                    format!("the AWS Config rule {name} has no policy that is known here; it is left out"),
                ));
                continue;
            }
            let details = details.remove(&name).unwrap_or_default();
            let at = details.iter().filter_map(|detail| detail.recorded).max();
            for policy in &policies {
                self.add_runs(policy, rules, at);
                if let Some(message) = aws.failed.get(&name) {
                    self.failures.entry(policy.id().to_owned()).or_default().push(both(
                        format!("Configルール{name}の直近の評価が失敗している: {message}"),
                        format!("the last evaluation of the AWS Config rule {name} failed: {message}"),
                    ));
                }
            }
            let summary = aws.summaries.get(&name).copied();
            self.add_rows(&name, summary, &details, &policies, rules);
        }
    }

    fn add_runs(&mut self, policy: &Arc<Policy>, rules: &[Rule], at: Option<Moment>) {
        if rules.is_empty() {
            self.run(policy.id().to_owned(), Run { parameters: None, at });
        }
        for rule in rules {
            let parameters = policy.metadata.parameters.apply(&rule.parameters).ok();
            self.run(policy.id().to_owned(), Run { parameters, at });
        }
    }

    fn add_rows(
        &mut self,
        name: &str,
        summary: Option<Finding>,
        details: &[Detail],
        policies: &[Arc<Policy>],
        rules: &[Rule],
    ) {
        // Two accounts may have rules of one name: then nobody knows whose resource it is.
        let rule = if let [rule] = rules { Some(rule) } else { None };
        let row = |resource_type: &str, resource_id: &str, finding| Row {
            resource_type: resource_type.to_owned(),
            resource_id: resource_id.to_owned(),
            account_id: rule.and_then(|rule| rule.account.clone()),
            region: rule.and_then(|rule| rule.region.clone()),
            finding,
            reasons: Vec::new(),
            waiver: None,
            captured_at: None,
        };
        for detail in details {
            for (policy, finding) in shares(detail, policies) {
                let mut row = row(&detail.resource_type, &detail.resource_id, finding);
                row.captured_at = detail.ordering;
                let said = detail.annotation.as_ref().filter(|_| finding != Finding::Compliant);
                row.reasons.extend(said.map(|text| Reason { msg: text.clone(), msg_ja: None }));
                if finding == Finding::Unknown && detail.finding != Finding::Unknown {
                    row.reasons.push(Reason {
                        msg: "the result of AWS Config is that of all policies of the rule".to_owned(),
                        msg_ja: Some(
                            "Configの結果はルール全体のもので、このポリシーの結果は分からない".to_owned(),
                        ),
                    });
                }
                self.rows.entry(policy.id().to_owned()).or_default().push(row);
            }
        }
        // The rule's own result stands where its resources were not saved, or where they do not explain it.
        let worst = details.iter().map(|detail| detail.finding).max();
        let Some(summary) = summary else { return };
        if details.is_empty() || (summary == Finding::NonCompliant && worst != Some(summary)) {
            for policy in policies {
                let alone = policies.len() == 1 || summary == Finding::Compliant;
                let finding = if alone { summary } else { Finding::Unknown };
                let row = row("AWS::Config::ConfigRule", name, finding);
                self.rows.entry(policy.id().to_owned()).or_default().push(row);
            }
        }
    }
}

/// The policies of a rule: what its parameter `policy` names, else the one that its name ends with.
fn policies_of(set: &PolicySet, name: &str, rules: &[Rule]) -> Vec<Arc<Policy>> {
    let named: Vec<&str> =
        rules.iter().filter_map(|rule| rule.parameters.get("policy").and_then(Value::as_str)).collect();
    if !named.is_empty() {
        return set.select(&named.join(",")).policies;
    }
    // A conformance pack puts its own name behind that of each rule.
    let name = name.split("-conformance-pack-").next().unwrap_or(name);
    let fits = |policy: &&Arc<Policy>| {
        name.strip_suffix(policy.id()).is_some_and(|before| before.is_empty() || before.ends_with('-'))
    };
    set.policies().filter(fits).max_by_key(|policy| policy.id().len()).cloned().into_iter().collect()
}

/// What the result of one resource says of each policy of the rule. AWS Config keeps one result for all of them: who
/// denied is named in brackets in the annotation, and where that was cut nobody knows of the others.
fn shares<'a>(detail: &Detail, policies: &'a [Arc<Policy>]) -> Vec<(&'a Arc<Policy>, Finding)> {
    if let [policy] = policies {
        return vec![(policy, detail.finding)];
    }
    let judges = |policy: &&Arc<Policy>| {
        policy.has_judged || policy.metadata.resource_types.contains(&detail.resource_type)
    };
    let annotation = detail.annotation.as_deref().unwrap_or_default();
    let names = |policy: &Arc<Policy>| annotation.contains(&format!("[{}]", policy.id()));
    let share = |policy: &Arc<Policy>| match detail.finding {
        Finding::NonCompliant if names(policy) => Finding::NonCompliant,
        Finding::NonCompliant => Finding::Unknown,
        // One of the policies judged it so; this one may have said NOT_APPLICABLE.
        Finding::Compliant if policy.has_not_applicable => Finding::Unknown,
        finding => finding,
    };
    policies.iter().filter(judges).map(|policy| (policy, share(policy))).collect()
}
