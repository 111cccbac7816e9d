//! What was replaced by what: the same original is the same replacement, in the order in which originals appear.
//!
//! In: a kind and an original, and where it stands. Out: its replacement, and at the end a report by kind. Nothing of an
//! original goes into its replacement but its length and its well-known prefix.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::fixture;

/// What kind of thing an original is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An account's 12 digits.
    AccountId,
    /// A name that someone gave: of a resource, a user, a group.
    Name,
    /// A resource's id: `i-…`, `AROA…`, a distribution's.
    ResourceId,
    /// An access key's id.
    AccessKeyId,
    /// A UUID.
    Uuid,
    /// An IPv4 or IPv6 address or network.
    IpAddress,
    /// A MAC address.
    MacAddress,
    /// An e-mail address.
    Email,
    /// A domain name.
    DomainName,
    /// A checksum or another long number in hexadecimal or base64.
    Digest,
    /// The value of a tag.
    TagValue,
    /// The value of an environment variable.
    Variable,
    /// A description.
    Text,
}

impl Kind {
    /// For a report.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccountId => "account id",
            Self::Name => "name",
            Self::ResourceId => "resource id",
            Self::AccessKeyId => "access key id",
            Self::Uuid => "UUID",
            Self::IpAddress => "IP address",
            Self::MacAddress => "MAC address",
            Self::Email => "e-mail address",
            Self::DomainName => "domain name",
            Self::Digest => "digest",
            Self::TagValue => "tag value",
            Self::Variable => "environment variable",
            Self::Text => "text",
        }
    }
}

/// The replacements of the first accounts: the one of this project's fixtures, then numbers that no one takes for real.
const ACCOUNTS: [&str; 6] =
    [fixture::ACCOUNT, "210987654321", "111122223333", "444455556666", "777788889999", "999988887777"];

/// Originals and their replacements.
#[derive(Debug, Clone, Default)]
pub struct Table {
    known: HashMap<(Kind, String), String>,
    counts: BTreeMap<Kind, usize>,
    places: BTreeMap<Kind, Places>,
}

#[derive(Debug, Clone, Default)]
struct Places {
    paths: BTreeSet<String>,
    originals: BTreeMap<String, String>,
    times: usize,
}

/// What was replaced of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replaced {
    /// Which kind.
    pub kind: Kind,
    /// How many different originals there were.
    pub values: usize,
    /// How often one was replaced.
    pub times: usize,
    /// The fields.
    pub paths: Vec<String>,
    /// Original to replacement; only where it is asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub originals: BTreeMap<String, String>,
}

impl Table {
    /// Whether `original` is known.
    pub fn knows(&self, kind: Kind, original: &str) -> bool {
        self.known.contains_key(&(kind, original.to_owned()))
    }

    /// All originals of a kind.
    pub fn originals(&self, kind: Kind) -> impl Iterator<Item = String> {
        self.known.keys().filter(move |(known, _)| *known == kind).map(|(_, original)| original.clone())
    }

    /// The replacement of `original`, made by `make` from its number (from 1) where it is new.
    pub fn replacement(&mut self, kind: Kind, original: &str, make: impl FnOnce(usize) -> String) -> String {
        let key = (kind, original.to_owned());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let replacement = make(*count);
        self.known.insert(key, replacement.clone());
        replacement
    }

    /// Notes that `original` was replaced at `path`.
    pub fn note(&mut self, kind: Kind, original: &str, replacement: &str, path: &str) {
        if original == replacement {
            return;
        }
        let places = self.places.entry(kind).or_default();
        places.times += 1;
        places.paths.insert(path.to_owned());
        places.originals.insert(original.to_owned(), replacement.to_owned());
    }

    /// What was replaced, by kind.
    pub fn report(&self, with_originals: bool) -> Vec<Replaced> {
        let replaced = |(kind, places): (&Kind, &Places)| Replaced {
            kind: *kind,
            values: places.originals.len(),
            times: places.times,
            paths: places.paths.iter().cloned().collect(),
            originals: if with_originals { places.originals.clone() } else { BTreeMap::new() },
        };
        self.places.iter().map(replaced).collect()
    }
}

/// The `number`-th account.
pub fn account(number: usize) -> String {
    ACCOUNTS.get(number - 1).map_or_else(|| format!("{number:012}"), |known| (*known).to_owned())
}

/// `prefix` and a number, together as long as an original of `length`.
pub fn numbered(prefix: &str, number: usize, length: usize) -> String {
    let digits = length.saturating_sub(prefix.len()).max(1);
    format!("{prefix}{number:0digits$}")
}
