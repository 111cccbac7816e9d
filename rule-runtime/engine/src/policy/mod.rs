//! Policies: Rego files with METADATA, checked before they may judge anything.
//!
//! In: a folder. Out: a [`PolicySet`] of the policies that may run, and a [`Diagnostic`] for each that may
//! not; one bad file does not hide the others.

mod ast;
mod guard;
pub mod load;
pub mod mask;
mod metadata;
pub mod missing;
pub mod mutate;
pub mod parameters;
pub(crate) mod paths;
pub(crate) mod references;
pub(crate) mod visit;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

pub(crate) use ast::place;
pub use metadata::{
    Confidence, GuidelineReference, Metadata, MetadataForm, Severity, Trigger, parse as parse_metadata,
};

use crate::compiled::{Program, Refusal, compile};
use crate::diagnostic::Diagnostic;

/// The rules that an evaluation asks for.
const RULES: [&str; 3] = ["not_applicable", "deny", "judged"];

/// One policy, ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Policy {
    /// What it says of itself.
    pub metadata: Metadata,
    /// `data.sekisho_policies.dynamodb_pitr`.
    pub package: String,
    /// Where it was read.
    pub file: PathBuf,
    /// The folder that it stands in, relative to the policies' root; empty for the root itself.
    pub pack: String,
    /// Its text.
    pub source: Arc<str>,
    /// The `_test.rego` beside it.
    pub test_file: Option<PathBuf>,
    /// Whether it has `not_applicable`.
    pub has_not_applicable: bool,
    /// Whether it has `judged`.
    pub has_judged: bool,
    /// The fields on whose presence a `deny` hangs.
    pub(crate) reads: Vec<paths::Read>,
    /// The library and the policy, parsed.
    pub(crate) engine: regorus::Engine,
    /// Compiled when it is first prepared for items.
    pub(crate) program: OnceLock<Result<Arc<Program>, Refusal>>,
}

impl Policy {
    /// `custom.id`.
    pub fn id(&self) -> &str {
        &self.metadata.id
    }

    /// What an evaluation over an item of `known`'s type can read.
    pub fn masks(&self, known: mask::Known<'_>) -> mask::Masks {
        // Whether those are there decides too: see missing.
        let bare = self.reads.iter().filter(|read| read.bare);
        let bare = bare.map(|read| read.path.iter().map(mask::Step::from).collect());
        let package = self.package.strip_prefix("data.").unwrap_or(&self.package);
        let mut engine = self.engine.clone();
        mask::of(engine.get_modules().iter().map(|module| &**module), package, &RULES, known, bare)
    }

    /// What it is compiled to.
    ///
    /// # Errors
    /// It is not compiled, and why: it is interpreted then, which takes longer and says the same.
    pub fn program(&self) -> Result<&Arc<Program>, &Refusal> {
        let program = self.program.get_or_init(|| {
            let package = self.package.strip_prefix("data.").unwrap_or(&self.package);
            let mut engine = self.engine.clone();
            compile(engine.get_modules().iter().map(|module| &**module), package, &RULES).map(Arc::new)
        });
        program.as_ref()
    }

    /// Whether it judges changes of resources of that type.
    pub fn judges_change_of(&self, resource_type: &str) -> bool {
        self.metadata.trigger.on_change()
            && self.metadata.resource_types.iter().any(|name| name == resource_type)
    }
}

/// One library module: Rego that policies import.
#[derive(Debug, Clone)]
pub struct Library {
    /// Where it was read.
    pub file: PathBuf,
    /// Its text.
    pub source: Arc<str>,
    /// The `_test.rego` beside it.
    pub test_file: Option<PathBuf>,
}

/// All policies of a folder.
#[derive(Debug, Default)]
pub struct PolicySet {
    /// By id.
    policies: BTreeMap<String, Arc<Policy>>,
    /// The problems of the policies that may not run, by the id that the file's name gives.
    broken: BTreeMap<String, Vec<Diagnostic>>,
    /// Problems that belong to no policy: a library that does not parse, a folder that cannot be read.
    problems: Vec<Diagnostic>,
    libraries: Vec<Library>,
    /// The packs of the policies that were not asked for yet, by the id that the file's name gives.
    unread: BTreeMap<String, String>,
}

/// A rule names what is not there, or what may not run.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SelectError {
    /// No policy and no pack has that name.
    #[error(
        "no policy and no pack is called \"{name}\"; there are the policies {policies} and the packs {packs}"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        policies: String,
        /// What there is.
        packs: String,
    },
    /// The policy was refused when it was loaded.
    #[error("policy \"{id}\" cannot be used: {}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Broken {
        /// The policy.
        id: String,
        /// Why.
        problems: Vec<Diagnostic>,
    },
    /// Nothing was named.
    #[error("no policy is named; set the rule parameter \"policy\" to a policy's id or a pack's name")]
    Nothing,
}

