//! Runs a [`Program`] over an input: each statement in turn, and what follows it for each of its solutions.
//!
//! What is not plain is not decided here: an error of a built-in function, a rule with two values, an iteration over what is no
//! collection, too many steps. Regorus is asked then, and says what it says.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use regorus::unstable::{ArithOp, BinOp, BoolOp, comparison, numbers, sets};

use super::calls::{Call, Calls};
use super::native::{self, Documents, Patterns};
use super::program::{
    Body, Builtin, Clause, Comprehension, Definition, Expr, Kind, Native, Operation, Operator, Pattern,
    Program, Step, Term,
};
use super::seen::{Made, Seen, sorted};
use crate::item::tree::Tree;

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
    /// The values of the rules that do not read the input.
    fixed: Vec<Option<Value>>,
    patterns: Patterns,
    calls: Calls,
}

/// One evaluation.
pub(super) struct Run<'p, 't> {
    program: &'p Program,
    data: &'p Value,
    /// Else whatever looks at it is not decided.
    has_inventory: bool,
    input: &'t Tree<'t>,
    documents: &'t Documents<'t>,
    pub kept: Kept,
    /// The values of the rules that read the input.
    values: Vec<Option<Made<'t>>>,
    /// The frames of what is being run, and behind them what is left of those that were.
    stack: Vec<Made<'t>>,
    /// Where the frames end.
    top: usize,
    /// Within a call that was looked up.
    is_within: bool,
    steps: u64,
}

type Solution<'c, 'p, 't> = &'c mut dyn FnMut(&mut Run<'p, 't>) -> Decided<Flow>;

impl<'p, 't> Run<'p, 't> {
    pub fn new(
        program: &'p Program,
        (data, has_inventory): (&'p Value, bool),
        input: &'t Tree<'t>,
        documents: &'t Documents<'t>,
        mut kept: Kept,
    ) -> Self {
        kept.fixed.resize(program.rules.len(), None);
        kept.calls.begin();
        let values = vec![None; program.rules.len()];
        Self {
            program,
            data,
            has_inventory,
            input,
            documents,
            kept,
            values,
            stack: Vec::new(),
            top: 0,
            is_within: false,
            steps: 0,
        }
    }

    /// The value of a rule where it is known already.
    fn known(&self, rule: usize) -> Option<Seen<'_, 't>> {
        let known = self.values[rule].as_ref().map(Made::seen);
        known.or_else(|| self.kept.fixed[rule].as_ref().map(Seen::Value))
    }

    /// The value of a rule.
    pub fn rule(&mut self, rule: usize) -> Decided<Made<'t>> {
        if let Some(value) = self.known(rule) {
            return Ok(value.made());
        }
        let value = self.evaluate(rule)?;
        if self.program.rules[rule].reads_input {
            self.values[rule] = Some(value.clone());
            return Ok(value);
        }
        let value = value.into_value();
        self.kept.fixed[rule] = Some(value.clone());
        Ok(Made::Value(value))
    }

