//! Messages of `deny` that lack their Japanese (`SK0401`).

use regorus::unstable::{Expr, Module, Rule, RuleHead};

use super::{Context, place, visit};
use crate::diagnostic::Diagnostic;

/// Looks the messages of `module` through, as far as they stand in the rules' heads.
pub fn check(context: &Context<'_>, module: &Module) -> Vec<Diagnostic> {
    let heads = module.policy.iter().filter_map(|rule| match &**rule {
        Rule::Spec { head: RuleHead::Set { refr, key: Some(key), .. }, .. }
            if visit::name(refr).as_deref() == Some("deny") =>
        {
            Some(&**key)
        }
        _ => None,
    });
    heads
        .filter(|key| lacks_japanese(key))
        .map(|key| {
            context.problem(
                "SK0401",
                place(key.span()),
                "the message has no Japanese".to_owned(),
                "write {\"msg\": …, \"msg_ja\": …}",
            )
        })
        .collect()
}

/// A name may stand for anything; a text, a format or an object says what it is.
fn lacks_japanese(key: &Expr) -> bool {
    match key {
        Expr::String { .. } | Expr::RawString { .. } => true,
        Expr::Call { fcn, .. } => visit::name(fcn).as_deref() == Some("sprintf"),
        Expr::Object { fields, .. } => {
            !fields.iter().any(|(_, name, _)| visit::text(name).as_deref() == Some("msg_ja"))
        }
        _ => false,
    }
}
