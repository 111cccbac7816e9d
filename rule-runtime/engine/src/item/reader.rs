//! JSON read in the order of its text: what a [`Mask`] keeps is built or told apart, the rest is seen to be JSON and no more.
//!
//! In: a text. Out: a [`Tree`], or the bytes by which what is kept is known again. Most of the time of a snapshot is spent in
//! here; so the reader knows what AWS writes, and gives up on what is wrong, seldom or deep: `serde_json` reads that then, and
//! says what is wrong with it. What it does read, it reads as `serde_json` does.

use std::borrow::Cow;

use wide::u8x16;

use super::blocks::{self, Block, Texts, is_control};
use super::tree::Tree;
use crate::policy::mask::{Mask, Parts};

/// Deeper values are left to `serde_json`, which has a limit of its own.
const DEEPEST: u32 = 100;

/// Stands before what is kept of a document, in a key.
const DOCUMENT: char = '\u{1}';

/// Longer numbers, and those with more digits behind an "e", may be too large for whoever reads them.
const LONGEST_NUMBER: usize = 64;
const LONGEST_EXPONENT: usize = 2;

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

    /// Does `value` with the name of each field of an object, which has no escapes, the place where that begins and the one where
    /// its value does; it reads the value.
    #[inline]
    pub fn object(
        self,
        at: usize,
        mut value: impl FnMut(&'a str, usize, usize) -> Option<usize>,
    ) -> Option<usize> {
        let mut at = self.mark(at, b'{')?;
        if self.byte(at) == b'}' {
            return Some(at + 1);
        }
        loop {
            let name = self.mark_here(at, b'"')?;
            let name_end = self.plain_end(name);
            at = self.mark(self.mark_here(name_end, b'"')?, b':')?;
            at = self.next(value(self.0.get(name..name_end)?, name - 1, at)?);
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
                (Tree::text(text, mask), at)
            }
            b'{' => {
                let mut fields = Vec::new();
                let at = self.object(at, |name, _, at| {
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

    /// Appends to `key` a name, which begins at `from`, and what `mask` keeps of its value, as they are spelled: JSON again, so
    /// that what comes to the same bytes is the same, and can be read of them but for [documents](Mask::document).
    pub fn key(self, from: usize, at: usize, mask: &Mask, key: &mut String) -> Option<usize> {
        self.copied(from, at, mask, key, 0)
    }

    fn copied(self, from: usize, at: usize, mask: &Mask, key: &mut String, depth: u32) -> Option<usize> {
        let mut excerpt = Excerpt { reader: self, from, key };
        let end = self.key_at(at, mask, &mut excerpt, depth)?;
        excerpt.to(end)?;
        Some(end)
    }

    /// To behind the value at `at`; what is not kept is left out of `excerpt`.
    fn key_at(self, at: usize, mask: &Mask, excerpt: &mut Excerpt<'a, '_>, depth: u32) -> Option<usize> {
        if depth > DEEPEST {
            return None;
        }
        let at = self.next(at);
        match (self.byte(at), mask) {
            (b'{', Mask::Parts(_)) => {
                let begin = at + 1;
                // Behind the last field that is kept, and whether something is left out behind that.
                let (mut kept, mut is_cut) = (begin, false);
                let end = self.object(at, |name, from, at| {
                    let Some(mask) = mask.field(name) else {
                        is_cut = true;
                        return self.skip(at);
                    };
                    if is_cut {
                        excerpt.leave_out(kept, from)?;
                        if kept > begin {
                            excerpt.key.push(',');
                        }
                        is_cut = false;
                    }
                    kept = self.key_at(at, mask, excerpt, depth + 1)?;
                    Some(kept)
                })?;
                if is_cut {
                    excerpt.leave_out(kept, end - 1)?;
                }
                Some(end)
            }
            (b'[', Mask::Parts(_)) => {
                let Some(mask) = mask.element() else {
                    let end = self.skip(at)?;
                    excerpt.leave_out(at + 1, end - 1)?;
                    return Some(end);
                };
                self.list(at, |at| self.key_at(at, mask, excerpt, depth + 1))
            }
            (b'"', mask) if !mask.keeps_text() => {
                let (_, end) = self.string(at + 1)?;
                excerpt.leave_out(at + 1, end - 1)?;
                Some(end)
            }
            _ => {
                let inside = mask.document();
                let end = inside.and_then(|mask| self.document_key(at, mask, excerpt, depth + 1));
                end.or_else(|| self.skip(at))
            }
        }
    }

    /// Copies what `mask` keeps of the JSON that a text is, behind a mark that no JSON has; none, and nothing, where that is not
    /// done: what is escaped in there, and what may be read in one way here and in another there, is not taken apart.
    fn document_key(
        self,
        at: usize,
        mask: &Mask,
        excerpt: &mut Excerpt<'a, '_>,
        depth: u32,
    ) -> Option<usize> {
        let (text, end) = self.string(self.mark_here(at, b'"')?)?;
        if memchr::memchr(b'\\', text.as_bytes()).is_some() {
            return None;
        }
        let before = excerpt.key.len();
        excerpt.key.push_str(self.0.get(excerpt.from..at)?);
        excerpt.key.push(DOCUMENT);
        let document = Reader::new(&text);
        let is_done = document.copied(0, 0, mask, excerpt.key, depth).and_then(|end| document.end(end));
        if is_done.is_none() {
            excerpt.key.truncate(before);
            return None;
        }
        excerpt.from = end;
        Some(end)
    }

    fn bytes(self, from: usize, to: usize) -> Option<&'a [u8]> {
        self.0.as_bytes().get(from..to)
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
    pub fn skip(self, at: usize) -> Option<usize> {
        let at = self.next(at);
        match (self.byte(at), self.byte(at + 1)) {
            (b'"', _) => self.skip_string(at + 1),
            (b'{', b'}') | (b'[', b']') => Some(at + 2),
            (b'{' | b'[', _) => self.skip_structure(at),
            _ => self.skip_scalar(at),
        }
    }

    fn skip_scalar(self, at: usize) -> Option<usize> {
        match self.byte(at) {
            b't' => self.word(at, "true"),
            b'f' => self.word(at, "false"),
            b'n' => self.word(at, "null"),
            _ => self.skip_number(at).map(|(end, _)| end),
        }
    }

    /// Reads over an object or a list, a block at a time.
    fn skip_structure(self, mut at: usize) -> Option<usize> {
        let (mut wanted, mut nest) = (Wanted::Value, Nest::default());
        let (mut in_text, mut in_scalar) = (false, false);
        loop {
            let mut padded = [b' '; 64];
            let (block, _) = self.block(at, &mut padded)?;
            let texts = Texts::of(block, in_text);
            let controls = blocks::find(block, is_control);
            if controls != 0 {
                let are_spaces = blocks::find(block, |chunk| {
                    let is = |byte| chunk.simd_eq(u8x16::splat(byte));
                    is(b'\n') | is(b'\t') | is(b'\r')
                });
                if controls & (texts.inside | !are_spaces) != 0 {
                    return None;
                }
            }
            // A backslash between texts begins no value, and is seen below.
            if texts.backslashes != 0 && !self.are_escapes(at, block, texts.escaped) {
                return None;
            }
            let marks = blocks::find(block, |chunk| {
                let is = |byte| chunk.simd_eq(u8x16::splat(byte));
                blocks::is_open(chunk) | blocks::is_close(chunk) | is(b':') | is(b',')
            }) & !texts.inside;
            let spaces = blocks::find_byte(block, b' ') | controls;
            let scalars = !(spaces | marks | texts.quotes | texts.inside);
            let begins = scalars & !(scalars << 1 | u64::from(in_scalar));
            let mut all = marks | begins | (texts.quotes & texts.inside);
            while all != 0 {
                let place = all.trailing_zeros() as usize;
                all &= all - 1;
                wanted = match (block[place % block.len()], wanted) {
                    (b'"', Wanted::Value | Wanted::ValueOrEnd) => Wanted::CommaOrEnd,
                    (b'"', Wanted::Name | Wanted::NameOrEnd) => Wanted::Colon,
                    (b':', Wanted::Colon) => Wanted::Value,
                    (b',', Wanted::CommaOrEnd) => {
                        if nest.is_object() {
                            Wanted::Name
                        } else {
                            Wanted::Value
                        }
                    }
                    (b'{', Wanted::Value | Wanted::ValueOrEnd) => {
                        nest.open(true)?;
                        Wanted::NameOrEnd
                    }
                    (b'[', Wanted::Value | Wanted::ValueOrEnd) => {
                        nest.open(false)?;
                        Wanted::ValueOrEnd
                    }
                    // That an end was wanted says that something is open.
                    (close @ (b'}' | b']'), Wanted::NameOrEnd | Wanted::ValueOrEnd | Wanted::CommaOrEnd)
                        if nest.is_object() == (close == b'}') =>
                    {
                        if nest.close() {
                            return Some(at + place + 1);
                        }
                        Wanted::CommaOrEnd
                    }
                    (b'}' | b']' | b':' | b',', _) => return None,
                    (_, Wanted::Value | Wanted::ValueOrEnd) => {
                        let end = self.skip_scalar(at + place)?;
                        if !matches!(self.byte(end), b',' | b'}' | b']' | b' ' | b'\n' | b'\t' | b'\r') {
                            return None;
                        }
                        Wanted::CommaOrEnd
                    }
                    _ => return None,
                };
            }
            (in_text, in_scalar) = (texts.go_on(), blocks::has_last(scalars));
            at += texts.length();
        }
    }

    /// The block at a place, which is put into `padded` where it is the last, and all that is from there on; none behind the end.
    #[inline]
    fn block<'b>(self, at: usize, padded: &'b mut Block) -> Option<(&'b Block, &'a [u8])>
    where
        'a: 'b,
    {
        let rest = self.0.as_bytes().get(at..).filter(|rest| !rest.is_empty())?;
        if let Some(block) = rest.first_chunk() {
            return Some((block, rest));
        }
        padded[..rest.len()].copy_from_slice(rest);
        Some((padded, rest))
    }

    /// Whether what stands behind backslashes in the block at `at` are escapes.
    fn are_escapes(self, at: usize, block: &Block, escaped: u64) -> bool {
        let plain = blocks::find(block, |chunk| {
            let is = |byte| chunk.simd_eq(u8x16::splat(byte));
            let of_marks = is(b'"') | is(b'\\') | is(b'/');
            of_marks | is(b'b') | is(b'f') | is(b'n') | is(b'r') | is(b't')
        });
        let mut others = escaped & !plain;
        while others != 0 {
            let place = at + others.trailing_zeros() as usize;
            others &= others - 1;
            if self.byte(place) != b'u' || self.skip_digits(place + 1).is_none() {
                return false;
            }
        }
        true
    }

    #[inline]
    fn plain_end(self, at: usize) -> usize {
        plain_end(self.0.as_bytes(), at)
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
        Some(self.next(self.mark_here(self.next(at), mark)?))
    }

    #[inline]
    fn mark_here(self, at: usize, mark: u8) -> Option<usize> {
        (self.byte(at) == mark).then_some(at + 1)
    }

    fn word(self, at: usize, word: &str) -> Option<usize> {
        self.0.as_bytes().get(at..)?.starts_with(word.as_bytes()).then_some(at + word.len())
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

    /// The same, of which the first escape is at `at`; a block at a time, for JSON within JSON has an escape every few bytes.
    fn unescaped(self, start: usize, mut at: usize) -> Option<(String, usize)> {
        let mut text = Vec::with_capacity((self.0.len() - start).min(8 << 10));
        text.extend_from_slice(self.bytes(start, at)?);
        loop {
            let mut padded = [b' '; 64];
            let (block, rest) = self.block(at, &mut padded)?;
            let texts = Texts::of(block, true);
            let end = texts.quotes.trailing_zeros();
            let inside = !u64::MAX.checked_shl(end).unwrap_or(0);
            if blocks::find(block, is_control) & inside != 0 {
                return None;
            }
            let mut escapes = texts.escaped & inside;
            let mut from = 0;
            while escapes != 0 {
                let place = escapes.trailing_zeros() as usize;
                escapes &= escapes - 1;
                let byte = match block[place % block.len()] {
                    b'u' => {
                        let end = self.skip_string(at + place - 1)?;
                        return Some((serde_json::from_str(self.0.get(start - 1..end)?).ok()?, end));
                    }
                    escape => escaped(escape)?,
                };
                let before = rest.get(from..place - 1)?;
                // Few bytes are between two escapes: sixteen are taken, and those too many given back.
                match rest[from..].first_chunk::<16>() {
                    Some(chunk) if before.len() <= chunk.len() => {
                        let length = text.len() + before.len();
                        text.extend_from_slice(chunk);
                        text.truncate(length);
                    }
                    _ => text.extend_from_slice(before),
                }
                text.push(byte);
                from = place + 1;
            }
            let length = texts.length().min(end as usize);
            text.extend_from_slice(rest.get(from..length)?);
            at += length;
            if end < u64::BITS {
                return Some((String::from_utf8(text).ok()?, at + 1));
            }
        }
    }

    /// Reads over a text whose first quote is behind.
    #[inline]
    fn skip_string(self, mut at: usize) -> Option<usize> {
        loop {
            at = self.plain_end(at);
            match (self.byte(at), self.byte(at + 1)) {
                (b'"', _) => return Some(at + 1),
                (b'\\', escape) if escaped(escape).is_some() => at += 2,
                (b'\\', b'u') => {
                    at = self.skip_digits(at + 2)?;
                }
                _ => return None,
            }
        }
    }

    /// Reads over the four digits of an escape.
    fn skip_digits(self, at: usize) -> Option<usize> {
        self.bytes(at, at + 4)?.iter().all(u8::is_ascii_hexdigit).then_some(at + 4)
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
            let exponent = at + 1 + usize::from(matches!(self.byte(at + 1), b'+' | b'-'));
            at = digits(exponent)?;
            if at - exponent > LONGEST_EXPONENT {
                return None;
            }
        }
        (at - start <= LONGEST_NUMBER).then_some((at, is_whole))
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

/// What may stand next in an object or a list.
#[derive(Clone, Copy)]
enum Wanted {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    CommaOrEnd,
}

/// The objects and lists around a place.
#[derive(Default)]
struct Nest {
    /// Whether each is an object, from the innermost.
    objects: u128,
    depth: u32,
}

impl Nest {
    const fn is_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn open(&mut self, is_object: bool) -> Option<()> {
        self.objects = self.objects << 1 | u128::from(is_object);
        self.depth += 1;
        (self.depth <= DEEPEST).then_some(())
    }

    /// Whether that was the outermost.
    const fn close(&mut self) -> bool {
        self.objects >>= 1;
        self.depth -= 1;
        self.depth == 0
    }
}

/// What a backslash and this byte stand for.
const fn escaped(escape: u8) -> Option<u8> {
    Some(match escape {
        b'"' | b'\\' | b'/' => escape,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        _ => return None,
    })
}

/// A text without some of its parts: what stands together is copied in one go.
struct Excerpt<'a, 'k> {
    reader: Reader<'a>,
    /// What is before is copied or left out.
    from: usize,
    key: &'k mut String,
}

impl Excerpt<'_, '_> {
    /// Copies what is before `to`.
    fn to(&mut self, to: usize) -> Option<()> {
        self.key.push_str(self.reader.0.get(self.from..to)?);
        self.from = to;
        Some(())
    }

    /// Leaves out what is between two places.
    fn leave_out(&mut self, from: usize, to: usize) -> Option<()> {
        self.to(from)?;
        self.from = to;
        Some(())
    }
}

/// How many fields of an object are kept, about.
fn fields_of(mask: &Mask) -> usize {
    match mask {
        Mask::Parts(Parts { names, each: None, .. }) => names.iter().count().min(8),
        Mask::All | Mask::Parts(_) => 6,
    }
}

/// The first quote, backslash or control character from `at`; the end where there is none.
#[inline]
pub(super) fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk) {
        if let Some(place) = first_special(chunk) {
            return at + place;
        }
        at += chunk.len();
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)).unwrap_or(rest.len())
}

/// The same among sixteen bytes.
#[inline]
fn first_special(chunk: &[u8; 16]) -> Option<usize> {
    let chunk = u8x16::new(*chunk);
    let found = is_control(chunk) | chunk.simd_eq(u8x16::splat(b'"')) | chunk.simd_eq(u8x16::splat(b'\\'));
    let found = found.to_bitmask();
    (found != 0).then_some(found.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashMap;

    use serde::de::IgnoredAny;

    use super::*;
    use crate::policy::mask::Fields;

    /// All that JSON has, long texts among it, and what is left out by the masks.
    const TEXTS: [&str; 4] = [
        r#"{"a": [{"b": "x\"y\\\/\b\f\n\r\t", "c": 12}, [], {}, true, false, null], "d" : {"b":-7,"e": "0123456789abcdef\"g"}}"#,
        r#" [ "\u65e5\ud83d\ude00 日本", -0, 0, 1.5e+3, 1E2, 123456789012345678, 1234567890123456789, 99999999999999999999 ] "#,
        r#"{"a":"0123456789012345678901234567890123456789","b":{"c":[[["d"]]],"b":{"b":[1,{"b":2}]}},"a":"twice"}"#,
        r#"{"a": "{\"Statement\": [{\"Effect\": \"Allow\", \"Resource\": \"\\\"*\"}]}", "b\n": 1}"#,
    ];

    fn masks() -> [Mask; 4] {
        let names = |fields: &[(&str, Mask)]| {
            let names: Fields =
                fields.iter().map(|(name, mask)| ((*name).to_owned(), mask.clone())).collect();
            Mask::Parts(Parts { names, ..Parts::default() })
        };
        let each = |mask| Mask::Parts(Parts { each: Some(Box::new(mask)), ..Parts::default() });
        [
            Mask::All,
            Mask::default(),
            names(&[("a", each(names(&[("b", Mask::All)]))), ("b", names(&[("b", Mask::default())]))]),
            each(each(Mask::default())),
        ]
    }

    /// The texts with each byte left out, and each of some put in its place or before it.
    fn mutants() -> impl Iterator<Item = String> {
        TEXTS.iter().flat_map(|text| {
            (0..text.len()).filter(|at| text.is_char_boundary(*at)).flat_map(move |at| {
                let (before, behind) = text.split_at(at);
                let rest = behind.chars().next().map_or("", |one| &behind[one.len_utf8()..]);
                let changed = "\"\\{}[]:,0-.eut/ \n\u{1}日"
                    .chars()
                    .flat_map(move |new| [format!("{before}{new}{rest}"), format!("{before}{new}{behind}")]);
                changed.chain([format!("{before}{rest}"), before.to_owned()])
            })
        })
    }

    fn tree<'a>(text: &'a str, mask: &Mask) -> Option<Tree<'a>> {
        let reader = Reader::new(text);
        let (tree, end) = reader.tree(0, mask)?;
        reader.end(end).map(|()| tree)
    }

    #[test]
    fn what_it_reads_it_reads_as_serde_does() {
        let (mut read, mut given_up, mut place) = (0, 0, 0);
        let far = regex::Regex::new("[eE][+-]?[0-9]{3}").unwrap();
        for text in mutants() {
            for mask in masks() {
                let expected = Tree::read_by_serde(&text, &mask);
                match tree(&text, &mask) {
                    Some(tree) => {
                        read += 1;
                        assert_eq!(Some(tree), expected.ok(), "{text}");
                    }
                    None if text.contains(r#""b\n""#) || far.is_match(&text) => {}
                    None => given_up += usize::from(expected.is_ok()),
                }
            }
            // With every byte of it at every place of a block, sooner or later.
            place = (place + 1) % 64;
            for text in [format!("[{}{text}]", " ".repeat(place)), text] {
                let reader = Reader::new(&text);
                let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
                let is_read = reader.skip(0).and_then(|end| reader.end(end)).is_some();
                assert!(is_read == is_json || is_json && far.is_match(&text), "{text}");
            }
        }
        // Names with escapes, large numbers, and nothing else that is JSON: the mutants have few.
        assert!(read > 10_000 && given_up * 50 < read, "{read} {given_up}");
    }

    #[test]
    fn what_comes_to_the_same_key_is_the_same_and_is_read_of_it() {
        for mask in masks() {
            let mut known: HashMap<String, Tree<'static>> = HashMap::new();
            let mut again = 0;
            for text in mutants() {
                let mut key = String::new();
                let reader = Reader::new(&text);
                let end = reader.key(0, 0, &mask, &mut key);
                let Some(()) = end.and_then(|end| reader.end(end)) else { continue };
                let Some(tree) = tree(&text, &mask).map(Tree::into_owned) else { continue };
                let (of_key, end) = Reader::new(&key).tree(0, &Mask::All).unwrap();
                assert_eq!((&of_key, &key[end..]), (&tree, ""), "{text}");
                again += usize::from(known.contains_key(&key));
                assert_eq!(*known.entry(key).or_insert_with(|| tree.clone()), tree, "{text}");
            }
            assert!(mask == Mask::All || again > 100, "{again}");
        }
    }

    #[test]
    fn what_comes_to_the_same_key_holds_the_same_document() {
        for inner in &masks()[1..] {
            let document = Some(Box::new(inner.clone()));
            let mask = Mask::Parts(Parts { document, ..Parts::default() });
            let mut known = HashMap::new();
            let mut others = 0;
            for text in mutants() {
                let json = serde_json::to_string(&text).unwrap();
                let mut key = String::new();
                Reader::new(&json).key(0, 0, &mask, &mut key).unwrap();
                let held = Tree::read_by_serde(&text, inner).map(Tree::into_owned).map_err(|_| text.clone());
                let (first, of) = known.entry(key).or_insert_with(|| (text.clone(), held.clone()));
                assert_eq!(*of, held, "{text}");
                others += usize::from(*first != text);
            }
            assert!(others > 100, "{others}");
        }
    }

    #[test]
    fn what_is_read_in_more_than_one_way_is_not_taken_apart() {
        let document = Some(Box::new(Mask::default()));
        let mask = Mask::Parts(Parts { document, ..Parts::default() });
        let key = |text: &str| {
            let mut key = String::new();
            let json = serde_json::to_string(text).unwrap();
            Reader::new(&json).key(0, 0, &mask, &mut key).unwrap();
            key
        };
        assert_eq!(key("[1.5e99]"), key("[\"other\"]"));
        let long = format!("[1{}]", "0".repeat(400));
        for text in ["[1e999]", &long, "[\"\\ud800\"]", "{\"\\n\": 1}", "[1", "[] 1", ""] {
            assert!(key(text) != key("[]") && key(text) != key("{}"), "{text}");
        }
        // A text is not what it holds.
        for bare in ["[]", "{}"] {
            let mut of_bare = String::new();
            Reader::new(bare).key(0, 0, &mask, &mut of_bare).unwrap();
            assert!(key(bare) != of_bare && key(bare).ends_with(bare), "{bare}");
        }
        for number in ["1e999", "1e-100", &long[1..402]] {
            assert_eq!(Reader::new(number).skip(0), None);
        }
    }

    #[test]
    fn what_is_deep_is_left_to_others() {
        for depth in [50, 99, 120, 127, 5000] {
            let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            let reader = Reader::new(&text);
            assert_eq!(reader.skip(0).is_some(), depth < 101, "{depth}");
            assert_eq!(tree(&text, &Mask::All).is_some(), depth < 101, "{depth}");
            assert_eq!(reader.key(0, 0, &masks()[3], &mut String::new()).is_some(), depth < 101, "{depth}");
            assert_eq!(Tree::read(&text, &Mask::All).is_ok(), depth < 128, "{depth}");
        }
    }

    #[test]
    fn escapes_are_read_wherever_in_a_text_they_stand() {
        const ESCAPES: [&str; 9] =
            [r"\n", r#"\""#, r"\\", r#"\\\""#, r#"\"\"\""#, r"\u65e5", r"\ud83d\ude00", "日", "/"];
        let is_read_alike = |json: &str| {
            let read = Reader::new(json).string(1);
            let read = read.filter(|(_, end)| *end == json.len()).map(|(text, _)| text.into_owned());
            assert_eq!(read, serde_json::from_str(json).ok(), "{json}");
        };
        for before in 0..140 {
            for (number, escape) in ESCAPES.iter().enumerate() {
                let other = ESCAPES[(number + before) % ESCAPES.len()];
                let (x, y) = ("x".repeat(before), "y".repeat(before * 7 % 83));
                let json = format!("\"{x}{escape}{y}{other}{escape}{x}\"");
                is_read_alike(&json);
                for (place, _) in json.char_indices().skip(1) {
                    is_read_alike(&json[..place]);
                }
                for wrong in ["\n", "\u{1f}", r"\x", r"\u12", r"\", "\""] {
                    is_read_alike(&format!("\"{x}{escape}{y}{wrong}{x}\""));
                }
            }
        }
        // More than there is room for at first.
        for run in [0, 7, 16, 17, 70] {
            is_read_alike(&format!("\"{}\"", format!("{}\\\"", "x".repeat(run)).repeat(9_000)));
        }
    }
}
