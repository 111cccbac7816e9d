//! Fixtures: one YAML file a case, an item and the verdict expected of it, written by a person in a minute.
//!
//! In: `fixtures/<policy-id>/<case>.yaml`. Out: the item, the policy's data, and what is expected; see the
//! policy contract for the fields.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use schemars::JsonSchema;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::{Occasion, PolicyData};
use sekisho_engine::inventory::Inventory;
use sekisho_engine::item::ConfigurationItem;
use sekisho_engine::item::load;
use sekisho_engine::item::shape::{self, Found};
use sekisho_engine::policy::Policy;
use sekisho_engine::rule;
use sekisho_engine::verdict::Compliance;
use sekisho_engine::waiver::{Waiver, Waivers};
use serde::Deserialize;
use serde_json::{Map, Value};
use walkdir::WalkDir;

use crate::given;

/// The account that a periodic fixture without item judges.
pub const ACCOUNT: &str = "123456789012";
/// Its region.
pub const REGION: &str = "ap-northeast-1";

/// A fixture file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// What the case shows.
    pub title: String,
    /// What the item's shape was taken from.
    #[serde(default)]
    pub source: Option<String>,
    /// The configuration item in any shape, or `{file: name}` of a file beside; a periodic policy may go without.
    #[serde(default)]
    item: Option<Value>,
    /// The rule's parameters.
    #[serde(default)]
    pub parameters: Map<String, Value>,
    /// What METADATA declares under facts: the value, or `{file: name}` of a file beside.
    #[serde(default)]
    facts: Map<String, Value>,
    /// What data.inventory holds: items in any shape.
    #[serde(default)]
    inventory: Vec<Value>,
    /// The time of the evaluation (RFC 3339); needed where the policy reads data.facts.now.
    #[serde(default)]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    now: Option<Timestamp>,
    /// Agreed exceptions, as in waivers.yaml.
    #[serde(default)]
    #[schemars(with = "Option<Vec<Waiver>>")]
    pub waivers: Option<Value>,
    /// The verdict.
    pub expect: Expectation,
}

impl Fixture {
    /// Type and id of its item, where it says them.
    pub fn own(&self) -> Option<(&str, &str)> {
        let item = self.item.as_ref()?;
        Some((item.get("resourceType")?.as_str()?, item.get("resourceId")?.as_str()?))
    }
}

impl Fixture {
    /// Every verdict that it expects.
    pub fn verdicts(&self) -> impl Iterator<Item = Compliance> {
        let others = self.expect.resources.iter().map(|resource| resource.compliance);
        self.expect.compliance.into_iter().chain(others)
    }
}

/// What a fixture expects.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["compliance"]}, {"required": ["error"]}]))]
pub struct Expectation {
    /// Of the item itself; absent where an error is expected.
    #[serde(default)]
    pub compliance: Option<Compliance>,
    /// All `msg`, in any order; absent means none.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// All `msg_ja`, in any order; not compared where absent.
    #[serde(default)]
    pub reasons_ja: Option<Vec<String>>,
    /// All resources that a periodic policy gives verdicts for, beside the account.
    #[serde(default)]
    pub resources: Vec<ExpectedResource>,
    /// A part of the error's text.
    #[serde(default)]
    pub error: Option<String>,
    /// The waiver that concerns the item's own verdict.
    #[serde(default)]
    pub waiver: Option<String>,
}

/// What a fixture expects of a resource that a periodic policy names.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ExpectedResource {
    /// Its type.
    pub resource_type: String,
    /// Its id.
    pub resource_id: String,
    /// Its verdict.
    pub compliance: Compliance,
    /// All `msg`.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// All `msg_ja`; not compared where absent.
    #[serde(default, rename = "reasons_ja")]
    pub reasons_ja: Option<Vec<String>>,
}

/// A fixture with its place and the policy that it is for.
#[derive(Debug, Clone)]
pub struct Case {
    /// The name of its folder.
    pub policy_id: String,
    /// The name of its file, without ending.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub fixture: Fixture,
}