impl PolicySet {
    /// The policies that may run, by id.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<Policy>> {
        self.policies.values()
    }

    /// The library modules.
    pub fn libraries(&self) -> &[Library] {
        &self.libraries
    }

    /// The policy of that id.
    pub fn get(&self, id: &str) -> Option<&Arc<Policy>> {
        self.policies.get(id)
    }

    /// Whether there is a policy of that id, be it one that may not run.
    pub fn knows(&self, id: &str) -> bool {
        self.policies.contains_key(id) || self.broken.contains_key(id) || self.unread.contains_key(id)
    }

    /// How many policies were read, with those that may not run.
    pub fn known(&self) -> usize {
        self.policies.len() + self.broken.len()
    }

    /// Every problem found while loading, in the order of the files.
    pub fn problems(&self) -> impl Iterator<Item = &Diagnostic> {
        self.problems.iter().chain(self.broken.values().flatten())
    }

    /// The packs: the folders that hold policies.
    pub fn packs(&self) -> BTreeSet<&str> {
        let packs = self.policies.values().map(|policy| policy.pack.as_str());
        packs.chain(self.unread.values().map(String::as_str)).filter(|pack| !pack.is_empty()).collect()
    }

    /// The policies that `names` stand for: ids or packs, with commas between, each once and in their order; those
    /// behind a `!` are left out (`medical-jp,!dynamodb-pitr`).
    ///
    /// # Errors
    /// A name is unknown, or a policy among them was refused when it was loaded. A pack with a refused
    /// policy is an error too: its other policies are in [`Selection::policies`].
    pub fn select(&self, names: &str) -> Selection {
        let mut selection = Selection::default();
        let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        for name in names.iter().filter(|name| !name.starts_with('!')) {
            selection.add(self, name);
        }
        for name in names.iter().filter_map(|name| name.strip_prefix('!')) {
            selection.leave_out(self, name.trim());
        }
        if selection.policies.is_empty() && selection.problems.is_empty() {
            selection.problems.push(SelectError::Nothing);
        }
        selection
    }
}

/// Whether `pack` is called `name`, or lies in the pack of that name.
fn in_pack(pack: &str, name: &str) -> bool {
    pack == name || pack.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'))
}

/// What a list of names stands for.
#[derive(Debug, Default)]
pub struct Selection {
    /// Those that may run.
    pub policies: Vec<Arc<Policy>>,
    /// Why others may not.
    pub problems: Vec<SelectError>,
}

impl Selection {
    fn leave_out(&mut self, set: &PolicySet, name: &str) {
        let mut excluded = Self::default();
        excluded.add(set, name);
        self.policies.retain(|policy| !excluded.policies.iter().any(|other| other.id() == policy.id()));
        // Whether a policy that is left out could be used does not matter; whether there is one does.
        let broken = |problem: &SelectError| match problem {
            SelectError::Broken { id, .. } => Some(id.clone()),
            SelectError::Unknown { .. } | SelectError::Nothing => None,
        };
        let left_out: Vec<String> = excluded.problems.iter().filter_map(broken).collect();
        self.problems.retain(|problem| broken(problem).is_none_or(|id| !left_out.contains(&id)));
        self.problems.extend(excluded.problems.into_iter().filter(|problem| broken(problem).is_none()));
    }

    fn push(&mut self, policy: &Arc<Policy>) {
        if !self.policies.iter().any(|known| known.id() == policy.id()) {
            self.policies.push(Arc::clone(policy));
        }
    }

    fn add(&mut self, set: &PolicySet, name: &str) {
        if let Some(policy) = set.policies.get(name) {
            return self.push(policy);
        }
        let mut found = false;
        for policy in set.policies.values().filter(|policy| in_pack(&policy.pack, name)) {
            found = true;
            self.push(policy);
        }
        for (id, problems) in &set.broken {
            let of_pack = problems.iter().any(|problem| {
                let folder = format!("/{name}/");
                problem.file.contains(&folder)
            });
            if id == name || of_pack {
                found = true;
                self.problems.push(SelectError::Broken { id: id.clone(), problems: problems.clone() });
            }
        }
        if !found {
            let list = |names: Vec<&str>| {
                if names.is_empty() { "(none)".to_owned() } else { names.join(", ") }
            };
            self.problems.push(SelectError::Unknown {
                name: name.to_owned(),
                policies: list(set.policies.keys().chain(set.unread.keys()).map(String::as_str).collect()),
                packs: list(set.packs().into_iter().collect()),
            });
        }
    }
}

/// The names of a module's rules with line and column.
pub(crate) fn rule_places(module: &regorus::unstable::Module) -> Vec<(String, usize, usize)> {
    let facts = ast::module_facts(module);
    facts.rules.into_iter().map(|rule| (rule.name, rule.place.0, rule.place.1)).collect()
}

/// The names of a module's rules with their lines, each place once, and whether it has a value without arguments; in order.
pub(crate) fn rule_values(module: &regorus::unstable::Module) -> Vec<(String, u32, bool)> {
    let mut rules: Vec<(String, u32, bool)> = ast::module_facts(module)
        .rules
        .into_iter()
        .filter_map(|rule| {
            Some((rule.name, u32::try_from(rule.place.0).ok()?, rule.kind != ast::RuleKind::Function))
        })
        .collect();
    rules.sort_by_key(|(_, line, _)| *line);
    rules.dedup();
    rules
}
