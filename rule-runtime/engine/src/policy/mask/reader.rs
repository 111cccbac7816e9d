//! Goes through the rules that an evaluation asks for, and notes what they take of the input and of the inventory.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{
    AssignOp, Expr, Import, Literal, LiteralStmt, Module, Query, Ref, Rule, RuleBody, RuleHead,
};

use super::super::visit;
use super::constant::texts;
use super::place::{Meaning, Names, Place, Root, wrapped};
use super::{Known, Mask, Masks, Step};
use crate::evaluate::convert;

/// A function with what its arguments stand for.
type Called = (String, String, Vec<Meaning>);

/// Rounds that follow names which are used above the line that gives them a meaning.
const ROUNDS: usize = 8;

/// Different calls that are followed; a policy of the pack has some dozens.
const CALLS: usize = 4096;

pub(super) struct Reader<'m> {
    /// By package and first name.
    pub(super) rules: BTreeMap<(String, String), Vec<&'m Rule>>,
    /// What imports stand for, by package and name.
    pub(super) imports: BTreeMap<(String, String), Place>,
    pub(super) masks: Masks,
    pub(super) seen: BTreeSet<(String, String)>,
    pub(super) called: BTreeSet<Called>,
    /// The package whose text is looked at.
    pub(super) package: String,
    pub(super) resource_type: Rego,
    pub(super) parameters: Rego,
    /// The text cannot be followed.
    pub(super) lost: bool,
}

impl<'m> Reader<'m> {
    pub(super) fn new(modules: impl IntoIterator<Item = &'m Module>, known: Known<'_>) -> Self {
        let mut reader = Self {
            rules: BTreeMap::new(),
            imports: BTreeMap::new(),
            masks: Masks { input: Mask::default(), inventory: Mask::default() },
            seen: BTreeSet::new(),
            called: BTreeSet::new(),
            package: String::new(),
            resource_type: known.resource_type.into(),
            // Parameters that weigh too much are no constants.
            parameters: convert::document(known.parameters).unwrap_or(Rego::Undefined),
            lost: false,
        };
        for module in modules {
            let Some(package) = visit::name(&module.package.refr) else {
                reader.lost = true;
                continue;
            };
            for import in &module.imports {
                reader.import(&package, import);
            }
            for rule in &module.policy {
                let (Rule::Spec {
                    head:
                        RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
                    ..
                }
                | Rule::Default { refr, .. }) = &**rule;
                match first_name(refr) {
                    Some(name) => reader.rules.entry((package.clone(), name)).or_default().push(rule),
                    None => reader.lost = true,
                }
            }
        }
        reader
    }

    fn import(&mut self, package: &str, import: &Import) {
        let Some(path) = visit::name(&import.refr) else {
            self.lost = true;
            return;
        };
        let mut parts = path.split('.');
        let root = match parts.next() {
            Some("input") => Root::Input,
            Some("data") => Root::Data,
            _ => return,
        };
        let steps: Vec<Step> = parts.map(|part| Step::Name(part.to_owned())).collect();
        let name = import.r#as.as_ref().map(|span| span.text().to_owned());
        let name = name.or_else(|| path.rsplit('.').next().map(ToOwned::to_owned));
        if let Some(name) = name {
            self.imports.insert((package.to_owned(), name), Place { root, steps });
        }
    }

    /// Everything that the value of a rule without arguments reads.
    pub(super) fn rule(&mut self, package: &str, name: &str) {
        let key = (package.to_owned(), name.to_owned());
        if !self.seen.insert(key.clone()) {
            return;
        }
        let Some(rules) = self.rules.get(&key).cloned() else { return };
        let before = std::mem::replace(&mut self.package, key.0);
        for rule in rules {
            match rule {
                Rule::Default { value, .. } => self.take(value, &Names::new()),
                Rule::Spec { head: RuleHead::Func { .. }, .. } => {}
                Rule::Spec { head, bodies, .. } => self.spec(head, bodies, &Names::new()),
            }
        }
        self.package = before;
    }

