//! What a policy can read of its input and of `data.inventory`, so that the rest of an item need not be built.
//!
//! In: a policy's module and the library's. Out: a [`Mask`] a document. Unlike [`super::paths`], which tells an author what
//! a text seems to read, this must never be less than what an evaluation reads: a name is followed only while it stands
//! for a path and nothing else, and whatever is done with a value otherwise takes the whole of it. Where the text cannot
//! be followed (`with`, `input[x]`, `walk(input)`), the mask is everything.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value as Rego;
use regorus::unstable::{
    AssignOp, BoolOp, Expr, Import, Literal, LiteralStmt, Module, Query, Rule, RuleBody, RuleHead,
};

use super::visit;
use crate::evaluate::convert;

/// A part of a JSON document.
///
/// What is no list and no object is always kept, and so is whether a value is one of them; how much of a list or an object
/// is kept is what a mask says.
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
    pub names: BTreeMap<String, Mask>,
    /// Every element of a list and every field of an object.
    pub each: Option<Box<Mask>>,
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
            Some((Step::Name(name), rest)) => parts.names.entry(name.clone()).or_default().add(rest, whole),
            Some((Step::OneOf(names), rest)) => {
                for name in names {
                    parts.names.entry(name.clone()).or_default().add(rest, whole);
                }
            }
            Some((Step::Each, rest)) => parts.each.get_or_insert_default().add(rest, whole),
        }
    }

    /// Adds what `other` keeps.
    pub fn join(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::All, _) => {}
            (_, Self::All) => *self = Self::All,
            (Self::Parts(own), Self::Parts(other)) => {
                for (name, mask) in &other.names {
                    own.names.entry(name.clone()).or_default().join(mask);
                }
                if let Some(mask) = &other.each {
                    own.each.get_or_insert_default().join(mask);
                }
            }
        }
    }

    /// The mask of the field `name`; none where it is not kept. The mask is [settled](Self::settle).
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::All => Some(self),
            Self::Parts(Parts { names, each }) => names.get(name).or(each.as_deref()),
        }
    }

    /// The mask of an element of a list; none where none is kept.
    pub fn element(&self) -> Option<&Self> {
        match self {
            Self::All => Some(self),
            Self::Parts(parts) => parts.each.as_deref(),
        }
    }

    /// Makes the masks of named fields hold what is kept of each, so that one look-up tells all of a field.
    pub fn settle(&mut self) {
        let Self::Parts(Parts { names, each }) = self else { return };
        if let Some(each) = each {
            each.settle();
            names.values_mut().for_each(|named| named.join(each));
        }
        names.values_mut().for_each(Self::settle);
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
        reader.rule(package, rule);
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
}

impl From<&super::paths::Step> for Step {
    fn from(step: &super::paths::Step) -> Self {
        match step {
            super::paths::Step::Name(name, _) => Self::Name(name.clone()),
            super::paths::Step::Any => Self::Each,
        }
    }
}

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Root {
    Input,
    Data,
}

/// A path that an expression stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    root: Root,
    steps: Vec<Step>,
}

impl Place {
    const fn root(root: Root) -> Self {
        Self { root, steps: Vec::new() }
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    /// A value that was taken whole where it came from.
    Taken,
    /// A path.
    Place(Place),
    /// A value that is known before the evaluation.
    Constant(Rego),
    /// One of some texts.
    OneOf(Vec<String>),
}

type Names = BTreeMap<String, Meaning>;

/// A function with what its arguments stand for.
type Called = (String, String, Vec<Meaning>);

/// Rounds that follow names which are used above the line that gives them a meaning.
const ROUNDS: usize = 8;

/// Different calls that are followed; a policy of the pack has some dozens.
const CALLS: usize = 4096;

struct Reader<'m> {
    /// By package and first name.
    rules: BTreeMap<(String, String), Vec<&'m Rule>>,
    /// What imports stand for, by package and name.
    imports: BTreeMap<(String, String), Place>,
    masks: Masks,
    seen: BTreeSet<(String, String)>,
    called: BTreeSet<Called>,
    /// The package whose text is looked at.
    package: String,
    resource_type: Rego,
    parameters: Rego,
    /// The text cannot be followed.
    lost: bool,
}

