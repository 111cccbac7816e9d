//! Runs a [`Program`] over an input: each statement in turn, and what follows it for each of its solutions.
//!
//! What is not plain is not decided here: an error of a built-in function, a rule with two values, an iteration over what is no
//! collection, too many steps. Regorus is asked then, and says what it says.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use regorus::unstable::{BinOp, comparison, numbers, sets};

use super::native::{self, Texts};
use super::program::{
    Body, Builtin, Clause, Comprehension, Definition, Expr, Kind, MOST_ARGUMENTS, Native, Operation, Operator,
    Pattern, Program, Slot, Step, Term,
};

/// Steps after which regorus is asked, with its clock: some tenths of a second.
const MOST_STEPS: u64 = 20_000_000;

/// Regorus is to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Undecided;

type Decided<T> = Result<T, Undecided>;

/// Whether further solutions are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Next,
    Stop,
}

/// What is kept from one input to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept {
    /// The values of rules: of those that do not read the input, from before.
    pub values: Vec<Option<Value>>,
    /// The frames of what is being run; empty between two inputs.
    pub stack: Vec<Value>,
    pub texts: Texts,
}

/// One evaluation.
pub(super) struct Run<'p> {
    pub program: &'p Program,
    pub data: &'p Value,
    pub input: &'p Value,
    pub kept: Kept,
    steps: u64,
}

type Solution<'c, 'p> = &'c mut dyn FnMut(&mut Run<'p>) -> Decided<Flow>;

const UNDEFINED: Value = Value::Undefined;

fn is_undefined(value: &Value) -> bool {
    matches!(value, Value::Undefined)
}

fn is_true(value: &Value) -> bool {
    !matches!(value, Value::Undefined | Value::Bool(false))
}

impl<'p> Run<'p> {
    pub fn new(program: &'p Program, data: &'p Value, input: &'p Value, mut kept: Kept) -> Self {
        kept.stack.clear();
        kept.texts.forget_documents();
        kept.values.resize(program.rules.len(), None);
        for (value, rule) in kept.values.iter_mut().zip(&program.rules) {
            if rule.reads_input {
                *value = None;
            }
        }
        Self { program, data, input, kept, steps: 0 }
    }

    /// The value of a rule.
    pub fn rule(&mut self, rule: usize) -> Decided<Value> {
        if let Some(value) = &self.kept.values[rule] {
            return Ok(value.clone());
        }
        let value = self.evaluate(rule)?;
        self.kept.values[rule] = Some(value.clone());
        Ok(value)
    }

    fn evaluate(&mut self, rule: usize) -> Decided<Value> {
        let rule = &self.program.rules[rule];
        let value = match rule.kind {
            Kind::Value => self.single(&rule.definitions)?,
            Kind::Set => {
                let mut set = BTreeSet::new();
                for definition in &rule.definitions {
                    self.each_head(definition, |_, value| {
                        set.insert(value);
                        Ok(())
                    })?;
                }
                set.into()
            }
            Kind::Object => {
                let mut object: BTreeMap<Value, Value> = BTreeMap::new();
                for definition in &rule.definitions {
                    self.each_head(definition, |key, value| match object.get(&key) {
                        Some(other) if *other != value => Err(Undecided),
                        _ => {
                            object.insert(key, value);
                            Ok(())
                        }
                    })?;
                }
                object.into()
            }
            Kind::Sets => {
                let mut sets: BTreeMap<Value, BTreeSet<Value>> = BTreeMap::new();
                for definition in &rule.definitions {
                    self.each_head(definition, |key, value| {
                        sets.entry(key).or_default().insert(value);
                        Ok(())
                    })?;
                }
                if sets.is_empty() {
                    Value::Undefined
                } else {
                    let sets = sets.into_iter().map(|(key, set)| (key, Value::from(set)));
                    sets.collect::<BTreeMap<_, _>>().into()
                }
            }
        };
        match &rule.default {
            Some(default) if is_undefined(&value) => self.expr(default, 0),
            _ => Ok(value),
        }
    }