    /// Everything that a call reads.
    fn call(&mut self, package: &str, name: &str, arguments: Vec<Meaning>) {
        let called = (package.to_owned(), name.to_owned(), arguments);
        if self.lost || self.called.contains(&called) {
            return;
        }
        self.lost = self.called.len() >= CALLS;
        self.called.insert(called.clone());
        let (package, name, arguments) = called;
        let Some(rules) = self.rules.get(&(package.clone(), name)).cloned() else { return };
        let before = std::mem::replace(&mut self.package, package);
        for rule in rules {
            let (head, bodies) = match rule {
                Rule::Default { value, .. } => {
                    self.take(value, &Names::new());
                    continue;
                }
                Rule::Spec { head, bodies, .. } => (head, bodies),
            };
            let RuleHead::Func { args, .. } = head else { continue };
            let mut names = Names::new();
            for (index, pattern) in args.iter().enumerate() {
                let given = arguments.get(index).cloned().unwrap_or(Meaning::Taken);
                self.bind(pattern, given, &mut names);
            }
            self.spec(head, bodies, &names);
        }
        self.package = before;
    }

    fn spec(&mut self, head: &RuleHead, bodies: &[RuleBody], own: &Names) {
        let mut first = own.clone();
        for (index, body) in bodies.iter().enumerate() {
            let mut names = own.clone();
            let may_hold = self.query(&body.query, &mut names);
            if may_hold && let Some(assign) = &body.assign {
                self.take(&assign.value, &names);
            }
            if index == 0 {
                if !may_hold {
                    // Its head is never come to; what follows is for the bodies behind "else", which have heads of their own.
                    return self.others(&bodies[1..], own);
                }
                first = names;
            }
        }
        match head {
            RuleHead::Compr { refr, assign, .. } => {
                self.take_indexes(refr, &first);
                if let Some(assign) = assign {
                    self.take(&assign.value, &first);
                }
            }
            RuleHead::Set { refr, key, .. } => {
                self.take_indexes(refr, &first);
                if let Some(key) = key {
                    self.take(key, &first);
                }
            }
            RuleHead::Func { assign, .. } => {
                if let Some(assign) = assign {
                    self.take(&assign.value, &first);
                }
            }
        }
    }

    fn others(&mut self, bodies: &[RuleBody], own: &Names) {
        for body in bodies {
            let mut names = own.clone();
            if self.query(&body.query, &mut names)
                && let Some(assign) = &body.assign
            {
                self.take(&assign.value, &names);
            }
        }
    }

    /// The statements of a body, in whatever order they are evaluated; none of one that never holds, which is told.
    fn query(&mut self, query: &Query, names: &mut Names) -> bool {
        // A name that is bound here is no rule of the same name, also above the line that binds it.
        declared(query).for_each(|name| {
            names.insert(name, Meaning::Taken);
        });
        let never = |statement: &LiteralStmt| {
            statement.with_mods.is_empty() && self.holds(&statement.literal, names) == Some(false)
        };
        if query.stmts.iter().any(never) {
            return false;
        }
        for _ in 0..ROUNDS {
            let before = names.clone();
            for statement in &query.stmts {
                self.lost |= !statement.with_mods.is_empty();
                self.statement(&statement.literal, names);
            }
            if *names == before {
                return true;
            }
        }
        self.lost = true;
        true
    }

