//! Small wrong changes of a policy, to see whether its tests notice: a comparison turned or its border moved, a
//! condition dropped, a constant moved, a `not` removed.
//!
//! In: the text of a policy. Out: its [`Mutant`]s, in the order of the text. Comments, METADATA among them, and the
//! texts of messages stay as they are.

use std::collections::BTreeSet;

/// A policy with one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// What was done: `== to !=`.
    pub what: String,
    /// Line of the change, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The whole text.
    pub text: String,
}

/// A piece of Rego.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Text,
    /// A comparison, or another operator of more than one character.
    Operator,
    Bracket(char),
    Separator,
    Newline,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
}

/// Each comparison, and what it is turned into.
const TURNED: [(&str, &[&str]); 6] = [
    ("==", &["!="]),
    ("!=", &["=="]),
    ("<", &[">=", "<="]),
    ("<=", &[">", "<"]),
    (">", &["<=", ">="]),
    (">=", &["<", ">"]),
];

/// All mutants of the policy in `text`.
pub fn mutants(text: &str) -> Vec<Mutant> {
    let Some(body) = text.find("\npackage ").map(|at| at + 1) else {
        return Vec::new();
    };
    let tokens = tokens(text, body);
    let mut changes: Vec<(usize, usize, String, String)> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let word = &text[token.start..token.end];
        let mut change = |to: &str| {
            changes.push((token.start, token.end, to.to_owned(), format!("{word} to {to}")));
        };
        match token.kind {
            Kind::Operator => {
                let turned = TURNED.iter().find(|(from, _)| *from == word);
                turned.iter().flat_map(|(_, to)| to.iter()).for_each(|to| change(to));
            }
            Kind::Number => {
                if let Ok(number) = word.parse::<i64>() {
                    change(&(number + 1).to_string());
                }
            }
            Kind::Word if word == "true" => change("false"),
            Kind::Word if word == "false" => change("true"),
            Kind::Word if word == "not" => {
                changes.push((token.start, token.end, String::new(), "not removed".to_owned()));
            }
            Kind::Text if is_compared(text, &tokens, index) => {
                let quote = &word[..1];
                change(&format!("{}~{quote}", &word[..word.len() - 1]));
            }
            _ => {}
        }
    }
    for (start, end) in statements(text, &tokens) {
        let what = format!("dropped: {}", text[start..end].split_whitespace().collect::<Vec<_>>().join(" "));
        changes.push((start, end, "true".to_owned(), what));
    }
    changes.sort_by_key(|change| change.0);
    let mutant = |(start, end, to, what): (usize, usize, String, String)| {
        let before = &text[..start];
        Mutant {
            what,
            line: before.matches('\n').count() + 1,
            column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
            text: format!("{before}{to}{}", &text[end..]),
        }
    };
    changes.into_iter().map(mutant).collect()
}

/// Whether a text stands beside a comparison.
fn is_compared(text: &str, tokens: &[Token], index: usize) -> bool {
    let compares = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at)).is_some_and(|token| {
            token.kind == Kind::Operator && matches!(&text[token.start..token.end], "==" | "!=")
        })
    };
    compares(index.checked_sub(1)) || compares(Some(index + 1))
}

/// The conditions of rules and comprehensions: what stands between `if {`, newlines, `;`, `|` and `}`.
fn statements(text: &str, tokens: &[Token]) -> BTreeSet<(usize, usize)> {
    let mut found = BTreeSet::new();
    let word = |token: &Token| &text[token.start..token.end];
    // Whether each open bracket is a body, whose contents are conditions.
    let mut open: Vec<bool> = Vec::new();
    let mut start: Option<usize> = None;
    for (index, token) in tokens.iter().enumerate() {
        let previous = index.checked_sub(1).map(|at| word(&tokens[at])).unwrap_or_default();
        let in_body = open.last().copied().unwrap_or(false);
        let ends = match token.kind {
            Kind::Newline | Kind::Separator => in_body || open.is_empty(),
            Kind::Bracket('}' | ']') => in_body,
            _ => false,
        };
        if ends && let Some(start) = start.take() {
            let end = tokens[index - 1].end;
            if text[start..end] != *"true" {
                found.insert((start, end));
            }
        }
        match token.kind {
            Kind::Bracket('{') => {
                let body = matches!(previous, "if" | "every") || follows_every(text, &tokens[..index]);
                open.push(body);
                if body {
                    continue;
                }
            }
            Kind::Bracket('[' | '(') => open.push(false),
            Kind::Bracket(_) => {
                open.pop();
            }
            _ => {}
        }
        let in_body = open.last().copied().unwrap_or(false);
        let begins_body = in_body && matches!(previous, "{" | ";" | "\n");
        let begins_line = open.is_empty() && previous == "if";
        let is_content =
            !matches!(token.kind, Kind::Newline | Kind::Separator | Kind::Bracket('}' | ']' | ')'));
        if is_content && start.is_none() && (begins_body || begins_line) {
            // Declarations are needed by what follows: dropping one is no mutant but a broken policy.
            let declares =
                matches!(word(token), "some" | "import" | "package") || assigns(text, &tokens[index..]);
            if !declares && !word(token).starts_with("else") {
                start = Some(token.start);
            }
        }
    }
    found
}