    /// A rule of one value.
    fn single(&mut self, definitions: &'p [Definition]) -> Decided<Value> {
        let mut value = Value::Undefined;
        for definition in definitions {
            let base = self.enter(definition.slots);
            for body in &definition.bodies {
                let mut found = Value::Undefined;
                self.heads(body, None, base, &mut |_, head| {
                    if is_undefined(&found) || found == head {
                        found = head;
                        Ok(())
                    } else {
                        Err(Undecided)
                    }
                })?;
                if is_undefined(&found) {
                    continue;
                }
                if !is_undefined(&value) && value != found {
                    return Err(Undecided);
                }
                value = found;
                break;
            }
            self.leave(base);
        }
        Ok(value)
    }

    /// Does `take` with key and value of each solution of a definition of a set or an object.
    fn each_head(
        &mut self,
        definition: &'p Definition,
        mut take: impl FnMut(Value, Value) -> Decided<()>,
    ) -> Decided<()> {
        let base = self.enter(definition.slots);
        for body in &definition.bodies {
            self.heads(body, definition.key.as_ref(), base, &mut take)?;
        }
        self.leave(base);
        Ok(())
    }

    /// Does `take` with each head of a body. Where one head of several is undefined, regorus drops those before and stops at
    /// those behind it.
    fn heads(
        &mut self,
        body: &'p Body,
        key: Option<&'p Expr>,
        base: usize,
        take: &mut dyn FnMut(Value, Value) -> Decided<()>,
    ) -> Decided<()> {
        let (mut is_there_any, mut is_one_undefined) = (false, false);
        self.steps(&body.steps, base, &mut |run| {
            if is_one_undefined {
                return Err(Undecided);
            }
            let key = key.map_or(Ok(Value::Null), |key| run.expr(key, base))?;
            let value = body.head.as_ref().map_or(Ok(Value::Bool(true)), |head| run.expr(head, base))?;
            if is_undefined(&key) || is_undefined(&value) {
                is_one_undefined = true;
                return if is_there_any { Err(Undecided) } else { Ok(Flow::Next) };
            }
            is_there_any = true;
            take(key, value)?;
            Ok(if body.is_constant { Flow::Stop } else { Flow::Next })
        })?;
        Ok(())
    }

    fn enter(&mut self, slots: usize) -> usize {
        let base = self.kept.stack.len();
        self.kept.stack.resize(base + slots, Value::Undefined);
        base
    }

    fn leave(&mut self, base: usize) {
        self.kept.stack.truncate(base);
    }

    fn set(&mut self, base: usize, slot: Slot, value: Value) {
        self.kept.stack[base + slot] = value;
    }

    /// Takes the statements in turn; `done` with each solution of all of them.
    fn steps(&mut self, steps: &'p [Step], base: usize, done: Solution<'_, 'p>) -> Decided<Flow> {
        for (place, step) in steps.iter().enumerate() {
            match step {
                Step::Holds(expr) => {
                    if !self.holds(expr, base)? {
                        return Ok(Flow::Next);
                    }
                }
                Step::Fails(expr) => {
                    if self.holds(expr, base)? {
                        return Ok(Flow::Next);
                    }
                }
                Step::Assign(pattern, expr) => {
                    let value = self.expr(expr, base)?;
                    if is_undefined(&value) || !self.bind(pattern, &value, base) {
                        return Ok(Flow::Next);
                    }
                }
                Step::Every { key, value, over, steps } => {
                    if !self.every((*key, *value), over, steps, base)? {
                        return Ok(Flow::Next);
                    }
                }
                Step::Each { key, value, over } => {
                    let over = self.expr(over, base)?;
                    let rest = &steps[place + 1..];
                    return self.each(&over, |run, index, element| {
                        let binds = key.as_ref().is_none_or(|key| run.bind(key, index, base))
                            && run.bind(value, element, base);
                        if binds { run.steps(rest, base, done) } else { Ok(Flow::Next) }
                    });
                }
            }
        }
        done(self)
    }

    /// Does `take` with the key and the value of each element.
    fn each(
        &mut self,
        over: &Value,
        mut take: impl FnMut(&mut Self, &Value, &Value) -> Decided<Flow>,
    ) -> Decided<Flow> {
        let flow = match over {
            Value::Array(list) => list.iter().enumerate().try_for_each(|(index, value)| {
                stop(take(self, &Value::from(index), value))
            }),
            Value::Set(set) => set.iter().try_for_each(|value| stop(take(self, value, value))),
            Value::Object(fields) => {
                fields.iter().try_for_each(|(key, value)| stop(take(self, key, value)))
            }
            Value::Undefined => Ok(()),
            // An error to regorus.
            _ => Err(Err(Undecided)),
        };
        flow.map_or_else(|end| end, |()| Ok(Flow::Next))
    }

