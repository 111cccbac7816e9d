//! The paths of the item that a policy reads, as far as its text says.
//!
//! In: a module. Out: [`Read`]s of paths below `input`: of references (`input.configuration.a[_].b`), of `object.get` with
//! literal names, and of names that stand for either. What a function of the policy reads of its arguments is not followed.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{BoolOp, Expr, Literal, Module, Query, Rule, RuleHead};

use super::ast::place;
use super::visit;

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A name that is written out, and where.
    Name(String, (usize, usize)),
    /// An element of a list or map, whichever it is.
    Any,
}

/// A path from the item's root.
pub type ReadPath = Vec<Step>;

/// A place where a policy reads the item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// What it reads.
    pub path: ReadPath,
    /// How many of its steps had a default: their absence is decided about.
    pub decided: usize,
    /// Whether a `deny` can fail to hold because the path is absent: read without a default, outside of `not`, by a rule that
    /// `deny` asks outside of `not`.
    pub bare: bool,
    /// The resource types for which the rule holds, where it begins by comparing `input.resourceType`.
    pub types: Vec<String>,
}

impl Read {
    /// Where its last name stands.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.path.iter().rev().find_map(|step| match step {
            Step::Name(_, place) => Some(*place),
            Step::Any => None,
        })
    }
}

/// `configuration.ports[_].from`.
pub fn written(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Name(name, _) if text.is_empty() => name.clone(),
        Step::Name(name, _) => format!("{text}.{name}"),
        Step::Any => format!("{text}[_]"),
    })
}

/// A path, and how many of its steps had a default when they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Way {
    steps: ReadPath,
    decided: usize,
}

type Names = BTreeMap<String, Way>;

/// The paths that `module` reads.
pub fn read(module: &Module) -> Vec<Read> {
    let mut reader = Reader::default();
    // Rules may stand for paths by way of each other; a few rounds follow them.
    for _ in 0..4 {
        let before = reader.rules.clone();
        reader.found.clear();
        reader.asked.clear();
        for rule in &module.policy {
            reader.rule(rule);
        }
        if reader.rules == before {
            break;
        }
    }
    let positive = reader.asked_by_deny();
    let found = reader.found.into_iter().map(|Found { way, bare, rule, types }| {
        let bare = bare && positive.contains(&rule);
        Read { path: way.steps, decided: way.decided, bare, types }
    });
    found.collect()
}

struct Found {
    way: Way,
    bare: bool,
    rule: String,
    types: Vec<String>,
}

#[derive(Default)]
struct Reader {
    /// Rules that are nothing but a path.
    rules: Names,
    found: Vec<Found>,
    /// The names that each rule asks outside of `not`.
    asked: BTreeMap<String, BTreeSet<String>>,
    /// The rule that is looked at, and the types for which it holds.
    rule: String,
    types: Vec<String>,
    negated: bool,
}

impl Reader {
    fn asks(&mut self, name: &str) {
        if !self.negated {
            self.asked.entry(self.rule.clone()).or_default().insert(name.to_owned());
        }
    }

    /// `deny`, and the rules that it asks outside of `not`, directly or by way of others.
    fn asked_by_deny(&self) -> BTreeSet<String> {
        let mut known = BTreeSet::from(["deny".to_owned()]);
        let mut open = vec!["deny".to_owned()];
        while let Some(name) = open.pop() {
            for asked in self.asked.get(&name).into_iter().flatten() {
                if known.insert(asked.clone()) {
                    open.push(asked.clone());
                }
            }
        }
        known
    }

