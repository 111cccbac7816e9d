//! The waivers of the command line: `--waivers FILE`, else `waivers.yaml` in the policies' folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sekisho_engine::diagnostic::Diagnostic;
use sekisho_engine::evaluate::Outcome;
use sekisho_engine::item::{ConfigurationItem, load};
use sekisho_engine::policy::PolicySet;
use sekisho_engine::waiver::Waivers;

/// The waivers of a run, and which of them were used.
#[derive(Debug, Default)]
pub struct GivenWaivers {
    waivers: Waivers,
    used: BTreeSet<String>,
}

/// The file that is read: the one given, or that beside the policies.
pub fn file(given: Option<&Path>, policies: &Path) -> Option<PathBuf> {
    let beside = policies.join("waivers.yaml");
    given.map(Path::to_owned).or_else(|| beside.is_file().then_some(beside))
}

impl GivenWaivers {
    /// Reads them; the problems are of the file, and of entries that are not applied.
    pub fn read(file: Option<&Path>, set: &PolicySet) -> (Self, Vec<Diagnostic>) {
        let Some(file) = file else {
            return (Self::default(), Vec::new());
        };
        let name = file.display().to_string();
        let read = fs::read(file)
            .map_err(|error| Diagnostic::new(&name, format!("cannot be read: {error}")))
            .and_then(|bytes| load::text(&name, &bytes))
            .and_then(|text| Waivers::parse(&name, &text));
        match read {
            Ok((waivers, mut problems)) => {
                problems.extend(waivers.check_policies(&name, set));
                (Self { waivers, used: BTreeSet::new() }, problems)
            }
            Err(problem) => (Self::default(), vec![problem]),
        }
    }

    /// All of them.
    pub const fn waivers(&self) -> &Waivers {
        &self.waivers
    }

    /// Notes which of them were used.
    pub fn used(&mut self, ids: impl IntoIterator<Item = String>) {
        self.used.extend(ids);
    }

    /// Changes the verdicts of `outcome`, which are of `item`.
    pub fn apply(&mut self, outcome: &mut Outcome, item: &ConfigurationItem, now: Timestamp) {
        self.used.extend(self.waivers.apply(outcome, item, now));
    }

    /// A note for each waiver about one of `policies` that was for nothing.
    pub fn notes(&self, policies: &[&str]) -> Vec<String> {
        let unmatched = self.waivers.unmatched(policies, &self.used);
        unmatched
            .into_iter()
            .map(|id| format!("waiver {id} was for nothing; see whether it is still needed"))
            .collect()
    }
}
