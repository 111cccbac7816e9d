//! Constructs on which the engine and OPA give different answers, each with the way to write it for both (`SK03`).

use regorus::unstable::{Expr, Literal, Module};

use super::{Context, place, visit};
use crate::diagnostic::Diagnostic;

/// Fields of an item that are a map or a list wherever they are there, never null.
const NEVER_NULL: [&str; 3] = ["input.tags", "input.relationships", "input.relatedEvents"];

/// Looks `module` through.
pub fn check(context: &Context<'_>, module: &Module) -> Vec<Diagnostic> {
    let mut portable = Portable { context, found: Vec::new() };
    visit::module(module, &mut portable);
    portable.found
}

struct Portable<'a> {
    context: &'a Context<'a>,
    found: Vec<Diagnostic>,
}

impl Portable<'_> {
    fn found(&mut self, code: &'static str, at: &Expr, message: &str, help: &str) {
        let problem = self.context.problem(code, place(at.span()), message.to_owned(), help);
        self.found.push(problem);
    }

    fn call(&mut self, name: &str, call: &Expr, arguments: &[&Expr]) {
        let first = arguments.first().and_then(|argument| visit::text(argument));
        if name.starts_with("regex.")
            && let Some(class) = first.as_deref().and_then(character_class)
        {
            let message = format!("{class} means Unicode here and ASCII under OPA");
            self.found("SK0303", arguments[0], &message, "write the characters out: [0-9], [0-9A-Za-z_]");
        }
        if name == "sprintf" && first.as_deref().is_some_and(has_width) {
            let help = "leave the width out: %s, %v, %d and %.2f are the same in both";
            self.found("SK0304", arguments[0], "a width is padded otherwise than under OPA", help);
        }
        if name == "glob.match" && first.as_deref().is_some_and(has_single_star) {
            let help = "use startswith, endswith, or wildcard.matches of data.sekisho.wildcard";
            self.found("SK0305", arguments[0], "* goes over delimiters here and not under OPA", help);
        }
        if name == "time.add_date" {
            let help = "add days in nanoseconds";
            self.found("SK0306", call, "the end of a month is another day than under OPA", help);
        }
    }
}

impl visit::Visitor for Portable<'_> {
    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::NotExpr { expr, .. } => {
                let direct = match &**expr {
                    Expr::Call { params, .. } => params.iter().find(|param| visit::reads_input(param)),
                    Expr::Membership { value, collection, .. } => {
                        [value, collection].into_iter().find(|part| visit::reads_input(part))
                    }
                    _ => None,
                };
                if let Some(read) = direct {
                    self.found(
                        "SK0301",
                        read,
                        "where the field is absent this holds here and is undefined under OPA",
                        "bind it first: name := object.get(input, [\"configuration\", …], \"\")",
                    );
                }
            }
            Literal::SomeIn { collection, .. } | Literal::Every { domain: collection, .. }
                if visit::reads_input(collection)
                    && visit::name(collection).is_none_or(|name| !NEVER_NULL.contains(&name.as_str())) =>
            {
                self.found(
                    "SK0302",
                    collection,
                    "where AWS Config writes null this is an error here and nothing under OPA",
                    "go over decode.list(object.get(input, […], null)) of data.sekisho.decode",
                );
            }
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        if let Expr::Call { fcn, params, .. } = expr
            && let Some(name) = visit::name(fcn)
        {
            let arguments: Vec<&Expr> = params.iter().map(|param| &**param).collect();
            self.call(&name, expr, &arguments);
        }
    }
}

/// The first of `\w \d \s \b` and their opposites in a pattern.
fn character_class(pattern: &str) -> Option<String> {
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        if character == '\\'
            && let Some(escaped) = characters.next()
            && "wdsbWDSB".contains(escaped)
        {
            return Some(format!("\\{escaped}"));
        }
    }
    None
}

/// Whether a `%` has a width behind it: `%5d`, `%-10s`.
fn has_width(format: &str) -> bool {
    let unescaped = format.replace("%%", "");
    unescaped.split('%').skip(1).any(|rest| {
        let rest = rest.trim_start_matches(['-', '+', '#', ' ', '0']);
        rest.starts_with(|c: char| c.is_ascii_digit())
    })
}

fn has_single_star(pattern: &str) -> bool {
    pattern.replace("**", "").contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_differ() {
        assert_eq!(character_class(r"^[0-9]\.x$"), None);
        assert_eq!(character_class(r"^\\d$"), None, "an escaped backslash");
        assert_eq!(character_class(r"a\d").as_deref(), Some("\\d"));
        for (format, expected) in
            [("%s %v %d", false), ("%.2f", false), ("100%% of %d", false), ("%5d", true), ("%-10s", true)]
        {
            assert_eq!(has_width(format), expected, "{format}");
        }
        assert!(has_single_star("a:*") && !has_single_star("a:**"));
    }
}