/// A case made ready for evaluation.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The input.
    pub item: ConfigurationItem,
    /// Change, or schedule for the account.
    pub occasion: Occasion,
    /// What the policy reads beside it.
    pub data: PolicyData,
    /// The other items that AWS Config has recorded.
    pub recorded: Vec<ConfigurationItem>,
    /// Agreed exceptions.
    pub waivers: Waivers,
}

/// Finds the fixtures under `path`, a folder or one file, sorted.
pub fn find(path: &Path) -> (Vec<Case>, Vec<Diagnostic>) {
    let (mut cases, mut problems) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(path).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_dir() => {}
            Ok(entry) if is_fixture(entry.path()) => match read(entry.path()) {
                Ok(case) => cases.push(case),
                Err(problem) => problems.push(problem),
            },
            Ok(_) => {}
            Err(error) => problems.push(
                Diagnostic::new(path.display().to_string(), format!("cannot be read: {error}"))
                    .help("name the folder of the fixtures with --fixtures"),
            ),
        }
    }
    (cases, problems)
}

/// Whether the file's name is that of a fixture.
pub fn is_fixture(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml")
}

fn read(path: &Path) -> Result<Case, Diagnostic> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        Diagnostic::new(&file, format!("cannot be read: {error}")).help("save it as UTF-8")
    })?;
    let fixture: Fixture = serde_saphyr::from_str(&text).map_err(|error| {
        let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
        let message = error.without_snippet().to_string();
        Diagnostic::new(&file, message.lines().next().unwrap_or_default().to_owned())
            .at(usize::try_from(line).unwrap_or(0), usize::try_from(column).unwrap_or(0))
            .source(&text)
            .help("docs/policy-contract.md shows a fixture")
    })?;
    if fixture.expect.compliance.is_none() && fixture.expect.error.is_none() {
        let problem = Diagnostic::new(&file, "says neither compliance nor error, so it could not fail");
        return Err(problem.field("expect").help("say what is expected"));
    }
    let name = |part: Option<&std::ffi::OsStr>| {
        part.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    Ok(Case {
        policy_id: name(path.parent().and_then(Path::file_name)),
        name: name(path.file_stem()),
        path: path.to_owned(),
        fixture,
    })
}

