//! The values that a run handles: those of regorus, the parts of the input, which are looked at where they are read, and lists and
//! objects of such parts.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use regorus::Value;

use crate::evaluate::convert;
use crate::item::tree::Tree;

static UNDEFINED: Value = Value::Undefined;
const NOTHING: Seen<'static, 'static> = Seen::Value(&UNDEFINED);

/// The place in a list that `key` stands for.
fn place(key: Seen<'_, '_>) -> Option<usize> {
    match &*key.value() {
        Value::Number(index) => usize::try_from(index.as_u64()?).ok(),
        _ => None,
    }
}

/// A value that somebody has.
#[derive(Debug, Clone)]
pub(super) enum Made<'t> {
    /// A part of the input.
    Read(&'t Tree<'t>),
    Value(Value),
    /// A list that parts of the input are in.
    List(Rc<[Made<'t>]>),
    /// An object that parts of the input are in, in the order of its keys.
    Object(Rc<[(Value, Made<'t>)]>),
}

/// A value that is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen<'s, 't> {
    Read(&'t Tree<'t>),
    Value(&'s Value),
    List(&'s Rc<[Made<'t>]>),
    Object(&'s Rc<[(Value, Made<'t>)]>),
}

impl<'t> Made<'t> {
    pub const UNDEFINED: Self = Self::Value(Value::Undefined);

    pub const fn seen(&self) -> Seen<'_, 't> {
        match self {
            Self::Read(tree) => Seen::Read(tree),
            Self::Value(value) => Seen::Value(value),
            Self::List(list) => Seen::List(list),
            Self::Object(fields) => Seen::Object(fields),
        }
    }

    pub const fn is_undefined(&self) -> bool {
        matches!(self, Self::Value(Value::Undefined))
    }

    pub fn into_value(self) -> Value {
        match self {
            Self::Value(value) => value,
            made => made.seen().value().into_owned(),
        }
    }

    /// A list.
    pub fn list(list: Vec<Self>) -> Self {
        if list.iter().all(Self::is_value) {
            return Self::Value(list.into_iter().map(Self::into_value).collect::<Vec<_>>().into());
        }
        Self::List(list.into())
    }

    /// An object; of two fields with one key the last counts.
    pub fn object(fields: Vec<(Value, Self)>) -> Self {
        if fields.iter().all(|(_, value)| value.is_value()) {
            let fields = fields.into_iter().map(|(key, value)| (key, value.into_value()));
            return Self::Value(fields.collect::<BTreeMap<_, _>>().into());
        }
        Self::Object(fields.into_iter().collect::<BTreeMap<_, _>>().into_iter().collect())
    }

    const fn is_value(&self) -> bool {
        matches!(self, Self::Value(_))
    }
}

impl<'s, 't> Seen<'s, 't> {
    pub const fn is_undefined(self) -> bool {
        matches!(self, Self::Value(Value::Undefined))
    }

    /// Whether a statement of that value holds.
    pub const fn is_true(self) -> bool {
        match self {
            Self::Read(tree) => !matches!(tree, Tree::Bool(false)),
            Self::Value(value) => !matches!(value, Value::Undefined | Value::Bool(false)),
            Self::List(_) | Self::Object(_) => true,
        }
    }

    pub fn made(self) -> Made<'t> {
        match self {
            Self::Read(tree) => Made::Read(tree),
            Self::Value(value) => Made::Value(value.clone()),
            Self::List(list) => Made::List(Rc::clone(list)),
            Self::Object(fields) => Made::Object(Rc::clone(fields)),
        }
    }

    pub fn value(self) -> Cow<'s, Value> {
        match self {
            Self::Read(tree) => Cow::Owned(convert::whole(tree)),
            Self::Value(value) => Cow::Borrowed(value),
            Self::List(list) => {
                let list = list.iter().map(|value| value.seen().value().into_owned());
                Cow::Owned(list.collect::<Vec<_>>().into())
            }
            Self::Object(fields) => {
                let own = |(key, value): &(Value, Made<'t>)| (key.clone(), value.seen().value().into_owned());
                Cow::Owned(fields.iter().map(own).collect::<BTreeMap<_, _>>().into())
            }
        }
    }

    pub fn text(self) -> Option<&'s str>
    where
        't: 's,
    {
        match self {
            Self::Read(Tree::Text(text)) => Some(text),
            Self::Value(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    pub const fn is_object(self) -> bool {
        matches!(self, Self::Read(Tree::Object(_)) | Self::Value(Value::Object(_)) | Self::Object(_))
    }

    /// What is at `key`, undefined where there is nothing.
    pub fn at(self, key: Seen<'_, '_>) -> Self {
        match self {
            Self::Value(value) => match key {
                Seen::Value(key) => Self::Value(&value[key]),
                key => Self::Value(&value[&*key.value()]),
            },
            Self::List(list) => place(key).and_then(|index| list.get(index)).map_or(NOTHING, Made::seen),
            Self::Object(fields) => {
                let found = fields.iter().find(|(name, _)| key.equals(Seen::Value(name)));
                found.map_or(NOTHING, |(_, value)| value.seen())
            }
            Self::Read(tree) => {
                let found = match (tree, key) {
                    (Tree::Object(_), key) => key.text().and_then(|name| tree.field(name)),
                    (Tree::List(list), key) => place(key).and_then(|index| list.get(index)),
                    _ => None,
                };
                found.map_or(NOTHING, Self::Read)
            }
        }
    }

    pub fn equals(self, other: Seen<'_, '_>) -> bool {
        match (self, other) {
            (Self::Value(one), Seen::Value(other)) => one == other,
            (Self::Read(tree), Seen::Value(value)) => equal(tree, value),
            // From the other side, which lives otherwise.
            (Self::Value(_), Seen::Read(_)) => other.equals(self),
            (Self::Read(Tree::Text(one)), Seen::Read(Tree::Text(other))) => one == other,
            (one, other) => one.value() == other.value(),
        }
    }

    /// A whole number that floats have too, so that it is the same number however it is compared.
    pub fn whole(self) -> Option<i64> {
        let number = match self {
            Self::Read(Tree::Unsigned(number)) => i64::try_from(*number).ok()?,
            Self::Read(Tree::Signed(number)) => *number,
            Self::Value(Value::Number(number)) => number.as_i64()?,
            _ => return None,
        };
        (number.unsigned_abs() <= 1 << f64::MANTISSA_DIGITS).then_some(number)
    }

    /// How many elements or fields there are; none where it is neither.
    pub fn length(self) -> Option<usize> {
        Some(match self {
            Self::List(list) => list.len(),
            Self::Object(fields) => fields.len(),
            Self::Read(Tree::List(list)) => list.len(),
            Self::Read(Tree::Object(fields)) => sorted(fields).len(),
            Self::Value(Value::Array(list)) => list.len(),
            Self::Value(Value::Set(set)) => set.len(),
            Self::Value(Value::Object(fields)) => fields.len(),
            _ => return None,
        })
    }

    /// Whether it is one of the elements of `over`.
    pub fn is_in(self, over: Seen<'_, '_>) -> bool {
        match over {
            Seen::List(list) => list.iter().any(|one| self.equals(one.seen())),
            Seen::Object(fields) => fields.iter().any(|(_, one)| self.equals(one.seen())),
            Seen::Read(Tree::List(list)) => list.iter().any(|one| self.equals(Seen::Read(one))),
            Seen::Read(Tree::Object(fields)) => {
                sorted(fields).values().any(|one| self.equals(Seen::Read(one)))
            }
            Seen::Value(Value::Array(list)) => list.iter().any(|one| self.equals(Seen::Value(one))),
            Seen::Value(Value::Object(fields)) => fields.values().any(|one| self.equals(Seen::Value(one))),
            // Few are compared sooner than a text is copied to be looked up.
            Seen::Value(Value::Set(set)) if set.len() <= 4 => {
                set.iter().any(|one| self.equals(Seen::Value(one)))
            }
            Seen::Value(Value::Set(set)) => set.contains(&self.value()),
            _ => false,
        }
    }
}

/// The fields in the order of their names, as regorus has them; of two of a name the last.
pub(super) fn sorted<'t>(fields: &'t [(Cow<'t, str>, Tree<'t>)]) -> BTreeMap<&'t str, &'t Tree<'t>> {
    fields.iter().map(|(name, value)| (name.as_ref(), value)).collect()
}

/// Whether the two are the same once converted.
fn equal(tree: &Tree<'_>, value: &Value) -> bool {
    match (tree, value) {
        (Tree::Null, Value::Null) => true,
        (Tree::Bool(one), Value::Bool(other)) => one == other,
        (Tree::Text(one), Value::String(other)) => **one == **other,
        (Tree::List(list), Value::Array(other)) => {
            list.len() == other.len() && list.iter().zip(other.iter()).all(|(one, other)| equal(one, other))
        }
        (Tree::Unsigned(_) | Tree::Signed(_) | Tree::Float(_), Value::Number(_))
        | (Tree::Object(_), Value::Object(_)) => convert::whole(tree) == *value,
        _ => false,
    }
}
