//! Every literal and expression of a module, from the outside in.

use regorus::unstable::{Expr, Literal, Module, Query, Rule, RuleHead};

/// What is called for each.
pub trait Visitor {
    /// A condition, before its parts.
    fn literal(&mut self, _literal: &Literal) {}
    /// An expression, before its parts.
    fn expr(&mut self, _expr: &Expr) {}
}

/// Goes through all of `module`.
pub fn module(module: &Module, visitor: &mut impl Visitor) {
    for rule in &module.policy {
        match &**rule {
            Rule::Spec { head, bodies, .. } => {
                for body in bodies {
                    query(&body.query, visitor);
                    body.assign.iter().for_each(|assign| expr(&assign.value, visitor));
                }
                match head {
                    RuleHead::Compr { refr, assign, .. } => {
                        expr(refr, visitor);
                        assign.iter().for_each(|assign| expr(&assign.value, visitor));
                    }
                    RuleHead::Set { refr, key, .. } => {
                        expr(refr, visitor);
                        key.iter().for_each(|key| expr(key, visitor));
                    }
                    RuleHead::Func { args, assign, .. } => {
                        args.iter().for_each(|argument| expr(argument, visitor));
                        assign.iter().for_each(|assign| expr(&assign.value, visitor));
                    }
                }
            }
            Rule::Default { value, .. } => expr(value, visitor),
        }
    }
}

/// Goes through all statements of `query_of`.
pub fn query(query_of: &Query, visitor: &mut impl Visitor) {
    for statement in &query_of.stmts {
        visitor.literal(&statement.literal);
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn { key, value, collection, .. } => {
                key.iter().chain([value, collection]).for_each(|part| expr(part, visitor));
            }
            Literal::Expr { expr: inner, .. } | Literal::NotExpr { expr: inner, .. } => expr(inner, visitor),
            Literal::Every { domain, query: inner, .. } => {
                expr(domain, visitor);
                query(inner, visitor);
            }
        }
        for with in &statement.with_mods {
            expr(&with.refr, visitor);
            expr(&with.r#as, visitor);
        }
    }
}

/// Goes through all of `of`.
pub fn expr(of: &Expr, visitor: &mut impl Visitor) {
    visitor.expr(of);
    match of {
        Expr::RefDot { refr, .. } => expr(refr, visitor),
        Expr::RefBrack { refr, index, .. } => {
            expr(refr, visitor);
            expr(index, visitor);
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| expr(item, visitor));
        }
        Expr::Object { fields, .. } => fields.iter().for_each(|(_, key, value)| {
            expr(key, visitor);
            expr(value, visitor);
        }),
        Expr::ArrayCompr { term, query: inner, .. } | Expr::SetCompr { term, query: inner, .. } => {
            query(inner, visitor);
            expr(term, visitor);
        }
        Expr::ObjectCompr { key, value, query: inner, .. } => {
            query(inner, visitor);
            expr(key, visitor);
            expr(value, visitor);
        }
        Expr::Call { params, .. } => params.iter().for_each(|param| expr(param, visitor)),
        Expr::UnaryExpr { expr: inner, .. } => expr(inner, visitor),
        Expr::AssignExpr { lhs, rhs, .. }
        | Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. } => {
            expr(lhs, visitor);
            expr(rhs, visitor);
        }
        Expr::Membership { key, value, collection, .. } => {
            key.iter().chain([value, collection]).for_each(|part| expr(part, visitor));
        }
        Expr::Var { .. }
        | Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. } => {}
    }
}

/// A reference of names and literal texts only: `a.b["c"]`.
pub fn name(of: &Expr) -> Option<String> {
    match of {
        Expr::Var { span, .. } => Some(span.text().to_owned()),
        Expr::RefDot { refr, field, .. } => Some(format!("{}.{}", name(refr)?, field.0.text())),
        Expr::RefBrack { refr, index, .. } => Some(format!("{}.{}", name(refr)?, text(index)?)),
        _ => None,
    }
}

/// A literal text.
pub fn text(of: &Expr) -> Option<String> {
    match of {
        Expr::String { value, .. } | Expr::RawString { value, .. } => {
            value.as_string().ok().map(ToString::to_string)
        }
        _ => None,
    }
}

/// Whether a reference begins at `input` and goes into it.
pub fn reads_input(of: &Expr) -> bool {
    match of {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => {
            matches!(&**refr, Expr::Var { span, .. } if span.text() == "input") || reads_input(refr)
        }
        _ => false,
    }
}
