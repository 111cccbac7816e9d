//! A text in pieces: what is still as it was, and what has been replaced and is not looked at again.
//!
//! Each kind of pattern goes over the raw pieces once, the most telling first (an ARN before the account in it), so that
//! no replacement is ever taken for an original.

use regex::Regex;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Raw(String),
    Done(String),
}

/// A text in work.
#[derive(Debug, Clone)]
pub struct Pieces(Vec<Piece>);

impl Pieces {
    /// All raw.
    pub fn new(text: &str) -> Self {
        Self(vec![Piece::Raw(text.to_owned())])
    }

    /// Gives each match of `pattern` that stands alone (no letter or digit touches it) to `replace`; what that answers
    /// is done, and where it answers `None` the text stays raw.
    pub fn each(&mut self, pattern: &Regex, mut replace: impl FnMut(&str) -> Option<String>) {
        let mut pieces = Vec::with_capacity(self.0.len());
        for piece in self.0.drain(..) {
            match piece {
                Piece::Raw(text) => split(&text, pattern, &mut replace, &mut pieces),
                done @ Piece::Done(_) => pieces.push(done),
            }
        }
        self.0 = pieces;
    }

    /// The whole text, where nothing of it is raw.
    pub fn done(self) -> Option<String> {
        let done = |piece| match piece {
            Piece::Raw(_) => None,
            Piece::Done(text) => Some(text),
        };
        self.0.into_iter().map(done).collect()
    }

    /// The whole text.
    pub fn text(self) -> String {
        self.0
            .into_iter()
            .map(|piece| match piece {
                Piece::Raw(text) | Piece::Done(text) => text,
            })
            .collect()
    }
}

fn split(
    text: &str,
    pattern: &Regex,
    replace: &mut impl FnMut(&str) -> Option<String>,
    pieces: &mut Vec<Piece>,
) {
    let (mut start, mut at) = (0, 0);
    while let Some(found) = pattern.find_at(text, at) {
        if !stands_alone(text, found.start(), found.end()) {
            // It may begin further on within what was found.
            at = found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8);
        } else if let Some(replaced) = replace(found.as_str()) {
            if found.start() > start {
                pieces.push(Piece::Raw(text[start..found.start()].to_owned()));
            }
            pieces.push(Piece::Done(replaced));
            start = found.end();
            at = found.end();
        } else {
            at = found.end();
        }
    }
    if start < text.len() {
        pieces.push(Piece::Raw(text[start..].to_owned()));
    }
}

fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let touches = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let (first, last) = (text[start..].chars().next(), text[start..end].chars().next_back());
    let before = touches(text[..start].chars().next_back()) && touches(first);
    let after = touches(text[end..].chars().next()) && touches(last);
    !before && !after
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn accounts(text: &str) -> String {
        let mut pieces = Pieces::new(text);
        pieces.each(&Regex::new("[0-9]{12}").unwrap(), |_| Some("A".to_owned()));
        pieces.text()
    }

    #[test]
    fn what_is_part_of_a_longer_word_is_left() {
        assert_eq!(accounts("123456789012"), "A");
        assert_eq!(accounts("b-123456789012_x/123456789012"), "b-A_x/A");
        assert_eq!(
            accounts("1795149082118 x123456789012 123456789012y"),
            "1795149082118 x123456789012 123456789012y"
        );
    }

    #[test]
    fn what_is_done_is_not_looked_at_again() {
        let mut pieces = Pieces::new("a b");
        pieces.each(&Regex::new("a").unwrap(), |_| Some("b".to_owned()));
        pieces.each(&Regex::new("b").unwrap(), |_| Some("c".to_owned()));
        assert_eq!(pieces.text(), "b c");
    }
}