impl<'m> Reader<'m> {
    fn new(modules: impl IntoIterator<Item = &'m Module>, known: Known<'_>) -> Self {
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

    fn here(&self, name: &str) -> (String, String) {
        (self.package.clone(), name.to_owned())
    }

    /// Everything that the value of a rule without arguments reads.
    fn rule(&mut self, package: &str, name: &str) {
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

    /// Whether a condition holds, where that is known before the evaluation.
    fn holds(&self, literal: &Literal, names: &Names) -> Option<bool> {
        match literal {
            Literal::Expr { expr, .. } => self.is_true(expr, names),
            Literal::NotExpr { expr, .. } => self.is_true(expr, names).map(|holds| !holds),
            Literal::SomeIn { collection, .. } => {
                is_empty(&self.constant(collection, names)?).then_some(false)
            }
            Literal::SomeVars { .. } | Literal::Every { .. } => None,
        }
    }

    fn is_true(&self, expr: &Expr, names: &Names) -> Option<bool> {
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
    fn constant(&self, expr: &Expr, names: &Names) -> Option<Rego> {
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

    fn constant_at(&self, place: &Place) -> Option<Rego> {
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
    fn is_rule(&self, name: &str, names: &Names) -> bool {
        !names.contains_key(name) && self.rules.contains_key(&self.here(name))
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
        match self.place(collection, names) {
            Some(place) => {
                self.take_indexes(collection, names);
                let each = place.then(Step::Each);
                self.see(&each);
                Meaning::Place(each)
            }
            None => {
                self.take(collection, names);
                Meaning::Taken
            }
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
        match self.place(expr, names) {
            Some(place) => {
                self.take_indexes(expr, names);
                self.see(&place);
                Meaning::Place(place)
            }
            None => {
                self.take(expr, names);
                Meaning::Taken
            }
        }
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

    /// What an expression stands for, if it is a path and nothing else.
    fn place(&self, expr: &Expr, names: &Names) -> Option<Place> {
        match expr {
            Expr::Var { span, .. } => match span.text() {
                "input" => Some(Place::root(Root::Input)),
                "data" => Some(Place::root(Root::Data)),
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
                    let steps = self.steps(key, names)?;
                    let (place, steps) = match (wrapped(base), &steps[..]) {
                        (Some((name, inner)), [Step::Name(first), rest @ ..]) if *first == name => {
                            (self.place(inner, names)?, rest)
                        }
                        (Some(_), _) => return None,
                        (None, steps) => (self.place(base, names)?, steps),
                    };
                    Some(steps.iter().fold(place, |place, step| place.then(step.clone())))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Where the key of `object.get` leads to: one step, or a list of them.
    fn steps(&self, key: &Expr, names: &Names) -> Option<Vec<Step>> {
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
    fn first_steps(&self, key: &Expr, names: &Names) -> Vec<Step> {
        match key {
            Expr::Call { fcn, params, .. } => match (self.builtin(fcn).as_deref(), &params[..]) {
                (Some("array.concat"), [first, _]) => self.steps(first, names).unwrap_or_default(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// Where an index leads to.
    fn step(&self, index: &Expr, names: &Names) -> Step {
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
    fn only_value(&self, name: &str) -> Option<&'m Expr> {
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
    fn alias(&self, name: &str) -> Option<Place> {
        let value = self.only_value(name)?;
        // Rules that stand for each other in a circle are refused at load.
        if is_fixed(value) { self.place(value, &Names::new()) } else { None }
    }

    /// The name of a function that is not defined in Rego.
    fn builtin(&self, function: &Expr) -> Option<String> {
        let name = visit::name(function)?;
        self.defined(&name).is_none().then_some(name)
    }

    /// Package and name of a function that is defined in Rego.
    fn defined(&self, name: &str) -> Option<(String, String)> {
        if self.rules.contains_key(&self.here(name)) {
            return Some(self.here(name));
        }
        let (first, rest) = name.split_once('.')?;
        let package = match self.imports.get(&self.here(first)) {
            Some(Place { root: Root::Data, steps }) => {
                let steps = steps.iter().map(|step| match step {
                    Step::Name(name) => name.as_str(),
                    Step::OneOf(_) | Step::Each => "_",
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
                Step::OneOf(_) | Step::Each => None,
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
                // object.get, the only call that is a path.
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

    fn take_call(&mut self, function: &Expr, params: &[regorus::unstable::Ref<Expr>], names: &Names) {
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

    fn take_builtin(&mut self, name: &str, params: &[regorus::unstable::Ref<Expr>], names: &Names) {
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
            // How many there are, and not what they are.
            ("count", [of], Some(place)) => {
                self.take_indexes(of, names);
                self.see(&place.then(Step::Each));
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

/// The one field of an object that is written out, `{"name": value}`: a way to read what may be null with `object.get`.
fn wrapped(expr: &Expr) -> Option<(String, &regorus::unstable::Ref<Expr>)> {
    match expr {
        Expr::Object { fields, .. } => match &fields[..] {
            [(_, name, value)] => Some((visit::text(name)?, value)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a path has no index and no default that has to be read itself.
fn is_fixed(expr: &Expr) -> bool {
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

fn is_literal(expr: &Expr) -> bool {
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

fn constant_step(value: &Rego) -> Step {
    match value {
        Rego::String(name) => Step::Name(name.to_string()),
        _ => Step::Each,
    }
}

/// Names that are followed one by one.
const FOLLOWED: usize = 32;

/// The elements of a list or set of texts.
fn texts(value: &Rego) -> Option<Vec<String>> {
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

fn is_empty(value: &Rego) -> bool {
    match value {
        Rego::Array(list) => list.is_empty(),
        Rego::Set(set) => set.is_empty(),
        Rego::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// A field of an object that is known; undefined where it has none of that name.
fn looked_up(object: &Rego, key: &Rego) -> Option<Rego> {
    match object {
        Rego::Object(fields) => Some(fields.get(key).cloned().unwrap_or(Rego::Undefined)),
        _ => None,
    }
}

fn defined(value: &Rego) -> Option<Rego> {
    (*value != Rego::Undefined).then(|| value.clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// `{a:{b} c [d]}`: fields in their order, each element in brackets; what is whole has nothing behind its name.
    fn written(mask: &Mask) -> String {
        match mask {
            Mask::All => "*".to_owned(),
            Mask::Parts(Parts { names, each }) => {
                let names = names.iter().map(|(name, mask)| match mask {
                    Mask::All => name.clone(),
                    mask => format!("{name}:{}", written(mask)),
                });
                let each = each.iter().map(|mask| format!("[{}]", written(mask)));
                format!("{{{}}}", names.chain(each).collect::<Vec<_>>().join(" "))
            }
        }
    }

    const LIBRARY: &str = r#"
package sekisho.lib
first(value) := value.first if is_object(value)
at(holder, path) := object.get(holder, path, null)
region := input.awsRegion
"#;

    /// What `rules` read of the input beside its type, and of the inventory.
    fn masks(rules: &str) -> (String, String) {
        let mut engine = regorus::Engine::new();
        engine.add_policy("lib.rego".into(), LIBRARY.into()).unwrap();
        let head = "package p\nimport data.sekisho.lib\nimport data.sekisho.lib as other\n";
        engine.add_policy("p.rego".into(), format!("{head}{rules}")).unwrap();
        let parameters = json!({"none": [], "on": true, "tag": "", "field": "named", "some": ["x"]});
        let known = Known { resource_type: "AWS::A::B", parameters: &parameters };
        let modules = engine.get_modules().clone();
        let masks = of(modules.iter().map(|module| &**module), "p", &["deny"], known, []);
        let input = written(&masks.input);
        let input =
            input.replace("resourceType ", "").replace(" resourceType}", "}").replace("{resourceType}", "{}");
        (input, written(&masks.inventory))
    }

    #[test]
    fn what_a_policy_reads_is_kept_and_no_more() {
        for (rules, input) in [
            ("deny contains \"x\" if input.a.b == 1", "{a:{b}}"),
            (
                "deny contains \"x\" if { some port in input.a.ports; port.from < 22 }",
                "{a:{ports:{[{from}]}}}",
            ),
            ("deny contains \"x\" if { port := input.ports[_]; port.from < 22 }", "{ports:{[{from}]}}"),
            ("deny contains \"x\" if { x := input.a; y := x.b; y.c }", "{a:{b:{c}}}"),
            ("deny contains \"x\" if { y.c; y := x.b; x := input.a }", "{a:{b:{c}}}"),
            ("deny contains input.a[input.b]", "{a:{[*]} b}"),
            ("deny contains \"x\" if count(input.a) > 1", "{a:{[{}]}}"),
            ("deny contains \"x\" if every e in input.a { e.b == e.c }", "{a:{[{b c}]}}"),
            ("deny contains \"x\" if { some {\"k\": v} in input.a; v }", "{a:{[*]}}"),
            ("deny contains sprintf(\"%v\", [input.a])", "{a}"),
            ("deny contains \"x\" if walk(input.a, [_, 1])", "{a}"),
            ("deny contains \"x\" if { some k; input[k] == 1 }", "{[*]}"),
            ("deny contains \"x\" if { f := input; f.a }", "{a}"),
            ("deny contains x if { x := [y.b | some y in input.a; y.c]; count(x) > 0 }", "{a:{[{b c}]}}"),
            // object.get, with all that it may be given
            ("deny contains object.get(input, [\"a\", \"b\"], input.c)", "{a:{b} c}"),
            ("deny contains object.get(input.a, \"b\", null)", "{a:{b}}"),
            ("deny contains object.get(input.a, input.key, null)", "{a key}"),
            ("deny contains object.get({\"h\": input.a}, [\"h\", \"b\"], null)", "{a:{b}}"),
            ("deny contains object.get(input, array.concat([\"a\"], [input.b]), null)", "{a b}"),
            ("deny contains object.get(input.a, data.parameters.field, null)", "{a:{named}}"),
            ("deny contains object.get(input.a, f, null) if some f in [\"b\", \"c\"]", "{a:{b c}}"),
            // rules and functions
            ("a := input.a\ndeny contains a.b", "{a:{b}}"),
            ("a := input.a if input.x\ndeny contains a.b", "{a x}"),
            ("a := object.get(input.a, b, null)\nb := input.b\ndeny contains a.c", "{a b}"),
            ("f(x) := x.b\ndeny contains f(input.a)", "{a:{b}}"),
            ("f(x, name) := x[name]\ndeny contains f(input.a, \"b\")", "{a:{b}}"),
            ("f({\"k\": v}) := v\ndeny contains f(input.a)", "{a}"),
            ("deny contains lib.first(input.a)", "{a:{first}}"),
            ("deny contains other.at(input.a, [\"b\"])", "{a:{b}}"),
            ("deny contains data.sekisho.lib.region", "{awsRegion}"),
            ("deny contains x if { x := data.sekisho.lib }", "*"),
            ("deny contains \"x\" if { lib.region == 1 with input as input.a }", "*"),
            ("deny contains input", "*"),
            // what is known before
            ("deny contains input.a if input.resourceType == \"AWS::C::D\"", "{}"),
            ("deny contains input.a if input.resourceType in {\"AWS::A::B\"}", "{a}"),
            ("deny contains input.a if { some x in data.parameters.none; x == input.b }", "{}"),
            ("deny contains input.a if { some x in data.parameters.some; x == input.b }", "{a b}"),
            ("deny contains input.a if not data.parameters.on", "{}"),
            ("deny contains input.a if input.b in data.parameters.none", "{}"),
            ("t := {\"AWS::A::B\": \"b\"}\ndeny contains input.a[t[input.resourceType]]", "{a:{b}}"),
            ("t := {\"AWS::C::D\": \"b\"}\ndeny contains input.a if x := t[input.resourceType]", "{}"),
            (
                "f(x, t) if { t != \"\"; x.b }\ndeny contains \"x\" if f(input.a, data.parameters.tag)",
                "{a:{}}",
            ),
            ("x := 1 if input.resourceType == \"T\" else := input.a\ndeny contains x", "{a}"),
            // a name that hides a rule
            ("on := false\ndeny contains input.a if { on := input.b; on }", "{a b}"),
            ("on := false\ndeny contains input.a if { on; on := input.b }", "{a b}"),
            ("on := false\ndeny contains input.a if { some on in input.b; on }", "{a b:{[*]}}"),
        ] {
            assert_eq!(masks(rules).0, input, "{rules}");
        }
    }

    #[test]
    fn the_inventory_is_read_by_halves_too() {
        for (rules, inventory) in [
            (
                "deny contains i.configuration.a if some i in data.inventory[\"T\"]",
                "{T:{[{configuration:{a}}]}}",
            ),
            ("deny contains object.get(data.inventory, [\"T\", input.b, \"c\"], null)", "{T:{[{c}]}}"),
            ("deny contains data.inventory.T[\"x\"].a", "{T:{x:{a}}}"),
            ("deny contains 1 if count(data.inventory.T) > 0", "{T:{[{}]}}"),
            ("deny contains data[input.x]", "*"),
            ("deny contains data.inventory", "*"),
        ] {
            assert_eq!(masks(rules).1, inventory, "{rules}");
        }
    }
}