    fn evaluate(&mut self, rule: usize) -> Decided<Made<'t>> {
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
                Made::Value(set.into())
            }
            Kind::Object => {
                let mut object = BTreeMap::new();
                for definition in &rule.definitions {
                    self.each_head(definition, |key, value| insert(&mut object, key, value))?;
                }
                Made::Value(object.into())
            }
            Kind::Sets => {
                let mut sets: BTreeMap<Value, BTreeSet<Value>> = BTreeMap::new();
                for definition in &rule.definitions {
                    self.each_head(definition, |key, value| {
                        sets.entry(key).or_default().insert(value);
                        Ok(())
                    })?;
                }
                let sets = sets.into_iter().map(|(key, set)| (key, Value::from(set)));
                let sets: BTreeMap<_, _> = sets.collect();
                Made::Value(if sets.is_empty() { Value::Undefined } else { sets.into() })
            }
        };
        match &rule.default {
            Some(default) if value.is_undefined() => self.expr(default, 0),
            _ => Ok(value),
        }
    }

    /// A rule of one value.
    fn single(&mut self, definitions: &'p [Definition]) -> Decided<Made<'t>> {
        let mut value = Made::UNDEFINED;
        for definition in definitions {
            let base = self.enter(definition.slots);
            for body in &definition.bodies {
                let mut found = Made::UNDEFINED;
                self.heads(body, None, base, &mut |_, head| one(&mut found, head))?;
                if !found.is_undefined() {
                    one(&mut value, found)?;
                    break;
                }
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
            self.heads(body, definition.key.as_ref(), base, &mut |key, value| {
                take(key.into_value(), value.into_value())
            })?;
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
        take: &mut dyn FnMut(Made<'t>, Made<'t>) -> Decided<()>,
    ) -> Decided<()> {
        let (mut is_there_any, mut is_one_undefined) = (false, false);
        self.steps(&body.steps, base, &mut |run| {
            if is_one_undefined {
                return Err(Undecided);
            }
            let key = key.map_or(Ok(Made::Value(Value::Null)), |key| run.expr(key, base))?;
            let value = run.head(body, base)?;
            if key.is_undefined() || value.is_undefined() {
                is_one_undefined = true;
                return if is_there_any { Err(Undecided) } else { Ok(Flow::Next) };
            }
            is_there_any = true;
            take(key, value)?;
            Ok(if body.is_constant { Flow::Stop } else { Flow::Next })
        })?;
        Ok(())
    }

    fn head(&mut self, body: &'p Body, base: usize) -> Decided<Made<'t>> {
        body.head.as_ref().map_or(Ok(Made::Value(Value::Bool(true))), |head| self.expr(head, base))
    }

    /// Makes room for `slots` values behind `base`. They are what they were: a place is written before it is read.
    fn room(&mut self, base: usize, slots: usize) {
        self.top = base + slots;
        if self.stack.len() < self.top {
            self.stack.resize(self.top.max(16).next_power_of_two(), Made::UNDEFINED);
        }
    }

    fn enter(&mut self, slots: usize) -> usize {
        let base = self.top;
        self.room(base, slots);
        base
    }

    fn leave(&mut self, base: usize) {
        self.top = base;
    }

    /// Takes the statements in turn; `done` with each solution of all of them.
    fn steps(&mut self, steps: &'p [Step], base: usize, done: Solution<'_, 'p, 't>) -> Decided<Flow> {
        for (place, step) in steps.iter().enumerate() {
            let holds = match step {
                Step::Holds(expr) => self.holds(expr, base)?,
                Step::Fails(expr) => !self.holds(expr, base)?,
                Step::Assign(pattern, expr) => {
                    let value = self.expr(expr, base)?;
                    !value.is_undefined() && self.bind(pattern, value, base)
                }
                Step::Every { key, value, over, steps } => {
                    let (key, value) = (key.map(|key| base + key), base + value);
                    self.every((key, value), over, steps, base)?
                }
                Step::Each { key, value, over } => {
                    let over = self.expr(over, base)?;
                    let rest = &steps[place + 1..];
                    return self.each(&over, &mut |run, index, element| {
                        let binds = key.as_ref().is_none_or(|key| run.bind(key, index.made(), base))
                            && run.bind(value, element, base);
                        if binds { run.steps(rest, base, done) } else { Ok(Flow::Next) }
                    });
                }
            };
            if !holds {
                return Ok(Flow::Next);
            }
        }
        done(self)
    }

    /// Does `take` with the key and the value of each element.
    fn each(
        &mut self,
        over: &Made<'t>,
        take: &mut dyn FnMut(&mut Self, Key<'_, 't>, Made<'t>) -> Decided<Flow>,
    ) -> Decided<Flow> {
        let flow = match over {
            Made::Read(Tree::List(list)) => list
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| stop(take(self, Key::Place(index), Made::Read(value)))),
            Made::Read(Tree::Object(fields)) => sorted(fields)
                .into_iter()
                .try_for_each(|(name, value)| stop(take(self, Key::Name(name), Made::Read(value)))),
            Made::Value(Value::Array(list)) => list.iter().enumerate().try_for_each(|(index, value)| {
                stop(take(self, Key::Place(index), Made::Value(value.clone())))
            }),
            Made::Value(Value::Set(set)) => set
                .iter()
                .try_for_each(|value| stop(take(self, Key::Value(value), Made::Value(value.clone())))),
            Made::Value(Value::Object(fields)) => fields
                .iter()
                .try_for_each(|(key, value)| stop(take(self, Key::Value(key), Made::Value(value.clone())))),
            Made::List(list) => list
                .iter()
                .enumerate()
                .try_for_each(|(index, value)| stop(take(self, Key::Place(index), value.clone()))),
            Made::Object(fields) => {
                fields.iter().try_for_each(|(key, value)| stop(take(self, Key::Value(key), value.clone())))
            }
            Made::Value(Value::Undefined) => Ok(()),
            // An error to regorus.
            _ => Err(Err(Undecided)),
        };
        flow.map_or_else(|end| end, |()| Ok(Flow::Next))
    }

    /// `key` and `value` are places on the stack.
    fn every(
        &mut self,
        (key, value): (Option<usize>, usize),
        over: &'p Expr,
        steps: &'p [Step],
        base: usize,
    ) -> Decided<bool> {
        let over = self.expr(over, base)?;
        let is_collection = matches!(
            over,
            Made::Read(Tree::List(_) | Tree::Object(_))
                | Made::Value(Value::Array(_) | Value::Set(_) | Value::Object(_))
                | Made::List(_)
                | Made::Object(_)
        );
        if !is_collection {
            return Ok(false);
        }
        let flow = self.each(&over, &mut |run, index, element| {
            if let Some(key) = key {
                run.stack[key] = index.made();
            }
            run.stack[value] = element;
            let mut holds = false;
            run.steps(steps, base, &mut |_| {
                holds = true;
                Ok(Flow::Next)
            })?;
            Ok(if holds { Flow::Next } else { Flow::Stop })
        })?;
        Ok(flow == Flow::Next)
    }

    fn bind(&mut self, pattern: &Pattern, value: Made<'t>, base: usize) -> bool {
        match (pattern, value) {
            (Pattern::Anything, _) => true,
            (Pattern::Bind(slot), value) => {
                self.stack[base + slot] = value;
                true
            }
            (Pattern::Equals(expected), value) => value.seen().equals(Seen::Value(expected)),
            (Pattern::Array(patterns), Made::Read(Tree::List(list))) => {
                list.len() == patterns.len()
                    && patterns.iter().zip(list).all(|(to, value)| self.bind(to, Made::Read(value), base))
            }
            (Pattern::Array(patterns), Made::Value(Value::Array(list))) => {
                list.len() == patterns.len()
                    && patterns
                        .iter()
                        .zip(list.iter())
                        .all(|(to, value)| self.bind(to, Made::Value(value.clone()), base))
            }
            (Pattern::Array(patterns), Made::List(list)) => {
                list.len() == patterns.len()
                    && patterns.iter().zip(list.iter()).all(|(to, value)| self.bind(to, value.clone(), base))
            }
            (Pattern::Array(_), _) => false,
        }
    }

    fn tick(&mut self) -> Decided<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS { Err(Undecided) } else { Ok(()) }
    }

    /// The value of an expression where it is there already and need not be made.
    fn peek<'s>(&'s self, expr: &'s Expr, base: usize) -> Option<Seen<'s, 't>> {
        match expr {
            Expr::Constant(value) => Some(Seen::Value(value)),
            Expr::Local(slot) => Some(self.stack[base + slot].seen()),
            Expr::Input => Some(Seen::Read(self.input)),
            Expr::Data => self.has_inventory.then_some(Seen::Value(self.data)),
            Expr::Rule(rule) => self.known(*rule),
            Expr::Field(of, name) if matches!(**of, Expr::Data) => {
                (self.has_inventory || !is_inventory(name)).then(|| Seen::Value(&self.data[name]))
            }
            Expr::Field(of, name) => Some(self.peek(of, base)?.at(Seen::Value(name))),
            Expr::Index(index) => {
                let value = self.peek(&index.of, base)?.at(self.peek(&index.key, base)?);
                // What regorus tries then is left to it.
                let is_plain = !index.is_below_data || !value.is_undefined();
                is_plain.then_some(value)
            }
            Expr::Builtin(builtin) if builtin.native == Native::Get => {
                let [of, path, default] = &builtin.arguments[..] else { return None };
                let (of, path) = (self.peek(of, base)?, self.peek(path, base)?);
                native::get(of, path, self.peek(default, base)?)
            }
            _ => None,
        }
    }

    fn holds(&mut self, expr: &'p Expr, base: usize) -> Decided<bool> {
        self.tick()?;
        match expr {
            Expr::Compare(operator, parts) => {
                return Ok(self.compare(operator, parts, base)? == Some(true));
            }
            Expr::Member { key: None, parts } => {
                return self.with(parts, base, |value, over| value.is_in(over));
            }
            _ => {}
        }
        if let Some(value) = self.peek(expr, base) {
            return Ok(value.is_true());
        }
        Ok(self.make(expr, base)?.seen().is_true())
    }

    fn expr(&mut self, expr: &'p Expr, base: usize) -> Decided<Made<'t>> {
        self.tick()?;
        if let Some(value) = self.peek(expr, base) {
            return Ok(value.made());
        }
        self.make(expr, base)
    }

    fn value(&mut self, expr: &'p Expr, base: usize) -> Decided<Value> {
        self.expr(expr, base).map(Made::into_value)
    }

    fn values<T: FromIterator<Value>>(&mut self, exprs: &'p [Expr], base: usize) -> Decided<Option<T>> {
        let defined = |expr| match self.value(expr, base) {
            Ok(Value::Undefined) => Err(Ok(())),
            Ok(value) => Ok(value),
            Err(undecided) => Err(Err(undecided)),
        };
        match exprs.iter().map(defined).collect::<Result<T, _>>() {
            Ok(values) => Ok(Some(values)),
            Err(Ok(())) => Ok(None),
            Err(Err(undecided)) => Err(undecided),
        }
    }

    /// What `then` makes of the values of two expressions.
    fn with<T>(
        &mut self,
        [first, second]: &'p [Expr; 2],
        base: usize,
        then: impl FnOnce(Seen<'_, 't>, Seen<'_, 't>) -> T,
    ) -> Decided<T> {
        if let (Some(first), Some(second)) = (self.peek(first, base), self.peek(second, base)) {
            return Ok(then(first, second));
        }
        let first = self.expr(first, base)?;
        if let Some(second) = self.peek(second, base) {
            return Ok(then(first.seen(), second));
        }
        let second = self.expr(second, base)?;
        Ok(then(first.seen(), second.seen()))
    }

    fn compare(&mut self, operator: &BoolOp, parts: &'p [Expr; 2], base: usize) -> Decided<Option<bool>> {
        self.with(parts, base, |first, second| compare(operator, first, second))?
    }

    /// The value of an expression that is not there yet.
    fn make(&mut self, expr: &'p Expr, base: usize) -> Decided<Made<'t>> {
        let value = match expr {
            Expr::Constant(_) | Expr::Local(_) | Expr::Input | Expr::Data => {
                return self.peek(expr, base).map(Seen::made).ok_or(Undecided);
            }
            Expr::Rule(rule) => return self.rule(*rule),
            Expr::RuleOf { rule, package } => {
                for other in package {
                    self.rule(*other)?;
                }
                return self.rule(*rule);
            }
            Expr::Field(of, name) => {
                let of = self.expr(of, base)?;
                return Ok(of.seen().at(Seen::Value(name)).made());
            }
            Expr::Index(index) => {
                let key = self.expr(&index.key, base)?;
                let of = self.expr(&index.of, base)?;
                let value = of.seen().at(key.seen());
                let is_tried_as_text = index.is_below_data && value.is_undefined();
                if is_tried_as_text && matches!(*key.seen().value(), Value::Number(_)) {
                    return Err(Undecided);
                }
                return Ok(value.made());
            }
            Expr::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for item in items {
                    let value = self.expr(item, base)?;
                    if value.is_undefined() {
                        return Ok(Made::UNDEFINED);
                    }
                    list.push(value);
                }
                return Ok(Made::list(list));
            }
            Expr::Set(items) => {
                self.values::<BTreeSet<_>>(items, base)?.map_or(Value::Undefined, Value::from)
            }
            Expr::Object(fields) => {
                let mut object = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    let (key, value) = (self.value(key, base)?, self.expr(value, base)?);
                    if key == Value::Undefined || value.is_undefined() {
                        return Ok(Made::UNDEFINED);
                    }
                    object.push((key, value));
                }
                return Ok(Made::object(object));
            }
            Expr::Comprehension(comprehension) => return self.comprehension(comprehension, base),
            Expr::Compare(operator, parts) => {
                self.compare(operator, parts, base)?.map_or(Value::Undefined, Value::Bool)
            }
            Expr::Operate(operation) => self.operate(operation, base)?,
            Expr::Member { key: None, parts } => {
                Value::Bool(self.with(parts, base, |value, over| value.is_in(over))?)
            }
            Expr::Member { key: Some(key), parts } => {
                let key = self.expr(key, base)?;
                Value::Bool(self.with(parts, base, |value, over| match over {
                    Seen::Value(Value::Set(_)) => false,
                    // What is no collection has nothing at any key.
                    over => over.length().is_some() && over.at(key.seen()).equals(value),
                })?)
            }
            Expr::Call(function, arguments) => return self.call(*function, arguments, base),
            Expr::Builtin(builtin) => return self.builtin(builtin, base),
        };
        Ok(Made::Value(value))
    }

    fn comprehension(&mut self, comprehension: &'p Comprehension, base: usize) -> Decided<Made<'t>> {
        match &comprehension.term {
            Term::Array(term) => {
                let mut list = Vec::new();
                self.terms(comprehension, term, base, &mut |value| list.push(value))?;
                Ok(Made::list(list))
            }
            Term::Set(term) => {
                let mut set = BTreeSet::new();
                self.terms(comprehension, term, base, &mut |value| {
                    set.insert(value.into_value());
                })?;
                Ok(Made::Value(set.into()))
            }
            Term::Object(key, value) => {
                let mut object = BTreeMap::new();
                self.steps(&comprehension.steps, base, &mut |run| {
                    let (key, value) = (run.value(key, base)?, run.value(value, base)?);
                    if key != Value::Undefined && value != Value::Undefined {
                        insert(&mut object, key, value)?;
                    }
                    Ok(Flow::Next)
                })?;
                Ok(Made::Value(object.into()))
            }
        }
    }

    fn terms(
        &mut self,
        comprehension: &'p Comprehension,
        term: &'p Expr,
        base: usize,
        take: &mut dyn FnMut(Made<'t>),
    ) -> Decided<()> {
        self.steps(&comprehension.steps, base, &mut |run| {
            let value = run.expr(term, base)?;
            if !value.is_undefined() {
                take(value);
            }
            Ok(Flow::Next)
        })?;
        Ok(())
    }

    fn operate(&mut self, operation: &'p Operation, base: usize) -> Decided<Value> {
        let [first, second] = &operation.parts;
        let (first, second) = (self.value(first, base)?, self.value(second, base)?);
        if first == Value::Undefined || second == Value::Undefined {
            return Ok(Value::Undefined);
        }
        let [of_first, of_second] = &operation.sources;
        let made = match &operation.operator {
            Operator::Sets(BinOp::Union) => sets::union(of_first, of_second, first, second),
            Operator::Sets(BinOp::Intersection) => sets::intersection(of_first, of_second, first, second),
            Operator::Arithmetic(operator) => {
                let is_of_sets = matches!(first, Value::Set(_)) || matches!(second, Value::Set(_));
                if is_of_sets && *operator == ArithOp::Sub {
                    sets::difference(of_first, of_second, first, second)
                } else {
                    let span = &operation.span;
                    numbers::arithmetic_operation(span, operator, of_first, of_second, first, second, true)
                }
            }
        };
        made.map_err(|_| Undecided)
    }

    /// Puts the values of the arguments behind the frames, and says where; none where one is undefined.
    fn arguments(&mut self, exprs: &'p [Expr], base: usize) -> Decided<Option<usize>> {
        let place = self.enter(exprs.len());
        let mut is_defined = true;
        for (slot, expr) in exprs.iter().enumerate() {
            let value = self.expr(expr, base)?;
            is_defined &= !value.is_undefined();
            self.stack[place + slot] = value;
        }
        if !is_defined {
            self.leave(place);
        }
        Ok(is_defined.then_some(place))
    }

    fn builtin(&mut self, builtin: &'p Builtin, base: usize) -> Decided<Made<'t>> {
        if let Native::Test(test) = builtin.native
            && let Some(value) = self.peek(&builtin.arguments[0], base)
        {
            return native::test(test, value).map(Made::Value).ok_or(Undecided);
        }
        if let (Native::Texts(what), Ok(texts)) =
            (builtin.native, <&[Expr; 2]>::try_from(&*builtin.arguments))
        {
            let value = self.with(texts, base, |first, second| native::texts(what, first, second))?;
            return value.map(Made::Value).ok_or(Undecided);
        }
        if let (Native::Format, [Expr::Constant(format), Expr::Array(parts)]) =
            (builtin.native, &builtin.arguments[..])
        {
            return self.format(builtin, format, parts, base);
        }
        let Some(place) = self.arguments(&builtin.arguments, base)? else {
            return Ok(Made::UNDEFINED);
        };
        // They stay behind the frames as long as nothing is evaluated.
        self.leave(place);
        let values = &self.stack[place..place + builtin.arguments.len()];
        if builtin.native == Native::UrlDecode
            && let Some(decoded) = values[0].seen().text().and_then(native::url_decoded)
        {
            return Ok(self.documents.text(decoded));
        }
        let patterns = &mut self.kept.patterns;
        let value = match (builtin.native, values) {
            (Native::Get, [of, path, default]) => {
                return native::get(of.seen(), path.seen(), default.seen()).map(Seen::made).ok_or(Undecided);
            }
            (Native::Unmarshal, [text]) => return self.documents.decoded(text).ok_or(Undecided),
            (Native::IsJson, [text]) if text.seen().text().is_some() => {
                Some(Value::Bool(self.documents.decoded(text).is_some()))
            }
            (Native::ReplaceText, [text, old, new]) => {
                match (text.seen().text(), old.seen().text(), new.seen().text()) {
                    (Some(of), Some(old), Some(_)) if !of.contains(old) => return Ok(text.clone()),
                    (Some(of), Some(old), Some(new)) => Some(Value::from(of.replace(old, new))),
                    _ => None,
                }
            }
            (Native::Lower, [text]) => return native::lower(text).ok_or(Undecided),
            (Native::Test(test), [value]) => native::test(test, value.seen()),
            (Native::Match, [pattern, text]) => match (pattern.seen().text(), text.seen().text()) {
                (Some(native::ESCAPED), Some(text)) => Some(Value::Bool(native::is_escaped(text))),
                (Some(pattern), Some(text)) => {
                    patterns.pattern(pattern).map(|pattern| Value::Bool(pattern.is_match(text)))
                }
                _ => None,
            },
            (Native::Replace, [text, pattern, by]) => {
                match (text.seen().text(), pattern.seen().text(), by.seen().text()) {
                    (Some(text), Some(pattern), Some(by)) => {
                        patterns.pattern(pattern).map(|pattern| Value::from(&*pattern.replace_all(text, by)))
                    }
                    _ => None,
                }
            }
            (_, values) => {
                let values = values.iter().cloned().map(Made::into_value).collect::<Vec<_>>();
                builtin.by_regorus(&values)
            }
        };
        value.map(Made::Value).ok_or(Undecided)
    }

    /// A text with the values of `parts` in it, which are put into a list only for regorus.
    fn format(
        &mut self,
        builtin: &'p Builtin,
        format: &Value,
        parts: &'p [Expr],
        base: usize,
    ) -> Decided<Made<'t>> {
        let Some(place) = self.arguments(parts, base)? else { return Ok(Made::UNDEFINED) };
        self.leave(place);
        let values = &self.stack[place..place + parts.len()];
        let known = if let Value::String(format) = format { native::formatted(format, values) } else { None };
        if let Some(text) = known {
            return Ok(text);
        }
        let values = [format.clone(), Made::list(values.to_vec()).into_value()];
        builtin.by_regorus(&values).map(Made::Value).ok_or(Undecided)
    }

    fn call(&mut self, function: usize, arguments: &'p [Expr], base: usize) -> Decided<Made<'t>> {
        let Some(place) = self.arguments(arguments, base)? else { return Ok(Made::UNDEFINED) };
        if self.is_within || self.program.functions[function].reads_input {
            return self.result(function, place);
        }
        match self.kept.calls.find(function, &self.stack[place..place + arguments.len()]) {
            Call::Known(value) => {
                self.leave(place);
                Ok(Made::Value(value))
            }
            Call::Again => {
                let result = self.whole(function, place)?;
                self.kept.calls.remember(&result.seen().value());
                Ok(result)
            }
            Call::First => self.whole(function, place),
            Call::Other => self.result(function, place),
        }
    }

    /// The result of a function of which the calls within are not looked up.
    fn whole(&mut self, function: usize, place: usize) -> Decided<Made<'t>> {
        self.is_within = true;
        let result = self.result(function, place);
        self.is_within = false;
        result
    }

    /// What a function gives for the arguments at that place, which it leaves.
    fn result(&mut self, function: usize, place: usize) -> Decided<Made<'t>> {
        let program = self.program;
        let mut result = Made::UNDEFINED;
        for clause in &program.functions[function].clauses {
            // The arguments stand where the clause looks for them.
            self.room(place, clause.slots);
            let mut arguments = clause.arguments.iter().enumerate();
            let is_meant = arguments.all(|(slot, argument)| match argument {
                Pattern::Anything | Pattern::Bind(_) => true,
                pattern => self.bind(pattern, self.stack[place + slot].clone(), place),
            });
            if is_meant {
                let value = self.clause(clause, place)?;
                if !value.is_undefined() {
                    one(&mut result, value)?;
                }
            }
        }
        self.leave(place);
        Ok(result)
    }

    /// The value of the first body that holds; undefined where its head is.
    fn clause(&mut self, clause: &'p Clause, base: usize) -> Decided<Made<'t>> {
        for body in &clause.bodies {
            let (mut holds, mut found) = (false, Made::UNDEFINED);
            self.steps(&body.steps, base, &mut |run| {
                holds = true;
                let value = run.head(body, base)?;
                if !value.is_undefined() {
                    one(&mut found, value)?;
                }
                Ok(Flow::Next)
            })?;
            if holds {
                return Ok(found);
            }
        }
        Ok(Made::UNDEFINED)
    }
}

/// The key of an element.
#[derive(Clone, Copy)]
enum Key<'k, 't> {
    Place(usize),
    Name(&'t str),
    Value(&'k Value),
}

impl<'t> Key<'_, 't> {
    fn made(self) -> Made<'t> {
        Made::Value(match self {
            Self::Place(place) => Value::from(place),
            Self::Name(name) => Value::from(name),
            Self::Value(value) => value.clone(),
        })
    }
}

/// What a comparison comes to; nothing of what is undefined.
fn compare(operator: &BoolOp, first: Seen<'_, '_>, second: Seen<'_, '_>) -> Decided<Option<bool>> {
    if first.is_undefined() || second.is_undefined() {
        return Ok(None);
    }
    if let (Some(first), Some(second)) = (first.whole(), second.whole()) {
        return Ok(Some(match operator {
            BoolOp::Eq => first == second,
            BoolOp::Ne => first != second,
            BoolOp::Lt => first < second,
            BoolOp::Le => first <= second,
            BoolOp::Gt => first > second,
            BoolOp::Ge => first >= second,
        }));
    }
    match operator {
        BoolOp::Eq => Ok(Some(first.equals(second))),
        BoolOp::Ne => Ok(Some(!first.equals(second))),
        operator => match comparison::compare(operator, &first.value(), &second.value()) {
            Ok(Value::Bool(holds)) => Ok(Some(holds)),
            Ok(Value::Undefined) => Ok(None),
            _ => Err(Undecided),
        },
    }
}

/// Whether that is the field of the data that may not be there yet.
fn is_inventory(name: &Value) -> bool {
    matches!(name, Value::String(name) if &**name == "inventory")
}

/// `found` becomes `value`; it is an error to regorus if it is something else already.
fn one<'t>(found: &mut Made<'t>, value: Made<'t>) -> Decided<()> {
    if found.is_undefined() {
        *found = value;
        return Ok(());
    }
    if found.seen().equals(value.seen()) { Ok(()) } else { Err(Undecided) }
}

/// It is an error to regorus if there is something else at `key`.
fn insert(object: &mut BTreeMap<Value, Value>, key: Value, value: Value) -> Decided<()> {
    match object.get(&key) {
        Some(other) if *other != value => Err(Undecided),
        Some(_) => Ok(()),
        None => {
            object.insert(key, value);
            Ok(())
        }
    }
}

/// For `try_for_each`: what ends the iteration is its error.
fn stop(flow: Decided<Flow>) -> Result<(), Decided<Flow>> {
    match flow {
        Ok(Flow::Next) => Ok(()),
        end => Err(end),
    }
}
