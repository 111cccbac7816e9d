//! A walk over the syntax tree of a Rego module, for the checks that regorus does not make.
//!
//! In: a parsed module. Out: what its rules reference, what they call, and how deep their expressions are.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Literal, Module, Query, Ref, Rule, RuleBody, RuleHead, Span};

/// A call of a function, built in or not.
#[derive(Debug, Clone)]
pub struct Call {
    /// As written: `object.get`, `decode.document`.
    pub name: String,
    /// What it is given.
    pub arguments: Vec<Argument>,
    /// Line and column, from 1.
    pub place: (usize, usize),
}

/// An argument of a call, as far as the text says what it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A number, as written.
    Number(f64),
    /// A string.
    Text(String),
    /// Anything else.
    Computed,
}

/// What a rule of a policy is, as the policy contract cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleKind {
    /// `name contains x`
    Set,
    /// `name if …`, `name := …`
    Value,
    /// `name(x) := …`
    Function,
    /// `default name := …`
    Default,
}

/// One rule, or one of several that make it together.
#[derive(Debug, Clone)]
pub struct RuleFacts {
    /// The first part of its name: `deny`.
    pub name: String,
    /// How it is written.
    pub kind: RuleKind,
    /// Whether the head is a bare name, without `.x` or `[x]` behind it.
    pub plain: bool,
    /// Line and column, from 1.
    pub place: (usize, usize),
    /// The paths that it reads, and where first: `input.configuration`, `data.sekisho.decode.document`, `helper`.
    pub references: BTreeMap<Vec<String>, (usize, usize)>,
    /// The functions that it calls.
    pub calls: Vec<Call>,
    /// Names that it declares itself and that hide rules of the same name.
    pub locals: BTreeSet<String>,
    /// The names that it reads, and where first.
    pub reads: BTreeMap<String, (usize, usize)>,
    /// Names that get a value without being declared: `list[i]`, `x = 1`.
    pub bound: BTreeSet<String>,
    /// The deepest nesting of its expressions.
    pub depth: usize,
}

/// One module.
#[derive(Debug, Clone)]
pub struct ModuleFacts {
    /// `data.sekisho_policies.dynamodb_pitr`, in parts.
    pub package: Vec<String>,
    /// What an imported name stands for.
    pub imports: BTreeMap<String, Vec<String>>,
    /// Where each import stands.
    pub import_places: BTreeMap<String, (usize, usize)>,
    /// Its rules in the order of the file.
    pub rules: Vec<RuleFacts>,
}

/// Reads `module`.
pub fn module_facts(module: &Module) -> ModuleFacts {
    let mut package = path(&module.package.refr).unwrap_or_default();
    package.insert(0, "data".to_owned());
    let (mut imports, mut import_places) = (BTreeMap::new(), BTreeMap::new());
    for import in &module.imports {
        let Some(target) = path(&import.refr) else {
            continue;
        };
        let alias = import.r#as.as_ref().map(|span| span.text().to_owned());
        if let Some(name) = alias.or_else(|| target.last().cloned()) {
            import_places.insert(name.clone(), place(import.refr.span()));
            imports.insert(name, target);
        }
    }
    let rules = module.policy.iter().map(|rule| rule_facts(rule)).collect();
    ModuleFacts { package, imports, import_places, rules }
}

fn rule_facts(rule: &Rule) -> RuleFacts {
    let mut walk = Walk::default();
    let (kind, refr) = match rule {
        Rule::Spec { head, bodies, .. } => {
            bodies.iter().for_each(|body| walk.body(body));
            walk.head(head)
        }
        Rule::Default { refr, args, value, .. } => {
            args.iter().for_each(|argument| walk.declare(argument));
            walk.expr(value, 1);
            (RuleKind::Default, refr)
        }
    };
    let plain = matches!(**refr, Expr::Var { .. });
    RuleFacts {
        name: path(refr)
            .and_then(|mut path| if path.is_empty() { None } else { Some(path.swap_remove(0)) })
            .unwrap_or_else(|| root_name(refr)),
        kind,
        plain,
        place: place(rule.span()),
        references: walk.references,
        calls: walk.calls,
        locals: walk.locals,
        reads: walk.reads,
        bound: walk.bound,
        depth: walk.depth,
    }
}

