//! The page of a policy in the book: why, an item that fails and one that passes, parameters, clauses, what to set.

use std::fs;

use sekisho_engine::guideline::{Clause, Guideline};
use sekisho_engine::policy::{Policy, Severity, Trigger};
use sekisho_engine::verdict::Compliance;
use serde_json::Value;

use crate::fixture::Case;

/// Lines of an example that are shown.
const SHOWN: usize = 60;

/// The book's settings.
pub const BOOK: &str = "# Made by `sekisho docs`.\n[book]\ntitle = \"Sekisho\"\nlanguage = \"en\"\nsrc = \"src\"\n\n\
                        [build]\nbuild-dir = \"html\"\n\n[output.html]\nno-section-label = true\n";

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageLanguage {
    /// English.
    English,
    /// Japanese.
    Japanese,
}

impl PageLanguage {
    /// Its folder within the book.
    pub const fn folder(self) -> &'static str {
        self.choose("en", "ja")
    }

    /// The part of the book.
    pub const fn heading(self) -> &'static str {
        self.choose("Policies", "ポリシー")
    }

    /// The page with all policies.
    pub const fn index(self) -> &'static str {
        self.choose("All policies", "ポリシー一覧")
    }

    /// The policy's title.
    pub fn title(self, policy: &Policy) -> &str {
        match self {
            Self::English => &policy.metadata.title,
            Self::Japanese => &policy.metadata.title_ja,
        }
    }

    const fn choose(self, english: &'static str, japanese: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Japanese => japanese,
        }
    }

    const fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Critical => self.choose("critical", "重大"),
            Severity::High => self.choose("high", "高"),
            Severity::Medium => self.choose("medium", "中"),
            Severity::Low => self.choose("low", "低"),
        }
    }

    const fn trigger(self, trigger: Trigger) -> &'static str {
        match trigger {
            Trigger::Change => self.choose("when a resource changes", "リソースの変更時"),
            Trigger::Periodic => self.choose("on a schedule", "定期"),
            Trigger::Both => {
                self.choose("when a resource changes, and on a schedule", "リソースの変更時と定期")
            }
        }
    }
}

/// The first page.
pub fn welcome(policies: usize, has_tutorial: bool) -> String {
    let tutorial = if has_tutorial { "- [A policy in five minutes](tutorial.md)\n" } else { "" };
    format!(
        "# Sekisho\n\nPolicy as code for AWS Config: what each of the {} looks at, what fails and what passes, and what to \
         set.\n\n{tutorial}- [All policies](en/index.md)\n- [ポリシー一覧](ja/index.md)\n",
        super::policies(policies)
    )
}

/// All policies, the most severe first.
pub fn index<'a>(language: PageLanguage, policies: impl Iterator<Item = &'a Policy>) -> String {
    let mut policies: Vec<&Policy> = policies.collect();
    policies.sort_by_key(|policy| (policy.metadata.severity, policy.id().to_owned()));
    let mut text = format!("# {}\n\n", language.index());
    text.push_str(language.choose(
        "| Policy | | Severity | Judged |\n|---|---|---|---|\n",
        "| ポリシー | | 重要度 | 評価の契機 |\n|---|---|---|---|\n",
    ));
    for policy in policies {
        text.push_str(&format!(
            "| [`{id}`]({id}.md) | {} | {} | {} |\n",
            cell(language.title(policy)),
            language.severity(policy.metadata.severity),
            language.trigger(policy.metadata.trigger),
            id = policy.id(),
        ));
    }
    text
}

