//! JSON read in the order of its text: what a [`Mask`] keeps is built or told apart, the rest is seen to be JSON and no more.
//!
//! In: a text. Out: a [`Tree`], or the bytes by which what is kept is known again. Most of the time of a snapshot is spent in
//! here; so the reader knows what AWS writes, and gives up on what is wrong, seldom or deep: `serde_json` reads that then, and
//! says what is wrong with it. What it does read, it reads as `serde_json` does.

use std::borrow::Cow;

use wide::u8x16;

use super::tree::Tree;
use crate::policy::mask::{Mask, Parts};

/// Deeper values are left to `serde_json`, which has a limit of its own.
const DEEPEST: u32 = 100;

/// So many digits are a number of 64 bits, whichever they are.
const DIGITS: usize = 18;

/// A text. Every function goes from a place in it to the one behind what it read, or gives up and gives none. Places are handed
/// on and not kept: a place in memory is read and written anew with each byte, one in a register is not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a str);

impl<'a> Reader<'a> {
    pub const fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Nothing but white space is left.
    pub fn end(self, at: usize) -> Option<()> {
        (self.next(at) == self.0.len()).then_some(())
    }

    /// Does `value` with the name of each field of an object; it reads the value.
    #[inline]
    pub fn object(self, at: usize, mut value: impl FnMut(&'a str, usize) -> Option<usize>) -> Option<usize> {
        let mut at = self.mark(at, b'{')?;
        if self.byte(at) == b'}' {
            return Some(at + 1);
        }
        loop {
            let name = self.mark(at, b'"')?;
            let name_end = self.plain_end(name);
            at = self.mark(self.mark_here(name_end, b'"')?, b':')?;
            at = self.next(value(self.0.get(name..name_end)?, at)?);
            match self.byte(at) {
                b',' => at = self.next(at + 1),
                b'}' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// Does `value` for each element of a list; it reads the value.
    #[inline]
    fn list(self, at: usize, mut value: impl FnMut(usize) -> Option<usize>) -> Option<usize> {
        let mut at = self.mark(at, b'[')?;
        if self.byte(at) == b']' {
            return Some(at + 1);
        }
        loop {
            at = self.next(value(at)?);
            match self.byte(at) {
                b',' => at = self.next(at + 1),
                b']' => return Some(at + 1),
                _ => return None,
            }
        }
    }

    /// What `mask` keeps of a value.
    pub fn tree(self, at: usize, mask: &Mask) -> Option<(Tree<'a>, usize)> {
        self.tree_at(at, mask, 0)
    }

    fn tree_at(self, at: usize, mask: &Mask, depth: u32) -> Option<(Tree<'a>, usize)> {
        if depth > DEEPEST {
            return None;
        }
        let at = self.next(at);
        Some(match self.byte(at) {
            b'"' => {
                let (text, at) = self.string(at + 1)?;
                (Tree::Text(text), at)
            }
            b'{' => {
                let mut fields = Vec::new();
                let at = self.object(at, |name, at| {
                    let Some(kept) = mask.field(name) else { return self.skip(at) };
                    let (value, at) = self.tree_at(at, kept, depth + 1)?;
                    if fields.is_empty() {
                        fields.reserve(fields_of(mask));
                    }
                    fields.push((Cow::Borrowed(name), value));
                    Some(at)
                })?;
                (Tree::Object(fields), at)
            }
            b'[' => {
                let mut list = Vec::new();
                let at = match mask.element() {
                    Some(mask) => self.list(at, |at| {
                        let (value, at) = self.tree_at(at, mask, depth + 1)?;
                        list.push(value);
                        Some(at)
                    })?,
                    None => self.skip(at)?,
                };
                (Tree::List(list), at)
            }
            b't' => (Tree::Bool(true), self.word(at, "true")?),
            b'f' => (Tree::Bool(false), self.word(at, "false")?),
            b'n' => (Tree::Null, self.word(at, "null")?),
            _ => self.number(at)?,
        })
    }

    /// Appends to `key` what `mask` keeps of a value, as it is spelled: what comes to the same bytes is the same.
    pub fn key(self, at: usize, mask: &Mask, key: &mut Vec<u8>) -> Option<usize> {
        self.key_at(at, mask, key, 0)
    }

    fn key_at(self, at: usize, mask: &Mask, key: &mut Vec<u8>, depth: u32) -> Option<usize> {
        if depth > DEEPEST {
            return None;
        }
        let at = self.next(at);
        match (self.byte(at), mask) {
            (b'{', Mask::Parts(_)) => {
                key.push(b'{');
                let at = self.object(at, |name, at| {
                    let Some(mask) = mask.field(name) else { return self.skip(at) };
                    piece(name, key);
                    self.key_at(at, mask, key, depth + 1)
                })?;
                key.push(b'}');
                Some(at)
            }
            (b'[', Mask::Parts(_)) => {
                key.push(b'[');
                let at = match mask.element() {
                    Some(mask) => self.list(at, |at| self.key_at(at, mask, key, depth + 1))?,
                    None => self.skip(at)?,
                };
                key.push(b']');
                Some(at)
            }
            _ => {
                let end = self.skip(at)?;
                piece(self.0.get(at..end)?, key);
                Some(end)
            }
        }
    }

    /// What is between two places but for white space before it.
    pub fn between(self, at: usize, end: usize) -> Option<&'a str> {
        self.0.get(self.next(at)..end)
    }

    /// A value as it is spelled.
    pub fn raw(self, at: usize) -> Option<(&'a str, usize)> {
        let end = self.skip(at)?;
        Some((self.between(at, end)?, end))
    }

    /// Reads over a value.
    pub fn skip(self, mut at: usize) -> Option<usize> {
        // Whether each value around this one is an object, from the innermost.
        let (mut objects, mut depth) = (0_u128, 0);
        loop {
            at = self.next(at);
            let mut opens = None;
            match self.byte(at) {
                b'"' => at = self.skip_string(at + 1)?,
                b'{' => {
                    at = self.next(at + 1);
                    match self.byte(at) {
                        b'}' => at += 1,
                        _ => {
                            at = self.skip_name(at)?;
                            opens = Some(1);
                        }
                    }
                }
                b'[' => {
                    at = self.next(at + 1);
                    match self.byte(at) {
                        b']' => at += 1,
                        _ => opens = Some(0),
                    }
                }
                b't' => at = self.word(at, "true")?,
                b'f' => at = self.word(at, "false")?,
                b'n' => at = self.word(at, "null")?,
                _ => at = self.skip_number(at)?.0,
            }
            if let Some(kind) = opens {
                depth += 1;
                if depth > DEEPEST {
                    return None;
                }
                objects = objects << 1 | kind;
                continue;
            }
            loop {
                if depth == 0 {
                    return Some(at);
                }
                at = self.next(at);
                match (self.byte(at), objects & 1) {
                    (b',', 0) => {
                        at += 1;
                        break;
                    }
                    (b',', _) => {
                        at = self.skip_name(self.next(at + 1))?;
                        break;
                    }
                    (b']', 0) | (b'}', 1) => {
                        objects >>= 1;
                        depth -= 1;
                        at += 1;
                    }
                    _ => return None,
                }
            }
        }
    }

    /// The byte at a place; 0 behind the end, which no JSON has.
    #[inline]
    fn byte(self, at: usize) -> u8 {
        self.0.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The first place, from `at`, that has no white space.
    #[inline]
    fn next(self, mut at: usize) -> usize {
        while matches!(self.byte(at), b' ' | b'\n' | b'\t' | b'\r') {
            at += 1;
        }
        at
    }

    /// To behind a mark, and the white space behind that.
    #[inline]
    fn mark(self, at: usize, mark: u8) -> Option<usize> {
        let behind = self.mark_here(self.next(at), mark)?;
        Some(if mark == b'"' { behind } else { self.next(behind) })
    }

    #[inline]
    fn mark_here(self, at: usize, mark: u8) -> Option<usize> {
        (self.byte(at) == mark).then_some(at + 1)
    }

    fn word(self, at: usize, word: &str) -> Option<usize> {
        self.0.as_bytes().get(at..)?.starts_with(word.as_bytes()).then_some(at + word.len())
    }

    /// The first quote, backslash or control character of a text; the end where there is none.
    #[inline]
    fn plain_end(self, mut at: usize) -> usize {
        let bytes = self.0.as_bytes();
        while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
            if let Some(place) = first_special(chunk) {
                return at + place;
            }
            at += chunk.len();
        }
        let rest = bytes.get(at..).unwrap_or_default();
        at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)).unwrap_or(rest.len())
    }

    /// A text whose first quote is behind.
    #[inline]
    fn string(self, start: usize) -> Option<(Cow<'a, str>, usize)> {
        let end = self.plain_end(start);
        match self.byte(end) {
            b'"' => Some((Cow::Borrowed(self.0.get(start..end)?), end + 1)),
            b'\\' => self.unescaped(start, end).map(|(text, at)| (Cow::Owned(text), at)),
            _ => None,
        }
    }

    /// The same, of which the first escape is at `at`.
    fn unescaped(self, start: usize, mut at: usize) -> Option<(String, usize)> {
        let mut text = String::with_capacity(4 * (at - start).max(64));
        let mut plain = start;
        loop {
            text.push_str(self.0.get(plain..at)?);
            text.push(match (self.byte(at), self.byte(at + 1)) {
                (b'"', _) => return Some((text, at + 1)),
                (b'\\', escape @ (b'"' | b'\\' | b'/')) => char::from(escape),
                (b'\\', b'b') => '\u{8}',
                (b'\\', b'f') => '\u{c}',
                (b'\\', b'n') => '\n',
                (b'\\', b'r') => '\r',
                (b'\\', b't') => '\t',
                (b'\\', b'u') => {
                    let end = self.skip_string(at)?;
                    return Some((serde_json::from_str(self.0.get(start - 1..end)?).ok()?, end));
                }
                _ => return None,
            });
            plain = at + 2;
            at = self.plain_end(plain);
        }
    }

    /// Reads over a text whose first quote is behind.
    #[inline]
    fn skip_string(self, mut at: usize) -> Option<usize> {
        loop {
            at = self.plain_end(at);
            match (self.byte(at), self.byte(at + 1)) {
                (b'"', _) => return Some(at + 1),
                (b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at += 2,
                (b'\\', b'u') => {
                    let digits = self.0.as_bytes().get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                _ => return None,
            }
        }
    }

    /// Reads over a name and its colon.
    #[inline]
    fn skip_name(self, at: usize) -> Option<usize> {
        let at = self.skip_string(self.mark_here(at, b'"')?)?;
        self.mark_here(self.next(at), b':')
    }

    /// Reads over a number, and says whether it is a whole one.
    fn skip_number(self, start: usize) -> Option<(usize, bool)> {
        let digits = |mut at: usize| {
            let first = at;
            while self.byte(at).is_ascii_digit() {
                at += 1;
            }
            (at > first).then_some(at)
        };
        let first = start + usize::from(self.byte(start) == b'-');
        let mut at = digits(first)?;
        if self.byte(first) == b'0' && at > first + 1 {
            return None;
        }
        let mut is_whole = true;
        if self.byte(at) == b'.' {
            is_whole = false;
            at = digits(at + 1)?;
        }
        if matches!(self.byte(at), b'e' | b'E') {
            is_whole = false;
            at = digits(at + 1 + usize::from(matches!(self.byte(at + 1), b'+' | b'-')))?;
        }
        Some((at, is_whole))
    }

    fn number(self, start: usize) -> Option<(Tree<'a>, usize)> {
        let (end, is_whole) = self.skip_number(start)?;
        let text = self.0.get(start..end)?;
        let tree = if is_whole && text.len() <= DIGITS && text != "-0" {
            text.parse().map(Tree::Unsigned).or_else(|_| text.parse().map(Tree::Signed)).ok()?
        } else {
            Tree::read_by_serde(text, &Mask::All).ok()?
        };
        Some((tree, end))
    }
}

/// How many fields of an object are kept, about.
fn fields_of(mask: &Mask) -> usize {
    match mask {
        Mask::Parts(Parts { names, each: None }) => names.len().min(8),
        Mask::All | Mask::Parts(_) => 4,
    }
}

/// Appends a text so that it says where it ends.
pub(super) fn piece(text: &str, bytes: &mut Vec<u8>) {
    bytes.push(b's');
    bytes.extend_from_slice(&text.len().to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// The first quote, backslash or control character among sixteen bytes.
#[inline]
fn first_special(chunk: &[u8; 16]) -> Option<usize> {
    let chunk = u8x16::new(*chunk);
    let is_control = chunk.min(u8x16::splat(0x1f)).simd_eq(chunk);
    let found = is_control | chunk.simd_eq(u8x16::splat(b'"')) | chunk.simd_eq(u8x16::splat(b'\\'));
    let found = found.to_bitmask();
    (found != 0).then_some(found.trailing_zeros() as usize)
}