/// Line and column of a span, in characters; regorus counts a tab as four.
pub fn place(span: &Span) -> (usize, usize) {
    let before = span.source.contents().get(..span.start as usize).unwrap_or_default();
    (span.line as usize, before.rsplit('\n').next().unwrap_or_default().chars().count() + 1)
}

/// A reference of names and literal strings only: `a.b["c"]`.
fn path(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::Var { span, .. } => Some(vec![span.text().to_owned()]),
        Expr::RefDot { refr, field, .. } => {
            let mut parts = path(refr)?;
            parts.push(field.0.text().to_owned());
            Some(parts)
        }
        Expr::RefBrack { refr, index, .. } => {
            let mut parts = path(refr)?;
            parts.push(literal(index)?);
            Some(parts)
        }
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<String> {
    match expr {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(std::string::ToString::to_string)
        }
        _ => None,
    }
}

fn argument(expr: &Expr) -> Argument {
    match expr {
        Expr::Number { value, .. } => value.as_f64().map_or(Argument::Computed, Argument::Number),
        other => literal(other).map_or(Argument::Computed, Argument::Text),
    }
}

fn root_name(expr: &Expr) -> String {
    match expr {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => root_name(refr),
        other => other.span().text().to_owned(),
    }
}

/// Where a reference begins.
fn first_span(expr: &Expr) -> &Span {
    match expr {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => first_span(refr),
        other => other.span(),
    }
}

/// The longest beginning of a reference that is made of names and literals.
fn static_prefix(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => {
            path(expr).unwrap_or_else(|| static_prefix(refr))
        }
        _ => path(expr).unwrap_or_default(),
    }
}

#[derive(Default)]
struct Walk {
    references: BTreeMap<Vec<String>, (usize, usize)>,
    calls: Vec<Call>,
    locals: BTreeSet<String>,
    reads: BTreeMap<String, (usize, usize)>,
    bound: BTreeSet<String>,
    depth: usize,
}

impl Walk {
    fn refer(&mut self, path: Vec<String>, at: &Expr) {
        self.references.entry(path).or_insert_with(|| place(first_span(at)));
    }

    fn read(&mut self, variable: &Span) {
        self.reads.entry(variable.text().to_owned()).or_insert_with(|| place(variable));
    }