    fn statement(&mut self, literal: &Literal, names: &mut Names) {
        match literal {
            Literal::SomeVars { vars, .. } => {
                for span in vars {
                    // A later line may have told what it stands for, in the round before.
                    names.entry(span.text().to_owned()).or_insert(Meaning::Taken);
                }
            }
            Literal::SomeIn { key, value, collection, .. } => {
                let over = self.iterated(collection, names);
                if let Some(key) = key {
                    self.bind(key, Meaning::Taken, names);
                }
                self.bind(value, over, names);
            }
            Literal::Expr { expr, .. } => match &**expr {
                Expr::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                    let meaning = self.given(rhs, names);
                    self.bind(lhs, meaning, names);
                }
                expr => self.take(expr, names),
            },
            Literal::NotExpr { expr, .. } => self.take(expr, names),
            Literal::Every { key, value, domain, query, .. } => {
                let over = self.iterated(domain, names);
                let mut inner = names.clone();
                if let Some(key) = key {
                    inner.insert(key.text().to_owned(), Meaning::Taken);
                }
                inner.insert(value.text().to_owned(), over);
                self.query(query, &mut inner);
            }
        }
    }

    /// What an element of `collection` stands for; its elements are looked at, one by one.
    fn iterated(&mut self, collection: &Expr, names: &Names) -> Meaning {
        if let Some(constant) = self.constant(collection, names) {
            return texts(&constant).map_or(Meaning::Taken, Meaning::OneOf);
        }
        let Some(place) = self.place(collection, names) else {
            self.take(collection, names);
            return Meaning::Taken;
        };
        self.take_indexes(collection, names);
        let each = place.then(Step::Each);
        self.see(&each);
        Meaning::Place(each)
    }

    /// What `expr` stands for where it is given a name; what it needs for that is taken.
    fn given(&mut self, expr: &Expr, names: &Names) -> Meaning {
        if let Some(constant) = self.constant(expr, names) {
            return Meaning::Constant(constant);
        }
        if let Expr::Var { span, .. } = expr
            && let Some(meaning @ Meaning::OneOf(_)) = names.get(span.text())
        {
            return meaning.clone();
        }
        let Some(place) = self.place(expr, names) else {
            self.take(expr, names);
            return Meaning::Taken;
        };
        self.take_indexes(expr, names);
        self.see(&place);
        Meaning::Place(place)
    }

    /// The names in `pattern` stand for parts of `place`. What is no name is compared with the value, which takes it whole.
    fn bind(&mut self, pattern: &Expr, meaning: Meaning, names: &mut Names) {
        if let Expr::Var { span, .. } = pattern {
            if span.text() != "_" {
                names.insert(span.text().to_owned(), meaning);
            }
            return;
        }
        if let Meaning::Place(place) = meaning {
            self.take_place(&place);
        }
        self.bind_within(pattern, names);
    }

    fn bind_within(&mut self, pattern: &Expr, names: &mut Names) {
        match pattern {
            Expr::Var { span, .. } => {
                names.insert(span.text().to_owned(), Meaning::Taken);
            }
            Expr::Array { items, .. } => items.iter().for_each(|item| self.bind_within(item, names)),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.take(key, names);
                self.bind_within(value, names);
            }),
            other => self.take(other, names),
        }
    }

    /// Notes that it matters whether `place` is there.
    fn see(&mut self, place: &Place) {
        match (place.root, &place.steps[..]) {
            (Root::Input, steps) => self.masks.input.add(steps, false),
            (Root::Data, [Step::Name(name), rest @ ..]) if name == "inventory" => {
                self.masks.inventory.add(rest, false);
            }
            (Root::Data, _) => self.take_place(place),
        }
    }

    /// Takes the whole value at `place`.
    fn take_place(&mut self, place: &Place) {
        match (place.root, &place.steps[..]) {
            (Root::Input, steps) => self.masks.input.add(steps, true),
            (Root::Data, [Step::Name(name), rest @ ..]) => match name.as_str() {
                "inventory" => self.masks.inventory.add(rest, true),
                "parameters" | "facts" => {}
                _ => self.take_rule(&place.steps),
            },
            (Root::Data, _) => self.lost = true,
        }
    }

    /// The rule that a path below `data` leads to.
    fn take_rule(&mut self, steps: &[Step]) {
        let names: Vec<&str> = steps
            .iter()
            .map_while(|step| match step {
                Step::Name(name) => Some(name.as_str()),
                Step::OneOf(_) | Step::Each | Step::Document => None,
            })
            .collect();
        for length in (1..names.len()).rev() {
            let key = (names[..length].join("."), names[length].to_owned());
            if self.rules.contains_key(&key) {
                self.rule(&key.0, &key.1);
                return;
            }
        }
        // A whole package, or what is not there, which was refused at load.
        self.lost = true;
    }

    /// The indexes of a reference are read for what they are.
    fn take_indexes(&mut self, expr: &Expr, names: &Names) {
        match expr {
            Expr::RefDot { refr, .. } => self.take_indexes(refr, names),
            Expr::RefBrack { refr, index, .. } => {
                self.take_indexes(refr, names);
                self.take(index, names);
            }
            Expr::Call { params, .. } => {
                // object.get and json.unmarshal, the only calls that are paths.
                if let [base, rest @ ..] = &params[..] {
                    self.take_indexes(wrapped(base).map_or(base, |(_, inner)| inner), names);
                    rest.iter().for_each(|param| self.take(param, names));
                }
            }
            _ => {}
        }
    }

    /// Takes the whole value of `expr`.
    fn take(&mut self, expr: &Expr, names: &Names) {
        if self.lost || self.constant(expr, names).is_some() {
            return;
        }
        if let Some(place) = self.place(expr, names) {
            self.take_indexes(expr, names);
            self.take_place(&place);
            return;
        }
        match expr {
            Expr::Var { span, .. } => {
                let name = span.text();
                if !names.contains_key(name) && self.rules.contains_key(&self.here(name)) {
                    let package = self.package.clone();
                    self.rule(&package, name);
                }
            }
            Expr::RefDot { refr, .. } => self.take(refr, names),
            Expr::RefBrack { refr, index, .. } => {
                self.take(refr, names);
                self.take(index, names);
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.take(item, names));
            }
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.take(key, names);
                self.take(value, names);
            }),
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                let mut inner = names.clone();
                if self.query(query, &mut inner) {
                    self.take(term, &inner);
                }
            }
            Expr::ObjectCompr { key, value, query, .. } => {
                let mut inner = names.clone();
                if self.query(query, &mut inner) {
                    self.take(key, &inner);
                    self.take(value, &inner);
                }
            }
            Expr::Call { fcn, params, .. } => self.take_call(fcn, params, names),
            Expr::UnaryExpr { expr, .. } => self.take(expr, names),
            Expr::AssignExpr { lhs, rhs, .. }
            | Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. } => {
                self.take(lhs, names);
                self.take(rhs, names);
            }
            Expr::Membership { key, value, collection, .. } => {
                key.iter().chain([value, collection]).for_each(|part| self.take(part, names));
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    fn take_call(&mut self, function: &Expr, params: &[Ref<Expr>], names: &Names) {
        let Some(name) = visit::name(function) else {
            self.lost = true;
            return;
        };
        let Some((package, function)) = self.defined(&name) else {
            return self.take_builtin(&name, params, names);
        };
        let arguments = params.iter().map(|param| self.given(param, names)).collect();
        self.call(&package, &function, arguments);
    }

    fn take_builtin(&mut self, name: &str, params: &[Ref<Expr>], names: &Names) {
        let place = params.first().and_then(|param| self.place(param, names));
        match (name, params, place) {
            // What comes behind is not known: all that lies there.
            ("object.get", [base, key, default], Some(place)) => {
                self.take_indexes(base, names);
                self.take(key, names);
                self.take(default, names);
                let steps = self.first_steps(key, names);
                self.take_place(&steps.into_iter().fold(place, Place::then));
            }
            // How many there are, and not what they are; of a text, how long it is.
            ("count", [of], Some(place)) => {
                self.take_indexes(of, names);
                self.see(&place.clone().then(Step::Each));
                self.take_place(&place.then(Step::Document));
            }
            ("json.is_valid", [of], Some(place)) => {
                self.take_indexes(of, names);
                self.see(&place.then(Step::Document));
            }
            (
                "is_null" | "is_string" | "is_number" | "is_boolean" | "is_array" | "is_object" | "type_name",
                [of],
                Some(place),
            ) => {
                self.take_indexes(of, names);
                self.see(&place);
            }
            _ => params.iter().for_each(|param| self.take(param, names)),
        }
    }
}

/// The name that a rule's head begins with.
fn first_name(refr: &Expr) -> Option<String> {
    match refr {
        Expr::Var { span, .. } => Some(span.text().to_owned()),
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => first_name(refr),
        _ => None,
    }
}

/// The names that the statements of a body bind.
fn declared(query: &Query) -> impl Iterator<Item = String> {
    let mut names = Vec::new();
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeVars { vars, .. } => names.extend(vars.iter().map(|span| span.text().to_owned())),
            Literal::SomeIn { key, value, .. } => {
                key.iter().chain([value]).for_each(|pattern| variables(pattern, &mut names));
            }
            Literal::Expr { expr, .. } => {
                if let Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } = &**expr {
                    variables(lhs, &mut names);
                }
            }
            Literal::NotExpr { .. } | Literal::Every { .. } => {}
        }
    }
    names.into_iter()
}

fn variables(pattern: &Expr, names: &mut Vec<String>) {
    match pattern {
        Expr::Var { span, .. } => names.push(span.text().to_owned()),
        Expr::Array { items, .. } => items.iter().for_each(|item| variables(item, names)),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, _, value)| variables(value, names)),
        _ => {}
    }
}
