//! What a policy can read of its input and of `data.inventory`, so that the rest of an item need not be built.
//!
//! In: a policy's module and the library's. Out: a [`Mask`] a document. Unlike [`super::paths`], which tells an author what
//! a text seems to read, this must never be less than what an evaluation reads: a name is followed only while it stands
//! for a path and nothing else, and whatever is done with a value otherwise takes the whole of it. Where the text cannot
//! be followed (`with`, `input[x]`, `walk(input)`), the mask is everything.

mod constant;
mod fields;
mod once;
mod place;
mod reader;

use regorus::unstable::Module;

pub use fields::{Fields, are_equal};
use reader::Reader;

/// A part of a JSON document.
///
/// What is no list and no object is always kept, and so is whether a value is one of them; how much of a list or an object
/// is kept is what a mask says. Of a text of which only parts are kept nothing matters but that it is one, and
/// what of the [document](Parts::document) in it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mask {
    /// The value as it is.
    All,
    /// A value of which only parts are kept.
    Parts(Parts),
}

/// Which parts of a list or an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// The fields of an object, by name.
    pub names: Fields,
    /// Every element of a list and every field of an object.
    pub each: Option<Box<Mask>>,
    /// What a text is as JSON, and that it is JSON.
    pub document: Option<Box<Mask>>,
}

impl Default for Mask {
    /// Nothing but whether it is there and of which kind.
    fn default() -> Self {
        Self::Parts(Parts::default())
    }
}

impl Mask {
    /// Adds `path`, and the whole value there if `whole`.
    fn add(&mut self, path: &[Step], whole: bool) {
        let Self::Parts(parts) = self else { return };
        match path.split_first() {
            None if whole => *self = Self::All,
            None => {}
            Some((Step::Name(name), rest)) => parts.names.entry(name).add(rest, whole),
            Some((Step::OneOf(names), rest)) => {
                for name in names {
                    parts.names.entry(name).add(rest, whole);
                }
            }
            Some((Step::Each, rest)) => parts.each.get_or_insert_default().add(rest, whole),
            Some((Step::Document, rest)) => parts.document.get_or_insert_default().add(rest, whole),
        }
    }

    /// Adds what `other` keeps.
    pub fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (_, Self::All) => *self = Self::All,
            (Self::Parts(own), Self::Parts(other)) => {
                for (name, mask) in other.names.iter() {
                    own.names.entry(name).join(mask);
                }
                if let Some(mask) = &other.each {
                    own.each.get_or_insert_default().join(mask);
                }
                if let Some(mask) = &other.document {
                    own.document.get_or_insert_default().join(mask);
                }
            }
        }
    }

    /// The mask of the field `name`; none where it is not kept. The mask is [settled](Self::settle).
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::All => Some(self),
            Self::Parts(Parts { names, each, .. }) => names.get(name).or(each.as_deref()),
        }
    }

    /// The mask of an element of a list; none where none is kept.
    pub fn element(&self) -> Option<&Self> {
        match self {
            Self::All => Some(self),
            Self::Parts(parts) => parts.each.as_deref(),
        }
    }

    /// The mask of what a text is as JSON; none where all of the text is kept, or where only it being one matters.
    pub fn document(&self) -> Option<&Self> {
        match self {
            Self::All => None,
            Self::Parts(parts) => parts.document.as_deref().filter(|mask| **mask != Self::All),
        }
    }

    /// Whether anything of a text matters but that it is one.
    pub const fn keeps_text(&self) -> bool {
        !matches!(self, Self::Parts(Parts { document: None, .. }))
    }

    /// Makes the masks of named fields hold what is kept of each, so that one look-up tells all of a field.
    pub fn settle(&mut self) {
        let Self::Parts(Parts { names, each, document }) = self else { return };
        if let Some(document) = document {
            document.settle();
        }
        if let Some(each) = each {
            each.settle();
            names.masks_mut().for_each(|named| named.join(each));
        }
        names.masks_mut().for_each(Self::settle);
    }
}

/// What a policy can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masks {
    /// Of `input`.
    pub input: Mask,
    /// Of `data.inventory`.
    pub inventory: Mask,
}

impl Masks {
    /// Everything.
    pub const fn all() -> Self {
        Self { input: Mask::All, inventory: Mask::All }
    }
}

/// What is known before an evaluation, and makes rules that it rules out read nothing.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// `input.resourceType`.
    pub resource_type: &'a str,
    /// `data.parameters`.
    pub parameters: &'a serde_json::Value,
}

/// What `rules` of `package` can read, one of `modules`, which may call the others. `also` are paths of the input whose
/// presence matters beside.
pub fn of<'m>(
    modules: impl IntoIterator<Item = &'m Module>,
    package: &str,
    rules: &[&str],
    known: Known<'_>,
    also: impl IntoIterator<Item = Vec<Step>>,
) -> Masks {
    let mut reader = Reader::new(modules, known);
    for rule in rules {
        reader.take_rule(package, rule);
    }
    if reader.lost {
        return Masks::all();
    }
    let mut masks = reader.masks;
    // It is read wherever it is compared, also where that is known to come out in one way.
    masks.input.add(&[Step::Name("resourceType".to_owned())], true);
    also.into_iter().for_each(|path| masks.input.add(&path, false));
    masks.input.settle();
    masks.inventory.settle();
    masks
}

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// To the field of that name.
    Name(String),
    /// To one of some fields.
    OneOf(Vec<String>),
    /// To every element or field, whichever it is.
    Each,
    /// To what a text is as JSON.
    Document,
}

impl From<&super::paths::Step> for Step {
    fn from(step: &super::paths::Step) -> Self {
        match step {
            super::paths::Step::Name(name, _) => Self::Name(name.clone()),
            super::paths::Step::Any => Self::Each,
        }
    }
}

#[cfg(test)]
mod tests;
