//! The `# METADATA` block of a policy: found in the text, read as YAML, checked field by field.
//!
//! regorus drops comments, so the block is read here, as OPA defines it. Every problem names file, line and
//! field, and all problems of a block are reported together.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::Spanned;

use super::missing::OnMissingRules;
use super::parameters::ParameterSchema;
use crate::diagnostic::Diagnostic;
use crate::evaluate::Occasion;
use crate::facts::{self, FactProvider};
use crate::item::ACCOUNT_TYPE;

/// How bad a violation is, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Patient data or the evidence itself is at risk now.
    Critical,
    /// A safeguard that a guideline asks for is missing.
    High,
    /// A safeguard is weaker than it should be.
    Medium,
    /// Good practice.
    Low,
}

impl Severity {
    /// The name in METADATA.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// When a policy is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// When a resource changes: the input is its item.
    Change,
    /// On a schedule: the input is the account.
    Periodic,
    /// Either.
    Both,
}

impl Trigger {
    /// Whether changes of resources are judged.
    pub const fn on_change(self) -> bool {
        matches!(self, Self::Change | Self::Both)
    }

    /// Whether it judges on `occasion`.
    pub const fn is_on(self, occasion: Occasion) -> bool {
        match occasion {
            Occasion::Change => self.on_change(),
            Occasion::Schedule => self.on_schedule(),
            Occasion::Any => true,
        }
    }

    /// Whether the account is judged on a schedule.
    pub const fn on_schedule(self) -> bool {
        matches!(self, Self::Periodic | Self::Both)
    }
}

/// A place in a guideline that a policy serves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuidelineReference {
    /// The guideline's short name.
    pub guideline: String,
    /// Its edition.
    pub edition: String,
    /// The part, where it has parts.
    #[serde(default)]
    pub part: Option<String>,
    /// The clause; the chapter alone where `confidence` is `CH`.
    pub clause: String,
    /// How sure the reference is.
    pub confidence: Confidence,
}

/// How well a clause's number is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Confidence {
    /// Read in the published text.
    H,
    /// Read in a draft, an official table or a quotation.
    M,
    /// Inferred.
    L,
    /// The chapter only; no item number may be printed.
    #[serde(rename = "CH")]
    Chapter,
}

impl Confidence {
    /// The letters in METADATA.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::H => "H",
            Self::M => "M",
            Self::L => "L",
            Self::Chapter => "CH",
        }
    }
}

/// What a policy says of itself.
#[derive(Debug, Clone, Serialize)]
pub struct Metadata {
    /// One line, English.
    pub title: String,
    /// One line, Japanese.
    pub title_ja: String,
    /// Why, and what is looked at.
    pub description: String,
    /// Where to read more.
    pub related_resources: Vec<String>,
    /// Unique; also the file's name.
    pub id: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// When it is evaluated.
    pub trigger: Trigger,
    /// The types that it gives verdicts for.
    pub resource_types: Vec<String>,
    /// The schema of its parameters.
    #[serde(skip)]
    pub parameters: ParameterSchema,
    /// What it needs to know beside the item.
    pub facts: BTreeMap<String, FactProvider>,
    /// The resource types whose items it reads from `data.inventory`.
    pub inventory: Vec<String>,
    /// What a field that is absent means.
    pub on_missing: OnMissingRules,
    /// What it serves.
    pub guidelines: Vec<GuidelineReference>,
    /// What to set, and the command.
    pub remediation: String,
    /// The same in Japanese.
    pub remediation_ja: Option<String>,
}

impl Metadata {
    /// Whether a schedule asks it once for the account, and not once for each resource of its types.
    pub fn judges_the_account(&self) -> bool {
        self.trigger.on_schedule() && self.resource_types.iter().any(|name| name == ACCOUNT_TYPE)
    }

    /// The resource types whose items a schedule gives it one by one.
    pub fn types_judged_on_schedule(&self) -> &[String] {
        if self.trigger.on_schedule() && !self.judges_the_account() { &self.resource_types } else { &[] }
    }
}

