//! What is refused before a policy may run, because it would stall or kill the process or make its verdicts
//! unrepeatable.
//!
//! regorus finds none of these at load: recursion and long chains end in a stack overflow that nothing can
//! catch, a deep literal keeps its parser busy for minutes, and an unknown function shows only when the rule
//! that calls it is reached.

use std::collections::BTreeMap;

use regorus::unstable::BUILTINS;

use super::ast::{Argument, Call, ModuleFacts, RuleFacts};
use crate::diagnostic::Diagnostic;

/// Brackets within brackets. The parser of regorus takes twice as long for each level of a literal.
pub const MAX_NESTING: usize = 20;

/// Rules that call each other in a chain, and operators in one expression.
pub const MAX_CHAIN: usize = 256;

/// Functions of OPA whose answer is another one each time, or that reach outside, and what to use instead.
const UNREPEATABLE: [(&str, &str); 5] = [
    ("http.send", "declare what it would fetch under custom.facts and read data.facts"),
    ("opa.runtime", "pass what it would read as a parameter"),
    ("rand.intn", "leave it out"),
    ("uuid.rfc4122", "leave it out"),
    ("time.now_ns", "read data.facts.now: time.parse_rfc3339_ns(data.facts.now)"),
];

/// Functions whose result may be of any size, and what to use instead. No timer sees them at work, and memory that
/// runs out ends the process.
const BOUNDLESS: [(&str, &str); 2] =
    [("net.cidr_expand", "ask net.cidr_contains"), ("graph.reachable_paths", "ask graph.reachable")];

/// The longest list that `numbers.range` may be asked for.
const MAX_RANGE: f64 = 10_000.0;

/// The widest field of a format.
const MAX_WIDTH: usize = 999;

/// Functions that Rego has without a place in the list of builtins.
const SPECIAL: [&str; 1] = ["print"];