/// The page of `policy`.
pub fn page(
    language: PageLanguage,
    policy: &Policy,
    cases: &[&Case],
    clauses: &[(&Guideline, &Clause)],
) -> String {
    let metadata = &policy.metadata;
    let types: Vec<String> = metadata.resource_types.iter().map(|name| format!("`{name}`")).collect();
    let mut text = format!("# {}\n\n", language.title(policy));
    let (id, severity, judged, of) = (
        policy.id(),
        language.severity(metadata.severity),
        language.trigger(metadata.trigger),
        types.join(", "),
    );
    text.push_str(&match language {
        PageLanguage::English => format!(
            "| | |\n|---|---|\n| Policy | `{id}` |\n| Severity | {severity} |\n| Judged | {judged} |\n| Resource types | {of} |\n"
        ),
        PageLanguage::Japanese => format!(
            "| | |\n|---|---|\n| ポリシー | `{id}` |\n| 重要度 | {severity} |\n| 評価の契機 | {judged} |\n| リソースタイプ | {of} |\n"
        ),
    });
    text.push_str(&format!(
        "\n## {}\n\n{}\n",
        language.choose("Why", "理由(英語)"),
        metadata.description.trim()
    ));
    for (compliance, heading) in [
        (Compliance::NonCompliant, language.choose("An example that fails", "非準拠の例")),
        (Compliance::Compliant, language.choose("An example that passes", "準拠の例")),
    ] {
        if let Some(example) = example(language, cases, compliance) {
            text.push_str(&format!("\n## {heading}\n\n{example}"));
        }
    }
    parameters(&mut text, language, policy);
    if !metadata.facts.is_empty() {
        text.push_str(language.choose("\n## Facts\n\n", "\n## 評価に使う情報\n\n"));
        for (name, provider) in &metadata.facts {
            text.push_str(&format!("- `{name}` ({})\n", provider.name()));
        }
    }
    text.push_str(language.choose("\n## What to set\n\n", "\n## 是正方法\n\n"));
    let remediation = match (language, &metadata.remediation_ja) {
        (PageLanguage::Japanese, Some(japanese)) => japanese,
        _ => &metadata.remediation,
    };
    text.push_str(&format!("{}\n", remediation.trim()));
    if !clauses.is_empty() {
        text.push_str(language.choose(
            "\n## Clauses\n\n| Guideline | Clause | | Confidence |\n|---|---|---|---|\n",
            "\n## 対応する条項\n\n| ガイドライン | 条項 | | 確度 |\n|---|---|---|---|\n",
        ));
        for (guideline, clause) in clauses {
            let choose = |both: &sekisho_engine::guideline::Bilingual| match language {
                PageLanguage::English => both.en.clone(),
                PageLanguage::Japanese => both.ja.clone(),
            };
            text.push_str(&format!(
                "| {} | {} | {} | {} |\n",
                cell(&guideline.name()),
                cell(&choose(&clause.label())),
                cell(&choose(&clause.title)),
                clause.confidence.as_str()
            ));
        }
    }
    if !metadata.related_resources.is_empty() {
        text.push_str(language.choose("\n## Read on\n\n", "\n## 参考\n\n"));
        metadata.related_resources.iter().for_each(|link| text.push_str(&format!("- <{link}>\n")));
    }
    text
}

fn parameters(text: &mut String, language: PageLanguage, policy: &Policy) {
    let schema = &policy.metadata.parameters;
    if schema.names().next().is_none() {
        return;
    }
    text.push_str(language.choose(
        "\n## Parameters\n\n| Name | Default | |\n|---|---|---|\n",
        "\n## パラメータ\n\n| 名前 | 既定値 | |\n|---|---|---|\n",
    ));
    for name in schema.names() {
        let default = schema.defaults().find(|(other, _)| *other == name).map_or_else(
            || language.choose("(required)", "(必須)").to_owned(),
            |(_, value)| format!("`{}`", cell(&value.to_string())),
        );
        let description = schema.property(name).and_then(|property| property.get("description"));
        let description = description.and_then(Value::as_str).unwrap_or_default();
        text.push_str(&format!("| `{name}` | {default} | {} |\n", cell(description.trim())));
    }
}

/// The shortest fixture with that verdict, as it stands in its file, and the reasons.
fn example<'a>(language: PageLanguage, cases: &[&'a Case], compliance: Compliance) -> Option<String> {
    let of_item = |case: &&&Case| case.fixture.expect.compliance == Some(compliance);
    let of_named = |case: &&&Case| {
        case.fixture.expect.resources.iter().any(|resource| resource.compliance == compliance)
    };
    let text = |case: &&'a Case| Some((fs::read_to_string(&case.path).ok()?, *case));
    let mut found: Vec<(String, &Case)> = cases.iter().filter(of_item).filter_map(text).collect();
    if found.is_empty() {
        found = cases.iter().filter(of_named).filter_map(text).collect();
    }
    // The shortest, and of those with text within text none while there is another.
    let weight = |text: &str| (text.lines().any(|line| line.len() > 150), text.lines().count());
    let (text, case) = found.into_iter().min_by_key(|(text, case)| (weight(text), case.name.clone()))?;
    let shown: Vec<&str> = text.lines().filter(|line| !line.starts_with("title:")).take(SHOWN).collect();
    let more = if text.lines().count() > shown.len() + 1 { "\n# …" } else { "" };
    let expect = &case.fixture.expect;
    let japanese = expect.reasons_ja.as_deref().unwrap_or_default();
    let reasons = match language {
        PageLanguage::Japanese if !japanese.is_empty() => japanese,
        _ => &expect.reasons,
    };
    let reasons: Vec<String> = reasons.iter().map(|reason| format!("- {reason}\n")).collect();
    let reasons = if reasons.is_empty() { String::new() } else { format!("\n{}", reasons.concat()) };
    Some(format!(
        "`{}`: {}\n\n```yaml\n{}{more}\n```\n{reasons}",
        case.path.display(),
        case.fixture.title,
        shown.join("\n")
    ))
}

/// A text in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