/// The form of the block, for editors; [`parse`] reads it and says what is wrong.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, description = "The block above package, without \"# \".")]
#[expect(dead_code, reason = "it is a form, not a value")]
pub struct MetadataForm {
    /// One line, English.
    title: String,
    /// Why, and what is looked at.
    description: String,
    /// Always package.
    #[schemars(default, extend("const" = "package"))]
    scope: Option<String>,
    /// Where to read more: links, or objects with `ref` and `description`.
    #[schemars(default)]
    related_resources: Vec<Value>,
    /// OPA's own: who wrote it.
    #[schemars(default)]
    authors: Vec<Value>,
    /// OPA's own.
    #[schemars(default)]
    organizations: Vec<String>,
    /// OPA's own.
    #[schemars(default)]
    schemas: Vec<Value>,
    /// OPA's own.
    #[schemars(default)]
    entrypoint: Option<bool>,
    /// What Sekisho needs to know.
    custom: CustomForm,
}

/// Sekisho's part of METADATA.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename = "Custom")]
#[expect(dead_code, reason = "it is a form, not a value")]
struct CustomForm {
    /// Unique; also the file's name.
    #[schemars(regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"), length(max = 64))]
    id: String,
    /// One line, Japanese.
    title_ja: String,
    /// How bad a violation is.
    severity: Severity,
    /// When it is evaluated.
    trigger: Trigger,
    /// The types that it gives verdicts for.
    #[schemars(length(min = 1))]
    resource_types: Vec<String>,
    /// A JSON Schema of type object; each property with a default, or required.
    #[schemars(default)]
    parameters: Option<serde_json::Map<String, Value>>,
    /// What it needs to know beside the item.
    #[schemars(default)]
    facts: BTreeMap<String, FactProvider>,
    /// The resource types whose items it reads from data.inventory.
    #[schemars(default)]
    inventory: Vec<String>,
    /// What a field that is absent means.
    #[schemars(default)]
    on_missing: OnMissingRules,
    /// What it serves.
    #[schemars(default)]
    guidelines: Vec<GuidelineReference>,
    /// What to set, and the command.
    remediation: String,
    /// The same in Japanese.
    #[schemars(default)]
    remediation_ja: Option<String>,
}

type Field = Option<Spanned<Value>>;

/// OPA's annotations; `custom` is ours.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    scope: Field,
    title: Field,
    description: Field,
    related_resources: Field,
    #[serde(rename = "authors")]
    _authors: Field,
    #[serde(rename = "organizations")]
    _organizations: Field,
    #[serde(rename = "schemas")]
    _schemas: Field,
    #[serde(rename = "entrypoint")]
    _entrypoint: Field,
    custom: Option<BTreeMap<String, Spanned<Value>>>,
}

/// The YAML of the block above `package`, and the number of lines before its first line.
struct Found {
    yaml: String,
    lines_before: usize,
}

fn find_block(text: &str) -> Option<Found> {
    let lines: Vec<&str> = text.lines().collect();
    let package = lines.iter().position(|line| line.starts_with("package "))?;
    let start = lines[..package].iter().rposition(|line| !line.starts_with('#')).map_or(0, |at| at + 1);
    let marker = start + lines[start..package].iter().position(|line| line.trim_end() == "# METADATA")?;
    let yaml = lines[marker + 1..package]
        .iter()
        .map(|line| line.strip_prefix("# ").or_else(|| line.strip_prefix('#')).unwrap_or(line))
        .collect::<Vec<_>>()
        .join("\n");
    Some(Found { yaml, lines_before: marker + 1 })
}

/// Reads the METADATA of the policy in `text`.
///
/// # Errors
/// Every problem of the block.
pub fn parse(file: &str, text: &str) -> Result<Metadata, Vec<Diagnostic>> {
    let Some(found) = find_block(text) else {
        let problem = Diagnostic::new(file, "no METADATA block directly above package")
            .code("SK0101")
            .at(1, 1)
            .source(text)
            .help("begin the file with \"# METADATA\"; docs/policy-contract.md shows one");
        return Err(vec![problem]);
    };
    let block: Block = serde_saphyr::from_str(&found.yaml)
        .map_err(|error| vec![yaml_problem(file, text, &found, &error)])?;
    let mut reader = Reader { file, text, lines_before: found.lines_before, problems: Vec::new() };
    let metadata = reader.metadata(block);
    match metadata {
        Some(metadata) if reader.problems.is_empty() => Ok(metadata),
        _ => Err(reader.problems),
    }
}