    fn rule(&mut self, rule: &Rule) {
        let Rule::Spec { head, bodies, .. } = rule else {
            return;
        };
        let (RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. }) = head;
        self.rule = visit::name(refr).unwrap_or_default();
        self.types = bodies.iter().flat_map(|body| types_of(&body.query)).collect();
        let mut names = self.rules.clone();
        if let RuleHead::Func { args, .. } = head {
            args.iter().for_each(|argument| hide(argument, &mut names));
        }
        let own = names.clone();
        for (index, body) in bodies.iter().enumerate() {
            let mut inner = own.clone();
            self.query(&body.query, &mut inner);
            body.assign.iter().for_each(|assign| self.expr(&assign.value, &inner));
            if index == 0 {
                names = inner;
            }
        }
        match head {
            RuleHead::Compr { refr, assign: Some(assign), .. } => {
                self.expr(&assign.value, &names);
                if let (Expr::Var { span, .. }, Some(path)) = (&**refr, path(&assign.value, &names)) {
                    self.rules.entry(span.text().to_owned()).or_insert(path);
                }
            }
            RuleHead::Set { key: Some(key), .. } => self.expr(key, &names),
            RuleHead::Func { assign: Some(assign), .. } => self.expr(&assign.value, &names),
            _ => {}
        }
    }

    fn query(&mut self, query: &Query, names: &mut Names) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { vars, .. } => vars.iter().for_each(|span| {
                    names.remove(span.text());
                }),
                Literal::SomeIn { key, value, collection, .. } => {
                    self.expr(collection, names);
                    let over = path(collection, names);
                    key.iter().chain([value]).for_each(|pattern| hide(pattern, names));
                    if let (Some(mut over), Expr::Var { span, .. }) = (over, &**value) {
                        over.steps.push(Step::Any);
                        names.insert(span.text().to_owned(), over);
                    }
                }
                Literal::Expr { expr, .. } => {
                    if let Expr::AssignExpr { lhs, rhs, .. } = &**expr {
                        self.expr(rhs, names);
                        let stands_for = path(rhs, names);
                        hide(lhs, names);
                        if let (Some(path), Expr::Var { span, .. }) = (stands_for, &**lhs) {
                            names.insert(span.text().to_owned(), path);
                        }
                    } else {
                        self.expr(expr, names);
                    }
                }
                Literal::NotExpr { expr, .. } => {
                    let before = std::mem::replace(&mut self.negated, true);
                    self.expr(expr, names);
                    self.negated = before;
                }
                Literal::Every { key, value, domain, query, .. } => {
                    self.expr(domain, names);
                    let mut inner = names.clone();
                    key.iter().for_each(|key| {
                        inner.remove(key.text());
                    });
                    inner.remove(value.text());
                    if let Some(mut over) = path(domain, names) {
                        over.steps.push(Step::Any);
                        inner.insert(value.text().to_owned(), over);
                    }
                    self.query(query, &mut inner);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr, names: &Names) {
        if let Some(way) = path(expr, names)
            && !way.steps.is_empty()
        {
            let bare = !self.negated && matches!(expr, Expr::RefDot { .. } | Expr::RefBrack { .. });
            self.found.push(Found { way, bare, rule: self.rule.clone(), types: self.types.clone() });
        }
        match expr {
            Expr::Var { span, .. } => self.asks(span.text()),
            Expr::RefDot { refr, .. } => self.expr(refr, names),
            Expr::RefBrack { refr, index, .. } => {
                self.expr(refr, names);
                self.expr(index, names);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.expr(item, names));
            }
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.expr(key, names);
                self.expr(value, names);
            }),
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                let mut inner = names.clone();
                self.query(query, &mut inner);
                self.expr(term, &inner);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                let mut inner = names.clone();
                self.query(query, &mut inner);
                self.expr(key, &inner);
                self.expr(value, &inner);
            }
            Expr::Call { fcn, params, .. } => {
                self.asks(&visit::name(fcn).unwrap_or_default());
                params.iter().for_each(|param| self.expr(param, names));
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr, names),
            Expr::AssignExpr { lhs, rhs, .. }
            | Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. } => {
                self.expr(lhs, names);
                self.expr(rhs, names);
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().chain([value, collection]).for_each(|part| self.expr(part, names));
            }
            _ => {}
        }
    }
}

/// The types in a condition `input.resourceType == "…"`.
fn types_of(query: &Query) -> Vec<String> {
    let conditions = query.stmts.iter().filter_map(|statement| match &statement.literal {
        Literal::Expr { expr, .. } => match &**expr {
            Expr::BoolExpr { op: BoolOp::Eq, lhs, rhs, .. } => Some((lhs, rhs)),
            _ => None,
        },
        _ => None,
    });
    let of_type = conditions.filter(|(lhs, _)| visit::name(lhs).as_deref() == Some("input.resourceType"));
    of_type.filter_map(|(_, rhs)| visit::text(rhs)).collect()
}

/// The names in a pattern stand for something else from here on.
fn hide(pattern: &Expr, names: &mut Names) {
    match pattern {
        Expr::Var { span, .. } => {
            names.remove(span.text());
        }
        Expr::Array { items, .. } => items.iter().for_each(|item| hide(item, names)),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| hide(value, names)),
        _ => {}
    }
}

/// What an expression stands for, if it is a part of the item.
fn path(expr: &Expr, names: &Names) -> Option<Way> {
    match expr {
        Expr::Var { span, .. } if span.text() == "input" => Some(Way::default()),
        Expr::Var { span, .. } => names.get(span.text()).cloned(),
        Expr::RefDot { refr, field, .. } => {
            let mut path = path(refr, names)?;
            path.steps.push(Step::Name(field.0.text().to_owned(), place(&field.0)));
            Some(path)
        }
        Expr::RefBrack { refr, index, .. } => {
            let mut path = path(refr, names)?;
            path.steps.push(step(index));
            Some(path)
        }
        Expr::Call { fcn, params, .. } => match (visit::name(fcn)?.as_str(), &params[..]) {
            ("object.get", [base, key, _]) => {
                let mut path = path(base, names)?;
                match &**key {
                    Expr::Array { items, .. } => path.steps.extend(items.iter().map(|item| step(item))),
                    key => path.steps.push(step(key)),
                }
                path.decided = path.steps.len();
                Some(path)
            }
            // The same in another form.
            ("decode.list" | "decode.document", [inner]) => path(inner, names),
            _ => None,
        },
        _ => None,
    }
}

fn step(index: &Expr) -> Step {
    // A text's span begins at its first character, behind the quote.
    visit::text(index).map_or(Step::Any, |text| Step::Name(text, place(index.span())))
}
