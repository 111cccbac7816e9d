//! What an expression stands for: paths of the input or of data, and the functions and rules that names lead to.

use std::collections::BTreeMap;

use regorus::Value as Rego;
use regorus::unstable::{Expr, Ref, Rule, RuleHead};

use super::super::visit;
use super::Step;
use super::constant::constant_step;
use super::reader::Reader;

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    Input,
    Data,
}

/// A path that an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) root: Root,
    pub(super) steps: Vec<Step>,
    /// The value there is in a list that the policy made, or in a list of such lists: so many.
    lists: usize,
}

impl Place {
    pub(super) const fn new(root: Root, steps: Vec<Step>) -> Self {
        Self { root, steps, lists: 0 }
    }

    /// Goes on. A list has elements and nothing else: whatever else is looked for in one reads nothing.
    pub(super) fn then(mut self, step: Step) -> Self {
        if self.lists == 0 {
            self.steps.push(step);
        } else if step == Step::Each {
            self.lists -= 1;
        }
        self
    }

    /// Whether it is in a list that the policy made.
    pub(super) const fn is_in_list(&self) -> bool {
        self.lists > 0
    }

    /// A list of it.
    pub(super) fn in_list(mut self) -> Self {
        self.lists += 1;
        self
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Meaning {
    /// A value that was taken whole where it came from.
    Taken,
    /// A path.
    Place(Place),
    /// The value at one of some paths, or one that was taken whole where it came from.
    OneAt(Vec<Place>),
    /// A value that is known before the evaluation.
    Constant(Rego),
    /// One of some texts.
    OneOf(Vec<String>),
}

pub(super) type Names = BTreeMap<String, Meaning>;

impl<'m> Reader<'m> {
    /// What an expression stands for, if it is a path and nothing else.
    pub(super) fn place(&self, expr: &Expr, names: &Names) -> Option<Place> {
        match expr {
            Expr::Var { span, .. } => match span.text() {
                "input" => Some(Place::new(Root::Input, Vec::new())),
                "data" => Some(Place::new(Root::Data, Vec::new())),
                name => match names.get(name) {
                    Some(Meaning::Place(place)) => Some(place.clone()),
                    Some(_) => None,
                    None if self.rules.contains_key(&self.here(name)) => self.alias(name),
                    None => self.imports.get(&self.here(name)).cloned(),
                },
            },
            Expr::RefDot { refr, field, .. } => {
                Some(self.place(refr, names)?.then(Step::Name(field.0.text().to_owned())))
            }
            Expr::RefBrack { refr, index, .. } => {
                Some(self.place(refr, names)?.then(self.step(index, names)))
            }
            Expr::Call { fcn, params, .. } => match (self.builtin(fcn).as_deref(), &params[..]) {
                (Some("object.get"), [base, key, _]) => {
                    let (base, steps) = self.looked_up(base, key, names)?;
                    Some(steps.into_iter().fold(self.place(base, names)?, Place::then))
                }
                (Some("json.unmarshal"), [text]) => Some(self.place(text, names)?.then(Step::Document)),
                _ => None,
            },
            _ => None,
        }
    }

    /// What the key of `object.get` is looked up in, and where it leads to from there.
    pub(super) fn looked_up<'e>(
        &self,
        base: &'e Expr,
        key: &Expr,
        names: &Names,
    ) -> Option<(&'e Expr, Vec<Step>)> {
        let steps = self.steps(key, names)?;
        match (wrapped(base), &steps[..]) {
            (Some((name, inner)), [Step::Name(first), rest @ ..]) if *first == name => {
                Some((inner, rest.to_vec()))
            }
            (Some(_), _) => None,
            (None, _) => Some((base, steps)),
        }
    }

    /// Where the key of `object.get` leads to: one step, or a list of them.
    pub(super) fn steps(&self, key: &Expr, names: &Names) -> Option<Vec<Step>> {
        if let Expr::Array { items, .. } = key {
            return Some(items.iter().map(|item| self.step(item, names)).collect());
        }
        match self.constant(key, names) {
            Some(Rego::Array(steps)) => Some(steps.iter().map(constant_step).collect()),
            Some(Rego::Null | Rego::Undefined) => None,
            Some(step) => Some(vec![constant_step(&step)]),
            None => match key {
                Expr::Var { span, .. } => match names.get(span.text()) {
                    Some(Meaning::OneOf(names)) => Some(vec![Step::OneOf(names.clone())]),
                    // A name may hold a list of steps, which go deeper than one.
                    _ => None,
                },
                _ => None,
            },
        }
    }

    /// The first steps of a key that is not known to its end.
    pub(super) fn first_steps(&self, key: &Expr, names: &Names) -> Vec<Step> {
        match key {
            Expr::Call { fcn, params, .. } => match (self.builtin(fcn).as_deref(), &params[..]) {
                (Some("array.concat"), [first, _]) => self.steps(first, names).unwrap_or_default(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Where an index leads to.
    pub(super) fn step(&self, index: &Expr, names: &Names) -> Step {
        if let Some(constant) = self.constant(index, names) {
            return constant_step(&constant);
        }
        match index {
            Expr::Var { span, .. } => match names.get(span.text()) {
                Some(Meaning::OneOf(names)) => Step::OneOf(names.clone()),
                _ => Step::Each,
            },
            _ => Step::Each,
        }
    }

    /// The value of a rule of this package that has one definition without conditions.
    pub(super) fn only_value(&self, name: &str) -> Option<&'m Expr> {
        let [Rule::Spec { head: RuleHead::Compr { refr, assign: Some(assign), .. }, bodies, .. }] =
            &self.rules.get(&self.here(name))?[..]
        else {
            return None;
        };
        let plain = matches!(&**refr, Expr::Var { .. })
            && bodies.iter().all(|body| body.query.stmts.is_empty() && body.assign.is_none());
        plain.then_some(&*assign.value)
    }

    /// A rule of this package that is nothing but a path: one definition without conditions, which reads nothing on its way.
    pub(super) fn alias(&self, name: &str) -> Option<Place> {
        let value = self.only_value(name)?;
        // Rules that stand for each other in a circle are refused at load.
        if is_fixed(value) { self.place(value, &Names::new()) } else { None }
    }

    /// The name of a function that is not defined in Rego.
    pub(super) fn builtin(&self, function: &Expr) -> Option<String> {
        let name = visit::name(function)?;
        self.defined(&name).is_none().then_some(name)
    }

    /// Package and name of a function that is defined in Rego.
    pub(super) fn defined(&self, name: &str) -> Option<(String, String)> {
        if self.rules.contains_key(&self.here(name)) {
            return Some(self.here(name));
        }
        let (first, rest) = name.split_once('.')?;
        let package = match self.imports.get(&self.here(first)) {
            Some(Place { root: Root::Data, steps, .. }) => {
                let steps = steps.iter().map(|step| match step {
                    Step::Name(name) => name.as_str(),
                    Step::OneOf(_) | Step::Each | Step::Document => "_",
                });
                std::iter::once("data").chain(steps).collect::<Vec<_>>().join(".")
            }
            _ => first.to_owned(),
        };
        let whole = format!("{package}.{rest}");
        let (package, name) = whole.rsplit_once('.')?;
        let package = package.strip_prefix("data.").unwrap_or(package);
        let key = (package.to_owned(), name.to_owned());
        self.rules.contains_key(&key).then_some(key)
    }

    pub(super) fn here(&self, name: &str) -> (String, String) {
        (self.package.clone(), name.to_owned())
    }
}

/// The one field of an object that is written out, `{"name": value}`: a way to read what may be null with `object.get`.
fn wrapped(expr: &Expr) -> Option<(String, &Ref<Expr>)> {
    match expr {
        Expr::Object { fields, .. } => match &fields[..] {
            [(_, name, value)] => Some((visit::text(name)?, value)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a path has no index and no default that has to be read itself.
pub(super) fn is_fixed(expr: &Expr) -> bool {
    match expr {
        Expr::RefDot { refr, .. } => is_fixed(refr),
        Expr::RefBrack { refr, index, .. } => is_fixed(refr) && is_literal(index),
        Expr::Call { params, .. } => match &params[..] {
            [base, rest @ ..] => is_fixed(base) && rest.iter().all(|param| is_literal(param)),
            [] => false,
        },
        expr => matches!(expr, Expr::Var { .. }),
    }
}

pub(super) fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().all(|item| is_literal(item)),
        Expr::Object { fields, .. } => {
            fields.iter().all(|(_, key, value)| is_literal(key) && is_literal(value))
        }
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. } => true,
        _ => false,
    }
}
