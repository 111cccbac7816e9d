//! What is known before an evaluation: literals, the rule's parameters, the type of the item, and what follows from them. A
//! condition that is known not to hold makes the rest of its body read nothing.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{AssignOp, BoolOp, Expr, Literal};

use super::Step;
use super::place::{Meaning, Names, Place, Root};
use super::reader::Reader;

impl Reader<'_> {
    /// Whether a condition holds, where that is known before the evaluation.
    pub(super) fn holds(&self, literal: &Literal, names: &Names) -> Option<bool> {
        match literal {
            Literal::Expr { expr, .. } => self.is_true(expr, names),
            Literal::NotExpr { expr, .. } => self.is_true(expr, names).map(|holds| !holds),
            Literal::SomeIn { collection, .. } => {
                is_empty(&self.constant(collection, names)?).then_some(false)
            }
            Literal::SomeVars { .. } | Literal::Every { .. } => None,
        }
    }

    pub(super) fn is_true(&self, expr: &Expr, names: &Names) -> Option<bool> {
        match expr {
            Expr::BoolExpr { op: op @ (BoolOp::Eq | BoolOp::Ne), lhs, rhs, .. } => {
                let (lhs, rhs) = (self.constant(lhs, names)?, self.constant(rhs, names)?);
                let is_defined = lhs != Rego::Undefined && rhs != Rego::Undefined;
                Some(is_defined && (lhs == rhs) == matches!(op, BoolOp::Eq))
            }
            Expr::Membership { key: None, value, collection, .. } => {
                let collection = self.constant(collection, names)?;
                if is_empty(&collection) {
                    return Some(false);
                }
                let value = self.constant(value, names)?;
                match collection {
                    Rego::Array(list) => Some(list.contains(&value)),
                    Rego::Set(set) => Some(set.contains(&value)),
                    Rego::Object(fields) => Some(fields.values().any(|field| *field == value)),
                    _ => None,
                }
            }
            Expr::AssignExpr { op: AssignOp::ColEq, rhs, .. } => {
                (self.constant(rhs, names)? == Rego::Undefined).then_some(false)
            }
            expr => Some(!matches!(self.constant(expr, names)?, Rego::Undefined | Rego::Bool(false))),
        }
    }

    /// The value of an expression, where it is known before the evaluation; undefined where it is known to be that.
    pub(super) fn constant(&self, expr: &Expr, names: &Names) -> Option<Rego> {
        match expr {
            Expr::String { value, .. }
            | Expr::RawString { value, .. }
            | Expr::Number { value, .. }
            | Expr::Bool { value, .. }
            | Expr::Null { value, .. } => Some(value.clone()),
            Expr::Array { items, .. } => {
                let items = items.iter().map(|item| defined(&self.constant(item, names)?));
                Some(items.collect::<Option<Vec<_>>>()?.into())
            }
            Expr::Set { items, .. } => {
                let items = items.iter().map(|item| defined(&self.constant(item, names)?));
                Some(items.collect::<Option<BTreeSet<_>>>()?.into())
            }
            Expr::Object { fields, .. } => {
                let fields = fields.iter().map(|(_, key, value)| {
                    let (key, value) = (self.constant(key, names)?, self.constant(value, names)?);
                    Some((defined(&key)?, defined(&value)?))
                });
                Some(fields.collect::<Option<BTreeMap<_, _>>>()?.into())
            }
            // A call of what is undefined is undefined itself.
            Expr::Call { params, .. }
                if params.iter().any(|param| self.constant(param, names) == Some(Rego::Undefined)) =>
            {
                Some(Rego::Undefined)
            }
            Expr::Call { fcn, params, .. } => match (self.builtin(fcn).as_deref(), &params[..]) {
                (Some("array.concat"), [first, second]) => {
                    match (self.constant(first, names)?, self.constant(second, names)?) {
                        (Rego::Array(first), Rego::Array(second)) => {
                            Some(first.iter().chain(second.iter()).cloned().collect::<Vec<_>>().into())
                        }
                        _ => None,
                    }
                }
                _ => self.constant_at(&self.place(expr, names)?),
            },
            Expr::RefBrack { refr, index, .. } => match self.place(expr, names) {
                Some(place) => self.constant_at(&place),
                None => looked_up(&self.constant(refr, names)?, &self.constant(index, names)?),
            },
            Expr::RefDot { refr, field, .. } => match self.place(expr, names) {
                Some(place) => self.constant_at(&place),
                None => looked_up(&self.constant(refr, names)?, &field.0.text().into()),
            },
            Expr::Var { span, .. } if !self.is_rule(span.text(), names) => match names.get(span.text()) {
                Some(Meaning::Constant(value)) => Some(value.clone()),
                _ => self.constant_at(&self.place(expr, names)?),
            },
            Expr::Var { span, .. } => match self.alias(span.text()) {
                Some(place) => self.constant_at(&place),
                None => self.constant(self.only_value(span.text())?, &Names::new()),
            },
            _ => None,
        }
    }

    pub(super) fn constant_at(&self, place: &Place) -> Option<Rego> {
        match (place.root, &place.steps[..]) {
            (Root::Input, [Step::Name(name)]) if name == "resourceType" => Some(self.resource_type.clone()),
            (Root::Data, [Step::Name(name), rest @ ..]) if name == "parameters" => {
                let mut value = &self.parameters;
                for step in rest {
                    match (step, value) {
                        (Step::Name(name), Rego::Object(_)) => value = &value[name.as_str()],
                        _ => return None,
                    }
                }
                defined(value)
            }
            _ => None,
        }
    }

    /// Whether a name is a rule of this package.
    pub(super) fn is_rule(&self, name: &str, names: &Names) -> bool {
        !names.contains_key(name) && self.rules.contains_key(&self.here(name))
    }
}

pub(super) fn constant_step(value: &Rego) -> Step {
    match value {
        Rego::String(name) => Step::Name(name.to_string()),
        _ => Step::Each,
    }
}

/// Names that are followed one by one.
const FOLLOWED: usize = 32;

/// The elements of a list or set of texts.
pub(super) fn texts(value: &Rego) -> Option<Vec<String>> {
    let text = |value: &Rego| match value {
        Rego::String(text) => Some(text.to_string()),
        _ => None,
    };
    let texts: Vec<String> = match value {
        Rego::Array(list) => list.iter().map(text).collect::<Option<_>>()?,
        Rego::Set(set) => set.iter().map(text).collect::<Option<_>>()?,
        _ => return None,
    };
    (texts.len() <= FOLLOWED).then_some(texts)
}

pub(super) fn is_empty(value: &Rego) -> bool {
    match value {
        Rego::Array(list) => list.is_empty(),
        Rego::Set(set) => set.is_empty(),
        Rego::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A field of an object that is known; undefined where it has none of that name, or is undefined itself.
pub(super) fn looked_up(object: &Rego, key: &Rego) -> Option<Rego> {
    match object {
        Rego::Undefined => Some(Rego::Undefined),
        Rego::Object(fields) => Some(fields.get(key).cloned().unwrap_or(Rego::Undefined)),
        _ => None,
    }
}

pub(super) fn defined(value: &Rego) -> Option<Rego> {
    (*value != Rego::Undefined).then(|| value.clone())
}