    fn every(
        &mut self,
        (key, value): (Option<Slot>, Slot),
        over: &'p Expr,
        steps: &'p [Step],
        base: usize,
    ) -> Decided<bool> {
        let over = self.expr(over, base)?;
        if !matches!(over, Value::Array(_) | Value::Set(_) | Value::Object(_)) {
            return Ok(false);
        }
        let flow = self.each(&over, |run, index, element| {
            if let Some(key) = key {
                run.set(base, key, index.clone());
            }
            run.set(base, value, element.clone());
            let mut holds = false;
            run.steps(steps, base, &mut |_| {
                holds = true;
                Ok(Flow::Next)
            })?;
            Ok(if holds { Flow::Next } else { Flow::Stop })
        })?;
        Ok(flow == Flow::Next)
    }

    fn bind(&mut self, pattern: &Pattern, value: &Value, base: usize) -> bool {
        match pattern {
            Pattern::Anything => true,
            Pattern::Bind(slot) => {
                self.set(base, *slot, value.clone());
                true
            }
            Pattern::Equals(expected) => value == expected,
            Pattern::Array(patterns) => match value {
                Value::Array(list) if list.len() == patterns.len() => {
                    patterns.iter().zip(list.iter()).all(|(pattern, value)| self.bind(pattern, value, base))
                }
                _ => false,
            },
        }
    }

