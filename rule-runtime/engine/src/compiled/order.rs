//! The order in which regorus takes the statements of a body: not always that of the text. It matters where an array is made of
//! two nested iterations, and for which error comes first.
//!
//! Each statement gives names a value, or none, out of names that other statements give theirs. Regorus first takes, from above,
//! what needs nothing that is not there yet, and then name by name, in the order of the alphabet; after each it looks again
//! whether a statement that gives no name can be taken.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Query};

/// What one statement defines, and out of what. The empty name stands for none.
#[derive(Debug)]
struct Definition {
    name: String,
    uses: BTreeSet<String>,
}

/// The places of the statements in the order in which they are taken.
pub(super) fn order(query: &Query) -> Vec<usize> {
    let locals = declared(query);
    let statements: Vec<Vec<Definition>> =
        query.stmts.iter().map(|statement| definitions(statement, &locals)).collect();
    schedule(&statements)
}

/// The names that the statements of a body declare.
pub(super) fn declared(query: &Query) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeIn { key, value, .. } => {
                key.iter().chain([value]).for_each(|pattern| variables(pattern, &mut names));
            }
            Literal::Expr { expr, .. } => {
                if let Expr::AssignExpr { op: AssignOp::ColEq, lhs, .. } = &**expr {
                    variables(lhs, &mut names);
                }
            }
            Literal::SomeVars { .. } | Literal::NotExpr { .. } | Literal::Every { .. } => {}
        }
    }
    names
}

/// The names in a pattern.
pub(super) fn variables_of(pattern: &Expr) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    variables(pattern, &mut names);
    names
}

fn variables(pattern: &Expr, names: &mut BTreeSet<String>) {
    match pattern {
        Expr::Var { span, .. } if span.text() != "_" => {
            names.insert(span.text().to_owned());
        }
        Expr::Array { items, .. } => items.iter().for_each(|item| variables(item, names)),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
            variables(key, names);
            variables(value, names);
        }),
        _ => {}
    }
}

fn definitions(statement: &LiteralStmt, locals: &BTreeSet<String>) -> Vec<Definition> {
    let mut found = Vec::new();
    match &statement.literal {
        Literal::SomeVars { .. } => {}
        Literal::SomeIn { key, value, collection, .. } => {
            let uses = used(collection, locals, &mut found);
            let mut names = BTreeSet::new();
            key.iter().chain([value]).for_each(|pattern| variables(pattern, &mut names));
            found.extend(names.into_iter().map(|name| Definition { name, uses: uses.clone() }));
            // What is compared in the pattern is text, and uses nothing.
            found.push(Definition { name: String::new(), uses: BTreeSet::new() });
        }
        Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => match &**expr {
            Expr::AssignExpr { lhs, rhs, .. } => {
                assigned(lhs, rhs, locals, &mut found);
                assigned(rhs, lhs, locals, &mut found);
            }
            expr => {
                let uses = used(expr, locals, &mut found);
                found.push(Definition { name: String::new(), uses });
            }
        },
        Literal::Every { domain, .. } => {
            let uses = used(domain, locals, &mut found);
            found.push(Definition { name: String::new(), uses });
        }
    }
    if found.is_empty() {
        found.push(Definition { name: String::new(), uses: BTreeSet::new() });
    }
    found
}

/// The names in `pattern` get their values from `from`.
fn assigned(pattern: &Expr, from: &Expr, locals: &BTreeSet<String>, found: &mut Vec<Definition>) {
    let uses = used(from, locals, found);
    let mut names = variables_of(pattern);
    names.retain(|name| locals.contains(name));
    if names.is_empty() {
        found.push(Definition { name: String::new(), uses });
        return;
    }
    found.extend(names.into_iter().map(|name| {
        let uses = uses.iter().filter(|used| **used != name).cloned().collect();
        Definition { name, uses }
    }));
}

/// The names of this body that an expression uses. An index that is a name could give it a value.
fn used(expr: &Expr, locals: &BTreeSet<String>, found: &mut Vec<Definition>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    match expr {
        Expr::Var { span, .. } => {
            if locals.contains(span.text()) {
                names.insert(span.text().to_owned());
            }
        }
        Expr::RefBrack { refr, index, .. } => {
            for name in variables_of(index).into_iter().filter(|name| locals.contains(name)) {
                let uses = used(refr, locals, found);
                found.push(Definition { name: name.clone(), uses: uses.clone() });
                names.extend(uses);
                names.insert(name);
            }
            names.extend(used(refr, locals, found));
            names.extend(used(index, locals, found));
        }
        Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. } => {
            let mut free = BTreeSet::new();
            free_names(expr, &mut free);
            names.extend(free.into_iter().filter(|name| locals.contains(name)));
        }
        other => children(other, &mut |child| names.extend(used(child, locals, found))),
    }
    names
}

/// The names that an expression takes from around it; those in the body of an `every` are not looked at.
fn free_names(expr: &Expr, names: &mut BTreeSet<String>) {
    match expr {
        Expr::Var { span, .. } => {
            names.insert(span.text().to_owned());
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            free_in_query(query, &[term], names);
        }
        Expr::ObjectCompr { key, value, query, .. } => free_in_query(query, &[key, value], names),
        other => children(other, &mut |child| free_names(child, names)),
    }
}

