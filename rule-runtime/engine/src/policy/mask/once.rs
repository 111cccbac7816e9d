//! Whether a rule has one value at most for an input: where it could have several, an evaluation compares them, and they are read
//! as a whole.

use regorus::unstable::{Expr, Literal, Query, Rule, RuleBody, RuleHead};

use super::super::visit::{self, Visitor};
use super::place::Names;
use super::reader::Reader;

impl Reader<'_> {
    /// Whether no two values of `rules`, all of one name, are ever compared: there is one definition, and nothing in it goes
    /// through a collection but a comprehension or `every`.
    pub(super) fn is_once(&self, rules: &[&Rule], own: &Names) -> bool {
        let definitions = rules.iter().filter_map(|rule| match rule {
            Rule::Spec { head, bodies, .. } => Some((head, bodies)),
            Rule::Default { .. } => None,
        });
        let mut definitions = definitions.collect::<Vec<_>>();
        let Some((head, bodies)) = definitions.pop().filter(|_| definitions.is_empty()) else { return false };
        let assign = match head {
            RuleHead::Compr { refr, assign, .. } if matches!(**refr, Expr::Var { .. }) => assign,
            RuleHead::Func { assign, .. } => assign,
            RuleHead::Compr { .. } | RuleHead::Set { .. } => return false,
        };
        let mut indexes = Indexes { reader: self, own, are_known: true };
        assign.iter().for_each(|assign| visit::expr(&assign.value, &mut indexes));
        bodies.iter().all(|body| is_plain(&body.query)) && {
            bodies.iter().for_each(|body| indexes.body(body));
            indexes.are_known
        }
    }
}

/// Whether no statement goes through a collection for those behind it.
fn is_plain(query: &Query) -> bool {
    query.stmts.iter().all(|statement| match &statement.literal {
        Literal::SomeIn { .. } | Literal::SomeVars { .. } => false,
        Literal::Expr { .. } | Literal::NotExpr { .. } | Literal::Every { .. } => true,
    })
}

/// References whose indexes have no value of their own stand for each element: `list[_]`.
struct Indexes<'r, 'm> {
    reader: &'r Reader<'m>,
    /// The arguments.
    own: &'r Names,
    are_known: bool,
}

impl Indexes<'_, '_> {
    fn body(&mut self, body: &RuleBody) {
        visit::query(&body.query, self);
        body.assign.iter().for_each(|assign| visit::expr(&assign.value, self));
    }
}

impl Visitor for Indexes<'_, '_> {
    fn expr(&mut self, expr: &Expr) {
        self.are_known &= match expr {
            Expr::RefBrack { index, .. } => match &**index {
                Expr::Var { span, .. } => {
                    let name = span.text();
                    self.own.contains_key(name) || self.reader.rules.contains_key(&self.reader.here(name))
                }
                Expr::Array { .. } | Expr::Object { .. } | Expr::Set { .. } => false,
                _ => true,
            },
            // The one built-in function with several values.
            Expr::Call { fcn, .. } => visit::name(fcn).is_some_and(|name| name != "walk"),
            _ => true,
        };
    }
}
