//! From the syntax tree of a policy and its library to a [`Program`]; or the first thing in it that is not compiled.
//!
//! What is compiled is what is known to mean here what it means to regorus. Not compiled are, among others: `with`, `walk`,
//! unification (`=`), names that are bound by being an index (`list[i]`, `list[_]`), names that hide others of the same rule,
//! heads of several parts, and built-in functions whose value is not the same at each call.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regorus::Value;
use regorus::unstable::{
    ArithOp, AssignOp, BUILTINS, Expr as Source, Literal, Module, Query, Ref, Rule as RuleSource, RuleBody,
    RuleHead, Span, numbers,
};

use super::order;
use super::program::{
    Body, Builtin, Clause, Comprehension, Definition, Expr, Function, Index, Kind, Native, Operation,
    Operator, Pattern, Program, Rule, Slot, Step, Term, Test, Texts,
};
use crate::policy::{place, visit};

/// Why a policy is not compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {what} is not compiled")]
pub struct Refusal {
    /// What it was, such as "with".
    pub what: String,
    /// The file, as the engine was told its name.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

type Compiled<T> = Result<T, Refusal>;

fn refused<T>(span: &Span, what: impl Into<String>) -> Compiled<T> {
    let (line, column) = place(span);
    Err(Refusal { what: what.into(), file: span.source.file().clone(), line, column })
}

/// Compiles the rules `entries` of `package`, one of `modules`, and all that they refer to. Entries that there are not are left
/// out.
///
/// # Errors
/// Something in them is not compiled.
pub fn compile<'m>(
    modules: impl IntoIterator<Item = &'m Module>,
    package: &str,
    entries: &[&str],
) -> Result<Program, Refusal> {
    let mut compiler = Compiler::default();
    for module in modules {
        compiler.add(module)?;
    }
    for entry in entries {
        let key = (package.to_owned(), (*entry).to_owned());
        if compiler.sources.contains_key(&key) {
            let rule = compiler.rule(&key)?;
            compiler.program.entries.push(((*entry).to_owned(), rule));
        }
    }
    Ok(compiler.program)
}

/// A package and a name in it.
type Name = (String, String);

#[derive(Default)]
struct Compiler<'m> {
    sources: BTreeMap<Name, Vec<&'m RuleSource>>,
    /// What imported names stand for, in parts, by the package that imports them.
    imports: BTreeMap<Name, Vec<String>>,
    program: Program,
    rules: HashMap<Name, usize>,
    functions: HashMap<Name, usize>,
    /// What is being compiled, for what refers to itself.
    open: BTreeSet<Name>,
    package: String,
    /// Whether what is being compiled reads the input.
    reads_input: bool,
}

/// The names that can be seen from a place in a rule.
#[derive(Default)]
struct Scope {
    levels: Vec<Level>,
    slots: usize,
}

/// The arguments of a function, or the names of a body.
#[derive(Default)]
struct Level {
    bound: Vec<(String, Slot)>,
    /// Those that get a value in this body, be it further down.
    declared: BTreeSet<String>,
}

impl Scope {
    fn slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots - 1
    }

    fn bind(&mut self, span: &Span) -> Compiled<Slot> {
        let name = span.text();
        let hides = self.levels.iter().any(|level| level.bound.iter().any(|(known, _)| known == name));
        if hides {
            return refused(span, format!("the name {name}, which is bound around it already,"));
        }
        let slot = self.slot();
        if let Some(level) = self.levels.last_mut() {
            level.bound.push((name.to_owned(), slot));
        }
        Ok(slot)
    }

    /// Where the value of a name is, if it is not that of a rule.
    fn find(&self, span: &Span) -> Compiled<Option<Slot>> {
        for level in self.levels.iter().rev() {
            if let Some((_, slot)) = level.bound.iter().find(|(name, _)| name == span.text()) {
                return Ok(Some(*slot));
            }
            if level.declared.contains(span.text()) {
                return refused(span, format!("{}, used before it has a value,", span.text()));
            }
        }
        Ok(None)
    }
}

/// One step of a reference.
enum Accessor<'e> {
    Name(String),
    Index(&'e Source),
}