impl Case {
    fn problem(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.path.display().to_string(), message).field(field)
    }

    /// The item, the parameters with defaults and the facts of this case under `policy`.
    ///
    /// # Errors
    /// What is wrong with any of them.
    pub fn prepare(&self, policy: &std::sync::Arc<Policy>) -> Result<Prepared, Vec<Diagnostic>> {
        let now = self.fixture.now.unwrap_or(Timestamp::UNIX_EPOCH);
        let (item, occasion) = self.item(policy, now).map_err(|problem| vec![problem])?;
        let policies = [std::sync::Arc::clone(policy)];
        let file = self.path.display().to_string();
        let mut parameters = rule::parameters(&policies, None, &self.fixture.parameters, &file)?;
        let parameters = parameters.remove(policy.id()).unwrap_or_default();
        let facts = self.facts(policy, &parameters, now)?;
        let recorded = self.inventory().map_err(|problem| vec![problem])?;
        let inventory = Inventory::complete(&recorded);
        if self.fixture.now.is_none() && policy.source.contains("data.facts.now") {
            return Err(vec![self.problem("now", "is missing, and the policy reads data.facts.now")]);
        }
        Ok(Prepared {
            item,
            occasion,
            data: PolicyData { parameters, facts, now, inventory: Arc::new(inventory) },
            recorded,
            waivers: self.waivers()?,
        })
    }

    /// Every item that it shows, its own and those of its inventory; what cannot be read is left to [`Self::prepare`].
    pub fn items(&self) -> Vec<ConfigurationItem> {
        let file = self.path.display().to_string();
        let own =
            match self.fixture.item.as_ref().map(|item| (item, item.get("file").and_then(Value::as_str))) {
                Some((_, Some(name))) => load::read_file(&self.path.with_file_name(name)),
                Some((item, None)) => shape::find(item.clone(), &file),
                None => Vec::new(),
            };
        let inventory = self.fixture.inventory.iter().flat_map(|item| shape::find(item.clone(), &file));
        own.into_iter()
            .chain(inventory)
            .filter_map(|found| match found {
                Found::Item(item) => Some(*item),
                _ => None,
            })
            .collect()
    }

    fn item(&self, policy: &Policy, now: Timestamp) -> Result<(ConfigurationItem, Occasion), Diagnostic> {
        let Some(item) = &self.fixture.item else {
            if !policy.metadata.trigger.on_schedule() {
                return Err(self.problem("item", "is missing; only a periodic policy may go without"));
            }
            return Ok((ConfigurationItem::account(ACCOUNT, REGION, now), Occasion::Schedule));
        };
        let file = self.path.display().to_string();
        let found = match item.get("file").and_then(Value::as_str) {
            Some(name) => load::read_file(&self.path.with_file_name(name)),
            None => shape::find(item.clone(), &file),
        };
        let item = match <[Found; 1]>::try_from(found) {
            Ok([Found::Item(item)]) => *item,
            Ok([Found::Bad(problem)]) => return Err(problem.field("item")),
            Ok([Found::NoItem(name)]) => {
                return Err(self.problem("item", format!("is a {name}, expected a configuration item")));
            }
            Err(found) => {
                return Err(self.problem("item", format!("holds {} items, expected one", found.len())));
            }
        };
        let is_account = item.resource.resource_type == sekisho_engine::item::ACCOUNT_TYPE;
        let scheduled = is_account || !policy.metadata.trigger.on_change();
        Ok((item, if scheduled { Occasion::Schedule } else { Occasion::Change }))
    }

    fn waivers(&self) -> Result<Waivers, Vec<Diagnostic>> {
        let Some(waivers) = &self.fixture.waivers else {
            return Ok(Waivers::default());
        };
        // A JSON text is YAML.
        let file = self.path.display().to_string();
        match Waivers::parse(&file, &waivers.to_string()) {
            Ok((waivers, problems)) if problems.is_empty() => Ok(waivers),
            Ok((_, problems)) => Err(problems),
            Err(problem) => Err(vec![problem]),
        }
    }

    /// What `data.inventory` holds: the items of the case, and nothing else of any type.
    fn inventory(&self) -> Result<Vec<ConfigurationItem>, Diagnostic> {
        let file = self.path.display().to_string();
        let mut items = Vec::new();
        for (index, item) in self.fixture.inventory.iter().enumerate() {
            for found in shape::find(item.clone(), &file) {
                match found {
                    Found::Item(item) => items.push(*item),
                    Found::Bad(problem) => {
                        let field = problem.field.clone().unwrap_or_default();
                        return Err(
                            problem.field(format!("inventory[{index}] {field}").trim_end().to_owned())
                        );
                    }
                    Found::NoItem(name) => {
                        let message = format!("is a {name}, expected a configuration item");
                        return Err(self.problem(&format!("inventory[{index}]"), message));
                    }
                }
            }
        }
        Ok(items)
    }

    fn facts(
        &self,
        policy: &Policy,
        parameters: &Value,
        now: Timestamp,
    ) -> Result<Map<String, Value>, Vec<Diagnostic>> {
        let (mut facts, mut problems) = (Map::new(), Vec::new());
        for (name, value) in &self.fixture.facts {
            let Some(provider) = policy.metadata.facts.get(name) else {
                problems.push(self.problem(&format!("facts.{name}"), "is not a fact of the policy"));
                continue;
            };
            let Some(file) = value.get("file").and_then(Value::as_str) else {
                facts.insert(name.clone(), value.clone());
                continue;
            };
            // A roster file is as fresh as the case says, and fresh where it does not say.
            let last_modified = value.get("last_modified").and_then(sekisho_engine::item::time::parse);
            let path = self.path.with_file_name(file);
            match given::read_fact(provider, &path, parameters, Some(last_modified.unwrap_or(now))) {
                Ok(fact) => {
                    facts.insert(name.clone(), fact.value);
                }
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(facts) } else { Err(problems) }
    }
}