fn free_in_query(query: &Query, terms: &[&Expr], names: &mut BTreeSet<String>) {
    let mut inner = BTreeSet::new();
    terms.iter().for_each(|term| free_names(term, &mut inner));
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                key.iter().chain([value, collection]).for_each(|part| free_names(part, &mut inner));
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => free_names(expr, &mut inner),
            Literal::Every { domain, .. } => free_names(domain, &mut inner),
        }
    }
    let own = declared(query);
    names.extend(inner.into_iter().filter(|name| !own.contains(name)));
}

/// The parts of an expression that is no name and no comprehension; the name of a function that is called is none.
fn children(expr: &Expr, see: &mut dyn FnMut(&Expr)) {
    match expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.iter().for_each(|item| see(item)),
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
            see(key);
            see(value);
        }),
        Expr::Call { params, .. } => params.iter().for_each(|param| see(param)),
        Expr::UnaryExpr { expr, .. } => see(expr),
        Expr::RefDot { refr, .. } => see(refr),
        Expr::RefBrack { refr, index, .. } => {
            see(refr);
            see(index);
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            see(lhs);
            see(rhs);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().chain([value, collection]).for_each(|part| see(part));
        }
        Expr::Var { .. }
        | Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => {}
    }
}

struct Schedule<'a> {
    statements: &'a [Vec<Definition>],
    by_name: BTreeMap<&'a str, Vec<usize>>,
    is_defined: BTreeSet<&'a str>,
    is_taken: Vec<bool>,
    order: Vec<usize>,
}

fn schedule(statements: &[Vec<Definition>]) -> Vec<usize> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, definitions) in statements.iter().enumerate() {
        for definition in definitions {
            by_name.entry(&definition.name).or_default().push(place);
        }
    }
    let mut waiting: Vec<&str> = by_name.keys().copied().collect();
    let mut schedule = Schedule {
        statements,
        by_name,
        is_defined: BTreeSet::new(),
        is_taken: vec![false; statements.len()],
        order: Vec::new(),
    };
    schedule.process("");
    loop {
        let mut took_any = false;
        for name in std::mem::take(&mut waiting) {
            let (took, left) = schedule.process(name);
            if took {
                took_any = true;
                schedule.process("");
            }
            if left {
                waiting.push(name);
            }
        }
        if !took_any {
            break;
        }
    }
    if schedule.order.len() == statements.len() { schedule.order } else { (0..statements.len()).collect() }
}

impl<'a> Schedule<'a> {
    /// Takes the statements that define `name`, where they can be; whether one was taken, and whether one was left.
    fn process(&mut self, name: &str) -> (bool, bool) {
        let (mut took, mut left) = (false, false);
        for place in self.by_name.get(name).cloned().unwrap_or_default() {
            if self.is_taken[place] {
                continue;
            }
            if self.can_be_taken(&self.statements[place]) {
                self.order.push(place);
                self.is_taken[place] = true;
                let names = self.statements[place].iter().map(|definition| definition.name.as_str());
                self.is_defined.extend(names);
                took = true;
            } else {
                left = true;
            }
        }
        (took, left)
    }

    /// Whether all that it uses is there, or is defined by itself out of what is there.
    fn can_be_taken(&self, definitions: &'a [Definition]) -> bool {
        if let [only] = definitions {
            return only.uses.iter().all(|name| self.is_defined.contains(name.as_str()));
        }
        let mut own: BTreeSet<&str> = BTreeSet::new();
        let mut waiting: Vec<&Definition> = definitions.iter().collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            waiting.retain(|definition| {
                let is_there =
                    |name: &String| self.is_defined.contains(name.as_str()) || own.contains(name.as_str());
                let can = definition.uses.iter().all(is_there);
                if can {
                    own.insert(&definition.name);
                }
                !can
            });
            if waiting.len() == before {
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn order_of(body: &str) -> Vec<usize> {
        let mut engine = regorus::Engine::new();
        engine.add_policy("p.rego".into(), format!("package p\n\nr if {{\n{body}\n}}\n")).unwrap();
        let modules = engine.get_modules();
        let regorus::unstable::Rule::Spec { bodies, .. } = &*modules[0].policy[0] else { panic!("no rule") };
        order(&bodies[0].query)
    }

    #[test]
    fn statements_are_taken_as_regorus_takes_them() {
        for (body, expected) in [
            ("some a in input.x\na > 1\nsome b in input.y", vec![0, 1, 2]),
            ("x := input.a\nis_array(x)\nsome y in x", vec![0, 1, 2]),
            ("is_array(x)\nx := input.a", vec![1, 0]),
            // A plain name is assigned both ways, and waits for its turn.
            ("some z in input.x\ny := z\nsome w in input.y", vec![0, 2, 1]),
            ("b := a\na := input.a\nsome c in input.c", vec![1, 2, 0]),
            // The body of an every does not make its statement wait.
            ("every v in input.x { v == k }\nk := input.k", vec![0, 1]),
            ("some k in input.k\nr := {v | some v in input.x; v != k}\ncount(r) > 0", vec![0, 1, 2]),
        ] {
            assert_eq!(order_of(body), expected, "{body}");
        }
    }
}
