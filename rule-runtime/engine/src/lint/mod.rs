//! What is wrong with a policy that loads: constructs on which the engine and OPA differ, messages without Japanese, fields
//! that the resource types do not have.
//!
//! In: a [`Policy`] and the [`Schemas`] that are known. Out: [`Diagnostic`]s with the codes of [`crate::codes`].

mod messages;
mod portable;
pub mod schema;

use crate::diagnostic::Diagnostic;
use crate::evaluate::stack;
use crate::policy::{Policy, missing, place, visit};
use schema::Schemas;

/// Looks `policy` through.
pub fn lint(policy: &Policy, schemas: &Schemas) -> Vec<Diagnostic> {
    let found = stack::with_large(|| {
        let mut engine = policy.engine.clone();
        let Some(module) = engine.get_modules().last() else {
            return Vec::new();
        };
        let context = Context { file: policy.file.display().to_string(), text: &policy.source };
        let mut found = portable::check(&context, module);
        found.extend(messages::check(&context, module));
        found.extend(schema::check(&context, policy, schemas));
        found.extend(missing::undecided(policy).into_iter().map(|(path, at)| {
            let message = format!("{path} may be absent, and the policy would pass the item");
            let help = "say what that means with custom.on_missing, or read it with object.get and a default";
            context.problem("SK0403", at, message, help)
        }));
        found.sort_by_key(|problem| (problem.line, problem.column));
        found.dedup();
        found
    });
    found.unwrap_or_else(|panic| {
        vec![Diagnostic::new(
            policy.file.display().to_string(),
            format!("looking it through failed: {panic}"),
        )]
    })
}

/// The file that is looked through.
struct Context<'a> {
    file: String,
    text: &'a str,
}

impl Context<'_> {
    fn problem(&self, code: &'static str, at: (usize, usize), message: String, help: &str) -> Diagnostic {
        Diagnostic::new(&self.file, message).code(code).at(at.0, at.1).source(self.text).help(help)
    }
}
