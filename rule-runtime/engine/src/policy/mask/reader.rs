//! Goes through the rules that an evaluation asks for, and notes what they take of the input and of the inventory.

use std::collections::BTreeMap;

use regorus::Value as Rego;
use regorus::unstable::{
    AssignOp, BoolOp, Expr, Import, Literal, LiteralStmt, Module, Query, Ref, Rule, RuleBody, RuleHead,
};

use super::super::visit;
use super::constant::{constant_step, texts};
use super::place::{Meaning, Names, Place, Root};
use super::{Known, Mask, Masks, Step};
use crate::evaluate::convert;

/// A function with what its arguments stand for.
type Called = (String, String, Vec<Meaning>);

/// Rounds that follow names which are used above the line that gives them a meaning.
const ROUNDS: usize = 8;

/// Different calls that are followed; a policy of the pack has some dozens.
const CALLS: usize = 4096;

/// Places that are followed where a value may stand at any of them; of more the values are taken.
const PLACES: usize = 8;

pub(super) struct Reader<'m> {
    /// By package and first name.
    pub(super) rules: BTreeMap<(String, String), Vec<&'m Rule>>,
    /// What imports stand for, by package and name.
    pub(super) imports: BTreeMap<(String, String), Place>,
    pub(super) masks: Masks,
    /// Rules that were read, and where their values may stand.
    pub(super) seen: BTreeMap<(String, String), Vec<Place>>,
    /// Likewise of calls.
    pub(super) called: BTreeMap<Called, Vec<Place>>,
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
            seen: BTreeMap::new(),
            called: BTreeMap::new(),
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
            self.imports.insert((package.to_owned(), name), Place::new(root, steps));
        }
    }

    /// Everything that the value of a rule without arguments depends on, but for what is there where it may stand.
    fn rule(&mut self, package: &str, name: &str) -> Vec<Place> {
        let key = (package.to_owned(), name.to_owned());
        if let Some(places) = self.seen.get(&key) {
            return places.clone();
        }
        self.seen.insert(key.clone(), Vec::new());
        let Some(rules) = self.rules.get(&key).cloned() else { return Vec::new() };
        let before = std::mem::replace(&mut self.package, key.0.clone());
        let own = Names::new();
        let is_once = self.is_once(&rules, &own);
        let mut places = Vec::new();
        for rule in rules {
            match rule {
                Rule::Default { value, .. } => self.take(value, &own),
                Rule::Spec { head: RuleHead::Func { .. }, .. } => {}
                Rule::Spec { head, bodies, .. } => places.extend(self.spec(head, bodies, &own, is_once)),
            }
        }
        self.package = before;
        let places = self.few(places);
        self.seen.insert(key, places.clone());
        places
    }

    /// Everything that the value of a rule without arguments is.
    pub(super) fn take_rule(&mut self, package: &str, name: &str) {
        let places = self.rule(package, name);
        places.iter().for_each(|place| self.take_place(place));
    }

    /// Everything that a call depends on, but for what is there where its value may stand.
    fn call(&mut self, package: &str, name: &str, arguments: Vec<Meaning>) -> Vec<Place> {
        let called = (package.to_owned(), name.to_owned(), arguments);
        if let Some(places) = self.called.get(&called) {
            return places.clone();
        }
        self.lost |= self.called.len() >= CALLS;
        if self.lost {
            return Vec::new();
        }
        self.called.insert(called.clone(), Vec::new());
        let key = (called.0.clone(), called.1.clone());
        let Some(rules) = self.rules.get(&key).cloned() else { return Vec::new() };
        let before = std::mem::replace(&mut self.package, key.0);
        let mut places = Vec::new();
        for rule in &rules {
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
                let given = called.2.get(index).cloned().unwrap_or(Meaning::Taken);
                self.bind(pattern, given, &mut names);
            }
            let is_once = self.is_once(&rules, &names);
            places.extend(self.spec(head, bodies, &names, is_once));
        }
        self.package = before;
        let places = self.few(places);
        self.called.insert(called, places.clone());
        places
    }

    /// Reads a definition. Says where its value may stand, if `is_once`: else the value is taken.
    fn spec(&mut self, head: &RuleHead, bodies: &[RuleBody], own: &Names, is_once: bool) -> Vec<Place> {
        let mut places = Vec::new();
        let mut first = None;
        for (index, body) in bodies.iter().enumerate() {
            let mut names = own.clone();
            let may_hold = self.query(&body.query, &mut names);
            if may_hold && let Some(assign) = &body.assign {
                places.extend(self.head(&assign.value, &names, is_once));
            }
            if index == 0 {
                first = may_hold.then_some(names);
            }
        }
        // The head of what never holds is never come to; those behind "else" have heads of their own.
        let Some(names) = (if bodies.is_empty() { Some(own.clone()) } else { first }) else { return places };
        let (refr, value) = match head {
            RuleHead::Compr { refr, assign, .. } => (Some(refr), assign.as_ref().map(|assign| &assign.value)),
            RuleHead::Set { refr, key, .. } => (Some(refr), key.as_ref()),
            RuleHead::Func { assign, .. } => (None, assign.as_ref().map(|assign| &assign.value)),
        };
        if let Some(refr) = refr {
            self.take_indexes(refr, &names);
        }
        if let Some(value) = value {
            places.extend(self.head(value, &names, is_once));
        }
        places
    }

    fn head(&mut self, value: &Expr, names: &Names, is_once: bool) -> Vec<Place> {
        if !is_once {
            self.take(value, names);
            return Vec::new();
        }
        let places = self.value(value, names);
        places.iter().for_each(|place| self.see(place));
        places
    }

    /// Each place once; none if there are many, and what is there is taken.
    fn few(&mut self, mut places: Vec<Place>) -> Vec<Place> {
        places.sort();
        places.dedup();
        if places.len() > PLACES {
            places.drain(..).for_each(|place| self.take_place(&place));
        }
        places
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
        let places = self.value(collection, names);
        let each = places.into_iter().map(|place| place.then(Step::Each)).collect();
        let whole = self.place(collection, names);
        self.meaning(whole.map(|place| place.then(Step::Each)), each)
    }

    /// What a value that may stand at `places` is known as, which is seen there; `place` where it stands in any case.
    fn meaning(&mut self, place: Option<Place>, places: Vec<Place>) -> Meaning {
        let places = self.few(places);
        places.iter().for_each(|place| self.see(place));
        match place {
            Some(place) => Meaning::Place(place),
            None if places.is_empty() => Meaning::Taken,
            None => Meaning::OneAt(places),
        }
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
        let places = self.value(expr, names);
        self.meaning(self.place(expr, names), places)
    }

    /// The names in `pattern` stand for parts of `place`. What is no name is compared with the value, which takes it whole.
    fn bind(&mut self, pattern: &Expr, meaning: Meaning, names: &mut Names) {
        if let Expr::Var { span, .. } = pattern {
            if span.text() != "_" {
                names.insert(span.text().to_owned(), meaning);
            }
            return;
        }
        match meaning {
            Meaning::Place(place) => self.take_place(&place),
            Meaning::OneAt(places) => places.iter().for_each(|place| self.take_place(place)),
            Meaning::Taken | Meaning::Constant(_) | Meaning::OneOf(_) => {}
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
                _ => self.take_rule_at(&place.steps),
            },
            (Root::Data, _) => self.lost = true,
        }
    }

    /// The rule that a path below `data` leads to.
    fn take_rule_at(&mut self, steps: &[Step]) {
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
                self.take_rule(&key.0, &key.1);
                return;
            }
        }
        // A whole package, or what is not there, which was refused at load.
        self.lost = true;
    }

    /// The indexes of a head are read for what they are.
    fn take_indexes(&mut self, refr: &Expr, names: &Names) {
        match refr {
            Expr::RefDot { refr, .. } => self.take_indexes(refr, names),
            Expr::RefBrack { refr, index, .. } => {
                self.take_indexes(refr, names);
                self.take(index, names);
            }
            _ => {}
        }
    }

    /// Takes the whole value of `expr`.
    fn take(&mut self, expr: &Expr, names: &Names) {
        let places = self.value(expr, names);
        places.iter().for_each(|place| self.take_place(place));
    }

    /// Where the value of `expr` may stand; what else it may be is taken.
    fn value(&mut self, expr: &Expr, names: &Names) -> Vec<Place> {
        if self.lost || self.constant(expr, names).is_some() {
            return Vec::new();
        }
        self.places(expr, names).unwrap_or_else(|| {
            self.take_parts(expr, names);
            Vec::new()
        })
    }

    /// Where the value of `expr` may stand, and how to get there is taken; none if it is not known to be anywhere, and taken is
    /// nothing yet.
    fn places(&mut self, expr: &Expr, names: &Names) -> Option<Vec<Place>> {
        match expr {
            Expr::Var { span, .. } => {
                let name = span.text();
                match names.get(name) {
                    Some(Meaning::OneAt(places)) => Some(places.clone()),
                    None if self.alias(name).is_none() && self.rules.contains_key(&self.here(name)) => {
                        let package = self.package.clone();
                        Some(self.rule(&package, name))
                    }
                    _ => self.place(expr, names).map(|place| vec![place]),
                }
            }
            Expr::RefDot { refr, field, .. } => {
                let step = Step::Name(field.0.text().to_owned());
                Some(then(self.places(refr, names)?, &[step]))
            }
            Expr::RefBrack { refr, index, .. } => {
                let places = self.places(refr, names)?;
                self.take(index, names);
                Some(then(places, &[self.step(index, names)]))
            }
            Expr::Array { items, .. } => {
                let places: Vec<_> = items.iter().flat_map(|item| self.value(item, names)).collect();
                Some(places.into_iter().map(Place::in_list).collect())
            }
            // Those of a set are compared.
            Expr::ArrayCompr { term, query, .. } => {
                let mut inner = names.clone();
                let places =
                    if self.query(query, &mut inner) { self.value(term, &inner) } else { Vec::new() };
                Some(places.into_iter().map(Place::in_list).collect())
            }
            Expr::Call { fcn, params, .. } => {
                let name = visit::name(fcn)?;
                if let Some((package, function)) = self.defined(&name) {
                    let arguments = params.iter().map(|param| self.given(param, names)).collect();
                    return Some(self.call(&package, &function, arguments));
                }
                match (name.as_str(), &params[..]) {
                    ("object.get", [base, key, default]) => {
                        let (base, steps) = self.looked_up(base, key, names)?;
                        let places = self.places(base, names)?;
                        self.take(key, names);
                        self.take(default, names);
                        Some(then(places, &steps))
                    }
                    ("json.unmarshal", [text]) => Some(then(self.places(text, names)?, &[Step::Document])),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Takes what an expression that stands nowhere is made of.
    fn take_parts(&mut self, expr: &Expr, names: &Names) {
        match expr {
            Expr::RefDot { refr, .. } => self.take(refr, names),
            Expr::RefBrack { refr, index, .. } => {
                self.take(refr, names);
                self.take(index, names);
            }
            Expr::Set { items, .. } => items.iter().for_each(|item| self.take(item, names)),
            Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
                self.take(key, names);
                self.take(value, names);
            }),
            Expr::SetCompr { term, query, .. } => {
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
            Expr::Call { fcn, params, .. } => match visit::name(fcn) {
                Some(name) => self.take_builtin(&name, params, names),
                None => self.lost = true,
            },
            Expr::UnaryExpr { expr, .. } => self.take(expr, names),
            Expr::BoolExpr { op: BoolOp::Eq | BoolOp::Ne, lhs, rhs, .. } => {
                for (one, other) in [(lhs, rhs), (rhs, lhs)] {
                    // Of a text and a collection it is enough that they are one, which is kept.
                    let is_kind = matches!(
                        self.constant(other, names),
                        Some(Rego::Null | Rego::Bool(_) | Rego::Number(_))
                    );
                    let places = self.value(one, names);
                    let note = if is_kind { Self::see } else { Self::take_place };
                    places.iter().for_each(|place| note(self, place));
                }
            }
            Expr::AssignExpr { lhs, rhs, .. }
            | Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. } => {
                self.take(lhs, names);
                self.take(rhs, names);
            }
            Expr::Membership { key, value, collection, .. } => {
                if key.is_none() && self.sees_key(value, collection, names) {
                    return;
                }
                key.iter().chain([value, collection]).for_each(|part| self.take(part, names));
            }
            // Those that are places, or what is known.
            Expr::Var { .. }
            | Expr::Array { .. }
            | Expr::ArrayCompr { .. }
            | Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    /// Whether `value in collection` is known to ask whether an object has a field of a name, which is seen then.
    fn sees_key(&mut self, value: &Expr, collection: &Expr, names: &Names) -> bool {
        let Expr::Call { fcn, params, .. } = collection else { return false };
        let (Some("object.keys"), [of]) = (self.builtin(fcn).as_deref(), &params[..]) else { return false };
        let Some(name @ Rego::String(_)) = self.constant(value, names) else { return false };
        let Some(places) = self.places(of, names) else { return false };
        let fields = then(places, &[constant_step(&name)]);
        fields.iter().for_each(|field| self.see(field));
        true
    }

    fn take_builtin(&mut self, name: &str, params: &[Ref<Expr>], names: &Names) {
        let places = params.first().and_then(|param| self.places(param, names));
        match (name, params, places) {
            // What comes behind is not known: all that lies there.
            ("object.get", [_, key, default], Some(places)) => {
                self.take(key, names);
                self.take(default, names);
                let steps = self.first_steps(key, names);
                then(places, &steps).iter().for_each(|place| self.take_place(place));
            }
            // How many there are, and not what they are; of a text, how long it is.
            ("count", [_], Some(places)) => {
                for place in places {
                    self.see(&place.clone().then(Step::Each));
                    if !place.is_in_list() {
                        self.take_place(&place.then(Step::Document));
                    }
                }
            }
            ("json.is_valid", [_], Some(places)) => {
                then(places, &[Step::Document]).iter().for_each(|place| self.see(place));
            }
            (
                "is_null" | "is_string" | "is_number" | "is_boolean" | "is_array" | "is_object" | "is_set"
                | "type_name",
                [_],
                Some(places),
            ) => places.iter().for_each(|place| self.see(place)),
            // How to get to the first is taken already.
            (_, [_, others @ ..], Some(places)) => {
                places.iter().for_each(|place| self.take_place(place));
                others.iter().for_each(|param| self.take(param, names));
            }
            _ => params.iter().for_each(|param| self.take(param, names)),
        }
    }
}

/// All of `places`, gone on by `steps`.
fn then(places: Vec<Place>, steps: &[Step]) -> Vec<Place> {
    let on = |place: Place| steps.iter().cloned().fold(place, Place::then);
    places.into_iter().map(on).collect()
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