/// Refuses text whose brackets nest deeper than [`MAX_NESTING`], before any parser sees it.
pub fn check_nesting(file: &str, text: &str) -> Result<(), Diagnostic> {
    let mut depth = 0_usize;
    let (mut line, mut column) = (1, 0);
    let mut within: Option<char> = None;
    let mut escaped = false;
    for character in text.chars() {
        column += 1;
        if character == '\n' {
            line += 1;
            column = 0;
        }
        match (within, character) {
            (Some('#' | '"'), '\n') => within = None,
            (Some('"'), _) if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (Some('"'), '"') | (Some('`'), '`') => within = None,
            (None, '#' | '"' | '`') => within = Some(character),
            (None, '[' | '{' | '(') => {
                depth += 1;
                if depth > MAX_NESTING {
                    let message = format!("brackets nest more than {MAX_NESTING} deep");
                    return Err(Diagnostic::new(file, message)
                        .code("SK0210")
                        .at(line, column)
                        .source(text)
                        .help("move the inner parts to rules of their own, or to a parameter"));
                }
            }
            (None, ']' | '}' | ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

/// Checks the modules of a policy, the library's among them, as one program. `modules` pairs each with its
/// file; problems of the modules from `first_own` on are reported.
pub fn check_program(modules: &[(String, ModuleFacts)], first_own: usize) -> Vec<Diagnostic> {
    let program = Program::new(modules);
    let mut problems = Vec::new();
    for (file, module) in &modules[first_own..] {
        for rule in &module.rules {
            if rule.depth > MAX_CHAIN {
                let message = format!("an expression of rule {} is more than {MAX_CHAIN} deep", rule.name);
                problems.push(
                    Diagnostic::new(file, message)
                        .code("SK0210")
                        .at(rule.place.0, rule.place.1)
                        .help("split it over several rules"),
                );
            }
            problems.extend(unsafe_names(file, module, rule));
            problems
                .extend(rule.calls.iter().filter_map(|call| program.check_call(file, module, rule, call)));
        }
    }
    problems.extend(program.check_chains());
    problems
}

/// Names that nothing gives a value. regorus finds most of them, and only where they stand in a condition.
fn unsafe_names(file: &str, module: &ModuleFacts, rule: &RuleFacts) -> Vec<Diagnostic> {
    let has_value = |name: &str| {
        matches!(name, "input" | "data" | "_")
            || rule.locals.contains(name)
            || rule.bound.contains(name)
            || module.imports.contains_key(name)
            || module.rules.iter().any(|rule| rule.name == name)
    };
    let found = rule.reads.iter().filter(|(name, _)| !has_value(name));
    found
        .map(|(name, (line, column))| {
            Diagnostic::new(file, format!("nothing gives the variable {name} a value"))
                .code("SK0204")
                .at(*line, *column)
                .help("check its name, or declare it: name := …, some name in …")
        })
        .collect()
}

/// A rule on the way down: its path, what it reads and was not looked at, how deep it is so far.
type Visit<'a> = (&'a Vec<String>, Vec<&'a Vec<String>>, usize);

/// All rules of all modules, by path, and what each of them reads.
struct Program<'a> {
    modules: &'a [(String, ModuleFacts)],
    /// Path of a rule to the modules and rules that make it.
    rules: BTreeMap<Vec<String>, Vec<(usize, usize)>>,
}

impl<'a> Program<'a> {
    fn new(modules: &'a [(String, ModuleFacts)]) -> Self {
        let mut rules: BTreeMap<Vec<String>, Vec<(usize, usize)>> = BTreeMap::new();
        for (at, (_, module)) in modules.iter().enumerate() {
            for (index, rule) in module.rules.iter().enumerate() {
                rules.entry(rule_path(module, &rule.name)).or_default().push((at, index));
            }
        }
        Self { modules, rules }
    }

    /// The path from `data` that a reference in `module` means; itself for `input` and local names.
    fn resolve(module: &ModuleFacts, rule: &RuleFacts, reference: &[String]) -> Vec<String> {
        let Some(first) = reference.first() else {
            return Vec::new();
        };
        if first == "data" || first == "input" || rule.locals.contains(first) {
            return reference.to_vec();
        }
        if let Some(target) = module.imports.get(first) {
            return target.iter().chain(&reference[1..]).cloned().collect();
        }
        module.package.iter().chain(reference).cloned().collect()
    }

    /// The rules that a path reaches: the rule that it names or goes into, or all rules below it.
    fn reached(&self, path: &[String]) -> Vec<&Vec<String>> {
        if path.first().is_none_or(|first| first != "data") {
            return Vec::new();
        }
        if let Some((rule, _)) = (1..=path.len()).rev().find_map(|end| self.rules.get_key_value(&path[..end]))
        {
            return vec![rule];
        }
        self.rules.keys().filter(|rule| rule.starts_with(path)).collect()
    }

    fn check_call(
        &self,
        file: &str,
        module: &ModuleFacts,
        rule: &RuleFacts,
        call: &Call,
    ) -> Option<Diagnostic> {
        let problem = |code: &'static str, message: String, help: &str| {
            Some(Diagnostic::new(file, message).code(code).at(call.place.0, call.place.1).help(help))
        };
        let parts: Vec<String> = call.name.split('.').map(ToOwned::to_owned).collect();
        let path = Self::resolve(module, rule, &parts);
        if self.rules.contains_key(&path) || SPECIAL.contains(&call.name.as_str()) {
            return None;
        }
        if let Some((name, instead)) = UNREPEATABLE.iter().find(|(name, _)| *name == call.name) {
            return problem("SK0208", format!("{name} is refused: a verdict must be repeatable"), instead);
        }
        let Some((_, arity)) = BUILTINS.get(call.name.as_str()) else {
            let near = BUILTINS.keys().copied().min_by_key(|name| strsim::osa_distance(name, &call.name));
            let near = near.filter(|name| strsim::osa_distance(name, &call.name) <= 2);
            let meant = near.map(|name| format!(": did you mean {name}?")).unwrap_or_default();
            return problem(
                "SK0202",
                format!("function {} is unknown{meant}", call.name),
                "check its name; docs/policy-contract.md lists what is missing against OPA",
            );
        };
        // One argument more is the output of OPA's relational form: f(x, y).
        let arity = usize::from(*arity);
        let given = call.arguments.len();
        if call.name != "trace" && arity > 0 && !(arity..=arity + 1).contains(&given) {
            let message = format!("{} takes {arity} arguments and is given {given}", call.name);
            return problem("SK0203", message, "see OPA's policy reference");
        }
        boundless(call).and_then(|(message, help)| problem("SK0209", message, help))
    }

    fn check_chains(&self) -> Vec<Diagnostic> {
        let mut depths: BTreeMap<&Vec<String>, usize> = BTreeMap::new();
        for start in self.rules.keys() {
            if let Err(problem) = self.depth_of(start, &mut depths) {
                return vec![*problem];
            }
        }
        Vec::new()
    }

    /// How many rules evaluate within each other below `start`, found without recursion of our own.
    fn depth_of(
        &'a self,
        start: &'a Vec<String>,
        depths: &mut BTreeMap<&'a Vec<String>, usize>,
    ) -> Result<(), Box<Diagnostic>> {
        let mut stack: Vec<Visit<'_>> = Vec::new();
        if !depths.contains_key(start) {
            stack.push((start, self.reads(start), 1));
        }
        while let Some((rule, pending, depth)) = stack.last_mut() {
            let rule = *rule;
            let Some(next) = pending.pop() else {
                let depth = *depth;
                depths.insert(rule, depth);
                stack.pop();
                if let Some((_, _, parent)) = stack.last_mut() {
                    *parent = (*parent).max(depth + 1);
                }
                if depth > MAX_CHAIN {
                    return Err(
                        self.problem(rule, format!("more than {MAX_CHAIN} rules call each other in a chain"))
                    );
                }
                continue;
            };
            if let Some(known) = depths.get(next) {
                *depth = (*depth).max(known + 1);
                continue;
            }
            if let Some(at) = stack.iter().position(|(on_stack, _, _)| *on_stack == next) {
                let mut cycle: Vec<_> = stack[at..].iter().map(|(rule, _, _)| rule.join(".")).collect();
                cycle.push(next.join("."));
                return Err(self.problem(next, format!("recursion: {}", cycle.join(" -> "))));
            }
            stack.push((next, self.reads(next), 1));
        }
        Ok(())
    }

    /// The rules that the rule at `path` reads.
    fn reads(&self, path: &[String]) -> Vec<&Vec<String>> {
        let mut reads = Vec::new();
        for (at, index) in self.rules.get(path).into_iter().flatten() {
            let module = &self.modules[*at].1;
            let rule = &module.rules[*index];
            for reference in rule.references.keys() {
                // A local name hides the rule of that name.
                if reference.first().is_some_and(|first| rule.locals.contains(first)) {
                    continue;
                }
                reads.extend(self.reached(&Self::resolve(module, rule, reference)));
            }
        }
        reads.sort();
        reads.dedup();
        reads
    }

    fn problem(&self, path: &[String], message: String) -> Box<Diagnostic> {
        let (file, place) = self.rules.get(path).and_then(|rules| rules.first()).map_or(
            (String::new(), (0, 0)),
            |(at, index)| {
                let (file, module) = &self.modules[*at];
                (file.clone(), module.rules[*index].place)
            },
        );
        Box::new(
            Diagnostic::new(file, message)
                .code("SK0205")
                .at(place.0, place.1)
                .help("Rego has no recursion; use walk() for trees, or a comprehension over a list"),
        )
    }
}

/// Whether a call may fill the memory, and what to do instead.
fn boundless(call: &Call) -> Option<(String, &'static str)> {
    let name = call.name.as_str();
    if let Some((_, instead)) = BOUNDLESS.iter().find(|(known, _)| *known == name) {
        return Some((format!("{name} is refused: its result may not fit into memory"), instead));
    }
    match (name, &call.arguments[..]) {
        ("numbers.range", [Argument::Number(from), Argument::Number(to), ..])
            if (to - from).abs() <= MAX_RANGE =>
        {
            None
        }
        (
            "numbers.range_step",
            [Argument::Number(from), Argument::Number(to), Argument::Number(step), ..],
        ) if (to - from).abs() <= MAX_RANGE && *step >= 1.0 => None,
        ("numbers.range" | "numbers.range_step", _) => Some((
            format!(
                "{name} is taken with numbers only, at most {MAX_RANGE} apart: its result has to fit into memory"
            ),
            "walk over the list itself: some index, _ in list",
        )),
        ("sprintf", [Argument::Text(format), ..]) if widest(format) > MAX_WIDTH => Some((
            format!("a field of the format is wider than {MAX_WIDTH} characters"),
            "leave the width out",
        )),
        _ => None,
    }
}

/// The largest number behind a `%`.
fn widest(format: &str) -> usize {
    let digits = |text: &str| {
        let text = text.trim_start_matches(['.', '+', '-', '#', ' ']);
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].trim_start_matches('0').parse().unwrap_or(if end > 9 { usize::MAX } else { 0 })
    };
    format.split('%').skip(1).map(digits).max().unwrap_or(0)
}

fn rule_path(module: &ModuleFacts, name: &str) -> Vec<String> {
    module.package.iter().cloned().chain([name.to_owned()]).collect()
}