    /// The names in a pattern get their values by it.
    fn bind(&mut self, pattern: &Expr) {
        match pattern {
            Expr::Var { span, .. } => {
                self.bound.insert(span.text().to_owned());
            }
            Expr::Array { items, .. } => items.iter().for_each(|item| self.bind(item)),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| self.bind(value)),
            _ => {}
        }
    }

    fn head<'a>(&mut self, head: &'a RuleHead) -> (RuleKind, &'a Ref<Expr>) {
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                self.head_index(refr);
                if let Some(assign) = assign {
                    self.expr(&assign.value, 1);
                }
                (RuleKind::Value, refr)
            }
            RuleHead::Set { refr, key, .. } => {
                self.head_index(refr);
                if let Some(key) = key {
                    self.expr(key, 1);
                }
                (RuleKind::Set, refr)
            }
            RuleHead::Func { refr, args, assign, .. } => {
                args.iter().for_each(|argument| self.declare(argument));
                if let Some(assign) = assign {
                    self.expr(&assign.value, 1);
                }
                (RuleKind::Function, refr)
            }
        }
    }

    /// `name[key]`: the key is an expression, the name is the rule's own.
    fn head_index(&mut self, refr: &Expr) {
        if let Expr::RefBrack { refr, index, .. } = refr {
            self.head_index(refr);
            self.expr(index, 1);
        }
    }

    fn body(&mut self, body: &RuleBody) {
        if let Some(assign) = &body.assign {
            self.expr(&assign.value, 1);
        }
        self.query(&body.query, 1);
    }

    fn query(&mut self, query: &Query, depth: usize) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { vars, .. } => {
                    self.locals.extend(vars.iter().map(|span| span.text().to_owned()));
                }
                Literal::SomeIn { key, value, collection, .. } => {
                    key.iter().chain([value]).for_each(|pattern| self.declare(pattern));
                    self.expr(collection, depth);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => self.expr(expr, depth),
                Literal::Every { key, value, domain, query, .. } => {
                    self.locals.extend(key.iter().chain([value]).map(|span| span.text().to_owned()));
                    self.expr(domain, depth);
                    self.query(query, depth + 1);
                }
            }
            for with in &statement.with_mods {
                self.expr(&with.refr, depth);
                self.expr(&with.r#as, depth);
            }
        }
    }

    /// The names in a pattern hide rules; what is no name in it is read.
    fn declare(&mut self, pattern: &Expr) {
        match pattern {
            Expr::Var { span, .. } => {
                self.locals.insert(span.text().to_owned());
            }
            Expr::Array { items, .. } => items.iter().for_each(|item| self.declare(item)),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| self.declare(value)),
            other => self.expr(other, 1),
        }
    }

    fn all<'a>(&mut self, expressions: impl IntoIterator<Item = &'a Ref<Expr>>, depth: usize) {
        expressions.into_iter().for_each(|expr| self.expr(expr, depth));
    }

    fn expr(&mut self, expr: &Expr, depth: usize) {
        self.depth = self.depth.max(depth);
        let deeper = depth + 1;
        match expr {
            Expr::Var { span, .. } => {
                self.refer(static_prefix(expr), expr);
                self.read(span);
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.refer(static_prefix(expr), expr);
                self.inside_reference(expr, deeper);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => self.all(items, deeper),
            Expr::Object { fields, .. } => {
                fields.iter().for_each(|(_, key, value)| self.all([key, value], deeper));
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term, deeper);
                self.query(query, deeper);
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                self.all([key, value], deeper);
                self.query(query, deeper);
            }
            Expr::Call { span, fcn, params, .. } => {
                if let Some(parts) = path(fcn) {
                    self.calls.push(Call {
                        name: parts.join("."),
                        arguments: params.iter().map(|param| argument(param)).collect(),
                        place: place(span),
                    });
                    self.refer(parts, fcn);
                }
                // The last argument may be the output of OPA's relational form: f(x, y).
                params.last().iter().for_each(|last| {
                    if params.len() > 1 {
                        self.bind(last);
                    }
                });
                self.all(params, deeper);
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr, deeper),
            Expr::AssignExpr { op, lhs, rhs, .. } => {
                if *op == regorus::unstable::AssignOp::ColEq {
                    self.declare(lhs);
                } else {
                    self.bind(lhs);
                    self.bind(rhs);
                }
                self.all([lhs, rhs], deeper);
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. } => self.all([lhs, rhs], deeper),
            Expr::Membership { key, value, collection, .. } => {
                self.all(key, deeper);
                self.all([value, collection], deeper);
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    /// The indexes of a reference, and what it starts from where that is no name.
    fn inside_reference(&mut self, expr: &Expr, depth: usize) {
        self.depth = self.depth.max(depth);
        match expr {
            Expr::RefDot { refr, .. } => self.inside_reference(refr, depth + 1),
            Expr::RefBrack { refr, index, .. } => {
                self.inside_reference(refr, depth + 1);
                self.bind(index);
                self.expr(index, depth + 1);
            }
            Expr::Var { span, .. } => self.read(span),
            other => self.expr(other, depth),
        }
    }
}