/// `every x in xs {`: the brace belongs to `every` of the same statement.
fn follows_every(text: &str, before: &[Token]) -> bool {
    before
        .iter()
        .rev()
        .take_while(|token| !matches!(token.kind, Kind::Newline | Kind::Separator))
        .any(|token| &text[token.start..token.end] == "every")
}

/// `x := …`
fn assigns(text: &str, tokens: &[Token]) -> bool {
    tokens.get(1).is_some_and(|token| &text[token.start..token.end] == ":=")
        || (tokens.first().is_some_and(|token| token.kind == Kind::Bracket('['))
            && tokens
                .iter()
                .take_while(|token| token.kind != Kind::Newline)
                .any(|token| &text[token.start..token.end] == ":="))
}

fn tokens(text: &str, from: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text[from..].char_indices().map(|(at, c)| (at + from, c)).peekable();
    while let Some((start, character)) = rest.next() {
        let mut take_while = |holds: &dyn Fn(char) -> bool| {
            let mut end = start + character.len_utf8();
            while let Some((at, next)) = rest.next_if(|(_, c)| holds(*c)) {
                end = at + next.len_utf8();
            }
            end
        };
        let (kind, end) = match character {
            '\n' => (Kind::Newline, start + 1),
            ';' | '|' => (Kind::Separator, start + 1),
            '#' => {
                take_while(&|c| c != '\n');
                continue;
            }
            c if c.is_whitespace() => continue,
            '"' | '`' => {
                let mut end = start + 1;
                let mut escaped = false;
                for (at, c) in rest.by_ref() {
                    end = at + c.len_utf8();
                    match c {
                        _ if escaped => escaped = false,
                        '\\' if character == '"' => escaped = true,
                        c if c == character => break,
                        _ => {}
                    }
                }
                (Kind::Text, end)
            }
            '{' | '}' | '[' | ']' | '(' | ')' => (Kind::Bracket(character), start + 1),
            c if c.is_ascii_digit() => (Kind::Number, take_while(&|c| c.is_ascii_digit() || c == '.')),
            c if c.is_alphabetic() || c == '_' => {
                (Kind::Word, take_while(&|c| c.is_alphanumeric() || c == '_' || c == '.'))
            }
            '=' | '!' | '<' | '>' | ':' => (Kind::Operator, take_while(&|c| c == '=')),
            other => (Kind::Operator, start + other.len_utf8()),
        };
        tokens.push(Token { kind, start, end });
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"# METADATA
# custom: {min: 7}
package p

import data.x

default limit := 7

# a comment with 7 == 8
small if input.size < limit

deny contains {"msg": "seven 7"} if {
	some v in input.list
	w := v.name
	w != "ok"
	not exempt(w)
}

exempt(w) if startswith(w, "x"); w == "y"

names := [n | some n in input.names; n > 3]
"#;

    fn whats() -> Vec<String> {
        mutants(POLICY).into_iter().map(|mutant| format!("{}: {}", mutant.line, mutant.what)).collect()
    }

    #[test]
    fn every_kind_of_change_is_made_and_only_in_rules() {
        let whats = whats();
        for expected in [
            "7: 7 to 8",
            "10: < to >=",
            "10: < to <=",
            "10: dropped: input.size < limit",
            "15: != to ==",
            "15: \"ok\" to \"ok~\"",
            "15: dropped: w != \"ok\"",
            "16: not removed",
            "16: dropped: not exempt(w)",
            "19: dropped: startswith(w, \"x\")",
            "19: == to !=",
            "21: > to <=",
        ] {
            assert!(whats.contains(&expected.to_owned()), "{expected}: {whats:#?}");
        }
        assert!(whats.iter().all(|what| !what.contains("comment") && !what.contains("some v")), "{whats:#?}");
        assert!(!whats.iter().any(|what| what.starts_with("2:") || what.starts_with("9:")), "{whats:#?}");
    }

    #[test]
    fn a_mutant_is_the_policy_with_one_change() {
        let mutant = mutants(POLICY).into_iter().find(|mutant| mutant.what == "not removed");
        let text = mutant.map(|mutant| mutant.text).unwrap_or_default();
        assert_eq!(text, POLICY.replace("\tnot exempt", "\t exempt"));
    }
}