    fn tick(&mut self) -> Decided<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS { Err(Undecided) } else { Ok(()) }
    }

    /// The value of an expression where it is there already and need not be made.
    fn peek<'s>(&'s self, expr: &'s Expr, base: usize) -> Option<&'s Value> {
        match expr {
            Expr::Constant(value) => Some(value),
            Expr::Local(slot) => Some(&self.kept.stack[base + slot]),
            Expr::Input => Some(self.input),
            Expr::Data => Some(self.data),
            Expr::Rule(rule) => self.kept.values[*rule].as_ref(),
            Expr::Field(of, name) => Some(&self.peek(of, base)?[name]),
            Expr::Index(index) => {
                let value = &self.peek(&index.of, base)?[self.peek(&index.index, base)?];
                // What regorus tries then is left to it.
                let is_plain = !index.is_below_data || !is_undefined(value);
                is_plain.then_some(value)
            }
            Expr::Builtin(builtin) if builtin.native == Native::Get => {
                let [of, path, default] = &builtin.arguments[..] else { return None };
                let (of, path) = (self.peek(of, base)?, self.peek(path, base)?);
                let default = self.peek(default, base)?;
                native::get(of, path, default)
            }
            _ => None,
        }
    }

    fn holds(&mut self, expr: &'p Expr, base: usize) -> Decided<bool> {
        self.tick()?;
        if let Some(value) = self.peek(expr, base) {
            return Ok(is_true(value));
        }
        Ok(is_true(&self.make(expr, base)?))
    }

    fn expr(&mut self, expr: &'p Expr, base: usize) -> Decided<Value> {
        self.tick()?;
        if let Some(value) = self.peek(expr, base) {
            return Ok(value.clone());
        }
        self.make(expr, base)
    }

    fn exprs(&mut self, exprs: &'p [Expr], base: usize) -> Decided<Option<Vec<Value>>> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let value = self.expr(expr, base)?;
            if is_undefined(&value) {
                return Ok(None);
            }
            values.push(value);
        }
        Ok(Some(values))
    }

    /// What `then` makes of the values of two expressions.
    fn with<T>(
        &mut self,
        [first, second]: &'p [Expr; 2],
        base: usize,
        then: impl FnOnce(&Value, &Value) -> T,
    ) -> Decided<T> {
        if let (Some(first), Some(second)) = (self.peek(first, base), self.peek(second, base)) {
            return Ok(then(first, second));
        }
        let first = self.expr(first, base)?;
        if let Some(second) = self.peek(second, base) {
            return Ok(then(&first, second));
        }
        let second = self.expr(second, base)?;
        Ok(then(&first, &second))
    }

    /// The value of an expression that is not there yet.
    fn make(&mut self, expr: &'p Expr, base: usize) -> Decided<Value> {
        match expr {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Local(slot) => Ok(self.kept.stack[base + slot].clone()),
            Expr::Input => Ok(self.input.clone()),
            Expr::Data => Ok(self.data.clone()),
            Expr::Rule(rule) => self.rule(*rule),
            Expr::RuleOf { rule, package } => {
                for other in package {
                    self.rule(*other)?;
                }
                self.rule(*rule)
            }
            Expr::Field(of, name) => Ok(self.expr(of, base)?[name].clone()),
            Expr::Index(index) => {
                let key = self.expr(&index.index, base)?;
                let value = self.expr(&index.of, base)?[&key].clone();
                if index.is_below_data && is_undefined(&value) && matches!(key, Value::Number(_)) {
                    return Err(Undecided);
                }
                Ok(value)
            }
            Expr::Array(items) => Ok(self.exprs(items, base)?.map_or(Value::Undefined, Value::from)),
            Expr::Set(items) => Ok(self.exprs(items, base)?.map_or(Value::Undefined, |items| {
                items.into_iter().collect::<BTreeSet<_>>().into()
            })),
            Expr::Object(fields) => {
                let mut object = BTreeMap::new();
                for (key, value) in fields {
                    let (key, value) = (self.expr(key, base)?, self.expr(value, base)?);
                    if is_undefined(&key) || is_undefined(&value) {
                        return Ok(Value::Undefined);
                    }
                    object.insert(key, value);
                }
                Ok(object.into())
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension, base),
            Expr::Compare(operator, parts) => self
                .with(parts, base, |first, second| {
                    if is_undefined(first) || is_undefined(second) {
                        return Ok(Value::Undefined);
                    }
                    comparison::compare(operator, first, second).map_err(|_| Undecided)
                })?,
            Expr::Operate(operation) => self.operate(operation, base),
            Expr::Member { key: None, parts } => self.with(parts, base, |value, over| {
                Value::Bool(match over {
                    Value::Array(list) => list.contains(value),
                    Value::Object(fields) => fields.values().any(|field| field == value),
                    Value::Set(set) => set.contains(value),
                    _ => false,
                })
            }),
            Expr::Member { key: Some(key), parts } => {
                let key = self.expr(key, base)?;
                self.with(parts, base, |value, over| {
                    Value::Bool(match over {
                        Value::Array(_) | Value::Object(_) => over[&key] == *value,
                        _ => false,
                    })
                })
            }
            Expr::Call(function, arguments) => self.call(*function, arguments, base),
            Expr::Builtin(builtin) => self.builtin(builtin, base),
        }
    }

    fn comprehension(&mut self, comprehension: &'p Comprehension, base: usize) -> Decided<Value> {
        match &comprehension.term {
            Term::Array(term) => {
                let mut list = Vec::new();
                self.terms(comprehension, term, base, &mut |value| list.push(value))?;
                Ok(list.into())
            }
            Term::Set(term) => {
                let mut set = BTreeSet::new();
                self.terms(comprehension, term, base, &mut |value| {
                    set.insert(value);
                })?;
                Ok(set.into())
            }
            Term::Object(key, value) => {
                let mut object: BTreeMap<Value, Value> = BTreeMap::new();
                self.steps(&comprehension.steps, base, &mut |run| {
                    let (key, value) = (run.expr(key, base)?, run.expr(value, base)?);
                    if is_undefined(&key) || is_undefined(&value) {
                        return Ok(Flow::Next);
                    }
                    if object.get(&key).is_some_and(|other| *other != value) {
                        return Err(Undecided);
                    }
                    object.insert(key, value);
                    Ok(Flow::Next)
                })?;
                Ok(object.into())
            }
        }
    }

    fn terms(
        &mut self,
        comprehension: &'p Comprehension,
        term: &'p Expr,
        base: usize,
        take: &mut dyn FnMut(Value),
    ) -> Decided<()> {
        self.steps(&comprehension.steps, base, &mut |run| {
            let value = run.expr(term, base)?;
            if !is_undefined(&value) {
                take(value);
            }
            Ok(Flow::Next)
        })?;
        Ok(())
    }

    fn operate(&mut self, operation: &'p Operation, base: usize) -> Decided<Value> {
        let [first, second] = &operation.parts;
        let (first, second) = (self.expr(first, base)?, self.expr(second, base)?);
        if is_undefined(&first) || is_undefined(&second) {
            return Ok(Value::Undefined);
        }
        let [of_first, of_second] = &operation.sources;
        let made = match &operation.operator {
            Operator::Sets(BinOp::Union) => sets::union(of_first, of_second, first, second),
            Operator::Sets(BinOp::Intersection) => sets::intersection(of_first, of_second, first, second),
            Operator::Arithmetic(operator) => {
                let is_of_sets = matches!(first, Value::Set(_)) || matches!(second, Value::Set(_));
                if is_of_sets && *operator == regorus::unstable::ArithOp::Sub {
                    sets::difference(of_first, of_second, first, second)
                } else {
                    let span = &operation.span;
                    numbers::arithmetic_operation(span, operator, of_first, of_second, first, second, true)
                }
            }
        };
        made.map_err(|_| Undecided)
    }

    /// The values of the arguments; none where one is undefined.
    fn arguments(
        &mut self,
        exprs: &'p [Expr],
        base: usize,
    ) -> Decided<Option<[Value; MOST_ARGUMENTS]>> {
        let mut values = [UNDEFINED; MOST_ARGUMENTS];
        let mut is_defined = true;
        for (value, expr) in values.iter_mut().zip(exprs) {
            *value = self.expr(expr, base)?;
            is_defined &= !is_undefined(value);
        }
        Ok(is_defined.then_some(values))
    }

    fn builtin(&mut self, builtin: &'p Builtin, base: usize) -> Decided<Value> {
        if let Native::Test(test) = builtin.native
            && let Some(value) = self.peek(&builtin.arguments[0], base)
        {
            return native::test(test, value).ok_or(Undecided);
        }
        let Some(values) = self.arguments(&builtin.arguments, base)? else {
            return Ok(Value::Undefined);
        };
        let value = match (builtin.native, &values[..builtin.arguments.len()]) {
            (Native::Get, [of, path, default]) => native::get(of, path, default).cloned(),
            (Native::Test(test), [value]) => native::test(test, value),
            (Native::IsJson, [Value::String(text)]) => {
                Some(Value::Bool(self.kept.texts.document(text).is_some()))
            }
            (Native::Unmarshal, [Value::String(text)]) => self.kept.texts.document(text).cloned(),
            (Native::Match, [Value::String(pattern), Value::String(text)]) => {
                let pattern = self.kept.texts.pattern(pattern);
                pattern.map(|pattern| Value::Bool(pattern.is_match(text)))
            }
            (Native::Replace, [Value::String(text), Value::String(pattern), Value::String(by)]) => {
                let pattern = self.kept.texts.pattern(pattern);
                pattern.map(|pattern| Value::from(&*pattern.replace_all(text, &**by)))
            }
            (_, values) => (builtin.function.0)(&builtin.span, &builtin.sources, values, true).ok(),
        };
        value.ok_or(Undecided)
    }

    fn call(&mut self, function: usize, arguments: &'p [Expr], base: usize) -> Decided<Value> {
        let Some(values) = self.arguments(arguments, base)? else { return Ok(Value::Undefined) };
        let program = self.program;
        let mut result = Value::Undefined;
        for clause in &program.functions[function].clauses {
            let base = self.enter(clause.slots);
            let binds = clause.arguments.iter().zip(&values).all(|(to, value)| self.bind(to, value, base));
            let value = if binds { self.clause(clause, base)? } else { Value::Undefined };
            self.leave(base);
            if !is_undefined(&value) {
                if !is_undefined(&result) && result != value {
                    return Err(Undecided);
                }
                result = value;
            }
        }
        Ok(result)
    }

    /// The value of the first body that holds; undefined where its head is.
    fn clause(&mut self, clause: &'p Clause, base: usize) -> Decided<Value> {
        for body in &clause.bodies {
            let (mut holds, mut found) = (false, Value::Undefined);
            self.steps(&body.steps, base, &mut |run| {
                holds = true;
                let value = body.head.as_ref().map_or(Ok(Value::Bool(true)), |head| run.expr(head, base))?;
                if is_undefined(&value) {
                    return Ok(Flow::Next);
                }
                if !is_undefined(&found) && found != value {
                    return Err(Undecided);
                }
                found = value;
                Ok(Flow::Next)
            })?;
            if holds {
                return Ok(found);
            }
        }
        Ok(Value::Undefined)
    }
}

/// For `try_for_each`: what ends the iteration is its error.
fn stop(flow: Decided<Flow>) -> Result<(), Decided<Flow>> {
    match flow {
        Ok(Flow::Next) => Ok(()),
        end => Err(end),
    }
}