impl<'m> Compiler<'m> {
    fn add(&mut self, module: &'m Module) -> Compiled<()> {
        let package_span = module.package.refr.span();
        let Some(package) = visit::name(&module.package.refr) else {
            return refused(package_span, "this package");
        };
        for import in &module.imports {
            let Some(path) = visit::name(&import.refr) else {
                return refused(import.refr.span(), "this import");
            };
            let path: Vec<String> = path.split('.').map(ToOwned::to_owned).collect();
            let name = import.r#as.as_ref().map(|span| span.text().to_owned());
            if let Some(name) = name.or_else(|| path.last().cloned()) {
                self.imports.insert((package.clone(), name), path);
            }
        }
        for rule in &module.policy {
            let (RuleSource::Spec {
                head: RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. },
                ..
            }
            | RuleSource::Default { refr, .. }) = &**rule;
            let Some(name) = first_name(refr) else { return refused(refr.span(), "this head") };
            self.sources.entry((package.clone(), name)).or_default().push(rule);
        }
        Ok(())
    }

    /// Compiles within `package` what `work` says; whether that reads the input is told.
    fn within<T>(
        &mut self,
        name: &Name,
        span: &Span,
        work: impl FnOnce(&mut Self) -> Compiled<T>,
    ) -> Compiled<(T, bool)> {
        if !self.open.insert(name.clone()) {
            return refused(span, format!("{}, which refers to itself,", name.1));
        }
        let package = std::mem::replace(&mut self.package, name.0.clone());
        let reads_input = std::mem::replace(&mut self.reads_input, false);
        let done = work(self);
        self.package = package;
        let reads = std::mem::replace(&mut self.reads_input, reads_input);
        self.open.remove(name);
        Ok((done?, reads))
    }

    fn rule(&mut self, name: &Name) -> Compiled<usize> {
        if let Some(rule) = self.rules.get(name) {
            self.reads_input |= self.program.rules[*rule].reads_input;
            return Ok(*rule);
        }
        let sources = self.sources.get(name).cloned().unwrap_or_default();
        let Some(first) = sources.first() else { unreachable!("asked for by a name of sources") };
        let (mut rule, reads_input) = self.within(name, first.span(), |compiler| {
            let mut rule =
                Rule { kind: Kind::Value, definitions: Vec::new(), default: None, reads_input: false };
            let mut kinds = Vec::new();
            for source in &sources {
                match source {
                    RuleSource::Default { refr, args, value, .. } => {
                        if !args.is_empty() || !matches!(**refr, Source::Var { .. }) || rule.default.is_some()
                        {
                            return refused(refr.span(), "this default");
                        }
                        rule.default = Some(compiler.expr(value, &mut Scope::default())?);
                    }
                    RuleSource::Spec { head, bodies, .. } => {
                        let (kind, definition) = compiler.definition(head, bodies)?;
                        kinds.push(kind);
                        rule.definitions.push(definition);
                    }
                }
            }
            rule.kind = kinds.first().copied().unwrap_or(Kind::Value);
            let mixes = kinds.iter().any(|kind| *kind != rule.kind);
            if mixes || (rule.default.is_some() && rule.kind != Kind::Value) {
                return refused(first.span(), "a rule whose definitions differ in kind");
            }
            Ok(rule)
        })?;
        rule.reads_input = reads_input;
        self.reads_input |= reads_input;
        self.program.rules.push(rule);
        self.rules.insert(name.clone(), self.program.rules.len() - 1);
        Ok(self.program.rules.len() - 1)
    }

    fn definition(&mut self, head: &RuleHead, bodies: &[RuleBody]) -> Compiled<(Kind, Definition)> {
        let (refr, value, is_set) = match head {
            RuleHead::Compr { refr, assign, .. } => {
                (refr, assign.as_ref().map(|assign| &assign.value), false)
            }
            RuleHead::Set { refr, key: Some(key), .. } => (refr, Some(key), true),
            RuleHead::Set { refr, .. } | RuleHead::Func { refr, .. } => {
                return refused(refr.span(), "this head");
            }
        };
        let key = match &**refr {
            Source::Var { .. } => None,
            Source::RefBrack { refr: name, index, .. }
                if matches!(**name, Source::Var { .. }) && !is_literal(index) =>
            {
                Some(index)
            }
            other => return refused(other.span(), "a head of several parts"),
        };
        let kind = match (key, is_set) {
            (None, false) => Kind::Value,
            (None, true) => Kind::Set,
            (Some(_), false) => Kind::Object,
            (Some(_), true) => Kind::Sets,
        };
        if kind != Kind::Value && bodies.len() > 1 {
            return refused(refr.span(), "a rule of several bodies that is no single value");
        }
        // The index of sets by key is looked at beyond the body too, where it must mean nothing.
        if let (Kind::Sets, Some(key)) = (kind, key) {
            let (root, accessors) = flat(key);
            let is_local = matches!(root, Source::Var { span, .. } if !self.is_global(span.text()));
            if !is_local || accessors.iter().any(|accessor| matches!(accessor, Accessor::Index(_))) {
                return refused(key.span(), "this key");
            }
        }
        let mut scope = Scope::default();
        let mut compiled = Vec::new();
        let mut compiled_key = None;
        if bodies.is_empty() {
            scope.levels.push(Level::default());
            compiled_key = key.map(|key| self.expr(key, &mut scope)).transpose()?;
            compiled.push(self.body(None, value, kind, &mut scope)?);
        }
        for (index, body) in bodies.iter().enumerate() {
            if body.is_else != (index > 0) {
                return refused(&body.span, "a body beside another");
            }
            let head = if index == 0 { value } else { body.assign.as_ref().map(|assign| &assign.value) };
            scope.levels.push(Level::default());
            let mut body = self.body(Some(&body.query), head, kind, &mut scope)?;
            // The key is seen from within the body.
            if let Some(key) = key {
                compiled_key = Some(self.expr(key, &mut scope)?);
                body.is_constant = false;
            }
            scope.levels.pop();
            compiled.push(body);
        }
        Ok((kind, Definition { slots: scope.slots, key: compiled_key, bodies: compiled }))
    }

    /// A body with its head; its level is the last of `scope`, and stays.
    fn body(
        &mut self,
        query: Option<&Query>,
        head: Option<&Ref<Source>>,
        kind: Kind,
        scope: &mut Scope,
    ) -> Compiled<Body> {
        let steps = query.map(|query| self.query(query, scope)).transpose()?.unwrap_or_default();
        let is_constant = head.map_or(kind == Kind::Value, |head| is_literal(head));
        let head = head.map(|head| self.expr(head, scope)).transpose()?;
        Ok(Body { steps, head, is_constant })
    }

    fn function(&mut self, name: &Name, span: &Span, arity: usize) -> Compiled<usize> {
        if let Some(function) = self.functions.get(name) {
            self.reads_input |= self.program.functions[*function].reads_input;
            return Ok(*function);
        }
        let sources = self.sources.get(name).cloned().unwrap_or_default();
        let (clauses, reads_input) = self.within(name, span, |compiler| {
            sources.iter().map(|source| compiler.clause(source, arity)).collect::<Compiled<_>>()
        })?;
        self.reads_input |= reads_input;
        self.program.functions.push(Function { clauses, reads_input });
        let function = self.program.functions.len() - 1;
        self.functions.insert(name.clone(), function);
        Ok(function)
    }

    fn clause(&mut self, source: &RuleSource, arity: usize) -> Compiled<Clause> {
        let RuleSource::Spec { head: RuleHead::Func { refr, args, assign, .. }, bodies, .. } = source else {
            return refused(source.span(), "a function with a default");
        };
        if !matches!(**refr, Source::Var { .. }) || args.len() != arity || arity == 0 {
            return refused(refr.span(), "this head");
        }
        let mut scope = Scope::default();
        scope.levels.push(Level::default());
        // A place each, in their order; then what is within them.
        let mut arguments = Vec::with_capacity(args.len());
        for argument in args {
            arguments.push(match &**argument {
                Source::Var { span, .. } if span.text() != "_" => Pattern::Bind(scope.bind(span)?),
                _ => {
                    scope.slot();
                    Pattern::Anything
                }
            });
        }
        for (to, argument) in arguments.iter_mut().zip(args) {
            if !matches!(to, Pattern::Bind(_)) {
                *to = pattern(argument, &mut scope)?;
            }
        }
        let value = assign.as_ref().map(|assign| &assign.value);
        let mut compiled = Vec::new();
        if bodies.is_empty() {
            compiled.push(self.body(None, value, Kind::Value, &mut scope)?);
        }
        for (index, body) in bodies.iter().enumerate() {
            let own = body.assign.as_ref().map(|assign| &assign.value);
            // What regorus makes of an else without a value beside a head with one, and the other way round, is its own.
            let is_plain = match (value, own) {
                (Some(_), Some(_)) | (None, None) => true,
                (None, Some(own)) => is_literal(own),
                (Some(_), None) => false,
            };
            if body.is_else != (index > 0) || (index > 0 && !is_plain) {
                return refused(&body.span, "this body");
            }
            scope.levels.push(Level::default());
            let head = if index == 0 { value } else { own };
            compiled.push(self.body(Some(&body.query), head, Kind::Value, &mut scope)?);
            scope.levels.pop();
        }
        Ok(Clause { arguments, slots: scope.slots, bodies: compiled })
    }

    /// The statements of a body, in the order in which regorus takes them.
    fn query(&mut self, query: &Query, scope: &mut Scope) -> Compiled<Vec<Step>> {
        if let Some(level) = scope.levels.last_mut() {
            level.declared.extend(order::declared(query));
        }
        let mut steps = Vec::new();
        for place in order::order(query) {
            let statement = &query.stmts[place];
            if let Some(with) = statement.with_mods.first() {
                return refused(&with.span, "with");
            }
            steps.push(match &statement.literal {
                Literal::SomeVars { span, .. } => return refused(span, "some without in"),
                Literal::SomeIn { key, value, collection, .. } => {
                    let over = self.expr(collection, scope)?;
                    let key = key.as_ref().map(|key| pattern(key, scope)).transpose()?;
                    Step::Each { key, value: pattern(value, scope)?, over }
                }
                Literal::Expr { expr, .. } => match &**expr {
                    Source::AssignExpr { op: AssignOp::ColEq, lhs, rhs, .. } => {
                        let is_plain = match (&**lhs, &**rhs) {
                            (Source::Array { .. }, Source::Array { .. }) => false,
                            (lhs, _) => !order::variables_of(lhs).is_empty(),
                        };
                        if !is_plain {
                            return refused(lhs.span(), "this assignment");
                        }
                        let value = self.expr(rhs, scope)?;
                        Step::Assign(pattern(lhs, scope)?, value)
                    }
                    expr => Step::Holds(self.expr(expr, scope)?),
                },
                Literal::NotExpr { expr, .. } => Step::Fails(self.expr(expr, scope)?),
                Literal::Every { key, value, domain, query, .. } => {
                    let over = self.expr(domain, scope)?;
                    scope.levels.push(Level::default());
                    let key = key.as_ref().map(|key| scope.bind(key)).transpose()?;
                    let value = scope.bind(value)?;
                    scope.levels.push(Level::default());
                    let steps = self.query(query, scope)?;
                    scope.levels.truncate(scope.levels.len() - 2);
                    Step::Every { key, value, over, steps }
                }
            });
        }
        Ok(steps)
    }

    fn exprs<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Ref<Source>>,
        scope: &mut Scope,
    ) -> Compiled<Vec<Expr>> {
        exprs.into_iter().map(|expr| self.expr(expr, scope)).collect()
    }

    fn pair(&mut self, lhs: &Source, rhs: &Source, scope: &mut Scope) -> Compiled<[Expr; 2]> {
        Ok([self.expr(lhs, scope)?, self.expr(rhs, scope)?])
    }

    fn expr(&mut self, expr: &Source, scope: &mut Scope) -> Compiled<Expr> {
        if let Some(value) = literal(expr) {
            return Ok(Expr::Constant(value.clone()));
        }
        Ok(match expr {
            Source::Var { .. } | Source::RefDot { .. } | Source::RefBrack { .. } => {
                return self.reference(expr, scope);
            }
            Source::Array { items, .. } => {
                let items = self.exprs(items, scope)?;
                match constants(&items) {
                    Some(values) => Expr::Constant(values.into()),
                    None => Expr::Array(items),
                }
            }
            Source::Set { items, .. } => {
                let items = self.exprs(items, scope)?;
                match constants(&items) {
                    Some(values) => Expr::Constant(values.into_iter().collect::<BTreeSet<_>>().into()),
                    None => Expr::Set(items),
                }
            }
            Source::Object { fields, .. } => {
                let fields = fields.iter().map(|(_, key, value)| {
                    let [key, value] = self.pair(key, value, scope)?;
                    Ok((key, value))
                });
                let (keys, values): (Vec<_>, Vec<_>) =
                    fields.collect::<Compiled<Vec<_>>>()?.into_iter().unzip();
                match (constants(&keys), constants(&values)) {
                    (Some(keys), Some(values)) => {
                        let fields = keys.into_iter().zip(values);
                        Expr::Constant(fields.collect::<BTreeMap<_, _>>().into())
                    }
                    _ => Expr::Object(keys.into_iter().zip(values).collect()),
                }
            }
            Source::ArrayCompr { term, query, .. } => {
                self.comprehension(query, scope, |compiler, scope| {
                    Ok(Term::Array(compiler.expr(term, scope)?))
                })?
            }
            Source::SetCompr { term, query, .. } => self
                .comprehension(query, scope, |compiler, scope| Ok(Term::Set(compiler.expr(term, scope)?)))?,
            Source::ObjectCompr { key, value, query, .. } => {
                self.comprehension(query, scope, |compiler, scope| {
                    let [key, value] = compiler.pair(key, value, scope)?;
                    Ok(Term::Object(key, value))
                })?
            }
            Source::BoolExpr { op, lhs, rhs, .. } => {
                Expr::Compare(op.clone(), Box::new(self.pair(lhs, rhs, scope)?))
            }
            Source::ArithExpr { span, op, lhs, rhs, .. } => Expr::Operate(Box::new(Operation {
                operator: Operator::Arithmetic(op.clone()),
                parts: self.pair(lhs, rhs, scope)?,
                span: span.clone(),
                sources: [lhs.clone(), rhs.clone()],
            })),
            Source::BinExpr { span, op, lhs, rhs, .. } => Expr::Operate(Box::new(Operation {
                operator: Operator::Sets(op.clone()),
                parts: self.pair(lhs, rhs, scope)?,
                span: span.clone(),
                sources: [lhs.clone(), rhs.clone()],
            })),
            Source::Membership { key, value, collection, .. } => Expr::Member {
                key: key.as_ref().map(|key| self.expr(key, scope).map(Box::new)).transpose()?,
                parts: Box::new(self.pair(value, collection, scope)?),
            },
            Source::UnaryExpr { span, expr: number, .. } => match &**number {
                Source::Number { value, .. } if !number.span().text().starts_with('-') => {
                    let zero = Value::from(0);
                    let negated = numbers::arithmetic_operation(
                        span,
                        &ArithOp::Sub,
                        expr,
                        number,
                        zero,
                        value.clone(),
                        true,
                    );
                    negated.map(Expr::Constant).or_else(|_| refused(span, "this number"))?
                }
                _ => return refused(span, "this minus"),
            },
            Source::Call { span, fcn, params, .. } => return self.call(span, fcn, params, scope),
            other => return refused(other.span(), "this expression"),
        })
    }

    fn comprehension(
        &mut self,
        query: &Query,
        scope: &mut Scope,
        term: impl FnOnce(&mut Self, &mut Scope) -> Compiled<Term>,
    ) -> Compiled<Expr> {
        scope.levels.push(Level::default());
        let steps = self.query(query, scope)?;
        let term = term(self, scope)?;
        scope.levels.pop();
        Ok(Expr::Comprehension(Box::new(Comprehension { steps, term })))
    }

    fn is_global(&self, name: &str) -> bool {
        let key = (self.package.clone(), name.to_owned());
        self.sources.contains_key(&key) || self.imports.contains_key(&key)
    }

    fn reference(&mut self, expr: &Source, scope: &mut Scope) -> Compiled<Expr> {
        let (root, accessors) = flat(expr);
        let Source::Var { span, .. } = root else {
            let start = self.expr(root, scope)?;
            return self.access(start, &accessors, false, scope);
        };
        let name = span.text();
        if let Some(slot) = scope.find(span)? {
            return self.access(Expr::Local(slot), &accessors, false, scope);
        }
        let here = (self.package.clone(), name.to_owned());
        match name {
            "input" => {
                self.reads_input = true;
                self.access(Expr::Input, &accessors, false, scope)
            }
            "data" => self.absolute(span, &[], &accessors, true, scope),
            _ if self.sources.contains_key(&here) => {
                let rule = self.rule(&here)?;
                self.access(Expr::Rule(rule), &accessors, false, scope)
            }
            _ => match self.imports.get(&here).cloned() {
                Some(path) => self.imported(span, &path, &accessors, scope),
                None => refused(span, name),
            },
        }
    }

    fn imported(
        &mut self,
        span: &Span,
        path: &[String],
        accessors: &[Accessor<'_>],
        scope: &mut Scope,
    ) -> Compiled<Expr> {
        match path {
            [root, fields @ ..] if root == "input" => {
                self.reads_input = true;
                let start = fields.iter().fold(Expr::Input, field);
                self.access(start, accessors, false, scope)
            }
            [root, path @ ..] if root == "data" => {
                let package = path.join(".");
                if let [Accessor::Name(name), rest @ ..] = accessors
                    && self.sources.contains_key(&(package.clone(), name.clone()))
                {
                    let rule = self.rule(&(package.clone(), name.clone()))?;
                    // All of the package but its functions.
                    let of_package = self.sources.iter().filter(|((of, _), _)| *of == package);
                    let values: Vec<Name> = of_package
                        .filter(|(_, sources)| !sources.iter().any(|source| is_function(source)))
                        .map(|(name, _)| name.clone())
                        .collect();
                    let package = values.iter().map(|name| self.rule(name)).collect::<Compiled<_>>()?;
                    return self.access(Expr::RuleOf { rule, package }, rest, false, scope);
                }
                self.absolute(span, path, accessors, false, scope)
            }
            _ => refused(span, span.text()),
        }
    }

    /// A path below `data`: `path` and then `accessors`.
    fn absolute(
        &mut self,
        span: &Span,
        path: &[String],
        accessors: &[Accessor<'_>],
        is_below_data: bool,
        scope: &mut Scope,
    ) -> Compiled<Expr> {
        let names = accessors.iter().map_while(|accessor| match accessor {
            Accessor::Name(name) => Some(name.clone()),
            Accessor::Index(_) => None,
        });
        let names: Vec<String> = path.iter().cloned().chain(names).collect();
        if let Some("parameters" | "facts" | "inventory") = names.first().map(String::as_str) {
            let start = path.iter().fold(Expr::Data, field);
            return self.access(start, accessors, is_below_data, scope);
        }
        for length in 1..names.len() {
            let key = (names[..length].join("."), names[length].clone());
            // As many of the names as the path of the rule takes are behind it.
            if self.sources.contains_key(&key)
                && let Some(taken) = (length + 1).checked_sub(path.len())
            {
                let rule = self.rule(&key)?;
                return self.access(Expr::Rule(rule), &accessors[taken..], is_below_data, scope);
            }
        }
        refused(span, "this path below data")
    }

    fn access(
        &mut self,
        start: Expr,
        accessors: &[Accessor<'_>],
        is_below_data: bool,
        scope: &mut Scope,
    ) -> Compiled<Expr> {
        accessors.iter().try_fold(start, |of, accessor| match accessor {
            Accessor::Name(name) => Ok(field(of, name)),
            Accessor::Index(index) => {
                let key = self.expr(index, scope)?;
                Ok(Expr::Index(Box::new(Index { of, key, is_below_data })))
            }
        })
    }

    fn call(
        &mut self,
        span: &Span,
        function: &Source,
        params: &[Ref<Source>],
        scope: &mut Scope,
    ) -> Compiled<Expr> {
        let Some(name) = visit::name(function) else { return refused(span, "this call") };
        let arguments = self.exprs(params, scope)?;
        if let Some(name) = self.defined(&name) {
            let function = self.function(&name, span, arguments.len())?;
            return Ok(Expr::Call(function, arguments));
        }
        let Some((builtin, arity)) = BUILTINS.get(name.as_str()) else { return refused(span, name) };
        let is_pure = !["time.now_ns", "opa.runtime", "trace", "walk", "print"].contains(&name.as_str())
            && !["rand.", "uuid.", "http."].iter().any(|family| name.starts_with(family));
        if !is_pure || *arity == 0 || usize::from(*arity) != arguments.len() {
            return refused(span, name);
        }
        let native = match name.as_str() {
            "object.get" => Native::Get,
            "count" => Native::Test(Test::Count),
            "is_null" => Native::Test(Test::IsNull),
            "is_string" => Native::Test(Test::IsString),
            "is_number" => Native::Test(Test::IsNumber),
            "is_boolean" => Native::Test(Test::IsBoolean),
            "is_array" => Native::Test(Test::IsArray),
            "is_object" => Native::Test(Test::IsObject),
            "is_set" => Native::Test(Test::IsSet),
            "json.is_valid" => Native::IsJson,
            "json.unmarshal" => Native::Unmarshal,
            "startswith" => Native::Texts(Texts::StartsWith),
            "endswith" => Native::Texts(Texts::EndsWith),
            "contains" => Native::Texts(Texts::Contains),
            "split" => Native::Texts(Texts::Split),
            "lower" => Native::Lower,
            "sprintf" => Native::Format,
            "replace" => Native::ReplaceText,
            "urlquery.decode" => Native::UrlDecode,
            "regex.match" => Native::Match,
            "regex.replace" => Native::Replace,
            _ => Native::No,
        };
        Ok(Expr::Builtin(Box::new(Builtin {
            function: (*builtin, *arity),
            native,
            arguments,
            span: span.clone(),
            sources: params.to_vec(),
        })))
    }

    /// The function of the policy or the library that a name stands for.
    fn defined(&self, name: &str) -> Option<Name> {
        let found = |package: &str, name: &str| {
            let key = (package.to_owned(), name.to_owned());
            self.sources.contains_key(&key).then_some(key)
        };
        let Some((first, rest)) = name.split_once('.') else {
            let imported = self.imports.get(&(self.package.clone(), name.to_owned()));
            return match imported.map(Vec::as_slice) {
                Some([root, package @ .., name]) if root == "data" => found(&package.join("."), name),
                _ => found(&self.package, name),
            };
        };
        let path = match self.imports.get(&(self.package.clone(), first.to_owned())) {
            Some(path) => format!("{}.{rest}", path.join(".")),
            None => name.to_owned(),
        };
        let (package, name) = path.strip_prefix("data.")?.rsplit_once('.')?;
        found(package, name)
    }
}

/// What a value is bound to; the names in it are seen from here on.
fn pattern(pattern: &Source, scope: &mut Scope) -> Compiled<Pattern> {
    match pattern {
        Source::Var { span, .. } if span.text() == "_" => Ok(Pattern::Anything),
        Source::Var { span, .. } => Ok(Pattern::Bind(scope.bind(span)?)),
        Source::Array { items, .. } => {
            let items = items.iter().map(|item| self::pattern(item, scope));
            Ok(Pattern::Array(items.collect::<Compiled<_>>()?))
        }
        other => match literal(other) {
            Some(value) => Ok(Pattern::Equals(value.clone())),
            None => refused(other.span(), "this pattern"),
        },
    }
}

fn field(of: Expr, name: impl AsRef<str>) -> Expr {
    Expr::Field(Box::new(of), Value::from(name.as_ref()))
}

/// What a reference begins with, and its steps.
fn flat(mut expr: &Source) -> (&Source, Vec<Accessor<'_>>) {
    let mut accessors = Vec::new();
    loop {
        expr = match expr {
            Source::RefDot { refr, field, .. } => {
                accessors.push(Accessor::Name(field.0.text().to_owned()));
                refr
            }
            Source::RefBrack { refr, index, .. } => {
                accessors.push(match &**index {
                    Source::String { value: Value::String(name), .. } => Accessor::Name(name.to_string()),
                    other => Accessor::Index(other),
                });
                refr
            }
            root => {
                accessors.reverse();
                return (root, accessors);
            }
        }
    }
}

fn first_name(refr: &Source) -> Option<String> {
    match flat(refr).0 {
        Source::Var { span, .. } => Some(span.text().to_owned()),
        _ => None,
    }
}

const fn is_function(source: &RuleSource) -> bool {
    matches!(source, RuleSource::Spec { head: RuleHead::Func { .. }, .. })
}

const fn literal(expr: &Source) -> Option<&Value> {
    match expr {
        Source::String { value, .. }
        | Source::RawString { value, .. }
        | Source::Number { value, .. }
        | Source::Bool { value, .. }
        | Source::Null { value, .. } => Some(value),
        _ => None,
    }
}

const fn is_literal(expr: &Source) -> bool {
    literal(expr).is_some()
}

fn constants(exprs: &[Expr]) -> Option<Vec<Value>> {
    let constant = |expr: &Expr| match expr {
        Expr::Constant(value) => Some(value.clone()),
        _ => None,
    };
    exprs.iter().map(constant).collect()
}