fn yaml_problem(file: &str, text: &str, found: &Found, error: &serde_saphyr::Error) -> Diagnostic {
    let (line, column) = error.location().map_or((0, 0), |at| (to_usize(at.line()), to_usize(at.column())));
    let message = first_line(&error.without_snippet().to_string());
    let problem = Diagnostic::new(file, format!("METADATA: {message}")).code("SK0101");
    let problem = if line > 0 {
        problem.at(line + found.lines_before, column + 2)
    } else {
        problem.at(found.lines_before, 1)
    };
    problem.source(text).help("mend the YAML behind \"# \"; docs/policy-contract.md lists the fields")
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// What is said of a field that METADATA does not have.
const UNKNOWN_FIELD: &str = "is not a field of METADATA";

/// The parser draws the place below its first line; the place is shown in our own way.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim().to_owned()
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    lines_before: usize,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn problem(&mut self, field: &str, at: Option<&Spanned<Value>>, message: impl Into<String>, help: &str) {
        let (line, column) = at.map_or((self.lines_before, 1), |at| {
            (to_usize(at.referenced.line()) + self.lines_before, to_usize(at.referenced.column()) + 2)
        });
        let message = message.into();
        let code = if message.starts_with("is missing") {
            "SK0102"
        } else if message == UNKNOWN_FIELD {
            "SK0104"
        } else if field.starts_with("custom.facts") || field.starts_with("custom.inventory") {
            "SK0108"
        } else if field.starts_with("custom.parameters") {
            "SK0107"
        } else {
            "SK0103"
        };
        let problem = Diagnostic::new(self.file, message).code(code).at(line, column);
        self.problems.push(problem.source(self.text).field(field).help(help));
    }

    fn optional<T: DeserializeOwned>(&mut self, field: &str, value: Field, expected: &str) -> Option<T> {
        let value = value.filter(|value| !value.value.is_null())?;
        match serde_json::from_value(value.value.clone()) {
            Ok(read) => Some(read),
            Err(error) => {
                self.problem(field, Some(&value), format!("{error}; expected {expected}"), "mend it");
                None
            }
        }
    }

    fn required<T: DeserializeOwned>(&mut self, field: &str, value: Field, expected: &str) -> Option<T> {
        if value.as_ref().is_none_or(|value| value.value.is_null()) {
            self.problem(
                field,
                None,
                format!("is missing; expected {expected}"),
                "add it to the METADATA block",
            );
            return None;
        }
        self.optional(field, value, expected)
    }

    fn text(&mut self, field: &str, value: Field) -> Option<String> {
        let place = value.clone();
        let text: String = self.required(field, value, "a text")?;
        if text.trim().is_empty() {
            self.problem(field, place.as_ref(), "is empty; expected a text", "fill it in");
            return None;
        }
        Some(text.trim().to_owned())
    }

    fn metadata(&mut self, block: Block) -> Option<Metadata> {
        if let Some(scope) = &block.scope
            && scope.value != "package"
        {
            self.problem(
                "scope",
                Some(scope),
                format!("is {}, expected package", scope.value),
                "a policy is a package",
            );
        }
        let mut custom = block.custom.unwrap_or_default();
        let mut take = |name: &str| custom.remove(name);
        let title = self.text("title", block.title);
        let description = self.text("description", block.description);
        let related_resources = self.related_resources(block.related_resources);
        let id = self.id(take("id"));
        let title_ja = self.text("custom.title_ja", take("title_ja"));
        let severity = self.required("custom.severity", take("severity"), "critical, high, medium or low");
        let trigger = self.required("custom.trigger", take("trigger"), "change, periodic or both");
        let resource_types = self.resource_types(take("resource_types"));
        let parameters = self.parameters(take("parameters"));
        let facts = self.facts(take("facts"), parameters.as_ref());
        let inventory = self.inventory(take("inventory"), trigger);
        let expected = "deny, not_applicable, error or allow, or one of them for each path";
        let on_missing = self.optional("custom.on_missing", take("on_missing"), expected).unwrap_or_default();
        let guidelines = self
            .optional(
                "custom.guidelines",
                take("guidelines"),
                "a list of {guideline, edition, part, clause, confidence}",
            )
            .unwrap_or_default();
        let remediation = self.text("custom.remediation", take("remediation"));
        let remediation_ja = self.optional("custom.remediation_ja", take("remediation_ja"), "a text");
        for (name, value) in &custom {
            self.problem(
                &format!("custom.{name}"),
                Some(value),
                UNKNOWN_FIELD,
                "check the spelling; docs/policy-contract.md lists the fields",
            );
        }
        Some(Metadata {
            title: title?,
            title_ja: title_ja?,
            description: description?,
            related_resources,
            id: id?,
            severity: severity?,
            trigger: trigger?,
            resource_types: resource_types?,
            parameters: parameters?,
            facts,
            inventory,
            on_missing,
            guidelines,
            remediation: remediation?,
            remediation_ja,
        })
    }

    fn id(&mut self, value: Field) -> Option<String> {
        let place = value.clone();
        let id = self.text("custom.id", value)?;
        let well_formed = id.len() <= 64
            && id.split('-').all(|part| {
                !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            });
        if !well_formed {
            let message =
                format!("is \"{id}\", expected words of a-z and 0-9 with - between, 64 characters at most");
            self.problem("custom.id", place.as_ref(), message, "rename the policy");
            return None;
        }
        Some(id)
    }

    fn resource_types(&mut self, value: Field) -> Option<Vec<String>> {
        let place = value.clone();
        let expected = "a list of resource types such as AWS::S3::Bucket";
        let types: Vec<String> = self.required("custom.resource_types", value, expected)?;
        if types.is_empty() {
            self.problem("custom.resource_types", place.as_ref(), "is empty", expected);
            return None;
        }
        for (index, name) in types.iter().enumerate() {
            if name.split("::").count() < 3 {
                let field = format!("custom.resource_types[{index}]");
                self.problem(&field, place.as_ref(), format!("\"{name}\" is not a resource type"), expected);
            }
        }
        Some(types)
    }

    fn parameters(&mut self, value: Field) -> Option<ParameterSchema> {
        let Some(schema) = value else {
            return Some(ParameterSchema::default());
        };
        match ParameterSchema::new(schema.value.clone()) {
            Ok(schema) => Some(schema),
            Err((field, message)) => {
                let field = if field.is_empty() {
                    "custom.parameters".into()
                } else {
                    format!("custom.parameters.{field}")
                };
                self.problem(&field, Some(&schema), message, "expected a JSON Schema of type object");
                None
            }
        }
    }

    fn facts(
        &mut self,
        value: Field,
        parameters: Option<&ParameterSchema>,
    ) -> BTreeMap<String, FactProvider> {
        let place = value.clone();
        let declared: BTreeMap<String, FactProvider> = self
            .optional("custom.facts", value, "fact names, each with provider and its fields")
            .unwrap_or_default();
        // Parameters that cannot be read are a problem of their own.
        let has_parameter = |name: &str| parameters.is_none_or(|schema| schema.has(name));
        for (name, message) in facts::problems(&declared, &has_parameter) {
            let help = "docs/policy-contract.md lists the providers and their fields";
            self.problem(&format!("custom.facts.{name}"), place.as_ref(), message, help);
        }
        declared
    }

    fn inventory(&mut self, value: Field, trigger: Option<Trigger>) -> Vec<String> {
        let place = value.clone();
        let expected = "a list of resource types such as AWS::EC2::VPC";
        let types: Vec<String> = self.optional("custom.inventory", value, expected).unwrap_or_default();
        for name in types.iter().filter(|name| name.split("::").count() != 3 || *name == ACCOUNT_TYPE) {
            let message = format!("\"{name}\" is not a resource type");
            self.problem("custom.inventory", place.as_ref(), message, expected);
        }
        if !types.is_empty() && trigger.is_some_and(Trigger::on_change) {
            let help = "set custom.trigger to periodic: a change brings one item";
            self.problem("custom.inventory", place.as_ref(), "is for periodic policies only", help);
        }
        types
    }

    fn related_resources(&mut self, value: Field) -> Vec<String> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Link {
            Plain(String),
            Described { r#ref: String },
        }
        let links: Vec<Link> = self
            .optional("related_resources", value, "a list of URLs or of {ref, description}")
            .unwrap_or_default();
        links
            .into_iter()
            .map(|link| match link {
                Link::Plain(url) | Link::Described { r#ref: url } => url,
            })
            .collect()
    }
}
